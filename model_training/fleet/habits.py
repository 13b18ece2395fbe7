"""The habits behind each role: from a home's people, rooms and sky to one device's use.

A habit draws its own parameters, so that two kitchens differ as two homes do; called twice with different draws it
gives the use before and after a change of habits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c
from .people import AWAY
from .roles import Hours, Role
from .spans import Spans
from .tables import starts as machine_starts
from .use import Temper, Use, attended, by_clock, by_hand, occasions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .world import World

    Habit = Callable[[np.random.Generator, World, Role, int], Use]

_HOUR: Final = 3600.0
_DAY: Final = 86400.0
_COOL: Final = 21.0  # degrees outdoors above which fans and air conditioners are wanted, below which heaters are


def temper(rng: np.random.Generator, world: World, role: Role) -> Temper:
    """Draw how one device is treated."""
    factor = role.forget * float(np.exp(rng.normal(0, c.FORGET_SIGMA / 2)))
    timer = np.inf
    if rng.random() < c.AUTO_OFF:
        timer = 60.0 * float(np.exp(rng.uniform(*np.log(c.AUTO_OFF_MINUTES))))
    return Temper(
        world.forget * factor,
        bool(rng.random() < c.KEPT_WHILE_AWAY),
        bool(rng.random() < c.KEPT_AT_NIGHT),
        timer,
        60.0 * c.NOTICE_MINUTES[0] * float(np.exp(rng.normal(0, 0.7))),
    )


def _bumps(rng: np.random.Generator, hours: Hours) -> list[tuple[float, float, float]]:
    """Return a home's own version of a role's hours."""
    return [
        (hour + rng.normal(0, 0.8), width * float(np.exp(rng.normal(-0.2, 0.4))), height * float(np.exp(rng.normal(0, 0.6))))
        for hour, width, height in hours
    ]


def _profile(bumps: list[tuple[float, float, float]], hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of hours of the day, at most 1."""
    if not bumps:
        return np.ones_like(hour)
    total = np.zeros_like(hour)
    for centre, width, height in bumps:
        apart = np.abs((hour - centre + 12.0) % 24.0 - 12.0)
        total += height * np.exp(-0.5 * (apart / width) ** 2)
    return np.asarray(total / max(max(height for _, _, height in bumps), 1e-6)).clip(0.0, 1.0)


def _between(rng: np.random.Generator, pair: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(pair))))


def _durations(rng: np.random.Generator, median: float, sigma: float, n: int) -> NDArray[np.float64]:
    """Return lognormal durations in seconds, no shorter than seven; `median` in minutes."""
    return np.maximum(60.0 * median * np.exp(rng.normal(0, sigma, n)), 7.0)


