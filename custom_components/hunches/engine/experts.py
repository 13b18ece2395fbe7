"""Simple forecasts of one device's state, each with its support: the decoder weighs them.

*Analogs* ask what came of past moments like this one: the same state, then narrowed by how long it had lasted, by the
time of day and by weekend, each shrunk towards the coarser one. *Survival* asks how often a stretch that had lasted
so long went on. The rest are profiles by hour and the device's plain rate. What we did ourselves is no outcome: it
tells where the device stands now, and nothing of what people do.

`forecast` asks at one moment; `analogs.py` asks at many at once. What is public here serves both: an argument [...] may
be of one moment (no axis) or of several (a first axis), `t` is the number of targets of each.
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
    from .usage import Usages

    Stretches = tuple[NDArray[np.float64], NDArray[np.float64]]
    """When each began and ended, [s] each."""

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

    p[:, 0], support[:, 0] = rate, usage.known.sum() / HOUR
    p[:, 1], support[:, 1] = profile(usage, targets, clock)
    p[:, 2] = markov(usage, state == ON, horizon, p[:, 1]) if state != UNKNOWN else p[:, 1]
    support[:, 2] = usage.uses.sum() + usage.pauses.sum()
    p[:, 3:] = p[:, 1:2]
    others = seen.by_others()
    if state != UNKNOWN:
        past = seen.stretches(state)
        p[:, 3], support[:, 3] = survival(past, since, state, elapsed, horizon, rate)
        p[:, 4:9], support[:, 4:9] = _moments(others, state, elapsed, asof, targets, p[:, 1], clock)
        p[:, 9:11], support[:, 9:11] = onsets(past, others, elapsed, asof, horizon, p[:, 4], clock)
    if len(others):
        p[:, 11:13], support[:, 11:13] = clock_analogs(others, _days(asof, tuple(targets.tolist()), clock), asof, rate)
    else:
        p[:, 11:13] = rate
    return Forecasts(logit(p).astype(np.float32), np.log1p(support).astype(np.float32))


def profile(
    usage: Usage, targets: NDArray[np.float64], clock: LocalTime
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of time on at the hour and kind of day of `targets` [t], and the hours seen of it [t].

    Shrunk: hour and weekend towards the hour, the hour towards the device's rate.
    """
    local = clock.local(targets)
    hour, weekend = hour_of(local).astype(np.int64), weekend_of(local)
    return profiles(usage)[weekend, hour], usage.known[weekend, hour] / HOUR


def profiles(usage: Usage | Usages) -> NDArray[np.float64]:
    """Return the shrunk share of time on by weekend and local hour [..., 2, 24]."""
    on, known = usage.on / HOUR, usage.known / HOUR
    rate = np.asarray(usage.rate)[..., None]
    coarse = (on.sum(axis=-2) + 2.0 * rate) / (known.sum(axis=-2) + 2.0)
    return np.asarray((on + PRIOR * coarse[..., None, :]) / (known + PRIOR))


