"""Reads and writes home bundles: a home's registry and its recorded history in one folder.

`home.json` describes the entities, with their twins and members if they have any; `history.csv.gz` (or `history.csv`)
is what Home Assistant's own history download writes: `entity_id,state,last_changed` with times in UTC ISO 8601;
`truth.csv` (optional) carries `start,end,label` where the home was known to be `asleep` or `away`, for scoring only.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

from .home import Entity, Home, state_name
from .timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COLUMNS = ("entity_id", "state", "last_changed")


class BundleError(ValueError):
    """A bundle cannot be read; the message says in one line what and where."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time in Unix seconds, [start, end), with what held then."""

    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A home and what was recorded of it: a timeline for each entity that has one."""

    home: Home
    timelines: Mapping[str, Timeline]
    truth: tuple[Interval, ...] = field(default=())

    @property
    def start(self) -> float:
        """Return when recording began, in Unix seconds (0 if nothing was recorded)."""
        return min((float(t.times[0]) for t in self.timelines.values() if len(t)), default=0.0)

    @property
    def end(self) -> float:
        """Return the moment of the last recorded change, in Unix seconds (0 if nothing was recorded)."""
        return max((float(t.times[-1]) for t in self.timelines.values() if len(t)), default=0.0)

    def until(self, moment: float) -> Recording:
        """Return what was known of the home at `moment`, without its truth."""
        return Recording(self.home, {key: t.until(moment) for key, t in self.timelines.items()})


def parse_time(text: str) -> float:
    """Return the Unix seconds of a time in ISO 8601, UTC where it names no zone; raise `ValueError` otherwise."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def format_time(moment: float) -> str:
    """Return Unix seconds as UTC ISO 8601 with milliseconds and `Z`."""
    text = datetime.fromtimestamp(round(moment, 3), UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read(folder: Path) -> Recording:
    """Read a home bundle. Raises `BundleError`."""
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise BundleError(msg)
    home = _read_home(folder / "home.json")
    path = next((p for p in (folder / "history.csv.gz", folder / "history.csv") if p.is_file()), None)
    if path is None:
        msg = f"{folder}: neither history.csv.gz nor history.csv"
        raise BundleError(msg)
    try:
        with _open(path) as lines:
            timelines = _read_history(path, lines)
        path = folder / "truth.csv"
        truth = _read_truth(path)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error
    unknown = {key: Entity(key) for key in timelines if key not in home.entities}
    if unknown:  # an exported history may hold what the registry has forgotten
        home = Home(
            home.name,
            home.time_zone,
            home.latitude,
            home.longitude,
            {**home.entities, **unknown},
            home.source,
            home.licence,
        )
    return Recording(home, timelines, truth)


def write(recording: Recording, folder: Path) -> None:
    """Write a bundle that `read` reads back, byte for byte the same for the same recording."""
    folder.mkdir(parents=True, exist_ok=True)
    home = recording.home
    described = {
        "home": home.name,
        "time_zone": home.time_zone,
        "latitude": home.latitude,
        "longitude": home.longitude,
        "entities": {key: _description(entity) for key, entity in home.entities.items()},
        "source": home.source,
        "licence": home.licence,
    }
    (folder / "home.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    rows = sorted(
        (float(moment), key, state_name(home.entities[key].domain, int(state)))
        for key, t in recording.timelines.items()
        for moment, state in zip(t.times, t.states, strict=True)
    )
    with (
        (folder / "history.csv.gz").open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        out = csv.writer(text, lineterminator="\n")
        out.writerow(_COLUMNS)
        out.writerows((key, state, format_time(moment)) for moment, key, state in rows)
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as text:
        out = csv.writer(text, lineterminator="\n")
        out.writerow(("start", "end", "label"))
        out.writerows((format_time(i.start), format_time(i.end), i.label) for i in recording.truth)


def _description(entity: Entity) -> dict[str, Any]:
    """Return what `_entity` reads; of most there are no twins and no members."""
    beside = {
        kind: {one.entity_id: _description(one) for one in others}
        for kind, others in (("twins", entity.twins), ("members", entity.members))
        if others
    }
    own = {"name": entity.name, "area": entity.area, "device_class": entity.device_class}
    return {**own, "labels": list(entity.labels), **beside}


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read_home(path: Path) -> Home:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error
    if not isinstance(data, dict) or not isinstance(data.get("entities"), dict):
        msg = f"{path}: no 'entities'"
        raise BundleError(msg)
    zone = data.get("time_zone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ValueError, TypeError, AttributeError, OSError, KeyError) as error:
        msg = f"{path}: no time zone {zone!r}"
        raise BundleError(msg) from error
    try:
        entities = {key: _entity(key, value) for key, value in data["entities"].items()}
        latitude, longitude = _degrees(data, "latitude", 90.0), _degrees(data, "longitude", 180.0)
    except ValueError as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error
    return Home(
        str(data.get("home") or path.parent.name),
        zone,
        latitude,
        longitude,
        entities,
        str(data.get("source") or ""),
        str(data.get("licence") or ""),
    )


def _degrees(data: Mapping[str, Any], key: str, most: float) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        msg = f"{key} is {value!r}, not degrees"
        raise ValueError(msg)
    return float(value)


def _entity(key: str, value: Any) -> Entity:
    if "." not in key:
        msg = f"'{key}' is not an entity id"
        raise ValueError(msg)
    described = isinstance(value, dict) and isinstance(value.get("labels") or [], list)
    if not described or not all(isinstance(value.get(kind) or {}, dict) for kind in ("twins", "members")):
        msg = f"'{key}' is not described as an entity"
        raise ValueError(msg)
    return Entity(
        key,
        str(value.get("name") or ""),
        str(value.get("area") or "") or None,
        str(value.get("device_class") or "") or None,
        tuple(str(label) for label in value.get("labels") or ()),
        twins=_entities(value.get("twins") or {}),
        members=_entities(value.get("members") or {}),
    )


def _entities(described: Mapping[str, Any]) -> tuple[Entity, ...]:
    return tuple(_entity(key, value) for key, value in described.items())


def _read_history(path: Path, lines: TextIO) -> dict[str, Timeline]:
    found: dict[str, tuple[list[float], list[str]]] = {}
    for number, (key, state, changed) in rows(path, lines, _COLUMNS):
        try:
            moment = parse_time(changed)
        except ValueError:
            msg = f"{path}, line {number}: '{changed}' is not a time"
            raise BundleError(msg) from None
        if "." not in key:
            msg = f"{path}, line {number}: '{key}' is not an entity id"
            raise BundleError(msg)
        times, states = found.setdefault(key, ([], []))
        if times and moment < times[-1]:
            msg = f"{path}, line {number}: times of {key} run backwards"
            raise BundleError(msg)
        times.append(moment)
        states.append(state)
    return {key: Timeline.from_states(key.partition(".")[0], times, states) for key, (times, states) in found.items()}


def _read_truth(path: Path) -> tuple[Interval, ...]:
    if not path.is_file():
        return ()
    found = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, (start, end, label) in rows(path, lines, ("start", "end", "label")):
            try:
                interval = Interval(parse_time(start), parse_time(end), label)
            except ValueError:
                msg = f"{path}, line {number}: not a time"
                raise BundleError(msg) from None
            if interval.end < interval.start:
                msg = f"{path}, line {number}: ends before it starts"
                raise BundleError(msg)
            found.append(interval)
    return tuple(found)


def rows(path: Path, lines: TextIO, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (line number, the wanted columns in their order), whatever else the file carries."""
    reader = csv.reader(lines)
    header = next(reader, [])
    missing = [name for name in columns if name not in header]
    if missing:
        msg = f"{path}: missing column {', '.join(missing)}"
        raise BundleError(msg)
    places = [header.index(name) for name in columns]
    for row in reader:
        if not row:
            continue
        if len(row) <= max(places):
            msg = f"{path}, line {reader.line_num}: {len(row)} columns in place of {len(header)}"
            raise BundleError(msg)
        yield reader.line_num, tuple(row[place] for place in places)
