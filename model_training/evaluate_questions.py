"""Questions that the evaluation asks of a home, with what the model and the rivals may know at each moment.

Inputs are computed by the engine as at run time; what only a rival looks at (its *notes*) is computed here. A question
may be asked with all of the past or with a device's history cut to some days: the rest of the home stays as it is, as
for a bulb that is new in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine import features
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context import Contexts, follow
from custom_components.hunches.engine.forecaster import Query
from custom_components.hunches.engine.home import DEVICE_DOMAINS, ON, UNKNOWN, Entity
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage, advance

from . import dataset
from .evaluate_names import translated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

WEEK = 7 * DAY
CUTS = (0.0, 1.0, 3.0, 7.0, 14.0, 28.0)
"""Days of history at which the same questions are asked again."""
MOMENTS, TARGETS = 4, 3  # moments a device, questions a moment
CURVE_MOMENTS, CURVE_TARGETS = 2, 2  # the same for questions that are asked at every cut
DRAWN = 1500  # questions to a recorded home without questions of its own
NOTES = ("state", "elapsed", "away", "plain_rate", "hour_of_week", "pace")
"""`state` 1, 0 or -1; `elapsed` seconds since the last change; `away` probability; `plain_rate` share of all known time
on; `hour_of_week` the same in the target's hour of the week, shrunk towards the rate by an hour; `pace` changes a
second, of both directions."""


@dataclass(frozen=True, slots=True)
class Clocked:
    """Seconds on and seconds known of one device since its recording began, at every change: to be interpolated."""

    times: NDArray[np.float64]
    on: NDArray[np.float64]
    known: NDArray[np.float64]

    @classmethod
    def of(cls, timeline: Timeline, end: float) -> Clocked:
        """Sum up a timeline to `end` (Unix seconds)."""
        times = np.append(timeline.times, max(end, float(timeline.times[-1])))
        spans = np.diff(times)
        return cls(
            times,
            np.concatenate(([0.0], np.cumsum(spans * (timeline.states == ON)))),
            np.concatenate(([0.0], np.cumsum(spans * (timeline.states != UNKNOWN)))),
        )

    def between(self, begins: NDArray[np.float64], ends: NDArray[np.float64]) -> tuple[float, float]:
        """Return seconds (on, known) within all of [begin, end)."""
        ends = np.maximum(begins, ends)
        on = np.interp(ends, self.times, self.on) - np.interp(begins, self.times, self.on)
        known = np.interp(ends, self.times, self.known) - np.interp(begins, self.times, self.known)
        return float(on.sum()), float(known.sum())


def notes(
    clocked: Clocked, timeline: Timeline, usage: Usage, asof: float, target: float, away: float, clock: LocalTime
) -> list[float]:
    """Return the `NOTES` of one question; `timeline` is what is known of the device at `asof`."""
    state, since = timeline.current(asof)
    begin = float(timeline.times[0]) if len(timeline) else asof
    on, known = clocked.between(np.array([begin]), np.array([asof]))
    rate = (on + 0.1 * HOUR) / (known + 2 * HOUR)
    hour = np.floor(clock.local(target) / HOUR) * HOUR
    weeks = np.arange(1, int((hour - clock.local(begin)) / WEEK) + 2) * WEEK
    starts = hour - weeks
    starts = starts - clock.offset(starts)  # by the clock on the wall, whatever summer time did in between
    starts = starts[starts < asof]
    seen_on, seen = clocked.between(np.clip(starts, begin, asof), np.clip(starts + HOUR, begin, asof))
    hour_of_week = (seen_on + HOUR * rate) / (seen + HOUR)
    pauses, uses = usage.pauses.sum(), usage.uses.sum()
    pace = (uses + 0.5) / (usage.spent[1] + HOUR) + (pauses + 0.5) / (usage.spent[0] + 12 * HOUR)
    return [float(state), max(asof - since, 0.0), away, rate, hour_of_week, float(min(pace, 1 / 60))]


def simulated(recording: Recording, devices: Sequence[Entity], number: int, seed: int) -> tuple[Arrays, Arrays]:
    """Return (questions with history cut at random, the same questions at every one of `CUTS`) to a simulated home."""
    rng = np.random.default_rng((seed, number, 7))
    asked = dataset.ask(recording)
    plan: list[tuple[int, Entity, float, float, NDArray[np.float64]]] = []
    for place, entity in enumerate(devices):
        begin = float(recording.timelines[entity.entity_id].times[0])
        span = recording.end - begin
        for _ in range(MOMENTS if span >= DAY else 0):
            asof = begin + span * rng.uniform(dataset.FEWEST_DAYS, 0.995)
            cut = np.inf if rng.random() < 0.5 else float(np.exp(rng.uniform(np.log(HOUR / 2), np.log(60 * DAY))))
            plan.append((place, entity, asof, cut, asof + _ahead(rng, TARGETS)))
        for _ in range(CURVE_MOMENTS if span > (CUTS[-1] + 1) * DAY else 0):
            asof = rng.uniform(begin + CUTS[-1] * DAY, recording.end - HOUR)
            targets = asof + _ahead(rng, CURVE_TARGETS)
            plan += [(place, entity, asof, -1 - days, targets) for days in CUTS]
    contexts = follow(recording, np.unique([asof for _, _, asof, _, _ in plan])) if plan else None
    mixed: list[Arrays] = []
    curve: list[Arrays] = []
    for place, entity, asof, cut, targets in plan:
        assert contexts is not None  # noqa: S101 (there are moments)
        days = -1 - cut if cut < 0 else None
        found = _cut(asked, contexts, entity, asof, cut if days is None else days * DAY, targets)
        if found:
            count = len(found["target"])
            found |= {"device": np.full(count, number * 1000 + place), "home": np.full(count, number)}
            found["cut"] = np.full(count, np.nan if days is None else days, dtype=np.float32)
            (mixed if days is None else curve).append(found)
    return stack(mixed), stack(curve)


def _ahead(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return seconds ahead: 70 % ten minutes to a day (evenly in the logarithm), 30 % one to seven days."""
    far = rng.random(count) < 0.3
    near = np.exp(rng.uniform(np.log(1 / 6), np.log(24), count))
    return np.asarray(np.where(far, rng.uniform(24, 168, count), near) * HOUR)


