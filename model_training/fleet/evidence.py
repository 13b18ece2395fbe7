"""Which evidence sensors a home has, and what was recorded of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.home import ARMED_NIGHT, OFF, ON, Entity
from custom_components.hunches.engine.timeline import Timeline

from . import calibration as c
from . import sensors

if TYPE_CHECKING:
    from .names import Namer
    from .recorder import Recorder
    from .spans import Spans
    from .world import World

Found = list[tuple[Entity, Timeline]]
_SLEEPING: Final = ("bedroom", "child's room", "living room")
_CLASSES: Final = {
    "motion": ("motion", "motion", "motion", "occupancy", "presence"),
    "front door": ("door", "door", "opening"),
    "inner door": ("door", "opening"),
    "cupboard": ("door", "opening"),
    "window": ("window", "opening"),
    "bed": ("occupancy", "occupancy", None),
    "seat": ("occupancy", None),
}  # fmt: skip


def _binary(
    rng: np.random.Generator, recorder: Recorder, namer: Namer, kind: str, room: int, on: Spans, *, bare: bool
) -> tuple[Entity, Timeline]:
    classes = _CLASSES[kind]
    device_class = None if bare else classes[int(rng.integers(len(classes)))]
    name = namer.sensor(kind, room)
    area = namer.area(room)
    return Entity(namer.entity_id("binary_sensor", name, area), name, area, device_class), recorder.timeline(on)


def _some(rng: np.random.Generator, rooms: list[int], most: int) -> list[int]:
    if not rooms:
        return []
    count = int(rng.integers(1, min(len(rooms), most) + 1))
    return sorted(int(r) for r in rng.choice(rooms, count, replace=False))


def _panel(rng: np.random.Generator, world: World, recorder: Recorder) -> Timeline:
    away, night = sensors.alarm(rng, world)
    times = np.concatenate([away.starts, away.ends, night.starts, night.ends])
    states = np.repeat(np.array([ON, OFF, ARMED_NIGHT, OFF], dtype=np.int8), [len(away)] * 2 + [len(night)] * 2)
    order = np.lexsort((states != OFF, times))
    times, states = np.round(times[order], 3), states[order]
    within = (times > recorder.start) & (times < recorder.end)
    before = states[times <= recorder.start]
    first = before[-1] if before.size else OFF
    return Timeline.from_readings(
        np.append(recorder.start, times[within]), np.append(np.int8(first), states[within])
    )


def evidence(rng: np.random.Generator, world: World, recorder: Recorder, namer: Namer, style: str) -> Found:
    """Return the evidence entities of a home and their timelines; many homes lack some kinds, some have none."""
    found: Found = []
    if rng.random() >= c.EVIDENCE_CHANCE[style]:
        return found
    has = {
        kind: rng.random() < (np.sqrt(chance) if style == "sensors" and kind not in {"person", "zone", "tracker"} else chance)
        for kind, chance in c.EVIDENCE.items()
    }
    bare = rng.random() < c.NULL_CLASS
    rooms = {kind: [r.number for r in world.rooms if r.kind == kind] for kind in c.ROOMS}
    inside = [r.number for r in world.rooms if r.kind not in {"outside", "garden"}]
    pets = rng.uniform(*c.PET_TRIPS_A_DAY) if rng.random() < c.PET_HOMES else 0.0

    def add(kind: str, room: int, on: Spans) -> None:
        found.append(_binary(rng, recorder, namer, kind, room, on, bare=bare))

    if has["motion"]:
        places = inside + (rooms["outside"] if rng.random() < 0.2 else [])
        for room in _some(rng, places, 8):
            add("motion", room, sensors.motion(rng, world, room, pets * rng.uniform(0, 0.5)))
    entrance = rooms["hall"] or rooms["kitchen"]
    if has["front door"]:
        add("front door", entrance[0], sensors.front_door(rng, world))
    if has["inner door"]:
        for room in _some(rng, rooms["bathroom"] + rooms["toilet"] + rooms["bedroom"] + rooms["child's room"], 3):
            add("inner door", room, sensors.inner_door(rng, world, room))
    if has["cupboard"]:
        for room in _some(rng, rooms["kitchen"], 1) * int(rng.integers(1, 5)):
            add("cupboard", room, sensors.cupboard(rng, world, room))
    if has["window"]:
        for room in _some(rng, inside, 3):
            add("window", room, sensors.window(rng, world))
    if has["bed"]:
        beds = {int(r) for r in world.stays.rooms[world.stays.asleep]}
        for room in _some(rng, [r for kind in _SLEEPING for r in rooms[kind] if r in beds], 2):
            add("bed", room, sensors.bed(rng, world, room))
    if has["seat"]:
        for room in _some(rng, rooms["living room"] + rooms["dining room"] + rooms["office"], 2):
            add("seat", room, sensors.seat(rng, world, room))
    residents = [(i, p) for i, p in enumerate(world.people) if p.phone and not p.guest]
    phones = [(i, sensors.phone(rng, world, p)) for i, p in residents]
    if phones and has["person"]:
        for i, spans in phones:
            name = namer.person(i)
            found.append((Entity(namer.entity_id("person", name, None), name), recorder.timeline(spans)))
    if phones and has["tracker"]:
        for i, spans in phones:
            name = f"{namer.person(i)} phone"
            found.append((Entity(namer.entity_id("device_tracker", name, None), name), recorder.timeline(spans)))
    if phones and has["zone"]:
        found.append((Entity("zone.home", "Home"), recorder.timeline(sensors.anybody([s for _, s in phones]))))
    if has["illuminance"]:
        room = _some(rng, inside + rooms["outside"], 1)[0]
        name = namer.sensor("illuminance", room)
        area = namer.area(room)
        entity = Entity(namer.entity_id("sensor", name, area), name, area, "illuminance")
        found.append((entity, recorder.timeline(sensors.brightness(rng, world))))
    if has["alarm"]:
        name = namer.sensor("alarm", entrance[0])
        entity = Entity(namer.entity_id("alarm_control_panel", name, None), name)
        found.append((entity, _panel(rng, world, recorder)))
    return found
