"""Weeks of on-times in a few numbers: what one answer can carry of every device, and a screen can show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from homeassistant.helpers.json import json_bytes

from ..engine.home import ON, UNKNOWN
from ..engine.timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES: Final = 450_000
"""Of an answer. Homes with more to tell are told in coarser steps."""
_STEPS: Final = 2880
"""Parts of the time shown that are told apart at best: more than a screen is wide."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (Unix seconds), in parts of how many seconds."""

    start: float
    end: float
    step: float

    def pack(self, timeline: Timeline, state: int) -> list[int]:
        """Return for how many steps a device was, in turns, not in a state and in it.

        A stretch takes up each step that it touches, so that none gets lost; what held before the first change is
        `UNKNOWN`, and the last turn that is not in the state is left out.
        """
        times, states = timeline.times, timeline.states
        if not times.size or times[0] > self.start:
            times, states = np.append(self.start, times), np.append(np.int8(UNKNOWN), states)
        ends = np.append(times[1:], self.end)
        among = (states == state) & (ends > self.start) & (times < self.end)
        begun, ended = times[among].clip(self.start, self.end), ends[among].clip(self.start, self.end)
        first = np.floor((begun - self.start) / self.step).astype(np.int64)
        last = np.maximum(np.ceil((ended - self.start) / self.step).astype(np.int64), first + 1)
        return _turns(first, last)


def _turns(first: NDArray[np.int64], last: NDArray[np.int64]) -> list[int]:
    if not first.size:
        return []
    apart = np.append(True, first[1:] > np.maximum.accumulate(last)[:-1])
    starts = first[apart]
    ends = np.maximum.reduceat(last, np.flatnonzero(apart))
    edges = np.stack((starts, ends), axis=1).reshape(-1)
    return [int(edge) for edge in np.diff(edges, prepend=0)]


def packed(timelines: dict[str, Timeline], start: float, end: float) -> dict[str, Any]:
    """Return when each device was on, and when nobody knows, between two moments (Unix seconds).

    As fine as the answer may be long. Slow: for an executor.
    """

    def at(step: float) -> dict[str, Any]:
        span = Span(start, end, step)
        devices = {
            key: {name: turns for name, state in (("on", ON), ("gap", UNKNOWN)) if (turns := span.pack(line, state))}
            for key, line in timelines.items()
        }
        return {"start": start, "end": end, "step": step, "devices": devices}

    return _fitting(at, (end - start) / _STEPS)


def _fitting(at: Callable[[float], dict[str, Any]], step: float) -> dict[str, Any]:
    while len(json_bytes(found := at(step))) > MOST_BYTES:
        step *= 2
    return found
