"""The filter's arithmetic against the plain sums it stands for, and what the user states."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.context import Tracker, follow
from custom_components.hunches.engine.context_filter import STEP, Correction, scan, smooth
from custom_components.hunches.engine.home import OFF, Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.routine import STATES
from custom_components.hunches.engine.timeline import Timeline

START = 1_746_403_200.0  # 2025-05-05 00:00 UTC


def chain(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a first state and moves of `n` steps."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(STATES)), rng.random((n, STATES, STATES)) ** 3


@pytest.mark.parametrize("n", [1, 2, 23, 24, 25, 48, 288, 301])
def test_blocks_give_what_step_after_step_gives(n: int) -> None:
    first, moves = chain(n)
    state, expected = first, []
    for move in moves:
        state = state @ move
        state = state / state.sum()
        expected.append(state)
    np.testing.assert_allclose(scan(first, moves), expected, rtol=0, atol=1e-12)


def test_blocks_bear_likelihoods_that_all_but_rule_a_state_out() -> None:
    first, moves = chain(500)
    moves[:, :, :5] *= 1e-9
    found = scan(first, moves)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_hindsight_is_the_sum_over_all_paths() -> None:
    first, moves = chain(4)
    after = np.array([0.2, 1.0, 0.5, 0.1, 0.7, 0.3])
    paths = np.zeros((4, STATES))
    for path in np.ndindex(*(STATES,) * 5):
        chance = first[path[0]] * after[path[-1]]
        for t in range(4):
            chance *= moves[t][path[t], path[t + 1]]
        for t in range(4):
            paths[t, path[t + 1]] += chance
    found, before = smooth(scan(first, moves), moves, after)
    np.testing.assert_allclose(found, paths / paths.sum(axis=1, keepdims=True), rtol=0, atol=1e-12)
    assert before.sum() == pytest.approx(1.0)


# --- what the user states --------------------------------------------------------------------------------------------


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


def test_a_step_is_what_callers_count_on() -> None:
    assert STEP == 300.0
    assert OFF == 0
