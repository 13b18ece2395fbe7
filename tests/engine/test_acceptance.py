"""This home's answers move the odds, by as much as they surprise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from custom_components.hunches.engine.acceptance import shift

logits = st.floats(-6, 6)


def test_no_answers_change_nothing() -> None:
    assert shift([], []) == 0.0


@given(st.lists(st.tuples(logits, st.booleans()), min_size=1, max_size=30))
def test_one_more_yes_raises_and_one_more_no_lowers(answers: list[tuple[float, bool]]) -> None:
    expected, said = [a for a, _ in answers], [b for _, b in answers]
    now = shift(expected, said)
    assert shift([*expected, 0.0], [*said, True]) > now > shift([*expected, 0.0], [*said, False])


@given(logits)
def test_a_surprise_moves_more(expected: float) -> None:
    assert shift([expected], [False]) > shift([expected + 1], [False])
    assert shift([expected - 1], [True]) > shift([expected], [True])
