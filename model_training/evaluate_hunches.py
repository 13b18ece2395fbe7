"""Counts right and wrong hunches in simulated homes that no training has seen.

    python -m model_training.evaluate_hunches [--homes 20] [--days 7] [--seed 1000]

The last days of each home are replayed as the integration would have lived through them, by the shipped policy. A hunch
is right if carrying it out would be (`proposals.rightly`), which only a simulation knows. What is asked as one
(`engine/policy/together.py`) counts as one that was raised, and is right if all of it is; `devices` are counted apart.
A stretch that nobody wanted and that lasted half an hour or more counts as found if its device was asked about within
it. `acted`: what would be done without asking if everything were allowed and nobody ever answered. Homes that follow
their people, by a phone or a person, are counted apart from those that have other sensors only, and from those that
have none.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from custom_components.hunches.engine import backtest
from custom_components.hunches.engine.aftermath import OUTCOMES
from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Home
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Hunch, Kind
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.lookback import Lookback
from custom_components.hunches.engine.model import ASSETS, Model
from custom_components.hunches.engine.policy import Policy, Settings, action_for, questions
from custom_components.hunches.engine.sensors import signals_of

from . import metrics, parallel
from .fleet import residents
from .fleet.home import SimulatedHome
from .proposals import rightly

WORTH_FINDING = 1800.0
DAYS, SEED = 7.0, 1000
STEP = 600.0
KNOWN = ("people", "sensors", "neither")
"""What a home knows of its people: whether they are there, what sensors see of them, or neither."""


def main() -> int:
    """Print precision, recall and false hunches a home a week at several bars as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate_hunches", description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--days", type=float, default=DAYS)
    parser.add_argument("--seed", type=int, default=SEED, help="of homes; no training sees those of another seed")
    parser.add_argument("--min-accept", type=float, default=Settings().min_accept)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args()
    found = scores(options.assets, options.homes, options.days, options.seed, options.min_accept)
    print(json.dumps(found, indent=1))
    return 0


def scores(
    assets: Path,
    homes: int,
    days: float = DAYS,
    seed: int = SEED,
    min_accept: float = Settings().min_accept,
    workers: int | None = None,
) -> dict[str, Any]:
    """Return how many hunches and actions there are in the last days of so many homes, and how many of them are right.

    `recall`: the share of what was forgotten for half an hour or more that a hunch was raised about.
    """
    counts: dict[str, list[Counter[str]]] = {known: [] for known in KNOWN}
    work = partial(_home, assets, days, seed, min_accept)
    for known, count in parallel.each(work, range(homes), "hunches", "home", workers):
        counts[known].append(count)
    every = [count for some in counts.values() for count in some]
    whole = sum(every, Counter[str]())
    return {
        "min_accept": round(min_accept, 3),
        **_summary(every, seed),
        "outcomes": {name: whole[name] for name in OUTCOMES},
        "kinds": {str(kind): {"raised": whole[f"raised {kind}"], "right": whole[f"right {kind}"]} for kind in Kind},
        "known": {known: _summary(some, seed) for known, some in counts.items() if some},
    }


def _home(assets: Path, days: float, seed: int, min_accept: float, number: int) -> tuple[str, Counter[str]]:
    """Return what is known of a home's people, and what is counted in its last days."""
    home = residents.simulate(number, seed)
    begin = max(home.recording.end - days * DAY, home.recording.start + DAY)
    policy = Policy(Settings(min_accept=min_accept, shadow=True))
    mind = Lookback(_model(assets), home.recording.home)
    count = _tally(home, list(backtest.replay(mind, _last(home, begin), policy, begin=begin, step=STEP)), begin)
    count.update(homes=1, seconds=int(max(home.recording.end - begin, 0.0)))
    return _known(home.recording.home), count


@lru_cache(maxsize=1)
def _model(assets: Path) -> Model:
    """Return the model of a worker, which goes through many homes."""
    return Model.load(assets)


def _known(home: Home) -> str:
    if any(signal.kind == "presence" for signal in signals_of(home).signals):
        return "people"
    return "sensors" if home.evidence else "neither"


