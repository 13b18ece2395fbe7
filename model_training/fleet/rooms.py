"""The rooms of a home, and how people move through them."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import calibration as c
from .people import ASLEEP, AWAY, HOME, Person
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.localtime import LocalTime


@dataclass(frozen=True, slots=True)
class Room:
    """One room: its number in the home, its kind (a key of `calibration.ROOMS`), and whose bedroom it is."""

    number: int
    kind: str
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Where people were: [n] start and end (Unix seconds), room and person by number; `asleep` stays are in bed,
    `night` stays are short trips out of bed."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    rooms: NDArray[np.int64]
    people: NDArray[np.int64]
    asleep: NDArray[np.bool_]
    night: NDArray[np.bool_]


def layout(rng: np.random.Generator, people: tuple[Person, ...]) -> tuple[Room, ...]:
    """Return the rooms of a home for these people; a one-room flat has its bed in the living room."""
    kinds: list[tuple[str, int | None]] = [("kitchen", None), ("living room", None), ("bathroom", None)]
    kinds.append(("outside", None))
    residents = [p for p in people if not p.guest]
    for number in sorted({p.bedroom for p in residents}):
        child = all(p.child for p in residents if p.bedroom == number)
        kinds.append(("child's room" if child else "bedroom", number))
    large = 0.5 + 0.25 * len(residents)
    kinds += [(kind, None) for kind, chance in c.ROOM_CHANCE.items() if rng.random() < chance * min(large, 1.25)]
    return tuple(Room(number, kind, owner) for number, (kind, owner) in enumerate(kinds))


def _weights(rng: np.random.Generator, rooms: tuple[Room, ...], person: Person) -> list[list[float]]:
    """Return the cumulated weights of the rooms for each part of the day, as lists for `bisect`."""
    taste = np.exp(rng.normal(0, c.ROOM_TASTE_SIGMA, len(rooms)))
    table = np.zeros((len(c.DAY_PARTS), len(rooms)))
    for room in rooms:
        weights = np.array(c.ROOMS[room.kind][2])
        if room.owner is not None and room.owner != person.bedroom:
            weights = weights * 0.08
        if person.guest and room.kind not in {"living room", "kitchen", "dining room", "bathroom", "toilet", "garden"}:
            weights = weights * 0.05
        table[:, room.number] = weights * taste[room.number]
    total = np.cumsum(table, axis=1)
    return [[float(v) for v in row] for row in total / total[:, -1:]]


def move(
    rng: np.random.Generator, rooms: tuple[Room, ...], people: tuple[Person, ...], clock: LocalTime
) -> Stays:
    """Return everybody's stays in the rooms while at home, with heavy-tailed durations."""
    starts: list[float] = []
    ends: list[float] = []
    where: list[int] = []
    who: list[int] = []
    asleep: list[bool] = []
    night: list[bool] = []
    by_kind: dict[str, list[int]] = {}
    for room in rooms:
        by_kind.setdefault(room.kind, []).append(room.number)
    hall = by_kind.get("hall", by_kind["kitchen"])[0]
    bathroom = by_kind["bathroom"][0]
    log_median = [float(np.log(60.0 * c.ROOMS[room.kind][0])) for room in rooms]
    sigma = [c.ROOMS[room.kind][1] for room in rooms]
    parts = [bisect(c.DAY_PARTS, hour) - 1 for hour in range(24)]

    for number, person in enumerate(people):
        own = [r.number for r in rooms if r.owner == person.bedroom]
        bed = own[0] if own else by_kind["living room"][0]
        table = _weights(rng, rooms, person)
        plan = person.plan
        begins, finishes, states = plan.starts.tolist(), plan.ends.tolist(), plan.states.tolist()
        offsets = clock.offset(plan.starts).tolist()
        pace = float(np.exp(rng.normal(0, 0.3)))
        home_seconds = plan.spans(HOME).total
        guess = int(home_seconds / 200.0) + 12 * len(begins) + 64
        draws = iter(rng.random(guess).tolist())
        lengths = iter(np.exp(rng.normal(0, 1, guess)).tolist())

        def stay(room: int, begin: float, end: float, *, bed_time: bool = False, trip: bool = False) -> float:
            if end > begin:
                starts.append(begin)
                ends.append(end)
                where.append(room)
                who.append(number)  # noqa: B023  (called within this turn of the loop only)
                asleep.append(bed_time)
                night.append(trip)
            return max(begin, end)

        def length(median: float, spread: float) -> float:
            return median * float(next(lengths, 1.0)) ** spread  # noqa: B023

        last = bed
        for i, state in enumerate(states):
            a, b = begins[i], finishes[i]
            if state == AWAY:
                continue
            if state == ASLEEP:
                t = a
                trips = rng.poisson(person.night_trips * (b - a) / 28800.0) if b - a > 7200 else 0
                for moment in np.sort(rng.uniform(a + 1800, b - 1800, trips)).tolist() if trips else ():
                    if moment <= t:
                        continue
                    t = stay(bed, t, moment, bed_time=True)
                    t = stay(bathroom, t, min(t + length(200.0, 0.6), b), trip=True)
                stay(bed, t, b, bed_time=True)
                last = bed
                continue
            before = states[i - 1] if i else AWAY
            after = states[i + 1] if i + 1 < len(states) else AWAY
            t = a
            if before == AWAY:
                t = stay(hall, t, min(b, t + length(70.0, 0.7)))
            elif before == ASLEEP:
                t = stay(bed, t, min(b, t + length(200.0, 0.9)))
                t = stay(bathroom, t, min(b, t + length(480.0, 0.8)))
            stop, tail = b, []
            if after == AWAY:
                tail = [(hall, length(100.0, 0.7))]
            elif after == ASLEEP:
                tail = [(bathroom, length(360.0, 0.6)), (bed, length(600.0, 1.0))]
            for _, seconds in tail:
                stop -= seconds
            stop = max(stop, t)
            offset = offsets[i]
            while t < stop:
                part = parts[int((t + offset) % 86400.0 / 3600.0)]
                u = next(draws, 0.5)
                room = min(bisect(table[part], u), len(rooms) - 1)
                if room == last:
                    room = hall if u < 0.5 and hall != last else min(bisect(table[part], next(draws, 0.5)), len(rooms) - 1)
                seconds = pace * float(np.e) ** log_median[room] * next(lengths, 1.0) ** sigma[room]
                if u % 0.01 < 0.01 * c.STAY_TAIL:  # a further independent digit of the same draw
                    seconds *= 1.0 + (c.STAY_TAIL_FACTOR - 1.0) * next(draws, 0.5)
                t = stay(room, t, min(stop, t + max(seconds, 5.0)))
                last = room
            for room, seconds in tail:
                t = stay(room, t, min(b, t + seconds))
                last = room
    order = np.argsort(np.array(starts), kind="stable")
    return Stays(
        np.array(starts)[order],
        np.array(ends)[order],
        np.array(where, dtype=np.int64)[order],
        np.array(who, dtype=np.int64)[order],
        np.array(asleep, dtype=np.bool_)[order],
        np.array(night, dtype=np.bool_)[order],
    )


def occupancy(stays: Stays, room: int, gap: float = 20.0) -> Spans:
    """Return when somebody awake is in a room; trips by night count, sleeping does not."""
    keep = (stays.rooms == room) & ~stays.asleep
    return Spans.union(stays.starts[keep], stays.ends[keep], gap)
