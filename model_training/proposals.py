"""Moments at which a simulated home might be asked, of every kind of hunch: whether that would be right, and accepted.

What nobody wanted so is known of each home. Heating is not wanted while nobody is home, or everybody asleep, for a
while yet. A light is wanted on where somebody switches it on within the hour, by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine import acceptance, features
from custom_components.hunches.engine.context import Contexts, follow
from custom_components.hunches.engine.experts import Forecasts, profiles
from custom_components.hunches.engine.home import OFF, ON
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Kind
from custom_components.hunches.engine.localtime import DAY, HOUR, hour_of, weekend_of
from custom_components.hunches.engine.situations import Situation, situation
from custom_components.hunches.engine.subjects import NOTHING, kinds
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.engine.usage import Usage, advance

from . import dataset
from .dataset import Asked, stacked
from .fleet.spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.context_numbers import Numbers
    from custom_components.hunches.engine.home import Entity
    from custom_components.hunches.engine.model import StateModel
    from custom_components.hunches.engine.timeline import Timeline

    from .dataset import Arrays
    from .fleet.home import SimulatedHome

MOMENTS = 14
"""Of each sort a device, half of them where it would be right."""
HEATING = (Kind.HEATING_WHILE_AWAY, Kind.HEATING_WHILE_ASLEEP)
AHEAD = HOUR
"""A light is wanted on where somebody switches it on so soon."""
STAYS = 600.0
"""And leaves it on for so long."""
WORTH = 0.5 * HOUR
"""Heating set back for less than that saves nothing."""
_LIKELY_HOUR = 0.3
_SITUATIONS = tuple(Situation)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A moment (Unix seconds) at which a device stands so that it could be asked about, before any context is known.

    `right`: whether carrying it out would be. `weight` undoes how the moment was picked.
    """

    entity: Entity
    moment: float
    right: bool
    weight: float


def examples(home: SimulatedHome, number: int, seed: int, numbers: Numbers | None = None) -> Arrays:
    """Return one row a proposal: what the acceptance model is given, and what it is to tell.

    `right`: 1 or 0. `chance`: the true chance of a yes, if there is an answer. `yes`: one draw of it. `weight`.
    `about`, `kind`, `situation`: what `personal.Subject` is made of, as numbers. `home`. Empty if there is nothing to
    ask. `numbers`: of the context filter, the shipped ones if None.
    """
    rng = np.random.default_rng((seed, number, 3))
    asked = dataset.ask(home.recording)
    devices = dataset.picked(home, number, seed)
    proposals = [p for entity in devices for p in _proposals(asked, home, entity, rng)]
    if not proposals:
        return {}
    contexts = follow(home.recording, np.unique([p.moment for p in proposals]), numbers=numbers)
    places = {e.entity_id: number * 1000 + i for i, e in enumerate(devices)}
    rows = []
    for proposal in proposals:
        row = inputs(asked, contexts, proposal.entity, proposal.moment)
        if row is None:
            continue
        chance = _chance(home, proposal)
        rows.append(
            row
            | {
                "right": np.array([proposal.right], dtype=np.float32),
                "chance": np.array([chance], dtype=np.float32),
                "yes": np.array([rng.random() < chance], dtype=np.float32),
                "weight": np.array([proposal.weight], dtype=np.float32),
                "about": np.array([places[proposal.entity.entity_id]]),
                "home": np.array([number]),
            }
        )
    return stacked(rows)


def inputs(asked: Asked, contexts: Contexts, entity: Entity, now: float) -> Arrays | None:
    """Return the inputs of the acceptance model at `now` as one row; None where there would be nothing to ask."""
    timeline, usage = dataset.known(asked, entity, now, np.inf)
    context = contexts.at(now)
    moment, asleep, away = (np.array([x]) for x in (now, context.p_asleep, context.p_away))
    kind = int(kinds(entity, usage, timeline.states[-1:], moment, asleep, away, asked.clock)[0])
    if kind == NOTHING:
        return None
    seen = acceptance.look_out(timeline, usage, now, asked.clock)
    past = now - DAY
    here = features.Surroundings.of(asked.activity, now, context, asked.clock)
    yesterday = features.Surroundings.of(asked.activity, past, None, asked.clock)
    row = {
        "stable": features.stable(entity, usage, asked.inputs),
        "tokens": features.tokens(entity).astype(np.int16),
        "dynamic": features.dynamic(timeline, usage, here),
        "ahead_query": seen.ahead_query,
        "ahead_logit": seen.ahead.logit,
        "ahead_support": seen.ahead.support,
        "past_dynamic": features.dynamic(timeline, usage, yesterday),
        "usual_query": seen.usual_query[0],
        "usual_logit": seen.usual.logit[0],
        "usual_support": seen.usual.support[0],
        "habits": seen.habits,
        "room": asked.activity.room(entity.area, now).astype(np.float32),
        "kind": np.int64(kind),
        "situation": np.int64(_SITUATIONS.index(situation(context))),
        "minutes": np.float32((now - timeline.current(now)[1]) / 60),
    }
    return {key: np.asarray(value)[None] for key, value in row.items()}