def _cut(
    asked: dataset.Asked, contexts: Contexts, entity: Entity, asof: float, keep: float, targets: NDArray[np.float64]
) -> Arrays:
    whole = asked.recording.timelines[entity.entity_id]
    truth = whole.at(targets)
    good = (targets <= asked.recording.end) & (truth != UNKNOWN)
    targets, truth = targets[good], truth[good]
    if not targets.size:
        return {}
    timeline = whole.until(asof)
    if np.isfinite(keep):
        timeline = timeline.since(asof - keep)
    usage = advance(Usage(), timeline, asof, asked.clock)
    found = dataset.inputs(asked, contexts, entity, timeline, usage, asof, targets)
    clocked, away = Clocked.of(timeline, asof), contexts.at(asof).p_away
    told = [notes(clocked, timeline, usage, asof, float(t), away, asked.clock) for t in targets]
    foreign = features.tokens(translated(entity)).astype(np.int16)
    return {
        **found,
        "target": truth.astype(np.float32),
        "notes": np.array(told, dtype=np.float64),
        "foreign": np.repeat(foreign[None], targets.size, axis=0),
    }


def recorded(recording: Recording, queries: Sequence[Query]) -> Arrays:
    """Return the questions to a recorded home, each from its own past; those without an answer are left out."""
    asked = dataset.ask(recording)
    contexts = follow(recording, np.unique([q.asof for q in queries]))
    places = {e.entity_id: i for i, e in enumerate(recording.home.devices)}
    clocked = {key: Clocked.of(t, recording.end) for key, t in recording.timelines.items() if len(t)}
    usages: dict[str, Usage] = {}
    found: list[Arrays] = []
    for query in sorted(queries, key=lambda q: q.asof):  # in order, so that aggregates only move forward
        key = query.entity_id
        whole = recording.timelines.get(key, Timeline.empty())
        truth = int(whole.at(query.target))
        if truth == UNKNOWN:
            continue
        timeline = whole.until(query.asof)
        usage = usages[key] = advance(usages.get(key, Usage()), timeline, query.asof, asked.clock)
        target = np.array([query.target])
        away = contexts.at(query.asof).p_away
        told = notes(clocked[key], timeline, usage, query.asof, query.target, away, asked.clock)
        found.append(
            {
                **dataset.inputs(asked, contexts, recording.home.entities[key], timeline, usage, query.asof, target),
                "target": np.array([truth], dtype=np.float32),
                "notes": np.array([told], dtype=np.float64),
                "device": np.array([places[key]]),
                "day": np.array([int(query.asof // DAY)]),
            }
        )
    return stack(found)


def drawn(recording: Recording, seed: int, count: int = DRAWN) -> list[Query]:
    """Return questions for a home that brings none.

    A random device that has been switched at all, a random moment after the first week (40 % of a short recording),
    a target ten minutes to a day ahead (70 %) or one to seven days (30 %), within the recording and known.
    """
    rng = np.random.default_rng(seed)
    begin, end = recording.start, recording.end
    first = begin + min(WEEK, 0.4 * (end - begin))
    devices = [
        e.entity_id
        for e in recording.home.devices
        if e.domain in DEVICE_DOMAINS and len(recording.timelines.get(e.entity_id, ())) > 1
    ]
    found: list[Query] = []
    for _ in range(count * 20 if devices else 0):
        key, asof = devices[int(rng.integers(len(devices)))], float(rng.uniform(first, end))
        target = asof + float(_ahead(rng, 1)[0])
        if target <= end and recording.timelines[key].at(target) != UNKNOWN:
            found.append(Query(key, asof, target))
            if len(found) == count:
                break
    return sorted(found, key=lambda q: (q.asof, q.entity_id))


def stack(rows: Iterable[Mapping[str, NDArray[np.generic]]]) -> Arrays:
    """Join rows of arrays; none give an empty dictionary."""
    parts = list(rows)
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]} if parts else {}
