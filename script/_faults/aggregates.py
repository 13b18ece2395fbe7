"""Compares what was learned under fire with what one run over the recorder's database gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.database import read
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.memory import Kept, Memory
from custom_components.hunches.engine.usage import Usage

from .evidence import memory_of

if TYPE_CHECKING:
    from pathlib import Path

TOLERANCE: Final = 1e-6
"""Of the larger of the two sums: the recorder commits every row before the next, so that both know the same."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found: how much was compared, the largest difference, and what exceeds the tolerance."""

    entities: int
    changes: float
    worst: float
    worst_at: str
    problems: tuple[str, ...]


def compare(folder: Path) -> Comparison:
    """Hold the memory in a configuration folder against one run over its recorder's database."""
    recording, _ = read(folder / "home-assistant_v2.db")
    registry = json.loads((folder / ".storage" / "core.entity_registry").read_text(encoding="utf-8"))
    names = {entry["id"]: entry["entity_id"] for entry in registry["data"]["entities"]}
    kept = {names.get(key, key): value for key, value in memory_of(folder / ".storage").items()}
    home = recording.home
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    problems = [f"{device.entity_id} is not in the memory" for device in home.devices if device.entity_id not in kept]
    worst, worst_at, changes = 0.0, "", 0.0
    for key in sorted(kept.keys() & recording.timelines.keys()):
        memory = Memory(home.entities[key])
        until = kept[key].usage.until
        memory.learn(recording.timelines[key].until(until), until, clock)
        changes += float(memory.usage.causes.sum())
        for name, difference in _differences(kept[key], memory.usage):
            if difference > worst:
                worst, worst_at = difference, f"{key} {name}"
            if difference > TOLERANCE:
                found, expected = getattr(kept[key].usage, name), getattr(memory.usage, name)
                problems.append(f"{key} {name}: {np.sum(found):.6f} remembered, {np.sum(expected):.6f} recorded")
    return Comparison(len(kept.keys() & recording.timelines.keys()), changes, worst, worst_at, tuple(problems))


def _differences(kept: Kept, expected: Usage) -> list[tuple[str, float]]:
    """Return for each aggregate by how much it differs, as a share of the larger."""
    found = []
    for name in (field.name for field in fields(Usage)):
        ours = np.asarray(getattr(kept.usage, name), dtype=np.float64)
        theirs = np.asarray(getattr(expected, name), dtype=np.float64)
        if np.array_equal(ours, theirs, equal_nan=True):
            continue
        scale = float(max(np.nanmax(np.abs(ours)), np.nanmax(np.abs(theirs)), 1e-9))
        found.append((name, float(np.nanmax(np.abs(ours - theirs))) / scale))
    return found
