"""Simulated homes of random processes: repeatable, well formed, and wide enough to hold real devices."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from custom_components.hunches.engine.home import DEVICE_DOMAINS, OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from model_training.fleet.home import SimulatedHome
from model_training.fleet.process_days import draw_days, to_utc
from model_training.fleet.process_families import FAMILIES
from model_training.fleet.processes import simulate

_SEED = 11
_HOMES = 100


@pytest.fixture(scope="module")
def homes() -> list[SimulatedHome]:
    """Return a hundred homes."""
    return [simulate(index, _SEED) for index in range(_HOMES)]


def _on_stretches(home: SimulatedHome, key: str) -> tuple[np.ndarray, np.ndarray]:
    known = home.recording.timelines[key].carried()
    ends = np.append(known.times[1:], np.inf)
    on = known.states == ON
    return known.times[on], ends[on]


def _shares(homes: list[SimulatedHome]) -> np.ndarray:
    """Return the share of its recorded time that each device is on."""
    shares = []
    for home in homes:
        for key in home.roles:
            t = home.recording.timelines[key]
            lasts = np.diff(np.append(t.times, home.recording.end))
            known = lasts[t.states != UNKNOWN].sum()
            if known > DAY:
                shares.append(lasts[t.states == ON].sum() / known)
    return np.array(shares)


def test_same_index_and_seed_give_the_same_home(homes: list[SimulatedHome]) -> None:
    for index in (0, 17, 42):
        again = simulate(index, _SEED)
        assert again.recording.home == homes[index].recording.home
        assert again.roles == homes[index].roles
        assert again.unwanted == homes[index].unwanted
        assert again.recording.truth == homes[index].recording.truth
        for key, timeline in homes[index].recording.timelines.items():
            np.testing.assert_array_equal(again.recording.timelines[key].times, timeline.times)
            np.testing.assert_array_equal(again.recording.timelines[key].states, timeline.states)
            np.testing.assert_array_equal(again.recording.timelines[key].causes, timeline.causes)


def test_other_index_or_seed_gives_another_home(homes: list[SimulatedHome]) -> None:
    starts = {home.recording.start for home in homes}
    assert len(starts) == _HOMES
    assert simulate(0, _SEED + 1).recording.start != homes[0].recording.start


def test_times_increase_and_states_alternate(homes: list[SimulatedHome]) -> None:
    for home in homes:
        for timeline in home.recording.timelines.values():
            assert len(timeline)
            assert np.all(np.isfinite(timeline.times))
            assert np.all(np.diff(timeline.times) > 0)
            assert np.all(np.diff(timeline.states) != 0)
            assert set(np.unique(timeline.states)) <= {UNKNOWN, OFF, ON}


def test_every_device_has_a_timeline_a_role_and_a_known_domain(homes: list[SimulatedHome]) -> None:
    for home in homes:
        devices = {entity.entity_id for entity in home.recording.home.devices}
        assert devices == set(home.roles)
        assert devices <= set(home.recording.timelines)
        assert home.generator == "processes"
    domains = {entity.domain for home in homes for entity in home.recording.home.devices}
    assert domains == set(DEVICE_DOMAINS)


def test_something_happens_in_every_home(homes: list[SimulatedHome]) -> None:
    for home in homes:
        assert max(len(home.recording.timelines[key]) for key in home.roles) >= 4


def test_unwanted_stretches_lie_within_on_time_and_end_before_the_recording(homes: list[SimulatedHome]) -> None:
    number = 0
    for home in homes:
        for key, stretches in home.unwanted.items():
            starts, ends = _on_stretches(home, key)
            last = -np.inf
            for stretch in stretches:
                assert last <= stretch.start < stretch.end
                last = stretch.end
                assert stretch.label == "forgot"
                i = int(np.searchsorted(starts, stretch.start, side="right")) - 1
                assert i >= 0
                assert stretch.end <= ends[i]
                number += 1
    assert number > 50


def test_shares_of_on_time_reach_from_almost_never_to_almost_always(homes: list[SimulatedHome]) -> None:
    shares = _shares(homes)
    assert np.mean(shares < 0.005) > 0.03
    assert np.mean(shares > 0.95) > 0.01
    assert 0.01 < np.median(shares) < 0.3


def test_uses_last_from_seconds_to_days(homes: list[SimulatedHome]) -> None:
    lasts = []
    for home in homes:
        for key in home.roles:
            starts, ends = _on_stretches(home, key)
            lasts.append((ends - starts)[np.isfinite(ends)])
    every = np.concatenate(lasts)
    assert np.mean(every < 30) > 0.005
    assert np.mean(every > 5 * DAY) > 0.0005
    medians = np.array([np.median(each) for each in lasts if each.size >= 5])
    assert np.quantile(medians, 0.1) < 5 * 60
    assert np.quantile(medians, 0.9) > 5 * HOUR


def test_some_recorders_keep_a_grid_and_some_exact_times(homes: list[SimulatedHome]) -> None:
    gridded = []
    for home in homes:
        times = np.concatenate([home.recording.timelines[key].times for key in home.roles])
        gridded.append(bool(np.all((times - times[0]) % 60 == 0)))
    assert 0.2 < np.mean(gridded) < 0.8


def test_truth_comes_with_evidence_and_is_disjoint(homes: list[SimulatedHome]) -> None:
    for home in homes:
        truth = home.recording.truth
        assert bool(truth) == bool(home.recording.home.evidence)
        for before, after in pairwise(truth):
            assert before.start < before.end <= after.start
        assert {interval.label for interval in truth} <= {"asleep", "away"}
    assert any(home.recording.truth for home in homes)


def test_motion_is_rarer_while_the_home_is_away_or_asleep(homes: list[SimulatedHome]) -> None:
    quiet, quiet_time, every, every_time = 0, 0.0, 0, 0.0
    for home in homes:
        for key, timeline in home.recording.timelines.items():
            if not key.startswith("binary_sensor.motion"):
                continue
            moments = timeline.times[1:][timeline.states[1:] == ON]
            every += moments.size
            every_time += home.recording.end - home.recording.start
            for interval in home.recording.truth:
                quiet += int(np.sum((moments >= interval.start) & (moments < interval.end)))
                quiet_time += interval.end - interval.start
    assert quiet / quiet_time < 0.4 * every / every_time


def test_a_wall_clock_time_keeps_its_hour_across_the_change_to_summer_time() -> None:
    clock = LocalTime("Europe/Berlin")
    local = np.arange(17_600, 17_600 + 365, dtype=np.float64) * DAY + 7.5 * HOUR  # 2018: two changes
    np.testing.assert_allclose(clock.hour(to_utc(clock, local)), 7.5)


def test_timers_keep_their_hour_across_a_change_of_the_clock() -> None:
    """A schedule has at most four times of day on the wall clock, and more than these in UTC."""
    kept = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        days = draw_days(rng)
        ends = days.clock.offset(np.array([days.start + 20 * DAY, days.end - 20 * DAY]))
        if days.length < 50 or ends[0] == ends[1]:
            continue
        starts = FAMILIES["timer"].draw(rng, days).starts
        wall, utc = (
            np.unique(np.round(times % DAY / 60), return_counts=True)[1]
            for times in (
                days.clock.local(starts),
                starts,
            )
        )
        kept += bool(np.sum(wall > 2) <= 4 < starts.size and np.sum(utc > 2) > np.sum(wall > 2))
    assert kept >= 2


def test_days_hold_together() -> None:
    for seed in range(20):
        days = draw_days(np.random.default_rng(seed))
        assert days.begin < days.start < days.end
        assert not len(days.asleep.intersect(days.away))
        assert np.all(days.dawn < days.dusk)
        assert 8 <= days.length <= 460
