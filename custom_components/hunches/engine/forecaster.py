"""Answers, as the model would have at the time, whether a device will be on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from . import features
from .bundle import Recording
from .context import Contexts, follow
from .experts import Forecasts, forecast
from .home import Entity
from .localtime import LocalTime
from .model import Model, sigmoid
from .timeline import Timeline
from .usage import Usage, advance

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCH: Final = 1024


@dataclass(frozen=True, slots=True)
class Query:
    """Whether `entity_id` is on at `target`, judged from history up to `asof` (both Unix seconds)."""

    entity_id: str
    asof: float
    target: float


@dataclass(frozen=True, slots=True)
class _Row:
    stable: NDArray[np.float32]
    tokens: NDArray[np.int64]
    dynamic: NDArray[np.float32]
    query: NDArray[np.float32]
    forecasts: Forecasts


def answer(
    model: Model, recording: Recording, queries: Sequence[Query], contexts: Contexts | None = None
) -> NDArray[np.float64]:
    """Return the probability of being on for each query [n], in their order, each from its own past only.

    An entity without history, or unknown, gets what the fleet gives to one of its kind. `contexts`: known already; a
    query takes the last at or before its `asof`. By default the home is followed through its history, which is slow.
    """
    clock = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    inputs = features.home_inputs(recording.home)
    activity = features.Activity.of(recording.home, recording.timelines)
    moments = np.unique([q.asof for q in queries])
    if contexts is None and moments.size:
        contexts = follow(recording, moments)
    p = np.zeros(len(queries))
    usages: dict[str, Usage] = {}
    batch: list[tuple[int, _Row]] = []
    # In order of time, so that each device's aggregates only ever move forward.
    for i in sorted(range(len(queries)), key=lambda i: queries[i].asof):
        query = queries[i]
        entity = recording.home.entities.get(query.entity_id) or Entity(query.entity_id)
        timeline = recording.timelines.get(query.entity_id, Timeline.empty()).until(query.asof)
        usage = usages[query.entity_id] = advance(usages.get(query.entity_id, Usage()), timeline, query.asof, clock)
        batch.append((i, _row(entity, timeline, usage, query, inputs, activity, contexts, clock)))
        if len(batch) == _BATCH:
            _flush(model, batch, p)
    _flush(model, batch, p)
    return p


def _row(
    entity: Entity,
    timeline: Timeline,
    usage: Usage,
    query: Query,
    inputs: NDArray[np.float32],
    activity: features.Activity,
    contexts: Contexts | None,
    clock: LocalTime,
) -> _Row:
    target = np.array([query.target])
    context = None if contexts is None else contexts.at(query.asof)
    around = features.Surroundings.of(activity, query.asof, context, clock)
    return _Row(
        features.stable(entity, usage, inputs),
        features.tokens(entity),
        features.dynamic(timeline, usage, around),
        features.query(query.asof, target, clock)[0],
        forecast(timeline, usage, query.asof, target, clock),
    )


def _flush(model: Model, batch: list[tuple[int, _Row]], p: NDArray[np.float64]) -> None:
    """Run the networks over the batch, write their answers into `p`, and empty the batch."""
    if not batch:
        return
    rows = [row for _, row in batch]
    encoded = model.encode(np.stack([r.stable for r in rows]), np.stack([r.tokens for r in rows]))
    logits = model.predict(
        encoded.behaviour,
        np.stack([r.dynamic for r in rows]),
        np.stack([r.query for r in rows]),
        Forecasts(
            np.concatenate([r.forecasts.logit for r in rows]), np.concatenate([r.forecasts.support for r in rows])
        ),
    )
    p[[i for i, _ in batch]] = sigmoid(logits)
    batch.clear()
