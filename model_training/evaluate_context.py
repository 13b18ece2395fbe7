"""How well asleep and away are told: on recorded homes that carry truth, and on simulated ones that were held out.

`python -m model_training.evaluate_context --homes DIR` reads every home bundle in DIR that has rows in its `truth.csv`
and prints F1 on a five-minute grid over the labelled span: a clock (asleep from 23 to 7), quiet (asleep after 20 silent
minutes between 22 and 9, away after 45 silent minutes otherwise), and the filter; beside it the filter's log-loss.
`--stated`: with a user who says of every stretch an hour after it what held; a home learns from that for later days.
`--simulated N` does the same for N simulated homes of each kind, none of which was trained on, and prints calibration.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import BundleError, Recording, read
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_filter import Correction
from custom_components.hunches.engine.context_numbers import Numbers
from custom_components.hunches.engine.home import UNKNOWN
from custom_components.hunches.engine.localtime import DAY, LocalTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

GRID: Final = 300.0
HELD_OUT: Final = 900_001
"""Seed of the simulated homes that are scored; training uses others."""
MOST_DAYS: Final = 28.0
_CELLS: Final = 15


def grid(recording: Recording) -> NDArray[np.float64]:
    """Return the five-minute grid over the labelled span of a home, Unix seconds; empty without labels."""
    if not recording.truth:
        return np.zeros(0)
    first = min(i.start for i in recording.truth)
    last = max(i.end for i in recording.truth)
    return np.arange(np.ceil(first / GRID), np.floor(last / GRID) + 1) * GRID


def truth(recording: Recording, times: NDArray[np.float64], label: str) -> NDArray[np.bool_]:
    """Return whether `label` held at each of `times`."""
    out = np.zeros(times.size, dtype=bool)
    for i in recording.truth:
        if i.label == label:
            out |= (times >= i.start) & (times < i.end)
    return out


def f1(said: NDArray[np.bool_], so: NDArray[np.bool_]) -> float:
    """Return the harmonic mean of precision and recall, 0 if nothing was right, 1 if there was nothing to say."""
    wrong = int((said != so).sum())
    right = int((said & so).sum())
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0


def rules(recording: Recording, times: NDArray[np.float64]) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Return what the two rules say at `times`: name -> (asleep, away)."""
    local = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    hour = local.hour(times)
    changes = [
        t.times[1:][(t.states[1:] != UNKNOWN) & (t.states[:-1] != UNKNOWN)] for t in recording.timelines.values()
    ]
    events = np.sort(np.concatenate([np.zeros(1), *changes]))
    silent = (times - events[np.searchsorted(events, times, side="right") - 1]) / 60
    night = (hour >= 22) | (hour < 9)
    return {
        "clock": ((hour >= 23) | (hour < 7), np.zeros(times.size, dtype=bool)),
        "quiet": (night & (silent >= 20), ~night & (silent >= 45)),
    }


@dataclass(frozen=True, slots=True)
class Score:
    """How a home was told: F1 of the rules and of the filter, its log-loss, and what was said beside what held.

    `f1`: clock asleep, quiet asleep, quiet away, filter asleep, filter away. `said`, `so`: [2, rows], asleep and away.
    """

    f1: tuple[float, ...]
    log_loss: float
    seconds: float
    said: NDArray[np.float64]
    so: NDArray[np.bool_]


def stated(recording: Recording) -> list[Correction]:
    """Return what a user would say who says everything, each stretch an hour after its end."""
    found: list[Correction] = []
    before = recording.truth[0].start if recording.truth else 0.0
    for interval in sorted(recording.truth, key=lambda i: i.start):
        if interval.start > before:
            found.append(Correction(before, interval.start, "awake", interval.start + 3600.0))
        found.append(Correction(interval.start, interval.end, interval.label, interval.end + 3600.0))
        before = max(before, interval.end)
    return found


def score(recording: Recording, times: NDArray[np.float64], corrections: Sequence[Correction] = ()) -> Score:
    """Score the rules and the filter at `times`; `corrections`: what the filter is told meanwhile."""
    asleep, away = (truth(recording, times, label) for label in ("asleep", "away"))
    rule = rules(recording, times)
    began = time.perf_counter()
    found = follow(recording, times, corrections)
    lasted = time.perf_counter() - began
    said = np.stack((found.asleep, found.away))
    held = np.where(asleep, found.asleep, np.where(away, found.away, 1 - found.asleep - found.away))
    return Score(
        (
            f1(rule["clock"][0], asleep),
            f1(rule["quiet"][0], asleep),
            f1(rule["quiet"][1], away),
            f1(found.asleep >= 0.5, asleep),
            f1(found.away >= 0.5, away),
        ),
        float(-np.log(np.maximum(held, 1e-4)).mean()),
        lasted,
        said,
        np.stack((asleep, away)),
    )


def calibration_error(said: NDArray[np.float64], so: NDArray[np.bool_]) -> float:
    """Return the expected calibration error of probabilities in cells of equal width."""
    cell = np.minimum((said * _CELLS).astype(np.int64), _CELLS - 1)
    gap = np.bincount(cell, said, _CELLS) - np.bincount(cell, so.astype(np.float64), _CELLS)
    return float(np.abs(gap).sum() / said.size)


_HEAD: Final = (
    f"{'home':20}{'clock: asleep':>15}{'quiet: asleep':>15}{'quiet: away':>13}{'asleep':>9}{'away':>7}"
    f"{'log-loss':>10}{'s':>7}"
)


