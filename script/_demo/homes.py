"""The home that a demo shows: the committed one with its last two hours laid relative to now, or a bundle."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.bundle import BundleError, Recording, parse_time, read
from custom_components.hunches.engine.home import read_state
from custom_components.hunches.engine.timeline import Cause, Timeline

from .move import move

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_HOME = Path(__file__).parent / "home"
RECENT = "recent.csv"
"""In the committed home: `entity_id,state,minutes_ago`, what happened in the two hours before now."""
CAUSES = {"person": Cause.PERSON, "automation": Cause.AUTOMATION}
_ENTITY_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*\.[a-z0-9]+(_[a-z0-9]+)*\Z")


def present(folder: Path, now: float) -> Recording:
    """Return a bundle as if it had been recorded up to `now` (Unix seconds). Raises `BundleError`."""
    recording = read(folder)
    for entity_id in recording.home.entities:
        if not _ENTITY_ID.match(entity_id):
            raise BundleError(f"{folder}: '{entity_id}' is not an entity id that Home Assistant accepts")
    recording = _with_causes(recording, folder)
    if not (folder / RECENT).is_file():
        return move(recording, now)
    recent = list(_recent(folder / RECENT, now))
    start = min(moment for moment, _, _ in recent)
    recording = move(recording, now).until(start - 1.0)
    timelines = dict(recording.timelines)
    for moment, entity_id, state in recent:
        timelines[entity_id] = _then(timelines.get(entity_id, Timeline.empty()), moment, entity_id, state)
    return Recording(recording.home, timelines)


def _with_causes(recording: Recording, folder: Path) -> Recording:
    """Read who caused each change from the history's column `cause`, where it has one."""
    path = folder / "history.csv.gz"
    if not path.is_file():
        return recording
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if "cause" not in (reader.fieldnames or ()):
            return recording
        known = {
            (row["entity_id"], parse_time(row["last_changed"])): CAUSES[row["cause"]]
            for row in reader
            if row["cause"] in CAUSES
        }
    timelines = {
        key: replace(t, causes=np.array([known.get((key, float(moment)), 0) for moment in t.times], dtype=np.int8))
        for key, t in recording.timelines.items()
    }
    return replace(recording, timelines=timelines)


def _recent(path: Path, now: float) -> Iterator[tuple[float, str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield now - 60.0 * float(row["minutes_ago"]), row["entity_id"], row["state"]


def _then(timeline: Timeline, moment: float, entity_id: str, state: str) -> Timeline:
    return Timeline.from_readings(
        [*timeline.times, moment],
        [*timeline.states, read_state(entity_id.partition(".")[0], state)],
        [*timeline.causes, 0],
    )
