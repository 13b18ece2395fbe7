"""Simulates a home and hands it over: run beside torch, by `script/weeks` alone.

python -m _weeks.simulate HOME SEED WEEKS FILE
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from model_training.fleet import residents
from model_training.fleet.home import SimulatedHome

from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN  # isort: skip (training brings the engine)


def right(home: SimulatedHome) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return when carrying out a hunch would be right, by entity id and kind (Unix seconds, in order)."""
    return {
        (key, str(KIND_OF_DOMAIN[domain])): [(stretch.start, stretch.end) for stretch in stretches]
        for key, stretches in home.unwanted.items()
        if (domain := key.partition(".")[0]) in KIND_OF_DOMAIN
    }


def main() -> int:
    """Write the home to a file, and when which hunch would be right."""
    home, seed, weeks, path = sys.argv[1:]
    simulated = residents.simulate(int(home), int(seed), int(weeks))
    Path(path).write_bytes(pickle.dumps((simulated, right(simulated))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
