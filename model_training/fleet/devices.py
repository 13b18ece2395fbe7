"""Which devices a home has, and the history of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Interval
from custom_components.hunches.engine.home import OFF, ON, Entity
from custom_components.hunches.engine.timeline import Timeline

from . import calibration as c
from .habits import HABITS
from .recorder import Recorder, causes_of, on_spans
from .roles import ROLES, Kinds, Role
from .spans import Spans
from .use import Use, held, spliced

if TYPE_CHECKING:
    from .names import Namer
    from .world import World

Choice = tuple[Role, int, str, str | None]
"""A role, the room it is in, its domain and its device class."""

_DAY: Final = 86400.0
_LIGHTS: Final = frozenset({"light", "porch", "night_light", "decoration"})
_APPLIANCES: Final = frozenset({"short", "burst", "laundry", "dishwasher", "fridge", "steady", "charger"})
_RESEARCH: Final = frozenset(
    {"microwave", "kettle", "cooker", "coffee machine", "washing machine", "dishwasher", "tv", "bathroom light"}
)
_SECOND: Final = {"light": "switch", "switch": "light", "media_player": "switch", "fan": "switch", "climate": "switch"}
"""The domain of a second entity of one thing: a relay beside its light, a plug beside its television."""
_USUAL_ROOM: Final = 0.7  # share of devices that stand in the room where their role usually does
_HABITS_CHANGE: Final = 0.5  # of a home's devices, where habits change


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a home: its entity, its true role, what was recorded and when it was on unwanted.

    `same_as`: the first entity of the same physical device (empty: this is it); `members`: those of a group.
    """

    entity: Entity
    role: str
    timeline: Timeline
    unwanted: tuple[Interval, ...]
    same_as: str = ""
    members: tuple[str, ...] = ()


def _fits(role: Role, style: str, single: str) -> bool:
    match style:
        case "lights":
            return role.behaviour in _LIGHTS
        case "appliances":
            return role.behaviour in _APPLIANCES
        case "research":
            return role.name in _RESEARCH
        case "single kind":
            return any(kind[0] == single for kind in role.kinds)
    return True


def choose(rng: np.random.Generator, world: World, style: str, count: int) -> list[Choice]:
    """Return (role, room, domain, device class) of up to `count` devices, as homes of a style have them."""
    single = str(rng.choice(["light", "switch", "cover", "lock", "climate", "media_player", "fan", "switch"]))
    roles = [r for r in ROLES if _fits(r, style, single)]
    taste = np.exp(rng.normal(0, 0.9, len(roles))) * np.array([r.weight for r in roles])
    free: list[tuple[float, int, Role, int]] = []
    for number, role in enumerate(roles):
        rooms = [room.number for kind in role.rooms for room in world.rooms if room.kind == kind]
        for copy in range(role.most if rooms else 0):
            room = rooms[copy % len(rooms)] if rng.random() < _USUAL_ROOM else rooms[int(rng.integers(len(rooms)))]
            key = rng.exponential() / taste[number] * (1.0 + 1.5 * copy)  # the first of an exponential race
            free.append((key, number, role, room))
    free.sort(key=lambda item: item[:2])
    chosen = []
    for _, _, role, room in free[:count]:
        kinds: Kinds = role.kinds
        if style == "single kind":
            kinds = tuple(kind for kind in kinds if kind[0] == single)
        shares = np.array([share for _, _, share in kinds])
        domain, device_class, _ = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        chosen.append((role, room, domain, device_class))
    return chosen


def _stuck(rng: np.random.Generator, use: Use, world: World) -> Use:
    begin = rng.uniform(world.start, world.end, int(rng.integers(*c.STUCK_TIMES, endpoint=True)))
    days = np.exp(rng.normal(np.log(c.STUCK_DAYS[0]), c.STUCK_DAYS[1], begin.size))
    days = np.where(rng.random(begin.size) < c.STUCK_FOR_GOOD, np.inf, days)
    stretch = Spans.union(begin, np.minimum(begin + days * _DAY, world.end))
    inside = [i for i in use.unwanted if not stretch.contains(np.array([i.start, i.end])).any()]
    return held(Use(use.on, use.auto_on, use.auto_off, tuple(inside)), stretch)


