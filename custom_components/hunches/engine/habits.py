"""A device's habits in words that a person can check: how long it is usually on, by when it is usually off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ON
from .localtime import DAY, HOUR, LocalTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline

FEWEST_USES: Final = 4
FEWEST_EVENINGS: Final = 5
_EVENING: Final = 17.0
_MORNING: Final = 28.0  # four in the morning, counted on from the day before


def usual_minutes(timeline: Timeline) -> tuple[float, float] | None:
    """Return the 25th and 75th percentile of finished uses in minutes, None with fewer than four.

    Uses that we began or ended do not count.
    """
    starts, ends = timeline.stretches(ON)
    if starts.size < FEWEST_USES:
        return None
    lengths = np.sort((ends - starts) / 60)
    return _percentile(lengths, 25), _percentile(lengths, 75)


def usual_off_hour(timeline: Timeline, now: float, clock: LocalTime) -> float | None:
    """Return the local hour in [0, 24) by which it was off for the night on nine of ten evenings of use.

    None with fewer than five such evenings, or where one in ten runs past four in the morning. Evenings with a use
    that we began or ended do not count: nobody knows how late it would have been.
    """
    known = timeline.until(now)
    today = int(clock.local(now) // DAY)
    day, end = _evenings(known.stretches(ON), today, clock)
    ours, _ = _evenings(known.stretches(ON, ours=True), today, clock)
    evenings, index = np.unique(day, return_inverse=True)
    latest = np.zeros(evenings.size)
    np.maximum.at(latest, index, end)
    latest = latest[~np.isin(evenings, ours)]
    if len(latest) < FEWEST_EVENINGS:
        return None
    hour = _percentile(np.sort(latest), 90)
    return None if hour > _MORNING else round(hour % 24, 2) % 24


def _evenings(
    uses: tuple[NDArray[np.float64], NDArray[np.float64]], today: int, clock: LocalTime
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the evenings that each use reaches into, as local days before `today`, and the hour at which it ended.

    Hours are counted on from the evening's own midnight, and end an hour after the morning that ends it.
    """
    starts, ends = (clock.local(moments) / HOUR for moments in uses)
    first = np.floor((starts - _MORNING) / 24).astype(np.int64) + 1
    last = np.minimum(np.ceil((ends - _EVENING) / 24).astype(np.int64), today) - 1
    counts = np.maximum(last - first + 1, 0)
    use = np.repeat(np.arange(starts.size), counts)
    day = first[use] + np.arange(use.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return day, np.minimum(ends[use] - day * 24, _MORNING + 1.0)


def _percentile(ordered: NDArray[np.float64], percent: float) -> float:
    """Return what `np.percentile` does, from values in order: it takes ten times as long for the few that there are."""
    place = (ordered.size - 1) * (percent / 100)
    below = int(place)
    share = place - below
    low, high = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share)