def markov(
    usage: Usage | Usages, on: NDArray[np.bool_] | bool, horizon: NDArray[np.float64], settled: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return two-state persistence: from the state of now (`on` [...]) towards `settled`, at the pace of past changes.

    `horizon` [t] in seconds, `settled` and the answer [..., t].
    """
    pauses, uses = usage.pauses.sum(axis=-1), usage.uses.sum(axis=-1)
    pace = (uses + 0.5) / (usage.spent[..., 1] + HOUR) + (pauses + 0.5) / (usage.spent[..., 0] + 12 * HOUR)
    now = np.asarray(on, dtype=np.float64)[..., None]
    # The share of time tells what the counts miss while a stretch is open.
    return np.asarray(settled + (now - settled) * np.exp(-horizon * np.minimum(pace, 1 / 60)[..., None]))


def survival(
    past: Stretches,
    since: float,
    state: int,
    elapsed: NDArray[np.float64] | float,
    horizon: NDArray[np.float64],
    rate: NDArray[np.float64] | float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Kaplan–Meier chance of being on after `horizon` [t], and the weight of past stretches at risk.

    Both [..., t]. The stretch of `state` since `since` has lasted `elapsed` [...] seconds; where it ends, the `rate`
    [...] holds.
    """
    starts, ends = past
    lengths = ends - starts
    order = np.argsort(lengths)
    weight = np.exp(-(since - starts) / TAU)[order]
    above = np.concatenate((np.cumsum(weight[::-1])[::-1], [0.0]))
    age, share = np.asarray(elapsed)[..., None], np.asarray(rate)[..., None]
    risk = above[np.searchsorted(lengths[order], age, side="right")]
    left = above[np.searchsorted(lengths[order], age + horizon, side="right")]
    # Without a stretch at risk, what has lasted long goes on long: a half-life of what has passed.
    prior = 1.0 / (1.0 + horizon / np.maximum(age, 600.0))
    stay = (left + prior) / (risk + 1.0)
    p = stay + (1 - stay) * share if state == ON else (1 - stay) * np.maximum(share, 0.02)
    return p, np.broadcast_to(risk, p.shape)


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
    ons, totals = np.zeros((2, targets.size, 5))
    end = int((asof - max(float(seen.times[0]), asof - MEMORY)) / STEP)
    if not end:
        return narrowed(ons, totals, parent), totals
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
        totals[k] = [float(w.sum()) for w in weights]
        ons[k] = [float(w @ on) for w in weights]
    return narrowed(ons, totals, parent), totals


def narrowed(ons: NDArray[np.float64], totals: NDArray[np.float64], parent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share on among the five sorts of analogs [..., t, 5], each shrunk towards the coarser one.

    `ons`, `totals` [..., t, 5]: weight of those that were on, and of all. `parent` [..., t]: what the coarsest has.
    """
    p = np.empty_like(totals)
    for level, coarser in enumerate(COARSER):
        base = parent if coarser is None else p[..., coarser]
        p[..., level] = (ons[..., level] + PRIOR * base) / (totals[..., level] + PRIOR)
    return p


def onsets(
    past: Stretches,
    seen: Timeline,
    elapsed: NDArray[np.float64] | float,
    asof: NDArray[np.float64] | float,
    horizon: NDArray[np.float64],
    parent: NDArray[np.float64],
    clock: LocalTime,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return analogs at exactly this age of past stretches like this one, all and those at this time of day.

    [..., t, 2], and their weights. `elapsed`, `asof` [...]; `horizon` [t] in seconds; `parent` [..., t]: what all are
    shrunk towards.
    """
    starts, ends = past
    age, now = np.asarray(elapsed)[..., None], np.asarray(asof)[..., None]
    reached = (ends - starts > age) & (starts > now - MEMORY)
    some = np.atleast_2d(reached).any(axis=0)
    moments, reached = starts[some] + age, reached[..., some]
    weight = np.exp(-(now - moments) / TAU) * reached
    gap = np.abs((clock.local(moments) - clock.local(now) + DAY / 2) % DAY - DAY / 2)
    hour = np.exp(-0.5 * (gap / (2 * CLOCK_WIDTH)) ** 2)
    later = moments[..., None, :] + horizon[:, None]
    outcome = seen.at(later)
    valid = (later <= now[..., None]) & (outcome != UNKNOWN)
    weights = np.stack((weight, weight * hour), axis=-1)
    totals, ons = valid.astype(np.float64) @ weights, (valid & (outcome == ON)).astype(np.float64) @ weights
    every = (ons[..., 0] + parent) / (totals[..., 0] + 1.0)
    return np.stack((every, (ons[..., 1] + every) / (totals[..., 1] + 1.0)), axis=-1), totals


@dataclass(frozen=True, slots=True)
class Days:
    """The targets' time of day on all days within `MEMORY`, the latest first: t targets, d days, five moments each.

    `around`: the moments [..., t, d, 5]. `weight`: what each counts by age and distance, 0 where it lies ahead,
    [..., t, d, 5]. `alike`: whether it is the target's kind of day [..., t, d].
    """

    around: NDArray[np.float64]
    weight: NDArray[np.float64]
    alike: NDArray[np.bool_]

    @classmethod
    def of(cls, asof: NDArray[np.float64] | float, targets: NDArray[np.float64], days: int, clock: LocalTime) -> Days:
        """Return the last `days` days before `asof` [...] for `targets` [..., t]."""
        now = np.asarray(asof)[..., None]
        first = np.ceil((targets - now) / DAY)
        offsets = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * STEP / 2
        kernel = np.exp(-0.5 * (offsets / CLOCK_WIDTH) ** 2)
        moments = (targets - first * DAY)[..., None] - np.arange(days) * DAY  # the latest such moment, then day by day
        local = clock.local(targets)
        moments = moments + (local - targets)[..., None] - clock.offset(moments)
        around = moments[..., None] + offsets
        age = now[..., None, None] - around
        weight = np.exp(-np.maximum(age, 0.0) / TAU_CLOCK) * kernel * (age >= 0)
        return cls(around, weight, weekend_of(clock.local(moments)) == weekend_of(local)[..., None])

    def at(self, rows: NDArray[np.int64]) -> Days:
        """Return those of some of the moments."""
        return Days(self.around[rows], self.weight[rows], self.alike[rows])


@lru_cache(maxsize=2)
def _days(asof: float, targets: tuple[float, ...], clock: LocalTime) -> Days:
    """Return what is the same for all devices that are asked about at one moment."""
    return Days.of(asof, np.array(targets), int(MEMORY / DAY) + 1, clock)


def clock_analogs(
    seen: Timeline, days: Days, asof: NDArray[np.float64] | float, rate: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the state at the target's time of day on past days, all and those of its kind, and their weights.

    Both [..., t, 2]. `days` as seen from `asof` [...]; `seen` is not empty; `rate` [...]: what all are shrunk towards.
    """
    now, share = np.asarray(asof), np.asarray(rate)[..., None]
    begin = np.maximum(seen.times[0], now - MEMORY)
    count = (np.maximum(now - begin, 0.0) / DAY).astype(np.int64) + 1
    most = int(count.max())
    around, weight, alike = days.around[..., :most, :], days.weight[..., :most, :], days.alike[..., :most]
    states = seen.at(around)
    within = (np.arange(alike.shape[-1]) < count[..., None])[..., None, :, None]
    weight = weight * ((around >= begin[..., None, None, None]) & (states != UNKNOWN) & within)
    by_day, on = weight.sum(axis=-1), (weight * (states == ON)).sum(axis=-1)
    total, same = by_day.sum(axis=-1), (by_day * alike).sum(axis=-1)
    every = (on.sum(axis=-1) + share) / (total + 1.0)
    of_kind = ((on * alike).sum(axis=-1) + PRIOR * every) / (same + PRIOR)
    return np.stack((every, of_kind), axis=-1), np.stack((total, same), axis=-1)
