"""Timelines held small: ticks since the first change, and one number for what it was and who made it.

What rests in memory for weeks, or in a file, takes half as much as the arrays that the engine computes with, which are
made of it for as long as they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESOLUTION: Final = 512.0
"""Times are kept to so many parts of a second: what a file holds is then exactly what was known before a restart.

They are rounded up: a change that comes after a learning must not slip back before it, where nobody looks any more.
"""
_NO_READING: Final = 1  # readings begin at -1, and are kept as numbers from 0 on
_CAUSES: Final = 16


def rounded_up(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times (any shape, Unix seconds) as they are kept."""
    return np.asarray(np.ceil(times * RESOLUTION) / RESOLUTION)


@dataclass(frozen=True, slots=True)
class Folded:
    """A timeline of n changes at 5 bytes each, or at 9 where it is longer than 97 days.

    `start`: when the first was, Unix seconds, 0 if there is none. `ticks`: unsigned [n], parts of a second since then,
    as wide as they need to be. `marks`: uint8 [n], reading and cause.
    """

    start: float
    ticks: NDArray[np.unsignedinteger[Any]]
    marks: NDArray[np.uint8]

    @classmethod
    def of(cls, timeline: Timeline) -> Folded:
        """Fold a timeline: its times are rounded up, and of several changes in one part of a second the last holds."""
        if not len(timeline):
            return NOTHING
        times = rounded_up(timeline.times)
        if not np.array_equal(times, timeline.times):
            timeline = Timeline.from_readings(times, timeline.states, timeline.causes)
        start = float(timeline.times[0])
        ticks = (timeline.times - start) * RESOLUTION
        marks = (timeline.states + _NO_READING) * _CAUSES + timeline.causes
        return cls(start, ticks.astype(np.min_scalar_type(int(ticks[-1]))), marks.astype(np.uint8))

    def __len__(self) -> int:
        """Return the number of changes, the first known state included."""
        return int(self.ticks.size)

    @property
    def end(self) -> float:
        """Return the moment of the last change, Unix seconds, minus infinity if there is none."""
        return self.start + float(self.ticks[-1]) / RESOLUTION if len(self) else -math.inf

    def until(self, moment: float) -> Folded:
        """Return what was known at `moment` (Unix seconds); the same object where that is all."""
        last = self._place(moment)
        return self if last == len(self) else Folded(self.start, self.ticks[:last], self.marks[:last])

    def unfolded(self, since: float = -math.inf) -> Timeline:
        """Return the timeline, in arrays of its own: from the change on that held at `since` (Unix seconds)."""
        part = slice(max(self._place(since) - 1, 0), None)
        marks = self.marks[part]
        return Timeline(
            self.start + self.ticks[part] / RESOLUTION,
            (marks // _CAUSES).astype(np.int8) - np.int8(_NO_READING),
            (marks % _CAUSES).astype(np.int8),
        )

    def _place(self, moment: float) -> int:
        """Return how many changes there are up to a moment."""
        return int(self.ticks.searchsorted((moment - self.start) * RESOLUTION, side="right"))


NOTHING: Final = Folded(0.0, np.zeros(0, np.uint8), np.zeros(0, np.uint8))


class Unfolding(Mapping[str, Timeline]):
    """Timelines by key, each unfolded when it is asked for, and not kept so."""

    def __init__(self, folded: Mapping[str, Folded]) -> None:
        """Stand for these."""
        self.folded = folded

    def __getitem__(self, key: str) -> Timeline:
        """Return a timeline. Raises `KeyError`."""
        return self.folded[key].unfolded()

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self.folded)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.folded)
