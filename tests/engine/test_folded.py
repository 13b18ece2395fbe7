"""Folding keeps everything but parts of a tick, and says what it says of a part as of the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.hunches.engine.folded import NOTHING, RESOLUTION, Folded, Unfolding, rounded_up
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.timeline import Cause, Timeline

from .conftest import START

SPANS = (0.02, 60.0, DAY, 56 * DAY, 110 * DAY, 40 * 365 * DAY)
"""Seconds: of a few ticks, as long as a memory, longer than 4 bytes hold, and of a clock that was decades back."""


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    span = draw(st.sampled_from(SPANS))
    row = st.tuples(st.floats(0, span), st.sampled_from([UNKNOWN, OFF, ON, 2]), st.sampled_from(list(Cause)))
    rows = sorted(draw(st.lists(row, max_size=20)))
    return Timeline.from_readings(
        [START + t for t, _, _ in rows], [s for _, s, _ in rows], [int(c) for _, _, c in rows]
    )


def rounded(timeline: Timeline) -> Timeline:
    return Timeline.from_readings(rounded_up(timeline.times), timeline.states, timeline.causes)


def assert_same(left: Timeline, right: Timeline) -> None:
    for name in ("times", "states", "causes"):
        a, b = getattr(left, name), getattr(right, name)
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


@given(timelines())
def test_what_is_unfolded_is_what_was_folded(timeline: Timeline) -> None:
    folded = Folded.of(timeline)
    assert_same(folded.unfolded(), rounded(timeline))
    assert len(folded) == len(folded.unfolded())
    assert folded.end == (folded.unfolded().times[-1] if len(folded) else -math.inf)
    assert_same(Folded.of(folded.unfolded()).unfolded(), folded.unfolded())


@given(timelines(), st.floats(-DAY, 120 * DAY))
def test_a_part_is_what_the_whole_has_of_it(timeline: Timeline, after: float) -> None:
    folded, whole, moment = Folded.of(timeline), rounded(timeline), START + after
    assert_same(folded.until(moment).unfolded(), whole.until(moment))
    part = folded.unfolded(since=moment)
    assert_same(part.since(moment), whole.since(moment))
    assert_same(part, whole.after(whole.times[-len(part) - 1]) if len(part) < len(whole) else whole)


@pytest.mark.parametrize(("days", "size"), [(56, 5), (96, 5), (98, 9), (365, 9)])
def test_bytes_of_a_change(days: float, size: int) -> None:
    times = START + np.linspace(0, days * DAY, 1_000)
    folded = Folded.of(Timeline.from_readings(times, np.arange(1_000) % 2))
    assert folded.ticks.nbytes + folded.marks.nbytes == size * len(folded)
    assert folded.ticks.base is folded.marks.base is None


def test_what_is_later_is_not_cut_off_for_nothing() -> None:
    folded = Folded.of(Timeline.from_readings([START, START + 1], [OFF, ON]))
    assert folded.until(math.nan) is folded.until(math.inf) is folded
    assert folded.until(START).end == START
    assert Folded.of(Timeline.empty()) is NOTHING


def test_timelines_by_key() -> None:
    lines = Unfolding({"light.a": Folded.of(Timeline.from_readings([START + 0.3 / RESOLUTION], [ON]))})
    assert list(lines) == ["light.a"]
    assert lines["light.a"].times.tolist() == [START + 1 / RESOLUTION]
    assert lines.get("light.b") is None
    assert Unfolding({}) == {}