def _on_at(rng: np.random.Generator, wish: NDArray[np.bool_], moments: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(wish, moments + np.exp(rng.normal(1.2, 0.8, moments.size)), np.nan)


def light(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Switched on in the dark while somebody is in the room (Richardson), by hand or by motion."""
    spans = world.occupied[room]
    n = len(spans)
    threshold = max(rng.normal(*c.DARK_BELOW), 10.0) * float(np.exp(rng.normal(0, c.ROOM_FACTOR_SIGMA)))
    dark = world.sky.at(world.sky.dark_from(threshold), spans.starts)
    moment = np.maximum(dark + np.where(dark > spans.starts, rng.uniform(0, 900, n), 0.0), spans.starts)
    by_day = rng.random(n) < c.LIT_BY_DAY
    moment = np.where(by_day, spans.starts, moment)
    if not role.hours and role.stay_minutes[1] == 0 and rng.random() < 0.16:  # a motion light
        hold = _between(rng, (45.0, 900.0))
        lit = moment < spans.ends
        return by_clock(Spans.union(moment[lit] + 1.0, spans.ends[lit] + hold))
    chance = rng.uniform(*role.chance) * _profile(_bumps(rng, role.hours), world.clock.hour(moment.clip(world.start, world.end)))
    chance = np.where(spans.ends - spans.starts < 25.0, chance * rng.uniform(0.1, 1.0), chance)
    late = world.presence.asleep.contains(spans.starts - 60.0)  # up at night: not everybody wants a light
    chance = np.where(late, chance * rng.uniform(0.0, 1.0), chance)
    wish = (rng.random(n) < chance) & (moment < spans.ends)
    wish &= spans.ends - moment >= 60.0 * rng.uniform(*role.stay_minutes) * np.exp(rng.normal(0, 0.5, n))
    bins = np.array(c.LIGHT_MINUTES, dtype=np.float64)[rng.integers(0, len(c.LIGHT_MINUTES), n)]
    lasting = 60.0 * (bins[:, 0] + rng.random(n) * (bins[:, 1] - bins[:, 0] + 0.5))
    limited = rng.random(n) < rng.uniform(*c.LIGHT_ENDS_BY_DURATION)
    return attended(
        rng, world, room, _on_at(rng, wish, moment), np.where(limited, lasting, np.inf), temper(rng, world, role)
    )


def stays_used(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On during a share of the longer stays in its room: television, computer."""
    spans = world.occupied[room]
    n = len(spans)
    length = spans.ends - spans.starts
    chance = rng.uniform(*role.chance) * _profile(_bumps(rng, role.hours), world.clock.hour(spans.starts))
    wish = (rng.random(n) < chance) & (length >= 60.0 * rng.uniform(*role.stay_minutes) * np.exp(rng.normal(0, 0.6, n)))
    moment = spans.starts + np.minimum(np.exp(rng.normal(4.5, 1.2, n)), length * 0.5)
    limit = np.where(rng.random(n) < 0.25, _durations(rng, 60.0, 0.9, n), np.inf)
    return attended(rng, world, room, _on_at(rng, wish, moment), limit, temper(rng, world, role))


def music(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Like television, or, in some homes, on for the dog whenever nobody is at home."""
    if rng.random() < 0.12:
        return _while_away(rng, world, role, rng.uniform(0.6, 1.0))
    return stays_used(rng, world, role, room)


def _visits(
    rng: np.random.Generator, world: World, role: Role, room: int, per_day: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (moments, ends of the stays) of uses spread over the stays in a room, `per_day` on average."""
    spans = world.occupied[room]
    if not len(spans):
        return np.zeros(0), np.zeros(0)
    weight = _profile(_bumps(rng, role.hours), world.clock.hour(spans.starts)) + 0.01
    weight = weight * np.minimum(spans.ends - spans.starts, 600.0)
    expected = per_day * (world.end - world.start) / _DAY
    used = np.flatnonzero(rng.random(len(spans)) < expected * weight / weight.sum())
    moment = spans.starts[used] + rng.uniform(0.0, 0.8, used.size) * np.minimum((spans.ends - spans.starts)[used], 900.0)
    return moment, spans.ends[used]


def short(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A short use that ends by itself: kettle, microwave, shower."""
    moment, _ = _visits(rng, world, role, room, _between(rng, role.per_day))
    sigma = rng.uniform(0.15, 0.7)
    ends = moment + _durations(rng, _between(rng, role.minutes), sigma, moment.size)
    return by_hand(Spans.union(moment, ends, gap=5.0))


def burst(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A use of a certain length that somebody has to end: coffee machine, cooker, exhaust fan."""
    moment, stay_end = _visits(rng, world, role, room, _between(rng, role.per_day))
    ends = moment + _durations(rng, _between(rng, role.minutes), rng.uniform(0.3, 1.0), moment.size)
    mine = temper(rng, world, role)
    if rng.random() < 0.3:  # switches itself off
        fixed = _between(rng, role.minutes) * 60.0
        return Use(*_timed(moment, fixed))
    return occasions(rng, world, moment, ends, mine, watched=ends < stay_end)


def _timed(moment: NDArray[np.float64], seconds: float) -> tuple[Spans, NDArray[np.bool_], NDArray[np.bool_]]:
    on = Spans.union(moment, moment + seconds)
    return on, np.zeros(len(on), dtype=np.bool_), np.ones(len(on), dtype=np.bool_)


def _clock_times(rng: np.random.Generator, world: World, hour: float, sigma_minutes: float) -> NDArray[np.float64]:
    """Return one moment for each local day at `hour` (above 24: after midnight)."""
    days = world.days()
    return np.asarray(days + hour * _HOUR + rng.normal(0, 1, days.size) * sigma_minutes * 60.0)


def _next(moments: NDArray[np.float64], after: NDArray[np.float64], otherwise: float) -> NDArray[np.float64]:
    """Return for each of `after` the first of the sorted `moments` later than it."""
    i = np.searchsorted(moments, after, side="right")
    return np.append(moments, otherwise)[i]


def _sometimes(rng: np.random.Generator, moments: NDArray[np.float64], chance: float) -> NDArray[np.float64]:
    return moments[rng.random(moments.size) < chance]


def _while_away(rng: np.random.Generator, world: World, role: Role, chance: float) -> Use:
    start = _sometimes(rng, world.leave, chance)
    lag = np.exp(rng.normal(4.0, 0.8, start.size))
    return occasions(rng, world, start - 2 * lag, _next(world.back, start, world.end) + lag, temper(rng, world, role))


def _until_bed(rng: np.random.Generator, world: World, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return when each evening that begins at `start` ends: shortly before the household sleeps or leaves."""
    ends = np.minimum(_next(world.bed, start, world.end), start + 14 * _HOUR)
    return np.asarray(ends - np.exp(rng.normal(5.5, 0.8, ends.size)))


def porch(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Dusk to dawn, dusk to a fixed hour, by motion, or by hand at dusk and at bedtime (and forgotten then)."""
    dusk = world.sky.dusks + rng.normal(0, 25) * 60.0
    kind = rng.random()
    if kind < 0.25:
        return by_clock(Spans.union(dusk, _next(world.sky.dawns, dusk, world.end) + rng.normal(0, 20) * 60.0))
    if kind < 0.5:
        off = _clock_times(rng, world, rng.uniform(21, 25.5), 0.0 if rng.random() < 0.7 else 10.0)
        off = np.sort(off)
        ends = _next(off, dusk, world.end)
        keep = ends - dusk < 12 * _HOUR
        return by_clock(Spans.union(dusk[keep], ends[keep]))
    if kind < 0.62:
        spans = world.occupied[room]
        passing = np.sort(np.concatenate([spans.starts, world.leave, world.back, rng.uniform(world.start, world.end, 60)]))
        lit = world.sky.at(world.sky.irradiance, passing) < rng.uniform(5, 60)
        return by_clock(Spans.union(passing[lit], passing[lit] + _between(rng, (30, 600))))
    start = _sometimes(rng, dusk, rng.uniform(0.2, 1.0)) + rng.exponential(1500.0, 1)
    start = start + rng.exponential(_between(rng, (300, 5400)), start.size)
    home = ~world.presence.away.contains(start)
    start = np.where(home, start, _next(world.back, start, world.end))
    start = np.unique(start[start < world.end])
    if rng.random() < 0.25:  # burns all night on purpose
        ends = np.maximum(_next(world.wake, start, world.end), _next(world.sky.dawns, start, world.end))
        ends = np.minimum(ends + rng.exponential(1800.0, ends.size), start + 18 * _HOUR)
        return occasions(rng, world, start, ends, temper(rng, world, role), reason="forgot")
    return occasions(rng, world, start, _until_bed(rng, world, start), temper(rng, world, role))


def night_light(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On all night, wanted: by a clock, or from bedtime to waking."""
    if rng.random() < 0.4:
        start = _clock_times(rng, world, rng.uniform(18.5, 23), 0.0)
        return by_clock(Spans.union(start, start + rng.uniform(6, 12) * _HOUR))
    start = _sometimes(rng, world.bed, rng.uniform(0.5, 1.0)) - _between(rng, (300, 7200))
    ends = _next(world.wake, start, world.end) + rng.exponential(1800.0, start.size)
    return occasions(rng, world, start, ends, temper(rng, world, role))


def decoration(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Evening lights for the eye: a timer, sunset, or by hand; in some homes only for a season of weeks."""
    low, high = world.start, world.end
    if rng.random() < 0.4:
        low = rng.uniform(world.start - 20 * _DAY, world.end)
        high = low + rng.uniform(10, 50) * _DAY
    if rng.random() < 0.6:
        start = world.sky.dusks + rng.normal(0, 30) * 60.0
        if rng.random() < 0.5:
            start = _clock_times(rng, world, rng.uniform(6, 19), 0.0)
        span = Spans.union(start, start + rng.uniform(2, 9) * _HOUR)
        return by_clock(span.cut(low, high) if high > low else span)
    start = _sometimes(rng, world.sky.dusks, rng.uniform(0.3, 1.0)) + rng.exponential(2400.0, 1)
    start = start[(start > low) & (start < high) & ~world.presence.away.contains(start)]
    return occasions(rng, world, start, _until_bed(rng, world, start), temper(rng, world, role))


def _machine(rng: np.random.Generator, world: World, role: Role, table: str, per_week: float) -> Use:
    """Programmes started by hand at survey hours, once somebody is up at home; they end by themselves."""
    days = world.days()
    weekdays = world.clock.weekday(days + _HOUR * 3)
    taste = np.exp(rng.normal(0, 0.7, 7))
    taste /= taste.mean()
    runs = rng.poisson(per_week / 7.0 * taste[weekdays])
    day = np.repeat(np.arange(days.size), runs)
    if not day.size:
        return by_hand(Spans.none())
    shares = machine_starts(table)
    u = rng.random(day.size)
    bins = np.array([int(np.searchsorted(shares[w], x)) for w, x in zip(weekdays[day], u, strict=True)])
    moment = days[day] + (bins + rng.random(day.size)) * 300.0 + rng.normal(0, 1) * _HOUR
    awake = world.presence.awake
    if len(awake):
        later = np.append(awake.starts, world.end)[np.searchsorted(awake.starts, moment, side="right")]
        moment = np.where(awake.contains(moment), moment, later + rng.uniform(300, 5400, moment.size))
    programmes = np.array([_between(rng, role.minutes) for _ in range(int(rng.integers(1, 4)))])
    minutes = programmes[rng.integers(0, programmes.size, moment.size)] * np.exp(rng.normal(0, rng.uniform(0.02, 0.25), moment.size))
    return by_hand(Spans.union(moment, moment + 60.0 * minutes))


def laundry(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A washing machine or dryer by its power; some plugs are simply always on."""
    if rng.random() < 0.12:
        return steady(rng, world, role, room)
    return _machine(rng, world, role, "laundry", _between(rng, (0.8, 8.0)))


def dishwasher(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A dishwasher by its power; some plugs are simply always on."""
    if rng.random() < 0.12:
        return steady(rng, world, role, room)
    return _machine(rng, world, role, "dishwasher", _between(rng, (0.8, 9.0)))


def steady(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On for weeks, off for minutes or days now and then: router, purifier, a plug that nobody switches."""
    rate = _between(rng, (0.003, 0.15))  # breaks a day
    breaks = rng.uniform(world.start, world.end, rng.poisson(rate * (world.end - world.start) / _DAY))
    off = Spans.union(breaks, breaks + _durations(rng, _between(rng, (1, 600)), 1.2, breaks.size))
    return by_hand(off.outside(world.start, world.end))


def fridge(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Always on, or its compressor's cycles as seen by power."""
    if rng.random() < 0.65:
        return steady(rng, world, role, room)
    on, off = rng.uniform(8, 30), rng.uniform(15, 70)
    n = int((world.end - world.start) / (60 * (on + off)) * 1.1) + 8
    runs, pauses = _durations(rng, on, 0.15, n), _durations(rng, off, 0.25, n)
    begin = world.start + np.cumsum(pauses) + np.cumsum(runs) - runs
    return by_clock(Spans.union(begin, begin + runs).cut(world.start, world.end))


def aquarium(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A long day of light by a clock."""
    start = _clock_times(rng, world, rng.uniform(6, 13), 0.0)
    return by_clock(Spans.union(start, start + rng.uniform(7, 13) * _HOUR))


def charger(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Overnight, or from coming home until full."""
    chance = rng.uniform(0.2, 1.0)
    if rng.random() < 0.5:
        start = _sometimes(rng, world.bed, chance) - rng.exponential(900.0, 1)
        return occasions(
            rng, world, start, _next(world.wake, start, world.end) + rng.exponential(1200.0, start.size),
            temper(rng, world, role),
        )  # fmt: skip
    start = _sometimes(rng, world.back, chance * 0.6) + rng.exponential(600.0, 1)
    length = _durations(rng, _between(rng, role.minutes), 0.6, start.size)
    on = Spans.union(start, start + length)
    return Use(on, np.zeros(len(on), dtype=np.bool_), np.ones(len(on), dtype=np.bool_))


def thermostat(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On all winter, by a daily programme, or switched off by hand when leaving or sleeping (and forgotten)."""
    days = world.days()
    cold = world.warmth(days + _DAY / 2) + rng.normal(0, 2) < rng.uniform(12, 22)
    season = Spans.union(days[cold], days[cold] + _DAY, gap=60.0)
    kind = rng.random()
    if kind < 0.35 or not len(season):
        if rng.random() < 0.3:
            return steady(rng, world, role, room)
        return by_hand(season)
    if kind < 0.65:
        start = _clock_times(rng, world, rng.uniform(4.5, 8), 0.0)
        morning = Spans.union(start, start + rng.uniform(1, 5) * _HOUR)
        start = _clock_times(rng, world, rng.uniform(14, 18.5), 0.0)
        evening = Spans.union(start, start + rng.uniform(3, 8) * _HOUR)
        on = Spans.union(np.append(morning.starts, evening.starts), np.append(morning.ends, evening.ends))
        return by_clock(on.intersect(season))
    start = world.back if kind < 0.82 else world.wake
    stop = world.leave if kind < 0.82 else world.bed
    start = start[season.contains(start)] + rng.exponential(600.0, 1)
    ends = _next(stop, start, world.end) - rng.exponential(300.0, start.size)
    return occasions(rng, world, start, np.maximum(ends, start + 60.0), temper(rng, world, role))


def heater(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """An electric heater during stays while it is cold."""
    return _season(rng, world, stays_used(rng, world, role, room), cold=True)


def cooling(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A fan or air conditioner while it is warm: during stays, or overnight on purpose."""
    use = overnight(rng, world, role, room) if rng.random() < 0.35 else stays_used(rng, world, role, room)
    return _season(rng, world, use, cold=False)


def _season(rng: np.random.Generator, world: World, use: Use, *, cold: bool) -> Use:
    """Keep the uses of days warm (or cold) enough; homes differ widely in what is enough."""
    n = len(use.on)
    warm = world.warmth(use.on.starts) + rng.normal(0, 2.5, n)
    limit = _COOL + rng.normal(-4 if cold else -3, 5)
    keep = warm < limit if cold else warm > limit
    kept = Spans(use.on.starts[keep], use.on.ends[keep])
    unwanted = tuple(i for i in use.unwanted if kept.contains(np.array([i.start - 1.0]))[0])
    return Use(kept, use.auto_on[keep], use.auto_off[keep], unwanted)


def overnight(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On from about bedtime until somebody is up, wanted; left on after that if forgotten."""
    start = _sometimes(rng, world.bed, rng.uniform(0.3, 1.0)) + rng.normal(-20, 15) * 60.0
    ends = _next(world.wake, start, world.end) + rng.exponential(_between(rng, (120, 3600)), start.size)
    return occasions(rng, world, start, ends, temper(rng, world, role))


def blind(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Open by day: with the sun, by a clock, or by hand at waking and at dusk or bedtime; some hardly ever move."""
    kind = rng.random()
    if kind < 0.15:
        return steady(rng, world, role, room)
    if kind < 0.45:
        if rng.random() < 0.5:
            start = world.sky.dawns + rng.normal(20, 30) * 60.0
        else:
            start = np.sort(_clock_times(rng, world, rng.uniform(6, 9), 0.0))
        ends = _next(world.sky.dusks, start, world.end) + rng.normal(10, 20) * 60.0
        return by_clock(Spans.union(start, ends))
    start = _sometimes(rng, world.wake, rng.uniform(0.5, 1.0))
    start = start + rng.exponential(_between(rng, (120, 3600)), start.size)
    if rng.random() < 0.6:
        ends = _next(world.sky.dusks, start, world.end) + rng.exponential(2400.0, start.size)
        here = ~world.presence.away.contains(ends)
        ends = np.where(here, ends, _next(world.back, ends, world.end) + 120.0)
    else:
        ends = _until_bed(rng, world, start)
    return occasions(rng, world, start, np.minimum(ends, world.end), temper(rng, world, role))


def garage_door(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Open for a minute or two as a driver leaves or comes back, sometimes for an afternoon; left open now and then."""
    moments = []
    for person in world.people:
        if person.driver:
            turns = person.plan.starts[1:][(person.plan.states[1:] == AWAY) != (person.plan.states[:-1] == AWAY)]
            moments.append(_sometimes(rng, turns, rng.uniform(0.4, 1.0)))
    passing = np.sort(np.concatenate([*moments, np.zeros(0)])) + rng.normal(0, 40)
    gone = np.maximum(passing, world.start)
    spans = world.occupied[room]
    stay = np.flatnonzero(rng.random(len(spans)) < rng.uniform(0.0, 0.5))
    start = np.concatenate([gone, spans.starts[stay]])
    ends = np.concatenate([gone + _durations(rng, _between(rng, (0.4, 4)), 0.6, gone.size), spans.ends[stay] + 20.0])
    if rng.random() < 0.2:  # closes by itself
        on = Spans.union(start, np.minimum(ends, start + _between(rng, (120, 900))))
        return Use(on, np.zeros(len(on), dtype=np.bool_), np.ones(len(on), dtype=np.bool_))
    mine = temper(rng, world, role)
    return occasions(rng, world, start, ends, mine)


def lock(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Unlocked: nearly always, for each passage, or from getting up (coming back) to bedtime (leaving)."""
    kind = rng.random()
    if kind < 0.15:  # a home that never locks, but for long absences
        absent = world.presence.away.longer(_between(rng, (20, 80)) * _HOUR)
        return by_hand(absent.outside(world.start, world.end))
    turns = [p.plan.starts[1:][(p.plan.states[1:] == AWAY) != (p.plan.states[:-1] == AWAY)] for p in world.people]
    passing = np.sort(np.concatenate(turns))
    if kind < 0.35:  # locks itself
        on, auto_on, auto_off = _timed(passing, _between(rng, (30, 900)))
        return Use(on, auto_on, auto_off)
    if kind < 0.55:  # locked at once, by hand
        ends = passing + _durations(rng, _between(rng, (0.3, 3)), 0.7, passing.size)
        return occasions(rng, world, passing - 10.0, ends, temper(rng, world, role))
    night, away = kind < 0.8 or rng.random() < 0.7, kind >= 0.7
    start, stop = [world.back] if away else [], [world.leave] if away else []
    if night:
        first = _next(passing, world.wake, world.end)  # unlocked by whoever goes out first
        start.append(first)
        stop.append(world.bed - np.exp(rng.normal(6.0, 0.8, world.bed.size)))
    begin, finish = np.sort(np.concatenate(start)), np.sort(np.concatenate(stop))
    ends = _next(finish, begin, world.end) + rng.uniform(0, 40, begin.size)
    return occasions(rng, world, np.unique(begin), ends[np.unique(begin, return_index=True)[1]], temper(rng, world, role))


def watering(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """By a clock on some days, or by hand and then sometimes forgotten, in the warm season."""
    every = int(rng.integers(1, 4))
    start = _clock_times(rng, world, rng.uniform(4, 21), 0.0)[:: every]
    minutes = _between(rng, role.minutes)
    if rng.random() < 0.6:
        return _season(rng, world, by_clock(Spans.union(start, start + 60.0 * minutes)), cold=False)
    start = start + rng.normal(0, 2400, start.size)
    start = np.sort(start[world.presence.awake.contains(start)])
    ends = start + _durations(rng, minutes, 0.4, start.size)
    return _season(rng, world, occasions(rng, world, start, ends, temper(rng, world, role), reason="forgot"), cold=False)


def mode(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A switch of the mind: guests, holidays, night, away, work; by hand or by automation."""
    kind = rng.random()
    if kind < 0.3:
        on = Spans.union(world.bed, _next(world.wake, world.bed, world.end))
    elif kind < 0.6:
        on = Spans.union(world.leave, _next(world.back, world.leave, world.end))
    else:
        begin = rng.uniform(world.start, world.end, rng.poisson(rng.uniform(0.02, 0.5) * (world.end - world.start) / _DAY))
        on = Spans.union(begin, begin + _durations(rng, _between(rng, (60, 4000)), 1.2, begin.size))
    on = Spans(on.starts, np.minimum(on.ends, world.end))
    if kind < 0.6 and rng.random() < 0.6:
        return by_clock(on)
    return occasions(rng, world, on.starts, on.ends, temper(rng, world, role))


def anything(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A plug for something: by presence, by clock, in bursts or in long random stretches of heavy-tailed length."""
    kind = rng.random()
    if kind < 0.3:
        return stays_used(rng, world, role, room)
    if kind < 0.5:
        return burst(rng, world, role, room)
    if kind < 0.65:
        start = _clock_times(rng, world, rng.uniform(0, 24), rng.uniform(0, 60))
        start = np.sort(_sometimes(rng, start, rng.uniform(0.3, 1.0)))
        return by_clock(Spans.union(start, start + _between(rng, (120, 36000))))
    if kind < 0.75:
        return _while_away(rng, world, role, rng.uniform(0.3, 1.0))
    days = (world.end - world.start) / _DAY
    per_day = _between(rng, (0.02, 6.0))
    n = max(int(per_day * days), 1)
    on, off = _durations(rng, _between(rng, (1, 3000)), 1.4, n), _durations(rng, 1440.0 / per_day, 1.2, n)
    begin = world.start + np.cumsum(off) + np.cumsum(on) - on
    return by_hand(Spans.union(begin, begin + on).cut(world.start, world.end))


HABITS: Final[dict[str, Habit]] = {
    "light": light, "attended": stays_used, "music": music, "short": short, "burst": burst, "porch": porch,
    "night_light": night_light, "decoration": decoration, "laundry": laundry, "dishwasher": dishwasher,
    "steady": steady, "fridge": fridge, "aquarium": aquarium, "charger": charger, "thermostat": thermostat,
    "heater": heater, "cooling": cooling, "overnight": overnight, "blind": blind, "garage_door": garage_door,
    "lock": lock, "watering": watering, "mode": mode, "anything": anything,
}  # fmt: skip
