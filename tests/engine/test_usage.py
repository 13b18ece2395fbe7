"""Aggregates: the same whether read day by day or at once, in local time, and blind to the future."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.home import UNKNOWN
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


@pytest.mark.parametrize("timeline", [Timeline.empty(), Timeline.from_readings([END + 1], [1])])
def test_no_history_leaves_usage_empty(timeline: Timeline) -> None:
    usage = advance(Usage(), timeline, END, LocalTime("UTC"))
    assert usage.history == 0
    assert usage.rate == pytest.approx(0.05)
