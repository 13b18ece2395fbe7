"""Simulated homes for training the context filter: many cheap sensors, few people, and everything that goes wrong.

The fleet's own homes are mostly lamps and plugs. Added here are homes of one or two people full of contacts, mats and
pulses (cupboards, taps, flushes, seats, beds), and damage done to the homes of every generator: sensors that are gone,
deaf, stuck, swapped, unnamed, upside down, doubled; doors that miss who leaves; days without any recording.
Ranges are wide and chosen, not fitted: what is wanted is that nothing can be relied on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import ARMED_NIGHT, OFF, ON, Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Timeline

from .context_damage import damage, with_alarms
from .fleet import calibration as c
from .fleet import processes, residents, sensors
from .fleet.names import Namer
from .fleet.recorder import Recorder
from .fleet.research import research
from .fleet.spans import Spans
from .fleet.world import World, build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

CONTACTS_SHARE: Final = 0.57
RESIDENTS_SHARE: Final = 0.38  # the rest are random processes
RESEARCH_SHARE: Final = 0.6  # of the homes full of contacts: with the fleet's own such sensors, not those made here
FLATS: Final = 4  # homes out of which the one with the fewest rooms is taken, at most: such homes are mostly small
TRACKED, ARMED = 0.2, 0.12  # share of the homes full of contacts whose residents carry trackers, that have an alarm
_STREAM: Final = 7
_FIRST, _LAST = 13514, 20454  # days since 1970-01-01: 2007 to 2025
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "motion": ("Motion", "PIR", "Bewegung", "Movement sensor", "Sonar"),
    "front door": ("Front door", "Entrance", "Main door", "Haustür", "Voordeur", "House door"),
    "inner door": ("Door", "Bedroom door", "Bathroom door", "Toilet door", "Hall door"),
    "cupboard": ("Fridge", "Cupboard", "Drawer", "Freezer", "Plates cupboard", "Cabinet", "Wardrobe", "Dresser"),
    "pulse": ("Toilet flush", "Tap", "Basin", "Sink", "Shower", "Water"),
    "stove": ("Stove", "Cooktop", "Oven", "Heater"),
    "bed": ("Bed", "Bed left", "Mattress", "Bett", "Bed pressure"),
    "seat": ("Couch", "Seat", "Chair", "Sofa", "Armchair"),
    "window": ("Window",),
    "plug": ("Microwave", "Toaster", "Dishwasher", "Washing machine", "Kettle"),
    "tv": ("TV", "Television", "Receiver"),
}
_CLASSES: Final[Mapping[str, tuple[str | None, ...]]] = {
    "motion": ("motion", "motion", "occupancy"),
    "front door": ("door", "door", "opening"),
    "inner door": ("door", "door", "opening"),
    "cupboard": ("opening", "opening", "door"),
    "pulse": ("opening", "motion", "occupancy", None),
    "stove": ("opening", "motion", None),
    "bed": ("occupancy",),
    "seat": ("occupancy",),
    "window": ("window", "opening"),
}
_DOMAIN: Final[Mapping[str, str]] = {"plug": "switch", "tv": "media_player"}


def _log(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _moments(rng: Generator, spans: Spans, gap: float) -> NDArray[np.float64]:
    """Return moments within spans, one every `gap` seconds on average, sorted."""
    lengths = spans.ends - spans.starts
    starts = np.repeat(spans.starts, count := rng.poisson(lengths / gap))
    return np.sort(starts + rng.random(starts.size) * np.repeat(lengths, count))


def _pulse(rng: Generator, world: World, room: int) -> Spans:
    """A flush, a tap: short, mostly towards the end of a stay."""
    spans = world.occupied[room]
    used = rng.random(len(spans)) < rng.uniform(0.2, 1.0)
    ends = spans.ends[used] - rng.exponential(30.0, int(used.sum()))
    times = np.concatenate([ends, _moments(rng, spans, 60.0 * _log(rng, 5.0, 200.0))])
    return Spans.union(times, times + np.exp(rng.normal(np.log(_log(rng, 1.0, 60.0)), 0.6, times.size)))


def _long_use(rng: Generator, world: World, room: int) -> Spans:
    """A stove, a shower, a microwave: now and then, for seconds to an hour."""
    spans = world.occupied[room].longer(120.0)
    used = rng.random(len(spans)) < _log(rng, 0.03, 0.5)
    begin = spans.starts[used] + rng.exponential(90.0, int(used.sum()))
    return Spans.union(begin, begin + np.exp(rng.normal(np.log(_log(rng, 20.0, 2400.0)), 0.6, begin.size)))


def _flicker(rng: Generator, spans: Spans, most: float) -> Spans:
    """Let a mat lose who lies or sits on it: up to `most` times an hour, for seconds to minutes."""
    if not len(spans):
        return spans
    lost = _moments(rng, spans, HOUR / _log(rng, 0.02, most))
    gaps = Spans.union(lost, lost + np.exp(rng.normal(np.log(_log(rng, 3.0, 200.0)), 0.8, lost.size)))
    return spans.intersect(gaps.outside(spans.starts[0], spans.ends[-1])) if len(gaps) else spans


def _both(one: Spans, other: Spans) -> Spans:
    return Spans.union(np.append(one.starts, other.starts), np.append(one.ends, other.ends))


def _bed(rng: Generator, world: World, room: int, elsewhere: Spans) -> Spans:
    """A mat in a bed: also under who reads, rests or lies awake; not in nights spent `elsewhere`."""
    spans = sensors.bed(rng, world, room)
    if len(spans):
        lag = rng.exponential(_log(rng, 30.0, 2400.0), len(spans))
        spans = Spans.union(spans.starts, spans.ends + np.where(rng.random(len(spans)) < 0.5, lag, 0.0))
    rests = world.occupied[room].longer(_log(rng, 120.0, 1800.0))
    some = rng.random(len(rests)) < rng.uniform(0.0, 0.8)
    spans = _both(spans, Spans(rests.starts[some], rests.ends[some]))
    if len(elsewhere) and len(spans):
        spans = spans.intersect(elsewhere.outside(world.start, world.end))
    return _flicker(rng, spans, 8.0)


def _seat(rng: Generator, world: World, room: int, nights: Spans) -> Spans:
    """A seat: during longer stays, and in nights that are spent on it."""
    spans = _flicker(rng, _both(sensors.seat(rng, world, room), nights), 6.0)
    return sensors.stuck(rng, world, spans)


def _sitting(rng: Generator, world: World) -> Spans:
    """Return when everybody at home sits still for long: most homes have such evenings, the generators have few."""
    awake = world.presence.awake.longer(HOUR)
    if rng.random() < 0.3 or not len(awake):
        return Spans.none()
    starts = _moments(rng, awake, HOUR * _log(rng, 3.0, 40.0))
    late = LocalTime(world.clock.zone).hour(starts)
    starts = starts[(late > 18) | (rng.random(starts.size) < rng.uniform(0.1, 1.0))]
    ends = starts + HOUR * np.exp(rng.normal(np.log(_log(rng, 0.5, 2.5)), 0.5, starts.size))
    return Spans.union(starts, ends).intersect(awake) if starts.size else Spans.none()


class _Furnished:
    """A home that is being fitted with sensors."""

    def __init__(self, rng: Generator, world: World, recorder: Recorder) -> None:
        self.rng, self.world, self.recorder = rng, world, recorder
        self.entities: dict[str, Entity] = {}
        self.timelines: dict[str, Timeline] = {}
        self._still = _sitting(rng, world)
        self._taken = False  # whether the seat they sit on has its sensor
        self.rooms = {room.number: room.kind for room in world.rooms}

    def of(self, *kinds: str) -> list[int]:
        """Return the rooms of these kinds."""
        return [number for number, kind in self.rooms.items() if kind in kinds]

    def some(self, rooms: list[int], chance: float) -> list[int]:
        """Return each of the rooms with a chance."""
        return [room for room in rooms if self.rng.random() < chance]

    def add(self, kind: str, room: int, on: Spans) -> None:
        """Put a sensor of a kind in a room."""
        names, classes = _NAMES[kind], _CLASSES.get(kind, (None,))
        name = names[int(self.rng.integers(len(names)))]
        key = f"{_DOMAIN.get(kind, 'binary_sensor')}.{kind.replace(' ', '_')}_{len(self.entities)}"
        area = self.rooms[room].capitalize() if self.rng.random() < 0.8 else None
        self.put(Entity(key, name, area, classes[int(self.rng.integers(len(classes)))]), on, seat=kind == "seat")

    def put(self, entity: Entity, on: Spans, *, seat: bool) -> None:
        """Put in a sensor that would have been on in `on`, had nobody sat still."""
        if len(self._still) and seat and not self._taken:
            self._taken = True
            on = _both(on, _flicker(self.rng, self._still, 3.0))
        elif len(self._still) and len(on):
            on = on.intersect(self._still.outside(self.world.start, self.world.end))
        self.entities[entity.entity_id] = entity
        self.timelines[entity.entity_id] = self.recorder.timeline(on)


def contacts(index: int, seed: int) -> Recording:
    """Return a home of few people and many sensors, with its truth: always the same for an index and a seed."""
    rng = np.random.default_rng([seed, index, _STREAM])
    zone, latitude, longitude = c.TIME_ZONES[int(rng.integers(len(c.TIME_ZONES)))]
    days = int(rng.integers(8, 30))
    clock = LocalTime(zone, latitude, longitude)
    first = int(rng.integers(_FIRST, _LAST))
    drawn = [build(rng, clock, first, days + 2, c.RESEARCH_SIZES) for _ in range(int(rng.integers(1, FLATS + 1)))]
    world = min(drawn, key=lambda w: len(w.rooms))
    start = world.start + rng.uniform(0.3, 1.0) * DAY
    end = min(start + days * DAY, world.end - 60.0)
    recorder = Recorder(start, end, 0.0, any_use=True, outages=Spans.none())
    if rng.random() < 0.15:
        recorder = Recorder.draw(rng, start, end)
    home = _Furnished(rng, world, recorder)
    if rng.random() < RESEARCH_SHARE:
        namer = Namer(rng, world.rooms)
        for word, classes, room, on in research(rng, world):
            name, area = namer.sensor(word, room), namer.area(room)
            key = namer.entity_id("binary_sensor", name, area)
            entity = Entity(key, name, area, classes[int(rng.integers(len(classes)))])
            home.put(entity, on, seat=word.startswith(("couch", "chair")))
    else:
        _furnish(home)
    _people(home)
    place = Home(f"contacts {index}", zone, latitude, longitude, home.entities)
    truth = tuple(
        Interval(float(a), float(b), label)
        for label, spans in (("asleep", world.presence.asleep), ("away", world.presence.away))
        for a, b in spans.cut(start, end).pairs()
    )
    return Recording(place, home.timelines, truth)


def _furnish(home: _Furnished) -> None:
    """Fit a home with sensors."""
    _openings(home)
    _wet_and_warm(home)
    _rests(home)


def _openings(home: _Furnished) -> None:
    """Give it doors, windows, cupboards, and motion sensors."""
    rng, world = home.rng, home.world
    inside = [room for room, kind in home.rooms.items() if kind not in {"outside", "garden"}]
    if rng.random() < 0.9:
        home.add("front door", home.of("hall", "kitchen")[0], sensors.front_door(rng, world))
    if rng.random() < 0.5:
        chance, pets = rng.uniform(0.2, 1.0), rng.uniform(0, 8) if rng.random() < 0.15 else 0.0
        for room in home.some(inside, chance):
            home.add("motion", room, sensors.motion(rng, world, room, pets))
    for room in home.some(home.of("bathroom", "toilet", "bedroom"), rng.uniform(0.0, 1.0)):
        home.add("inner door", room, sensors.inner_door(rng, world, room))
    for _ in range(int(rng.integers(0, 9))):
        room = home.of("kitchen")[0] if rng.random() < 0.7 else int(rng.choice(inside))
        home.add("cupboard", room, sensors.cupboard(rng, world, room))
    if rng.random() < 0.15:
        home.add("window", inside[0], sensors.window(rng, world))


def _wet_and_warm(home: _Furnished) -> None:
    """Give it taps and flushes, stoves and showers, plugs."""
    rng, world = home.rng, home.world
    wet, kitchen = home.of("bathroom", "toilet"), home.of("kitchen")[0]
    for room in home.some([*wet, *wet, kitchen], rng.uniform(0.0, 0.9)):
        home.add("pulse", room, _pulse(rng, world, room))
    for room in home.some([kitchen, *wet], rng.uniform(0.0, 0.7)):
        home.add("stove", room, _long_use(rng, world, room))
    for _ in range(int(rng.integers(0, 5)) if rng.random() < 0.6 else 0):
        home.add("plug", kitchen, _long_use(rng, world, kitchen))


def _rests(home: _Furnished) -> None:
    """Give it mats in beds and seats, and a TV."""
    rng, world = home.rng, home.world
    living = home.of("living room", "dining room")
    nights = world.presence.asleep.longer(3 * HOUR)
    keep = rng.random(len(nights)) < (rng.uniform(0.05, 0.6) if rng.random() < 0.2 else 0.0)
    elsewhere = Spans(nights.starts[keep], nights.ends[keep])
    if rng.random() < 0.65:
        beds = sorted({int(room) for room in world.stays.rooms[world.stays.asleep]})
        for room in home.some(beds, 0.85):
            for _ in range(2 if rng.random() < 0.3 else 1):
                home.add("bed", room, _bed(rng, world, room, elsewhere))
    if rng.random() < 0.5 and living:
        for number, room in enumerate(home.some([*living, *living, *living, *home.of("kitchen")], 0.5)):
            home.add("seat", room, _seat(rng, world, room, elsewhere if number == 0 else Spans.none()))
    if rng.random() < 0.3 and living:
        home.add("tv", living[0], _flicker(rng, sensors.seat(rng, world, living[0]), 3.0))


def _people(home: _Furnished) -> None:
    """Give some homes trackers of their residents, and some an alarm panel."""
    rng, world, recorder = home.rng, home.world, home.recorder
    if rng.random() < TRACKED:
        for number, person in enumerate(p for p in world.people if not p.guest):
            key = f"{'person' if rng.random() < 0.8 else 'device_tracker'}.p{number}"
            home.entities[key] = Entity(key, f"Resident {number}")
            home.timelines[key] = recorder.timeline(sensors.phone(rng, world, person))
    if rng.random() < ARMED:
        away, night = sensors.alarm(rng, world)
        times = np.concatenate([away.starts, away.ends, night.starts, night.ends])
        states = np.repeat(np.array([ON, OFF, ARMED_NIGHT, OFF], dtype=np.int8), [len(away)] * 2 + [len(night)] * 2)
        order = np.lexsort((states != OFF, times))
        times, states = times[order], states[order]
        inside = (times > recorder.start) & (times < recorder.end)
        key = "alarm_control_panel.alarm"
        home.entities[key] = Entity(key, "Alarm")
        home.timelines[key] = Timeline.from_readings(
            np.append(recorder.start, times[inside]), np.append(np.int8(OFF), states[inside])
        )


# ---- damage ----------------------------------------------------------------------------------------------------------


def home(index: int, seed: int) -> Recording:
    """Return home number `index` for training, damaged, with its truth."""
    rng = np.random.default_rng([seed, index, _STREAM, 1])
    which = rng.random()
    if which < CONTACTS_SHARE:
        whole = contacts(index, seed)
    elif which < CONTACTS_SHARE + RESIDENTS_SHARE:
        whole = residents.simulate(index, seed).recording
    else:
        whole = processes.simulate(index, seed).recording
    return damage(whole, rng)


def judge(index: int, seed: int) -> Recording:
    """Return home number `index` for choosing among numbers: all its sensors are in order, but for false alarms.

    Homes of which little is seen would choose as well, and favour whatever guesses best.
    """
    rng = np.random.default_rng([seed, index, _STREAM, 2])
    whole = contacts(index, seed)
    span = whole.start, whole.end
    timelines = {key: with_alarms(rng, whole.home.entities[key], t, span, 1.0) for key, t in whole.timelines.items()}
    return Recording(whole.home, timelines, whole.truth)
