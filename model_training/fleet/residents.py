"""The generator "residents": people who live in rooms and use, share and forget things."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.timeline import Timeline

from . import calibration as c
from .answers import draw_answers
from .devices import choose, make
from .evidence import RESEARCH, evidence
from .home import SimulatedHome
from .names import Namer
from .recorder import Recorder
from .spans import Spans
from .words import LABELS
from .world import World, build

GENERATOR: Final = "residents"
_STREAM: Final = 1  # sets this generator's random numbers apart from the other's
_DAY: Final = 86400.0


def _place(rng: np.random.Generator) -> LocalTime:
    zone, latitude, longitude = c.TIME_ZONES[int(rng.integers(len(c.TIME_ZONES)))]
    low, high = c.LATITUDES
    latitude = float(np.clip(latitude + rng.normal(0, 1.5), low, high))
    return LocalTime(zone, round(latitude, 2), round(longitude + rng.normal(0, 1.0), 2))


def _days(rng: np.random.Generator, research: bool) -> float:
    """Return how long a history is: a gamma of shape 2, cut, or what a recorder keeps; research lasts weeks."""
    if research:
        return float(rng.uniform(*c.RESEARCH_DAYS))
    kind = rng.random()
    if kind < c.HISTORY_SHORT:
        return float(rng.uniform(*c.HISTORY_SHORT_DAYS))
    if kind > 1.0 - c.HISTORY_LONG:
        return float(rng.uniform(*c.HISTORY_LONG_DAYS))
    low, high = c.HISTORY_DAYS
    return float(np.clip(low + rng.gamma(2.0, (c.HISTORY_MEAN_DAYS - low) / 2.0), low, high))


def _labels(rng: np.random.Generator, entities: dict[str, Entity], devices: Iterable[str]) -> None:
    """Label some devices, as some people do: a word or two that need not tell what it is."""
    share = rng.uniform(*c.LABELLED)
    words = rng.choice(LABELS, int(rng.integers(1, 5)), replace=False).tolist()
    for key in devices:
        if rng.random() < share:
            chosen = rng.choice(words, int(rng.integers(1, min(len(words), 2) + 1)), replace=False)
            entities[key] = replace(entities[key], labels=tuple(str(word) for word in chosen))


def _truth(world: World, start: float, end: float) -> tuple[Interval, ...]:
    spans = [("asleep", world.presence.asleep), ("away", world.presence.away)]
    found = [
        Interval(round(float(a), 3), round(float(b), 3), label)
        for label, which in spans
        for a, b in which.cut(start, end).pairs()
    ]
    return tuple(sorted((i for i in found if i.end > i.start), key=lambda i: i.start))


def _daylight(world: World) -> Spans:
    dawns, dusks = world.sky.dawns, world.sky.dusks
    if not dawns.size or not dusks.size:
        return Spans.none()
    return Spans.union(dawns, np.append(dusks, world.end)[np.searchsorted(dusks, dawns, side="right")])


def simulate(index: int, seed: int, weeks: int | None = None) -> SimulatedHome:
    """Return home number `index` of the fleet `seed`, recorded for `weeks` (none: drawn): always the same one."""
    rng = np.random.default_rng([seed, index, _STREAM])
    clock = _place(rng)
    styles, shares = zip(*c.STYLES, strict=True)
    style = str(rng.choice(styles, p=shares))
    research = style == RESEARCH
    days = _days(rng, research) if weeks is None else 7.0 * weeks
    first = date(c.START_YEARS[0], 1, 1).toordinal() - date(1970, 1, 1).toordinal()
    last = date(c.START_YEARS[1], 6, 30).toordinal() - date(1970, 1, 1).toordinal()
    sizes = c.RESEARCH_SIZES if research else c.HOUSEHOLD_SIZES
    world = build(rng, clock, int(rng.integers(first, last)), int(np.ceil(days)) + 2, sizes)
    start = round(world.start + rng.uniform(0.3, 1.0) * _DAY, 3)
    recorder = Recorder.draw(rng, start, min(start + days * _DAY, world.end - 60.0), research=research)
    namer = Namer(rng, world.rooms)
    low, high = c.DEVICES[style]
    count = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    known = float(rng.uniform(*c.BY_HAND_KNOWN))
    hidden = _daylight(world) if rng.random() < c.DAYLIGHT_HIDES else None
    entities: dict[str, Entity] = {}
    timelines: dict[str, Timeline] = {}
    roles: dict[str, str] = {}
    unwanted: dict[str, tuple[Interval, ...]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    same_as: dict[str, str] = {}
    bulbs = rng.random() < c.BULB_HOMES and not research
    doubled = c.DOUBLED if rng.random() < c.DOUBLED_HOMES else 0.0
    for choice in choose(rng, world, style, max(count, 1)):
        copies = int(rng.integers(*c.BULBS, endpoint=True)) if bulbs and choice[2] == "light" else 1
        copies = max(min(copies, c.MOST_DEVICES - len(roles) - 2), 0)
        twice = bool(rng.random() < doubled)
        for device in make(rng, world, recorder, namer, choice, known, hidden, copies, doubled=twice) if copies else ():
            key = device.entity.entity_id
            entities[key], timelines[key], roles[key] = device.entity, device.timeline, device.role
            unwanted[key] = device.unwanted
            if device.members:
                groups[key] = device.members
            if device.same_as:
                same_as[key] = device.same_as
    if rng.random() < c.LABELLED_HOMES:
        _labels(rng, entities, roles)
    for entity, timeline in evidence(rng, world, recorder, namer, style):
        entities[entity.entity_id], timelines[entity.entity_id] = entity, timeline
    source = f"simulated, seed {seed}"
    home = Home(f"residents {index}", clock.zone, clock.latitude, clock.longitude, entities, source, "CC0-1.0")
    recording = Recording(home, timelines)
    begin, end = recording.start, recording.end
    cut = {key: _within(value, end) for key, value in unwanted.items()}
    return SimulatedHome(
        Recording(home, timelines, _truth(world, begin, end)),
        roles,
        {key: value for key, value in cut.items() if value},
        GENERATOR,
        style,
        namer.language,
        groups,
        same_as,
        draw_answers(rng, sum(not (p.child or p.guest) for p in world.people), list(roles)),
    )


def _within(intervals: tuple[Interval, ...], end: float) -> tuple[Interval, ...]:
    return tuple(Interval(i.start, min(i.end, end), i.label) for i in intervals if i.start < end)
