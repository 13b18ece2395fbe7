"""Writes a fleet to disk: `python -m model_training.fleet --homes 20000 --weeks 8 --seed 1 --out DIR`.

The same arguments give the same bytes. A run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .command import Parser, at_least
from .shards import FleetError, generate


def main(arguments: Sequence[str] | None = None, out: Callable[[str], None] = print) -> int:
    """Write the fleet and print what was made; return the exit code (2 for bad input)."""
    parser = Parser(prog="model_training.fleet", description="Simulates a fleet of homes into shards on disk.")
    parser.add_argument("--homes", type=at_least(1), required=True)
    parser.add_argument("--weeks", type=at_least(2), help="of history each (default: each home's own draw)")
    parser.add_argument("--seed", type=at_least(0), default=1)
    parser.add_argument("--out", type=Path, required=True, help="a folder for the shards")
    parser.add_argument("--workers", type=at_least(1), default=2)
    chosen = parser.parse_args(arguments)
    begun = time.monotonic()
    try:
        made = generate(chosen.out, chosen.homes, chosen.seed, chosen.weeks, chosen.workers)
        size = sum(path.stat().st_size for path in chosen.out.glob("homes-*.npz"))
    except (FleetError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    own, workers = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    out(
        f"{made.homes} homes, {made.devices} devices, {made.entities} entities, {made.rows} rows, "
        f"{size / 1e6:.0f} MB, {time.monotonic() - begun:.0f} s"
    )
    out(f"peak memory: {own:.0f} MB here, {workers:.0f} MB in the largest worker")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
