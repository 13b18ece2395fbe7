"""Portraits of simulated devices: what the encoder sees of each, under several names and over halves of its past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine import features
from custom_components.hunches.engine.home import ON
from custom_components.hunches.engine.localtime import DAY, LocalTime
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage, advance

from .evaluate_names import nameless, translated
from .evaluate_questions import stack

if TYPE_CHECKING:
    from .dataset import Arrays
    from .fleet.home import SimulatedHome

FEWEST_DAYS = 4.0
"""Devices known for less are left out: their past cannot be cut in two."""
FEWEST_USES = 3
"""Finished uses below which a device has no typical on-time."""


def portraits(home: SimulatedHome, number: int) -> Arrays:
    """Return one row for each device of a home, groups and second entities of a thing left out; nothing without any.

    `stable` over all of its past, `early` and `late` over its first and second half; `bare` and `unnamed`: stable
    inputs and tokens under a name that tells nothing, `tokens` and `foreign` under its own and in Finnish. `on_time`:
    median seconds of its finished uses, nan with fewer than `FEWEST_USES`. `role` is empty where the generator's roles
    name processes, not things.
    """
    known, recording = home.recording.home, home.recording
    clock = LocalTime(known.time_zone, known.latitude, known.longitude)
    inputs = features.home_inputs(known)
    lived_in = home.generator == "residents"
    rows: list[Arrays] = []
    for place, entity in enumerate(known.devices):
        timeline = recording.timelines.get(entity.entity_id, Timeline.empty())
        if entity.entity_id in home.groups or entity.entity_id in home.same_as:
            continue
        if not len(timeline) or recording.end - timeline.times[0] < FEWEST_DAYS * DAY:
            continue
        half = (float(timeline.times[0]) + recording.end) / 2
        whole = advance(Usage(), timeline, recording.end, clock)
        early = advance(Usage(), timeline.until(half), half, clock)
        late = advance(Usage(), timeline.since(half), recording.end, clock)
        found = {
            "stable": features.stable(entity, whole, inputs),
            "early": features.stable(entity, early, inputs),
            "late": features.stable(entity, late, inputs),
            "bare": features.stable(nameless(entity), whole, inputs),
            "tokens": features.tokens(entity),
            "unnamed": features.tokens(nameless(entity)),
            "foreign": features.tokens(translated(entity)),
            "on_time": _on_time(timeline),
            "rate": whole.rate,
            "name": np.array(entity.name, dtype="U48"),
            "role": np.array(home.roles.get(entity.entity_id, "") if lived_in else "", dtype="U32"),
            "domain": np.array(entity.domain, dtype="U16"),
            "home": number,
            "device": number * 1000 + place,
        }
        rows.append({key: np.asarray(value)[None] for key, value in found.items()})
    return stack(rows)


def _on_time(timeline: Timeline) -> float:
    known = timeline.carried()
    lengths = np.diff(known.times)[known.states[:-1] == ON]
    return float(np.median(lengths)) if lengths.size >= FEWEST_USES else float("nan")


def outdoors(role: str) -> bool:
    """Whether a role is a light outside the house."""
    return role in {"porch light", "garden light"}


def is_light(role: str) -> bool:
    """Whether a role is a light."""
    return "light" in role or "lamp" in role
