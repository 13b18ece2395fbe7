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
        return float(_rate(self.on, self.known))


@dataclass(frozen=True, slots=True)
class Usages:
    """The fields of `Usage` at m moments: arrays of the same names and shapes, with the moments as a first axis.

    `history` [m]: how long the device had been known, in seconds. `state` [m]: the last known reading.
    """

    history: NDArray[np.float64]
    state: NDArray[np.int64]
    on: NDArray[np.float64]
    known: NDArray[np.float64]
    starts: NDArray[np.float64]
    sun_on: NDArray[np.float64]
    sun_known: NDArray[np.float64]
    uses: NDArray[np.float64]
    pauses: NDArray[np.float64]
    spent: NDArray[np.float64]
    causes: NDArray[np.float64]
    recent: NDArray[np.float64]
    days_on: NDArray[np.float64]

    @property
    def rate(self) -> NDArray[np.float64]:
        """Return `Usage.rate` at each moment [m]."""
        return _rate(self.on, self.known)


def _rate(on: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((on.sum(axis=(-2, -1)) + 0.05 * 2 * HOUR) / (known.sum(axis=(-2, -1)) + 2 * HOUR))


def advance(usage: Usage, timeline: Timeline, until: float, clock: LocalTime) -> Usage:
    """Return `usage` brought from `usage.until` to `until` with the changes that `timeline` holds in between.

    The timeline may hold more, before and after; that is not looked at, so reading twice changes nothing.
    """
    if not len(timeline) or until <= timeline.times[0] or until <= usage.until:
        return usage
    news = _News.of(usage, timeline, until)
    sums, last_day_on = news.sums(np.array([until]), clock)
    changes = news.changes
    return Usage(
        start=news.usage.start,
        until=until,
        changed=float(changes.times[-1]) if changes.times.size else news.usage.changed,
        state=changes.final,
        ours=changes.final_ours,
        last_day_on=last_day_on,
        **{name: found[0].copy() for name, found in sums.items()},  # a view would keep a second object of each
    )


def usages(usage: Usage, timeline: Timeline, moments: NDArray[np.float64], clock: LocalTime) -> Usages:
    """Return what `advance` makes of `usage` at each of `moments` [m], for looking back.

    They are Unix seconds, in order, none before `usage.until`, and the last not many days after the first. The timeline
    may hold more; each row rests on what it holds up to its own moment.
    """
    news = _News.of(usage, timeline, float(moments[-1]))
    usage, known = news.usage, news.states != UNKNOWN
    seen = np.searchsorted(news.times[known], moments, side="right")
    held = np.concatenate(([usage.state], news.states[known])).astype(np.int64)
    begun = moments > usage.until if news.fresh else np.ones(moments.size, dtype=np.bool_)
    return Usages(
        history=np.where(begun, np.maximum(moments, usage.until) - usage.start, 0.0),
        state=np.where(begun, held[seen], UNKNOWN),
        **news.sums(moments, clock)[0],
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Adds up, decaying with `tau` seconds, at `moments` [m].

    `left` [m]: what is left at each of what there was at the beginning. `back` [m]: how much more than at the last of
    them something weighs at each.
    """

    moments: NDArray[np.float64]
    tau: float
    left: NDArray[np.float64]
    back: NDArray[np.float64]

    @classmethod
    def since(cls, begin: float, moments: NDArray[np.float64], tau: float) -> _Sums:
        left = np.exp(-np.maximum(moments - begin, 0.0) / tau)
        return cls(moments, tau, left[:, None], np.exp((moments[-1] - moments) / tau)[:, None])

    def weight(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what something at `times` weighs at the last of the moments, same shape."""
        return np.asarray(np.exp((times - self.moments[-1]) / self.tau))

    def of(
        self,
        before: NDArray[np.float64],
        times: NDArray[np.float64],
        bins: NDArray[np.int64],
        weights: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return sums by bin [m, *before.shape] of weights as of the last moment, each from its own time on."""
        m, n = self.moments.size, before.size
        if m > 1:
            bins = bins + n * np.searchsorted(self.moments, times, side="left")
        added = np.bincount(bins, weights, m * n).reshape(m, n).cumsum(axis=0) * self.back
        return np.asarray((before.ravel() * self.left + added).reshape(m, *before.shape))


@dataclass(frozen=True, slots=True)
class _News:
    """What a timeline holds that `usage` does not know yet, up to a moment: readings [n] and who made them.

    `ours` [n]: as of `timeline.made_by_us`. `opening`: the reading that holds before the first. `fresh`: nothing was
    known before.
    """

    usage: Usage
    until: float
    times: NDArray[np.float64]
    states: NDArray[np.int8]
    ours: NDArray[np.bool_]
    opening: int
    fresh: bool
    changes: Changes

    @classmethod
    def of(cls, usage: Usage, timeline: Timeline, until: float) -> _News:
        fresh = bool(np.isnan(usage.until))
        begin = float(timeline.times[0]) if fresh else usage.until
        # The opening state of a recording is not a change: nobody switched anything then.
        first, last = (int(i) for i in np.searchsorted(timeline.times, (begin, max(begin, until)), side="right"))
        times, states, causes = timeline.times[first:last], timeline.states[first:last], timeline.causes[first:last]
        opening = int(timeline.states[first - 1]) if first else usage.state
        if fresh:
            by_us = bool(made_by_us(timeline.states[:1], timeline.causes[:1])[0])
            usage = Usage(start=begin, until=begin, changed=begin, state=opening, ours=by_us)
        ours = made_by_us(states, causes, usage.state, usage.ours)
        changes = Changes.between(usage, times, states, causes, ours)
        return cls(usage, until, times, states, ours, opening, fresh, changes)

    def sums(self, moments: NDArray[np.float64], clock: LocalTime) -> tuple[dict[str, NDArray[np.float64]], float]:
        """Return the sums of `Usage` at `moments` [m] by name, and the last local day with use."""
        held, last_day_on = self._held(moments, clock)
        return {**held, **self._changed(moments, clock)}, last_day_on

    def _held(self, moments: NDArray[np.float64], clock: LocalTime) -> tuple[dict[str, NDArray[np.float64]], float]:
        """Return what is counted in seconds, and the days."""
        usage, begin = self.usage, self.usage.until
        slow, quick = _Sums.since(begin, moments, TAU), _Sums.since(begin, moments, TAU_RECENT)
        cuts = moments[(moments > begin) & (moments < self.until)]
        others = np.where(self.ours, np.int8(UNKNOWN), self.states)
        opening = UNKNOWN if usage.ours else self.opening
        edges, cells, on, known = pieces(begin, max(begin, self.until), self.times, others, opening, clock, cuts)
        left, right = edges[:-1], edges[1:]
        seconds = TAU * (slow.weight(right) - slow.weight(left))
        recently = TAU_RECENT * (quick.weight(right) - quick.weight(left))
        # Many pieces lie in one hour: what the clock and the sky say of it is worked out once.
        opens = np.append(True, cells[1:] != cells[:-1])[: cells.size]
        hour, middles = np.cumsum(opens) - 1, cells[opens]
        by_hour = clock.local(middles)
        local = by_hour[hour]
        bins = (weekend_of(by_hour) * 24 + (by_hour % DAY // HOUR).astype(np.int64))[hour]
        sun = np.searchsorted(SUN_EDGES, clock.elevation(middles))[hour]
        both = np.repeat((0, 1), (on.sum(), known.sum()))
        before = -np.inf if np.isnan(usage.last_day_on) else usage.last_day_on
        latest = np.maximum.accumulate(np.append(before, local[on] // DAY))
        new = np.diff(latest) > 0
        noons = (latest[1:][new] + 0.5) * DAY
        found = {
            "on": slow.of(usage.on, right[on], bins[on], seconds[on]),
            "known": slow.of(usage.known, right[known], bins[known], seconds[known]),
            "sun_on": slow.of(usage.sun_on, right[on], sun[on], seconds[on]),
            "sun_known": slow.of(usage.sun_known, right[known], sun[known], seconds[known]),
            "recent": quick.of(
                usage.recent,
                np.concatenate((right[on], right[known])),
                both,
                np.concatenate((recently[on], recently[known])),
            ),
            "days_on": slow.of(
                np.array(usage.days_on),
                right[on][new],
                np.zeros(noons.size, dtype=np.int64),
                slow.weight(noons - clock.offset(noons)),
            ),
        }
        return found, float(latest[-1]) if new.any() else usage.last_day_on

    def _changed(self, moments: NDArray[np.float64], clock: LocalTime) -> dict[str, NDArray[np.float64]]:
        """Return what is counted in changes."""
        usage, changes, summed = self.usage, self.changes, _Sums.since(self.usage.until, moments, TAU)
        weight = summed.weight(changes.times)
        begun = changes.states == ON
        switched = begun & ~changes.ours
        use, pause = ~begun & changes.finished, begun & changes.finished
        local = clock.local(changes.times)
        hours = weekend_of(local) * 24 + hour_of(local).astype(np.int64)
        lengths = np.searchsorted(DURATION_EDGES, changes.durations)

        def count(
            before: NDArray[np.float64], which: NDArray[np.bool_], bins: NDArray[np.int64], each: NDArray[np.float64]
        ) -> NDArray[np.float64]:
            return summed.of(before, changes.times[which], bins[which], each[which])

        return {
            "starts": count(usage.starts, switched, hours, weight),
            "uses": count(usage.uses, use, lengths, weight),
            "pauses": count(usage.pauses, pause, lengths, weight),
            "spent": count(usage.spent, use | pause, use.astype(np.int64), changes.durations * weight),
            "causes": count(usage.causes, ~changes.ours, changes.causes, weight),
        }


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
    whole = not np.any(clock.offset(np.append(np.arange(begin, until, 30 * DAY), until)) % HOUR)
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
