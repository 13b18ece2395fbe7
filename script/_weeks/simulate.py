"""Simulates a home and hands it over: run beside torch, by `script/weeks` alone.

python -m _weeks.simulate HOME SEED WEEKS FILE
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from model_training.fleet import residents
from model_training.fleet.home import SimulatedHome
from model_training.proposals import rightly

from custom_components.hunches.engine.hunches import Kind  # isort: skip (training brings the engine)


def right(home: SimulatedHome) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return when carrying out a hunch would be right, by entity id and kind (Unix seconds, in order)."""
    devices = [home.recording.home.entities[key] for key in home.roles if len(home.recording.timelines[key])]
    return {(entity.entity_id, str(kind)): rightly(home, entity, kind).pairs() for entity in devices for kind in Kind}


def main() -> int:
    """Write the home to a file, and when which hunch would be right."""
    home, seed, weeks, path = sys.argv[1:]
    simulated = residents.simulate(int(home), int(seed), int(weeks))
    Path(path).write_bytes(pickle.dumps((simulated, right(simulated))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
