"""Simple forecasts of one device's state, each with its support: the decoder weighs them.

*Analogs* ask what came of past moments like this one: the same state, then narrowed by how long it had lasted, by the
time of day and by weekend, each shrunk towards the coarser one. *Survival* asks how often a stretch that had lasted
so long went on. The rest are profiles by hour and the device's plain rate. What we did ourselves is no outcome: it
tells where the device stands now, and nothing of what people do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ON, UNKNOWN
from .localtime import DAY, HOUR, LocalTime, hour_of, weekend_of
from .usage import TAU, Usage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline

EXPERTS: Final = (
    "rate",
    "profile",
    "markov",
    "survival",
    "same_state",
    "same_state_elapsed",
    "same_state_clock",
    "same_state_clock_weekend",
    "same_state_elapsed_clock",
    "onset",
    "onset_clock",
    "clock",
    "clock_weekend",
)
"""Names of the forecasts, in the order of the arrays' last axis."""

MEMORY: Final = 56 * DAY
"""How far back analogs look, in seconds: what the long memory keeps of single changes."""
STEP: Final = HOUR / 2
TAU_CLOCK: Final = 14 * DAY
PRIOR: Final = 3.0  # moments of the coarser forecast that a finer one starts with
COARSER: Final = (None, 0, 0, 2, 1)  # what each of the five analogs by state is shrunk towards
CLOCK_WIDTH: Final = 0.75 * HOUR
ELAPSED_WIDTH: Final = 0.6  # of the natural logarithm


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts for m targets: `logit` and `support` [m, 13] (support is log(1 + weight of moments seen))."""

    logit: NDArray[np.float32]
    support: NDArray[np.float32]


def logit(p: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the log-odds of probabilities, held within one in two thousand of certainty."""
    q = np.clip(p, 5e-4, 1 - 5e-4)
    return np.asarray(np.log(q / (1 - q)))


def forecast(
    timeline: Timeline, usage: Usage, asof: float, targets: NDArray[np.float64], clock: LocalTime
) -> Forecasts:
    """Forecast whether the device is on at each of `targets` [m] (Unix seconds, after `asof`).

    `usage` and `timeline` must end at `asof`; nothing later is looked at.
    """
    m = targets.size
    p = np.zeros((m, len(EXPERTS)))
    support = np.zeros((m, len(EXPERTS)))
    rate = usage.rate
    horizon = np.maximum(targets - asof, 1.0)

    seen = timeline.until(asof)
    state, since = seen.current(asof)
    elapsed = max(asof - since, 0.0)
    now_on = float(state == ON)

    p[:, 0], support[:, 0] = rate, usage.known.sum() / HOUR
    p[:, 1], support[:, 1] = profile(usage, targets, clock)
    p[:, 2] = _markov(usage, now_on, horizon, p[:, 1]) if state != UNKNOWN else p[:, 1]
    support[:, 2] = usage.uses.sum() + usage.pauses.sum()
    p[:, 3:] = p[:, 1:2]
    others = seen.by_others()
    if state != UNKNOWN:
        past = seen.stretches(state)
        p[:, 3], support[:, 3] = _survival(past, since, state == ON, elapsed, horizon, rate)
        p[:, 4:9], support[:, 4:9] = _moments(others, state, elapsed, asof, targets, p[:, 1], clock)
        p[:, 9:11], support[:, 9:11] = _onsets(past, others, elapsed, asof, horizon, p[:, 4], clock)
    p[:, 11:13], support[:, 11:13] = _clock_analogs(others, asof, targets, rate, clock)
    return Forecasts(logit(p).astype(np.float32), np.log1p(support).astype(np.float32))


