"""What evidence sensors see of a home: motion, doors, beds, seats, phones, brightness, alarm panels.

Each function returns when its sensor was truly on as reported (`Spans`), noise, missed events and pets included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import calibration as c
from .people import AWAY, Person
from .sky import STEP
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .world import World

_DAY = 86400.0


def log_uniform(rng: np.random.Generator, pair: tuple[float, float]) -> float:
    """Draw from a range of positive numbers, log-uniformly."""
    return float(np.exp(rng.uniform(*np.log(pair))))


def moments_in(rng: np.random.Generator, spans: Spans, mean_gap: float) -> NDArray[np.float64]:
    """Return random moments within spans, one every `mean_gap` seconds on average."""
    lengths = spans.ends - spans.starts
    count = rng.poisson(lengths / mean_gap)
    starts = np.repeat(spans.starts, count)
    return np.asarray(starts + rng.random(starts.size) * np.repeat(lengths, count))


def stuck(rng: np.random.Generator, world: World, spans: Spans) -> Spans:
    """Return the same, or, for a few sensors, stuck on for hours to days once or twice."""
    if rng.random() >= c.STUCK_SENSORS:
        return spans
    begin = rng.uniform(world.start, world.end, int(rng.integers(1, 3)))
    hours = np.exp(rng.normal(np.log(12.0), 1.2, begin.size))
    return Spans.union(np.append(spans.starts, begin), np.append(spans.ends, begin + 3600.0 * hours))


def lying(world: World, room: int) -> Spans:
    """Return when somebody lies awake in a bed in the room."""
    mine = world.stays.lying & (world.stays.rooms == room)
    return Spans.union(world.stays.starts[mine], world.stays.ends[mine])


def motion(
    rng: np.random.Generator, world: World, room: int, pets: float, hold_seconds: c.Pair = c.MOTION_HOLD_SECONDS
) -> Spans:
    """Movements of people awake, of people in bed now and then, and of `pets` (trips a day), each held for a while."""
    kind = world.rooms[room].kind
    hold = log_uniform(rng, hold_seconds)
    occupied = world.occupied[room]
    in_bed_awake = lying(world, room)
    missed = rng.uniform(*c.MOTION_MISSED)
    entries = occupied.starts[rng.random(len(occupied)) >= missed] + rng.uniform(0, 4)
    gap = c.MOTION_GAP_SECONDS[kind] * float(np.exp(rng.normal(0, 0.5)))
    moving = moments_in(rng, occupied, gap)
    if len(in_bed_awake):  # reading in bed moves little
        still = in_bed_awake.contains(moving) & (rng.random(moving.size) > gap / c.MOTION_LYING_GAP_SECONDS)
        moving = moving[~still]
    found = [entries, moving]
    in_bed = world.stays.asleep & (world.stays.rooms == room)
    if in_bed.any():
        bed = Spans.union(world.stays.starts[in_bed], world.stays.ends[in_bed])
        found.append(moments_in(rng, bed, c.MOTION_ASLEEP_GAP_SECONDS * log_uniform(rng, (0.4, 8.0))))
    if pets:
        count = rng.poisson(pets * (world.end - world.start) / _DAY)
        found.append(rng.uniform(world.start, world.end, count))
    times = np.sort(np.concatenate(found))
    # a sensor that is blind for a while after it has let go flickers less: repeats within the hold are one
    return stuck(rng, world, Spans.union(times, times + hold, gap=rng.uniform(0, 15)))


def turns(people: tuple[Person, ...]) -> NDArray[np.float64]:
    """Return every moment at which any of these people left home or came back, sorted."""
    found = [np.zeros(0)]
    for person in people:
        away = person.plan.states == AWAY
        found.append(person.plan.starts[1:][away[1:] != away[:-1]])
    return np.unique(np.concatenate(found))


def front_door(rng: np.random.Generator, world: World, missed: c.Pair = c.DOOR_MISSED) -> Spans:
    """Opened at each leaving and coming, for post and neighbours too; held open on some days."""
    passing = turns(world.people)
    passing = passing[rng.random(passing.size) >= rng.uniform(*missed)]
    extra = moments_in(rng, world.presence.awake, _DAY / rng.uniform(0.2, 4.0))
    times = np.concatenate([passing + rng.normal(0, 15, passing.size), extra])
    length = np.exp(rng.normal(np.log(c.DOOR_SECONDS[0]), c.DOOR_SECONDS[1], times.size))
    length = np.where(rng.random(times.size) < 0.03, length * 60.0, length)
    return stuck(rng, world, Spans.union(times, times + length, gap=1.0))


def inner_door(rng: np.random.Generator, world: World, room: int) -> Spans:
    """A door inside: open while people pass, or standing open or closed between passages."""
    spans = world.occupied[room]
    edges = np.sort(np.concatenate([spans.starts, spans.ends]))
    edges = edges[rng.random(edges.size) >= rng.uniform(*c.DOOR_MISSED)]
    if rng.random() < 0.5:
        length = np.exp(rng.normal(np.log(c.DOOR_SECONDS[0]), c.DOOR_SECONDS[1], edges.size))
        return stuck(rng, world, Spans.union(edges, edges + length, gap=1.0))
    flips = edges[rng.random(edges.size) < rng.uniform(0.1, 0.9)]
    return stuck(rng, world, Spans(flips[0 : flips.size // 2 * 2 : 2], flips[1::2]))


def cupboard(rng: np.random.Generator, world: World, room: int) -> Spans:
    """A fridge, cupboard or drawer that is opened during stays in its room."""
    times = np.sort(moments_in(rng, world.occupied[room], 60.0 * log_uniform(rng, (4.0, 90.0))))
    length = np.exp(rng.normal(np.log(log_uniform(rng, (4, 40))), 0.7, times.size))
    return stuck(rng, world, Spans.union(times, times + length, gap=1.0))


def window(rng: np.random.Generator, world: World) -> Spans:
    """A window opened to air, longer when it is warm."""
    rate = log_uniform(rng, (0.1, 3.0)) / _DAY
    times = np.sort(moments_in(rng, world.presence.awake, 1.0 / rate))
    warm = 1.0 / (1.0 + np.exp(-(world.warmth(times) - 16.0) / 3.0))
    minutes = np.exp(rng.normal(np.log(12.0), 0.9, times.size)) * (1.0 + 12.0 * warm)
    return Spans.union(times, times + 60.0 * minutes)


def bed(rng: np.random.Generator, world: World, room: int, side: int | None = None) -> Spans:
    """Occupied while somebody lies in the room's bed, awake or asleep, with gaps as people turn over.

    `side`: of the first or second person who sleeps there (none: drawn, one side or the whole bed).
    """
    mine = (world.stays.asleep | world.stays.lying) & (world.stays.rooms == room)
    sleepers = np.unique(world.stays.people[mine])
    if side is None and rng.random() < 0.5:
        side = 0
    if side is not None and sleepers.size:
        mine &= world.stays.people == sleepers[side % sleepers.size]
    sitting = rng.exponential(60.0, int(mine.sum()))
    spans = Spans.union(world.stays.starts[mine] - sitting, world.stays.ends[mine], gap=30.0)
    flicker = np.sort(moments_in(rng, spans, _DAY / 3 / max(rng.uniform(*c.BED_FLICKER_A_NIGHT), 0.01)))
    gaps = Spans.union(flicker, flicker + np.exp(rng.normal(3.0, 1.0, flicker.size)))
    return stuck(rng, world, spans.intersect(gaps.outside(world.start, world.end)) if len(gaps) else spans)


def seat(rng: np.random.Generator, world: World, room: int) -> Spans:
    """Taken during the longer stays in its room, and by who sleeps on the sofa."""
    spans = world.occupied[room].longer(log_uniform(rng, (60, 900)))
    taken = rng.random(len(spans)) < rng.uniform(0.3, 1.0)
    begin = spans.starts[taken] + rng.exponential(60.0, int(taken.sum()))
    nap = world.stays.asleep & (world.stays.rooms == room)
    if world.rooms[room].kind != "living room" or rng.random() < 0.4:
        nap[:] = False
    starts, ends = np.append(begin, world.stays.starts[nap]), np.append(spans.ends[taken] - 5.0, world.stays.ends[nap])
    return stuck(rng, world, Spans.union(starts, ends, gap=1.0))


def phone(rng: np.random.Generator, world: World, person: Person) -> Spans:
    """A person as their phone tells: late to be away, prompt to be home, lost now and then."""
    gone = person.plan.spans(AWAY)
    late = 60.0 * log_uniform(rng, c.TRACKER_LATE_MINUTES)
    left = gone.starts + late * np.exp(rng.normal(0, 0.4, len(gone)))
    back = gone.ends + rng.normal(0, 60.0, len(gone))
    a_day = rng.uniform(*c.TRACKER_LOST_A_WEEK) / 7.0
    lost = rng.uniform(world.start, world.end, rng.poisson(a_day * (world.end - world.start) / _DAY))
    away = Spans.union(
        np.concatenate([left, lost]), np.concatenate([back, lost + np.exp(rng.normal(6.5, 1.0, lost.size))])
    )
    return away.outside(world.start, world.end)


def anybody(phones: list[Spans]) -> Spans:
    """Return when at least one person is at home, as `zone.home` counts them."""
    return Spans.union(np.concatenate([p.starts for p in phones]), np.concatenate([p.ends for p in phones]))


def brightness(rng: np.random.Generator, world: World) -> Spans:
    """When an illuminance sensor reads 50 lx or more: indoors from daylight alone."""
    threshold = 10.0 * log_uniform(rng, c.BRIGHT_INDOORS)
    bright = world.sky.irradiance > threshold
    times = world.sky.start + np.arange(bright.size) * STEP
    return Spans.union(times[bright], times[bright] + STEP, gap=1.0)


def alarm(rng: np.random.Generator, world: World) -> tuple[Spans, Spans]:
    """Return when an alarm panel is armed for leaving and for the night; some homes arm on some occasions only."""
    away = world.presence.away.longer(900.0)
    use = rng.random(len(away)) < rng.uniform(0.3, 1.0)
    lag = rng.uniform(-60, 180)
    armed = Spans.union(away.starts[use] + lag, away.ends[use] + rng.uniform(5, 60))
    if rng.random() < 0.5:
        return armed, Spans.none()
    night = world.presence.asleep.longer(3 * 3600.0)
    use = rng.random(len(night)) < rng.uniform(0.3, 1.0)
    at_night = Spans.union(night.starts[use] - rng.uniform(60, 1200), night.ends[use] + rng.uniform(60, 600))
    free = armed.outside(world.start, world.end)
    return armed, at_night.intersect(free) if len(at_night) else at_night
