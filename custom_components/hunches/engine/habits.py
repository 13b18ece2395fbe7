"""A device's habits in words that a person can check: how long it is usually on, by when it is usually off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ON
from .localtime import DAY, HOUR, LocalTime

if TYPE_CHECKING:
    from .timeline import Timeline

FEWEST_USES: Final = 4
FEWEST_EVENINGS: Final = 5
_EVENING: Final = 17.0
_MORNING: Final = 28.0  # four in the morning, counted on from the day before


def usual_minutes(timeline: Timeline) -> tuple[float, float] | None:
    """Return the 25th and 75th percentile of finished uses in minutes, None with fewer than four."""
    known = timeline.carried()
    if len(known) < 2:
        return None
    lengths = np.diff(known.times)[known.states[:-1] == ON] / 60
    if lengths.size < FEWEST_USES:
        return None
    low, high = np.percentile(lengths, (25, 75))
    return float(low), float(high)


def usual_off_hour(timeline: Timeline, now: float, clock: LocalTime) -> float | None:
    """Return the local hour in [0, 24) by which it was off for the night on nine of ten evenings of use.

    None with fewer than five such evenings, or where one in ten runs past four in the morning.
    """
    known = timeline.until(now).carried()
    if len(known) < 2:
        return None
    on = known.states[:-1] == ON
    starts, ends = clock.local(known.times[:-1][on]) / HOUR, clock.local(known.times[1:][on]) / HOUR
    # The evenings that each use reaches into, from its first to its last; then the latest end of each evening.
    first = np.floor((starts - _MORNING) / 24).astype(np.int64) + 1
    last = np.minimum(np.ceil((ends - _EVENING) / 24).astype(np.int64), int(clock.local(now) // DAY)) - 1
    counts = np.maximum(last - first + 1, 0)
    use = np.repeat(np.arange(starts.size), counts)
    day = first[use] + np.arange(use.size) - np.repeat(np.cumsum(counts) - counts, counts)
    evenings, index = np.unique(day, return_inverse=True)
    latest = np.zeros(evenings.size)
    np.maximum.at(latest, index, np.minimum(ends[use] - day * 24, _MORNING + 1.0))
    if len(latest) < FEWEST_EVENINGS:
        return None
    hour = float(np.percentile(latest, 90))
    return None if hour > _MORNING else round(hour % 24, 2) % 24
