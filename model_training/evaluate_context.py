"""How well asleep and away are told on recorded homes that carry truth, beside two simple rules.

`python -m model_training.evaluate_context --homes DIR` reads every home bundle in DIR that has rows in its
`truth.csv` and prints F1 on a five-minute grid over the labelled span: a clock (asleep from 23 to 7), quiet
(asleep after 20 silent minutes between 22 and 9, away after 45 silent minutes otherwise), and the filter.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.bundle import BundleError, Recording, read
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.home import UNKNOWN
from custom_components.hunches.engine.localtime import LocalTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GRID = 300.0


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate_context", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--homes", type=Path, required=True, help="folder of home bundles")
    folder = parser.parse_args(arguments).homes
    if not folder.is_dir():
        print(f"{folder}: no such folder", file=sys.stderr)
        return 2
    print(f"{'home':16}{'clock: asleep':>15}{'quiet: asleep':>15}{'quiet: away':>13}{'asleep':>9}{'away':>7}{'s':>7}")
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
        asleep, away = (truth(recording, times, label) for label in ("asleep", "away"))
        rule = rules(recording, times)
        began = time.perf_counter()
        found = follow(recording, times)
        lasted = time.perf_counter() - began
        row = (
            f1(rule["clock"][0], asleep),
            f1(rule["quiet"][0], asleep),
            f1(rule["quiet"][1], away),
            f1(found.asleep >= 0.5, asleep),
            f1(found.away >= 0.5, away),
        )
        scores.append(row)
        print(f"{path.name:16}{row[0]:15.2f}{row[1]:15.2f}{row[2]:13.2f}{row[3]:9.3f}{row[4]:7.3f}{lasted:7.2f}")
    if not scores:
        print(f"{folder}: no home bundle with truth", file=sys.stderr)
        return 2
    mean = np.mean(scores, axis=0)
    print(f"{'mean':16}{mean[0]:15.2f}{mean[1]:15.2f}{mean[2]:13.2f}{mean[3]:9.3f}{mean[4]:7.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
