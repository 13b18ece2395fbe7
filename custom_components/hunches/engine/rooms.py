"""The likely room of a device: a small network, taught by the fleet, over what speaks for each area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .room_words import KINDS, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMPARED: Final = (
    # Joint changes of any member, beyond chance: as a share of the device's changes, and how surely
    "share_switch",
    "share_step",
    "share_stay",
    "sure_switch",
    "sure_step",
    "sure_stay",
    "inside_step",
    "inside_stay",
    "outside_step",
    "outside_stay",
    # The same of the member for which it is highest
    "best_switch",
    "best_step",
    "best_stay",
    "best_inside",
    "presence_inside",
    # Correlations beyond the hours of the day, with the best member and with the area as a whole
    "on_on",
    "on_stir",
    "stir_stir",
    "area_on_stir",
    "area_stir_stir",
    # The same with what the other areas explain taken out
    "only_on_stir",
    "only_stir_stir",
    # Likeness and words
    "cosine",
    "cosine_mean",
    "named",
    "kind",
)
"""What is also given as its lead over the best other area: areas compete."""
_ALONE: Final = ("joint", "changes", "size", "presence", "areas", "grain", "days")
INPUTS: Final = (*_COMPARED, *(f"{name}_lead" for name in _COMPARED), *_ALONE)
FEWEST_JOINT: Final = 10
SURE_ENOUGH: Final = 0.9
_ARRAYS: Final = ("mean", "scale", "hidden", "hidden_bias", "out", "use", "use_bias")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One area as a device's room.

    `inputs`: float64, in the order of `INPUTS`. `kinds`: what its name says it is, a probability for each of
    `room_words.KINDS`. `joint`: how many times a change of the device had one of an entity of the area within minutes.
    """

    area: str
    inputs: NDArray[np.float64]
    kinds: NDArray[np.float64]
    joint: float


@dataclass(frozen=True, slots=True)
class AreaGuess:
    """The area that a device seems to be in, judged by the devices that are used with it."""

    area: str
    probability: float

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay devices` writes."""
        return {"area": self.area, "probability": round(self.probability, 4)}


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the fleet taught about rooms.

    An area's score is out · tanh(hidden · inputs) and, where its name says what kind of room it is, what the
    device's embedding says of that kind; the score of "none of them" is 0. `mean`, `scale` [inputs]; `hidden`
    [inputs, h], `hidden_bias` [h], `out` [h]; `use` [32, 14], `use_bias` [14]; `temperature` divides all scores.
    """

    words: Words
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden: NDArray[np.float64]
    hidden_bias: NDArray[np.float64]
    out: NDArray[np.float64]
    out_bias: float
    use: NDArray[np.float64]
    use_bias: NDArray[np.float64]
    temperature: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rooms:
        """Read `rooms.json`. Raises `KeyError` where it belongs to another version."""
        if tuple(data["inputs"]) != INPUTS or tuple(data["kinds"]) != KINDS:
            msg = "inputs of this version in rooms.json"
            raise KeyError(msg)
        arrays = {key: np.array(data[key], dtype=np.float64) for key in _ARRAYS}
        words, bias, temperature = Words.from_json(data["words"]), float(data["out_bias"]), float(data["temperature"])
        return cls(words=words, out_bias=bias, temperature=temperature, **arrays)

    def as_json(self) -> dict[str, Any]:
        """Return the contents of `rooms.json`."""
        return {
            "inputs": list(INPUTS),
            "kinds": list(KINDS),
            **{key: np.round(getattr(self, key), 4).tolist() for key in _ARRAYS},
            "out_bias": round(self.out_bias, 4),
            "temperature": round(self.temperature, 4),
            "words": self.words.as_json(),
        }

    def probabilities(self, found: Sequence[Candidate], embedding: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how likely each candidate is the room of a device with this embedding [32], and last none: [k + 1]."""
        if not found:
            return np.ones(1)
        x = (np.stack([c.inputs for c in found]) - self.mean) / self.scale
        scores = np.tanh(x @ self.hidden + self.hidden_bias) @ self.out + self.out_bias
        scores += np.stack([c.kinds for c in found]) @ (embedding @ self.use + self.use_bias)
        scores = np.append(scores, 0.0) / self.temperature
        p = np.exp(scores - scores.max())
        return np.asarray(p / p.sum())

    def guess(self, found: Sequence[Candidate], embedding: NDArray[np.float32]) -> AreaGuess | None:
        """Return the most likely area, or None where the home gives too little to say it with `SURE_ENOUGH`."""
        p = self.probabilities(found, embedding)
        best = int(p.argmax())
        if best == len(found) or p[best] < SURE_ENOUGH or found[best].joint < FEWEST_JOINT:
            return None
        return AreaGuess(found[best].area, float(p[best]))
