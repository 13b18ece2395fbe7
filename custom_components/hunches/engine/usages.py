"""A device's aggregates at many moments of a stretch of history at once: what `usage.advance` gives for each of them.

For looking back: sums that the moments have in common are made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .home import ON, UNKNOWN
from .localtime import DAY, HOUR, LocalTime, hour_of, weekend_of
from .timeline import made_by_us
from .usage import DURATION_EDGES, N_CAUSES, SUN_EDGES, TAU, TAU_RECENT, Changes, Usage, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline


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
        on, known = self.on.sum(axis=(1, 2)), self.known.sum(axis=(1, 2))
        return np.asarray((on + 0.05 * 2 * HOUR) / (known + 2 * HOUR))


def usages(usage: Usage, timeline: Timeline, moments: NDArray[np.float64], clock: LocalTime) -> Usages:
    """Return what `usage` becomes at each of `moments` [m] (Unix seconds, in order, none before `usage.until`).

    The timeline may hold more; each row rests on what it holds up to its own moment.
    """
    fresh = np.isnan(usage.until)
    begin, last = float(timeline.times[0]) if fresh else usage.until, float(moments[-1])
    i, j = (int(k) for k in np.searchsorted(timeline.times, (begin, max(begin, last)), side="right"))
    times, states, causes = timeline.times[i:j], timeline.states[i:j], timeline.causes[i:j]
    opening = int(timeline.states[i - 1]) if i else usage.state
    if fresh:
        by_us = bool(made_by_us(timeline.states[:1], timeline.causes[:1])[0])
        usage = Usage(start=begin, until=begin, changed=begin, state=opening, ours=by_us)
    begun = moments > begin if fresh else np.ones(moments.size, dtype=np.bool_)
    since = np.maximum(moments - begin, 0.0)
    summed = _Sums(moments, np.exp(-since / TAU))
    known_at = np.flatnonzero(states != UNKNOWN)
    seen = np.searchsorted(times[known_at], moments, side="right")
    held = np.concatenate(([usage.state], states[known_at])).astype(np.int64)
    ours = made_by_us(states, causes, usage.state, usage.ours)
    return Usages(
        history=np.where(begun, np.maximum(moments, begin) - usage.start, 0.0),
        state=np.where(begun, held[seen], UNKNOWN),
        **_held(usage, moments, times, np.where(ours, np.int8(UNKNOWN), states), opening, clock, summed),
        **_changed(usage, Changes.between(usage, times, states, causes, ours), clock, summed),
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Adds up, decaying, at moments [m]; `decay` [m] is what is left of what there was at the beginning."""

    moments: NDArray[np.float64]
    decay: NDArray[np.float64]

    def of(
        self,
        before: NDArray[np.float64],
        times: NDArray[np.float64],
        bins: NDArray[np.int64],
        weights: NDArray[np.float64],
        decay: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return sums by bin [m, *before.shape] of weights as of the beginning, each from its own time on."""
        slot = np.searchsorted(self.moments, times, side="left")
        inside = slot < self.moments.size
        flat = slot[inside] * before.size + bins[inside]
        added = np.bincount(flat, weights[inside], self.moments.size * before.size)
        total = before.ravel() + added.reshape(self.moments.size, before.size).cumsum(axis=0)
        left = self.decay if decay is None else decay
        return np.asarray((total * left[:, None]).reshape(-1, *before.shape))


def _held(
    usage: Usage,
    moments: NDArray[np.float64],
    times: NDArray[np.float64],
    others: NDArray[np.int8],
    opening: int,
    clock: LocalTime,
    summed: _Sums,
) -> dict[str, NDArray[np.float64]]:
    """Return what is counted in seconds, and the days."""
    begin, last = usage.until, float(moments[-1])
    cuts = moments[(moments > begin) & (moments < last)]
    opening = UNKNOWN if usage.ours else opening
    if last > begin:
        edges, cells, on, known = pieces(begin, last, times, others, opening, clock, cuts)
    else:
        edges, cells, on, known = np.array([begin]), np.zeros(0), np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    left, right = edges[:-1] - begin, edges[1:] - begin
    seconds = TAU * (np.exp(right / TAU) - np.exp(left / TAU))
    recently = TAU_RECENT * (np.exp(right / TAU_RECENT) - np.exp(left / TAU_RECENT))
    fading = np.exp(-np.maximum(moments - begin, 0.0) / TAU_RECENT)
    local = clock.local(cells)
    bins = weekend_of(local) * 24 + (local % DAY // HOUR).astype(np.int64)
    sun = np.searchsorted(SUN_EDGES, clock.elevation(cells))
    ends = edges[1:]
    both = np.concatenate((np.zeros(int(on.sum()), np.int64), np.ones(int(known.sum()), np.int64)))
    days, first = np.unique(local[on] // DAY, return_index=True)
    new = ~(days <= usage.last_day_on)  # nan: all of them
    noons = (days[new] + 0.5) * DAY
    return {
        "on": summed.of(usage.on, ends[on], bins[on], seconds[on]),
        "known": summed.of(usage.known, ends[known], bins[known], seconds[known]),
        "sun_on": summed.of(usage.sun_on, ends[on], sun[on], seconds[on]),
        "sun_known": summed.of(usage.sun_known, ends[known], sun[known], seconds[known]),
        "recent": summed.of(
            usage.recent,
            np.concatenate((ends[on], ends[known])),
            both,
            np.concatenate((recently[on], recently[known])),
            fading,
        ),
        "days_on": summed.of(
            np.array([usage.days_on]),
            ends[on][first[new]],
            np.zeros(noons.size, dtype=np.int64),
            np.exp((noons - clock.offset(noons) - begin) / TAU),
        )[:, 0],
    }


def _changed(usage: Usage, changes: Changes, clock: LocalTime, summed: _Sums) -> dict[str, NDArray[np.float64]]:
    """Return what is counted in changes."""
    weight = np.exp((changes.times - usage.until) / TAU)
    begun = changes.states == ON
    switched = begun & ~changes.ours
    use, pause = ~begun & changes.finished, begun & changes.finished
    local = clock.local(changes.times)
    hours = weekend_of(local) * 24 + hour_of(local).astype(np.int64)
    lengths = np.searchsorted(DURATION_EDGES, changes.durations)
    finished = use | pause

    def count(
        before: NDArray[np.float64], which: NDArray[np.bool_], bins: NDArray[np.int64], each: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return summed.of(before, changes.times[which], bins[which], each[which])

    return {
        "starts": count(usage.starts, switched, hours, weight),
        "uses": count(usage.uses, use, lengths, weight),
        "pauses": count(usage.pauses, pause, lengths, weight),
        "spent": count(usage.spent, finished, use.astype(np.int64), changes.durations * weight),
        "causes": count(np.zeros(N_CAUSES) + usage.causes, ~changes.ours, changes.causes, weight),
    }
