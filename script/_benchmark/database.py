"""Recorder databases of any size, written as Home Assistant would have written them, and kept between runs.

The tables and their indexes are those that Home Assistant itself creates. Rows go in through plain `sqlite3`, in order
of time and with the indexes in place, so that pages are filled as they would have been.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from _demo import ROOT
from homeassistant.components.recorder.db_schema import SCHEMA_VERSION, Base, StateAttributes
from homeassistant.components.recorder.migration import initialize_database
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.timeline import Cause, Timeline

from . import home as made_home
from .home import MadeHome, Track, make

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT: Final = ROOT / "build" / "benchmark"
DAYS: Final = 90
ROWS_A_DEVICE: Final = 5_000
"""In 90 days: 200 devices leave a million rows."""
_USER: Final = bytes(range(16))
_CHUNK: Final = 20_000
_EVENTS: Final = ("call_service", "automation_triggered")
_STATES: Final = (
    "INSERT INTO states (state_id, state, last_changed_ts, last_updated_ts, old_state_id, attributes_id, origin_idx,"
    " context_id_bin, context_user_id_bin, context_parent_id_bin, metadata_id) VALUES (?,?,?,?,?,?,0,?,?,?,?)"
)
_FIRED: Final = (
    "INSERT INTO events (time_fired_ts, data_id, event_type_id, origin_idx, context_id_bin, context_user_id_bin,"
    " context_parent_id_bin) VALUES (?,?,?,0,?,?,?)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A database that is there: its file, and the home in it."""

    path: Path
    made: MadeHome

    def copy(self, target: Path, end: float) -> None:
        """Copy it, moved by whole days so that it ends within a day before `end` (Unix seconds)."""
        shutil.copyfile(self.path, target)
        if days := int((end - self.made.end) // DAY):
            with closing(sqlite3.connect(target)) as database, database:
                _move(database, days * DAY)

    def last(self) -> Recording:
        """Return the home with the last state of each entity only: how it stands when Home Assistant starts."""
        found = {}
        for track in self.made.tracks:
            timeline = track.timeline()
            if len(timeline):
                found[track.entity.entity_id] = Timeline.from_readings(timeline.times[-1:], timeline.states[-1:])
        return Recording(self.made.home, found)


def kept(rows: int) -> Kept:
    """Return a database of so many rows, made anew if there is none or if it would be made differently today."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path, note = KEPT / f"{rows}.db", KEPT / f"{rows}.json"
    recipe = _recipe()
    if path.is_file() and note.is_file():
        said = json.loads(note.read_text(encoding="utf-8"))
        if said.get("recipe") == recipe:
            return Kept(path, _made(rows, said["end"]))
    note.unlink(missing_ok=True)
    made = _made(rows, float(time.time() // 60 * 60))
    fill(path, made)
    note.write_text(json.dumps({"recipe": recipe, "end": made.end}), encoding="utf-8")
    return Kept(path, made)


def _made(rows: int, end: float) -> MadeHome:
    return make(max(rows // ROWS_A_DEVICE, 2), DAYS, end, rows=rows)


def _recipe() -> str:
    """Return what a database depends on, as one word."""
    sources = [Path(module).read_bytes() for module in (__file__, str(made_home.__file__))]
    return hashlib.sha256(b"".join((*sources, str(SCHEMA_VERSION).encode()))).hexdigest()[:16]


def fill(path: Path, made: MadeHome) -> None:
    """Write a home's rows into a new database at `path`; whatever is there is replaced."""
    part = path.with_suffix(".part")
    for leftover in (part, path):
        leftover.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{part}")
    Base.metadata.create_all(engine)
    initialize_database(sessionmaker(bind=engine))
    engine.dispose()
    with closing(sqlite3.connect(part, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA cache_size = -200000")
        database.execute("BEGIN")
        _write(database, made)
        _ran(database, min(float(t.times[0]) for t in made.tracks), made.end)
        database.execute("COMMIT")
    part.replace(path)


def _ran(database: sqlite3.Connection, start: float, end: float) -> None:
    """Let Home Assistant have been running all the time."""
    began, ended = (datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat(" ") for moment in (start, end))
    database.execute("DELETE FROM recorder_runs")
    database.execute(
        "INSERT INTO recorder_runs (start, end, closed_incorrect, created) VALUES (?, ?, 0, ?)", (began, ended, began)
    )


def _move(database: sqlite3.Connection, seconds: float) -> None:
    database.execute(
        "UPDATE states SET last_updated_ts = last_updated_ts + ?1, last_changed_ts = last_changed_ts + ?1", (seconds,)
    )
    database.execute("UPDATE events SET time_fired_ts = time_fired_ts + ?", (seconds,))
    start, end = database.execute("SELECT min(last_updated_ts), max(last_updated_ts) FROM states").fetchone()
    _ran(database, start, end + 600.0)


def _write(database: sqlite3.Connection, made: MadeHome) -> None:
    attributes = [_attributes(track) for track in made.tracks]
    numbers = range(1, len(made.tracks) + 1)
    database.executemany(
        "INSERT INTO states_meta (metadata_id, entity_id) VALUES (?, ?)",
        zip(numbers, (track.entity.entity_id for track in made.tracks), strict=True),
    )
    database.executemany(
        "INSERT INTO state_attributes (attributes_id, hash, shared_attrs) VALUES (?, ?, ?)",
        ((number, *shared) for number, shared in zip(numbers, attributes, strict=True)),
    )
    database.executemany("INSERT INTO event_types (event_type_id, event_type) VALUES (?, ?)", enumerate(_EVENTS, 1))
    database.execute("INSERT INTO event_data (data_id, hash, shared_data) VALUES (1, 0, '{}')")
    rows = _Rows.of(made.tracks)
    for chunk in batched(rows.states(), _CHUNK, strict=False):
        database.executemany(_STATES, chunk)
    database.executemany(_FIRED, rows.events())


def _attributes(track: Track) -> tuple[int, str]:
    """Return the hash and the text of what the recorder keeps beside an entity's states."""
    named = {"friendly_name": track.entity.name, "device_class": track.entity.device_class}
    text = json.dumps({key: value for key, value in named.items() if value}, separators=(",", ":"))
    return StateAttributes.hash_shared_attrs_bytes(text.encode()), text


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of all entities in order of time, a column each [n]. `before`: the entity's row before it, 0 if none.

    `since`: when the state began. `contexts`: 16 bytes each, one after the other.
    """

    entities: NDArray[np.int64]
    texts: NDArray[np.object_]
    times: NDArray[np.float64]
    since: NDArray[np.float64]
    changed: NDArray[np.bool_]
    causes: NDArray[np.int8]
    before: NDArray[np.int64]
    contexts: bytes

    @classmethod
    def of(cls, tracks: tuple[Track, ...]) -> _Rows:
        times = np.concatenate([t.times for t in tracks])
        order = np.argsort(times, kind="stable")
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)  # where each row of the tracks, one after the other, goes
        starts = np.cumsum([0, *map(len, tracks)])[:-1]
        before = np.concatenate(([0], place[:-1] + 1))
        before[starts[[len(t) > 0 for t in tracks]]] = 0
        since = [t.times[np.maximum.accumulate(np.where(t.changed, np.arange(len(t)), 0))] for t in tracks]
        texts = np.array([text for t in tracks for text in t.states], dtype=object)
        return cls(
            np.repeat(np.arange(1, len(tracks) + 1), [len(t) for t in tracks])[order],
            texts[order],
            times[order],
            np.concatenate(since)[order],
            np.concatenate([t.changed for t in tracks])[order],
            np.concatenate([t.causes for t in tracks])[order],
            before[order],
            _ulids(times[order]),
        )

    def states(self) -> Iterator[tuple[Any, ...]]:
        """Yield what `_STATES` takes."""
        contexts = self._contexts()
        columns = (self.entities, self.texts, self.times, self.since, self.changed, self.causes, self.before)
        for number, (entity, text, moment, since, changed, cause, before) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True), start=1
        ):
            yield (
                number,
                text,
                None if changed else since,  # as the recorder writes a change: nothing where it is the same
                moment,
                before or None,
                entity,
                contexts[number - 1],
                _USER if cause == Cause.PERSON else None,
                # Every second automation was started by something that happened, and names it
                contexts[max(before - 1, 0)] if cause == Cause.AUTOMATION and number % 2 else None,
                entity,
            )

    def events(self) -> Iterator[tuple[Any, ...]]:
        """Yield what `_FIRED` takes: the services that people called, and the automations that ran."""
        contexts = self._contexts()
        acted = np.flatnonzero(self.changed & ((self.causes == Cause.PERSON) | (self.causes == Cause.AUTOMATION)))
        for row in acted.tolist():
            moment, context = float(self.times[row]) - 0.02, contexts[row]
            if self.causes[row] == Cause.PERSON:
                yield moment, 1, 1, context, _USER, None
            else:
                yield moment, 1, 2, context, None, None

    def _contexts(self) -> list[bytes]:
        return [self.contexts[i : i + 16] for i in range(0, len(self.contexts), 16)]


def _ulids(times: NDArray[np.float64]) -> bytes:
    """Return ULIDs: 48 bits of milliseconds and 80 of chance each."""
    out = np.random.default_rng(times.size).integers(0, 256, (times.size, 16), dtype=np.uint8)
    out[:, :6] = (times * 1000).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    return out.tobytes()
