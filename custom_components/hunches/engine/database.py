"""Reads a Home Assistant recorder's SQLite file with the standard library, without Home Assistant and read-only.

Only this module and `history/` name the recorder's tables; a test holds the two against each other.
"""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from . import storage
from .bundle import Recording
from .home import DEVICE_DOMAINS, EVIDENCE_DOMAINS, PEOPLE_DOMAINS, UNKNOWN, Entity, Home, read_state
from .recorded import AUTOMATIC_EVENTS, CALL_EVENT, OUR_EVENT, Changes, Contexts, Run, fingerprints, gaps_between
from .timeline import Timeline
from .told import told_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

SCHEMA_VERSION: Final = 53
"""The recorder's schema that this was written against; newer ones are read if they still have its columns."""
OLDEST_SCHEMA: Final = 41
"""From here on states have numbers for times, entities and contexts."""

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "states_meta": frozenset({"metadata_id", "entity_id"}),
    "states": frozenset(
        {
            "state_id",
            "metadata_id",
            "state",
            "last_updated_ts",
            "last_changed_ts",
            "attributes_id",
            "context_id_bin",
            "context_user_id_bin",
            "context_parent_id_bin",
        }
    ),
    "state_attributes": frozenset({"attributes_id", "shared_attrs"}),
    "events": frozenset(
        {"event_type_id", "time_fired_ts", "data_id", "context_id_bin", "context_user_id_bin", "context_parent_id_bin"}
    ),
    "event_data": frozenset({"data_id", "shared_data"}),
    "event_types": frozenset({"event_type_id", "event_type"}),
    "recorder_runs": frozenset({"run_id", "start", "end", "closed_incorrect"}),
}
# An entity's first row opens its timeline even where it only reports attributes: older rows may have been purged.
_CHANGES: Final = """
    SELECT state, last_updated_ts, context_id_bin, context_user_id_bin, context_parent_id_bin
    FROM states
    WHERE metadata_id = :id AND last_updated_ts IS NOT NULL
      AND (last_changed_ts IS NULL OR last_changed_ts = last_updated_ts
           OR state_id = (SELECT state_id FROM states WHERE metadata_id = :id AND last_updated_ts IS NOT NULL
                          ORDER BY last_updated_ts, state_id LIMIT 1))
    ORDER BY last_updated_ts, state_id
"""
_LAST_STATE: Final = "SELECT state FROM states WHERE metadata_id = ? ORDER BY last_updated_ts DESC LIMIT 1"
_ATTRIBUTES: Final = """
    SELECT shared_attrs FROM states JOIN state_attributes USING (attributes_id)
    WHERE metadata_id = ? ORDER BY last_updated_ts DESC LIMIT 1
"""
_LATEST: Final = "SELECT max(last_updated_ts) FROM states WHERE last_updated_ts < ?"
_CONTEXTS: Final = """
    SELECT context_id_bin FROM events JOIN event_types USING (event_type_id)
    WHERE event_types.event_type = ? AND context_id_bin IS NOT NULL
"""
# Where there is a user or a parent, the change tells it too.
_NOBODYS_CONTEXTS: Final = f"{_CONTEXTS} AND context_user_id_bin IS NULL AND context_parent_id_bin IS NULL"
_TOLD: Final = """
    SELECT time_fired_ts, shared_data
    FROM events JOIN event_types USING (event_type_id) JOIN event_data USING (data_id)
    WHERE event_types.event_type = ?
"""
_HEARD_SINCE: Final = """
    SELECT min(time_fired_ts) FROM events JOIN event_types USING (event_type_id) WHERE event_types.event_type = ?
"""
_ROWS_AT_ONCE: Final = 512


class DatabaseError(ValueError):
    """A database cannot be read; the message says in one line what and why."""


class _Nonsense(Exception):
    """A value that the recorder cannot have written; the message says what is wrong with it."""


def read(path: Path, config: Path | None = None) -> tuple[Recording, tuple[str, ...]]:
    """Return a home and all that its recorder kept, with warnings for a person, one line each.

    `config`: the configuration folder with `.storage`, by default the database's own. Raises `DatabaseError`.
    """
    registries, warnings = _registries(path, config)
    try:
        with closing(_connect(path, warnings)) as database:
            _check(path, database, warnings)
            home, ids = _home(database, registries, path)
            contexts, gaps = _contexts(database), _gaps(database)
            timelines = {
                key: timeline
                for key, entity in home.entities.items()
                if len(timeline := _timeline(database, ids[key], entity, contexts, gaps))
            }
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: {_reason(error)}") from error
    except _Nonsense as error:
        raise DatabaseError(f"{path}: the database is corrupt ({error})") from error
    if not any(_knows_people(key, timeline) for key, timeline in timelines.items()):
        # With nobody to follow, the zone counts nobody for ever: that is not an empty home.
        home = replace(home, entities={k: e for k, e in home.entities.items() if k != "zone.home"})
        timelines.pop("zone.home", None)
    return Recording(home, timelines), tuple(warnings)


