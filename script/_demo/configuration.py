"""Home Assistant's configuration folder for a demo."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custom_components.hunches.engine.home import UNKNOWN, Home, state_name
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.timeline import Cause

from . import ROOT

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Recording

HOME_FILE = "hunches_demo.json"
ROWS_FILE = "hunches_demo_rows.csv"
_CAUSES = {Cause.PERSON: "person", Cause.AUTOMATION: "automation"}

_YAML = """\
# Not default_config: nothing here looks for devices or calls out
frontend:
config:
api:
history:
logbook:
repairs:
system_health:
diagnostics:
sun:
logger:
  default: warning
{helpers}recorder:
  purge_keep_days: 36500
  auto_purge: false
  commit_interval: 1
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A configuration folder that is ready to be started."""

    folder: Path
    port: int
    rows: int


def prepare(recording: Recording, folder: Path, port: int) -> Prepared:
    """Write everything that Home Assistant needs to start with a home into an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    storage = folder / ".storage"
    storage.mkdir()
    components = folder / "custom_components"
    components.mkdir()
    (components / "hunches").symlink_to(ROOT / "custom_components" / "hunches")
    (components / "hunches_demo").symlink_to(Path(__file__).parent / "custom_components" / "hunches_demo")

    domains = {key.partition(".")[0] for key in recording.home.entities}
    helpers = "".join(f"{domain}:\n" for domain in ("input_boolean", "person") if domain in domains)
    (folder / "configuration.yaml").write_text(_YAML.format(helpers=helpers), encoding="utf-8")
    _store(storage, "core.config", 1, 4, _settings(recording.home, recording.end))
    listen(folder, port)
    # These two steps of the welcome would add integrations that want the network
    _store(storage, "onboarding", 4, 1, {"done": ["core_config", "analytics"]})
    return Prepared(folder, port, _hand_over(recording, folder))


def listen(folder: Path, port: int) -> None:
    """Let Home Assistant listen on a port of this machine alone.

    Not in YAML: that is migrated at the first start, with a dialog that covers every page.
    """
    http = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    data = {"stable": http, "pending": None, "yaml_migration_done": True}
    _store(folder / ".storage", "http", 2, 2, data)


def _settings(home: Home, now: float) -> dict[str, Any]:
    """Return what a person would have told Home Assistant about the home.

    A home that does not say where it is lies where the engine takes it to lie: at 45° north, under its zone's noon.
    """
    noon = float(LocalTime(home.time_zone).offset(now)) / 240.0
    return {
        "latitude": 45.0 if home.latitude is None else home.latitude,
        "longitude": noon if home.longitude is None else home.longitude,
        "elevation": 0,
        "unit_system_v2": "metric",
        "location_name": home.name,
        "time_zone": home.time_zone,
        "external_url": None,
        "internal_url": None,
        "currency": "EUR",
        "country": "GB",  # any; without one Home Assistant asks for it in Repairs
        "language": "en",
        "radius": 100,
    }


def _store(storage: Path, key: str, version: int, minor: int, data: object) -> None:
    text = json.dumps({"version": version, "minor_version": minor, "key": key, "data": data}, indent=2)
    (storage / key).write_text(text, encoding="utf-8")


def _hand_over(recording: Recording, folder: Path) -> int:
    """Leave the home where the demo's integration looks for it; return the number of rows."""
    entities = {}
    rows: list[tuple[float, str, str, str]] = []
    for key, entity in recording.home.entities.items():
        timeline = recording.timelines.get(key)
        known = timeline is not None and len(timeline) > 0
        last = int(timeline.states[-1]) if timeline is not None and known else UNKNOWN
        entities[key] = {
            "name": entity.name,
            "area": entity.area,
            "device_class": entity.device_class,
            "labels": list(entity.labels),
            "state": state_name(entity.domain, last) if known else "unknown",
        }
        if timeline is not None:
            rows += [
                (float(moment), key, state_name(entity.domain, int(state)), _CAUSES.get(Cause(int(cause)), ""))
                for moment, state, cause in zip(timeline.times, timeline.states, timeline.causes, strict=True)
            ]
    rows.sort()
    (folder / HOME_FILE).write_text(json.dumps({"entities": entities}, ensure_ascii=False), encoding="utf-8")
    with (folder / ROWS_FILE).open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows((key, state, repr(moment), cause) for moment, key, state, cause in rows)
    return len(rows)
