"""The engine over a recorded home: what it would have predicted, known, and said, from the past only."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import NoReturn, TextIO

import hunches_bootstrap
import numpy as np
from replayed import replayed

from custom_components.hunches.engine import backtest, bundle, database, findings, forecaster
from custom_components.hunches.engine.bundle import BundleError, Recording, format_time
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.database import DatabaseError
from custom_components.hunches.engine.home import Entity
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.memory import Kept, Memory
from custom_components.hunches.engine.memory_file import dump, load
from custom_components.hunches.engine.model import ASSETS, AssetError, Model
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage

del hunches_bootstrap  # imported for what it does


class InputError(ValueError):
    """What was asked for cannot be had; the message says why in one line."""


def main() -> int:
    """Run one verb. Returns the exit code: 2 with one line on stderr for bad input."""
    options = _options()
    try:
        recording = _recording(options)
        verbs: dict[str, Callable[[argparse.Namespace, Recording, Model], None]] = {
            "predict": predict,
            "context": context,
            "hunches": hunches,
            "devices": devices,
            "memory": memory,
        }
        verbs[options.verb](options, recording, Model.load(options.assets))
    except (InputError, BundleError, DatabaseError, AssetError) as error:
        print(f"script/replay: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"script/replay: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


def predict(options: argparse.Namespace, recording: Recording, model: Model) -> None:
    """Answer each query with the probability that the device is on at its target."""
    queries = list(_queries(options.queries))
    p = forecaster.answer(model, recording, queries)
    with _out(options.out) as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("entity_id", "asof", "target", "p_on"))
        out.writerows(
            (q.entity_id, _plain(q.asof), _plain(q.target), f"{value:.6f}") for q, value in zip(queries, p, strict=True)
        )


def context(options: argparse.Namespace, recording: Recording, _: Model) -> None:
    """Write asleep, away and dark at every multiple of the step."""
    if options.step <= 0:
        msg = "--step must be a positive number of seconds"
        raise InputError(msg)
    first, last = (np.ceil(recording.start / options.step), np.floor(recording.end / options.step))
    times = np.arange(first, last + 1) * options.step
    found = follow(Recording(recording.home, recording.timelines), times)
    with _out(options.out) as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("time", "p_asleep", "p_away", "p_dark"))
        out.writerows(
            (format_time(t), f"{a:.4f}", f"{b:.4f}", f"{c:.4f}")
            for t, a, b, c in zip(found.times, found.asleep, found.away, found.dark, strict=True)
        )


def hunches(options: argparse.Namespace, recording: Recording, model: Model) -> None:
    """Write every hunch that would have been raised, and what the home then did; say in short what came of it."""
    found = []
    with _out(options.out) as file:
        for one in replayed(model, recording, options.min_accept):
            found.append(one)
            if not one.acted:
                file.write(json.dumps({**one.hunch.as_json(), "outcome": one.outcome}, ensure_ascii=False) + "\n")
    for line in findings.words(findings.of(found, backtest.looked_at(recording), recording.home)):
        print(line)


def devices(options: argparse.Namespace, recording: Recording, model: Model) -> None:
    """Write what every device is like at the end of the recording."""
    mind = Mind(model, recording.home)
    mind.learn(recording.timelines, recording.end)
    with _out(options.out) as file:
        json.dump(mind.describe(), file, indent=1, ensure_ascii=False)
        file.write("\n")


def memory(options: argparse.Namespace, recording: Recording, _: Model) -> None:
    """Write how far the memory of a home restarted every night is from that of one learned at once, and its size.

    `difference`: the largest of any aggregate of any entity, relative to the largest of its array.
    """
    home = recording.home
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    by_night: dict[str, Kept] = {}
    once: dict[str, Kept] = {}
    nights = [*_nights(recording, clock), recording.end]
    data = b""
    for now in nights:
        for key, timeline in recording.timelines.items():
            kept = by_night.get(key, Kept())
            by_night[key] = _learned(home.entities[key], kept, timeline, now, clock)
        data = dump(by_night)
        by_night = load(data)
    for key, timeline in recording.timelines.items():
        once[key] = _learned(home.entities[key], Kept(), timeline, recording.end, clock)
    differences = {key: _difference(by_night[key].usage, kept.usage) for key, kept in once.items()}
    lengths = {key: len(kept.changes) for key, kept in once.items()}
    same = all(_times(by_night[key]) == _times(kept) for key, kept in once.items())
    found = {
        "nights": len(nights),
        "entities": len(once),
        "changes": sum(map(len, recording.timelines.values())),
        "difference": max(differences.values(), default=0.0),
        "same_changes": same,
        "bytes": len(data),
        "bytes_per_entity": round(len(data) / max(len(once), 1)),
        "most_changes": max(lengths.values(), default=0),
    }
    with _out(options.out) as file:
        json.dump(found, file, indent=1)
        file.write("\n")


def _nights(recording: Recording, clock: LocalTime) -> Iterator[float]:
    now = recording.start
    while (now := backtest.next_night(clock, now)) < recording.end:
        yield now


def _learned(entity: Entity, kept: Kept, timeline: Timeline, now: float, clock: LocalTime) -> Kept:
    """Return what is kept after one night's learning from what the recorder has since the last."""
    since, known = kept.since(now), timeline.until(now)
    first = 0 if since is None else int(np.searchsorted(known.times, since, side="right"))
    held = Memory.of(entity, kept)
    held.learn(Timeline(known.times[first:], known.states[first:], known.causes[first:]), now, clock)
    return held.keep()


