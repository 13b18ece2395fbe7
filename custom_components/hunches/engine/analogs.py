"""The forecasts of `experts.py` at many moments at once, for looking back over a stretch of history.

Row by row what `experts.forecast` gives, to within rounding. Moments lie on a grid of `CELL` seconds, so that the state
at any past moment is looked up in a table that is made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from . import experts
from .distinct import distinct
from .experts import EXPERTS, MEMORY, Forecasts, logit
from .home import OFF, ON, UNKNOWN
from .localtime import DAY, HOUR, LocalTime, hour_of, weekend_of
from .usage import TAU

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline
    from .usage import Usages

CELL: Final = 300.0
"""Seconds of the grid that all moments lie on."""
_STRIDE: Final = int(experts.STEP / CELL)
_BLOCK: Final = 1 << 17
"""Numbers worked on at a time: what a processor keeps at hand."""


def _blocks(rows: int, width: int) -> Iterator[slice]:
    size = max(_BLOCK // max(width, 1), 1)
    return (slice(first, min(first + size, rows)) for first in range(0, rows, size))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same for all devices that are asked about at `asofs` [m], each about the same `offsets` [t] ahead.

    `analogs`: of how many of the offsets, the first ones, analogs by state are wanted. `hour`, `weekend` [m, t]: of the
    targets. `alike` [analogs, m, k]: whether moment and outcome, so many half hours before, fall on the same kinds of
    day. `days`: the targets' time of day on days before [m, t, ...].
    """

    asofs: NDArray[np.float64]
    offsets: tuple[float, ...]
    analogs: int
    hour: NDArray[np.int64]
    weekend: NDArray[np.int64]
    alike: NDArray[np.bool_]
    days: experts.Days

    @classmethod
    def of(
        cls, asofs: NDArray[np.float64], offsets: Sequence[float], analogs: int, start: float, clock: LocalTime
    ) -> Asked:
        """Prepare to ask about devices of which nothing is known before `start`."""
        targets = asofs[:, None] + np.array(offsets)
        local = clock.local(targets)
        reach = min(max(float(asofs.max()) - start, 0.0), MEMORY)
        return cls(
            asofs,
            tuple(offsets),
            analogs,
            hour_of(local).astype(np.int64),
            weekend_of(local),
            _kinds_of_day(asofs, offsets[:analogs], start, clock),
            experts.Days.of(asofs, targets, int(reach / DAY) + 1, clock),
        )


def _kinds_of_day(
    asofs: NDArray[np.float64], offsets: Sequence[float], start: float, clock: LocalTime
) -> NDArray[np.bool_]:
    most = _half_hours(float(asofs.max()), start)
    back = experts.STEP * np.arange(1, most + 1)
    first = float(asofs.min()) - most * experts.STEP
    cells = np.asarray(np.arange(first, float(asofs.max()) + CELL, CELL), dtype=np.float64)
    local = clock.local(cells)
    place = ((asofs[:, None] - back - first) / CELL).astype(np.int64)
    here, today = weekend_of(local), weekend_of(clock.local(asofs))
    same_day = here[place] == today[:, None]
    out = np.empty((len(offsets), asofs.size, most), dtype=np.bool_)
    for k, offset in enumerate(offsets):
        target = weekend_of(clock.local(asofs + offset))
        out[k] = same_day & (weekend_of(local + offset)[place] == target[:, None])
    return out


def _half_hours(asof: float, start: float) -> int:
    return int((asof - max(start, asof - MEMORY)) / experts.STEP) if asof > start else 0


