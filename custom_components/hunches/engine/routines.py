"""Devices that are used together, and what follows from it: the likely room of a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .features import N_NAME_TOKENS, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .home import Entity
    from .timeline import Timeline

TOGETHER: Final = 300.0
"""Changes within so many seconds of each other are joint."""
FEWEST_JOINT: Final = 10
SURE_ENOUGH: Final = 0.9
ROOM_INPUTS: Final = ("lift", "joint", "cosine", "name", "size")


@dataclass(frozen=True, slots=True)
class AreaGuess:
    """The area that a device seems to be in, judged by the devices that are used with it."""

    area: str
    probability: float

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay devices` writes."""
        return {"area": self.area, "probability": round(self.probability, 4)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One area as a device's room: `inputs` [5] in the order of `ROOM_INPUTS`, `joint` changes seen together."""

    area: str
    inputs: NDArray[np.float64]
    joint: float


def joint_changes(first: Timeline, second: Timeline) -> tuple[float, float]:
    """Return (changes of `first` with one of `second` within `TOGETHER`, how many chance alone would give)."""
    a, b = first.times[1:], second.times[1:]
    if not a.size or not b.size:
        return 0.0, 0.0
    near = np.searchsorted(b, a + TOGETHER) > np.searchsorted(b, a - TOGETHER)
    span = max(min(first.times[-1], second.times[-1]) - max(first.times[0], second.times[0]), TOGETHER)
    chance = 1 - np.exp(-2 * TOGETHER * b.size / span)
    return float(near.sum()), float(a.size * chance)


def candidates(
    entity: Entity,
    entities: Sequence[Entity],
    timelines: Mapping[str, Timeline],
    embeddings: Mapping[str, NDArray[np.float32]],
) -> list[Candidate]:
    """Return what speaks for each area of the home as the room of `entity`, whose own area is not looked at."""
    mine = timelines.get(entity.entity_id)
    by_area: dict[str, list[Entity]] = {}
    for other in entities:
        if other.area and other.entity_id != entity.entity_id and other.entity_id in timelines:
            by_area.setdefault(other.area, []).append(other)
    if mine is None or not by_area:
        return []
    name = set(tokens(entity)[:N_NAME_TOKENS].tolist()) - {0}
    found = []
    for area, members in sorted(by_area.items()):
        pairs = [joint_changes(mine, timelines[m.entity_id]) for m in members]
        joint, chance = max(pairs, key=lambda pair: pair[0] / (pair[1] + 3.0))
        alike = [
            float(embeddings[entity.entity_id] @ embeddings[m.entity_id])
            / float(np.linalg.norm(embeddings[entity.entity_id]) * np.linalg.norm(embeddings[m.entity_id]) + 1e-9)
            for m in members
            if m.entity_id in embeddings and entity.entity_id in embeddings
        ]
        words = set(tokens(type(entity)(entity.entity_id, name=area))[:N_NAME_TOKENS].tolist()) - {0}
        shared = len(name & words) / max(len(words), 1)
        inputs = np.array(
            [
                np.log((joint + 1.0) / (chance + 1.0)),
                np.log1p(joint) / 3,
                max(alike, default=0.0),
                shared,
                np.log1p(len(members)) / 3,
            ]
        )
        found.append(Candidate(area, inputs, sum(pair[0] for pair in pairs)))
    return found


def guess_area(found: Sequence[Candidate], weights: Mapping[str, float]) -> AreaGuess | None:
    """Return the most likely area, or None where the home gives too little to say it with `SURE_ENOUGH`.

    A multinomial logit over the home's areas and "none of them", with the fleet's `weights` of `ROOM_INPUTS`.
    """
    if not found:
        return None
    coefficients = np.array([weights[name] for name in ROOM_INPUTS])
    scores = np.array([float(c.inputs @ coefficients) for c in found] + [weights["none"]])
    p = np.exp(scores - scores.max())
    p /= p.sum()
    best = int(p[:-1].argmax())
    if p[best] < SURE_ENOUGH or found[best].joint < FEWEST_JOINT:
        return None
    return AreaGuess(found[best].area, float(p[best]))
