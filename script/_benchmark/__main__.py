"""The command line of `script/benchmark`."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from marked_block import MarksError, around, fill

from .refuse import Parser
from .table import BEGIN, END, as_json, markdown, text

if TYPE_CHECKING:
    from .table import Row

MAIN, QUICK_MAIN = 1_000_000, 100_000
READ, QUICK_READ = (100_000, 5_000_000), (20_000,)
_BEGAN = time.perf_counter()


def _say(stage: str) -> None:
    print(f"[{time.perf_counter() - _BEGAN:6.1f} s] {stage}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="script/benchmark", description="What the integration costs, beside rivals in the same run.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as an array of objects")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it as Markdown")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="fill the block of this file that is marked for it")
    parser.add_argument("--quick", action="store_true", help="smaller homes, in about two minutes")
    arguments = parser.parse_args()
    for path in filter(None, (arguments.json, arguments.markdown)):
        if not path.absolute().parent.is_dir():
            parser.error(f"{path.parent}: no such folder")
        if path.is_dir():
            parser.error(f"{path}: is a folder")
    if arguments.readme is not None:
        try:
            around(arguments.readme, BEGIN, END)
        except MarksError as error:
            parser.error(str(error))
    return arguments


async def _measure(*, quick: bool) -> list[Row]:
    # These bring Home Assistant, which takes seconds: too long to hear that a folder does not exist
    from . import inside, mind  # noqa: PLC0415
    from .database import kept  # noqa: PLC0415

    rows: list[Row] = []
    waits = inside.QUICK if quick else inside.FULL
    reading = inside.Reading(_say)
    with tempfile.TemporaryDirectory(prefix="hunches-benchmark-", ignore_cleanup_errors=True) as base:
        for size in QUICK_READ if quick else READ:
            _say(f"a database of {size:,} rows")
            rows += await reading.alone(kept(size), Path(base) / str(size), inside.free_port())
        size = QUICK_MAIN if quick else MAIN
        _say(f"a database of {size:,} rows")
        folder, port = Path(base) / "whole", inside.free_port()
        found = await inside.whole(kept(size), folder, port, waits, reading, _say)
        rows += [*found, *reading.growth(), *await inside.starts(folder, port, waits, _say)]
    return rows + list(mind.measure(mind.QUICK if quick else mind.FULL, _say))


def _machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments()
    from _demo.client import ClientError  # noqa: PLC0415
    from _demo.server import ServerError  # noqa: PLC0415

    try:
        rows = asyncio.run(_measure(quick=arguments.quick))
    except (ClientError, ServerError, TimeoutError) as error:
        print(f"script/benchmark: {str(error) or 'Home Assistant took too long'}", file=sys.stderr)
        return 1
    _say("done")
    print(text(rows))
    if arguments.json is not None:
        arguments.json.write_text(as_json(rows), encoding="utf-8")
    if arguments.markdown is not None:
        arguments.markdown.write_text(markdown(rows, _machine()) + "\n", encoding="utf-8")
    if arguments.readme is not None:
        fill(arguments.readme, BEGIN, END, markdown(rows, _machine()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
