"""What may befall sensors: missing, deaf, stuck, dead, upside down, false alarms, names that tell nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import OFF, ON, Entity
from custom_components.hunches.engine.localtime import HOUR
from custom_components.hunches.engine.timeline import Timeline

from .fleet.sensors import log_uniform
from .fleet.spans import Spans

if TYPE_CHECKING:
    from numpy.random import Generator

ALARMS: Final = (0.08, 0.3)  # share of sensors that report what nobody did: contacts, and what senses people
ALARMS_AN_HOUR: Final = 4.0  # at most


def spread(rng: Generator, start: float, end: float, count: int, hours: tuple[float, float]) -> Spans:
    """Return stretches that begin anywhere between two moments and last for a drawn number of hours."""
    begin = rng.uniform(start, end, count)
    return Spans.union(begin, begin + HOUR * np.exp(rng.uniform(np.log(hours[0]), np.log(hours[1]), count)))


def without(timeline: Timeline, gone: Spans) -> Timeline:
    """Return a timeline in which nothing was seen during `gone`: the state before it stays."""
    keep = ~gone.contains(timeline.times)
    keep[:1] = True
    return Timeline.from_readings(timeline.times[keep], timeline.states[keep], timeline.causes[keep])


def damaged(rng: Generator, timeline: Timeline, span: tuple[float, float], harm: float, *, flips: bool) -> Timeline:
    """Return a timeline with what may befall a sensor; `harm` scales the chances."""
    start, end = span
    states = timeline.states
    if rng.random() < 0.25 * harm:  # changes that never arrived: single ones, so that it stays on or off until the next
        keep = rng.random(len(timeline)) >= rng.uniform(0.0, 0.3)
        keep[:1] = True
        timeline = Timeline.from_readings(timeline.times[keep], states[keep], timeline.causes[keep])
    if rng.random() < 0.12 * harm:  # stuck for hours to weeks as it happened to be
        timeline = without(timeline, spread(rng, start, end, int(rng.integers(1, 4)), (2.0, 250.0)))
    if rng.random() < 0.03 * harm and flips:  # upside down
        flipped = np.where(np.isin(timeline.states, (OFF, ON)), 1 - timeline.states, timeline.states)
        timeline = Timeline(timeline.times, flipped.astype(np.int8), timeline.causes)
    if rng.random() < 0.06 * harm:  # dead for good
        timeline = timeline.until(rng.uniform(start, end))
    return timeline


def false_alarms(rng: Generator, timeline: Timeline, span: tuple[float, float], most: float) -> Timeline:
    """Return a timeline with pulses that nobody caused, up to `most` an hour: sun, draughts, heaters, loose contacts.

    They come whether anybody is home or not, all day or in some hours or weeks alone, one by one or in bursts.
    """
    start, end = span
    count = int(rng.poisson((end - start) / HOUR * log_uniform(rng, (0.02, most))))
    at = rng.uniform(start, end, count)
    if rng.random() < 0.4:  # at some hours of the day, as the sun wanders
        middle, width = rng.uniform(0, 24), rng.uniform(1.5, 5.0)
        at = at[np.abs((at / HOUR - middle + 12) % 24 - 12) < width]
    if rng.random() < 0.4:  # in some days of all
        part = spread(rng, start, end, int(rng.integers(1, 4)), (12.0, 400.0))
        at = at[part.contains(at)]
    if rng.random() < 0.4:
        at = np.concatenate([at + gap for gap in np.cumsum(rng.exponential(60.0, int(rng.integers(2, 6))))])
    at = np.sort(at[(at > timeline.times[0]) & (at < end)])
    if not at.size or len(timeline) < 2:
        return timeline
    known = timeline.carried()
    on = Spans.union(known.times[known.states == ON], np.append(known.times[1:], end)[known.states == ON])
    pulses = Spans.union(at, at + rng.exponential(log_uniform(rng, (2.0, 60.0)), at.size) + 1.0)
    both = Spans.union(np.append(on.starts, pulses.starts), np.append(on.ends, pulses.ends))
    times = np.concatenate((known.times[:1], both.starts, both.ends))
    states = np.concatenate((known.states[:1], np.full(len(both), ON), np.full(len(both), OFF))).astype(np.int8)
    order = np.argsort(times, kind="stable")
    order = order[times[order] < end]
    return Timeline.from_readings(times[order], states[order])


def with_alarms(rng: Generator, entity: Entity, timeline: Timeline, span: tuple[float, float], harm: float) -> Timeline:
    """Return a timeline with false alarms, if the sensor is one that gives any."""
    chance = ALARMS[entity.device_class in {"motion", "occupancy", "presence"}]
    if entity.domain == "binary_sensor" and len(timeline) and rng.random() < chance * harm:
        return false_alarms(rng, timeline, span, ALARMS_AN_HOUR)
    return timeline


def _renamed(rng: Generator, entity: Entity, number: int, *, bare: bool) -> Entity:
    if entity.domain != "binary_sensor" or rng.random() >= (0.8 if bare else 0.05):
        return entity
    kept = entity.device_class if rng.random() < 0.5 else None
    return replace(entity, name=f"Sensor {number}", area=None, device_class=kept)


def damage(recording: Recording, rng: Generator) -> Recording:
    """Return a home with fewer and worse sensors; its truth stays."""
    start, end = recording.start, recording.end
    harm = float(rng.choice([0.0, 1.0, 2.5], p=[0.25, 0.5, 0.25]))
    keys = sorted(recording.timelines)
    binary = [key for key in keys if key.startswith(("binary_sensor.", "sensor."))]
    if len(binary) >= 3 and rng.random() < 0.35:
        keys = binary
    if rng.random() < 0.6 and len(keys) > 1:
        chance = rng.uniform(0.1, 1.0)
        kept = [key for key in keys if rng.random() < chance]
        keys = kept or [keys[int(rng.integers(len(keys)))]]
    deaf = spread(rng, start, end, int(rng.integers(1, 4)), (3.0, 60.0)) if rng.random() < 0.06 * harm else None
    bare = bool(rng.random() < 0.1)
    entities, timelines = {}, {}
    for number, key in enumerate(keys):
        timeline = recording.timelines[key]
        if deaf is not None:
            timeline = without(timeline, deaf)
        entities[key] = _renamed(rng, recording.home.entities[key], number, bare=bare)
        timeline = with_alarms(rng, recording.home.entities[key], timeline, (start, end), harm)
        timelines[key] = damaged(rng, timeline, (start, end), harm, flips=key.startswith("binary_sensor."))
        if rng.random() < 0.03:  # the same thing seen twice
            twin = key + "_twin"
            entities[twin], timelines[twin] = replace(entities[key], entity_id=twin), timelines[key]
    return Recording(replace(recording.home, entities=entities), timelines, recording.truth)
