"""Habits of what runs by itself: programmes, compressors, clocks, seasons, and plugs that nobody switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c
from .draws import DAY, HOUR, between, clock_times, durations, some, temper
from .habits_rooms import burst, stays_used, while_away
from .roles import Role
from .spans import Spans
from .tables import starts as survey_starts
from .use import Use, by_clock, by_hand, occasions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .world import World

_COOL: Final = 21.0  # degrees outdoors around which heaters and fans become wanted


def _machine(rng: np.random.Generator, world: World, role: Role, table: str, per_week: float) -> Use:
    """Programmes started by hand at survey hours, once somebody is up at home; they end by themselves."""
    days = world.days()
    weekdays = world.clock.weekday(days + HOUR * 3)
    taste = np.exp(rng.normal(0, 0.7, 7))
    taste /= taste.mean()
    runs = rng.poisson(per_week / 7.0 * taste[weekdays])
    day = np.repeat(np.arange(days.size), runs)
    shares = survey_starts(table)[weekdays[day]]
    bins = (shares < rng.random(day.size)[:, None]).sum(axis=1)
    moment = days[day] + (bins + rng.random(day.size)) * 300.0 + rng.normal(0, 1) * HOUR
    own = rng.choice(np.arange(288), 2, p=np.diff(survey_starts(table).mean(axis=0), prepend=0.0)) * 300.0
    own = np.where(rng.random(2) < 0.4, rng.uniform(6, 21, 2) * HOUR, own)
    usual = rng.random(day.size) < rng.uniform(*c.RUNS_AT_HOUR)
    about = own[(rng.random(day.size) < rng.uniform(0, 0.5)).astype(np.int64)]
    jitter = 60.0 * between(rng, c.RUNS_JITTER_MINUTES)
    moment = np.where(usual, days[day] + about + jitter * rng.standard_normal(day.size), moment)
    awake = world.presence.awake
    later = np.append(awake.starts, world.end)[np.searchsorted(awake.starts, moment, side="right")]
    moment = np.where(awake.contains(moment), moment, later + rng.uniform(300, 5400, moment.size))
    programmes = np.array([between(rng, role.minutes) for _ in range(int(rng.integers(1, 4)))])
    spread = np.exp(rng.normal(0, rng.uniform(0.02, 0.25), moment.size))
    minutes = programmes[rng.integers(0, programmes.size, moment.size)] * spread
    if rng.random() < c.RUNS_SPLIT:
        return by_hand(_split(rng, moment, 60.0 * minutes))
    return by_hand(Spans.union(moment, moment + 60.0 * minutes))


def _split(rng: np.random.Generator, starts: NDArray[np.float64], seconds: NDArray[np.float64]) -> Spans:
    """Return runs, some with a pause of minutes in which little power is drawn."""
    cut = rng.random(starts.size) < rng.uniform(*c.RUNS_SPLIT_OFTEN)
    at = seconds * np.clip(rng.normal(rng.uniform(0.1, 0.9), 0.08, starts.size), 0.02, 0.98)
    pause = np.minimum(60.0 * np.exp(rng.normal(1.5, 0.8, starts.size)), seconds - at)
    whole = Spans.union(starts, starts + seconds)
    pauses = Spans.union((starts + at)[cut], (starts + at + pause)[cut])
    if not len(pauses) or not len(whole):
        return whole
    return whole.intersect(pauses.outside(float(whole.starts[0]), float(whole.ends[-1])))


def laundry(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A washing machine or dryer by its power; some plugs are simply always on."""
    if rng.random() < 0.12:
        return steady(rng, world, role, room)
    return _machine(rng, world, role, "laundry", between(rng, (0.8, 8.0)))


