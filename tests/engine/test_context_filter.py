"""What the user states about the household: it holds at once, is learned from, and reaches no earlier answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.context import Tracker, follow
from custom_components.hunches.engine.context_filter import STEP, Correction
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.timeline import Timeline

START = 1_746_403_200.0  # 2025-05-05 00:00 UTC


def odd_home(days: int = 12) -> Recording:
    """Return a home whose one sensor tells little: it moves when people leave and return, and now and then."""
    rng = np.random.default_rng(3)
    times, truth = [START], []
    for day in range(days):
        leave, back = START + day * DAY + 9 * HOUR, START + day * DAY + 17 * HOUR
        truth.append(Interval(leave, back, "away"))
        moments = np.sort(START + day * DAY + np.append(rng.uniform(7, 23, 6), [9, 17]) * HOUR)
        times += [t for moment in moments for t in (float(moment), float(moment) + 20)]
    states = np.arange(len(times)) % 2
    home = Home("odd", "UTC", entities={"binary_sensor.x": Entity("binary_sensor.x", "0x00158d", None, "door")})
    return Recording(home, {"binary_sensor.x": Timeline.from_readings(np.sort(times), states)}, tuple(truth))


def stated(recording: Recording, days: int, stated: float) -> list[Correction]:
    """Return what a user says of the first days, at one moment."""
    found = []
    for interval in recording.truth[:days]:
        found.append(Correction(interval.start, interval.end, "away", stated))
        found.append(Correction(interval.end, interval.end + 5 * HOUR, "awake", stated))
        found.append(Correction(interval.start - 9 * HOUR, interval.start - 2 * HOUR, "asleep", stated))
    return found


def test_what_is_stated_is_learned_from() -> None:
    recording = odd_home()
    then = START + 11 * DAY + np.arange(10.5, 16.5, 0.25) * HOUR
    said = stated(recording, 8, START + 9 * DAY)
    assert follow(recording, then, said).away.mean() > follow(recording, then).away.mean() + 0.1


def test_what_is_stated_of_a_home_long_known_is_learned_at_the_next_dawn() -> None:
    recording = odd_home(37)
    then = START + 36 * DAY + np.arange(10.5, 16.5, 0.5) * HOUR
    said = [
        replace(c, start=c.start + 25 * DAY, end=c.end + 25 * DAY) for c in stated(recording, 8, START + 35.5 * DAY)
    ]
    assert np.abs(follow(recording, then, said).away - follow(recording, then).away).max() > 0.02


def test_what_is_stated_later_is_not_known_before() -> None:
    recording = odd_home()
    when = START + 9.4 * DAY
    said = stated(recording, 8, when)
    before = np.arange(START, when, 1700)
    plain, corrected = follow(recording, before), follow(recording, before, said)
    np.testing.assert_array_equal(plain.away, corrected.away)
    np.testing.assert_array_equal(plain.asleep, corrected.asleep)


def test_the_tracker_learns_what_it_is_told_like_a_replay() -> None:
    recording = odd_home()
    when = START + 9 * DAY
    said = stated(recording, 8, when)
    tracker = Tracker(recording.home, recording.until(when).timelines, when)
    for correction in said:
        tracker.correct(correction)
    then = START + 11 * DAY + 12 * HOUR
    replayed = follow(recording, np.array([then]), said)
    assert tracker.step(recording.timelines, then).p_away == pytest.approx(float(replayed.away[0]), abs=1e-6)


def test_of_statements_that_contradict_each_other_the_last_counts() -> None:
    recording = odd_home()
    then = START + 11 * DAY + np.arange(10.5, 16.5, 0.25) * HOUR
    right, when = stated(recording, 8, START + 9 * DAY), START + 8.5 * DAY
    wrong = [Correction(c.start, c.end, "asleep", when) for c in right if c.label == "away"]
    np.testing.assert_allclose(follow(recording, then, [*wrong, *right]).away, follow(recording, then, right).away)


def test_a_statement_means_something() -> None:
    with pytest.raises(ValueError, match="upstairs"):
        Correction(0.0, 1.0, "upstairs", 2.0)


def test_what_is_stated_of_now_holds_at_once() -> None:
    recording = odd_home()
    when = START + 5 * DAY + 12.3 * HOUR
    said = [Correction(when - HOUR, when, "away", when)]
    soon = when + np.array([61.0, 300.0, 1200.0])
    assert follow(recording, soon, said).away.min() > 0.9
    long_ago = [Correction(when - 9 * HOUR, when - 8 * HOUR, "asleep", when)]
    np.testing.assert_allclose(follow(recording, soon, long_ago).away, follow(recording, soon).away, rtol=1e-12)


def phones_left_at_home(days: int = 12) -> Recording:
    """Return the odd home with a phone that is always there, but for an hour at noon of the last day."""
    recording, key = odd_home(days), "person.somebody"
    noon = START + (days - 1) * DAY + 12 * HOUR
    phone = Timeline.from_readings([START, noon, noon + HOUR], [1, 0, 1])
    home = replace(recording.home, entities={**recording.home.entities, key: Entity(key, "Somebody")})
    return replace(recording, home=home, timelines={**recording.timelines, key: phone})


def test_what_is_stated_holds_against_a_phone_until_something_happens() -> None:
    recording = phones_left_at_home()
    switched = recording.timelines["binary_sensor.x"].times
    when = float(switched[-30]) + 120.0
    quiet = np.arange(when + 120.0, float(switched[switched > when][0]), 600.0)
    said = [Correction(when - 60.0, when, "away", when)]
    assert follow(recording, quiet).away.max() < 0.5
    assert follow(recording, quiet, said).away.min() > 0.9
    after = np.array([float(switched[switched > when][0]) + 30 * 60.0])
    assert follow(recording, after, said).away[0] < 0.5


def test_what_is_stated_ends_when_a_phone_comes_or_goes() -> None:
    recording = phones_left_at_home()
    noon = float(recording.timelines["person.somebody"].times[1])
    lines = {**recording.timelines, "binary_sensor.x": recording.timelines["binary_sensor.x"].until(noon - HOUR)}
    still = replace(recording, timelines=lines)
    said = [Correction(noon - 600.0, noon - 300.0, "asleep", noon - 300.0)]
    assert follow(still, np.array([noon - 60.0]), said).asleep[0] > 0.9
    assert follow(still, np.array([noon + 50 * 60.0]), said).asleep[0] < 0.5


def test_what_is_stated_does_not_hold_for_ever() -> None:
    recording = phones_left_at_home()
    noon = float(recording.timelines["person.somebody"].times[1])
    lines = {key: line.until(noon - HOUR) for key, line in recording.timelines.items()}
    still = replace(recording, timelines=lines)
    said = [Correction(noon - 600.0, noon, "away", noon)]
    hours = np.array([1.0, 7.0, 12.0])
    assert (follow(still, noon + hours * HOUR, said).away > 0.5).tolist() == [True, True, False]


@pytest.mark.parametrize("late", [False, True], ids=["known", "a sensor that is first heard of meanwhile"])
def test_a_statement_holds_alike_minute_by_minute(late: bool) -> None:
    recording = phones_left_at_home()
    when = START + 11 * DAY + 10.3 * HOUR
    if late:
        key = "media_player.new"
        home = replace(recording.home, entities={**recording.home.entities, key: Entity(key, "New")})
        heard = Timeline.from_readings([when + 600.0, when + 900.0], [0, 1])
        recording = replace(recording, home=home, timelines={**recording.timelines, key: heard})
    said = [Correction(when - 60.0, when, "away", when)]
    moments = when + np.arange(1, 600) * 60.0
    tracker = Tracker(recording.home, recording.timelines, when, said)
    stepped = [tracker.step(recording.timelines, float(moment)).p_away for moment in moments]
    np.testing.assert_allclose(stepped, follow(recording, moments, said).away, atol=1e-9)


def test_nothing_shorter_than_a_bin_can_be_learned() -> None:
    assert STEP == 300.0


def test_a_tracker_that_takes_little_room_in_between_answers_the_same() -> None:
    recording = odd_home()
    then = START + 9 * DAY + np.arange(0, 60, 1.25) * HOUR
    folded, whole = (Tracker(recording.home, recording.timelines, float(then[0])) for _ in range(2))
    for moment in then.tolist():
        folded.fold()
        folded.fold()
        assert folded.step(recording.timelines, moment) == whole.step(recording.timelines, moment)