@dataclass(frozen=True, slots=True)
class Line:
    """A device's timeline, ready to be asked about many moments: its changes, and its states on the grid.

    `states` [n] and `lasted` [n] (log of seconds in that state, plus 300) of others' doing from cell `first` on, the
    first of which lies before anything is known. `begun` [j] is when the known states `held` [j] began. `past`: the
    finished stretches of off and on.
    """

    others: Timeline
    first: int
    states: NDArray[np.int8]
    lasted: NDArray[np.float64]
    begun: NDArray[np.float64]
    held: NDArray[np.int8]
    past: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]

    @classmethod
    def of(cls, timeline: Timeline, until: float) -> Line:
        """Prepare a timeline that is not empty for moments up to `until`."""
        others, known = timeline.by_others(), timeline.carried()
        first = int(np.floor(others.times[0] / CELL)) - 1
        grid = np.arange(first, int(until // CELL) + 1) * CELL
        place = np.searchsorted(others.times, grid, side="right") - 1
        held = np.maximum(place, 0)
        return cls(
            others,
            first,
            np.where(place >= 0, others.states[held], np.int8(UNKNOWN)),
            np.log(np.maximum(grid - others.times[held], 0.0) + 300.0),
            known.times,
            known.states,
            (timeline.stretches(OFF), timeline.stretches(ON)),
        )

    def cells(self, moments: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return where in the tables moments on the grid lie, any shape."""
        return np.asarray(np.clip((moments / CELL).astype(np.int64) - self.first, 0, self.states.size - 1))

    def current(self, moments: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return which known stretch holds at `moments` [m] (-1: none), its state, and since when."""
        which = np.searchsorted(self.begun, moments, side="right") - 1
        if not self.begun.size:
            return which, np.full(moments.size, UNKNOWN, dtype=np.int64), moments.copy()
        held = np.maximum(which, 0)
        state = np.where(which >= 0, self.held[held], UNKNOWN).astype(np.int64)
        return which, state, np.where(which >= 0, self.begun[held], moments)

    def finished(self, which: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the stretches like a known one that were finished when it began."""
        starts, ends = self.past[int(self.held[which])]
        count = int(np.searchsorted(ends, self.begun[which], side="right"))
        return starts[:count], ends[:count]


def forecasts(line: Line, usages: Usages, asked: Asked, rows: NDArray[np.int64], clock: LocalTime) -> Forecasts:
    """Return what `experts.forecast` gives for the moments `rows` [r] of `asked`: arrays [r, t, 13].

    `usages` has a row for each of them. Analogs by state are left out beyond `asked.analogs`.
    """
    asofs, n, t = asked.asofs[rows], rows.size, len(asked.offsets)
    p, support = np.zeros((n, t, len(EXPERTS))), np.zeros((n, t, len(EXPERTS)))
    horizon = np.maximum(np.array(asked.offsets), 1.0)
    rate, each = usages.rate, np.arange(n)[:, None]
    which, state, since = line.current(asofs)
    elapsed = np.maximum(asofs - since, 0.0)

    weekend, hour = asked.weekend[rows], asked.hour[rows]
    profile = experts.profiles(usages)[each, weekend, hour]
    p[..., 0], support[..., 0] = rate[:, None], (usages.known.sum(axis=(1, 2)) / HOUR)[:, None]
    p[..., 1], support[..., 1] = profile, usages.known[each, weekend, hour] / HOUR
    known = state != UNKNOWN
    p[..., 2] = np.where(known[:, None], experts.markov(usages, state == ON, horizon, profile), profile)
    support[..., 2] = (usages.uses.sum(axis=1) + usages.pauses.sum(axis=1))[:, None]
    p[..., 3:] = profile[..., None]
    some = np.flatnonzero(known)
    ahead = slice(0, asked.analogs)
    if some.size:
        p[some, ahead, 4:9], support[some, ahead, 4:9] = _moments(
            line, asked, rows[some], state[some], elapsed[some], profile[some, ahead]
        )
    for stretch in distinct(which[some]).tolist():
        these = some[which[some] == stretch]
        past = line.finished(stretch)
        p[these, ahead, 3], support[these, ahead, 3] = experts.survival(
            past, float(line.begun[stretch]), int(line.held[stretch]), elapsed[these], horizon[ahead], rate[these]
        )
        for part in _blocks(these.size, past[0].size * asked.analogs):
            some_of = these[part]
            p[some_of, ahead, 9:11], support[some_of, ahead, 9:11] = experts.onsets(
                past, line.others, elapsed[some_of], asofs[some_of], horizon[ahead], p[some_of, ahead, 4], clock
            )
    for part in _blocks(n, asked.days.around[0].size):
        p[part, :, 11:13], support[part, :, 11:13] = experts.clock_analogs(
            line.others, asked.days.at(rows[part]), asofs[part], rate[part]
        )
    return Forecasts(logit(p).astype(np.float32), np.log1p(support).astype(np.float32))


def _moments(
    line: Line,
    asked: Asked,
    rows: NDArray[np.int64],
    state: NDArray[np.int64],
    elapsed: NDArray[np.float64],
    parent: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Analogs on a grid of past moments that keeps the time of day: [r, analogs, 5] and their weights."""
    asofs, start = asked.asofs[rows], float(line.others.times[0])
    most = min(_half_hours(float(asofs.max()), start), asked.alike.shape[2])
    back = np.arange(1, most + 1)
    decay = np.exp(-(experts.STEP * back) / TAU)
    gap = np.abs((experts.STEP * back + DAY / 2) % DAY - DAY / 2)
    hour = np.exp(-0.5 * (gap / experts.CLOCK_WIDTH) ** 2)
    totals, ons = np.zeros((2, rows.size, asked.analogs, 5))
    place = line.cells(asofs)
    for part in _blocks(rows.size, most):
        # What lies before the first cell is unknown there, and so like nothing.
        cells = np.maximum(place[part, None] - _STRIDE * back, 0)
        found = np.flatnonzero(line.states[cells] == state[part, None])
        row, step = np.divmod(found, most)
        cell = cells.ravel()[found]
        lasted = line.lasted[cell] - np.log(elapsed[part] + 300.0)[row]
        near = np.exp(-0.5 * (lasted / experts.ELAPSED_WIDTH) ** 2)
        by_hour = hour[step]
        weights = decay[step] * np.stack((np.ones(found.size), near, by_hour, by_hour, near * by_hour))
        counted = np.empty((2, asked.analogs, found.size))  # of which the outcome is known, and of which it is "on"
        alike = np.empty_like(counted)
        for k, offset in enumerate(asked.offsets[: asked.analogs]):
            outcome = line.states.take(cell + int(offset / CELL), mode="clip")
            known = (outcome != UNKNOWN) & (experts.STEP * (step + 1) >= offset)
            counted[:, k] = known, known & (outcome == ON)
            alike[:, k] = counted[:, k] * asked.alike[k, rows[part], :most].ravel()[found]
        edges = np.searchsorted(row, np.arange(part.stop - part.start + 1))
        for i, (begin, end) in enumerate(pairwise(edges.tolist()), part.start):
            sums = counted[..., begin:end] @ weights[:, begin:end].T
            sums[..., 3] = alike[..., begin:end] @ weights[3, begin:end]
            totals[i], ons[i] = sums
    return experts.narrowed(ons, totals, parent), totals
