"""Sensors of homes as in smart-home research recordings: contacts, mats and flushes on everything, few or no lights.

One or two people are followed by five to thirty binary sensors for a few weeks. What makes such homes hard is here
too: no sensor in the bed or on the entrance, passages that the door does not see, mats that stick, sensors that die.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c
from . import sensors
from .sensors import log_uniform, moments_in
from .spans import Spans

if TYPE_CHECKING:
    from .world import World

Signal = Callable[[np.random.Generator, "World", int], Spans]
Placed = Iterator[tuple[str, tuple[str | None, ...], int, Spans]]
"""A sensor's word (a key of `words`), the device classes it may have, its room, and when it was on."""

_DAY: Final = 86400.0
_MEALS: Final = (7.5, 12.5, 18.5)
_INDOORS: Final = ("kitchen", "living room", "bathroom", "toilet", "bedroom", "hall", "office", "dining room")


@dataclass(frozen=True, slots=True)
class Contact:
    """One kind of sensor: its word, rooms, device classes, how common it is, how many a home may have, its signal."""

    word: str
    rooms: tuple[str, ...]
    classes: tuple[str | None, ...]
    weight: float
    most: int
    signal: Signal


def _touched(rng: np.random.Generator, world: World, room: int) -> Spans:
    """Opened during some stays in the room, some of them around one meal only, once or several times."""
    spans = world.occupied[room]
    chance = np.full(len(spans), log_uniform(rng, (0.02, 0.7)))
    if rng.random() < c.RESEARCH_HOURS_BUMP:
        meal = _MEALS[int(rng.integers(len(_MEALS)))] + rng.normal(0, 1)
        apart = np.abs((world.clock.hour(spans.starts) - meal + 12.0) % 24.0 - 12.0)
        chance *= 0.1 + 0.9 * np.exp(-0.5 * (apart / rng.uniform(0.7, 2.5)) ** 2)
    times = (rng.random(len(spans)) < chance) * rng.geometric(rng.uniform(0.35, 1.0), len(spans))
    starts = np.repeat(spans.starts, times)
    starts = np.sort(starts + rng.random(starts.size) * np.repeat(spans.ends - spans.starts, times))
    seconds = np.exp(rng.normal(np.log(log_uniform(rng, (2.0, 40.0))), rng.uniform(0.3, 1.1), starts.size))
    return Spans.union(starts, starts + seconds, gap=0.5)


def _flush(rng: np.random.Generator, world: World, room: int) -> Spans:
    """Flushed at the end of most stays, for as long as the cistern fills."""
    ends = world.occupied[room].ends
    ends = ends[rng.random(ends.size) < rng.uniform(0.45, 1.0)] - rng.uniform(5, 60)
    seconds = log_uniform(rng, (1.5, 90.0)) * np.exp(rng.normal(0, 0.4, ends.size))
    return Spans.union(ends, ends + seconds, gap=0.5)


def _tap(rng: np.random.Generator, world: World, room: int) -> Spans:
    """Runs for seconds, towards the end of most stays."""
    spans = world.occupied[room]
    used = rng.random(len(spans)) < rng.uniform(0.15, 0.95)
    starts = spans.ends[used] - rng.exponential(40.0, int(used.sum()))
    seconds = log_uniform(rng, (2.0, 30.0)) * np.exp(rng.normal(0, 0.7, starts.size))
    more = moments_in(rng, spans, 60.0 * log_uniform(rng, (6.0, 90.0)))
    return Spans.union(np.append(starts, more), np.append(starts + seconds, more + 8.0), gap=0.5)


def _shower(rng: np.random.Generator, world: World, room: int) -> Spans:
    """A part of the longer stays."""
    spans = world.occupied[room].longer(60.0 * rng.uniform(4.0, 9.0))
    used = rng.random(len(spans)) < rng.uniform(0.2, 0.9)
    starts = spans.starts[used] + rng.uniform(30, 150, int(used.sum()))
    seconds = 60.0 * np.exp(rng.normal(np.log(7.0), 0.5, starts.size))
    return Spans.union(starts, np.minimum(starts + seconds, spans.ends[used] - 10.0))


def _door(rng: np.random.Generator, world: World, room: int) -> Spans:
    """A door inside: as elsewhere, or open but for nights (or closed but for nights)."""
    if rng.random() < 0.7:
        return sensors.inner_door(rng, world, room)
    stays = world.stays
    mine = (stays.asleep | stays.lying) & (stays.rooms == room)
    nights = Spans.union(stays.starts[mine], stays.ends[mine], gap=rng.uniform(60, 1200))
    return nights if rng.random() < 0.3 else nights.outside(world.start, world.end)


def _back_door(rng: np.random.Generator, world: World, room: int) -> Spans:
    times = np.sort(moments_in(rng, world.presence.awake, _DAY / log_uniform(rng, (0.1, 4.0))))
    seconds = np.exp(rng.normal(np.log(12.0), 1.6, times.size))
    return Spans.union(times, times + seconds, gap=1.0)


def _seat(rng: np.random.Generator, world: World, room: int) -> Spans:
    return _fidgeting(rng, sensors.seat(rng, world, room), world)


