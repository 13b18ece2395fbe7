"""A fleet on disk: compact shards that a second run finds again, the same bytes from the same seed.

A shard is one compressed `.npz`: `times` (int64, milliseconds; each timeline's first absolute, the rest differences),
`states` and `causes` (int8), `lengths` (rows of each timeline, in the order in which `homes` names entities), and
`homes` and `totals` (JSON as bytes: registry, roles, truth, unwanted stretches, answers; and counts).
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from tqdm import tqdm

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.timeline import Timeline

from . import simulate
from .answers import Answers, Respondent
from .home import SimulatedHome

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARD: Final = 50
"""Homes a shard: some seconds of work, so that an interrupted run loses little."""
_ONLOOKERS: Final = frozenset({"__main__", "command", "realism", "summary", "windows"})
"""Modules that no home depends on."""
_FACTS: Final = "fleet.json"


class FleetError(ValueError):
    """A folder holds another fleet; the message says in one line what differs."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What was made: homes, devices, entities with the evidence, recorded rows."""

    homes: int = 0
    devices: int = 0
    entities: int = 0
    rows: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Return the sum."""
        return Totals(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def fingerprint() -> str:
    """Return a hash of the generators' sources: shards of other sources are another fleet."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*")):
        if path.suffix in {".py", ".csv"} and path.stem not in _ONLOOKERS:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def generate(folder: Path, homes: int, seed: int, weeks: int | None, workers: int = 2) -> Totals:
    """Write a fleet into `folder`, shard by shard; whole shards of the same fleet that are there are kept.

    Each worker holds one shard in memory. Raises `FleetError` where the folder holds another fleet, `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"seed": seed, "weeks": weeks, "source": fingerprint()}
    _claim(folder, facts, homes)
    tasks = [(folder, first, min(SHARD, homes - first), seed, weeks) for first in range(0, homes, SHARD)]
    wanted = {_name(first, count) for _, first, count, _, _ in tasks}
    for path in folder.glob("homes-*"):  # the short last shard of a smaller fleet, or what an interruption left
        if path.name not in wanted:
            path.unlink()
    todo = [task for task in tasks if not (folder / _name(task[1], task[2])).is_file()]
    kept = [task for task in tasks if task not in todo]
    total = sum((_totals(folder / _name(first, count)) for _, first, count, _, _ in kept), Totals())
    with tqdm(total=homes, initial=total.homes, unit="home", desc="fleet") as bar:
        for made in _made(todo, workers):
            total += made
            bar.update(made.homes)
    return total


def read(folder: Path) -> Iterator[SimulatedHome]:
    """Yield the homes of a fleet in order of their index, a shard in memory at a time. Raises `OSError`."""
    homes = json.loads((folder / _FACTS).read_text(encoding="utf-8"))["homes"]
    for first in range(0, homes, SHARD):
        yield from read_shard(folder / _name(first, min(SHARD, homes - first)))


def write_shard(path: Path, homes: list[SimulatedHome]) -> Totals:
    """Write homes into one file, whole or not at all, and return the counts."""
    timelines = [t for home in homes for t in home.recording.timelines.values()]
    totals = Totals(len(homes), sum(len(home.roles) for home in homes), len(timelines), sum(len(t) for t in timelines))
    arrays: dict[str, Any] = {
        "times": np.concatenate([_packed(t.times) for t in timelines]),
        "states": np.concatenate([t.states for t in timelines]),
        "causes": np.concatenate([t.causes for t in timelines]),
        "lengths": np.array([len(t) for t in timelines], dtype=np.int64),
        "homes": _bytes([_described(home) for home in homes]),
        "totals": _bytes(asdict(totals)),
    }
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(part, path)  # noqa: PTH105  # atomic, and replaces on every system
    return totals


def read_shard(path: Path) -> list[SimulatedHome]:
    """Read the homes of one file back. Raises `OSError`."""
    with np.load(path) as file:
        lengths, times, states, causes = (file[key] for key in ("lengths", "times", "states", "causes"))
        described = json.loads(file["homes"].tobytes())
    ends = np.cumsum(lengths)
    timelines = (
        Timeline(np.cumsum(times[end - n : end]) / 1000.0, states[end - n : end], causes[end - n : end])
        for n, end in zip(lengths.tolist(), ends.tolist(), strict=True)
    )
    return [_home(one, timelines) for one in described]


def _name(first: int, count: int) -> str:
    return f"homes-{first:06d}-{count}.npz"


def _claim(folder: Path, facts: dict[str, Any], homes: int) -> None:
    path = folder / _FACTS
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        other = [key for key, value in facts.items() if known.get(key) != value]
        if other:
            raise FleetError(f"{folder} holds a fleet of another {', '.join(other)}; choose an empty folder")
    part = path.with_suffix(".part")
    part.write_text(json.dumps({**facts, "homes": homes}) + "\n", encoding="utf-8")
    os.replace(part, path)  # noqa: PTH105


def _made(tasks: list[tuple[Path, int, int, int, int | None]], workers: int) -> Iterator[Totals]:
    if workers < 2 or len(tasks) < 2:
        yield from map(_make, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_make, tasks)


def _make(task: tuple[Path, int, int, int, int | None]) -> Totals:
    folder, first, count, seed, weeks = task
    homes = [simulate.home(index, seed, weeks) for index in range(first, first + count)]
    return write_shard(folder / _name(first, count), homes)


def _totals(path: Path) -> Totals:
    with np.load(path) as file:
        return Totals(**json.loads(file["totals"].tobytes()))


def _bytes(value: Any) -> NDArray[np.uint8]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _packed(times: NDArray[np.float64]) -> NDArray[np.int64]:
    whole = np.rint(times * 1000.0).astype(np.int64)
    if not np.array_equal(whole / 1000.0, times):
        raise ValueError("a time is finer than a millisecond")
    return np.diff(whole, prepend=0)


def _described(home: SimulatedHome) -> dict[str, Any]:
    about = home.recording.home
    return {
        "home": [about.name, about.time_zone, about.latitude, about.longitude, about.source, about.licence],
        "entities": [(e.entity_id, e.name, e.area, e.device_class, e.labels) for e in about.entities.values()],
        "recorded": list(home.recording.timelines),
        "truth": [astuple(i) for i in home.recording.truth],
        "roles": dict(home.roles),
        "unwanted": {key: [astuple(i) for i in stretches] for key, stretches in home.unwanted.items()},
        "is": [home.generator, home.style, home.language],
        "groups": dict(home.groups),
        "same_as": dict(home.same_as),
        "people": [astuple(person) for person in home.answers.people],
        "minds": dict(home.answers.minds),
    }


def _home(one: dict[str, Any], timelines: Iterator[Timeline]) -> SimulatedHome:
    name, zone, latitude, longitude, source, licence = one["home"]
    generator, style, language = one["is"]
    rows = (Entity(key, title, area, kind, tuple(labels)) for key, title, area, kind, labels in one["entities"])
    entities = {entity.entity_id: entity for entity in rows}
    recorded = {key: next(timelines) for key in one["recorded"]}
    truth = tuple(Interval(*row) for row in one["truth"])
    return SimulatedHome(
        Recording(Home(name, zone, latitude, longitude, entities, source, licence), recorded, truth),
        one["roles"],
        {key: tuple(Interval(*row) for row in rows) for key, rows in one["unwanted"].items()},
        generator,
        style,
        language,
        {key: tuple(members) for key, members in one["groups"].items()},
        one["same_as"],
        Answers(tuple(Respondent(*row) for row in one["people"]), one["minds"]),
    )