def _knows_people(entity_id: str, timeline: Timeline) -> bool:
    return entity_id.partition(".")[0] in PEOPLE_DOMAINS and bool((timeline.states != UNKNOWN).any())


def _reason(error: sqlite3.Error) -> str:
    """Return what went wrong in words that help."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "the database is locked; stop Home Assistant or read a copy"
        case sqlite3.SQLITE_CORRUPT:
            return f"the database is corrupt ({error})"
        case sqlite3.SQLITE_NOTADB:
            return "not an SQLite database"
    return " ".join(str(error).split())


def _connect(path: Path, warnings: list[str]) -> sqlite3.Connection:
    """Open a database for reading only.

    Reading a database in WAL mode writes small files beside it. Where that cannot be, the file is read as it is.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DatabaseError(f"{path}: {error.strerror or error}") from error
    if head != b"SQLite format 3\0":
        raise DatabaseError(f"{path}: not an SQLite database")
    address = f"file:{quote(str(path.resolve()))}"
    database = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=2.0)
    try:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        database.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        log = path.with_name(f"{path.name}-wal")
        if log.is_file() and log.stat().st_size:
            warnings.append(
                f"{path}: its folder cannot be written to, so the latest changes (in {log.name}) are missing"
            )
        return sqlite3.connect(f"{address}?immutable=1", uri=True)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _check(path: Path, database: sqlite3.Connection, warnings: list[str]) -> None:
    """Raise `DatabaseError` unless this is a recorder's database whose tables are understood."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"states", "schema_changes"} <= tables:
        raise DatabaseError(f"{path}: not a database of Home Assistant's recorder")
    row = database.execute("SELECT schema_version FROM schema_changes ORDER BY change_id DESC LIMIT 1").fetchone()
    version = int(row[0]) if row and row[0] is not None else 0
    missing = [
        f"{table}.{column}"
        for table, columns in _NEEDED.items()
        for column in sorted(columns - {r[1] for r in database.execute(f"PRAGMA table_info({table})")})
    ]
    if version < OLDEST_SCHEMA:
        raise DatabaseError(
            f"{path}: schema {version} is too old (at least {OLDEST_SCHEMA}); start a current Home Assistant on it once"
        )
    if missing:
        raise DatabaseError(f"{path}: schema {version} is not understood: no {missing[0]}")
    if version > SCHEMA_VERSION:
        warnings.append(f"{path}: schema {version} is newer than {SCHEMA_VERSION}, which is known")


def _registries(path: Path, config: Path | None) -> tuple[storage.Registries, list[str]]:
    folder = storage.find(path.parent if config is None else config)
    if folder is None:
        if config is not None:
            raise DatabaseError(f"{config}: no .storage/core.entity_registry")
        return storage.Registries(), [f"{path}: no .storage beside it, so no areas and no labels, and times are UTC"]
    try:
        found = storage.read(folder)
    except storage.StorageError as error:
        raise DatabaseError(str(error)) from error
    return found, [] if found.time_zone else [f"{folder}: core.config names no time zone, so times are UTC"]


def _home(database: sqlite3.Connection, registries: storage.Registries, path: Path) -> tuple[Home, dict[str, int]]:
    """Return the home's devices and evidence, and the numbers under which the recorder keeps them.

    Hidden, disabled, configuration and diagnosis entities are left out, groups beside any of their members, all but
    one of several entities of one thing, our own, and what the options leave out. What they name as evidence is there.
    """
    entities: dict[str, Entity] = {}
    ids: dict[str, int] = {}
    members: dict[str, frozenset[str]] = {}
    named: dict[str, Entity] = {}
    for number, key in database.execute("SELECT metadata_id, entity_id FROM states_meta ORDER BY entity_id").fetchall():
        domain = str(key).partition(".")[0]
        known = registries.entities.get(key)
        if (says := registries.says.get(key)) is not None:
            ids[key] = number
            named[key] = replace(_entity(str(key), _attributes(database, number), known), says=says)
            continue
        if domain not in (*DEVICE_DOMAINS, *EVIDENCE_DOMAINS) or (known and known.left_out):
            continue
        attributes = _attributes(database, number)
        entity = _entity(str(key), attributes, known)
        if not (entity.is_device or entity.is_evidence):
            continue
        entities[entity.entity_id], ids[entity.entity_id] = entity, number
        listed = attributes.get("entity_id", attributes.get("group_entities"))
        if isinstance(listed, list):
            members[entity.entity_id] = frozenset(str(member) for member in listed)
        elif known and known.is_group:
            members[entity.entity_id] = registries.members.get(entity.entity_id, frozenset())
    _count_groups(entities, members, registries)
    entities = registries.reports.once(entities, lambda key: _last_reading(database, ids[key], key) != UNKNOWN)
    for key in registries.excluded:
        entities.pop(key, None)
    entities |= named
    name = registries.name or path.resolve().parent.name
    zone = registries.time_zone or "UTC"
    return Home(name, zone, registries.latitude, registries.longitude, entities, "Home Assistant recorder"), ids


def _count_groups(
    entities: dict[str, Entity], groups: Mapping[str, frozenset[str]], registries: storage.Registries
) -> None:
    """Take the groups from the entities that do not count, and let the others know their members."""
    apart = registries.reports.all_of({*entities, *registries.excluded})
    singles = {key for key, known in registries.entities.items() if not known.is_group}
    for key, inside in groups.items():
        # Who its members are may stand nowhere; then it is left out beside any single one of its domain
        beside = inside or {single for single in singles if single.partition(".")[0] == entities[key].domain}
        if apart.isdisjoint(beside - {key}):
            entities[key] = replace(entities[key], members=_members(inside, groups, registries, {key}))
        else:
            del entities[key]


def _members(
    keys: Collection[str], groups: Mapping[str, frozenset[str]], registries: storage.Registries, seen: set[str]
) -> tuple[Entity, ...]:
    """Return what a group consists of, as the registries describe it."""
    found = []
    for key in sorted(keys):
        if key not in seen:
            seen.add(key)
            inside = groups.get(key) or registries.members.get(key, frozenset())
            entity = _entity(key, {}, registries.entities.get(key))
            found.append(replace(entity, members=_members(inside, groups, registries, seen)))
    return tuple(found)


def _last_reading(database: sqlite3.Connection, number: int, key: str) -> int:
    row = database.execute(_LAST_STATE, (number,)).fetchone()
    return UNKNOWN if row is None else read_state(key.partition(".")[0], str(row[0] or ""))


def _attributes(database: sqlite3.Connection, number: int) -> Mapping[str, Any]:
    """Return an entity's latest recorded attributes."""
    row = database.execute(_ATTRIBUTES, (number,)).fetchone()
    try:
        found = json.loads(row[0]) if row and row[0] else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _entity(key: str, attributes: Mapping[str, Any], known: storage.Described | None) -> Entity:
    """Return an entity by the name that Home Assistant shows for it, else by its registry's."""
    name, device_class = attributes.get("friendly_name"), attributes.get("device_class")
    return Entity(
        key,
        str(name or (known.name if known else "")),
        known.area if known else None,
        str(device_class) if device_class else (known.device_class if known else None),
        known.labels if known else (),
    )


