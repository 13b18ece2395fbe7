"""This home's answers move the odds, by as much as they surprise, and reach as far as what they are about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.hunches.engine.personal import Lesson, Personal, Prior, Subject

PRIOR = Prior(home=0.4, kind=0.5, device=0.8, moment=0.6, always=2.0)
HERE = Subject("still_on", "light.porch", "away")
LATER = Subject("still_on", "light.porch", "asleep")
BESIDE = Subject("still_on", "light.hall", "away")
ELSEWHERE = Subject("still_open", "cover.gate", "asleep")
logits = st.floats(-6, 6)
subjects = st.builds(
    Subject,
    st.sampled_from(["still_on", "still_open"]),
    st.sampled_from(["light.a", "light.b", "light.c"]),
    st.sampled_from(["away", "asleep", "home"]),
)
lessons = st.builds(Lesson, subjects, logits, st.booleans(), st.sampled_from([0.5, 1.0, 5.0, 10.0]))


def chance(given: list[Lesson], about: Subject = HERE, logit: float = 0.0) -> float:
    """Return the chance of a yes."""
    return float(Personal(PRIOR, given).judge([about], np.array([logit])).p[0])


def low(given: list[Lesson], about: Subject = HERE, logit: float = 0.0) -> float:
    """Return its lower bound."""
    return float(Personal(PRIOR, given).judge([about], np.array([logit])).low[0])


@given(logits)
def test_without_answers_the_chance_is_the_fleets(logit: float) -> None:
    assert chance([], logit=logit) == pytest.approx(1 / (1 + math.exp(-logit)))
    assert low([], logit=logit) < chance([], logit=logit)


@given(st.lists(lessons, max_size=12), subjects, logits)
def test_a_yes_raises_and_a_no_lowers(heard: list[Lesson], about: Subject, logit: float) -> None:
    now = chance(heard, about, logit)
    assert chance([*heard, Lesson(about, logit, yes=True)], about, logit) >= now - 1e-9
    assert chance([*heard, Lesson(about, logit, yes=False)], about, logit) <= now + 1e-9


@given(st.lists(lessons, max_size=12), subjects, logits)
def test_what_is_told_is_finite_and_in_order(heard: list[Lesson], about: Subject, logit: float) -> None:
    found = Personal(PRIOR, heard).judge([about], np.array([logit]))
    assert 0.0 <= found.low[0] <= found.p[0] <= 1.0


@given(st.permutations([Lesson(HERE, 1.0, yes=True), Lesson(BESIDE, -2.0, yes=False), Lesson(LATER, 0.5, yes=False)]))
def test_the_order_of_answers_does_not_matter(heard: list[Lesson]) -> None:
    assert chance(heard) == pytest.approx(chance(sorted(heard, key=lambda lesson: lesson.expected)), abs=1e-6)


def test_a_surprise_moves_more() -> None:
    assert chance([Lesson(HERE, 2.0, yes=False)]) < chance([Lesson(HERE, 0.0, yes=False)])
    assert chance([Lesson(HERE, -2.0, yes=True)]) > chance([Lesson(HERE, 0.0, yes=True)])


def test_an_answer_says_most_of_the_same_thing_in_the_same_situation() -> None:
    no = [Lesson(HERE, 0.0, yes=False)]
    assert chance(no) < chance(no, LATER) < chance(no, BESIDE) < chance(no, ELSEWHERE) < 0.5


def test_answers_make_sure() -> None:
    few, many = [Lesson(HERE, 2.0, yes=True)], [Lesson(HERE, 2.0, yes=True)] * 10
    assert low([], logit=2.0) < low(few, logit=2.0) < low(many, logit=2.0) < chance(many, logit=2.0)


def test_what_weighs_ten_counts_as_ten() -> None:
    assert chance([Lesson(HERE, 0.0, yes=True, weight=10.0)]) == pytest.approx(
        chance([Lesson(HERE, 0.0, yes=True)] * 10)
    )


def test_what_contradicts_itself_does_not_break_it() -> None:
    heard = [Lesson(HERE, 9.0, yes=False, weight=10.0)] * 20 + [Lesson(HERE, -9.0, yes=True, weight=10.0)] * 20
    assert 0.0 < low(heard) < chance(heard) < 1.0


def test_a_prior_is_read_as_it_was_written() -> None:
    assert Prior.from_json(PRIOR.as_json()) == PRIOR
    with pytest.raises(KeyError):
        Prior.from_json({"home": 1.0})


def test_what_is_always_to_be_done_is_surer_while_nobody_is_up_and_nowhere_else() -> None:
    always = {(HERE.kind, HERE.entity_id)}
    at_home = Subject(HERE.kind, HERE.entity_id, "home")
    plain, told = Personal(PRIOR), Personal(PRIOR, always=always)
    about, logits_ = [HERE, LATER, at_home, BESIDE, ELSEWHERE], np.zeros(5)
    before, after = plain.judge(about, logits_), told.judge(about, logits_)
    assert (after.low > before.low).tolist() == [True, True, False, False, False]
    assert (after.low >= before.low).all()


def test_what_was_taken_back_weighs_against_an_always() -> None:
    always = {(HERE.kind, HERE.entity_id)}
    undone = Personal(PRIOR, [Lesson(HERE, 0.0, yes=False, weight=5.0)], always)
    assert undone.judge([HERE], np.zeros(1)).low[0] < low([]) + 0.1
