"""Examples from simulated homes: questions about a device's later state, and about what to do with one that is on.

Each home is asked at a few moments, of each device with its history cut at random: cutting is the cold start.
Everything is computed by the engine, as it is at run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine import acceptance, experts, features
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context import Contexts, follow
from custom_components.hunches.engine.context_numbers import Numbers
from custom_components.hunches.engine.home import ON, UNKNOWN, Entity
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.usage import Usage, advance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.timeline import Timeline

    from .fleet.home import SimulatedHome

Arrays = dict[str, "NDArray[Any]"]

MAX_DEVICES = 10
MOMENTS = 6  # a device is asked about at so many moments, every moment with its own cut of history
TARGETS = 3  # questions a moment
ASKS = 6  # moments a device at which "turn it off?" is asked, half of them while nobody wants it on
FEWEST_DAYS = 0.02
WHOLE = 0.5  # share of moments at which all of the past is known; at the others a random part of it
NEW = 0.03  # share of moments at which nothing is known but the state that holds


@dataclass(frozen=True, slots=True)
class Asked:
    """One home ready to be asked: its recording, clock, activity and context at the moments asked about."""

    recording: Recording
    clock: LocalTime
    activity: features.Activity
    inputs: NDArray[np.float32]


def examples(home: SimulatedHome, number: int, seed: int, numbers: Numbers | None = None) -> dict[str, Arrays]:
    """Return "state", "accept" and "devices" of one home: arrays by name, one row a question (or a device).

    State rows carry `target` (1 on, 0 off), acceptance rows `yes` (nobody wanted it on) with a `weight` that undoes
    how they were picked. `numbers`: of the context filter, the shipped ones if None.
    """
    devices = picked(home, number, seed)
    rng = np.random.default_rng((seed, number, 1))
    asked = ask(home.recording)
    state = list(_state_moments(asked, devices, rng))
    accept = list(accept_moments(asked, devices, home, rng))
    moments = np.unique([m[1] for m in state] + [m[1] for m in accept])
    contexts = follow(home.recording, moments, numbers=numbers)
    rows = [_state_rows(asked, contexts, entity, asof, cut, rng) for entity, asof, cut in state]
    known = {e.entity_id: number * 1000 + i for i, e in enumerate(devices)}
    for found, (entity, _, _) in zip(rows, state, strict=True):
        if found:
            found["device"] = np.full(len(found["target"]), known[entity.entity_id])
            found["home"] = np.full(len(found["target"]), number)
    asks = [accept_row(asked, contexts, *moment) for moment in accept]
    for row in asks:
        row["home"] = np.array([number])
    lived_in = home.generator == "residents"  # the other generator's roles name processes, not things
    described: Arrays = {
        "device": np.array(list(known.values()), dtype=np.int64),
        "name": np.array([e.name for e in devices], dtype="U48"),
        "role": np.array([home.roles.get(e.entity_id, "") if lived_in else "" for e in devices], dtype="U48"),
    }
    return {"state": _stack([r for r in rows if r]), "accept": _stack(asks), "devices": described}


def ask(recording: Recording) -> Asked:
    """Make a home ready to be asked."""
    home = recording.home
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    return Asked(recording, clock, features.Activity.of(home, recording.timelines), features.home_inputs(home))


def picked(home: SimulatedHome, number: int, seed: int) -> list[Entity]:
    """Return the devices that a home is asked about, at most `MAX_DEVICES`; their order numbers them."""
    devices = own_devices(home)
    if len(devices) <= MAX_DEVICES:
        return devices
    chosen = np.random.default_rng((seed, number, 0)).choice(len(devices), MAX_DEVICES, replace=False)
    return [devices[i] for i in chosen]


def own_devices(home: SimulatedHome) -> list[Entity]:
    """Return the devices of a home that anything is known of; groups and second entities of a thing count once."""
    timelines = home.recording.timelines
    return [
        e
        for e in home.recording.home.devices
        if len(timelines.get(e.entity_id, ())) and e.entity_id not in home.groups and e.entity_id not in home.same_as
    ]


def portraits(home: SimulatedHome, number: int) -> Arrays:
    """Return what the encoder sees of every device of a home at the end of its recording: one row a device."""
    recording, lived_in = home.recording, home.generator == "residents"
    clock = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    inputs = features.home_inputs(recording.home)
    devices = own_devices(home)
    if not devices:
        return {}
    usages = [advance(Usage(), recording.timelines[e.entity_id], recording.end, clock) for e in devices]
    return {
        "stable": np.stack([features.stable(e, u, inputs) for e, u in zip(devices, usages, strict=True)]),
        "tokens": np.stack([features.tokens(e) for e in devices]).astype(np.int16),
        "home": np.full(len(devices), number),
        "name": np.array([e.name for e in devices], dtype="U48"),
        "role": np.array([home.roles.get(e.entity_id, "") if lived_in else "" for e in devices], dtype="U48"),
    }


def _stack(rows: list[Arrays]) -> Arrays:
    return {key: np.concatenate([row[key] for row in rows]) for key in rows[0]} if rows else {}


def _state_moments(
    asked: Asked, devices: list[Entity], rng: np.random.Generator
) -> Iterator[tuple[Entity, float, float]]:
    """Yield (device, moment, length of history kept)."""
    end = asked.recording.end
    for entity in devices:
        timeline = asked.recording.timelines[entity.entity_id]
        begin = float(timeline.times[0])
        span = end - begin
        if span < DAY:
            continue
        for _ in range(MOMENTS):
            asof = begin + span * rng.uniform(FEWEST_DAYS, 0.995)
            cut = np.inf if rng.random() < WHOLE else float(np.exp(rng.uniform(np.log(60.0), np.log(60 * DAY))))
            cut = 0.0 if rng.random() < NEW else cut
            yield entity, asof, cut


def _known(asked: Asked, entity: Entity, asof: float, cut: float) -> tuple[Timeline, Usage]:
    timeline = asked.recording.timelines[entity.entity_id].until(asof)
    if np.isfinite(cut):
        timeline = timeline.since(asof - cut)
    return timeline, advance(Usage(), timeline, asof, asked.clock)


def inputs(
    asked: Asked,
    contexts: Contexts,
    entity: Entity,
    timeline: Timeline,
    usage: Usage,
    asof: float,
    targets: NDArray[np.float64],
) -> Arrays:
    """Return the inputs of `targets` [m] at one moment: arrays of m rows."""
    m, context = targets.size, contexts.at(asof)
    now = features.dynamic(timeline, usage, asof, asked.activity.at(asof), context, asked.clock)
    guesses = experts.forecast(timeline, usage, asof, targets, asked.clock)
    return {
        "stable": np.repeat(features.stable(entity, usage, asked.inputs)[None], m, axis=0),
        "tokens": np.repeat(features.tokens(entity)[None].astype(np.int16), m, axis=0),
        "dynamic": np.repeat(now[None], m, axis=0),
        "query": features.query(asof, targets, asked.clock),
        "logit": guesses.logit,
        "support": guesses.support,
        "horizon": (targets - asof).astype(np.float32),
        "history": np.full(m, usage.history, dtype=np.float32),
    }


def _state_rows(
    asked: Asked, contexts: Contexts, entity: Entity, asof: float, cut: float, rng: np.random.Generator
) -> Arrays:
    far = rng.random(TARGETS) < 0.3
    hours = np.where(far, rng.uniform(24, 168, TARGETS), np.exp(rng.uniform(np.log(1 / 6), np.log(24), TARGETS)))
    targets = asof + hours * HOUR
    truth = asked.recording.timelines[entity.entity_id].at(targets)
    good = (targets <= asked.recording.end) & (truth != UNKNOWN)
    targets, truth = targets[good], truth[good]
    m = targets.size
    if not m:
        return {}
    timeline, usage = _known(asked, entity, asof, cut)
    return {
        **inputs(asked, contexts, entity, timeline, usage, asof, targets),
        "target": truth.astype(np.float32),
        "rate": np.full(m, usage.rate, dtype=np.float32),
    }


def accept_moments(
    asked: Asked, devices: list[Entity], home: SimulatedHome, rng: np.random.Generator
) -> Iterator[tuple[Entity, float, bool, float]]:
    """Yield (device, moment at which it is on, whether nobody wants it, weight of the moment)."""
    end = asked.recording.end
    for entity in devices:
        if entity.domain == "climate":
            continue
        timeline = asked.recording.timelines[entity.entity_id].carried()
        if len(timeline) < 2:
            continue
        edges = np.append(timeline.times, end)
        on = timeline.states == ON
        starts, ends = edges[:-1][on], edges[1:][on]
        late = float(timeline.times[0]) + FEWEST_DAYS * (end - float(timeline.times[0]))
        starts, ends = np.maximum(starts, late), np.maximum(ends, late)
        unwanted = [(max(i.start, late), min(i.end, end)) for i in home.unwanted.get(entity.entity_id, ())]
        bad = np.array([(a, b) for a, b in unwanted if b > a]).reshape(-1, 2)
        total = float((ends - starts).sum())
        wrong = min(float((bad[:, 1] - bad[:, 0]).sum()), total)
        if total < 60:
            continue
        picks = [(float(t), _inside(bad, float(t))) for t in _pick(starts, ends, ASKS // 2, rng)]
        if wrong > 0:
            picks += [(float(t), True) for t in _pick(bad[:, 0], bad[:, 1], ASKS // 2, rng)]
        yes = sum(label for _, label in picks)
        share = wrong / total
        for moment, label in picks:
            weight = share / yes if label else (1 - share) / (len(picks) - yes)
            yield entity, moment, label, weight * len(picks)


def _pick(
    starts: NDArray[np.float64], ends: NDArray[np.float64], n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return n moments drawn evenly from the union of [start, end)."""
    lengths = np.cumsum(ends - starts)
    at = rng.uniform(0, lengths[-1], n)
    i = np.searchsorted(lengths, at, side="right").clip(0, len(lengths) - 1)
    return np.asarray(ends[i] - (lengths[i] - at))


