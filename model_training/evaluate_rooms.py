"""How often the room of a device can be told, how often rightly: on simulated homes, and on recorded ones.

    python -m model_training.evaluate_rooms [--count 600] [--homes DIR] [--assets DIR]

The area of one device at a time is hidden, with its entity id and, where said, its name. DIR holds home bundles, which
are only looked at: nothing is fitted on them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import ASSETS
from custom_components.hunches.engine.rooms import FEWEST_JOINT, SURE_ENOUGH, Rooms

from . import metrics
from .fleet import residents, simulate
from .train_rooms import ENCODER, Embed, Question, ask, encoder_of

MATES: Final = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (9, 99))
DAYS: Final = ((0, 14), (14, 28), (28, 56), (56, 999))
CHANCES: Final = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def main() -> int:
    """Print the tables. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate_rooms", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=600, help="simulated homes, whole histories")
    parser.add_argument("--first", type=int, default=200_000, help="number of the first, none of them fitted on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--homes", type=Path, help="recorded homes instead: a folder of bundles")
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rooms = Rooms.from_json(json.loads((options.assets / "rooms.json").read_text(encoding="utf-8")))
    encoder = encoder_of((options.assets / ENCODER).read_bytes())
    if options.homes is None:
        simulated(options, rooms, encoder)
        return 0
    folders = sorted(path.parent for path in options.homes.glob("*/home.json"))
    if not folders:
        print(f"evaluate_rooms: {options.homes}: no folder with a home.json", file=sys.stderr)
        return 2
    recorded(folders, rooms, encoder)
    return 0


def simulated(options: argparse.Namespace, rooms: Rooms, encoder: Embed) -> None:
    """Print what is told in simulated homes: by name, by witnesses, by history, and how well calibrated."""
    lived_in: dict[bool, list[Question]] = {True: [], False: []}
    by_lot: list[Question] = []
    rng = np.random.default_rng(options.seed)
    for number in range(options.first, options.first + options.count):
        home = simulate.home(number, options.seed)
        days = (home.recording.end - home.recording.start) / DAY
        if home.generator != residents.GENERATOR:
            by_lot += ask(home.recording, encoder, number, days, rng, 1.0)
            continue
        for named, asked in lived_in.items():
            asked.extend(ask(home.recording, encoder, number, days, rng, 0.0 if named else 1.0))
    print(f"{options.count} simulated homes from number {options.first}, seed {options.seed}")
    heading()
    for named, asked in lived_in.items():
        line("with its name" if named else "name hidden", asked, rooms)
        line("  enough joint changes", [q for q in asked if q.joint >= FEWEST_JOINT], rooms)
        if named:
            continue
        for low, high in MATES:
            line(f"  others in its area {low}-{high}", [q for q in asked if low <= q.mates <= high], rooms)
        for low, high in DAYS:
            line(f"  days of history {low}-{high}", [q for q in asked if low <= q.days < high], rooms)
    line("areas dealt out by lot", by_lot, rooms)
    for named, asked in lived_in.items():
        calibration("with its name" if named else "name hidden", asked, rooms)


def recorded(folders: Sequence[Path], rooms: Rooms, encoder: Embed) -> None:
    """Print what is told in each recorded home that has areas, with the device's name hidden and not."""
    heading()
    every: dict[bool, list[Question]] = {False: [], True: []}
    rng = np.random.default_rng(0)
    for number, folder in enumerate(folders):
        recording = bundle.read(folder)
        days = (recording.end - recording.start) / DAY
        areas = {e.area for e in recording.home.entities.values() if e.area}
        if not any(e.area for e in recording.home.devices):
            print(f"{folder.name:28} no device with an area")
            continue
        for named, asked in every.items():
            found = list(ask(recording, encoder, number, days, rng, 0.0 if named else 1.0))
            line(f"{folder.name}, {len(areas)} areas{', named' if named else ''}", found, rooms)
            asked.extend(found)
    for named, asked in every.items():
        line("all, named" if named else "all, name hidden", asked, rooms)


def heading() -> None:
    """Print what the columns are."""
    print(
        "alone: no other entity in its area; joint: at least "
        f"{FEWEST_JOINT} joint changes with its area, the most that can be answered; said: mean probability;\n"
        "first: the likeliest answer is right, said or not"
    )
    columns = ("devices", "alone", "joint", "answered", "right", "95 %", "said", "first")
    print(f"{'':28}" + "".join(f"{c:>{14 if c == '95 %' else 9}}" for c in columns))


def line(label: str, asked: Sequence[Question], rooms: Rooms) -> None:
    """Print one row of the table."""
    if not asked:
        print(f"{label:28}{0:9d}")
        return
    told = [(q, guess) for q in asked if (guess := q.guess(rooms))]
    right = np.array([float(q.right(guess)) for q, guess in told])
    low, high = metrics.interval(right, np.array([q.home for q, _ in told]), 1) if told else (np.nan, np.nan)
    first = [int(rooms.probabilities(q.areas, q.embedding).argmax()) == q.answer for q in asked]

    def share(condition: Callable[[Question], bool]) -> float:
        return float(np.mean([condition(q) for q in asked]))

    print(
        f"{label:28}{len(asked):9d}{share(lambda q: q.answer == len(q.areas)):9.3f}"
        f"{share(lambda q: q.joint >= FEWEST_JOINT):9.3f}{len(told) / len(asked):9.3f}"
        f"{right.mean() if told else np.nan:9.3f}{f'{low:.3f}-{high:.3f}':>14}"
        f"{np.mean([guess.probability for _, guess in told]) if told else np.nan:9.3f}{np.mean(first):9.3f}"
    )


def calibration(label: str, asked: Sequence[Question], rooms: Rooms) -> None:
    """Print how probable the likeliest area was said to be, beside how often it was right."""
    best = np.array(list(_best(asked, rooms))).reshape(-1, 2)
    found = np.searchsorted(CHANCES, best[:, 0], side="right") - 1
    gap = 0.0
    print(f"{label}: the likeliest area, said or not\n{'':14}{'devices':>9}{'said':>9}{'right':>9}")
    for i in range(len(CHANCES) - 1):
        some = best[np.minimum(found, len(CHANCES) - 2) == i]
        if len(some):
            said, right = some.mean(axis=0)
            gap += abs(said - right) * len(some) / len(best)
            print(f"  {CHANCES[i]:.2f}-{CHANCES[i + 1]:.2f}   {len(some):9d}{said:9.3f}{right:9.3f}")
    print(f"  expected calibration error {gap:.3f}; answers begin at {SURE_ENOUGH}")


def _best(asked: Sequence[Question], rooms: Rooms) -> Iterator[tuple[float, float]]:
    for question in asked:
        p = rooms.probabilities(question.areas, question.embedding)[:-1]
        yield float(p.max()), float(int(p.argmax()) == question.answer)


if __name__ == "__main__":
    sys.exit(main())
