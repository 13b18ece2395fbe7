"""Who is not answered asks less: the bar that silence raises, and every answer lowers again."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st

from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import (
    BY_PEOPLE,
    Answer,
    Answered,
    Ledger,
    Policy,
    Settings,
    bar,
    unanswered,
)

NOW = 1_760_000_000.0
USUAL = Settings()
AWAY, ASLEEP = (0.05, 0.95), (0.95, 0.05)
HOME = Home("test", "UTC")


def ended(
    answer: Answer, days_ago: float = 0.0, stood: float = 12 * HOUR, context: tuple[float, float] = AWAY
) -> Answered:
    """Return how a hunch ended that had stood for so many seconds; `context` is (p_asleep, p_away)."""
    time = NOW - days_ago * DAY
    seen = Evidence(time - stood - HOUR, None, None, 0.1, 20.0, "porch", Context(time - stood, *context, 1.0))
    return Answered(time, Hunch(time - stood, "light.porch", Kind.STILL_ON, "turn_off", 0.9, seen), answer)


def test_without_silence_the_bar_is_the_usual_one() -> None:
    assert bar(HOME, (), USUAL, NOW) == USUAL.min_accept
    assert bar(HOME, [ended(Answer.ACCEPTED)], USUAL, NOW) == USUAL.min_accept


def test_so_much_silence_as_is_tolerated_doubles_what_a_wrong_hunch_costs() -> None:
    silent = [ended(Answer.EXPIRED)] * int(USUAL.tolerance)
    assert bar(HOME, silent, USUAL, NOW) == pytest.approx(2 / 3)
    assert bar(HOME, silent * 3, USUAL, NOW) == pytest.approx(4 / 5)


def test_half_of_it_is_forgotten_in_a_week() -> None:
    assert unanswered(HOME, [ended(Answer.EXPIRED, 7.0)], USUAL, NOW) == pytest.approx(0.5)
    assert unanswered(HOME, [ended(Answer.EXPIRED, 70.0)], USUAL, NOW) < 0.001


@pytest.mark.parametrize("answer", sorted(BY_PEOPLE))
def test_any_answer_is_the_end_of_silence(answer: Answer) -> None:
    before = [ended(Answer.EXPIRED, 3.0), ended(Answer.WITHDRAWN, 2.0)]
    assert unanswered(HOME, [*before, ended(answer, 1.0)], USUAL, NOW) == 0.0
    assert unanswered(HOME, [*before, ended(answer, 2.5)], USUAL, NOW) == pytest.approx(2 ** (-2 / 7))


@pytest.mark.parametrize(
    ("given", "silence"),
    [
        (ended(Answer.EXPIRED), 1.0),
        (ended(Answer.WITHDRAWN, stood=HOUR), 1.0),
        (ended(Answer.WITHDRAWN, stood=HOUR - 1), 0.0),  # nobody had the time
        (ended(Answer.WITHDRAWN, stood=5 * HOUR, context=ASLEEP), 0.0),  # nobody was awake
        (ended(Answer.EXPIRED, context=ASLEEP), 1.0),  # it stood into the day
        (ended(Answer.SETTLED), 0.0),  # they did it
    ],
)
def test_what_silence_is(given: Answered, silence: float) -> None:
    assert unanswered(HOME, [given], USUAL, NOW) == silence


def test_where_nobody_is_asked_silence_means_nothing() -> None:
    assert bar(HOME, [ended(Answer.EXPIRED)] * 50, replace(USUAL, tolerance=math.inf), NOW) == USUAL.min_accept


def test_less_is_asked_after_silence_and_the_reason_is_said() -> None:
    lamp = Entity("light.lamp", "Lamp", "Hall")
    home = Home("test", "UTC", entities={lamp.entity_id: lamp})
    given = ended(Answer.EXPIRED)
    candidate = replace(given.hunch, entity_id="light.lamp", time=NOW, p_accept=0.6)

    def decide(ledger: Ledger, p: float) -> tuple[int, list[str]]:
        policy, found = Policy(), [replace(candidate, p_accept=p)]
        policy.judge(home, found, ledger, NOW - USUAL.sustain)
        decision = policy.judge(home, found, ledger, NOW)
        return len(decision.raised), [why for _, why in decision.declined]

    ignored = Ledger(answers=tuple(ended(Answer.EXPIRED, 0.01) for _ in range(5)))
    assert decide(Ledger(), 0.6) == (1, [])
    assert decide(ignored, 0.6) == (0, ["seldom_answered"])
    assert decide(ignored, 0.7) == (1, [])
    assert decide(ignored.answered(ended(Answer.REJECTED, 0.005)), 0.6) == (1, [])


moments = st.floats(-30.0, 400.0)
endings = st.lists(
    st.builds(
        ended,
        st.sampled_from(list(Answer)),
        moments,
        st.floats(0.0, 2 * DAY),
        st.sampled_from((AWAY, ASLEEP)),
    ),
    max_size=60,
)
limits = st.builds(
    Settings,
    min_accept=st.floats(0.5, 0.9),
    tolerance=st.floats(0.5, 50.0),
    silence=st.floats(HOUR, 90 * DAY),
)


@limited(max_examples=max(200, limited().max_examples))
@given(endings, limits, st.randoms(use_true_random=False))
def test_the_bar_keeps_its_promises(answers: list[Answered], settings: Settings, chance: random.Random) -> None:
    found = bar(HOME, answers, settings, NOW)
    assert settings.min_accept <= found < 1.0
    mixed = answers.copy()
    chance.shuffle(mixed)
    assert bar(HOME, mixed, settings, NOW) == found, "no order matters"
    assert bar(HOME, [*answers, ended(Answer.EXPIRED)], settings, NOW) >= found, "silence never lowers it"
    heard = [*answers, ended(Answer.ACCEPTED)]
    assert bar(HOME, heard, settings, NOW) == settings.min_accept, "an answer lowers it at once"
    known = [given for given in answers if given.time <= NOW]
    assert bar(HOME, known, settings, NOW) == found, "nothing is known of what comes"
    assert bar(HOME, known, settings, NOW + 5 * DAY) <= found, "time lowers it"
    eager = replace(settings, tolerance=2 * settings.tolerance)
    assert bar(HOME, answers, eager, NOW) <= found
