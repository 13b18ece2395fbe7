"""The memory of one entity: exact over restarts, never counting twice, bounded, and forgetful on demand."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.folded import RESOLUTION, Folded
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.memory import MOST_CHANGES, OVERLAP, WRONG_CLOCK, Kept, Memory
from custom_components.hunches.engine.memory_file import MemoryFileError, dump, load
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import Usage

from .conftest import DAYS, START, make_recording

CLOCK = LocalTime("Europe/Berlin", 52.5, 13.4)
LAMP = Entity("light.lounge", "Lounge lamp")
END = START + DAYS * DAY


def lamp() -> Timeline:
    return make_recording().timelines["light.lounge"]


def rows_after(timeline: Timeline, since: float | None, until: float) -> Timeline:
    """Return what the recorder gives when it is asked from a moment on."""
    known = timeline.until(until)
    first = 0 if since is None else int(np.searchsorted(known.times, since, side="right"))
    return Timeline(known.times[first:], known.states[first:], known.causes[first:])


def restarted(kept: Kept) -> Kept:
    return load(dump({"light.lounge": kept}))["light.lounge"]


def live_through(timeline: Timeline, stops: list[float]) -> Kept:
    """Learn a timeline with a restart at each stop."""
    kept = Kept()
    for stop in stops:
        memory = Memory.of(LAMP, kept)
        memory.learn(rows_after(timeline, kept.since(stop), stop), stop, CLOCK)
        kept = restarted(memory.keep())
    return kept


def assert_equal(left: Kept, right: Kept) -> None:
    for part in fields(Usage):
        a, b = getattr(left.usage, part.name), getattr(right.usage, part.name)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=part.name)
    for name in ("times", "states", "causes"):
        np.testing.assert_array_equal(getattr(left.changes.unfolded(), name), getattr(right.changes.unfolded(), name))


@settings(max_examples=25)
@given(st.lists(st.floats(START, END), max_size=8))
def test_any_restarts_are_the_same_as_none(cuts: list[float]) -> None:
    assert_equal(live_through(lamp(), [*sorted(cuts), END]), live_through(lamp(), [END]))


def test_learning_the_same_again_changes_nothing() -> None:
    memory = Memory(LAMP)
    memory.learn(lamp(), END, CLOCK)
    once = memory.keep()
    memory.learn(lamp(), END, CLOCK)
    assert_equal(memory.keep(), once)


def test_what_was_noted_live_is_not_counted_again_when_it_is_read() -> None:
    timeline = lamp()
    memory = Memory(LAMP)
    memory.learn(timeline.until(END - DAY), END - DAY, CLOCK)
    for moment, state in zip(timeline.times, timeline.states, strict=True):
        if moment > END - DAY:
            memory.note(float(moment), "on" if state == ON else "off", Cause.UNKNOWN)
    memory.learn(Timeline.empty(), END, CLOCK)  # the recorder is not asked, or has written nothing yet
    memory.learn(rows_after(timeline, END - 2 * DAY, END), END, CLOCK)
    assert_equal(memory.keep(), live_through(timeline, [END]))


def test_a_change_right_after_a_learning_counts_in_the_next() -> None:
    until = START + HOUR
    switched = until + 0.4 / RESOLUTION
    timeline = Timeline.from_readings([START, switched, switched + 60], [OFF, ON, OFF])
    memory = Memory(LAMP)
    memory.learn(timeline.until(until), until, CLOCK)
    memory.note(switched, "on", 0)
    memory.learn(timeline, until + HOUR, CLOCK)
    assert memory.usage.starts.sum() == pytest.approx(1, rel=0.01)
    assert memory.usage.uses.sum() == pytest.approx(1, rel=0.01)


def test_of_two_live_changes_at_one_moment_the_last_holds() -> None:
    memory = Memory(LAMP)
    memory.note(START, "off", 0)
    memory.note(START + 60, "on", 0)
    memory.note(START + 60, "off", 0)
    assert memory.read().current(START + 61)[0] == OFF


def test_a_clock_that_goes_back_freezes_nothing() -> None:
    memory = Memory(LAMP)
    memory.learn(Timeline.from_readings([START], [OFF]), START + HOUR, CLOCK)
    memory.note(START + 2 * HOUR, "on", 0)
    memory.note(START + 2 * HOUR - 5, "off", 0)
    assert memory.read().states.tolist() == [OFF, ON, OFF], "it went back a little: that came after"
    memory.note(START + 9 * DAY, "off", 0)
    memory.note(START + 3 * HOUR, "off", 0)
    memory.note(START + 4 * HOUR, "on", 0)
    assert memory.read().times.tolist() == pytest.approx([START, START + 2 * HOUR, START + 2 * HOUR, START + 4 * HOUR])
    memory.note(START + 9 * DAY, "off", 0)
    memory.learn(Timeline.empty(), START + 5 * HOUR, CLOCK)
    assert memory.read().current(START + 10 * DAY) == (ON, START + 4 * HOUR)


def test_recorder_is_believed_about_who_made_a_change() -> None:
    memory = Memory(LAMP)
    memory.note(START, "off", Cause.UNKNOWN)
    memory.note(START + 60, "on", Cause.UNKNOWN)
    memory.learn(Timeline.from_readings([START, START + 60], [0, 1], [0, Cause.AUTOMATION]), START + HOUR, CLOCK)
    assert memory.read().causes.tolist() == [Cause.UNKNOWN, Cause.AUTOMATION]
    assert memory.usage.causes[Cause.AUTOMATION] == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("days", [1, 60])
def test_who_left_a_thing_as_it_stands_is_known_for_as_long_as_it_stands(days: int) -> None:
    """The recorder has nothing new of it: history is then the state itself, which does not tell who made it."""
    switched = START + HOUR + 0.3 / RESOLUTION
    memory = Memory(LAMP)
    memory.learn(Timeline.from_readings([START, switched], [ON, OFF], [0, Cause.OURS]), START + DAY, CLOCK)
    for day in range(2, days + 2):
        memory.learn(Timeline.from_readings([switched], [OFF], [Cause.UNKNOWN]), START + day * DAY, CLOCK)
    assert memory.read().states.tolist()[-1] == OFF
    assert memory.read().causes.tolist()[-1] == Cause.OURS
    memory.learn(Timeline.from_readings([switched], [OFF], [Cause.AUTOMATION]), START + 62 * DAY, CLOCK)
    assert memory.read().causes.tolist()[-1] == Cause.AUTOMATION, "the recorder is believed"


def test_only_what_is_new_is_asked_for() -> None:
    assert Kept().since(END) is None
    kept = live_through(lamp(), [END])
    assert kept.since(END) == END - OVERLAP
    assert kept.since(END - WRONG_CLOCK - 1) is None, "it was learned by a clock that was wrong"


def test_a_thing_that_flickers_is_bounded_and_all_of_it_counted() -> None:
    """Ten changes a second for an hour: a day of this would be a million."""
    memory = Memory(LAMP)
    for i in range(36_000):
        memory.note(START + i / 10, "on" if i % 2 else "off", Cause.UNKNOWN)
        if i % 600 == 0:  # a look a minute
            assert len(memory.read()) <= 4 * MOST_CHANGES
    times = START + np.arange(36_000) / 10
    memory.learn(Timeline.from_readings(times, np.arange(36_000) % 2), START + HOUR, CLOCK)
    kept = memory.keep()
    assert kept.changes.ticks.base is kept.changes.marks.base is None, "what was cut off is held on to"
    assert len(kept.changes) == MOST_CHANGES
    assert kept.usage.starts.sum() == pytest.approx(18_000, rel=0.002)
    assert kept.usage.on.sum() == pytest.approx(HOUR / 2, rel=0.01)
    assert len(dump({"light.lounge": kept})) < 32 * 1024


def test_size_of_an_entity() -> None:
    few = dump({f"light.{i}": Kept(usage=live_through(lamp(), [END]).usage) for i in range(50)})
    assert len(few) / 50 < 4 * 1024


def test_changes_are_kept_for_56_days_and_aggregates_longer() -> None:
    timeline = Timeline.from_readings([START, START + HOUR, START + 2 * HOUR], [0, 1, 0])
    kept = live_through(timeline, [START + DAY, START + 80 * DAY])
    assert kept.changes.unfolded().times.tolist() == [START + 24 * DAY]
    assert kept.changes.unfolded().states.tolist() == [OFF]
    assert kept.usage.uses.sum() == pytest.approx(np.exp(-79.9 / 28), rel=0.01)


@pytest.mark.parametrize("days", [0.0, 3.0])
def test_forgetting_on_demand(days: float) -> None:
    timeline, before = lamp(), END - days * DAY
    left = restarted(live_through(timeline, [END]).forgotten(before, CLOCK))
    assert left.changes.unfolded().times.min() >= before - 1 / RESOLUTION
    assert left.usage.history == pytest.approx(days * DAY, abs=1)
    assert left.usage.known.sum() <= days * DAY + 1
    later = END + DAY
    assert left.since(later) == pytest.approx(max(before, END - OVERLAP), abs=1)
    memory = Memory.of(LAMP, left)
    memory.learn(timeline, later, CLOCK)  # a recorder that has not deleted yet
    assert memory.keep().changes.unfolded().times.min() >= before - 1 / RESOLUTION
    assert memory.usage.known.sum() <= (days + 1) * DAY + 1


def test_a_gap_is_unknown_over_a_restart() -> None:
    kept = live_through(Timeline.from_readings([START], [1]), [START + HOUR])
    memory = Memory.of(LAMP, kept)
    memory.learn(Timeline.from_readings([START + HOUR, START + 3 * HOUR], [UNKNOWN, 1]), START + 4 * HOUR, CLOCK)
    assert memory.usage.known.sum() == pytest.approx(2 * HOUR, rel=0.02)
    assert memory.usage.uses.sum() == 0
    assert memory.read().current(START + 4 * HOUR) == (ON, START)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 4e6), st.sampled_from([UNKNOWN, OFF, ON, 2]), st.sampled_from(list(Cause))), max_size=20
    )
)
def test_a_file_holds_exactly_what_it_was_given(rows: list[tuple[float, int, int]]) -> None:
    rows = sorted(rows)
    times = [START + round(t * RESOLUTION) / RESOLUTION for t, _, _ in rows]
    timeline = Timeline.from_readings(times, [s for _, s, _ in rows], [int(c) for _, _, c in rows])
    memory = Memory(LAMP)
    memory.learn(timeline, START + 5e6, CLOCK)
    found = load(dump({"a": memory.keep(), "light.ä": Kept()}))
    assert_equal(found["a"], memory.keep())
    assert_equal(found["light.ä"], Kept())
    assert type(found["a"].usage.state) is int


def test_a_clock_decades_back_fits_into_a_file() -> None:
    timeline = Timeline.from_readings([0.0, START, START + 60], [0, 1, 0])
    found = load(dump({"a": Kept(Folded.of(timeline), Usage())}))["a"].changes.unfolded()
    assert found.times.tolist() == [START, START + 60]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "not a memory"),
        (lambda data: b"{}\n", "not a memory"),
        (lambda data: data[:-100], "damaged"),
        (lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:], "damaged"),
        (lambda data: data.replace(b"memory 1 ", b"memory 2 "), "newer version"),
        (lambda data: b"SQLite format 3\0" + data, "not a memory"),
    ],
)
def test_bytes_that_are_no_memory(damage: Any, reason: str) -> None:
    data = dump({"a": live_through(lamp(), [END])})
    with pytest.raises(MemoryFileError, match=reason) as caught:
        load(damage(data))
    assert caught.value.newer is (reason == "newer version")


def test_a_file_from_before_a_field_was_known_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from custom_components.hunches.engine import memory_file

    kept = live_through(lamp(), [END])
    names = tuple(name for name in memory_file._FIELDS if name != "recent")
    with monkeypatch.context() as patched:
        patched.setattr(memory_file, "_FIELDS", names)
        data = dump({"a": kept})
    found = load(data)["a"].usage
    np.testing.assert_array_equal(found.recent, [0.0, 0.0])
    np.testing.assert_array_equal(found.on, kept.usage.on)