def _fidgeting(rng: np.random.Generator, spans: Spans, world: World) -> Spans:
    """Return the same with moments in which the mat lets go."""
    at = np.sort(moments_in(rng, spans, 3600.0 / log_uniform(rng, c.RESEARCH_FIDGETS_AN_HOUR)))
    free = Spans.union(at, at + np.exp(rng.normal(1.5, 1.0, at.size)))
    return spans.intersect(free.outside(world.start, world.end)) if len(free) else spans


_CONTACT: Final = ("opening", "opening", "door", None)
_WATER: Final = ("opening", "motion", "vibration", None)
_MAT: Final = ("occupancy", "occupancy", "occupancy", "presence", None)

CONTACTS: Final = (
    Contact("inner door", ("bathroom", "bedroom", "toilet", "office", "kitchen"), ("door", "door", "opening"),
            3.0, 4, _door),
    Contact("toilet flush", ("toilet", "bathroom"), _WATER, 4.0, 1, _flush),
    Contact("tap", ("bathroom", "kitchen", "toilet"), _WATER, 2.0, 3, _tap),
    Contact("shower use", ("bathroom",), ("motion", "opening", "door", None), 2.0, 1, _shower),
    Contact("fridge door", ("kitchen",), _CONTACT, 5.0, 1, _touched),
    Contact("freezer door", ("kitchen",), _CONTACT, 1.5, 1, _touched),
    Contact("kitchen cupboard", ("kitchen",), _CONTACT, 4.0, 6, _touched),
    Contact("drawer", ("kitchen",), _CONTACT, 2.0, 2, _touched),
    Contact("dishwasher door", ("kitchen",), _CONTACT, 1.0, 1, _touched),
    Contact("stove", ("kitchen",), ("opening", "motion", "heat", None), 2.0, 1, _touched),
    Contact("cabinet", ("bathroom",), _CONTACT, 2.0, 2, _touched),
    Contact("wardrobe", ("bedroom",), _CONTACT, 2.0, 2, _touched),
    Contact("couch left", ("living room",), _MAT, 3.0, 1, _seat),
    Contact("couch right", ("living room",), _MAT, 1.0, 1, _seat),
    Contact("chair", ("kitchen", "office", "living room", "dining room"), _MAT, 2.0, 3, _seat),
    Contact("back door", ("kitchen", "living room", "garage"), ("door", "opening"), 0.7, 1, _back_door),
)  # fmt: skip


def research(rng: np.random.Generator, world: World) -> Placed:
    """Yield the sensors of such a home."""
    rooms = {room.kind: room.number for room in reversed(world.rooms)}
    if rng.random() < c.RESEARCH_DOOR:
        on = sensors.front_door(rng, world, c.RESEARCH_DOOR_MISSED)
        yield "front door", ("door", "door", "opening"), rooms.get("hall", rooms["kitchen"]), _faulty(rng, world, on)
    if rng.random() < c.RESEARCH_BED:
        for side in range(int(rng.integers(1, 3))):
            on = _fidgeting(rng, sensors.bed(rng, world, rooms["bedroom"], side), world)
            yield f"bed {('left', 'right')[side]}", _MAT, rooms["bedroom"], _faulty(rng, world, on)
    kind = rng.random()
    if kind < sum(c.RESEARCH_MOTION):
        everywhere = kind < c.RESEARCH_MOTION[1]
        for room in (rooms[k] for k in _INDOORS if k in rooms):
            for _ in range(int(rng.integers(1, 4)) if everywhere else int(rng.random() < 0.5)):
                on = sensors.motion(rng, world, room, 0.0, c.RESEARCH_MOTION_HOLD_SECONDS)
                yield "motion", ("motion", "motion", "occupancy"), room, _faulty(rng, world, on)
    count = round(log_uniform(rng, c.RESEARCH_SENSORS))
    free = [
        (rng.exponential() / contact.weight * (1.0 + copy), number, copy)
        for number, contact in enumerate(CONTACTS)
        for copy in range(contact.most)
    ]
    for _, number, copy in sorted(free)[:count]:
        contact = CONTACTS[number]
        found = [rooms[k] for k in contact.rooms if k in rooms]
        if found:
            room = found[copy % len(found)]
            yield contact.word, contact.classes, room, _faulty(rng, world, contact.signal(rng, world, room))


def _faulty(rng: np.random.Generator, world: World, spans: Spans) -> Spans:
    """Return what such a sensor reports: some events missed, sometimes stuck on after use, sometimes dead."""
    keep = rng.random(len(spans)) >= rng.uniform(*np.sqrt(c.RESEARCH_MISSED)) ** 2
    spans = Spans(spans.starts[keep], spans.ends[keep])
    if rng.random() < c.RESEARCH_STICKS and len(spans):
        sticks = rng.random(len(spans)) < rng.uniform(*c.RESEARCH_STICKS_OFTEN)
        median, sigma = c.RESEARCH_STICKS_HOURS
        hours = np.exp(rng.normal(np.log(median), sigma, len(spans)))
        following = np.append(spans.starts[1:], world.end)  # the next use shakes it loose
        ends = np.where(sticks, np.minimum(spans.ends + 3600.0 * hours, following - 1.0), spans.ends)
        spans = Spans.union(spans.starts, np.maximum(ends, spans.ends))
    if rng.random() < c.RESEARCH_DEAD:
        begin = rng.uniform(world.start, world.end)
        alive = Spans.union([begin], [begin + _DAY * np.exp(rng.normal(1.0, 1.3))]).outside(world.start, world.end)
        spans = spans.intersect(alive)
    return spans
