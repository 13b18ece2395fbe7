"""Home Assistant's configuration folder for a demo."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custom_components.hunches.engine.home import UNKNOWN, state_name
from custom_components.hunches.engine.timeline import Cause

from . import ROOT

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Recording

HOME_FILE = "hunches_demo.json"
ROWS_FILE = "hunches_demo_rows.csv"
_CAUSES = {Cause.PERSON: "person", Cause.AUTOMATION: "automation"}

_YAML = """\
homeassistant:
{settings}
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
    settings = "".join(f"  {key}: {_yaml(value)}\n" for key, value in _settings(recording).items())
    (folder / "configuration.yaml").write_text(_YAML.format(settings=settings, helpers=helpers), encoding="utf-8")
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


def _settings(recording: Recording) -> dict[str, Any]:
    home = recording.home
    where = {"latitude": home.latitude, "longitude": home.longitude}
    return {
        "name": home.name,
        "time_zone": home.time_zone,
        **{key: value for key, value in where.items() if value is not None},
        "elevation": 0,
        "unit_system": "metric",
        "country": "GB",  # any; without one Home Assistant asks for it in Repairs
        "currency": "EUR",
        "language": "en",
    }


def _yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON's scalars are YAML's


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
