"""What the home's own doings tell of a hunch, against what an answer tells: the weights of `engine/implied.py`.

    python -m model_training.evaluate_implied [--homes 100] [--weeks 4] [--seed 1000]

Moments at which something has been on for half an hour stand in for hunches. Of each outcome of the aftermath: by how
much it changes the log-odds that nobody wanted the device so, which only a simulation knows. Nobody is asked here, so
that nothing is done because of a hunch: what is done within minutes is done by chance.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import ON
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch
from custom_components.hunches.engine.implied import judge

from .fleet import simulate
from .fleet.answers import reply
from .fleet.home import SimulatedHome

LASTED = 1800.0
A_DEVICE = 6
"""Moments of each device, at most."""
LATER = 2 * 86400.0


def main() -> int:
    """Print the counts and the changes of log-odds as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate_implied", description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    counted: Counter[tuple[str, bool]] = Counter()
    yes: dict[bool, list[float]] = {True: [], False: []}
    for number in tqdm(range(options.homes), desc="homes", unit="home"):
        home = simulate.home(number, options.seed, options.weeks)
        plain = Recording(home.recording.home, home.recording.timelines)
        for hunch in _moments(home, np.random.default_rng(number)):
            unwanted = any(i.start <= hunch.time < i.end for i in home.unwanted.get(hunch.entity_id, ()))
            counted.update((one.outcome, unwanted) for one in judge(plain, [hunch], hunch.time + LATER))
            chances = reply(home, hunch.entity_id, hunch.time)
            if chances.ignored < 1.0:
                yes[unwanted].append(chances.yes / (1.0 - chances.ignored))
    total = {unwanted: sum(n for (_, u), n in counted.items() if u is unwanted) for unwanted in (True, False)}
    outcomes = sorted({outcome for outcome, _ in counted})
    agreed = {unwanted: float(np.mean(found)) if found else 0.5 for unwanted, found in yes.items()}
    print(
        json.dumps(
            {
                "moments": total[True] + total[False],
                "unwanted": total[True],
                "log_odds": {
                    name: round(_change(counted[name, True], total[True], counted[name, False], total[False]), 2)
                    for name in outcomes
                },
                "counts": {name: counted[name, True] + counted[name, False] for name in outcomes},
                "a_yes": round(math.log(agreed[True] / agreed[False]), 2),
                "a_no": round(math.log((1.0 - agreed[True]) / (1.0 - agreed[False])), 2),
            },
            indent=1,
        )
    )
    return 0


def _moments(home: SimulatedHome, rng: np.random.Generator) -> Iterator[Hunch]:
    """Yield random moments of each device at which it has been on for a while, as hunches."""
    for key in home.roles:
        kind, line = KIND_OF_DOMAIN.get(key.partition(".")[0]), home.recording.timelines.get(key)
        if kind is None or line is None:
            continue
        starts, ends = line.stretches(ON)
        lasting = np.flatnonzero(ends - starts > LASTED)
        for i in rng.choice(lasting, min(A_DEVICE, lasting.size), replace=False).tolist():
            moment = float(rng.uniform(starts[i] + LASTED, ends[i]))
            evidence = Evidence(float(starts[i]), None, None, 0.0, 0.0, "", Context(moment, 0.0, 0.0, 0.0))
            yield Hunch(moment, key, kind, "", 0.5, evidence)


def _change(unwanted: int, of_unwanted: int, wanted: int, of_wanted: int) -> float:
    """Return by how much an outcome changes the log-odds, half a case added to each count."""
    return math.log((unwanted + 0.5) / (of_unwanted + 1)) - math.log((wanted + 0.5) / (of_wanted + 1))


if __name__ == "__main__":
    sys.exit(main())
