"""What a home's signals show minute by minute: the features that the filter of `context.py` and the fit read.

Every signal is optional: a home may have any of them, several of one kind, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import UNKNOWN
from .sensors import KINDS, Kind, Signal
from .timeline import Cause, Timeline, made_by_us

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTE: Final = 60.0
RISE, FALL, OFF_TIME, ON_TIME, ON_WEIGHT, OFF_WEIGHT, ON_NOW, OFF_NOW = range(8)
"""Columns of a signal's features: switched on, switched off (up to 1), minutes in which it might have switched on, in
which it might have switched off, weights (effective minutes) with which its being on or off counts, and whether it is
on or off in the end, unless it is stuck."""
FEATURES: Final = 8

LASTING: Final = (0.1, 0.3)
"""Shares of their weight that "off" and "on" keep for good: what stays as it is was counted before."""

_BURST: Final = 300.0
"""Seconds after which a switch counts for most of one: those in a burst are one person, or one sensor that flickers."""
SILENCE: Final = 3600.0
"""Seconds of silence after which it counts in full."""

WHOLE: Final = frozenset({"device_tracker"})
"""Domains whose first change counts, however long ago: a tablet on the wall is always at home. Of others, only what
held `SILENCE` seconds before the first row, and what came after it."""

NEAR: Final = 180.0
"""A way out that moved within so many seconds may be how someone left or came."""


def _slice(timeline: Timeline | None, start: float, end: float) -> Timeline | None:
    """Return the timeline from the state that held at `start` up to `end`; None if nothing is known by then."""
    if timeline is None or not len(timeline):
        return None
    times = timeline.times
    last = int(times.searchsorted(end, "right"))
    if not last:
        return None
    first = last - 1 if times[last - 1] <= start else max(int(times.searchsorted(start, "right")) - 1, 0)
    return Timeline(times[first:last], timeline.states[first:last], timeline.causes[first:last])


def _acts(changes: Timeline) -> NDArray[np.bool_]:
    """Return for each change after the first whether a person may have made it: no gap before it, no automation."""
    states, causes = changes.states, changes.causes
    made = (causes[1:] != Cause.AUTOMATION) & (causes[1:] != Cause.OURS)
    return np.asarray(made & (states[1:] != UNKNOWN) & (states[:-1] != UNKNOWN))


def _within(events: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each row whether an event lies in (low, high]."""
    return np.asarray(events.searchsorted(high, "right") > events.searchsorted(low, "right"))


def _fresh(events: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the events in each row's (low, high] count: 1 for one that comes after silence, less in a burst."""
    if not events.size:
        return np.zeros(high.shape)
    since = np.minimum(np.diff(events, prepend=-np.inf), SILENCE)
    counts = np.expm1(-since / _BURST) / np.expm1(-SILENCE / _BURST)
    total = np.concatenate((np.zeros(1), np.cumsum(counts)))
    passed = total[events.searchsorted(high, "right")] - total[events.searchsorted(low, "right")]
    return np.asarray(np.minimum(passed, 1.0))


def _kept(kind: Kind, age: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return which share of its weight being off and being on keeps, and what is not stuck, `age` minutes after it."""
    fresh = np.exp(-np.maximum(age, 0.0) / kind.fade)
    off, on = (share + (1 - share) * fresh for share in LASTING)
    free = np.exp(-np.maximum(age - kind.stuck, 0.0) / kind.stuck) if np.isfinite(kind.stuck) else np.ones(age.shape)
    return off, on * free, free


def _switched(
    kind: Kind, changes: Timeline, on: int, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each row what a person's switching on, off in it counts."""
    acts, turned_on = _acts(changes), changes.states[1:] == on
    rise = _fresh(changes.times[1:][acts & turned_on], low, high)
    return rise, _fresh(changes.times[1:][acts & ~turned_on], low, high) * kind.fall


def features(
    signal: Signal, timelines: Mapping[str, Timeline], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return what a signal shows in each of the stretches (low, high] of at most a minute: float64 [rows, FEATURES].

    `low` and `high` are Unix seconds in order. Only changes up to a row's `high` bear on it. None if nothing is
    known of the signal in any row.
    """
    kind = KINDS[signal.kind]
    out: NDArray[np.float64] | None = None
    for entity_id in signal.entity_ids:
        timeline = timelines.get(entity_id)
        changes = _slice(timeline, float(low[0]) - SILENCE, float(high[-1]))
        if timeline is None or changes is None:
            continue
        if out is None:
            out = np.zeros((high.size, FEATURES), order="F")  # filled and multiplied column by column
        times, states = changes.times, changes.states
        place = np.maximum(times.searchsorted(high, "right") - 1, 0) if times.size > 1 or times[0] > high[0] else 0
        state, age = states[place], (high - times[place]) / MINUTE
        # What we switched off says nothing of people until somebody else switches it.
        known = (state != UNKNOWN) & (age >= 0) & ~made_by_us(states, changes.causes)[place]
        if entity_id.partition(".")[0] in WHOLE:
            known &= high >= timeline.times[1] if len(timeline) > 1 else False
        on = known & (state == signal.on)
        off_keeps, on_keeps, free = _kept(kind, age)
        if kind.weight:
            out[:, ON_WEIGHT] = np.maximum(out[:, ON_WEIGHT], kind.weight * on * on_keeps)
            out[:, OFF_WEIGHT] = np.maximum(out[:, OFF_WEIGHT], kind.weight * (known & ~on) * off_keeps)
        if kind.settles:
            out[:, ON_NOW] = np.maximum(out[:, ON_NOW], on * free)
            out[:, OFF_NOW] = np.maximum(out[:, OFF_NOW], known & ~on)
        if kind.rise:
            rise, fall = _switched(kind, changes, signal.on, low, high)
            was = states[np.maximum(times.searchsorted(low, "right") - 1, 0)] == signal.on
            exposed = (~was | (fall > 0)) * off_keeps, (was | (rise > 0)) * free
            off_time, on_time = (known * part for part in (exposed if kind.stays else (1.0, 1.0)))
            out[:, RISE], out[:, FALL], out[:, OFF_TIME], out[:, ON_TIME] = rise, fall, off_time, on_time
    if out is None:
        return None
    if len(signal.entity_ids) > 1:
        out[:, (OFF_WEIGHT, OFF_NOW)] *= out[:, ON_WEIGHT, None] == 0  # one person at home is somebody at home
    lasts = (high - low) / MINUTE
    out[:, OFF_TIME:ON_NOW] *= lasts[:, None]
    return out


def way_out(
    entity_ids: Sequence[str], timelines: Mapping[str, Timeline], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return per row 1 if a way out moved shortly before `high`, 0 if not, NaN if none was known: float64 [rows]."""
    near = np.full(high.size, np.nan)
    for entity_id in entity_ids:
        changes = _slice(timelines.get(entity_id), float(low[0]) - NEAR, float(high[-1]))
        if changes is None:
            continue
        times, states = changes.times, changes.states
        known = (times[0] <= high) & (states[np.maximum(times.searchsorted(high, "right") - 1, 0)] != UNKNOWN)
        moved = _within(times[1:][_acts(changes)], high - NEAR, high)
        near = np.where(known, np.fmax(near, moved), near)
    return near
