"""The command line of `script/make-database`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from .refuse import Parser

LEAST: Final = 10_000


def main() -> int:
    """Make a database and keep it; return the exit code."""
    parser = Parser(prog="script/make-database", description="A large recorder database to measure on.")
    parser.add_argument("--rows", type=_rows, default=1_000_000, help="default: a million, of 200 devices in 90 days")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it here (default: keep it for the benchmark)")
    arguments = parser.parse_args()
    out: Path | None = arguments.out
    if out is not None and out.exists():
        parser.error(f"{out}: exists")
    if out is not None and not out.absolute().parent.is_dir():
        parser.error(f"{out.parent}: no such folder")
    from .database import kept  # noqa: PLC0415 (brings Home Assistant, which takes seconds)

    began = time.perf_counter()
    found = kept(arguments.rows)
    if out is not None:
        found.copy(out, time.time())
    path = out or found.path
    size, seconds = path.stat().st_size / 1e6, time.perf_counter() - began
    print(f"{path}: {found.made.rows:,} rows, {len(found.made.home.devices)} devices, {size:.0f} MB, {seconds:.1f} s")
    return 0


def _rows(text: str) -> int:
    try:
        rows = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a number of rows") from error
    if rows < LEAST:
        raise argparse.ArgumentTypeError(f"at least {LEAST} rows")
    return rows


if __name__ == "__main__":
    sys.exit(main())
