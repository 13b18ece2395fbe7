"""The recorder of a simulated home: grids, gaps, devices that appear late, and what of the truth remains visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.bundle import Interval
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.timeline import Cause, Timeline

from . import calibration as c
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .use import Use


@dataclass(frozen=True, slots=True)
class Recorder:
    """How a home is recorded over [start, end) in Unix seconds.

    `grid`: seconds between readings (0: exact times); `any_use`: whether a use anywhere in a cell marks the cell;
    `outages`: when nothing answered.
    """

    start: float
    end: float
    grid: float
    any_use: bool
    outages: Spans

    @classmethod
    def draw(cls, rng: np.random.Generator, start: float, end: float, *, research: bool = False) -> Recorder:
        """Draw a home's recorder, or that of a `research` recording, which keeps every use."""
        grids = np.array(c.RESEARCH_GRID_SECONDS if research else c.GRID_SECONDS)
        grid = float(rng.choice(grids[:, 0], p=grids[:, 1]))
        count = rng.poisson(rng.uniform(*c.OUTAGES_A_MONTH) * (end - start) / (30 * 86400.0))
        begin = rng.uniform(start, end, count)
        minutes = np.exp(rng.normal(np.log(c.OUTAGE_MINUTES[0]), c.OUTAGE_MINUTES[1], count))
        outages = Spans.union(begin, begin + 60.0 * minutes).cut(start, end)
        return cls(start, end, grid, research or bool(rng.random() < c.GRID_KEEPS_SHORT), outages)

    def gridded(self, times: NDArray[np.float64], *, up: bool) -> NDArray[np.float64]:
        """Return the moments at which changes are seen, to the millisecond."""
        if not self.grid:
            return np.round(times, 3)
        cells = (times - self.start) / self.grid
        return np.round(self.start + (np.ceil(cells) if up else np.floor(cells)) * self.grid, 3)

    def timeline(
        self,
        on: Spans,
        causes: tuple[NDArray[np.int8], NDArray[np.int8]] | None = None,
        begin: float | None = None,
        gaps: Spans | None = None,
    ) -> Timeline:
        """Return what was recorded of something that was truly on in `on`, from `begin` (default: `start`) on.

        `causes`: who switched it on and off, [n] each; `gaps`: when it did not answer, beside the outages.
        """
        first = round(self.start if begin is None else begin, 3)
        a = self.gridded(on.starts, up=not self.any_use)
        b = self.gridded(on.ends, up=True)
        keep = (b > a) & (b > first) & (a < self.end)
        n = int(keep.sum())
        times = np.empty(2 * n)
        times[0::2], times[1::2] = a[keep], b[keep]
        states = np.tile(np.array([ON, OFF], dtype=np.int8), n)
        who = np.zeros(2 * n, dtype=np.int8)
        if causes is not None:
            who[0::2], who[1::2] = causes[0][keep], causes[1][keep]
        if self.grid and n:
            # touching cells: the end of one use and the start of the next fall together, the start holds
            order = np.lexsort((states, times))
            times, states, who = times[order], states[order], who[order]
        start_state = ON if n and times[0] <= first else OFF
        later = (times > first) & (times < self.end)
        times = np.concatenate([[first], times[later]])
        states = np.concatenate([np.array([start_state], dtype=np.int8), states[later]])
        who = np.concatenate([np.zeros(1, dtype=np.int8), who[later]])
        silent = self.outages if gaps is None else _joined(self.outages, gaps)
        silent = silent.cut(first, self.end)
        if len(silent):
            times, states, who = _with_gaps(times, states, who, silent)
        return Timeline.from_readings(times, states, who)

    def unwanted(self, timeline: Timeline, truth: tuple[Interval, ...]) -> tuple[Interval, ...]:
        """Return the part of the truth in which the recorded device was on, long enough to matter."""
        if not truth:
            return ()
        on = on_spans(timeline, self.end)
        found = []
        for label in sorted({i.label for i in truth}):
            mine = [i for i in truth if i.label == label]
            both = Spans.union([i.start for i in mine], [i.end for i in mine]).intersect(on)
            both = both.longer(c.UNWANTED_LEAST_SECONDS[label])
            found += [Interval(float(a), float(b), label) for a, b in both.pairs()]
        found.sort(key=lambda i: i.start)
        kept: list[Interval] = []
        for interval in found:
            if not kept or interval.start >= kept[-1].end:
                kept.append(interval)
        return tuple(kept)


def on_spans(timeline: Timeline, end: float) -> Spans:
    """Return when a recorded device was on, gaps looked through."""
    known = timeline.carried()
    ends = np.append(known.times[1:], max(end, float(known.times[-1]) if len(known) else end))
    on = known.states == ON
    return Spans.union(known.times[on], ends[on] if len(known) else [])


def causes_of(
    rng: np.random.Generator, use: Use, known: float, physical: bool
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the causes of each switching on and off; `known`: share of manual changes that carry a user."""
    other = Cause.PHYSICAL if physical else Cause.UNKNOWN
    found = []
    for auto in (use.auto_on, use.auto_off):
        manual = np.where(rng.random(auto.size) < known, Cause.PERSON, other)
        found.append(np.where(auto, Cause.AUTOMATION, manual).astype(np.int8))
    return found[0], found[1]


def _joined(one: Spans, other: Spans) -> Spans:
    return Spans.union(np.concatenate([one.starts, other.starts]), np.concatenate([one.ends, other.ends]), gap=1.0)


def _with_gaps(
    times: NDArray[np.float64], states: NDArray[np.int8], who: NDArray[np.int8], gaps: Spans
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int8]]:
    starts, ends = np.round(gaps.starts, 3), np.round(gaps.ends, 3)
    after = states[np.searchsorted(times, ends, side="right") - 1]
    heard = ~gaps.contains(times) | (times == times[0])
    t = np.concatenate([times[heard], starts, ends])
    s = np.concatenate([states[heard], np.full(starts.size, UNKNOWN, dtype=np.int8), after])
    w = np.concatenate([who[heard], np.zeros(2 * starts.size, dtype=np.int8)])
    order = np.argsort(t, kind="stable")
    return t[order], s[order], w[order]