def make(
    rng: np.random.Generator,
    world: World,
    recorder: Recorder,
    namer: Namer,
    choice: Choice,
    known: float,
    hidden: Spans | None,
    copies: int = 1,
    *,
    doubled: bool = False,
) -> list[Device]:
    """Simulate one device, or several bulbs that are switched together, with their group.

    `known`: share of manual changes that carry a user; `hidden`: when lights are not seen; `copies`: how many bulbs;
    `doubled`: whether a second entity shows the same device.
    """
    use = _use(rng, world, choice)
    devices = [_recorded(rng, recorder, namer, choice, use, known, hidden)]
    for _ in range(copies - 1):
        one = _shared(rng, use, rng.uniform(*c.BULB_ODD))
        devices.append(_recorded(rng, recorder, namer, choice, one, known, hidden))
    role, room, domain, device_class = choice
    if doubled and copies == 1 and domain in _SECOND:
        again = (role, room, _SECOND[domain], device_class if domain == "light" else None)
        second = _recorded(rng, recorder, namer, again, _shared(rng, use, 0.0), known, hidden)
        devices.append(replace(second, same_as=devices[0].entity.entity_id))
    if copies > 1 and rng.random() < c.GROUP_ENTITIES:
        devices.append(_group(recorder, namer, room, devices))
    return devices


def _group(recorder: Recorder, namer: Namer, room: int, members: list[Device]) -> Device:
    """Return the group of some bulbs: on while any of them is."""
    lit = [on_spans(device.timeline, recorder.end) for device in members]
    on = Spans.union(np.concatenate([s.starts for s in lit]), np.concatenate([s.ends for s in lit]))
    begin = min(float(device.timeline.times[0]) for device in members)
    on = on.cut(begin, recorder.end)
    off = on.outside(begin, recorder.end)
    times = np.concatenate([on.starts, off.starts])
    states = np.repeat(np.array([ON, OFF], dtype=np.int8), [len(on), len(off)])
    order = np.argsort(times, kind="stable")
    name, area = namer.group(room), namer.area(room)
    entity = Entity(namer.entity_id("light", name, area), name, area)
    timeline = Timeline.from_readings(times[order], states[order])
    unwanted = recorder.unwanted(timeline, tuple(i for device in members[:1] for i in device.unwanted))
    return Device(entity, members[0].role, timeline, unwanted, "", tuple(d.entity.entity_id for d in members))


def _use(rng: np.random.Generator, world: World, choice: Choice) -> Use:
    role, room, _, _ = choice
    habit = HABITS[role.behaviour]
    use = habit(rng, world, role, room)
    if world.change < world.end and rng.random() < _HABITS_CHANGE:
        use = spliced(use, habit(rng, world, role, room), world.change, world.end)
    if rng.random() < c.STUCK_DEVICES:
        use = _stuck(rng, use, world)
    return use


def _shared(rng: np.random.Generator, use: Use, odd: float) -> Use:
    """Return the same use a fraction of a second later, some uses (`odd`: their share) left out."""
    keep = rng.random(len(use.on)) >= odd
    late = rng.uniform(0.0, 0.8)
    on = Spans(use.on.starts[keep] + late, use.on.ends[keep] + late)
    return Use(on, use.auto_on[keep], use.auto_off[keep], use.unwanted)


def _recorded(
    rng: np.random.Generator,
    recorder: Recorder,
    namer: Namer,
    choice: Choice,
    use: Use,
    known: float,
    hidden: Spans | None,
) -> Device:
    role, room, domain, device_class = choice
    begin = None
    if rng.random() < c.LATE_DEVICES:
        begin = rng.uniform(recorder.start, recorder.start + 0.9 * (recorder.end - recorder.start))
    gaps = hidden if domain == "light" else None
    if gaps is None and rng.random() < c.FLAKY_DEVICES:
        days = (recorder.end - recorder.start) / _DAY
        at = rng.uniform(recorder.start, recorder.end, rng.poisson(rng.uniform(*c.FLAKY_GAPS_A_DAY) * days))
        gaps = Spans.union(at, at + np.exp(rng.normal(5.5, 1.6, at.size)), gap=1.0)
    causes = None if recorder.grid else causes_of(rng, use, known, rng.random() < c.WALL_SWITCH_PHYSICAL)
    timeline = recorder.timeline(use.on, causes, begin, gaps)
    name = namer.device(domain, role.name, room)
    area = None if domain == "input_boolean" else namer.area(room)
    entity = Entity(namer.entity_id(domain, name, area), name, area, device_class)
    return Device(entity, role.name, timeline, recorder.unwanted(timeline, use.unwanted))
