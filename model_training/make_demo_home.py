"""Makes the demo home of `script/demo`: a family of three over six weeks, and the two hours before now.

    python -m model_training.make_demo_home FOLDER [--seed N]

Nobody's data is in it: people follow a plan for each day, and what they do to devices follows from where they are.
Needs numpy alone.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from pathlib import Path

from custom_components.hunches.engine.bundle import format_time

from .demo_life import ENTITIES, LATITUDE, LONGITUDE, RESTING, ZONE, World, live

RECENT: tuple[tuple[float, str, str], ...] = (
    (112, "binary_sensor.kitchen_motion", "on"),
    (111, "switch.coffee_machine", "on"),
    (98, "switch.coffee_machine", "off"),
    (97, "binary_sensor.kitchen_motion", "off"),
    (96, "binary_sensor.living_room_motion", "on"),
    (95, "media_player.tv", "playing"),
    (90, "binary_sensor.living_room_motion", "off"),
    (86, "binary_sensor.living_room_motion", "on"),
    (78, "media_player.tv", "off"),
    (77, "binary_sensor.living_room_motion", "off"),
    (76.8, "binary_sensor.kitchen_motion", "on"),
    (76.6, "light.kitchen_ceiling", "on"),
    (69.3, "light.kitchen_ceiling", "off"),
    (69, "binary_sensor.kitchen_motion", "off"),
    (68.8, "binary_sensor.bathroom_motion", "on"),
    (68.6, "light.bathroom", "on"),
    (65, "light.bathroom", "off"),
    (64, "binary_sensor.bathroom_motion", "off"),
    (63, "binary_sensor.hallway_motion", "on"),
    (62.8, "light.hallway", "on"),
    (62.75, "light.coat_rack", "on"),
    (61, "lock.front_door", "unlocked"),
    (60.8, "binary_sensor.front_door", "on"),
    (60.3, "binary_sensor.front_door", "off"),
    (60.2, "person.tom", "not_home"),
    (60, "person.anna", "not_home"),
    (59, "binary_sensor.hallway_motion", "off"),
)
"""What happened in the last two hours: minutes ago, entity id, state. Two lights stay on, the front door unlocked."""


def recent() -> list[tuple[float, str, str]]:
    """Return the last two hours: everything at rest and everybody at home, then what `RECENT` says."""
    still = [(120.0, key, RESTING.get(key.partition(".")[0], "off")) for key in ENTITIES if key != "switch.fridge"]
    return still + list(RECENT)


def write(world: World, folder: Path) -> None:
    """Write the bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    described = {
        "home": "Demo home",
        "time_zone": ZONE,
        "latitude": LATITUDE,
        "longitude": LONGITUDE,
        "source": "made by model_training/make_demo_home.py",
        "licence": "Apache-2.0",
        "entities": {
            key: {"name": name, "area": area, "device_class": kind} for key, (name, area, kind) in ENTITIES.items()
        },
    }
    text = json.dumps(described, indent=1, ensure_ascii=False)
    (folder / "home.json").write_text(text + "\n", encoding="utf-8")
    with (
        (folder / "history.csv.gz").open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as out,
    ):
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("entity_id", "state", "last_changed", "cause"))
        rows.writerows((key, state, format_time(moment), cause) for moment, key, state, cause in world.rows)
    with (folder / "recent.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("entity_id", "state", "minutes_ago"))
        rows.writerows((key, state, f"{minutes:g}") for minutes, key, state in recent())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=26)
    arguments = parser.parse_args()
    world = live(arguments.seed)
    write(world, arguments.folder)
    print(f"{len(ENTITIES)} entities, {len(world.rows)} rows in {arguments.folder}")


if __name__ == "__main__":
    main()
