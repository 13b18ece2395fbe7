"""Habits of things that are used while somebody is in their room: lights, television, kitchen appliances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import calibration as c
from .draws import at_home, between, bumps, clock_times, durations, following, profile, some, temper, until_bed
from .people import ASLEEP
from .roles import Role
from .spans import Spans
from .use import Use, attended, by_clock, by_hand, ended_by_itself, occasions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .world import World


def _on_at(rng: np.random.Generator, wish: NDArray[np.bool_], moments: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(wish, moments + np.exp(rng.normal(1.2, 0.8, moments.size)), np.nan)


def light(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """In the dark while somebody is in the room (Richardson), by motion, or all evening wherever people are."""
    kind = rng.random()
    if kind < max(role.evenings, world.burns * (1.0 if role.evenings else c.BURNS_ELSEWHERE)):
        return evenings(rng, world, role)
    spans = world.occupied[room]
    n = len(spans)
    threshold = max(rng.normal(*c.DARK_BELOW), 10.0) * float(np.exp(rng.normal(0, c.ROOM_FACTOR_SIGMA)))
    dark = world.sky.at(world.sky.dark_from(threshold), spans.starts)
    moment = np.maximum(dark + np.where(dark > spans.starts, rng.uniform(0, 900, n), 0.0), spans.starts)
    moment = np.where(rng.random(n) < c.LIT_BY_DAY, spans.starts, moment)
    if role.by_motion and kind > 1.0 - c.MOTION_LIGHTS:
        lit = moment < spans.ends
        return by_clock(Spans.union(moment[lit] + 1.0, spans.ends[lit] + between(rng, c.MOTION_LIGHT_SECONDS)))
    hour = world.clock.hour(moment.clip(world.start, world.end))
    chance = np.minimum(rng.uniform(*role.chance), 1.0) * profile(bumps(rng, role.hours), hour)
    length = spans.ends - spans.starts
    chance = np.where(length < 25.0, chance * rng.uniform(0.1, 1.0), chance)
    up_at_night = world.presence.asleep.contains(spans.starts - 60.0)
    chance = np.where(up_at_night, chance * rng.uniform(0.0, 1.0), chance)
    least = 60.0 * rng.uniform(*role.stay_minutes) * np.exp(rng.normal(0, 0.5, n))
    wish = (rng.random(n) < chance) & (spans.ends - moment >= np.maximum(least, 1.0))
    bins = np.array(c.LIGHT_MINUTES, dtype=np.float64)[rng.integers(0, len(c.LIGHT_MINUTES), n)]
    lasting = 60.0 * (bins[:, 0] + rng.random(n) * (bins[:, 1] - bins[:, 0] + 0.5))
    limit = np.where(rng.random(n) < rng.uniform(*c.LIGHT_ENDS_BY_DURATION), lasting, np.inf)
    return attended(rng, world, room, _on_at(rng, wish, moment), limit, temper(rng, world, role))


def evenings(rng: np.random.Generator, world: World, role: Role) -> Use:
    """From dusk, an hour or coming home until bedtime or leaving, whichever room people are in; some mornings too."""
    dusk = world.sky.dusks + rng.normal(0, 30) * 60.0
    if rng.random() < 0.25:
        dusk = np.maximum(clock_times(rng, world, rng.uniform(16, 21), rng.uniform(5, 40))[: dusk.size], dusk)
    start = some(rng, dusk, rng.uniform(0.5, 1.0))
    start = at_home(world, start + rng.exponential(between(rng, (200, 3600)), start.size))
    ends = until_bed(rng, world, start, or_leave=True)
    if rng.random() < 0.5:  # switched off some hours before bed
        early = rng.random(start.size) < rng.uniform(0.1, 0.9)
        lasting = durations(rng, between(rng, (20, 240)), 0.6, start.size)
        ends = np.where(early, np.minimum(ends, start + lasting), ends)
    if rng.random() < c.MORNINGS:
        begin = some(rng, world.wake, rng.uniform(0.3, 1.0))
        begin = begin + rng.exponential(between(rng, (120, 2400)), begin.size)
        light = following(world.sky.dawns, begin, world.end) + rng.normal(20, 20) * 60.0
        until = np.minimum(light, following(world.leave, begin, world.end))
        short = (until - begin < 5 * 3600.0) & (until > begin)
        start, ends = np.append(start, begin[short]), np.append(ends, until[short])
    return occasions(rng, world, start, ends, temper(rng, world, role))


def stays_used(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On during a share of the longer stays in its room: television, computer."""
    spans = world.occupied[room]
    n = len(spans)
    length = spans.ends - spans.starts
    shape = profile(bumps(rng, role.hours), world.clock.hour(spans.starts))
    chance = rng.uniform(*role.chance) * shape * _mood(rng, world, spans.starts)
    least = 60.0 * rng.uniform(*role.stay_minutes) * np.exp(rng.normal(0, 0.6, n))
    wish = (rng.random(n) < chance) & (length >= least)
    moment = spans.starts + np.minimum(np.exp(rng.normal(4.5, 1.2, n)), length * 0.5)
    limit = np.where(rng.random(n) < 0.15, durations(rng, 60.0, 0.9, n), np.inf)
    return attended(rng, world, room, _on_at(rng, wish, moment), limit, temper(rng, world, role))


