"""The demo home as it was handed over by `script/demo`."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .const import HOME_FILE, ROWS_FILE


@dataclass(frozen=True, slots=True)
class Thing:
    """One entity of the home, and its state when the demo began."""

    entity_id: str
    name: str
    area: str | None
    device_class: str | None
    labels: tuple[str, ...]
    state: str

    @property
    def domain(self) -> str:
        """Return the part of the entity id before the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def attributes(self) -> dict[str, str]:
        """Return what the recorder keeps beside its states."""
        named = {"friendly_name": self.name, "device_class": self.device_class}
        return {key: value for key, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded state: when it began in Unix seconds, and who caused it (`person`, `automation` or nothing)."""

    entity_id: str
    state: str
    time: float
    cause: str


def read_things(folder: Path) -> tuple[Thing, ...]:
    """Return the home's entities."""
    data = json.loads((folder / HOME_FILE).read_text(encoding="utf-8"))
    return tuple(
        Thing(key, value["name"], value["area"], value["device_class"], tuple(value["labels"]), value["state"])
        for key, value in data["entities"].items()
    )


def read_rows(folder: Path) -> Iterator[Row]:
    """Yield the home's past in order of time."""
    with (folder / ROWS_FILE).open(encoding="utf-8", newline="") as lines:
        for entity_id, state, moment, cause in csv.reader(lines):
            yield Row(entity_id, state, float(moment), cause)
