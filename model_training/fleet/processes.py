"""Simulated homes without people in rooms: every device is a random process with random parameters.

What makes a real device predictable is a handful of properties: how often it is used, how long uses last and how
heavy their tails are, how they cling to hours, weekdays, the sun or people at home, and whether it gets stuck. This
generator draws these from wide ranges (`process_ranges`) and nothing else, so that a model learns to read them off
a device's past instead of recognising the appliances of another generator. It is meant to be mixed with one
whose homes are lived in: the two fail differently.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Entity, Home

from . import process_ranges as ranges
from .answers import draw_answers
from .home import SimulatedHome
from .process_days import draw_days
from .process_draw import chance, log_uniform, pick, spread
from .process_evidence import draw_sensors, truth
from .process_families import FAMILIES, Uses
from .process_habits import draw_uses
from .process_recorder import draw_recorder, on_spans, record, unwanted_stretches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator

_STREAM: Final = 2  # keeps these draws apart from another generator's with the same seed and index
_TRIES: Final = 6
_LEAST_CHANGES: Final = 6  # a home in which nothing ever happens teaches nothing

_NOUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("Bulb", "Lamp", "Light", "Dimmer"),
    "switch": ("Switch", "Plug", "Outlet", "Socket", "Relay"),
    "media_player": ("Player", "Speaker", "Media"),
    "cover": ("Cover", "Shade", "Actuator"),
    "fan": ("Fan",),
    "lock": ("Lock",),
    "climate": ("Climate", "Thermostat"),
    "input_boolean": ("Toggle", "Helper", "Boolean"),
    "humidifier": ("Humidifier",),
    "valve": ("Valve",),
}
_AREAS: Final = ("Room 1", "Room 2", "Room 3", "Room 4", "Upstairs", "Downstairs", "Annexe")


def simulate(index: int, seed: int, weeks: int | None = None) -> SimulatedHome:
    """Draw the home of this index: the same for the same index and seed (both ≥ 0), whatever was drawn before."""
    rng = np.random.default_rng((seed, _STREAM, index))
    for _ in range(_TRIES):
        home = _draw_home(rng, f"processes_{seed}_{index}", weeks)
        if max(len(home.recording.timelines[key]) for key in home.roles) >= _LEAST_CHANGES:
            break
    return home


def _draw_home(rng: Generator, name: str, weeks: int | None) -> SimulatedHome:
    days = draw_days(rng, weeks)
    recorder = draw_recorder(rng, days)
    kind = pick(rng, ranges.HOME_KINDS)
    low, high = ranges.DEVICES[kind]
    number = round(float(log_uniform(rng, (low, high), 1)[0]))
    families = [pick(rng, ranges.FAMILIES) for _ in range(number)]
    if kind in {"bulbs", "plugs", "one kind"} and chance(rng, ranges.ALIKE):
        families = families[:1] * number
    uses = [draw_uses(rng, days, FAMILIES[family]) for family in families]
    if number > 1 and chance(rng, ranges.GROUPS):
        _group(rng, uses, families)

    entities, timelines, roles, unwanted = {}, {}, {}, {}
    for entity, used, family in zip(_entities(rng, kind, number), uses, families, strict=True):
        key = entity.entity_id
        entities[key] = entity
        timelines[key] = record(rng, days, recorder, on_spans(days, used), by_hand=FAMILIES[family].by_hand)
        roles[key] = f"{family} {entity.domain}"
        forgotten = unwanted_stretches(days, used, timelines[key])
        if forgotten:
            unwanted[key] = forgotten

    known: tuple[Interval, ...] = ()
    if days.length <= ranges.EVIDENCE_DAYS and chance(rng, ranges.EVIDENCE):
        known = truth(days)
        for entity, spans in draw_sensors(rng, days):
            entities[entity.entity_id] = entity
            timelines[entity.entity_id] = record(rng, days, recorder, spans.cut(days.begin, days.end), by_hand=True)
    home = Home(
        name, days.clock.zone, days.clock.latitude, days.clock.longitude, entities, "simulated: random processes"
    )
    answers = draw_answers(rng, 1 + int(chance(rng, 0.6)), list(roles))
    return SimulatedHome(Recording(home, timelines, known), roles, unwanted, "processes", kind, answers=answers)


def _group(rng: Generator, uses: list[Uses], families: list[str]) -> None:
    """Let some devices do what another does, all the time or now and then, a moment later."""
    members = rng.permutation(len(uses))[: int(rng.integers(2, 6))]
    leader = int(members[0])
    for follower in (int(member) for member in members[1:]):
        led = uses[leader].keep(rng.random(len(uses[leader])) < rng.uniform(0.3, 1.2))
        delay = spread(rng, (0.05, 300.0)) * rng.random(len(led))
        uses[follower] = replace(led, starts=led.starts + delay, intended=led.intended + delay, ends=led.ends + delay)
        families[follower] = families[leader]


def _entities(rng: Generator, kind: str, number: int) -> list[Entity]:
    """Name devices as people do who do not: by kind and number, by radio address, or not at all."""
    one = pick(rng, ranges.DOMAINS)
    has_areas = chance(rng, ranges.AREAS)
    areas = _AREAS[: int(rng.integers(1, len(_AREAS) + 1))]
    numbers = rng.permutation(number) + 1
    nouns = {domain: str(rng.choice(words)) for domain, words in _NOUNS.items()}
    found = []
    for i in numbers:
        match kind:
            case "bulbs":
                domain = "light"
            case "plugs":
                domain = "switch"
            case "one kind":
                domain = one
            case _:
                domain = pick(rng, ranges.DOMAINS)
        outlet = domain == "switch" and (kind == "plugs" or chance(rng, 0.4))
        if chance(rng, ranges.UNNAMED):
            address = f"0x{int(rng.integers(2**48)):012x}"
            key, name = f"{domain}.{address}_{i}", address if chance(rng, 0.5) else ""
        else:
            name = f"{nouns[domain]} {i}"
            key = f"{domain}.{name.lower().replace(' ', '_')}"
        area = str(rng.choice(areas)) if has_areas and chance(rng, 0.8) else None
        found.append(Entity(key, name, area, "outlet" if outlet else None))
    return found