def _summary(homes: list[Counter[str]], seed: int) -> dict[str, Any]:
    """Return what the homes come to together; `…_95`: intervals, homes drawn with replacement."""
    count = sum(homes, Counter[str]())
    weeks = max(count["seconds"] / (7 * DAY), 1e-9)
    return {
        "homes": count["homes"],
        "weeks": round(weeks, 1),
        "raised": count["raised"],
        "right": count["right"],
        "precision": _share(count["right"], count["raised"]),
        "precision_95": _interval(homes, "right", "raised", seed),
        "stretches": count["stretches"],
        "recall": _share(count["found"], count["stretches"]),
        "recall_95": _interval(homes, "found", "stretches", seed),
        "false_a_week": round((count["raised"] - count["right"]) / weeks, 3),
        "devices": {
            "asked": count["devices"],
            "right": _share(count["devices right"], count["devices"]),
            "right_95": _interval(homes, "devices right", "devices", seed),
        },
        "acted": {
            "actions": count["acted"],
            "right": _share(count["acted right"], count["acted"]),
            "false_a_month": round((count["acted"] - count["acted right"]) / weeks * 30 / 7, 3),
        },
    }


def _interval(homes: list[Counter[str]], part: str, whole: str, seed: int) -> list[float] | None:
    above, below = (np.array([home[key] for home in homes], dtype=np.float64) for key in (part, whole))
    return metrics.share_interval(above, below, np.arange(len(homes)), seed)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _last(home: SimulatedHome, begin: float) -> Recording:
    """Return the recording as a recorder with four weeks before `begin` would hold it."""
    lines = {key: line.since(begin - 28 * DAY) for key, line in home.recording.timelines.items()}
    return Recording(home.recording.home, lines, home.recording.truth)


def _tally(home: SimulatedHome, found: list[backtest.Found], begin: float) -> Counter[str]:
    count: Counter[str] = Counter()
    known = home.recording.home

    def is_right(hunch: Hunch) -> bool:
        stands = rightly(home, known.entities[hunch.entity_id], hunch.kind)
        return bool(stands.contains(np.array([hunch.time]))[0])

    for one in found:
        count["acted"] += one.acted
        count["acted right"] += one.acted and is_right(one.hunch)
    asked = [one for one in found if not one.acted]
    for hunches in _questions(known, asked):
        right, kind = [is_right(hunch) for hunch in hunches], hunches[0].kind
        count.update({"raised": 1, f"raised {kind}": 1, "devices": len(hunches), "devices right": sum(right)})
        count.update({"right": all(right), f"right {kind}": all(right)})
    count.update(one.outcome for one in asked)
    for entity_id, stretch in _worth_finding(known, home, begin):
        count["stretches"] += 1
        count["found"] += any(
            one.hunch.entity_id == entity_id and stretch.start <= one.hunch.time <= stretch.end for one in asked
        )
    return count


def _questions(home: Home, asked: list[backtest.Found]) -> list[list[Hunch]]:
    """Return hunches by the question they were asked in; what joined is in the last that it belongs to."""
    found: list[list[Hunch]] = []
    for one in asked:
        if not one.joined:
            found.append([one.hunch])
            continue
        with_it = [other.hunch for other in asked if other.joined and other.hunch.time == one.hunch.time]
        found[_last_with(home, found, one.hunch, with_it)].append(one.hunch)
    return found


def _last_with(home: Home, found: list[list[Hunch]], hunch: Hunch, with_it: list[Hunch]) -> int:
    """Return the place of the last question that a hunch belongs to, perhaps by way of others that joined with it."""
    for place in range(len(found) - 1, -1, -1):
        asked = questions(home, (*found[place], *with_it))
        if any(hunch in question.hunches and found[place][0] in question.hunches for question in asked):
            return place
    raise ValueError(f"{hunch.key} joined nothing")


def _worth_finding(known: Home, home: SimulatedHome, begin: float) -> Iterator[tuple[str, Interval]]:
    for entity_id, stretches in home.unwanted.items():
        entity = known.entities[entity_id]
        if entity.domain in KIND_OF_DOMAIN and action_for(entity) is not None:
            for stretch in stretches:
                if stretch.start >= begin and stretch.end - stretch.start >= WORTH_FINDING:
                    yield entity_id, stretch


if __name__ == "__main__":
    sys.exit(main())
