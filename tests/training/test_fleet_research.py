"""Homes as in research recordings, languages, groups, second entities, holidays and the change of the clock."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from custom_components.hunches.engine.home import ON
from custom_components.hunches.engine.localtime import DAY, LocalTime
from model_training.fleet import calibration, residents
from model_training.fleet.home import SimulatedHome
from model_training.fleet.people import _weekdays
from model_training.fleet.recorder import on_spans
from model_training.fleet.words import LANGUAGES, english

SEED = 21


@pytest.fixture(scope="module")
def homes() -> list[SimulatedHome]:
    return [residents.simulate(index, SEED) for index in range(160)]


@pytest.fixture(scope="module")
def research(homes: list[SimulatedHome]) -> list[SimulatedHome]:
    return [home for home in homes if home.style == "research"]


def test_a_good_share_of_homes_is_of_the_research_kind(homes: list[SimulatedHome]) -> None:
    shares = Counter(home.style for home in homes)
    assert 0.07 < shares["research"] / len(homes) < 0.25
    assert len(shares) == len(calibration.STYLES)


def test_research_homes_have_contacts_and_few_devices(research: list[SimulatedHome]) -> None:
    for home in research:
        evidence = home.recording.home.evidence
        assert all(e.domain == "binary_sensor" for e in evidence)
        assert 1 <= len(set(home.roles) - set(home.same_as)) <= 5
        assert home.recording.truth
        assert 7 <= (home.recording.end - home.recording.start) / DAY <= 35
    counts = [len(home.recording.home.evidence) for home in research]
    assert min(counts) < 12
    assert max(counts) > 20


def test_some_research_homes_lack_the_bed_or_the_entrance(research: list[SimulatedHome]) -> None:
    """A filter that needs either would fail at homes like these."""
    classes = [{e.device_class for e in home.recording.home.evidence} for home in research]
    assert any("occupancy" not in found for found in classes)
    assert any("door" not in found for found in classes)
    assert any("motion" in found for found in classes)
    assert any("motion" not in found for found in classes)


def test_contacts_fall_silent_while_nobody_is_there(research: list[SimulatedHome]) -> None:
    away = present = away_time = present_time = 0.0
    for home in research:
        gone = [i for i in home.recording.truth if i.label == "away" and i.end - i.start > 1800]
        starts = [t.times[1:][t.states[1:] == ON] for t in home.recording.timelines.values()]
        moments = np.sort(np.concatenate(starts))
        inside = sum(np.searchsorted(moments, i.end - 300) - np.searchsorted(moments, i.start + 300) for i in gone)
        away += inside
        away_time += sum(i.end - i.start - 600 for i in gone)
        present += moments.size - inside
        present_time += home.recording.end - home.recording.start - sum(i.end - i.start for i in gone)
    assert away / away_time < 0.1 * present / present_time


def test_names_come_in_ten_languages_each_with_a_word_for_everything(homes: list[SimulatedHome]) -> None:
    assert len(LANGUAGES) >= 8
    assert {home.language for home in homes} == set(LANGUAGES)
    czech = [e.name for home in homes if home.language == "cs" for e in home.recording.home.devices]
    assert any(english(name) != name.casefold() for name in czech)


def test_a_group_is_on_while_a_member_is(homes: list[SimulatedHome]) -> None:
    groups = 0
    for home in homes:
        for key, members in home.groups.items():
            groups += 1
            assert key in home.roles
            whole = on_spans(home.recording.timelines[key], home.recording.end)
            parts = [on_spans(home.recording.timelines[m], home.recording.end) for m in members]
            moments = np.concatenate([(p.starts + p.ends) / 2 for p in parts])
            assert whole.contains(moments).all()
            assert whole.total <= sum(p.total for p in parts) + 1.0
    assert groups > 5


def test_a_second_entity_follows_its_device(homes: list[SimulatedHome]) -> None:
    """All but the few of which one falls silent or sticks."""
    together = []
    for home in homes:
        for second, first in home.same_as.items():
            assert second.split(".")[0] != first.split(".")[0]
            one, other = (on_spans(home.recording.timelines[key], home.recording.end) for key in (first, second))
            later = max(float(home.recording.timelines[key].times[0]) for key in (first, second))
            shared, whole = one.intersect(other).total, one.cut(later, home.recording.end).total
            together.append(shared > 0.8 * whole - 60.0)
    assert len(together) > 2
    assert np.mean(together) > 0.8


def test_labels_occur(homes: list[SimulatedHome]) -> None:
    labelled = [any(e.labels for e in home.recording.home.devices) for home in homes]
    assert 0.05 < np.mean(labelled) < 0.4


def test_public_holidays_are_days_off() -> None:
    christmas = 18_255  # 2019-12-25 was a Wednesday
    found = [_weekdays(np.random.default_rng(seed), christmas, 1, "Europe/Berlin")[0] for seed in range(40)]
    assert set(found) == {2, 6}
    assert np.mean(np.array(found) == 6) > 0.6
    assert set(_weekdays(np.random.default_rng(0), christmas + 2, 1, "Europe/Berlin")) == {4}


def test_people_keep_their_hours_when_the_clock_changes() -> None:
    """Getting up stays at its hour on the wall, and moves by an hour in UTC."""
    wall, utc = [], []
    for index in range(600):
        home = None
        rng = np.random.default_rng([SEED, index, 1])
        if residents._place(rng).zone not in {"Europe/Berlin", "Europe/Paris", "America/New_York"}:
            continue
        home = residents.simulate(index, SEED)
        clock = LocalTime(home.recording.home.time_zone)
        ends = np.array([i.end for i in home.recording.truth if i.label == "asleep" and i.end - i.start > 4 * 3600])
        shift = clock.offset(ends)
        if ends.size < 20 or not 8 < np.sum(shift == shift.min()) < ends.size - 8:
            continue
        hours = [np.median((ends[shift == s] + extra * s) / 3600 % 24) for s in np.unique(shift) for extra in (0, 1)]
        utc.append(hours[2] - hours[0])
        wall.append(hours[3] - hours[1])
    assert len(wall) > 8
    assert abs(np.median(wall)) < 0.5 < abs(np.median(utc))
