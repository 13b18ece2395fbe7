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
    """Log-odds of each kind: of the hashed n-grams of names, `scale * table` [4096, 14], and of any name, `bias` [14].

    A table from a file stays in bytes: it is asked about a few names only.
    """

    table: NDArray[np.float64 | np.int8]
    bias: NDArray[np.float64]
    scale: float = 1.0

    def kinds(self, name: str) -> NDArray[np.float64]:
        """Return a probability for each of `KINDS`; a name that says nothing gets what is usual."""
        found = grams(name)
        said = self.table[found].astype(np.float64) * self.scale
        scores = self.bias + said.sum(axis=0) / max(np.sqrt(found.size), 1.0)
        p = np.exp(scores - scores.max())
        return np.asarray(p / p.sum())

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Words:
        """Read what `as_json` wrote."""
        table = np.frombuffer(base64.b64decode(data["table"]), dtype=np.int8).reshape(N_VOCABULARY, N_KINDS)
        return cls(table, np.array(data["bias"], dtype=np.float64), float(data["scale"]))

    def as_json(self) -> dict[str, Any]:
        """Return plain data, the table as base64 of bytes."""
        whole = self.table * self.scale
        scale = float(np.abs(whole).max()) / 127 or 1.0
        table = np.round(whole / scale).astype(np.int8)
        return {
            "table": base64.b64encode(table.tobytes()).decode(),
            "scale": scale,
            "bias": [round(float(b), 4) for b in self.bias],
        }


def grams(name: str) -> NDArray[np.int64]:
    """Return the hashed n-grams of any name, in the places that `features.tokens` gives the names of devices."""
    found = tokens(Entity("", name))[:N_NAME_TOKENS]
    return found[found > 0]