def _row(name: str, values: Sequence[float], log_loss: float, seconds: float) -> str:
    clock, quiet, quiet_away, asleep, away = values
    return (
        f"{name:20}{clock:15.2f}{quiet:15.2f}{quiet_away:13.2f}{asleep:9.3f}{away:7.3f}{log_loss:10.3f}{seconds:7.2f}"
    )


def _mean(name: str, scores: Sequence[Score]) -> str:
    values = np.mean([s.f1 for s in scores], axis=0)
    return _row(
        name, values.tolist(), float(np.mean([s.log_loss for s in scores])), float(np.mean([s.seconds for s in scores]))
    )


def _recorded(folder: Path, *, told: bool) -> int:
    scores = []
    for path in sorted(p.parent for p in folder.glob("*/home.json")):
        try:
            recording = read(path)
        except BundleError as error:
            print(error, file=sys.stderr)
            return 2
        times = grid(recording)
        if not times.size:
            continue
        found = score(recording, times, stated(recording) if told else ())
        scores.append(found)
        print(_row(path.name, found.f1, found.log_loss, found.seconds))
    if not scores:
        print(f"{folder}: no home bundle with truth", file=sys.stderr)
        return 2
    print(_mean("mean", scores))
    return 0


def held_out(count: int) -> Iterator[tuple[str, list[Recording]]]:
    """Yield three sorts of simulated homes that no training saw, `count` of each."""
    from . import context_damage, context_homes  # noqa: PLC0415  (needs the survey tables, which scoring recorded homes does not)
    from .fleet import simulate  # noqa: PLC0415

    rng = np.random.default_rng(HELD_OUT)
    yield "sensors", [context_homes.contacts(i, HELD_OUT) for i in range(count)]
    whole = [context_homes.contacts(i, HELD_OUT) for i in range(count, 2 * count)]
    yield "sensors, damaged", [context_damage.damage(recording, rng) for recording in whole]
    yield "fleet", [simulate.home(i, HELD_OUT).recording for i in range(count)]


def scored(recordings: Sequence[Recording], *, told: bool) -> list[Score]:
    """Score the first weeks of each home that carries truth."""
    scores = []
    for recording in recordings:
        end = min(recording.end, recording.start + MOST_DAYS * DAY)
        times = np.arange(recording.start // GRID + 1, end // GRID) * GRID
        if times.size and recording.truth:
            scores.append(score(recording, times, stated(recording) if told else ()))
    return scores


def _simulated(count: int, *, told: bool) -> None:
    for name, recordings in held_out(count):
        scores = scored(recordings, told=told)
        if not scores:
            continue
        print(_mean(f"{len(scores)} x {name}", scores))
        said, so = (np.concatenate([getattr(s, which) for s in scores], axis=1) for which in ("said", "so"))
        low = np.quantile([s.f1[3:] for s in scores], 0.1, axis=0)
        errors = [calibration_error(said[k], so[k]) for k in range(2)]
        print(f"{'':20}calibration error {errors[0]:.3f} asleep, {errors[1]:.3f} away; "
              f"one home in ten is below {low[0]:.2f}, {low[1]:.2f}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Darkness:
    """How dark it was said to be [n], whether it was so, and whether the sun was down."""

    said: NDArray[np.float64]
    so: NDArray[np.bool_]
    down: NDArray[np.bool_]

    @property
    def log_loss(self) -> float:
        """Return the mean log-loss."""
        return float(-np.log(np.maximum(np.where(self.so, self.said, 1 - self.said), 1e-6)).mean())


def darkness() -> dict[str, Darkness]:
    """Return what is said under held-out skies of the fleet, in homes without a light sensor, and with one."""
    from . import context_dark  # noqa: PLC0415

    seen = context_dark.sample(HELD_OUT)
    dim, soft, bright, dull = Numbers.load().dark
    nats = np.where(seen.bright == 1, bright, np.where(seen.bright == 0, dull, 0.0))
    said = 1 / (1 + np.exp((seen.elevation - dim) / soft - nats))
    parts = {"without a light sensor": np.isnan(seen.bright), "with one": ~np.isnan(seen.bright)}
    return {name: Darkness(said[part], seen.dark[part], seen.elevation[part] < 0) for name, part in parts.items()}


def _dark() -> None:
    for name, seen in darkness().items():
        error = calibration_error(seen.said, seen.so)
        print(f"dark {name}: log-loss {seen.log_loss:.3f}, calibration error {error:.3f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate_context", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--homes", type=Path, help="folder of home bundles")
    parser.add_argument("--simulated", type=int, default=0, help="simulated homes of each kind (default 0)")
    parser.add_argument("--stated", action="store_true", help="let a user say what held, an hour after each stretch")
    options = parser.parse_args(arguments)
    if options.homes is None and options.simulated < 1:
        print("evaluate_context: give --homes DIR, --simulated N, or both", file=sys.stderr)
        return 2
    if options.homes is not None and not options.homes.is_dir():
        print(f"{options.homes}: no such folder", file=sys.stderr)
        return 2
    print(_HEAD)
    if options.simulated > 0:
        _simulated(options.simulated, told=options.stated)
        _dark()
    return _recorded(options.homes, told=options.stated) if options.homes is not None else 0


if __name__ == "__main__":
    sys.exit(main())
