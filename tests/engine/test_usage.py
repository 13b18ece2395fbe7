"""Aggregates: the same whether read day by day or at once, in local time, and blind to the future."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import TAU, Usage, advance

from .conftest import DAYS, START, make_recording

ZONES = ("Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland", "UTC")
END = START + DAYS * DAY


def assert_same(left: Usage, right: Usage) -> None:
    for part in fields(Usage):
        a, b = getattr(left, part.name), getattr(right, part.name)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=part.name)


@settings(max_examples=25)
@given(st.sampled_from(ZONES), st.lists(st.floats(START, END), max_size=6))
def test_step_by_step_is_the_same_as_at_once(zone: str, cuts: list[float]) -> None:
    timeline, clock = make_recording(zone).timelines["light.lounge"], LocalTime(zone, 52.5, 13.4)
    stepwise = Usage()
    for cut in [*sorted(cuts), END]:
        stepwise = advance(stepwise, timeline.until(cut), cut, clock)
    assert_same(stepwise, advance(Usage(), timeline, END, clock))


def test_reading_twice_changes_nothing() -> None:
    timeline, clock = make_recording().timelines["light.lounge"], LocalTime("Europe/Berlin")
    once = advance(Usage(), timeline, END, clock)
    assert_same(advance(once, timeline, END, clock), once)


def test_hours_are_local_on_both_sides_of_a_change_of_clocks() -> None:
    """On from 20:00 to 21:00 local every day, over the end of March: nothing may land in another hour."""
    clock = LocalTime("Europe/Berlin")
    local = START + DAY * np.arange(DAYS) + 20 * HOUR
    starts = local - clock.offset(local - clock.offset(local))
    times = np.concatenate(([START - DAY], np.stack((starts, starts + HOUR), axis=1).ravel()))
    usage = advance(Usage(), Timeline.from_readings(times, np.arange(times.size) % 2), END, clock)
    by_hour = usage.on.sum(axis=0)
    assert by_hour[20] == pytest.approx(by_hour.sum())
    assert usage.starts.sum(axis=0)[20] == pytest.approx(usage.starts.sum())


def test_a_gap_is_unknown_and_not_off() -> None:
    clock = LocalTime("UTC")
    timeline = Timeline.from_readings([START, START + HOUR, START + 2 * HOUR], [1, UNKNOWN, 1])
    usage = advance(Usage(), timeline, START + 3 * HOUR, clock)
    assert usage.known.sum() == pytest.approx(2 * HOUR, rel=0.01)
    assert usage.on.sum() == pytest.approx(usage.known.sum())
    assert usage.uses.sum() == 0, "coming back as it was is not a use"


def test_causes_and_durations_are_counted_with_decay() -> None:
    clock = LocalTime("UTC")
    timeline = Timeline.from_readings(
        [START, START + HOUR, START + 2 * HOUR], [0, 1, 0], [0, Cause.PERSON, Cause.AUTOMATION]
    )
    usage = advance(Usage(), timeline, START + 2 * HOUR + TAU, clock)
    assert usage.causes[Cause.AUTOMATION] == pytest.approx(np.exp(-1))
    assert usage.uses.sum() == pytest.approx(np.exp(-1))
    assert usage.spent[1] == pytest.approx(HOUR * np.exp(-1))


def told(*rows: tuple[float, int, Cause]) -> Timeline:
    """Return a timeline from hours after the start."""
    hours, states, causes = ([row[i] for row in rows] for i in range(3))
    return Timeline.from_readings([START + h * HOUR for h in hours], states, causes)


changes = st.lists(
    st.tuples(st.floats(0, 99).map(lambda h: round(h, 1)), st.sampled_from((OFF, ON, UNKNOWN)), st.sampled_from(Cause)),
    min_size=1,
    max_size=25,
).map(lambda rows: told(*sorted(rows)))


@settings(max_examples=300)
@given(changes, st.lists(st.floats(0, 100), max_size=8), st.sampled_from(ZONES))
def test_our_own_actions_cut_anywhere_are_the_same_as_at_once(timeline: Timeline, cuts: list[float], zone: str) -> None:
    clock, end = LocalTime(zone, 52.5, 13.4), START + 100 * HOUR
    stepwise = Usage()
    for cut in [*sorted(START + hour * HOUR for hour in cuts), *timeline.times[::3], end]:
        # The long memory forgets old changes, and keeps only how things stood
        known = timeline.until(cut) if np.isnan(stepwise.until) else timeline.until(cut).since(stepwise.until - HOUR)
        stepwise = advance(stepwise, known, cut, clock)
    assert_same(stepwise, advance(Usage(), timeline, end, clock))


@settings(max_examples=300)
@given(changes)
def test_only_what_others_did_is_counted(timeline: Timeline) -> None:
    clock, end = LocalTime("Europe/Berlin", 52.5, 13.4), START + 100 * HOUR
    usage = advance(Usage(), timeline, end, clock)
    blind = advance(Usage(), timeline.by_others(), end, clock)
    for name in ("on", "known", "sun_on", "sun_known", "recent", "days_on", "last_day_on", "start", "until"):
        np.testing.assert_array_equal(getattr(usage, name), getattr(blind, name), err_msg=name)
    known = timeline.carried()
    causes, starts, uses, pauses = np.zeros(5), 0.0, 0.0, 0.0
    for i in range(1, len(known)):
        us = [cause == Cause.OURS for cause in known.causes[i - 1 : i + 1]]
        weight = np.exp(-(end - known.times[i]) / TAU)
        causes[known.causes[i]] += weight * (not us[1])
        starts += weight * (not us[1] and known.states[i] == ON)
        uses += weight * (not any(us) and known.states[i] == OFF)
        pauses += weight * (not any(us) and known.states[i] == ON)
    np.testing.assert_allclose(usage.causes, causes)
    np.testing.assert_allclose([usage.starts.sum(), usage.uses.sum(), usage.pauses.sum()], [starts, uses, pauses])
    assert usage.state == (known.states[-1] if len(known) else UNKNOWN)
    assert usage.ours == (len(known) > 0 and known.causes[-1] == Cause.OURS)


def test_switching_off_for_people_teaches_nothing() -> None:
    """Left on at eight in the evening, off by us at eleven, on again by a person the next evening."""
    clock = LocalTime("UTC")
    timeline = told((0, OFF, Cause.UNKNOWN), (20, ON, Cause.PERSON), (23, OFF, Cause.OURS), (43, ON, Cause.PERSON))
    usage = advance(Usage(), timeline, START + 30 * HOUR, clock)
    assert (usage.state, usage.ours, usage.changed) == (OFF, True, START + 23 * HOUR)
    usage = advance(usage, timeline, START + 44 * HOUR, clock)
    assert (usage.state, usage.ours, usage.changed) == (ON, False, START + 43 * HOUR)
    assert usage.known.sum() == pytest.approx(24 * HOUR, rel=0.05), "the 20 hours after our change are not known"
    assert usage.on.sum() == pytest.approx(4 * HOUR, rel=0.05)
    assert usage.starts.sum() == pytest.approx(2, rel=0.05), "both times a person switched it on"
    assert usage.causes[Cause.PERSON] == pytest.approx(2, rel=0.05)
    assert usage.causes[Cause.OURS] == 0
    assert usage.uses.sum() == 0, "nobody knows how long it would have been on"
    assert usage.pauses.sum() == pytest.approx(1, rel=0.05), "only the one before anything of ours"


@pytest.mark.parametrize("timeline", [Timeline.empty(), Timeline.from_readings([END + 1], [1])])
def test_no_history_leaves_usage_empty(timeline: Timeline) -> None:
    usage = advance(Usage(), timeline, END, LocalTime("UTC"))
    assert usage.history == 0
    assert usage.rate == pytest.approx(0.05)


def test_half_an_hour_of_daylight_saving() -> None:
    clock = LocalTime("Australia/Lord_Howe")
    begin, end = (datetime(year, 1, 10, tzinfo=UTC).timestamp() for year in (2025, 2026))
    rows = [(begin, OFF)]
    for day in range(1, 364):  # on every day at 20:40 local for 15 minutes
        moment = begin + day * DAY
        local = float(clock.local(moment))
        on = moment - local % DAY + 20 * HOUR + 2400
        rows += [(on, ON), (on + 900, OFF)]
    line = Timeline.from_readings(*zip(*rows, strict=True))
    once = advance(Usage(), line, end, clock)
    steps = Usage()
    for moment in np.arange(begin + DAY, end + 1, DAY):
        steps = advance(steps, line, float(moment), clock)
    np.testing.assert_allclose(once.on.sum(axis=0), steps.on.sum(axis=0), rtol=1e-6)
