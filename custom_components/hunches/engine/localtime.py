"""Local time and the sun over arrays of Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOUR = 3600.0
DAY = 86400.0
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
_STEP = 7 * DAY
# Home Assistant is younger than the first; beyond the last, the zone's last known offset holds.
_FIRST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LAST = datetime(2050, 1, 1, tzinfo=UTC).timestamp()


@lru_cache(maxsize=64)
def _offsets(zone: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the zone's offsets from `_FIRST` to `_LAST` as arrays: from when (Unix seconds), seconds.

    zoneinfo answers one moment at a time; the two or three changes of a year are found once and kept.
    """
    tz = ZoneInfo(zone)

    def offset(moment: float) -> float:
        shift = datetime.fromtimestamp(moment, tz).utcoffset()
        return shift.total_seconds() if shift else 0.0

    starts, values = [_FIRST], [offset(_FIRST)]
    for left in np.arange(_FIRST, _LAST, _STEP).tolist():
        after = offset(left + _STEP)
        if after != values[-1]:
            low, high = left, left + _STEP
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == values[-1] else (low, middle)
            starts.append(high)
            values.append(after)
    return np.array(starts), np.array(values)


def hour_of(local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the hour of day of local seconds, a float in [0, 24)."""
    return np.asarray(local % DAY / HOUR, dtype=np.float64)


def weekday_of(local: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the day of the week of local seconds, Monday 0 to Sunday 6."""
    # In whole numbers: the division of floats that rounds down is several times slower.
    return (np.floor(local).astype(np.int64) // int(DAY) + _EPOCH_WEEKDAY) % 7


def weekend_of(local: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 1 where local seconds fall on a Saturday or Sunday, else 0."""
    return (weekday_of(local) >= 5).astype(np.int64)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A home's clock and sky: time zone (IANA), latitude and longitude in degrees (the zone's noon if unknown)."""

    zone: str
    latitude: float | None = None
    longitude: float | None = None

    def offset(self, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return local time minus UTC in seconds, same shape as `moments`."""
        t = np.asarray(moments, dtype=np.float64)
        starts, offsets = _offsets(self.zone)
        return np.asarray(offsets[np.maximum(np.searchsorted(starts, t, side="right") - 1, 0)])

    def local(self, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return local seconds since 1970-01-01 00:00 local: the wall clock as a number."""
        return np.asarray(moments, dtype=np.float64) + self.offset(moments)

    def hour(self, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the local hour of day, a float in [0, 24)."""
        return hour_of(self.local(moments))

    def weekday(self, moments: NDArray[np.float64] | float) -> NDArray[np.int64]:
        """Return the local day of the week, Monday 0 to Sunday 6."""
        return weekday_of(self.local(moments))

    def weekend(self, moments: NDArray[np.float64] | float) -> NDArray[np.int64]:
        """Return 1 on Saturdays and Sundays, else 0."""
        return weekend_of(self.local(moments))

    def elevation(self, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the sun's elevation in degrees, to about half a degree.

        Low-precision formulae of the Astronomical Almanac, refraction left out. A home that does not say where
        it is gets latitude 45° and its zone's own noon.
        """
        t = np.asarray(moments, dtype=np.float64)
        days = t / DAY - 10957.5  # since J2000.0
        anomaly = np.radians(357.528 + 0.9856003 * days)
        mean = 280.460 + 0.9856474 * days
        ecliptic = np.radians(mean + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
        tilt = np.radians(23.439 - 0.0000004 * days)
        ascension = np.degrees(np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic)))
        declination = np.arcsin(np.sin(tilt) * np.sin(ecliptic))
        equation = (mean - ascension + 180.0) % 360.0 - 180.0  # of time, in degrees
        longitude = self.offset(t) / 240.0 if self.longitude is None else self.longitude
        angle = np.radians(t % DAY / 240.0 - 180.0 + longitude + equation)
        latitude = np.radians(45.0 if self.latitude is None else self.latitude)
        sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
        return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))
