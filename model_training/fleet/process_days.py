"""The days of a random-process home: its clock, its sun, and a household that is awake, asleep or away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.localtime import LocalTime

from . import process_ranges as ranges
from .process_draw import chance, log_uniform, spread
from .process_ranges import DAY, HOUR
from .spans import Spans

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

# Zones with and without daylight saving, on both hemispheres, with a half-hour offset among them.
PLACES = (
    ("Europe/London", 52.8, -1.2),
    ("Europe/Berlin", 49.5, 11.1),
    ("Europe/Madrid", 37.4, -6.0),
    ("Europe/Helsinki", 60.2, 24.9),
    ("Europe/Istanbul", 41.0, 29.0),
    ("America/New_York", 40.7, -74.0),
    ("America/Los_Angeles", 45.5, -122.7),
    ("America/Phoenix", 33.4, -112.1),
    ("America/Sao_Paulo", -23.5, -46.6),
    ("Asia/Tokyo", 35.7, 139.7),
    ("Asia/Kolkata", 18.5, 73.9),
    ("Australia/Sydney", -33.9, 151.2),
    ("UTC", 51.5, 0.0),
)
_WARM_UP = 12 * DAY  # what was switched on before recording began may still be on then
_SUNSET = -2.0  # degrees: lamps and covers follow dusk rather than the sun's edge
_SUN_STEP = 0.5 * HOUR


@dataclass(frozen=True, slots=True)
class Days:
    """The frame in which every device of a home lives.

    `start`, `end`: of the recording, Unix seconds; processes run from `begin`, days before. `midnights`: float64 [d],
    local seconds. `weekend`: bool [d]. `busy`: float64 [d], how much goes on, about 1. `dawn`, `dusk`: float64 [d],
    local seconds since midnight. `asleep`, `away`: when the whole household is; they do not overlap.
    """

    clock: LocalTime
    begin: float
    start: float
    end: float
    midnights: NDArray[np.float64]
    weekend: NDArray[np.bool_]
    busy: NDArray[np.float64]
    dawn: NDArray[np.float64]
    dusk: NDArray[np.float64]
    asleep: Spans
    away: Spans

    @property
    def length(self) -> float:
        """Return the length of the recording in days."""
        return (self.end - self.start) / DAY

    def to_utc(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Unix seconds of local seconds since 1970-01-01 00:00 local, same shape."""
        return to_utc(self.clock, local)

    def awake(self) -> Spans:
        """Return when somebody is at home and up."""
        return joined(self.asleep, self.away).outside(self.begin, self.end)


def to_utc(clock: LocalTime, local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Unix seconds of local times; the hour that daylight saving skips is read as the one after."""
    guess = local - clock.offset(local)
    return local - clock.offset(guess)


def joined(*parts: Spans) -> Spans:
    """Return what lies within any of the sets."""
    return Spans.union(np.concatenate([p.starts for p in parts]), np.concatenate([p.ends for p in parts]))


def minus(spans: Spans, other: Spans) -> Spans:
    """Return what lies within the first set and outside the second."""
    if not len(spans):
        return spans
    return spans.intersect(other.outside(float(spans.starts[0]), float(spans.ends[-1])))


def draw_days(rng: Generator, weeks: int | None = None) -> Days:
    """Draw a place, a stretch of time (or `weeks` of it) and a household's days."""
    zone, latitude, longitude = PLACES[int(rng.integers(len(PLACES)))]
    placed = not chance(rng, 0.15)
    clock = LocalTime(zone, latitude + rng.normal(0, 1.0), longitude) if placed else LocalTime(zone)
    length = spread(rng, ranges.DAYS_LONG if chance(rng, ranges.LONG_SHARE) else ranges.DAYS_SHORT)
    length = length if weeks is None else 7.0 * weeks
    first, last = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in ranges.YEARS)
    start = float(np.round(rng.uniform(first, last)))
    end = start + length * DAY
    begin = start - _WARM_UP
    midnights = np.arange(begin // DAY - 1, end // DAY + 2, dtype=np.float64) * DAY
    weekend = (midnights // DAY + 3).astype(np.int64) % 7 >= 5
    dawn, dusk = _sun(clock, midnights)
    asleep, away = _household(rng, clock, midnights, weekend)
    return Days(
        clock,
        begin,
        start,
        end,
        midnights,
        weekend,
        _busy(rng, midnights.size),
        dawn,
        dusk,
        minus(asleep, away).cut(begin, end),
        away.cut(begin, end),
    )


def _sun(clock: LocalTime, midnights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = np.arange(0, DAY, _SUN_STEP)
    up = clock.elevation(to_utc(clock, midnights[:, None] + steps)) > _SUNSET
    last = up.shape[1] - 1
    dawn = np.argmax(up, axis=1) * _SUN_STEP
    dusk = (last - np.argmax(up[:, ::-1], axis=1)) * _SUN_STEP
    return dawn.astype(np.float64), dusk.astype(np.float64)


def _busy(rng: Generator, n: int) -> NDArray[np.float64]:
    """Return a factor a day, log-normal with memory: a weighted sum of the noise of the last weeks."""
    memory, width = spread(rng, ranges.BUSY_MEMORY), spread(rng, ranges.BUSY_SPREAD)
    kernel = memory ** np.arange(30)
    noise = np.convolve(rng.standard_normal(n + 29), kernel / np.sqrt((kernel**2).sum()), mode="valid")
    return np.exp(width * noise - width**2 / 2)


def _household(
    rng: Generator, clock: LocalTime, midnights: NDArray[np.float64], weekend: NDArray[np.bool_]
) -> tuple[Spans, Spans]:
    n = midnights.size
    shift = rng.uniform(3.0, 21.0) if chance(rng, ranges.SHIFTED) else 0.0
    later = spread(rng, ranges.WEEKEND_LATER) * weekend
    jitter = spread(rng, ranges.HOUR_JITTER)
    wake = spread(rng, ranges.WAKE_HOUR) + shift + later + jitter * rng.standard_normal(n)
    bed = spread(rng, ranges.BED_HOUR) + shift + np.append(later[1:], 0.0) + jitter * rng.standard_normal(n)
    asleep = Spans.union(
        to_utc(clock, midnights[:-1] + bed[:-1] * HOUR), to_utc(clock, midnights[1:] + wake[1:] * HOUR)
    )

    leaves = rng.random(n) < np.where(weekend, rng.uniform(0, 0.5), 1.0) * spread(rng, ranges.WORK_DAY)
    leave = spread(rng, ranges.LEAVE_HOUR) + shift + jitter * rng.standard_normal(n)
    hours = np.maximum(spread(rng, ranges.AWAY_HOURS) + jitter * rng.standard_normal(n), 0.5)
    starts = [(midnights + leave * HOUR)[leaves]]
    ends = [(midnights + (leave + hours) * HOUR)[leaves]]

    day = np.repeat(np.arange(n), rng.poisson(spread(rng, ranges.ERRANDS), n))
    out = midnights[day] + (rng.triangular(8.0, 17.0, 23.0, day.size) + shift) * HOUR
    starts.append(out)
    ends.append(out + log_uniform(rng, ranges.ERRAND_SECONDS, day.size))

    trips = rng.poisson(spread(rng, ranges.TRIPS) * n / 30)
    out = rng.uniform(midnights[0], midnights[-1], trips)
    starts.append(out)
    ends.append(out + log_uniform(rng, ranges.TRIP_DAYS, trips) * DAY)
    return asleep, Spans.union(to_utc(clock, np.concatenate(starts)), to_utc(clock, np.concatenate(ends)))
