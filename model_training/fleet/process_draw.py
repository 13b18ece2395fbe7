"""Random draws that the random-process homes are made of: ranges, durations and hours of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import process_ranges as ranges

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_TAIL_LIMIT = 1.5  # a Pareto tail heavier than this is nothing but its cap


def spread(rng: Generator, low_high: tuple[float, float]) -> float:
    """Draw from a range: log-uniformly if it spans more than a factor of ten, else uniformly."""
    low, high = low_high
    if low > 0 and high > 10 * low:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))


def log_uniform(rng: Generator, low_high: tuple[float, float], n: int) -> NDArray[np.float64]:
    """Draw n numbers log-uniformly from a range above zero, float64 [n]."""
    return np.asarray(np.exp(rng.uniform(np.log(low_high[0]), np.log(low_high[1]), n)))


def chance(rng: Generator, probability: float) -> bool:
    """Draw whether something is so."""
    return bool(rng.random() < probability)


def pick(rng: Generator, shares: Sequence[tuple[str, float]] | Mapping[str, float]) -> str:
    """Draw one name by its share."""
    pairs = list(shares.items()) if isinstance(shares, Mapping) else list(shares)
    weights = np.array([share for _, share in pairs])
    return pairs[int(rng.choice(len(pairs), p=weights / weights.sum()))][0]


@dataclass(frozen=True, slots=True)
class Durations:
    """A mixture of durations. Each array is [k]: medians in seconds, spreads, shapes, shares.

    Shapes: 0 log-normal (spread: sigma of the log), 1 Weibull and 2 Pareto-Lomax (spread: one over the shape),
    3 a programme of almost constant length.
    """

    medians: NDArray[np.float64]
    spreads: NDArray[np.float64]
    shapes: NDArray[np.int64]
    shares: NDArray[np.float64]

    @classmethod
    def draw(
        cls, rng: Generator, median: tuple[float, float], spreads: tuple[float, float] = ranges.SPREAD
    ) -> Durations:
        """Draw a mixture whose components have medians within a range (seconds)."""
        k = 1 + int(rng.choice(len(ranges.MIXTURE), p=ranges.MIXTURE))
        return cls(
            log_uniform(rng, median, k),
            log_uniform(rng, spreads, k),
            rng.choice(4, size=k, p=(0.45, 0.2, 0.2, 0.15)),
            rng.dirichlet(np.full(k, 0.9)),
        )

    def sample(self, rng: Generator, n: int) -> NDArray[np.float64]:
        """Draw n durations, float64 [n] in seconds, within the range of a use."""
        which = rng.choice(self.medians.size, size=n, p=self.shares)
        median, width, shape = self.medians[which], self.spreads[which], self.shapes[which]
        normal, uniform = rng.standard_normal(n), rng.random(n)
        exponential = -np.log1p(-uniform)  # unit rate
        tail = np.minimum(width, _TAIL_LIMIT)
        factor = np.choose(
            shape,
            [
                np.exp(width * normal),
                (exponential / np.log(2)) ** width,
                np.expm1(exponential * tail) / np.expm1(np.log(2) * tail),
                1 + 0.02 * normal,
            ],
        )
        return np.asarray(np.clip(median * factor, 0.5 * ranges.USE_SECONDS[0], ranges.USE_SECONDS[1]))


@dataclass(frozen=True, slots=True)
class HourProfile:
    """At which hours something happens: bumps (von Mises) over a flat floor. Arrays are [k]."""

    centres: NDArray[np.float64]  # radians: 2π is a day
    concentrations: NDArray[np.float64]
    shares: NDArray[np.float64]
    flat: float

    @classmethod
    def draw(cls, rng: Generator) -> HourProfile:
        """Draw a profile of one to four bumps, more of them by day than by night."""
        k = 1 + int(rng.choice(len(ranges.BUMPS), p=ranges.BUMPS))
        hours = np.where(rng.random(k) < 0.8, rng.triangular(5.0, 18.0, 25.0, k), rng.uniform(0.0, 24.0, k))
        return cls(
            hours / 24.0 * 2 * np.pi,
            log_uniform(rng, ranges.CONCENTRATION, k),
            rng.dirichlet(np.full(k, 1.5)),
            spread(rng, ranges.FLAT_SHARE),
        )

    def sample(self, rng: Generator, n: int) -> NDArray[np.float64]:
        """Draw n times of day, float64 [n] in seconds since midnight."""
        which = rng.choice(self.centres.size, size=n, p=self.shares)
        angle = rng.vonmises(self.centres[which], self.concentrations[which])
        hours = np.where(rng.random(n) < self.flat, rng.random(n) * 24.0, angle / (2 * np.pi) * 24.0 % 24.0)
        return np.asarray(hours * ranges.HOUR)

    def rate(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how likely each time of day is against the likeliest, in (0, 1], same shape as `seconds`."""
        angle = (seconds / ranges.DAY * 2 * np.pi)[..., None]
        bumps = (self.shares * np.exp(self.concentrations * (np.cos(angle - self.centres) - 1))).sum(axis=-1)
        level = self.flat + bumps
        return np.asarray(np.maximum(level / level.max(), 1e-4))
