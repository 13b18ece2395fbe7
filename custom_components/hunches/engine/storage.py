"""Home Assistant's registries as they stand in its `.storage` folder: names, areas, labels, zone and position."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from . import chosen
from .home import DEVICE_DOMAINS, EVIDENCE_DOMAINS, Says
from .twins import DRIVERS, Reported, Reports, same_things

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_DOMAINS: Final = frozenset({*DEVICE_DOMAINS, *EVIDENCE_DOMAINS})
_FOLDER: Final = ".storage"
_OURS: Final = "hunches"
"""The integration's own domain: what it concludes is no evidence, and its options say what else is left out."""


class StorageError(ValueError):
    """A registry cannot be read; the message says in one line which and why."""


@dataclass(frozen=True, slots=True)
class Described:
    """What the registries say of one entity. `left_out`: hidden, disabled, technical, driven, or our own."""

    name: str
    area: str | None
    device_class: str | None
    labels: tuple[str, ...]
    left_out: bool
    is_group: bool


@dataclass(frozen=True, slots=True)
class Registries:
    """A home's registries: entities by entity id, members by the entity id of their group, and where the home is.

    `reports`: what tells which entities stand for the same thing (`Reports.twins`). `excluded`, `says`: what the
    integration's options leave out, and what they say that entities tell of.
    """

    name: str = ""
    time_zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    entities: Mapping[str, Described] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reports: Reports = field(default_factory=Reports)
    excluded: frozenset[str] = frozenset()
    says: Mapping[str, Says] = field(default_factory=dict)


def find(folder: Path) -> Path | None:
    """Return the `.storage` of a configuration folder (or the folder itself, if it is one); None if there is none."""
    for place in (folder / _FOLDER, folder):
        if (place / "core.entity_registry").is_file():
            return place
    return None


def read(folder: Path) -> Registries:
    """Read the registries of a `.storage` folder; what is not there is left empty. Raises `StorageError`."""
    config = _load(folder, "core.config")
    areas = {a.get("id"): a for a in _list(_load(folder, "core.area_registry"), "areas")}
    labels = {a.get("label_id"): str(a.get("name")) for a in _list(_load(folder, "core.label_registry"), "labels")}
    stored = _load(folder, "core.device_registry")
    devices = {d.get("id"): d for d in (*_list(stored, "devices"), *_list(stored, "child_devices"))}
    entries = {
        str(e["entity_id"]): e for e in _list(_load(folder, "core.entity_registry"), "entities") if "entity_id" in e
    }
    described = {key: _describe(entry, devices, areas, labels) for key, entry in entries.items()}
    set_up = _list(_load(folder, "core.config_entries"), "entries")
    for key in _driven(entries, set_up) & described.keys():
        described[key] = replace(described[key], left_out=True)
    members, wrapped = _helpers(entries, set_up)
    options = next((_mapping(one.get("options")) for one in set_up if one.get("domain") == _OURS), {})
    reports = Reports(
        tuple(
            _report(key, entry, devices, described[key], wrapped.get(key))
            for key, entry in entries.items()
            if key.partition(".")[0] in _DOMAINS and not entry.get("disabled_by") and not _is_technical(entry)
        ),
        same_things(_addresses(devices.values())),
    )
    return Registries(
        str(config.get("location_name") or ""),
        _zone(config.get("time_zone")),
        _degrees(config.get("latitude"), 90.0),
        _degrees(config.get("longitude"), 180.0),
        described,
        members,
        reports,
        chosen.left_out(options, (_owned(key, entry, devices, areas) for key, entry in entries.items()), reports),
        {key: says for key, says in chosen.named(options).items() if entries.get(key, {}).get("platform") != _OURS},
    )


def _owned(
    key: str,
    entry: Mapping[str, Any],
    devices: Mapping[Any, Mapping[str, Any]],
    areas: Mapping[Any, Mapping[str, Any]],
) -> chosen.Owned:
    device, area_id = devices.get(entry.get("device_id"), {}), _area_id(entry, devices)
    labels = {label for owner in (entry, device, areas.get(area_id, {})) for label in _ids(owner.get("labels"))}
    return chosen.Owned(key, entry.get("device_id"), area_id, frozenset(labels))


def _area_id(entry: Mapping[str, Any], devices: Mapping[Any, Mapping[str, Any]]) -> str | None:
    """Return the area of an entity: its own, else its device's, else that of the device above."""
    device = devices.get(entry.get("device_id"), {})
    parent = devices.get(device.get("parent_device_id"), {})
    found = entry.get("area_id") or device.get("area_id") or parent.get("area_id")
    return None if found is None else str(found)