def _contexts(database: sqlite3.Connection) -> Contexts:
    """Return the contexts that tell who acts in them."""

    def events(query: str, *kinds: str) -> Iterator[bytes]:
        for kind in kinds:
            yield from (bytes(context) for (context,) in database.execute(query, (kind,)))

    (heard_since,) = database.execute(_HEARD_SINCE, (CALL_EVENT,)).fetchone()
    return Contexts(
        fingerprints(events(_NOBODYS_CONTEXTS, *AUTOMATIC_EVENTS)),
        fingerprints(events(_CONTEXTS, OUR_EVENT)),
        fingerprints(events(_NOBODYS_CONTEXTS, CALL_EVENT)),
        math.inf if heard_since is None else heard_since,
        told_by(database.execute(_TOLD, (OUR_EVENT,))),
    )


def _gaps(database: sqlite3.Connection) -> tuple[tuple[float, float], ...]:
    """Return the stretches in which Home Assistant was off, in Unix seconds."""
    runs = [
        Run(number, _seconds(start), None if end is None else _seconds(end), bool(crashed))
        for number, start, end, crashed in database.execute(
            'SELECT run_id, start, "end", closed_incorrect FROM recorder_runs'
        )
    ]

    def latest_before(moment: float) -> float | None:
        found: tuple[float | None] = database.execute(_LATEST, (moment,)).fetchone()
        return found[0]

    return gaps_between(runs, latest_before)


def _seconds(text: str) -> float:
    """Return the Unix seconds of a date and time of UTC, as the recorder writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _timeline(
    database: sqlite3.Connection,
    number: int,
    entity: Entity,
    contexts: Contexts,
    gaps: tuple[tuple[float, float], ...],
) -> Timeline:
    """Return one entity's timeline, reduced while it is read: memory grows with its changes, not with its rows.

    Only what people switch has causes.
    """
    told = contexts.told.get(entity.entity_id, ())
    changes = Changes(entity.domain, contexts if entity.is_device else None, gaps, told=told)
    rows = database.execute(_CHANGES, {"id": number})
    try:
        while part := rows.fetchmany(_ROWS_AT_ONCE):
            changes.add(part)
        return changes.timeline()
    except (TypeError, ValueError) as error:
        raise _Nonsense(error) from error
