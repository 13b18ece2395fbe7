"""The rooms of a home, and how people move through them."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from . import calibration as c
from .people import ASLEEP, AWAY, HOME, Person
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.localtime import LocalTime

_GUEST_ROOMS: Final = frozenset({"living room", "kitchen", "dining room", "bathroom", "toilet", "garden"})
_PARTS: Final = [bisect(c.DAY_PARTS, hour) - 1 for hour in range(24)]
_UP: Final = 0
_ASLEEP: Final = 1
_LYING: Final = 2
_NAP_SECONDS: Final = 2.5 * 3600.0
_EVENING: Final = 6  # the first part of the day that is an evening


@dataclass(frozen=True, slots=True)
class Room:
    """One room: its number in the home, its kind (a key of `calibration.ROOMS`), and whose bedroom it is."""

    number: int
    kind: str
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Where people were: [n] start and end (Unix seconds), room and person by number.

    `asleep`: stays asleep, `lying`: awake in bed.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    rooms: NDArray[np.int64]
    people: NDArray[np.int64]
    asleep: NDArray[np.bool_]
    lying: NDArray[np.bool_]


def layout(rng: np.random.Generator, people: tuple[Person, ...]) -> tuple[Room, ...]:
    """Return the rooms of a home for these people."""
    kinds: list[tuple[str, int | None]] = [(kind, None) for kind in ("kitchen", "living room", "bathroom", "outside")]
    residents = [p for p in people if not p.guest]
    for number in sorted({p.bedroom for p in residents}):
        child = all(p.child for p in residents if p.bedroom == number)
        kinds.append(("child's room" if child else "bedroom", number))
    large = min(0.5 + 0.25 * len(residents), 1.25)
    kinds += [(kind, None) for kind, chance in c.ROOM_CHANCE.items() if rng.random() < chance * large]
    return tuple(Room(number, kind, owner) for number, (kind, owner) in enumerate(kinds))


def _weights(rng: np.random.Generator, rooms: tuple[Room, ...], person: Person) -> list[list[float]]:
    """Return the cumulated weights of the rooms for each part of the day, as lists for `bisect`."""
    taste = np.exp(rng.normal(0, c.ROOM_TASTE_SIGMA, len(rooms)))
    for room in rooms:
        if room.owner is not None and room.owner != person.bedroom:
            taste[room.number] *= 0.08
        if person.guest and room.kind not in _GUEST_ROOMS:
            taste[room.number] *= 0.05
    table = np.array([c.ROOMS[room.kind][2] for room in rooms]).T * taste
    total = np.cumsum(table, axis=1)
    return [[float(v) for v in row] for row in total / total[:, -1:]]


class _Walk:
    """One person's way through the rooms, stretch by stretch of being at home."""

    def __init__(self, rng: np.random.Generator, rooms: tuple[Room, ...], person: Person) -> None:
        self.rows: list[tuple[float, float, int, int]] = []
        self._table = _weights(rng, rooms, person)
        self._last_room = len(rooms) - 1
        first = {room.kind: room.number for room in reversed(rooms)}
        self._hall = first.get("hall", first["kitchen"])
        self._bathroom = first["bathroom"]
        self._living = first["living room"]
        self._bed = next((r.number for r in rooms if r.owner == person.bedroom), self._living)
        self._room = self._bed
        self._lies = [60.0 * minutes for minutes in person.lies]
        self._sofa = person.naps_on_sofa
        self._kitchen = first["kitchen"]
        self._eats = rng.uniform(*c.EATS_AT_HOME, 3).tolist()
        self._meals = [3600.0 * float(rng.normal(*hour)) for hour in c.MEAL_HOURS]
        self._asked = [0.0] * len(self._meals)
        pace = float(np.exp(rng.normal(0, 0.3)))
        self._median = [60.0 * pace * c.ROOMS[room.kind][0] for room in rooms]
        self._sigma = [c.ROOMS[room.kind][1] for room in rooms]
        # drawn ahead, since a draw at a time costs ten times as much; more than enough for the time at home
        n = int(person.plan.spans(HOME).total / 150.0) + 16 * person.plan.starts.size + 64
        self._uniform = iter(rng.random(2 * n).tolist())
        self._spread = iter(np.exp(rng.normal(0, 1, n)).tolist())

    def _go(self, room: int, begin: float, end: float, how: int = _UP) -> float:
        if end > begin:
            self.rows.append((begin, end, room, how))
            self._room = room
        return max(begin, end)

    def _length(self, median: float, sigma: float) -> float:
        return float(median * next(self._spread, 1.0) ** sigma)

    def sleep(self, begin: float, end: float, trips: list[float], *, nap: bool) -> None:
        """Sleep in bed, but for short `trips` to the bathroom (moments); a `nap` may be taken on the sofa."""
        t = begin
        if nap and self._sofa:
            self._go(self._living, t, end, _ASLEEP)
            return
        for moment in trips:
            if moment > t:
                t = self._go(self._bed, t, moment, _ASLEEP)
                t = self._go(self._bathroom, t, min(t + self._length(200.0, 0.6), end))
        self._go(self._bed, t, end, _ASLEEP)

    def wake(self, begin: float, end: float, before: int, after: int, offset: float) -> None:
        """Be up at home: come from outside or from bed, move about, leave or go to bed; `offset` of local time."""
        t = begin
        if before == AWAY:
            t = self._go(self._hall, t, min(end, t + self._length(70.0, 0.7)))
        elif before == ASLEEP:
            t = self._go(self._bed, t, min(end, t + self._length(self._lies[1], 0.9)), _LYING)
            t = self._go(self._bed, t, min(end, t + self._length(90.0, 0.9)))
            t = self._go(self._bathroom, t, min(end, t + self._length(480.0, 0.8)))
            if next(self._uniform, 0.5) < self._eats[0]:
                t = self._go(self._kitchen, t, min(end, t + self._length(60.0 * c.BREAKFAST_MINUTES, 0.7)))
        last: list[tuple[int, float, int]] = [(self._hall, self._length(100.0, 0.7), _UP)]
        if after == ASLEEP:
            last = [
                (self._bathroom, self._length(360.0, 0.6), _UP),
                (self._bed, self._length(120.0, 0.9), _UP),
                (self._bed, self._length(self._lies[0], 0.9), _LYING),
            ]
        stop = max(end - sum(seconds for _, seconds, _ in last), t)
        while t < stop:
            part = _PARTS[int((t + offset) % 86400.0 / 3600.0)]
            if self._meal_due(t + offset):
                t = self._go(self._kitchen, t, min(stop, t + self._length(60.0 * c.MEAL_MINUTES, 0.6)))
                continue
            room = self._next_room(part)
            seconds = max(self._length(self._median[room], self._sigma[room]), 5.0)
            if room == self._living and part >= _EVENING:
                seconds *= c.EVENING_STAYS
            if next(self._uniform, 0.5) < c.STAY_TAIL:
                seconds *= 1.0 + (c.STAY_TAIL_FACTOR - 1.0) * next(self._uniform, 0.5)
            t = self._go(room, t, min(stop, t + seconds))
        for room, seconds, how in last:
            t = self._go(room, t, min(end, t + seconds), how)

    def _meal_due(self, local: float) -> bool:
        """Return whether one of the day's meals is prepared now (local seconds); each is asked about once a day."""
        day, hour = divmod(local, 86400.0)
        for number, begin in enumerate(self._meals):
            if self._asked[number] < day and begin <= hour < begin + c.MEAL_LATE_HOURS * 3600.0:
                self._asked[number] = day
                if next(self._uniform, 0.5) < self._eats[1 + number]:
                    return True
        return False

    def _next_room(self, part: int) -> int:
        u = next(self._uniform, 0.5)
        room = min(bisect(self._table[part], u), self._last_room)
        if room != self._room:
            return room
        if u < 0.5 and self._hall != self._room:
            return self._hall
        return min(bisect(self._table[part], next(self._uniform, 0.5)), self._last_room)


