"""The trained numbers of the context filter: where a home begins before anything is learned of it.

`model_training/train_context.py` counts them on simulated homes; they ship as `assets/context.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .sensors import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASSET: Final = Path(__file__).parent.parent / "assets" / "context.json"
STATES: Final = 4
"""Hidden states: somebody moving, somebody awake but quiet, everybody at home asleep, everybody away."""
_HOURS: Final = 24
_LEAST: Final = 1e-9
"""No chance is held to be less."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a kind of signal usually does in each of the hidden states, float64 [4] each.

    `rise`, `fall`: chance per minute that it switches on, off. `on`: share of the time that it is on.
    """

    rise: NDArray[np.float64]
    fall: NDArray[np.float64]
    on: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trust:
    """How much of the fleet is added to what a home's own past says.

    `rates`: minutes of the fleet's rates in each hidden state [4]. `level`: events of a signal's level. `on`: effective
    minutes. `hours`: minutes of each hour of the day. `crossings`: times that the home was left or entered.
    """

    rates: NDArray[np.float64]
    level: float
    on: float
    hours: float
    crossings: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes the filter's chances of awake, asleep and away hold: signals of one home err together, and for long.

    Temperature scaling with a lapse. `power`: of each chance. `lapse`: how often what is seen tells of something else
    (a phone left at home, a guest, a sensor that is stuck), so that nothing is known.
    """

    power: float = 1.0
    lapse: float = 0.0

    def of(self, chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return chances of awake, asleep and away that hold, from the filter's: [..., 3] both."""
        weights = np.maximum(chances, _LEAST) ** self.power
        return np.asarray((1 - self.lapse) * weights / weights.sum(axis=-1, keepdims=True) + self.lapse / 3)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """All numbers. Two are the same only if they are one, so that what follows from them can be kept.

    `kinds`: kind of signal -> `Usual`. `hours` [4, 24]: chance per minute, at each local hour from midnight on, of
    leaving (while somebody is moving), of coming back, of falling asleep (while quiet), of waking. `way_out`: chance
    that a way out is seen to move when the home is left or entered, if one is surely known and if one only may be.
    `idle`: chance that one moved lately while somebody is moving. `temper`: what evidence counts, since signals of one
    home say in part the same. `dark`: the sun's elevation, in degrees, at which a lamp is wanted half of the time,
    degrees in which that turns, nats by which a light sensor speaks for dark that is bright, that is not.
    `calibration`: what makes of all this probabilities.
    """

    kinds: Mapping[str, Usual]
    hours: NDArray[np.float64]
    way_out: tuple[float, float]
    idle: float
    temper: float
    trust: Trust
    dark: tuple[float, float, float, float]
    calibration: Calibration = Calibration()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Numbers:
        """Read what `train_context.train` made. Raises `ValueError` if it does not fit this module."""
        try:
            kinds = {
                kind: Usual(*(np.array(rows[name], dtype=np.float64) for name in ("rise", "fall", "on")))
                for kind, rows in content["kinds"].items()
            }
            hours = np.array(content["hours"], dtype=np.float64)
            trust = dict(content["trust"])
            rates = np.array(trust.pop("rates"), dtype=np.float64)
            sure, unsure = content["way_out"]
            dim, soft, bright, dull = content["dark"]
            found = cls(
                kinds,
                hours,
                (float(sure), float(unsure)),
                float(content["idle"]),
                float(content["temper"]),
                Trust(rates, **{name: float(value) for name, value in trust.items()}),
                (float(dim), float(soft), float(bright), float(dull)),
                Calibration(**{name: float(value) for name, value in content["calibration"].items()}),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("context.json is of another version") from error
        rows = [row for usual in kinds.values() for row in (usual.rise, usual.fall, usual.on)]
        if set(kinds) != set(KINDS) or hours.shape != (STATES, _HOURS) or any(row.shape != (STATES,) for row in rows):
            raise ValueError("context.json is of another version")
        return found

    @classmethod
    def load(cls, path: Path = ASSET) -> Numbers:
        """Return the numbers in a file, those that ship if none is named; a file is read once."""
        return _load(path)


@cache
def _load(path: Path) -> Numbers:
    return Numbers.of(json.loads(path.read_text(encoding="utf-8")))
