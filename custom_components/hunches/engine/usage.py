"""Decayed aggregates of a timeline, updated incrementally: the encoder's stable inputs.

Every sum is exponentially decayed over the same time constant, so that a new stretch of history is added without
looking at the old one again: running day by day gives what one run over everything gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from .distinct import distinct
from .home import ON, UNKNOWN
from .localtime import DAY, HOUR, LocalTime, hour_of, weekend_of
from .timeline import Cause, Timeline, made_by_us

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAU: Final = 28 * DAY
"""Time constant of the decay, in seconds: a month-old habit weighs a third of today's."""
TAU_RECENT: Final = 3 * DAY
SUN_EDGES: Final = np.array([-18.0, -12.0, -6.0, 0.0, 6.0, 15.0, 30.0])
"""Edges of the sun's elevation in degrees: astronomical to civil twilight, low and high sun."""
DURATION_EDGES: Final = np.array(
    [10, 30, 60, 180, 600, 1200, 2400, 3600, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, 3 * DAY]
)
"""Edges of the durations of uses and pauses, in seconds."""
N_CAUSES: Final = len(Cause)


def _zeros(*shape: int) -> NDArray[np.float64]:
    return np.zeros(shape, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is remembered of a device's use up to `until`.

    What we did ourselves is no use of anybody's: from a change of ours to the next change by anyone else nothing is
    known, and a stretch that we began or ended is not counted.

    `start`, `until`, `changed`: Unix seconds (nan before anything is known). `state`: the last known reading, and
    `ours`: whether we brought it about.
    `on`, `known`: decayed seconds on and known, [2, 24] by weekend and local hour. `starts`: decayed number of
    switchings on, [2, 24]. `sun_on`, `sun_known`: decayed seconds by the sun's elevation, [8]. `uses`, `pauses`:
    decayed number of finished stretches on and off by duration, [15]. `spent`: decayed seconds of finished
    stretches off and on, [2]. `causes`: decayed number of changes by cause, [5]. `recent`: seconds on and known
    over a shorter memory, [2]. `days_on`, `days`: decayed number of local days with use, and of days.
    """

    start: float = float("nan")
    until: float = float("nan")
    changed: float = float("nan")
    state: int = UNKNOWN
    ours: bool = False
    last_day_on: float = float("nan")
    on: NDArray[np.float64] = field(default_factory=lambda: _zeros(2, 24))
    known: NDArray[np.float64] = field(default_factory=lambda: _zeros(2, 24))
    starts: NDArray[np.float64] = field(default_factory=lambda: _zeros(2, 24))
    sun_on: NDArray[np.float64] = field(default_factory=lambda: _zeros(8))
    sun_known: NDArray[np.float64] = field(default_factory=lambda: _zeros(8))
    uses: NDArray[np.float64] = field(default_factory=lambda: _zeros(15))
    pauses: NDArray[np.float64] = field(default_factory=lambda: _zeros(15))
    spent: NDArray[np.float64] = field(default_factory=lambda: _zeros(2))
    causes: NDArray[np.float64] = field(default_factory=lambda: _zeros(N_CAUSES))
    recent: NDArray[np.float64] = field(default_factory=lambda: _zeros(2))
    days_on: float = 0.0

    @property
    def history(self) -> float:
        """Return how long the device has been known, in seconds."""
        return 0.0 if np.isnan(self.start) else self.until - self.start

    @property
    def rate(self) -> float:
        """Return the decayed share of time on, shrunk towards one in twenty with the weight of two hours."""
        return float((self.on.sum() + 0.05 * 2 * HOUR) / (self.known.sum() + 2 * HOUR))


def advance(usage: Usage, timeline: Timeline, until: float, clock: LocalTime) -> Usage:
    """Return `usage` brought from `usage.until` to `until` with the changes that `timeline` holds in between.

    The timeline may hold more, before and after; that is not looked at, so reading twice changes nothing.
    """
    if not len(timeline) or until <= timeline.times[0]:
        return usage
    fresh = np.isnan(usage.until)
    begin = float(timeline.times[0]) if fresh else usage.until
    if until <= begin:
        return usage
    # The opening state of a recording is not a change: nobody switched anything then.
    first = int(np.searchsorted(timeline.times, begin, side="right"))
    last = int(np.searchsorted(timeline.times, until, side="right"))
    times, states, causes = timeline.times[first:last], timeline.states[first:last], timeline.causes[first:last]
    opening = int(timeline.states[first - 1]) if first else usage.state
    if fresh:
        by_us = bool(made_by_us(timeline.states[:1], timeline.causes[:1])[0])
        usage = Usage(start=begin, until=begin, changed=begin, state=opening, ours=by_us)
    ours = made_by_us(states, causes, usage.state, usage.ours)

    decay = float(np.exp(-(until - begin) / TAU))
    opening = UNKNOWN if usage.ours else opening
    others = np.where(ours, np.int8(UNKNOWN), states)
    edges, cells, on, known = pieces(begin, until, times, others, opening, clock)
    left, right = edges[:-1], edges[1:]
    seconds = TAU * (np.exp(-(until - right) / TAU) - np.exp(-(until - left) / TAU))
    recently = TAU_RECENT * (np.exp(-(until - right) / TAU_RECENT) - np.exp(-(until - left) / TAU_RECENT))
    # Many pieces lie in one hour: what the clock and the sky say of it is worked out once.
    opens = np.append(True, cells[1:] != cells[:-1])
    hour, middles = np.cumsum(opens) - 1, cells[opens]
    by_hour = clock.local(middles)
    local = by_hour[hour]
    bins = (weekend_of(by_hour) * 24 + (by_hour % DAY // HOUR).astype(np.int64))[hour]
    sun = np.searchsorted(SUN_EDGES, clock.elevation(middles))[hour]

    changes = Changes.between(usage, times, states, causes, ours)
    weight = np.exp(-(until - changes.times) / TAU)
    begun = changes.states == ON
    switched = begun & ~changes.ours
    use, pause = ~begun & changes.finished, begun & changes.finished
    changed = clock.local(changes.times)
    start_bins = weekend_of(changed) * 24 + hour_of(changed).astype(np.int64)
    lengths = np.searchsorted(DURATION_EDGES, changes.durations)

    days = distinct(local[on] // DAY)
    new_days = days[days > usage.last_day_on] if not np.isnan(usage.last_day_on) else days
    noons = (new_days + 0.5) * DAY
    day_weight = np.exp(-(until - noons + clock.offset(noons)) / TAU)
    return Usage(
        start=usage.start,
        until=until,
        changed=float(changes.times[-1]) if changes.times.size else usage.changed,
        state=changes.final,
        ours=changes.final_ours,
        last_day_on=float(days[-1]) if days.size else usage.last_day_on,
        on=usage.on * decay + np.bincount(bins[on], seconds[on], 48).reshape(2, 24),
        known=usage.known * decay + np.bincount(bins[known], seconds[known], 48).reshape(2, 24),
        starts=usage.starts * decay + np.bincount(start_bins[switched], weight[switched], 48).reshape(2, 24),
        sun_on=usage.sun_on * decay + np.bincount(sun[on], seconds[on], 8),
        sun_known=usage.sun_known * decay + np.bincount(sun[known], seconds[known], 8),
        uses=usage.uses * decay + np.bincount(lengths[use], weight[use], 15),
        pauses=usage.pauses * decay + np.bincount(lengths[pause], weight[pause], 15),
        spent=usage.spent * decay
        + np.array(
            [
                (changes.durations[pause] * weight[pause]).sum(),
                (changes.durations[use] * weight[use]).sum(),
            ]
        ),
        causes=usage.causes * decay + np.bincount(changes.causes[~changes.ours], weight[~changes.ours], N_CAUSES),
        recent=usage.recent * np.exp(-(until - begin) / TAU_RECENT)
        + np.array([recently[on].sum(), recently[known].sum()]),
        days_on=usage.days_on * decay + float(day_weight.sum()),
    )


def pieces(
    begin: float,
    until: float,
    times: NDArray[np.float64],
    states: NDArray[np.int8],
    opening: int,
    clock: LocalTime,
    cuts: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cut [begin, until) at every change and local hour: edges [n + 1], middles of their hours, on and known [n].

    The middle of the hour stands for all of it, so that a cut within the hour does not change where it counts. `cuts`:
    moments within at which to cut as well.
    """
    whole = not np.any(clock.offset(np.array([begin, until])) % HOUR)
    step = HOUR if whole else HOUR / 4  # zones off the hour are off by quarters
    grid = np.arange(np.ceil(begin / step) * step, until, step)
    edges = distinct(np.concatenate(([begin, until], times, grid, () if cuts is None else cuts)))
    i = np.searchsorted(times, edges[:-1], side="right")
    held = np.concatenate(([opening], states))[i]
    cells = (np.floor(edges[:-1] / step) + 0.5) * step
    return edges, cells, held == ON, held != UNKNOWN


@dataclass(frozen=True, slots=True)
class Changes:
    """Real changes between on and off, gaps looked through, with how long what they ended had lasted.

    `ours`: made by us. `finished`: what ended was neither begun nor ended by us. `final`, `final_ours`: the last known
    reading, and whether it is ours.
    """

    times: NDArray[np.float64]
    states: NDArray[np.int8]
    causes: NDArray[np.int64]
    durations: NDArray[np.float64]
    ours: NDArray[np.bool_]
    finished: NDArray[np.bool_]
    final: int
    final_ours: bool

    @classmethod
    def between(
        cls,
        usage: Usage,
        times: NDArray[np.float64],
        states: NDArray[np.int8],
        causes: NDArray[np.int8],
        ours: NDArray[np.bool_],
    ) -> Changes:
        """Return the real changes among readings that follow on `usage`; `ours` [n] as of `timeline.made_by_us`."""
        known = states != UNKNOWN
        t, s, c, us = times[known], states[known], causes[known].astype(np.int64), ours[known]
        before = np.concatenate(([usage.state], s[:-1])) if s.size else s
        us_before = np.concatenate(([usage.ours], us[:-1])) if s.size else us
        real = (s != before) & (before != UNKNOWN)
        final, final_ours = (int(s[-1]), bool(us[-1])) if s.size else (usage.state, usage.ours)
        t, s, c, us, us_before = t[real], s[real], c[real], us[real], us_before[real]
        durations = np.diff(np.concatenate(([usage.changed], t)))
        who = np.clip(c, 0, N_CAUSES - 1)
        return cls(t, s, who, np.nan_to_num(durations), us, ~(us | us_before), final, final_ours)