def _helpers(
    entries: Mapping[str, Mapping[str, Any]], set_up: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """Return the members of each group, and the switch that each entity is shown instead of, by entity id."""
    options = {(entry.get("domain"), entry.get("entry_id")): _mapping(entry.get("options")) for entry in set_up}
    by_uuid = {entry.get("id"): key for key, entry in entries.items()}
    members, wrapped = {}, {}
    for key, entry in entries.items():
        chosen = options.get((entry.get("platform"), entry.get("config_entry_id")), {})
        if entry.get("platform") == "group":
            members[key] = frozenset(by_uuid.get(member, member) for member in _ids(chosen.get("entities")))
        elif entry.get("platform") == "switch_as_x" and (switch := chosen.get("entity_id")):
            wrapped[key] = by_uuid.get(str(switch), str(switch))
    return members, wrapped


def _driven(entries: Mapping[str, Mapping[str, Any]], set_up: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return what is switched by a thermostat, or a hygrostat, that was made of it, by entity id."""
    by_uuid = {entry.get("id"): key for key, entry in entries.items()}
    drivers = ((one, DRIVERS.get(str(one.get("domain")))) for one in set_up if not one.get("disabled_by"))
    named = {str(_mapping(one.get("options")).get(option)) for one, option in drivers if option is not None}
    return {by_uuid.get(key, key) for key in named}


def _describe(
    entry: Mapping[str, Any],
    devices: Mapping[Any, Mapping[str, Any]],
    areas: Mapping[Any, Mapping[str, Any]],
    labels: Mapping[Any, str],
) -> Described:
    """Return an entity's name, area and labels: its own, else its device's, else that of the device above."""
    device = devices.get(entry.get("device_id"), {})
    area = areas.get(_area_id(entry, devices), {})
    label_ids = {key for owner in (entry, device, area) for key in _ids(owner.get("labels"))}
    own = str(entry.get("name") or entry.get("original_name") or "")
    above = str(device.get("name_by_user") or device.get("name") or "")
    parts = (above, own) if entry.get("has_entity_name") and not entry.get("name") else (own or above,)
    return Described(
        name=" ".join(part for part in parts if part),
        area=str(area["name"]) if area.get("name") else None,
        device_class=entry.get("device_class") or entry.get("original_device_class") or None,
        labels=tuple(sorted(labels[key] for key in label_ids if key in labels)),
        left_out=bool(
            entry.get("platform") == _OURS or entry.get("hidden_by") or entry.get("disabled_by") or _is_technical(entry)
        ),
        is_group=entry.get("platform") == "group",
    )


def _is_technical(entry: Mapping[str, Any]) -> bool:
    """Whether it is configuration or diagnosis; trackers are diagnostic by default, and evidence all the same."""
    return bool(entry.get("entity_category")) and not str(entry.get("entity_id")).startswith("device_tracker.")


def _addresses(devices: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield each device with its config entry and addresses."""
    for device in devices:
        entry, stored = device.get("config_entry_id"), device.get("connections")
        # As split from one by an update, a device may have the addresses of all its parts until it is set up again
        if entry is None or device.get("disabled_by") or device.get("has_composite_identifiers"):
            continue
        pairs = (_ids(item) for item in stored) if isinstance(stored, list) else ()
        yield str(device.get("id")), str(entry), [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _report(
    key: str,
    entry: Mapping[str, Any],
    devices: Mapping[Any, Mapping[str, Any]],
    described: Described,
    wraps: str | None,
) -> Reported:
    device = entry.get("device_id")
    return Reported(
        key,
        str(entry.get("id") or ""),
        None if device is None else str(device),
        described.device_class,
        str(entry.get("original_name") or ""),
        described.area is not None,
        bool(entry.get("name") or devices.get(device, {}).get("name_by_user")),
        _moment(entry.get("created_at")),
        wraps,
    )


def _moment(value: Any) -> float:
    """Return Unix seconds of a date and time with its offset; 0 for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _load(folder: Path, key: str) -> Mapping[str, Any]:
    """Return the data of one store, empty if there is no such file."""
    path = folder / key
    try:
        stored: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: {error}") from error
    data = stored.get("data") if isinstance(stored, dict) else None
    if not isinstance(data, dict):
        raise StorageError(f"{path}: not a store of Home Assistant")
    return data


def _list(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _zone(value: Any) -> str | None:
    """Return a time zone's name if there is such a zone."""
    try:
        return ZoneInfo(value).key
    except (TypeError, ValueError, AttributeError, OSError, KeyError):
        return None


def _degrees(value: Any, most: float) -> float | None:
    return float(value) if isinstance(value, int | float) and -most <= value <= most else None
