"""Learns what makes the context filter's chances hold, on simulated homes in which nothing was counted.

The filter takes what it sees minute by minute to be told apart; but what deceives it, a phone left at home or a sensor
that is stuck, does so for hours. It is then sure, and wrong. Here it is learned how sure it may be, in homes whose
sensors are in order (`context_homes.judge`), each of which counts the same: from homes of which little is seen one
would learn not to be sure in any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize

from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_numbers import Calibration, Numbers
from custom_components.hunches.engine.localtime import DAY

from . import context_homes
from .evaluate_context import MOST_DAYS, truth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

GRID: Final = 900.0
SETTLING: Final = DAY
"""Seconds of each home that are not judged: it is not known yet."""
_LEAST: Final = 1e-6
_BOUNDS: Final = ((0.2, 2.0), (0.0, 0.5))


class Judged(NamedTuple):
    """What was said of a home: chances of awake, asleep and away [n, 3], and which of these it was [n]."""

    said: NDArray[np.float64]
    held: NDArray[np.int64]


def learn(seed: int, homes: Iterable[int], numbers: Numbers) -> Calibration:
    """Return the calibration of `numbers`, which have none, that tells these simulated homes best."""
    recordings = (context_homes.judge(i, seed) for i in homes)
    return fit([one for recording in recordings if (one := judged(recording, numbers)) is not None])


def judged(recording: Recording, numbers: Numbers) -> Judged | None:
    """Return what the filter says of a home and what held; None without truth."""
    end = min(recording.end, recording.start + MOST_DAYS * DAY)
    times = np.arange(recording.start + SETTLING, end, GRID)
    if not recording.truth or not times.size:
        return None
    said = follow(recording, times, numbers=numbers)
    asleep, away = (truth(recording, times, label) for label in ("asleep", "away"))
    chances = np.stack((1 - said.asleep - said.away, said.asleep, said.away), axis=-1)
    return Judged(chances, np.select((asleep, away), (1, 2)))


def fit(homes: Sequence[Judged]) -> Calibration:
    """Return the calibration under which what held was likeliest, mean over homes; none if there is nothing to fit."""
    if not homes:
        return Calibration()
    weights = np.concatenate([np.full(one.held.size, 1 / one.held.size / len(homes)) for one in homes])
    said, held = np.concatenate([one.said for one in homes]), np.concatenate([one.held for one in homes])
    rows = np.arange(held.size)

    def loss(values: NDArray[np.float64]) -> float:
        likely = Calibration(*values.tolist()).of(said)[rows, held]
        return float(-weights @ np.log(np.maximum(likely, _LEAST)))

    found = minimize(loss, (1.0, 0.01), method="Nelder-Mead", bounds=_BOUNDS)
    return Calibration(*found.x.tolist())
