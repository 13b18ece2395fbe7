"""Habits that follow the day: dusk and dawn, getting up and going to bed, leaving and coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .draws import (
    DAY,
    HOUR,
    at_home,
    between,
    clock_times,
    durations,
    following,
    some,
    temper,
    until_bed,
)
from .habits_machines import steady
from .roles import Role
from .sensors import turns
from .spans import Spans
from .use import Use, by_clock, by_hand, ended_by_itself, occasions

if TYPE_CHECKING:
    from .people import Person
    from .world import World


def porch(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Dusk to dawn, dusk to a fixed hour, by motion, or by hand at dusk and at bedtime (and forgotten then)."""
    dusk = world.sky.dusks + rng.normal(0, 25) * 60.0
    kind = rng.random()
    if kind < 0.25:
        return by_clock(Spans.union(dusk, following(world.sky.dawns, dusk, world.end) + rng.normal(0, 20) * 60.0))
    if kind < 0.5:
        off = clock_times(rng, world, rng.uniform(21, 25.5), 0.0 if rng.random() < 0.7 else 10.0)
        ends = following(off, dusk, world.end)
        keep = ends - dusk < 12 * HOUR
        return by_clock(Spans.union(dusk[keep], ends[keep]))
    if kind < 0.62:
        visitors = rng.uniform(world.start, world.end, 60)
        passing = np.sort(np.concatenate([world.occupied[room].starts, world.leave, world.back, visitors]))
        lit = world.sky.at(world.sky.irradiance, passing) < rng.uniform(5, 60)
        return by_clock(Spans.union(passing[lit], passing[lit] + between(rng, (30, 600))))
    start = some(rng, dusk, rng.uniform(0.2, 1.0)) + rng.exponential(1500.0)
    start = at_home(world, start + rng.exponential(between(rng, (300, 5400)), start.size))
    if rng.random() < 0.25:  # burns all night on purpose
        ends = np.maximum(following(world.wake, start, world.end), following(world.sky.dawns, start, world.end))
        ends = np.minimum(ends + rng.exponential(1800.0, ends.size), start + 18 * HOUR)
        return occasions(rng, world, start, ends, temper(rng, world, role), reason="forgot")
    return occasions(rng, world, start, until_bed(rng, world, start), temper(rng, world, role))


