"""What a home's signals show in short stretches of time: the features that the filter of `context.py` reads.

Every signal is optional: a home may have any of them, several of one kind, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import UNKNOWN
from .timeline import Cause, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sensors import Signal, Signals

MINUTE: Final = 60.0

KNOWN, ON, OFF, RISE, FALL, AGE, ENDED_ON, ENDED_OFF = range(8)
"""Columns of what a signal shows: whether it is known, is on, is off, was switched on and off by what may have been a
person (0 or 1), minutes for which it has been as it is, and minutes for which it had been on or off when that ended
within the stretch (0 if it did not)."""
COLUMNS: Final = 8

NEVER: Final = -np.inf


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run of stretches shows.

    `signals`: float32 [signals, rows, COLUMNS]. `acts`: [signals, rows], Unix seconds of the last change up to the
    end of each stretch that may have been a person's; `NEVER` without one. `present`: [signals], whether anything is
    known of the signal in the run.
    """

    signals: NDArray[np.float32]
    acts: NDArray[np.float64]
    present: NDArray[np.bool_]

    def rows(self, first: int, last: int) -> Seen:
        """Return the rows from `first` up to `last`."""
        signals = self.signals[:, first:last]
        return Seen(signals, self.acts[:, first:last], np.asarray(signals[..., KNOWN].any(axis=1)))


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


def _counted(entity_id: str, timeline: Timeline | None) -> Timeline | None:
    """Return what counts of a timeline: a tablet on the wall is always at home, a tracker tells from its first move."""
    if timeline is not None and entity_id.startswith("device_tracker."):
        return Timeline(timeline.times[1:], timeline.states[1:], timeline.causes[1:])
    return timeline


def _together(parts: list[Timeline], on: int) -> Timeline:
    """Return one timeline that is on while any of the parts is, and unknown while nothing is known of any."""
    times = np.unique(np.concatenate([part.times for part in parts]))
    states = np.stack([part.at(times) for part in parts])
    known, is_on = (states != UNKNOWN).any(axis=0), (states == on).any(axis=0)
    together = np.where(is_on, on, np.where(known, 1 - on, UNKNOWN)).astype(np.int8)
    return Timeline(times, together, np.zeros(times.size, dtype=np.int8))


def _show(
    signal: Signal,
    timelines: Mapping[str, Timeline],
    start: float,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]] | None:
    """Return a signal's columns [rows, COLUMNS] and the time of its last act up to each row [rows]."""
    parts = [
        part
        for key in signal.entity_ids
        if (part := _slice(_counted(key, timelines.get(key)), start, float(high[-1]))) is not None
    ]
    if not parts:
        return None
    changes = parts[0] if len(parts) == 1 else _together(parts, signal.on)
    times, states = changes.times, changes.states
    out = np.zeros((high.size, COLUMNS), dtype=np.float32)
    acts = np.full(high.size, NEVER)
    if times.size == 1 and times[0] <= high[0]:  # nothing happened
        if states[0] != UNKNOWN:
            out[:, KNOWN] = 1.0
            out[:, ON if states[0] == signal.on else OFF] = 1.0
            out[:, AGE] = (high - times[0]) / MINUTE
        return out, acts
    after = times.searchsorted(high, "right")
    place = np.maximum(after - 1, 0)
    state = states[place]
    known = (state != UNKNOWN) & (after > 0)
    on = known & (state == signal.on)
    out[:, KNOWN], out[:, ON], out[:, OFF] = known, on, known & ~on
    out[:, AGE] = np.where(known, (high - times[place]) / MINUTE, 0.0)
    act = _acts(changes)
    turned_on = (states[1:] == signal.on) & (states[:-1] != signal.on)
    turned_off = (states[1:] != signal.on) & (states[:-1] == signal.on)
    lasted = np.diff(times) / MINUTE
    row = np.minimum(high.searchsorted(times[1:], "left"), high.size - 1)
    inside = (times[1:] > low[row]) & (times[1:] <= high[row])
    for which, column, ended in ((turned_on, RISE, ENDED_OFF), (turned_off, FALL, ENDED_ON)):
        chosen = act & which & inside
        out[row[chosen], column] = 1.0
        np.maximum.at(out[:, ended], row[chosen], lasted[chosen])
    moments = times[1:][act & (turned_on | turned_off)]
    if moments.size:
        last = moments.searchsorted(high, "right") - 1
        acts = np.where(last >= 0, moments[np.maximum(last, 0)], NEVER)
    return out, acts


def observe(
    signals: Signals,
    timelines: Mapping[str, Timeline],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    before: NDArray[np.float64],
    since: float | None = None,
) -> Seen:
    """Return what the signals show in the stretches (low, high], Unix seconds, `high` in order.

    Only changes up to a row's `high` bear on it. `before`: last act of each signal at `since` (default: at
    the first `low`) [signals].
    """
    start = float(low[0]) if since is None else since
    count = len(signals.signals)
    shown = np.zeros((count, high.size, COLUMNS), dtype=np.float32)
    acts = np.repeat(before[:, None], high.size, axis=1)
    present = np.zeros(count, dtype=bool)
    for i, signal in enumerate(signals.signals):
        found = _show(signal, timelines, start, low, high)
        if found is None:
            continue
        shown[i], last = found
        present[i] = shown[i, :, KNOWN].any()
        np.maximum(acts[i], last, out=acts[i])
    return Seen(shown, acts, present)
