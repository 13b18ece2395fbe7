"""Examples from simulated homes: questions about a device's later state.

Each home is asked at a few moments, of each device with its history cut at random: cutting is the cold start.
Everything is computed by the engine, as it is at run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine import experts, features
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context import Contexts, follow
from custom_components.hunches.engine.context_numbers import Numbers
from custom_components.hunches.engine.home import UNKNOWN, Entity
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
    """Return "state" and "devices" of one home: arrays by name, one row a question (or a device).

    State rows carry `target` (1 on, 0 off). `numbers`: of the context filter, the shipped ones if None.
    """
    devices = picked(home, number, seed)
    rng = np.random.default_rng((seed, number, 1))
    asked = ask(home.recording)
    state = list(_state_moments(asked, devices, rng))
    contexts = follow(home.recording, np.unique([asof for _, asof, _ in state]), numbers=numbers)
    rows = [_state_rows(asked, contexts, entity, asof, cut, rng) for entity, asof, cut in state]
    places = {e.entity_id: number * 1000 + i for i, e in enumerate(devices)}
    for found, (entity, _, _) in zip(rows, state, strict=True):
        if found:
            found["device"] = np.full(len(found["target"]), places[entity.entity_id])
            found["home"] = np.full(len(found["target"]), number)
    lived_in = home.generator == "residents"  # the other generator's roles name processes, not things
    described: Arrays = {
        "device": np.array(list(places.values()), dtype=np.int64),
        "name": np.array([e.name for e in devices], dtype="U48"),
        "role": np.array([home.roles.get(e.entity_id, "") if lived_in else "" for e in devices], dtype="U48"),
    }
    return {"state": stacked([r for r in rows if r]), "devices": described}


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


def stacked(rows: list[Arrays]) -> Arrays:
    """Return rows joined; nothing of none."""
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


def known(asked: Asked, entity: Entity, asof: float, cut: float) -> tuple[Timeline, Usage]:
    """Return what is known of a device at `asof`, of no more than `cut` seconds before it."""
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
    m, around = targets.size, features.Surroundings.of(asked.activity, asof, contexts.at(asof), asked.clock)
    now = features.dynamic(timeline, usage, around)
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
    timeline, usage = known(asked, entity, asof, cut)
    return {
        **inputs(asked, contexts, entity, timeline, usage, asof, targets),
        "target": truth.astype(np.float32),
        "rate": np.full(m, usage.rate, dtype=np.float32),
    }
