"""Which evidence sensors a home has, and what was recorded of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.home import ARMED_NIGHT, EVIDENCE_CLASSES, OFF, ON, Entity
from custom_components.hunches.engine.timeline import Timeline

from . import calibration as c
from . import sensors
from .research import research

if TYPE_CHECKING:
    from .names import Namer
    from .recorder import Recorder
    from .spans import Spans
    from .world import World

Found = list[tuple[Entity, Timeline]]
_Placed = Iterator[tuple[int, "Spans"]]  # (room, when the sensor in it was on)

RESEARCH: Final = "research"
"""The style of homes whose sensors `research` places."""
_OUTDOORS: Final = frozenset({"outside", "garden"})
_CLASSES: Final[dict[str, tuple[str | None, ...]]] = {
    "motion": ("motion", "motion", "motion", "occupancy", "presence"),
    "front door": ("door", "door", "opening"),
    "inner door": ("door", "opening"),
    "cupboard": ("door", "opening"),
    "window": ("window", "opening"),
    "bed": ("occupancy", "occupancy", None),
    "seat": ("occupancy", None),
}  # fmt: skip


def _of_kind(world: World, *kinds: str) -> list[int]:
    return [room.number for kind in kinds for room in world.rooms if room.kind == kind]


def _inside(world: World) -> list[int]:
    return [room.number for room in world.rooms if room.kind not in _OUTDOORS]


def _entrance(world: World) -> int:
    return _of_kind(world, "hall", "kitchen")[0]


def _some(rng: np.random.Generator, rooms: list[int], most: int) -> list[int]:
    if not rooms:
        return []
    count = int(rng.integers(1, min(len(rooms), most) + 1))
    return sorted(int(room) for room in rng.choice(rooms, count, replace=False))


def _motion(rng: np.random.Generator, world: World) -> _Placed:
    pets = rng.uniform(*c.PET_TRIPS_A_DAY) if rng.random() < c.PET_HOMES else 0.0
    outside = _of_kind(world, "outside") if rng.random() < c.MOTION_OUTSIDE else []
    for room in _some(rng, _inside(world) + outside, 8):
        yield room, sensors.motion(rng, world, room, pets * rng.uniform(0, 0.5))


def _front_door(rng: np.random.Generator, world: World) -> _Placed:
    yield _entrance(world), sensors.front_door(rng, world)


def _inner_door(rng: np.random.Generator, world: World) -> _Placed:
    for room in _some(rng, _of_kind(world, "bathroom", "toilet", "bedroom", "child's room"), 3):
        yield room, sensors.inner_door(rng, world, room)


def _cupboard(rng: np.random.Generator, world: World) -> _Placed:
    kitchen = _of_kind(world, "kitchen")[0]
    for _ in range(int(rng.integers(1, 5))):
        yield kitchen, sensors.cupboard(rng, world, kitchen)


def _window(rng: np.random.Generator, world: World) -> _Placed:
    for room in _some(rng, _inside(world), 3):
        yield room, sensors.window(rng, world)


def _bed(rng: np.random.Generator, world: World) -> _Placed:
    for room in _some(rng, _of_kind(world, "bedroom", "child's room"), 2):
        yield room, sensors.bed(rng, world, room)


def _seat(rng: np.random.Generator, world: World) -> _Placed:
    for room in _some(rng, _of_kind(world, "living room", "dining room", "office"), 2):
        yield room, sensors.seat(rng, world, room)


_BINARY: Final[dict[str, Callable[[np.random.Generator, World], _Placed]]] = {
    "motion": _motion, "front door": _front_door, "inner door": _inner_door, "cupboard": _cupboard,
    "window": _window, "bed": _bed, "seat": _seat,
}  # fmt: skip


def _people(rng: np.random.Generator, world: World, recorder: Recorder, namer: Namer) -> Found:
    has = {kind: bool(rng.random() < chance) for kind, chance in c.PEOPLE.items()}
    residents = [(number, p) for number, p in enumerate(world.people) if p.phone and not p.guest]
    phones = [(number, sensors.phone(rng, world, person)) for number, person in residents]
    found: Found = []
    for kind, domain in (("person", "person"), ("tracker", "device_tracker")):
        for number, spans in phones if has[kind] else ():
            name = namer.person(number) + (" phone" if kind == "tracker" else "")
            found.append((Entity(namer.entity_id(domain, name, None), name), recorder.timeline(spans)))
    if phones and has["zone"]:
        anybody = sensors.anybody([spans for _, spans in phones])
        found.append((Entity("zone.home", "Home"), recorder.timeline(anybody)))
    return found


def _panel(rng: np.random.Generator, world: World, recorder: Recorder) -> Timeline:
    away, night = sensors.alarm(rng, world)
    times = np.concatenate([away.starts, away.ends, night.starts, night.ends])
    states = np.repeat(np.array([ON, OFF, ARMED_NIGHT, OFF], dtype=np.int8), [len(away)] * 2 + [len(night)] * 2)
    order = np.lexsort((states != OFF, times))
    times, states = np.round(times[order], 3), states[order]
    within = (times > recorder.start) & (times < recorder.end)
    before = states[times <= recorder.start]
    first = before[-1] if before.size else np.int8(OFF)
    return Timeline.from_readings(np.append(recorder.start, times[within]), np.append(first, states[within]))


def _research(rng: np.random.Generator, world: World, recorder: Recorder, namer: Namer) -> Found:
    bare = rng.random() < c.NULL_CLASS
    found: Found = []
    for word, classes, room, on in research(rng, world):
        name, area = namer.sensor(word, room), namer.area(room)
        device_class = None if bare else classes[int(rng.integers(len(classes)))]
        device_class = device_class if device_class in EVIDENCE_CLASSES else None
        entity = Entity(namer.entity_id("binary_sensor", name, area), name, area, device_class)
        found.append((entity, recorder.timeline(on)))
    return found


def evidence(rng: np.random.Generator, world: World, recorder: Recorder, namer: Namer, style: str) -> Found:
    """Return the evidence entities of a home and their timelines; many homes lack some kinds, some have none."""
    if style == RESEARCH:
        return _research(rng, world, recorder, namer)
    found = _people(rng, world, recorder, namer)
    if rng.random() >= c.EVIDENCE_CHANCE[style]:
        return found
    has = {}
    for kind, chance in c.EVIDENCE.items():
        more = style == "sensors" and kind in _BINARY
        has[kind] = bool(rng.random() < (np.sqrt(chance) if more else chance))
    bare = rng.random() < c.NULL_CLASS
    for kind, placed in _BINARY.items():
        for room, on in placed(rng, world) if has[kind] else ():
            name, area = namer.sensor(kind, room), namer.area(room)
            device_class = None if bare else _CLASSES[kind][int(rng.integers(len(_CLASSES[kind])))]
            entity = Entity(namer.entity_id("binary_sensor", name, area), name, area, device_class)
            found.append((entity, recorder.timeline(on)))
    if has["illuminance"]:
        room = _some(rng, _inside(world) + _of_kind(world, "outside"), 1)[0]
        name, area = namer.sensor("illuminance", room), namer.area(room)
        entity = Entity(namer.entity_id("sensor", name, area), name, area, "illuminance")
        found.append((entity, recorder.timeline(sensors.brightness(rng, world))))
    if has["alarm"]:
        name = namer.sensor("alarm", _entrance(world))
        entity = Entity(namer.entity_id("alarm_control_panel", name, None), name)
        found.append((entity, _panel(rng, world, recorder)))
    return found