def given(networks: StateModel, rows: Arrays) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return (embedding [n, 32], dynamic [n, D], outlook [n, O]) of proposals, as `engine.scan` computes them."""
    n, horizons = rows["ahead_logit"].shape[:2]
    encoded = networks.encode(rows["stable"], rows["tokens"].astype(np.int64))
    ahead = networks.predict(
        np.repeat(encoded.behaviour, horizons, axis=0),
        np.repeat(rows["dynamic"], horizons, axis=0),
        rows["ahead_query"].reshape(n * horizons, -1),
        Forecasts(rows["ahead_logit"].reshape(n * horizons, -1), rows["ahead_support"].reshape(n * horizons, -1)),
    ).reshape(n, horizons)
    past = Forecasts(rows["usual_logit"], rows["usual_support"])
    usual = networks.predict(encoded.behaviour, rows["past_dynamic"], rows["usual_query"], past)
    outlook = acceptance.compose(ahead, usual, rows["habits"], rows["room"], rows["kind"])
    return encoded.embedding, rows["dynamic"], outlook


def _proposals(asked: Asked, home: SimulatedHome, entity: Entity, rng: np.random.Generator) -> Iterator[Proposal]:
    timeline = home.recording.timelines[entity.entity_id].carried()
    if len(timeline) < 2:
        return
    begin, end = float(timeline.times[0]), home.recording.end
    late = begin + dataset.FEWEST_DAYS * (end - begin)
    on, off = (_held(timeline, state, end).cut(late, end) for state in (ON, OFF))
    if entity.domain == "climate":
        away, asleep = (rightly(home, entity, kind) for kind in HEATING)
        gone = np.concatenate((away.starts, asleep.starts)), np.concatenate((away.ends, asleep.ends))
        yield from _picks(entity, on, Spans.union(*gone), rng)
    elif entity.domain in KIND_OF_DOMAIN:
        yield from _picks(entity, on, rightly(home, entity, KIND_OF_DOMAIN[entity.domain]), rng)
    if entity.domain == "light":
        missed = rightly(home, entity, Kind.USUALLY_ON_BY_NOW)
        yield from _picks(entity, _likely(asked, timeline, off, end), missed, rng)


def rightly(home: SimulatedHome, entity: Entity, kind: Kind) -> Spans:
    """Return when carrying out a hunch of a kind would be right, if the device then stands as the hunch says."""
    match kind:
        case Kind.HEATING_WHILE_AWAY | Kind.HEATING_WHILE_ASLEEP:
            label = Situation.AWAY if kind is Kind.HEATING_WHILE_AWAY else Situation.ASLEEP
            gone = [i for i in home.recording.truth if i.label == label]
            return Spans.union([i.start for i in gone], [i.end - WORTH for i in gone])
        case Kind.USUALLY_ON_BY_NOW:
            return _awaited(home.recording.timelines[entity.entity_id].carried(), home.recording.end)
    bad = home.unwanted.get(entity.entity_id, ())
    return Spans.union([i.start for i in bad], [i.end for i in bad])


def _held(timeline: Timeline, state: int, end: float) -> Spans:
    edges, held = np.append(timeline.times, end), timeline.states == state
    return Spans.union(edges[:-1][held], edges[1:][held])


def _likely(asked: Asked, timeline: Timeline, off: Spans, end: float) -> Spans:
    """Return those times off at whose hour the device is often on: at the others nobody would ask."""
    share = profiles(advance(Usage(), timeline, end, asked.clock))
    first = int(float(timeline.times[0]) // HOUR)
    hours: NDArray[np.float64] = HOUR * np.arange(first, int(np.ceil(end / HOUR)), dtype=np.float64)
    local = asked.clock.local(hours)
    often = share[weekend_of(local).astype(np.int64), hour_of(local).astype(np.int64)] >= _LIKELY_HOUR
    return off.intersect(Spans.union(hours[often], hours[often] + HOUR))


def _awaited(timeline: Timeline, end: float) -> Spans:
    """Return the hours before somebody switched the device on, to stay on."""
    edges = np.append(timeline.times, end)
    by_hand = ~np.isin(timeline.causes, (Cause.AUTOMATION, Cause.OURS))
    switched = (timeline.states == ON) & by_hand & (edges[1:] - edges[:-1] >= STAYS)
    switched[0] = False  # the opening state is nobody's doing
    starts = timeline.times[switched]
    return Spans.union(starts - AHEAD, starts)


def _picks(entity: Entity, stands: Spans, wanted: Spans, rng: np.random.Generator) -> Iterator[Proposal]:
    """Yield moments out of `stands`, half of them, if there are any, out of those at which it is `wanted`."""
    right = stands.intersect(wanted)
    if stands.total < 60.0:
        return
    picks = [(float(t), bool(right.contains(np.array([t]))[0])) for t in _draw(stands, MOMENTS // 2, rng)]
    if right.total > 0.0:
        picks += [(float(t), True) for t in _draw(right, MOMENTS // 2, rng)]
    count = sum(label for _, label in picks)
    share = min(right.total / stands.total, 1.0)
    for moment, label in picks:
        weight = share / count if label else (1 - share) / (len(picks) - count)
        yield Proposal(entity, moment, label, weight * len(picks))


def _draw(spans: Spans, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return n moments drawn evenly."""
    passed = np.cumsum(spans.ends - spans.starts)
    at = rng.uniform(0, passed[-1], n)
    i = np.searchsorted(passed, at, side="right").clip(0, len(passed) - 1)
    return np.asarray(spans.ends[i] - (passed[i] - at))


def _chance(home: SimulatedHome, proposal: Proposal) -> float:
    """Return the true chance of a yes, if anybody answers."""
    truth = home.recording.truth
    labels = {i.label for i in truth if i.start <= proposal.moment < i.end}
    reply = home.answers.chances(
        proposal.entity.entity_id,
        proposal.moment,
        (),
        unwanted=proposal.right,
        away=Situation.AWAY in labels,
        asleep=Situation.ASLEEP in labels,
    )
    return reply.yes / max(1.0 - reply.ignored, 1e-9)