def _times(kept: Kept) -> list[float]:
    times: list[float] = kept.changes.unfolded().times.tolist()
    return times


def _difference(left: Usage, right: Usage) -> float:
    worst = 0.0
    for field in fields(Usage):
        a, b = (np.nan_to_num(np.asarray(getattr(usage, field.name), dtype=np.float64)) for usage in (left, right))
        worst = max(worst, float(np.abs(a - b).max()) / max(float(np.abs(b).max()), 1.0))
    return worst


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the command line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def _options() -> argparse.Namespace:
    parser = _Parser(prog="script/replay", description=__doc__)
    parser.add_argument("verb", choices=("predict", "context", "hunches", "devices", "memory"))
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--home", type=Path, help="a home bundle: a folder with home.json and history.csv.gz")
    source.add_argument("--database", type=Path, help="a Home Assistant SQLite database, opened read-only")
    parser.add_argument("--config", type=Path, help="Home Assistant's configuration folder, if not the database's")
    parser.add_argument("--queries", type=Path, help="for predict: a CSV file with entity_id,asof,target")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--step", type=int, default=300, help="for context: seconds between rows")
    parser.add_argument("--min-accept", type=float, default=None, help="for hunches: another bar than the policy's")
    parser.add_argument("--assets", type=Path, default=ASSETS, help="another folder of trained assets")
    options = parser.parse_args()
    if options.verb == "predict" and options.queries is None:
        parser.error("predict needs --queries")
    return options


def _recording(options: argparse.Namespace) -> Recording:
    if options.home is not None:
        found = bundle.read(options.home)
    else:
        found, warnings = database.read(options.database, options.config)
        for warning in warnings:
            print(f"script/replay: {warning}", file=sys.stderr)
    if not found.timelines:
        msg = f"{options.home or options.database}: nothing was recorded"
        raise InputError(msg)
    return found


def _queries(path: Path) -> Iterator[forecaster.Query]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for number, (key, asof, target) in bundle.rows(path, lines, ("entity_id", "asof", "target")):
                try:
                    yield forecaster.Query(key, float(asof), float(target))
                except ValueError:
                    msg = f"{path}, line {number}: asof and target are Unix seconds"
                    raise InputError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error


def _plain(moment: float) -> str:
    return f"{moment:.3f}".rstrip("0").rstrip(".")


def _out(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


if __name__ == "__main__":
    sys.exit(main())
