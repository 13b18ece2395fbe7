"""The simulated fleet: same seed, same home; truths that can be true; every kind of device."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.home import DEVICE_DOMAINS, ON
from custom_components.hunches.engine.timeline import Cause
from model_training.fleet import residents, simulate
from model_training.fleet.home import SimulatedHome
from model_training.fleet.recorder import on_spans
from model_training.fleet.roles import BY_NAME

SEED = 11


@pytest.fixture(scope="module")
def homes() -> list[SimulatedHome]:
    return [residents.simulate(index, SEED) for index in range(150)]


def _same(one: SimulatedHome, other: SimulatedHome) -> bool:
    return (
        one.recording.home == other.recording.home
        and one.recording.truth == other.recording.truth
        and dict(one.unwanted) == dict(other.unwanted)
        and dict(one.roles) == dict(other.roles)
        and list(one.recording.timelines) == list(other.recording.timelines)
        and all(
            np.array_equal(t.times, other.recording.timelines[key].times)
            and np.array_equal(t.states, other.recording.timelines[key].states)
            and np.array_equal(t.causes, other.recording.timelines[key].causes)
            for key, t in one.recording.timelines.items()
        )
    )


def test_same_seed_same_home(homes: list[SimulatedHome]) -> None:
    assert all(_same(homes[index], residents.simulate(index, SEED)) for index in (3, 50, 99))
    assert not _same(homes[3], residents.simulate(3, SEED + 1))


def test_workers_make_the_same_fleet_in_order() -> None:
    alone = list(simulate.fleet(6, SEED, workers=1))
    shared = list(simulate.fleet(6, SEED, workers=2))
    assert all(_same(one, other) for one, other in zip(alone, shared, strict=True))
    assert _same(alone[4], next(iter(simulate.fleet(1, SEED, workers=1, first=4))))


def test_both_generators_take_part() -> None:
    found = {home.generator for home in simulate.fleet(20, SEED, workers=1)}
    assert found == {"residents", "processes"}


def test_truth_is_sorted_disjoint_and_within_the_recording(homes: list[SimulatedHome]) -> None:
    for home in homes:
        truth = home.recording.truth
        assert {i.label for i in truth} <= {"asleep", "away"}
        assert all(i.start < i.end for i in truth)
        assert all(one.end <= other.start for one, other in pairwise(truth))
        assert not truth or truth[0].start >= home.recording.start
        assert not truth or truth[-1].end <= home.recording.end


def test_people_sleep_at_night_and_leave_by_day(homes: list[SimulatedHome]) -> None:
    asleep = away = total = 0.0
    for home in homes:
        total += home.recording.end - home.recording.start
        asleep += sum(i.end - i.start for i in home.recording.truth if i.label == "asleep")
        away += sum(i.end - i.start for i in home.recording.truth if i.label == "away")
    assert 0.15 < asleep / total < 0.42
    assert 0.08 < away / total < 0.5


def test_unwanted_use_is_use(homes: list[SimulatedHome]) -> None:
    some = 0
    for home in homes:
        for key, intervals in home.unwanted.items():
            on = on_spans(home.recording.timelines[key], home.recording.end)
            assert all(one.end <= other.start for one, other in pairwise(intervals))
            for interval in intervals:
                middle = np.array([interval.start, (interval.start + interval.end) / 2, interval.end - 0.01])
                assert on.contains(middle).all()
                assert interval.label in {"left", "asleep", "room", "forgot"}
                some += 1
    assert some > 100


def test_use_on_purpose_is_the_rule(homes: list[SimulatedHome]) -> None:
    """Long use alone must not tell what was forgotten: most of it is wanted."""
    on = unwanted = 0.0
    for home in homes:
        for key in home.roles:
            spans = on_spans(home.recording.timelines[key], home.recording.end).longer(3 * 3600.0)
            on += spans.total
            stretches = home.unwanted.get(key, ())
            unwanted += sum(i.end - i.start for i in stretches if spans.contains(np.array([i.start]))[0])
    assert 0.002 < unwanted / on < 0.25


def test_causes_are_valid_and_varied(homes: list[SimulatedHome]) -> None:
    found = np.unique(np.concatenate([t.causes for home in homes for t in home.recording.timelines.values()]))
    assert set(found.tolist()) == {Cause.UNKNOWN, Cause.PERSON, Cause.AUTOMATION, Cause.PHYSICAL}


def test_every_home_has_devices_and_some_have_no_evidence(homes: list[SimulatedHome]) -> None:
    assert all(home.recording.home.devices for home in homes)
    assert all({e.entity_id for e in home.recording.home.devices} == set(home.roles) for home in homes)
    bare = [home for home in homes if not home.recording.home.evidence]
    assert 10 < len(bare) < 70
    evidence = {e.domain for home in homes for e in home.recording.home.evidence}
    assert {"binary_sensor", "person", "device_tracker", "zone", "sensor", "alarm_control_panel"} <= evidence


def test_every_entity_is_a_device_or_evidence_and_is_recorded(homes: list[SimulatedHome]) -> None:
    for home in homes:
        for key, entity in home.recording.home.entities.items():
            assert key == entity.entity_id
            assert entity.is_device or entity.is_evidence
            assert len(home.recording.timelines[key])


def test_every_kind_of_device_occurs(homes: list[SimulatedHome]) -> None:
    assert {e.domain for home in homes for e in home.recording.home.devices} == set(DEVICE_DOMAINS)
    roles = {role for home in homes for role in home.roles.values()}
    assert roles <= set(BY_NAME)
    assert len(roles) >= 0.95 * len(BY_NAME)


def test_histories_differ_in_length_place_and_season(homes: list[SimulatedHome]) -> None:
    days = np.array([(h.recording.end - h.recording.start) / 86400 for h in homes])
    assert days.min() < 15
    assert days.max() > 80
    assert 30 < days.mean() < 55
    assert len({h.recording.home.time_zone for h in homes}) > 10
    latitudes = [h.recording.home.latitude or 0.0 for h in homes]
    assert min(latitudes) < -20
    assert max(latitudes) > 58


def test_someone_notices_in_the_end(homes: list[SimulatedHome]) -> None:
    """What is forgotten while everybody is out ends, mostly, soon after somebody is back."""
    soon = total = 0
    for home in homes:
        away = [i for i in home.recording.truth if i.label == "away"]
        for intervals in home.unwanted.values():
            for stretch in (i for i in intervals if i.label == "left"):
                back = [i.end for i in away if i.start - 1800 <= stretch.start + 1200 <= i.end]
                if back and back[0] < home.recording.end - 86400:
                    total += 1
                    soon += stretch.end <= back[0] + 3600
    assert total > 30
    assert soon / total > 0.6


def test_a_bundle_holds_a_simulated_home(homes: list[SimulatedHome], tmp_path: Path) -> None:
    for home in homes[:5]:
        bundle.write(home.recording, tmp_path / "one")
        read = bundle.read(tmp_path / "one")
        assert read.home.entities == dict(home.recording.home.entities)
        assert len(read.truth) == len(home.recording.truth)
        for key, timeline in home.recording.timelines.items():
            assert np.array_equal(read.timelines[key].states, timeline.states)
            assert np.allclose(read.timelines[key].times, timeline.times, atol=2e-3)


def test_some_devices_are_on_for_days_and_some_for_seconds(homes: list[SimulatedHome]) -> None:
    lengths = []
    for home in homes:
        for key in home.roles:
            t = home.recording.timelines[key].carried()
            lengths.append(np.diff(t.times)[t.states[:-1] == ON])
    every = np.concatenate(lengths)
    assert (every < 30).any()
    assert (every > 4 * 86400).sum() > 10
