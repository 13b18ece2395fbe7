"""Simulates a home and hands it over: run beside torch, by `script/weeks` alone.

python -m _weeks.simulate HOME SEED WEEKS FILE
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from model_training.fleet import residents


def main() -> int:
    """Write the home to a file."""
    home, seed, weeks, path = sys.argv[1:]
    simulated = residents.simulate(int(home), int(seed), int(weeks))
    Path(path).write_bytes(pickle.dumps(simulated))
    return 0


if __name__ == "__main__":
    sys.exit(main())
