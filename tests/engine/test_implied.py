"""What the home did by itself is judged once it is known, once for each use, and never for our own doings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import OFF, ON, Entity, Home
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.implied import JUDGED, PENDING, judge, pending
from custom_components.hunches.engine.localtime import HOUR
from custom_components.hunches.engine.policy import (
    Action,
    Answer,
    Answered,
    Implied,
    Ledger,
    Outcome,
    Record,
)
from custom_components.hunches.engine.timeline import Cause, Timeline

DAY0 = 1_760_000_000.0
LAMP, DOOR = "light.lamp", "binary_sensor.front_door"
HOME = Home(
    "test",
    "Europe/Berlin",
    entities={e.entity_id: e for e in (Entity(LAMP, "Lamp", "Hall"), Entity(DOOR, "Door", "Hall", "door"))},
)


def at(hour: float) -> float:
    return DAY0 + hour * HOUR


def line(*flips: float, causes: Sequence[int] | None = None) -> Timeline:
    """Return a timeline that is off at first and flips at each hour."""
    times = [DAY0, *map(at, flips)]
    states = [OFF if i % 2 == 0 else ON for i in range(len(times))]
    return Timeline.from_readings(times, states, None if causes is None else [0, *causes])


def recorded(lamp: Timeline, *door: float) -> Recording:
    return Recording(HOME, {LAMP: lamp, DOOR: line(*door)})


def hunch(hour: float = 10.0, since: float = 8.0) -> Hunch:
    context = Context(at(hour), 0.05, 0.95, 0.5)
    evidence = Evidence(at(since), None, None, 0.1, 20.0, "porch", context)
    return Hunch(at(hour), LAMP, Kind.STILL_ON, "light.turn_off", 0.9, evidence)


def judged(home: Recording, hour: float, *hunches: Hunch) -> list[str]:
    return [one.outcome for one in judge(home, hunches or (hunch(),), at(hour))]


LEAVE_AND_COME = (8.5, 8.51, 17.0, 17.01)


@pytest.mark.parametrize(
    ("lamp", "hour", "outcomes"),
    [
        (line(8, 17.1), 17.1, []),  # it may be switched on again yet
        (line(8, 17.1), 17.3, ["done"]),
        (line(8), 17.5, []),  # they are back, but a later room may be theirs
        (line(8, 12), 12.5, []),
        (line(8, 12), 17.1, []),
        (line(8, 12), 17.2, ["anyway"]),
        (line(8, 17.05, 17.1), 17.5, ["contradicted"]),
        (line(8), 33.9, []),
        (line(8), 34.0, ["left"]),
    ],
)
def test_it_is_judged_when_it_is_known(lamp: Timeline, hour: float, outcomes: list[str]) -> None:
    assert judged(recorded(lamp, *LEAVE_AND_COME), hour) == outcomes


def test_nobody_ever_comes_and_a_day_later_it_is_known() -> None:
    home = recorded(line(8, 12), 8.5, 8.51)
    assert judged(home, 33.9) == []
    assert judged(home, 34.0) == ["anyway"]


@pytest.mark.parametrize(
    ("cause", "outcomes"),
    [(Cause.PERSON, ["prompt"]), (Cause.PHYSICAL, ["prompt"]), (Cause.AUTOMATION, []), (Cause.OURS, [])],
)
def test_done_by_hand_within_minutes(cause: Cause, outcomes: list[str]) -> None:
    lamp = line(8, 10.1, causes=[Cause.UNKNOWN, cause])
    assert judged(recorded(lamp, 8.5, 8.51), 10.2) == []
    assert judged(recorded(lamp, 8.5, 8.51), 10.27) == outcomes


def test_done_within_minutes_and_taken_back() -> None:
    home = recorded(line(8, 10.1, 10.2), 8.5, 8.51)
    assert judged(home, 10.5) == []
    assert judged(home, 34.0) == ["contradicted"]


def test_what_we_did_ourselves_tells_nothing() -> None:
    lamp = line(8, 17.1, causes=[Cause.UNKNOWN, Cause.OURS])
    assert judged(recorded(lamp, *LEAVE_AND_COME), 100.0) == []


def test_a_device_without_a_past_at_that_time_tells_nothing() -> None:
    later = Timeline.from_readings([at(11), at(17.1)], [ON, OFF])
    assert judged(recorded(later, *LEAVE_AND_COME), 100.0) == []
    assert judged(Recording(HOME, {DOOR: line(*LEAVE_AND_COME)}), 100.0) == []


def answered(answer: Answer, hunch: Hunch, hour: float) -> Answered:
    return Answered(at(hour), hunch, answer)


@pytest.mark.parametrize("answer", list(Answer))
def test_only_what_nobody_answered_is_judged(answer: Answer) -> None:
    silent = answer in (Answer.EXPIRED, Answer.SETTLED, Answer.WITHDRAWN)
    ledger = Ledger(answers=(answered(answer, hunch(), 12.0),))
    assert pending(ledger, at(13)) == ((hunch(),) if silent else ())


def test_each_use_of_a_device_counts_once() -> None:
    first, second, other = hunch(10.0), hunch(14.0), hunch(30.0, since=28.0)
    gone = [answered(Answer.WITHDRAWN, h, 31.0) for h in (second, other, first)]
    ledger = Ledger(answers=tuple(gone))
    assert pending(ledger, at(32)) == (first, other)
    found = ledger.implying((Implied(at(32), first, "done"),))
    assert pending(found, at(33)) == (other,)
    assert found.implying((Implied(at(40), second, "left"),)) == found


def test_a_use_that_was_answered_or_acted_on_or_is_still_asked_about_is_no_silence() -> None:
    silent = Ledger(answers=(answered(Answer.WITHDRAWN, hunch(10.0), 12.0),))
    again = hunch(13.0)
    action = Action("light", "turn_off", LAMP, OFF)
    done = Record("1", at(13), again, action, automatic=True, outcome=Outcome.DONE)
    assert pending(silent, at(20)) == (hunch(10.0),)
    assert pending(replace(silent, open=(again,)), at(20)) == ()
    assert pending(silent.answered(answered(Answer.REJECTED, again, 14.0)), at(20)) == ()
    assert pending(silent.recorded(done), at(20)) == ()
    assert pending(silent.recorded(replace(done, outcome=Outcome.SHADOW)), at(20)) == (hunch(10.0),)


def test_what_is_long_over_is_let_go() -> None:
    ledger = Ledger(answers=(answered(Answer.EXPIRED, hunch(), 12.0),))
    assert pending(ledger, at(12) + PENDING - 1) == (hunch(),)
    assert pending(ledger, at(12) + PENDING) == ()


later = st.lists(st.integers(630, 4200).map(lambda minute: minute / 60), max_size=8, unique=True)


@settings(max_examples=max(200, settings().max_examples))
@given(later, later, st.lists(st.sampled_from(list(Cause)), min_size=8, max_size=8))
def test_whatever_happens_it_is_judged_once(lamp: list[float], door: list[float], causes: list[Cause]) -> None:
    whole = recorded(line(8, *sorted(lamp), causes=[0, *causes[: len(lamp)]]), *sorted(door))
    ledger = Ledger(answers=(answered(Answer.EXPIRED, hunch(), 22.0),))
    seen: list[Implied] = []
    for hour in range(10, 82, 2):
        found = judge(whole.until(at(hour)), pending(ledger, at(hour)), at(hour))
        ledger = ledger.implying(found)
        seen += found
    assert {one.outcome for one in seen} <= set(JUDGED)
    if lamp and causes[0] is Cause.OURS and seen:
        assert seen[0].time < at(min(lamp)), "what we did ourselves had no part in it"
    assert len(seen) == 1 or (lamp and causes[0] is Cause.OURS)