def _inside(intervals: NDArray[np.float64], moment: float) -> bool:
    return bool(((intervals[:, 0] <= moment) & (moment < intervals[:, 1])).any())


def accept_row(asked: Asked, contexts: Contexts, entity: Entity, now: float, yes: bool, weight: float) -> Arrays:
    """Return the inputs of the acceptance model at `now`, as one row of arrays."""
    timeline, usage = _known(asked, entity, now, np.inf)
    seen = acceptance.look_out(timeline, usage, now, asked.clock)
    past = now - DAY
    row = {
        "stable": features.stable(entity, usage, asked.inputs),
        "tokens": features.tokens(entity).astype(np.int16),
        "dynamic": features.dynamic(timeline, usage, now, asked.activity.at(now), contexts.at(now), asked.clock),
        "ahead_query": seen.ahead_query,
        "ahead_logit": seen.ahead.logit,
        "ahead_support": seen.ahead.support,
        "past_dynamic": features.dynamic(timeline, usage, past, asked.activity.at(past), None, asked.clock),
        "usual_query": seen.usual_query[0],
        "usual_logit": seen.usual.logit[0],
        "usual_support": seen.usual.support[0],
        "habits": seen.habits,
        "room": asked.activity.room(entity.area, now).astype(np.float32),
        "minutes": np.float32((now - timeline.current(now)[1]) / 60),
        "yes": np.float32(yes),
        "weight": np.float32(weight),
    }
    return {key: np.asarray(value)[None] for key, value in row.items()}
