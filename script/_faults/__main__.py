"""The command line of `script/faults`."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn, override

from _demo.client import ClientError
from _demo.run import say
from _demo.server import ServerError

from .aggregates import compare
from .evidence import complaints
from .house import House
from .kills import Score, kill_often
from .load import load
from .scenarios import SCENARIOS, Skipped

KILLS: Final = 200
_INTERRUPTED: Final = 130


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        refuse(message)


def refuse(message: str) -> NoReturn:
    """End for bad input: one line, exit code 2."""
    print(f"script/faults: {message}", file=sys.stderr)
    raise SystemExit(2)


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="script/faults", description="Kills Home Assistant at random moments; nothing may be lost.")
    usual = f"{KILLS}; none with --scenarios or --load"
    parser.add_argument("--kills", type=int, metavar="N", help=f"how often (default: {usual})")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the moments and of what happens")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to this file")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep everything here; a run that is there goes on")
    parser.add_argument("--scenarios", action="store_true", help="the other faults: full disks, spoiled files, ...")
    parser.add_argument("--load", action="store_true", help="a thousand changes a second, and a hundred reloads")
    arguments = parser.parse_args(given)
    if arguments.kills is None:
        arguments.kills = 0 if arguments.scenarios or arguments.load else KILLS
    if arguments.kills < 0:
        refuse("--kills is a number of kills")
    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():
        refuse(f"{arguments.json.parent}: no such folder")
    folder = arguments.folder
    if folder is not None and folder.exists():
        if not folder.is_dir():
            refuse(f"{folder}: is not a folder")
        if any(folder.iterdir()) and not House(folder.absolute(), 0).prepared:
            refuse(f"{folder}: neither an empty folder nor one of an earlier run")
    return arguments


async def _kills(house: House, kills: int, seed: int) -> dict[str, Any]:
    """Kill so often, let it learn once more and stop in good order; return what was found."""
    score = Score.load(house.folder)
    await kill_often(house, kills, random.Random(f"{seed} {score.kills}"), score)
    async with house.at_home() as client:
        await client.reload()
        await client.learned()
    problems = [*score.problems, *(f"at the end: {line}" for line in complaints(house.log))]
    comparison = compare(house.folder)
    problems += comparison.problems
    return {**score.as_json(), "comparison": asdict(comparison), "problems": problems}


async def _faults(house: House) -> tuple[dict[str, str], list[str]]:
    """Bring about the other faults; return what became of each, and what was found wrong."""
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    for name, scenario in SCENARIOS.items():
        say(f"scenario: {name}")
        try:
            found = await scenario(house)
        except Skipped as reason:
            outcomes[name] = f"skipped: {reason}"
            continue
        outcomes[name] = f"{len(found)} problems" if found else "survived"
        problems += [f"{name}: {problem}" for problem in found]
    return outcomes, problems


def _tell(found: dict[str, Any]) -> None:
    promises, comparison = found["promises"], found["comparison"]
    print(f"\n{found['kills']} kills, by what it was doing:")
    for stage, count in sorted(found["stages"].items(), key=lambda item: -item[1]):
        print(f"  {count:4} {stage}")
    print(f"  every restart came up; {found['changes']} changes were made, {found['saves']} lives saved a memory")
    print(
        f"  {len(promises['answers'])} answers and {len(promises['statements'])} statements were acknowledged,"
        f" {len(promises['unsure_answers']) - len(promises['answers'])} answers were cut off or refused"
    )
    print(
        f"  aggregates of {comparison['entities']} entities against one run over the recorder: largest difference"
        f" {comparison['worst']:.2g} {comparison['worst_at']}"
    )
    for name, outcome in found["scenarios"].items():
        print(f"  {name}: {outcome}")
    for name, value in found["load"].items():
        print(f"  {name}: {value}")
    for problem in found["problems"]:
        print(f"  PROBLEM {problem}")
    print("nothing was lost" if not found["problems"] else f"{len(found['problems'])} problems")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


async def _run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    house = House(folder, _free_port())
    if house.prepared:
        house.listen()
    else:
        say("preparing the home")
        await house.prepare()
    began = time.monotonic()
    found = await _kills(house, arguments.kills, arguments.seed)
    found |= {"scenarios": {}, "load": {}}
    if arguments.scenarios:
        found["scenarios"], problems = await _faults(house)
        found["problems"] += problems
    if arguments.load:
        found["load"], problems = await load(house)
        found["problems"] += problems
    return {**found, "seed": arguments.seed, "seconds": round(time.monotonic() - began, 1)}


async def _until_stopped(job: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any] | None:
    """Run to the end, or until SIGINT or SIGTERM: then None, and no Home Assistant is left behind."""
    task = asyncio.ensure_future(job)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments(sys.argv[1:])
    with ExitStack() as stack:
        if arguments.folder is not None:
            folder = arguments.folder.absolute()
        else:
            temporary = tempfile.TemporaryDirectory(prefix="hunches-faults-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(temporary))
        try:
            found = asyncio.run(_until_stopped(_run(arguments, folder)))
        except (ClientError, ServerError, TimeoutError) as error:
            print(f"script/faults: {str(error) or 'Home Assistant took too long'}", file=sys.stderr)
            return 1
    if found is None:
        return _INTERRUPTED
    _tell(found)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
