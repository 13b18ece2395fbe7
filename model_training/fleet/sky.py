"""The light outside a home: irradiance, dusk and dawn, from the sun's elevation and passing clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.localtime import LocalTime

STEP: Final = 600.0


@dataclass(frozen=True, slots=True)
class Sky:
    """Irradiance outdoors every ten minutes from `start` on, and when the sun sets and rises (Unix seconds)."""

    start: float
    irradiance: NDArray[np.float64]
    dusks: NDArray[np.float64]
    dawns: NDArray[np.float64]

    def dark_from(self, threshold: float) -> NDArray[np.float64]:
        """Return for each step the first moment from it on with less than `threshold` W/m2 (inf if none)."""
        steps = np.where(self.irradiance < threshold, np.arange(self.irradiance.size), np.inf)
        first = np.minimum.accumulate(steps[::-1])[::-1]
        return self.start + first * STEP

    def at(self, values: NDArray[np.float64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `values` (one for each step) holds at the moments."""
        steps = ((moments - self.start) // STEP).astype(np.int64)
        return values[np.clip(steps, 0, values.size - 1)]


def sky(rng: np.random.Generator, clock: LocalTime, start: float, end: float) -> Sky:
    """Return the sky over a home between two moments, with clouds that persist for days."""
    times = np.arange(start, end + STEP, STEP)
    elevation = clock.elevation(times)
    sine = np.maximum(np.sin(np.radians(elevation)), 0.0)
    clear = c.CLEAR_SKY[0] * sine * np.exp(-c.CLEAR_SKY[1] / np.maximum(sine, 1e-3))
    blocks = int((end - start) / (6 * 3600.0)) + 3  # clouds change every six hours, with a memory of about a day
    noise = rng.normal(0, 1, blocks)
    level = np.empty(blocks)
    last = rng.normal(0, 1)
    for i in range(blocks):
        last = 0.8 * last + 0.6 * noise[i]
        level[i] = last
    low, high = c.CLOUD
    share = low + (high - low) / (1.0 + np.exp(-1.5 * level))
    cover = np.interp(times, start + np.arange(blocks) * 6 * 3600.0, share)
    cross = np.flatnonzero((elevation[1:] > 0) != (elevation[:-1] > 0))
    moments = times[cross] + STEP * elevation[cross] / (elevation[cross] - elevation[cross + 1])
    setting = elevation[cross] > 0
    return Sky(start, clear * cover, moments[setting], moments[~setting])
