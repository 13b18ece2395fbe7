"""The draws that habits share: how a device is treated, hours of use, durations, occasions of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c
from .roles import Hours, Role
from .use import Temper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .world import World

HOUR: Final = 3600.0
DAY: Final = 86400.0
Bumps = list[tuple[float, float, float]]


def between(rng: np.random.Generator, pair: tuple[float, float]) -> float:
    """Draw from a range of positive numbers, log-uniformly."""
    return float(np.exp(rng.uniform(*np.log(pair))))


def durations(rng: np.random.Generator, median: float, sigma: float, n: int) -> NDArray[np.float64]:
    """Return lognormal durations in seconds, no shorter than seven; `median` in minutes."""
    return np.maximum(60.0 * median * np.exp(rng.normal(0, sigma, n)), 7.0)


def temper(rng: np.random.Generator, world: World, role: Role) -> Temper:
    """Draw how one device is treated."""
    factor = role.forget * float(np.exp(rng.normal(0, c.FORGET_SIGMA / 2)))
    timer = 60.0 * between(rng, c.AUTO_OFF_MINUTES) if rng.random() < c.AUTO_OFF else np.inf
    swept = rng.random() < c.SWEPT_DEVICES
    return Temper(
        world.forget * factor,
        bool(rng.random() < c.KEPT_WHILE_AWAY),
        bool(rng.random() < c.KEPT_AT_NIGHT),
        timer,
        60.0 * c.NOTICE_MINUTES[0] * float(np.exp(rng.normal(0, 0.7))),
        world.patience * role.patience,
        (world.leave if swept and world.sweeps[0] else None, world.bed if swept and world.sweeps[1] else None),
    )


def bumps(rng: np.random.Generator, hours: Hours) -> Bumps:
    """Return a home's own version of a role's hours."""
    own = []
    for hour, width, height in hours:
        spread, taste = np.exp(rng.normal((-0.2, 0.0), (0.5, 1.2)))
        own.append((hour + rng.normal(0, 0.8), width * float(spread), height * float(taste)))
    return own


def profile(shape: Bumps, hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of hours of the day, at most 1."""
    if not shape:
        return np.ones_like(hour)
    total = np.zeros_like(hour)
    for centre, width, height in shape:
        apart = np.abs((hour - centre + 12.0) % 24.0 - 12.0)
        total += height * np.exp(-0.5 * (apart / width) ** 2)
    return np.asarray(total / max(1e-6, *(height for _, _, height in shape), 0.0)).clip(0.0, 1.0)


def clock_times(rng: np.random.Generator, world: World, hour: float, sigma_minutes: float) -> NDArray[np.float64]:
    """Return one moment for each local day at `hour` (above 24: after midnight), sorted."""
    days = world.days()
    return np.sort(days + hour * HOUR + rng.normal(0, 1, days.size) * sigma_minutes * 60.0)


def following(moments: NDArray[np.float64], after: NDArray[np.float64], otherwise: float) -> NDArray[np.float64]:
    """Return for each of `after` the first of the sorted `moments` later than it."""
    return np.append(moments, otherwise)[np.searchsorted(moments, after, side="right")]


def some(rng: np.random.Generator, moments: NDArray[np.float64], chance: float) -> NDArray[np.float64]:
    """Return each of the moments with a chance."""
    return moments[rng.random(moments.size) < chance]


def at_home(world: World, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moments, those at which nobody is home put off until somebody is back; sorted, without repeats."""
    away = world.presence.away.contains(moments)
    moved = np.where(away, following(world.back, moments, world.end), moments)
    return np.unique(moved[moved < world.end])


def until_bed(
    rng: np.random.Generator, world: World, start: NDArray[np.float64], *, or_leave: bool = False
) -> NDArray[np.float64]:
    """Return when each evening that begins at `start` ends: shortly before the household sleeps (or leaves)."""
    ends = np.minimum(following(world.bed, start, world.end), start + 14 * HOUR)
    if or_leave:
        ends = np.minimum(ends, following(world.leave, start, world.end))
    return np.asarray(np.maximum(ends - np.exp(rng.normal(5.5, 0.8, ends.size)), start + 30.0))