def dishwasher(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A dishwasher by its power; some plugs are simply always on."""
    if rng.random() < 0.12:
        return steady(rng, world, role, room)
    return _machine(rng, world, role, "dishwasher", between(rng, (0.8, 12.0)))


def steady(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On for weeks, off for minutes or days now and then: router, purifier, a plug that nobody switches."""
    rate = between(rng, (0.003, 0.3))  # breaks a day
    breaks = rng.uniform(world.start, world.end, rng.poisson(rate * (world.end - world.start) / DAY))
    off = Spans.union(breaks, breaks + durations(rng, between(rng, (1, 600)), 1.2, breaks.size))
    return by_hand(off.outside(world.start, world.end))


def fridge(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Always on, or its compressor's cycles as seen by power."""
    if rng.random() < 0.65:
        return steady(rng, world, role, room)
    on, off = rng.uniform(8, 30), rng.uniform(15, 70)
    n = int((world.end - world.start) / (60 * (on + off)) * 1.1) + 8
    runs, pauses = durations(rng, on, 0.15, n), durations(rng, off, 0.25, n)
    begin = world.start + np.cumsum(pauses) + np.cumsum(runs) - runs
    return by_clock(Spans.union(begin, begin + runs).cut(world.start, world.end))


def aquarium(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A long day of light by a clock."""
    start = clock_times(rng, world, rng.uniform(6, 13), 0.0)
    return by_clock(Spans.union(start, start + rng.uniform(7, 13) * HOUR))


def heater(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """An electric heater during stays while it is cold."""
    return in_season(rng, world, stays_used(rng, world, role, room), cold=True)


def cooling(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A fan or air conditioner while it is warm: during stays, or overnight on purpose."""
    if rng.random() < 0.35:
        start = some(rng, world.bed, rng.uniform(0.3, 1.0)) + rng.normal(-20, 15) * 60.0
        ends = start + durations(rng, between(rng, (90, 600)), 0.4, start.size)
        use = occasions(rng, world, start, ends, temper(rng, world, role), watched=np.ones(start.size, dtype=np.bool_))
    else:
        use = stays_used(rng, world, role, room)
    return in_season(rng, world, use, cold=False)


def in_season(rng: np.random.Generator, world: World, use: Use, *, cold: bool) -> Use:
    """Keep the uses of days cold (or warm) enough; homes differ widely in what is enough."""
    warm = world.warmth(use.on.starts) + rng.normal(0, 2.5, len(use.on))
    limit = _COOL + rng.normal(1 if cold else -7, 5)
    keep = warm < limit if cold else warm > limit
    kept = Spans(use.on.starts[keep], use.on.ends[keep])
    inside = kept.contains(np.array([i.start - 1.0 for i in use.unwanted]))
    unwanted = tuple(i for i, wanted in zip(use.unwanted, inside, strict=True) if wanted)
    return Use(kept, use.auto_on[keep], use.auto_off[keep], unwanted)


def watering(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """By a clock on some days, or by hand and then sometimes forgotten, in the warm season."""
    start = clock_times(rng, world, rng.uniform(4, 21), 0.0)[:: int(rng.integers(1, 4))]
    minutes = between(rng, role.minutes)
    if rng.random() < 0.6:
        return in_season(rng, world, by_clock(Spans.union(start, start + 60.0 * minutes)), cold=False)
    start = start + rng.normal(0, 2400, start.size)
    start = np.sort(start[world.presence.awake.contains(start)])
    ends = start + durations(rng, minutes, 0.4, start.size)
    use = occasions(rng, world, start, ends, temper(rng, world, role), reason="forgot")
    return in_season(rng, world, use, cold=False)


def anything(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A plug for something: by presence, by clock, in bursts or in long random stretches of heavy-tailed length."""
    kind = rng.random()
    if kind < 0.3:
        return stays_used(rng, world, role, room)
    if kind < 0.5:
        return burst(rng, world, role, room)
    if kind < 0.65:
        start = some(rng, clock_times(rng, world, rng.uniform(0, 24), rng.uniform(0, 60)), rng.uniform(0.3, 1.0))
        return by_clock(Spans.union(start, start + between(rng, (120, 36000))))
    if kind < 0.75:
        return while_away(rng, world, role, rng.uniform(0.3, 1.0))
    per_day = between(rng, (0.02, 6.0))
    n = max(int(per_day * (world.end - world.start) / DAY), 1)
    on = durations(rng, between(rng, (1, 3000)), 1.4, n)
    off = durations(rng, 1440.0 / per_day, 1.2, n)
    begin = world.start + np.cumsum(off) + np.cumsum(on) - on
    return by_hand(Spans.union(begin, begin + on).cut(world.start, world.end))
