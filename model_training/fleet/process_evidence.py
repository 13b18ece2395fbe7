"""Sensors of a random-process home: motion, doors, beds and presence that follow a household's days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.bundle import Interval
from custom_components.hunches.engine.home import Entity

from . import process_ranges as ranges
from .process_days import minus
from .process_draw import Durations, chance, spread
from .process_ranges import DAY, HOUR, MINUTE
from .spans import Spans

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from .process_days import Days

_QUARTER = 15 * MINUTE


def truth(days: Days) -> tuple[Interval, ...]:
    """Return when the household is asleep or away within the recording, in order of time."""
    found = [
        Interval(start, end, label)
        for label, spans in (("asleep", days.asleep), ("away", days.away))
        for start, end in _pairs(spans.cut(days.start, days.end))
    ]
    return tuple(sorted(found, key=lambda interval: interval.start))


def _pairs(spans: Spans) -> list[tuple[float, float]]:
    return list(zip(spans.starts.tolist(), spans.ends.tolist(), strict=True))


def draw_sensors(rng: Generator, days: Days) -> list[tuple[Entity, Spans]]:
    """Draw a home's sensors, each with the stretches in which it is on (a person: at home)."""
    found = [
        (Entity(f"binary_sensor.motion_{i + 1}", f"Motion {i + 1}", None, "motion"), _motion(rng, days))
        for i in range(int(rng.integers(*ranges.MOTION_SENSORS, endpoint=True)))
    ]
    if chance(rng, 0.7):
        found.append((Entity("binary_sensor.door_1", "Door 1", None, "door"), _entrance(rng, days)))
    if chance(rng, 0.5):
        found.append((Entity("binary_sensor.bed_1", "Bed 1", None, "occupancy"), _bed(rng, days)))
    if chance(rng, 0.4):
        found.append((Entity("person.resident", "Resident"), _person(rng, days)))
    return found


def _scattered(rng: Generator, spans: Spans, per_hour: float) -> NDArray[np.float64]:
    """Draw moments at a constant rate within the stretches, sorted."""
    length = spans.ends - spans.starts
    reached = np.append(0.0, np.cumsum(length))
    at = np.sort(rng.uniform(0, reached[-1], rng.poisson(reached[-1] / HOUR * per_hour)))
    i = np.clip(np.searchsorted(reached, at, side="right") - 1, 0, max(len(spans) - 1, 0))
    return spans.starts[i] + at - reached[i] if len(spans) else at


def _motion(rng: Generator, days: Days) -> Spans:
    busy = _scattered(rng, days.awake(), spread(rng, ranges.MOTION_AWAKE))
    # A room is used for a while and then not: each quarter-hour has a level of its own.
    level = rng.random(int((days.end - days.begin) / _QUARTER) + 1) ** rng.uniform(0.2, 3.0)
    busy = busy[rng.random(busy.size) < level[((busy - days.begin) / _QUARTER).astype(np.int64)]]
    night = _scattered(rng, days.asleep, spread(rng, ranges.MOTION_ASLEEP))
    empty = _scattered(rng, days.away, spread(rng, ranges.MOTION_AWAY))
    starts = np.concatenate([busy, night, empty])
    return Spans.union(starts, starts + Durations.draw(rng, ranges.MOTION_SECONDS).sample(rng, starts.size))


def _entrance(rng: Generator, days: Days) -> Spans:
    leaving = np.append(days.away.starts, days.away.ends)
    leaving = leaving[rng.random(leaving.size) > spread(rng, ranges.DOOR_MISSED)] + rng.normal(0, 20, 1)
    other = _scattered(rng, days.awake(), spread(rng, ranges.DOOR_OTHER) / (DAY / HOUR))
    starts = np.append(leaving, other)
    return Spans.union(starts, starts + Durations.draw(rng, ranges.DOOR_SECONDS).sample(rng, starts.size))


def _bed(rng: Generator, days: Days) -> Spans:
    n = len(days.asleep)
    before, after = (Durations.draw(rng, ranges.BED_DELAY).sample(rng, n) for _ in range(2))
    nights = Spans.union(days.asleep.starts - before, days.asleep.ends + after)
    up = _scattered(rng, days.asleep, spread(rng, (0.01, 0.3)))
    return minus(nights, Spans.union(up, up + Durations.draw(rng, (1 * MINUTE, 15 * MINUTE)).sample(rng, up.size)))


def _person(rng: Generator, days: Days) -> Spans:
    delay = Durations.draw(rng, (20.0, 10 * MINUTE)).sample(rng, len(days.away))
    return Spans.union(days.away.starts + delay, days.away.ends + delay / 2).outside(days.begin, days.end)