def night_light(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On all night, wanted: by a clock, or from bedtime to waking."""
    if rng.random() < 0.4:
        start = clock_times(rng, world, rng.uniform(18.5, 23), 0.0)
        return by_clock(Spans.union(start, start + rng.uniform(6, 12) * HOUR))
    start = some(rng, world.bed, rng.uniform(0.5, 1.0)) - between(rng, (300, 7200))
    ends = following(world.wake, start, world.end) + rng.exponential(1800.0, start.size)
    return occasions(rng, world, start, ends, temper(rng, world, role))


def decoration(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Evening lights for the eye: a timer, sunset, or by hand; in some homes only for a season of weeks."""
    low, high = world.start, world.end
    if rng.random() < 0.4:
        low = rng.uniform(world.start - 20 * DAY, world.end)
        high = low + rng.uniform(10, 50) * DAY
    if rng.random() < 0.6:
        start = world.sky.dusks + rng.normal(0, 30) * 60.0
        if rng.random() < 0.5:
            start = clock_times(rng, world, rng.uniform(6, 19), 0.0)
        return by_clock(Spans.union(start, start + rng.uniform(2, 9) * HOUR).cut(low, high))
    start = some(rng, world.sky.dusks, rng.uniform(0.3, 1.0)) + rng.exponential(2400.0)
    start = start[(start > low) & (start < high) & ~world.presence.away.contains(start)]
    return occasions(rng, world, start, until_bed(rng, world, start), temper(rng, world, role))


def charger(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Overnight, or from coming home until full."""
    chance = rng.uniform(0.2, 1.0)
    if rng.random() < 0.5:
        start = some(rng, world.bed, chance) - rng.exponential(900.0)
        ends = following(world.wake, start, world.end) + rng.exponential(1200.0, start.size)
        return occasions(rng, world, start, ends, temper(rng, world, role))
    start = some(rng, world.back, chance * 0.6) + rng.exponential(600.0)
    return ended_by_itself(Spans.union(start, start + durations(rng, between(rng, role.minutes), 0.6, start.size)))


def thermostat(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On all winter, by a daily programme, or switched off by hand when leaving or sleeping (and forgotten)."""
    days = world.days()
    cold = world.warmth(days + DAY / 2) + rng.normal(0, 2) < rng.uniform(12, 22)
    season = Spans.union(days[cold], days[cold] + DAY, gap=2 * HOUR)
    kind = rng.random()
    if kind < 0.3 or not len(season):
        return steady(rng, world, role, room) if rng.random() < 0.3 else by_hand(season)
    if kind < 0.6:
        early = clock_times(rng, world, rng.uniform(4.5, 8), 0.0)
        late = clock_times(rng, world, rng.uniform(14, 18.5), 0.0)
        starts = np.append(early, late)
        ends = np.append(early + rng.uniform(1, 5) * HOUR, late + rng.uniform(3, 8) * HOUR)
        return by_clock(Spans.union(starts, ends).intersect(season))
    start, stop = (world.back, world.leave) if kind < 0.82 else (world.wake, world.bed)
    start = start[season.contains(start)] + rng.exponential(600.0)
    ends = following(stop, start, world.end) - rng.exponential(300.0, start.size)
    return occasions(rng, world, start, np.maximum(ends, start + 60.0), temper(rng, world, role))


def overnight(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """On from about bedtime until somebody is up, wanted; left on after that if forgotten."""
    start = some(rng, world.bed, rng.uniform(0.3, 1.0)) + rng.normal(-20, 15) * 60.0
    ends = following(world.wake, start, world.end) + rng.exponential(between(rng, (120, 3600)), start.size)
    return occasions(rng, world, start, ends, temper(rng, world, role))


def purifier(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Always on, or overnight."""
    return (steady if rng.random() < 0.5 else overnight)(rng, world, role, room)


def blind(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Open by day: with the sun, by a clock, or by hand at waking and at dusk or bedtime; some hardly ever move."""
    kind = rng.random()
    if kind < 0.12:
        return steady(rng, world, role, room)
    if kind < 0.4:
        start = world.sky.dawns + rng.normal(20, 30) * 60.0
        if rng.random() < 0.5:
            start = clock_times(rng, world, rng.uniform(6, 9), 0.0)
        return by_clock(Spans.union(start, following(world.sky.dusks, start, world.end) + rng.normal(10, 20) * 60.0))
    start = some(rng, world.wake, rng.uniform(0.5, 1.0))
    start = start + rng.exponential(between(rng, (120, 3600)), start.size)
    if rng.random() < 0.6:
        ends = following(world.sky.dusks, start, world.end) + rng.exponential(2400.0, start.size)
        away = world.presence.away.contains(ends)
        ends = np.where(away, following(world.back, ends, world.end) + 120.0, ends)
    else:
        ends = until_bed(rng, world, start)
    return occasions(rng, world, start, np.minimum(ends, world.end), temper(rng, world, role))


def garage_door(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Open for a minute or two as a driver leaves or comes back, or while somebody is there; left open now and then."""
    drivers: tuple[Person, ...] = tuple(p for p in world.people if p.driver)
    passing = some(rng, turns(drivers), rng.uniform(0.4, 1.0)) + rng.normal(0, 40)
    spans = world.occupied[room]
    stay = np.flatnonzero(rng.random(len(spans)) < rng.uniform(0.0, 0.5))
    start = np.concatenate([passing, spans.starts[stay]])
    open_for = durations(rng, between(rng, (0.4, 4)), 0.6, passing.size)
    ends = np.concatenate([passing + open_for, spans.ends[stay] + 20.0])
    if rng.random() < 0.2:
        return ended_by_itself(Spans.union(start, np.minimum(ends, start + between(rng, (120, 900)))))
    return occasions(rng, world, start, ends, temper(rng, world, role))


def lock(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """Unlocked: nearly always, for each passage, or from getting up (coming back) to bedtime (leaving)."""
    kind = rng.random()
    if kind < 0.15:  # a home that never locks, but for long absences
        return by_hand(world.presence.away.longer(between(rng, (20, 80)) * HOUR).outside(world.start, world.end))
    passing = turns(world.people)
    if kind < 0.35:
        return ended_by_itself(Spans.union(passing, passing + between(rng, (30, 900))))
    if kind < 0.55:  # locked at once, by hand
        ends = passing + durations(rng, between(rng, (0.3, 3)), 0.7, passing.size)
        return occasions(rng, world, passing - 10.0, ends, temper(rng, world, role))
    night, away = kind < 0.8 or rng.random() < 0.7, kind >= 0.7
    start, stop = [np.zeros(0)], [np.zeros(0)]
    if away:
        start.append(world.back)
        stop.append(world.leave)
    if night:
        start.append(following(passing, world.wake, world.end))  # unlocked by whoever goes out first
        stop.append(world.bed - np.exp(rng.normal(6.0, 0.8, world.bed.size)))
    begin = np.unique(np.concatenate(start))
    ends = following(np.sort(np.concatenate(stop)), begin, world.end) + rng.uniform(0, 40, begin.size)
    return occasions(rng, world, begin, ends, temper(rng, world, role))


def mode(rng: np.random.Generator, world: World, role: Role, room: int) -> Use:
    """A switch of the mind: guests, holidays, night, away, work; by hand or by automation."""
    kind = rng.random()
    if kind < 0.3:
        start, ends = world.bed, following(world.wake, world.bed, world.end)
    elif kind < 0.6:
        start, ends = world.leave, following(world.back, world.leave, world.end)
    else:
        count = rng.poisson(rng.uniform(0.02, 0.5) * (world.end - world.start) / DAY)
        start = np.sort(rng.uniform(world.start, world.end, count))
        ends = start + durations(rng, between(rng, (60, 4000)), 1.2, count)
    if kind < 0.6 and rng.random() < 0.6:
        return by_clock(Spans.union(start, ends))
    return occasions(rng, world, start, np.minimum(ends, world.end), temper(rng, world, role))