def _trips(rng: np.random.Generator, person: Person, begin: float, end: float) -> list[float]:
    if end - begin < 7200.0:
        return []
    count = rng.poisson(person.night_trips * (end - begin) / 28800.0)
    return [float(t) for t in np.sort(rng.uniform(begin + 1800.0, end - 1800.0, count))]


def move(rng: np.random.Generator, rooms: tuple[Room, ...], people: tuple[Person, ...], clock: LocalTime) -> Stays:
    """Return everybody's stays in the rooms while at home, with heavy-tailed durations, in order of time."""
    rows: list[tuple[float, float, int, int]] = []
    who: list[int] = []
    for number, person in enumerate(people):
        walk = _Walk(rng, rooms, person)
        begins, ends, states = person.plan.starts.tolist(), person.plan.ends.tolist(), person.plan.states.tolist()
        offsets = clock.offset(person.plan.starts).tolist()
        for begin, end, state, before, after, offset in zip(
            begins, ends, states, [AWAY, *states[:-1]], [*states[1:], AWAY], offsets, strict=True
        ):
            if state == ASLEEP:
                day = 9.0 <= (begin + offset) % 86400.0 / 3600.0 < 20.0
                walk.sleep(begin, end, _trips(rng, person, begin, end), nap=day and end - begin < _NAP_SECONDS)
            elif state == HOME:
                walk.wake(begin, end, before, after, offset)
        rows += walk.rows
        who += [number] * len(walk.rows)
    table = np.array([row[:3] for row in rows], dtype=np.float64).reshape(-1, 3)
    order = np.argsort(table[:, 0], kind="stable")
    how = np.array([row[3] for row in rows], dtype=np.int8)[order]
    return Stays(
        table[order, 0],
        table[order, 1],
        table[order, 2].astype(np.int64),
        np.array(who, dtype=np.int64)[order],
        how == _ASLEEP,
        how == _LYING,
    )


def occupancy(stays: Stays, room: int, gap: float = 20.0) -> Spans:
    """Return when somebody awake is in a room; trips by night count, sleeping does not."""
    keep = (stays.rooms == room) & ~stays.asleep
    return Spans.union(stays.starts[keep], stays.ends[keep], gap)
