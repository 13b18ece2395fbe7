"""Counts right and wrong hunches in simulated homes that no training has seen.

    python -m model_training.evaluate_hunches [--homes 20] [--days 7] [--seed 1000]

The last days of each home are replayed as the integration would have lived through them, by the shipped policy. A hunch
is right if nobody wanted the device so at that moment, which only a simulation knows; a stretch that nobody wanted and
that lasted half an hour or more counts as found if a hunch was raised within it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from custom_components.hunches.engine import backtest
from custom_components.hunches.engine.aftermath import OUTCOMES
from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Home
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.lookback import Lookback
from custom_components.hunches.engine.model import ASSETS, Model
from custom_components.hunches.engine.policy import Policy, Settings, action_for

from .fleet import residents
from .fleet.home import SimulatedHome

WORTH_FINDING = 1800.0
STEP = 600.0


def main() -> int:
    """Print precision, recall and false hunches a home a week at several bars as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate_hunches", description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--min-accept", type=float, default=Settings().min_accept)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args()
    model = Model.load(options.assets)
    count: Counter[str] = Counter()
    weeks = 0.0
    for number in tqdm(range(options.homes), desc="homes", unit="home"):
        home = residents.simulate(number, options.seed)
        begin = max(home.recording.end - options.days * DAY, home.recording.start + DAY)
        weeks += max(home.recording.end - begin, 0.0) / (7 * DAY)
        policy = Policy(Settings(min_accept=options.min_accept))
        mind = Lookback(model, home.recording.home)
        raised = list(backtest.replay(mind, _last(home, begin), policy, begin=begin, step=STEP))
        count.update(_tally(home, raised, begin))
    precision = count["right"] / max(count["raised"], 1)
    print(
        json.dumps(
            {
                "homes": options.homes,
                "min_accept": options.min_accept,
                "raised": count["raised"],
                "right": count["right"],
                "precision": round(precision, 3),
                "stretches": count["stretches"],
                "recall": round(count["found"] / max(count["stretches"], 1), 3),
                "false_a_week": round((count["raised"] - count["right"]) / max(weeks, 1e-9), 3),
                "outcomes": {name: count[name] for name in OUTCOMES},
            },
            indent=1,
        )
    )
    return 0


def _last(home: SimulatedHome, begin: float) -> Recording:
    """Return the recording as a recorder with four weeks before `begin` would hold it."""
    lines = {key: line.since(begin - 28 * DAY) for key, line in home.recording.timelines.items()}
    return Recording(home.recording.home, lines, home.recording.truth)


def _tally(home: SimulatedHome, raised: list[backtest.Found], begin: float) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in raised:
        hunch = one.hunch
        found["raised"] += 1
        found["right"] += any(i.start <= hunch.time <= i.end for i in home.unwanted.get(hunch.entity_id, ()))
        found[one.outcome] += 1
    for entity_id, stretch in _worth_finding(home.recording.home, home, begin):
        found["stretches"] += 1
        found["found"] += any(
            one.hunch.entity_id == entity_id and stretch.start <= one.hunch.time <= stretch.end for one in raised
        )
    return found


def _worth_finding(known: Home, home: SimulatedHome, begin: float) -> Iterator[tuple[str, Interval]]:
    for entity_id, stretches in home.unwanted.items():
        entity = known.entities[entity_id]
        if entity.domain in KIND_OF_DOMAIN and action_for(entity) is not None:
            for stretch in stretches:
                if stretch.start >= begin and stretch.end - stretch.start >= WORTH_FINDING:
                    yield entity_id, stretch


if __name__ == "__main__":
    sys.exit(main())