def _mood(rng: np.random.Generator, world: World, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a factor for each moment, one for its day: some days are for television, some are not."""
    day = (world.clock.local(moments) // 86400.0).astype(np.int64)
    if not day.size:
        return np.ones(0)
    sigma = rng.uniform(*c.DAILY_MOOD)
    factor = np.exp(sigma * rng.standard_normal(int(day.max() - day.min()) + 1) - 0.5 * sigma**2)
    return np.asarray(factor[day - day.min()])


def _often(rng: np.random.Generator, role: Role) -> float:
    """Return how often a day a device of a role is used; some hardly ever."""
    per_day = between(rng, role.per_day)
    return per_day * between(rng, c.RARELY_FACTOR) if rng.random() < c.RARELY_USED else per_day


def while_away(rng: np.random.Generator, world: World, role: Role, chance: float) -> Use:
    """On whenever nobody is home, on purpose: a radio for the dog, a lamp against burglars."""
    start = some(rng, world.leave, chance)
    lag = np.exp(rng.normal(4.0, 0.8, start.size))
    ends = following(world.back, start, world.end) + lag
    return occasions(rng, world, start - 2 * lag, ends, temper(rng, world, role))


def music(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Like television, or, in some homes, on for the dog whenever nobody is at home."""
    if rng.random() < 0.12:
        return while_away(rng, world, role, rng.uniform(0.6, 1.0))
    return stays_used(rng, world, role, room)


def _visits(
    rng: np.random.Generator, world: World, role: Role, room: int, per_day: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (moments, ends of the stays) of uses during stays in a room, `per_day` on average.

    A part are rituals, at much the same moment of each day; the rest fall as they may. Uses soon after another are
    rare where one use does for a while.
    """
    spans = world.occupied[room]
    if not len(spans):
        return np.zeros(0), np.zeros(0)
    length = spans.ends - spans.starts
    weight = profile(bumps(rng, role.hours), world.clock.hour(spans.starts)) + rng.uniform(0.01, 0.15)
    weight = weight * np.minimum(length, 600.0)
    wanted = per_day * (world.end - world.start) / 86400.0
    by_ritual = rng.uniform(*c.RITUAL_SHARE) if rng.random() < c.RITUALS else 0.0
    often = per_day * by_ritual
    rituals = min(max(round(often / rng.uniform(0.65, 1.0)), 1), 6) if by_ritual else 0
    moments = [np.zeros(0)]
    for _ in range(rituals):
        kept = min(often / rituals, 1.0)
        moments.append(_into_stays(rng, spans, some(rng, _ritual(rng, world, role), kept)))
    daily = np.concatenate(moments)
    # more than wanted, as those too close together are dropped and the rest thinned to what is wanted
    spare = rng.poisson(2.0 * max(wanted - daily.size, 0.1 * wanted))
    used = rng.choice(len(spans), spare, p=weight / weight.sum())
    moment = np.append(daily, spans.starts[used] + rng.uniform(0.0, 0.8, spare) * np.minimum(length[used], 900.0))
    order = np.argsort(moment, kind="stable")
    moment, free = moment[order], order >= daily.size
    apart = 60.0 * between(rng, c.APART_MINUTES)
    early = np.diff(moment, prepend=-np.inf) < apart
    kept_ones = ~early | (rng.random(moment.size) < c.APART_BROKEN)
    moment, free = moment[kept_ones], free[kept_ones]
    left = (wanted - (~free).sum()) / max(free.sum(), 1)
    moment = moment[~free | (rng.random(moment.size) < left)]
    return moment, spans.ends[np.maximum(np.searchsorted(spans.starts, moment, side="right") - 1, 0)]


def _ritual(rng: np.random.Generator, world: World, role: Role) -> NDArray[np.float64]:
    """Return the moments of something done daily: after getting up, at an hour, on coming home or before bed."""
    kind = rng.random()
    late = 60.0 * between(rng, (1.0, 45.0))
    if kind < 0.45 or (kind < 0.75 and not role.hours):
        person = world.people[int(rng.integers(sum(not p.guest for p in world.people)))]
        start = person.plan.spans(ASLEEP).longer(3 * 3600.0).ends
    elif kind < 0.75:
        hour, width, _ = role.hours[int(rng.integers(len(role.hours)))]
        return clock_times(rng, world, rng.normal(hour, width), between(rng, c.RITUAL_JITTER_MINUTES))
    elif kind < 0.88:
        start = world.back
    else:
        start = world.bed - 2.0 * late
    return np.sort(start + late * np.exp(rng.normal(0, rng.uniform(0.15, 0.8), start.size)))


def _into_stays(rng: np.random.Generator, spans: Spans, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moments put off until somebody is in the room; what would wait too long is left undone."""
    stay = np.searchsorted(spans.ends, moments, side="right")
    kept = stay < len(spans)
    stay, moments = stay[kept], moments[kept]
    begun = np.maximum(spans.starts[stay] + rng.exponential(30.0, stay.size), moments)
    begun = np.minimum(begun, spans.ends[stay] - 1.0)
    return begun[begun - moments < c.RITUAL_WAITS]


def short(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A short use that ends by itself: kettle, microwave, shower."""
    moment, _ = _visits(rng, world, role, room, _often(rng, role))
    ends = moment + durations(rng, between(rng, role.minutes), rng.uniform(0.15, 0.7), moment.size)
    return by_hand(Spans.union(moment, ends, gap=5.0))


def burst(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A use of a certain length that somebody has to end: coffee machine, cooker, exhaust fan."""
    moment, stay_end = _visits(rng, world, role, room, _often(rng, role))
    ends = moment + durations(rng, between(rng, role.minutes), rng.uniform(0.3, 1.0), moment.size)
    if rng.random() < 0.3:
        return ended_by_itself(Spans.union(moment, moment + 60.0 * between(rng, role.minutes)))
    return occasions(rng, world, moment, ends, temper(rng, world, role), watched=ends < stay_end)