def profile(
    usage: Usage, targets: NDArray[np.float64], clock: LocalTime
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of time on at the hour and kind of day of `targets` [m], and the hours seen of it [m].

    Shrunk: hour and weekend towards the hour, the hour towards the device's rate.
    """
    local = clock.local(targets)
    hour, weekend = hour_of(local).astype(np.int64), weekend_of(local)
    return profiles(usage)[weekend, hour], usage.known[weekend, hour] / HOUR


def profiles(usage: Usage) -> NDArray[np.float64]:
    """Return the shrunk share of time on by weekend and local hour [2, 24]."""
    on, known = usage.on / HOUR, usage.known / HOUR
    coarse = (on.sum(axis=0) + 2.0 * usage.rate) / (known.sum(axis=0) + 2.0)
    return np.asarray((on + PRIOR * coarse) / (known + PRIOR))


def _markov(
    usage: Usage, now_on: float, horizon: NDArray[np.float64], settled: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two-state persistence: from the state of now towards `settled`, at the pace of past changes."""
    pauses, uses = usage.pauses.sum(), usage.uses.sum()
    pace = float((uses + 0.5) / (usage.spent[1] + HOUR) + (pauses + 0.5) / (usage.spent[0] + 12 * HOUR))
    # The share of time tells what the counts miss while a stretch is open.
    return np.asarray(settled + (now_on - settled) * np.exp(-horizon * min(pace, 1 / 60)))


def _survival(
    past: tuple[NDArray[np.float64], NDArray[np.float64]],
    since: float,
    on: bool,
    elapsed: float,
    horizon: NDArray[np.float64],
    rate: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kaplan–Meier of past stretches like the one since `since`: P(still so after the horizon), and else the rate.

    Support: at risk.
    """
    starts, ends = past
    lengths = ends - starts
    weight = np.exp(-(since - starts) / TAU)
    risk = weight[lengths > elapsed].sum()
    order = np.argsort(lengths)
    above = np.concatenate((np.cumsum((weight[order])[::-1])[::-1], [0.0]))
    left = above[np.searchsorted(lengths[order], elapsed + horizon, side="right")]
    # Without a stretch at risk, what has lasted long goes on long: a half-life of what has passed.
    prior = 1.0 / (1.0 + horizon / max(elapsed, 600.0))
    stay = (left + prior) / (risk + 1.0)
    return (stay + (1 - stay) * rate if on else (1 - stay) * max(rate, 0.02)), np.full(horizon.size, risk)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Past moments that keep the time of day of `asof`, the latest first, all of them within `MEMORY`: [n].

    `decay`: their weight by age. `hour`: by how near they are in time of day. `ahead`: for each target, where in
    `moments` those begin of which the outcome was known by `asof`; when each outcome was due [n]; and whether moment
    and outcome fall on the same kinds of day as `asof` and target [n].
    """

    moments: NDArray[np.float64]
    decay: NDArray[np.float64]
    hour: NDArray[np.float64]
    ahead: tuple[tuple[int, NDArray[np.float64], NDArray[np.bool_]], ...]


@lru_cache(maxsize=2)
def _grid(asof: float, targets: tuple[float, ...], clock: LocalTime) -> _Grid:
    """Return what is the same for all devices that are asked about at one moment."""
    moments = np.asarray(asof - STEP * np.arange(1, int(MEMORY / STEP) + 1), dtype=np.float64)
    gap = np.abs((asof - moments + DAY / 2) % DAY - DAY / 2)
    local = clock.local(moments)
    today, weekends = weekend_of(clock.local(asof)), weekend_of(clock.local(np.array(targets)))
    same_day = weekend_of(local) == today
    ahead = []
    for target, weekend in zip(targets, weekends, strict=True):
        later = moments + (target - asof)
        # By the clock of the moment: the hour that a change of clocks shifts in between does not matter here.
        alike = same_day & (weekend_of(local + (target - asof)) == weekend)
        ahead.append((int(np.searchsorted(-later, -asof, side="left")), later, alike))
    return _Grid(moments, np.exp(-(asof - moments) / TAU), np.exp(-0.5 * (gap / CLOCK_WIDTH) ** 2), tuple(ahead))


def _moments(
    seen: Timeline,
    state: int,
    elapsed: float,
    asof: float,
    targets: NDArray[np.float64],
    parent: NDArray[np.float64],
    clock: LocalTime,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Analogs on a grid of past moments that keeps the time of day of `asof`: [m, 5] and their weights."""
    p = np.repeat(parent[:, None], 5, axis=1)
    support = np.zeros_like(p)
    end = int((asof - max(float(seen.times[0]), asof - MEMORY)) / STEP)
    if not end:
        return p, support
    grid = _grid(asof, tuple(targets.tolist()), clock)
    moments = grid.moments[:end]
    i = np.searchsorted(seen.times, moments, side="right") - 1
    alike = (seen.states[i] == state).astype(np.float64) * grid.decay[:end]
    lasted = np.log((moments - seen.times[i] + 300.0) / (elapsed + 300.0))
    near = np.exp(-0.5 * (lasted / ELAPSED_WIDTH) ** 2)
    for k, (first, later, alike_day) in enumerate(grid.ahead):
        outcome = seen.at(later[first:end])
        weight = alike[first:] * (outcome != UNKNOWN)
        on = (outcome == ON).astype(np.float64)
        by_age, by_hour = weight * near[first:], weight * grid.hour[first:end]
        weights = (weight, by_age, by_hour, by_hour * alike_day[first:end], by_age * grid.hour[first:end])
        for level, (w, coarser) in enumerate(zip(weights, COARSER, strict=True)):
            total = float(w.sum())
            base = parent[k] if coarser is None else p[k, coarser]
            p[k, level] = (float(w @ on) + PRIOR * base) / (total + PRIOR)
            support[k, level] = total
    return p, support


def _onsets(
    past: tuple[NDArray[np.float64], NDArray[np.float64]],
    seen: Timeline,
    elapsed: float,
    asof: float,
    horizon: NDArray[np.float64],
    parent: NDArray[np.float64],
    clock: LocalTime,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Analogs at exactly this age of past stretches like this one: all, and those at this time of day. [m, 2]."""
    p = np.repeat(parent[:, None], 2, axis=1)
    support = np.zeros_like(p)
    starts, ends = past
    reached = (ends - starts > elapsed) & (starts > asof - MEMORY)
    moments = starts[reached] + elapsed
    if not moments.size:
        return p, support
    weight = np.exp(-(asof - moments) / TAU)
    gap = np.abs((clock.local(moments) - clock.local(asof) + DAY / 2) % DAY - DAY / 2)
    hour = np.exp(-0.5 * (gap / (2 * CLOCK_WIDTH)) ** 2)
    later = moments[None, :] + horizon[:, None]
    outcome = seen.at(later)
    valid = (later <= asof) & (outcome != UNKNOWN)
    on = (outcome == ON) & valid
    total, near = (valid * weight).sum(axis=1), (valid * weight * hour).sum(axis=1)
    p[:, 0] = ((on * weight).sum(axis=1) + parent) / (total + 1.0)
    p[:, 1] = ((on * weight * hour).sum(axis=1) + p[:, 0]) / (near + 1.0)
    support[:, 0], support[:, 1] = total, near
    return p, support


@dataclass(frozen=True, slots=True)
class _Days:
    """The targets' time of day on all days within `MEMORY`, the latest first: m targets, d days, five moments each.

    `around`: the moments [m, d, 5]. `weight`: what each counts by age and distance, 0 where it lies ahead [m, d, 5].
    `alike`: whether it is the target's kind of day [m, d, 1].
    """

    around: NDArray[np.float64]
    weight: NDArray[np.float64]
    alike: NDArray[np.bool_]


@lru_cache(maxsize=2)
def _days(asof: float, targets: tuple[float, ...], clock: LocalTime) -> _Days:
    """Return what is the same for all devices that are asked about at one moment."""
    asked = np.array(targets)
    first = np.ceil((asked - asof) / DAY)
    days = np.arange(int(MEMORY / DAY) + 1)
    offsets = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * STEP / 2
    kernel = np.exp(-0.5 * (offsets / CLOCK_WIDTH) ** 2)
    moments = (asked - first * DAY)[:, None] - days[None, :] * DAY  # the latest such moment, then day by day
    local = clock.local(asked)
    moments = moments + (local - asked)[:, None] - clock.offset(moments)
    around = moments[:, :, None] + offsets
    weight = np.exp(-np.maximum(asof - around, 0.0) / TAU_CLOCK) * kernel * (around <= asof)
    return _Days(around, weight, (weekend_of(clock.local(moments)) == weekend_of(local)[:, None])[:, :, None])


def _clock_analogs(
    seen: Timeline, asof: float, targets: NDArray[np.float64], rate: float, clock: LocalTime
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The state at the target's time of day on past days: every day, and the same kind of day. [m, 2]."""
    m = targets.size
    p, support = np.full((m, 2), rate), np.zeros((m, 2))
    if not len(seen):
        return p, support
    begin = max(float(seen.times[0]), asof - MEMORY)
    days = _days(asof, tuple(targets.tolist()), clock)
    count = int(max(asof - begin, 0.0) / DAY) + 1
    around, alike = days.around[:, :count], days.alike[:, :count]
    states = seen.at(around)
    weight = days.weight[:, :count] * ((around >= begin) & (states != UNKNOWN))
    on = weight * (states == ON)
    total, same = weight.sum(axis=(1, 2)), (weight * alike).sum(axis=(1, 2))
    p[:, 0] = (on.sum(axis=(1, 2)) + rate) / (total + 1.0)
    p[:, 1] = ((on * alike).sum(axis=(1, 2)) + PRIOR * p[:, 0]) / (same + PRIOR)
    support[:, 0], support[:, 1] = total, same
    return p, support
