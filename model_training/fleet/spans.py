"""Sets of time as two arrays, starts and ends: sorted, disjoint, in Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of time [starts[i], ends[i]): float64 [n] each, sorted and disjoint."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]

    @classmethod
    def union(cls, starts: ArrayLike, ends: ArrayLike, gap: float = 0.0) -> Spans:
        """Return any stretches as sorted, disjoint ones, joined where less than `gap` seconds lie between."""
        a = np.asarray(starts, dtype=np.float64)
        b = np.asarray(ends, dtype=np.float64)
        keep = b > a
        a, b = a[keep], b[keep]
        if not a.size:
            return cls(a, b)
        order = np.argsort(a, kind="stable")
        a, b = a[order], np.maximum.accumulate(b[order])
        new = np.append(True, a[1:] > b[:-1] + gap)
        return cls(a[new], b[np.append(new[1:], True)])

    @classmethod
    def none(cls) -> Spans:
        """Return the empty set."""
        return cls(np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        """Return the number of stretches."""
        return int(self.starts.size)

    @property
    def total(self) -> float:
        """Return the time covered, in seconds."""
        return float((self.ends - self.starts).sum())

    def pairs(self) -> list[tuple[float, float]]:
        """Return (start, end) of each stretch."""
        return list(zip(self.starts.tolist(), self.ends.tolist(), strict=True))

    def contains(self, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each moment whether it lies within."""
        i = np.searchsorted(self.starts, moments, side="right") - 1
        if not len(self):
            return np.zeros(np.shape(moments), dtype=np.bool_)
        return np.asarray((i >= 0) & (moments < self.ends[np.maximum(i, 0)]))

    def cut(self, start: float, end: float) -> Spans:
        """Return the part between two moments."""
        a, b = np.maximum(self.starts, start), np.minimum(self.ends, end)
        keep = b > a
        return Spans(a[keep], b[keep])

    def intersect(self, other: Spans) -> Spans:
        """Return what lies in both."""
        if not len(self) or not len(other):
            return Spans.none()
        edges = np.unique(np.concatenate([self.starts, self.ends, other.starts, other.ends]))
        middle = (edges[1:] + edges[:-1]) / 2
        both = self.contains(middle) & other.contains(middle)
        return Spans.union(edges[:-1][both], edges[1:][both])

    def longer(self, seconds: float) -> Spans:
        """Return the stretches of at least so many seconds."""
        keep = self.ends - self.starts >= seconds
        return Spans(self.starts[keep], self.ends[keep])

    def outside(self, start: float, end: float) -> Spans:
        """Return the rest of [start, end)."""
        inner = self.cut(start, end)
        a = np.append(start, inner.ends)
        b = np.append(inner.starts, end)
        keep = b > a
        return Spans(a[keep], b[keep])
