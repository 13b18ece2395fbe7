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
    first, last = np.floor(starts.min(initial=0.0) / 24), np.floor(clock.local(now) / DAY)
    latest = []
    for day in np.arange(max(first, last - 56), last):
        evening, morning = day * 24 + _EVENING, day * 24 + _MORNING
        within = (ends > evening) & (starts < morning)
        if within.any():
            latest.append(min(float(ends[within].max()), morning + 1.0) - day * 24)
    if len(latest) < FEWEST_EVENINGS:
        return None
    hour = float(np.percentile(latest, 90))
    return None if hour > _MORNING else round(hour % 24, 2) % 24
