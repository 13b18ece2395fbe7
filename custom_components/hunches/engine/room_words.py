"""What the words in a name say of the kind of room."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .features import N_NAME_TOKENS, N_VOCABULARY, tokens
from .home import Entity

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: Final = (
    "kitchen",
    "living room",
    "bathroom",
    "toilet",
    "bedroom",
    "child's room",
    "hall",
    "office",
    "dining room",
    "garage",
    "laundry",
    "basement",
    "garden",
    "outside",
)
"""Kinds of room that the name of an area or of a device, or a device's use, may suggest."""
N_KINDS: Final = len(KINDS)


@dataclass(frozen=True, slots=True)
class Words:
    """Log-odds of each kind: of the hashed n-grams of names, `table` [4096, 14], and of any name, `bias` [14]."""

    table: NDArray[np.float64]
    bias: NDArray[np.float64]

    def kinds(self, name: str) -> NDArray[np.float64]:
        """Return a probability for each of `KINDS`; a name that says nothing gets what is usual."""
        found = grams(name)
        scores = self.bias + self.table[found].sum(axis=0) / max(np.sqrt(found.size), 1.0)
        p = np.exp(scores - scores.max())
        return np.asarray(p / p.sum())

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Words:
        """Read what `as_json` wrote."""
        table = np.frombuffer(base64.b64decode(data["table"]), dtype=np.int8).reshape(N_VOCABULARY, N_KINDS)
        return cls(table.astype(np.float64) * float(data["scale"]), np.array(data["bias"], dtype=np.float64))

    def as_json(self) -> dict[str, Any]:
        """Return plain data, the table as base64 of bytes."""
        scale = float(np.abs(self.table).max()) / 127 or 1.0
        table = np.round(self.table / scale).astype(np.int8)
        return {
            "table": base64.b64encode(table.tobytes()).decode(),
            "scale": scale,
            "bias": [round(float(b), 4) for b in self.bias],
        }


def grams(name: str) -> NDArray[np.int64]:
    """Return the hashed n-grams of any name, in the places that `features.tokens` gives the names of devices."""
    found = tokens(Entity("", name))[:N_NAME_TOKENS]
    return found[found > 0]
