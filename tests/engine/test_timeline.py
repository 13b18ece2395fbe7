"""Timelines: from readings, cut in time, asked for states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.timeline import Cause, Timeline

readings = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from((OFF, ON, UNKNOWN)), st.sampled_from(list(Cause))), max_size=20
).map(sorted)


def timeline(*pairs: tuple[float, int]) -> Timeline:
    return Timeline.from_readings([t for t, _ in pairs], [s for _, s in pairs])


def pairs(line: Timeline) -> list[tuple[float, int]]:
    return [(float(t), int(s)) for t, s in zip(line.times, line.states, strict=True)]


def test_repeats_are_merged_and_the_first_of_them_stays() -> None:
    line = Timeline.from_readings([0, 1, 2, 3], [OFF, ON, ON, OFF], [0, 1, 2, 3])
    assert pairs(line) == [(0, OFF), (1, ON), (3, OFF)]
    assert line.causes.tolist() == [0, 1, 3]


def test_of_several_at_one_moment_the_last_holds() -> None:
    assert pairs(timeline((0, OFF), (5, ON), (5, OFF), (9, ON))) == [(0, OFF), (9, ON)]
    assert pairs(timeline((5, OFF), (5, ON))) == [(5, ON)]


@pytest.mark.parametrize(
    ("times", "states", "causes"),
    [
        ([1.0, 0.5], [0, 1], None),
        ([0.0], [0, 1], None),
        ([0.0], [0], [0, 1]),
        ([np.nan], [0], None),
        ([np.inf], [0], None),
    ],
)
def test_what_is_no_timeline_is_refused(times: list[float], states: list[int], causes: list[int] | None) -> None:
    with pytest.raises(ValueError, match="time"):
        Timeline.from_readings(times, states, causes)


def test_states_are_read_by_domain() -> None:
    line = Timeline.from_states("lock", [0, 1, 2, 3], ["locked", "unlocking", "unlocked", "unavailable"])
    assert pairs(line) == [(0, OFF), (1, ON), (3, UNKNOWN)]


def test_until_includes_its_moment() -> None:
    line = timeline((0, OFF), (5, ON), (9, OFF))
    assert pairs(line.until(5)) == [(0, OFF), (5, ON)]
    assert pairs(line.until(4.999)) == [(0, OFF)]
    assert len(line.until(-1)) == 0


def test_since_is_opened_by_the_state_that_held() -> None:
    line = timeline((0, OFF), (5, ON), (9, OFF))
    assert pairs(line.since(7)) == [(7, ON), (9, OFF)]
    assert pairs(line.since(5)) == [(5, ON), (9, OFF)]
    assert pairs(line.since(3)) == [(3, OFF), (5, ON), (9, OFF)]  # between the first and the second change, too
    assert pairs(line.since(-3)) == pairs(line)
    assert pairs(line.since(99)) == [(99, OFF)]
    assert pairs(line) == [(0, OFF), (5, ON), (9, OFF)]  # and the timeline itself is as it was


def test_gaps_are_looked_through() -> None:
    line = timeline((0, UNKNOWN), (1, ON), (5, UNKNOWN), (6, ON), (8, UNKNOWN), (9, OFF))
    assert pairs(line.carried()) == [(1, ON), (9, OFF)]
    assert line.current(8.5) == (ON, 1.0)
    assert line.current(9) == (OFF, 9.0)
    assert line.current(0.5) == (UNKNOWN, 0.5)


def caused(*rows: tuple[float, int, Cause]) -> Timeline:
    times, states, causes = ([row[i] for row in rows] for i in range(3))
    return Timeline.from_readings(times, states, causes)


OURS, PERSON, NOBODY = Cause.OURS, Cause.PERSON, Cause.UNKNOWN


def test_what_we_did_is_unknown_until_somebody_else_changes_it() -> None:
    line = caused((0, OFF, NOBODY), (1, ON, PERSON), (5, OFF, OURS), (9, ON, PERSON), (12, OFF, PERSON))
    assert pairs(line.by_others()) == [(0, OFF), (1, ON), (5, UNKNOWN), (9, ON), (12, OFF)]
    assert line.current(6) == (OFF, 5.0)  # how things stand is as it was


def test_a_gap_does_not_make_what_we_did_anybody_elses() -> None:
    back = caused((0, ON, NOBODY), (5, OFF, OURS), (6, UNKNOWN, NOBODY), (8, OFF, NOBODY), (9, ON, PERSON))
    assert pairs(back.by_others()) == [(0, ON), (5, UNKNOWN), (9, ON)]
    changed = caused((0, ON, NOBODY), (5, OFF, OURS), (6, UNKNOWN, NOBODY), (8, ON, NOBODY), (9, OFF, PERSON))
    assert pairs(changed.by_others()) == [(0, ON), (5, UNKNOWN), (8, ON), (9, OFF)]
    # It was on before the gap and is on after it: whatever we sent in between changed nothing
    unmoved = caused((0, OFF, NOBODY), (1, ON, PERSON), (2, UNKNOWN, NOBODY), (3, ON, OURS))
    assert unmoved.by_others() is unmoved


def test_a_recording_may_begin_with_what_we_did() -> None:
    line = caused((0, OFF, OURS), (5, ON, PERSON), (7, OFF, PERSON))
    assert pairs(line.by_others()) == [(0, UNKNOWN), (5, ON), (7, OFF)]
    whole = caused((-9, ON, PERSON), (-4, OFF, OURS), (5, ON, PERSON))
    assert pairs(whole.since(0).by_others()) == [(0, UNKNOWN), (5, ON)]


def test_without_anything_of_ours_the_timeline_is_the_same_object() -> None:
    line = caused((0, OFF, NOBODY), (5, ON, PERSON), (7, UNKNOWN, Cause.AUTOMATION))
    assert line.by_others() is line
    empty = Timeline.empty()
    assert empty.by_others() is empty


def test_stretches_are_finished_and_somebody_elses() -> None:
    line = caused(
        (0, ON, NOBODY),
        (2, OFF, PERSON),
        (3, ON, PERSON),
        (4, UNKNOWN, NOBODY),
        (5, ON, NOBODY),
        (8, OFF, OURS),
        (20, ON, OURS),
        (21, OFF, PERSON),
        (25, ON, PERSON),
    )

    def found(state: int, *, ours: bool = False) -> list[tuple[float, float]]:
        starts, ends = line.stretches(state, ours=ours)
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    assert found(ON) == [(0, 2)]
    assert found(ON, ours=True) == [(3, 8), (20, 21)]
    assert found(OFF) == [(2, 3), (21, 25)]
    assert found(OFF, ours=True) == [(8, 20)]
    assert Timeline.empty().stretches(ON)[0].size == 0


def test_an_empty_timeline_knows_nothing() -> None:
    empty = Timeline.empty()
    assert len(empty) == 0
    assert empty.at(5.0) == UNKNOWN
    assert empty.at(np.zeros((2, 3))).tolist() == [[UNKNOWN] * 3] * 2
    assert empty.current(5.0) == (UNKNOWN, 5.0)
    for part in (empty.until(1), empty.since(1), empty.carried()):
        assert len(part) == 0


@settings(max_examples=200, derandomize=True, deadline=None)
@given(readings, st.integers(-5, 60))
def test_cutting_and_asking_agree(rows: list[tuple[int, int, Cause]], moment: int) -> None:
    times, states, causes = ([row[i] for row in rows] for i in range(3))
    line = Timeline.from_readings(times, states, causes)
    assert np.all(np.diff(line.times) > 0)
    assert np.all(line.states[1:] != line.states[:-1])
    last: dict[int, int] = dict(zip(times, states, strict=True))
    moments = np.arange(-5.0, 60.0, dtype=np.float64)
    naive = [
        next((last[t] for t in sorted(last, reverse=True) if t <= m), UNKNOWN) if last else UNKNOWN for m in moments
    ]
    assert line.at(moments).tolist() == naive
    before, after = moments <= moment, moments >= moment
    assert line.until(moment).at(moments[before]).tolist() == line.at(moments[before]).tolist()
    assert line.since(moment).at(moments[after]).tolist() == line.at(moments[after]).tolist()
    assert not len(line.since(moment)) or line.since(moment).times[0] >= moment
    state, since = line.current(moment)
    known = line.carried().until(moment)
    assert state == (int(known.states[-1]) if len(known) else UNKNOWN)
    assert since <= moment


@settings(max_examples=200, derandomize=True, deadline=None)
@given(readings)
def test_what_others_did_is_told_as_one_would_by_hand(rows: list[tuple[int, int, Cause]]) -> None:
    line = caused(*rows)
    state, ours = UNKNOWN, False
    told = []
    for time, reading, cause in zip(line.times, line.states, line.causes, strict=True):
        if reading not in {UNKNOWN, state}:
            state, ours = int(reading), cause == Cause.OURS
        told.append((float(time), UNKNOWN if ours else int(reading)))
    assert pairs(line.by_others()) == pairs(timeline(*told))
    known = line.carried()
    for kind in (OFF, ON):
        every = sorted((*zip(*line.stretches(kind), strict=True), *zip(*line.stretches(kind, ours=True), strict=True)))
        mine = np.flatnonzero(known.states[:-1] == kind)
        assert every == [(known.times[i], known.times[i + 1]) for i in mine]
