"""When a lamp is wanted indoors, learned from the fleet's skies: what elevation and light sensors say of it.

Dark is what Richardson et al. (2009) call it: less than N(60, 10) W/m2 outdoors, under the fleet's clouds. A light
sensor is bright from a threshold of its own, and lit lamps brighten it: how often that is, is chosen, since the fleet's
sensors see daylight alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.localtime import DAY, LocalTime

from .fleet import calibration as c
from .fleet.sky import STEP, sky

if TYPE_CHECKING:
    from numpy.typing import NDArray

SKIES: Final = 400
DAYS: Final = 3.0
WITH_SENSOR: Final = 0.5
LAMPS: Final = (0.05, 0.6)  # share of dark moments in which a lamp lights a sensor, by home
_FIRST, _LAST = 1.2e9, 1.75e9
_ROUNDS: Final = 30


@dataclass(frozen=True, slots=True)
class Samples:
    """Moments under many skies: elevation of the sun in degrees, reading (1 bright, 0 not, NaN none), whether dark."""

    elevation: NDArray[np.float64]
    bright: NDArray[np.float64]
    dark: NDArray[np.bool_]


def sample(seed: int, skies: int = SKIES) -> Samples:
    """Return moments under `skies` skies of the fleet's places and seasons."""
    rng = np.random.default_rng([seed, skies])
    parts = []
    for _ in range(skies):
        zone, latitude, longitude = c.TIME_ZONES[int(rng.integers(len(c.TIME_ZONES)))]
        clock = LocalTime(zone, latitude, longitude)
        start = rng.uniform(_FIRST, _LAST)
        above = sky(rng, clock, start, start + DAYS * DAY)
        times = np.asarray(above.start + (np.arange(above.irradiance.size) + 0.5) * STEP, dtype=np.float64)
        dark = above.irradiance < rng.normal(*c.DARK_BELOW)
        bright = above.irradiance > 10.0 * np.exp(rng.uniform(*np.log(c.BRIGHT_INDOORS)))
        bright |= rng.random(dark.size) < rng.uniform(*LAMPS)
        reading = bright.astype(np.float64) if rng.random() < WITH_SENSOR else np.full(dark.size, np.nan)
        parts.append((clock.elevation(times), reading, dark))
    return Samples(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def learn(seed: int, skies: int = SKIES) -> list[float]:
    """Return elevation at which it is dark half of the time, degrees in which that turns, nats of bright and of not.

    Logistic regression, by Newton's method.
    """
    seen = sample(seed, skies)
    x = np.stack((np.ones(seen.dark.size), seen.elevation / 10, seen.bright == 1, seen.bright == 0), axis=1)
    weight = np.zeros(4)
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-x @ weight))
        slope = x.T @ (seen.dark - p) - 1e-3 * weight
        bend = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(4)
        weight += np.linalg.solve(bend, slope)
    soft = -10 / weight[1]
    return [round(float(v), 4) for v in (weight[0] * soft, soft, weight[2], weight[3])]
