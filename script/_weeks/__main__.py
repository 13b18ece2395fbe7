"""The command line of `script/weeks`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn, override

import pytest

# Before the test harness brings its own, which would hide ours
import custom_components  # noqa: F401

from . import ROOT
from .plan import Plan

HOME, SEED = 21, 7
"""A home of four in the Netherlands with 24 devices, 20 of them lights, in which much is forgotten: no training saw
it."""
BEFORE, WEEKS = 4, 4
_LONGEST = 3600


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        refuse(message)


def refuse(message: str) -> NoReturn:
    """End for bad input: one line, exit code 2."""
    print(f"script/weeks: {message}", file=sys.stderr)
    raise SystemExit(2)


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="script/weeks", description="A simulated home, lived in with Hunches; prints each week.")
    parser.add_argument("--home", type=int, default=HOME, metavar="N", help=f"its number (default: {HOME})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the fleet (default: {SEED})")
    parser.add_argument(
        "--weeks",
        type=int,
        default=WEEKS,
        metavar="N",
        help=f"to live (default: {WEEKS}); with other weeks, other homes",
    )
    parser.add_argument("--before", type=int, default=BEFORE, metavar="N", help="weeks that the recorder has already")
    parser.add_argument("--allow-after", type=int, metavar="N", help="weeks after which everything is allowed (half)")
    parser.add_argument("--min-accept", type=float, metavar="P", help="another bar than the policy's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every hunch and week to this file")
    found = parser.parse_args()
    if found.weeks < 1 or found.before < 1 or found.home < 0 or found.seed < 0:
        refuse("weeks are counted from 1, homes and seeds from 0")
    if found.min_accept is not None and not 0.0 < found.min_accept < 1.0:
        refuse("--min-accept is a probability")
    if found.json is not None and not found.json.absolute().parent.is_dir():
        refuse(f"{found.json.parent}: no such folder")
    return found


def main() -> int:
    """Simulate the home, live in it, print what came of it; return the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="hunches-weeks-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "home"
        numbers = (arguments.home, arguments.seed, arguments.before + arguments.weeks)
        command = [str(ROOT / ".venv/training/bin/python"), "-m", "_weeks.simulate"]
        if subprocess.run([*command, *map(str, numbers), str(file)], check=False, cwd=ROOT).returncode:
            return 1
        plan = Plan(
            home=file,
            folder=Path(folder) / "config",
            weeks=arguments.weeks,
            allow_after=arguments.weeks // 2 if arguments.allow_after is None else arguments.allow_after,
            min_accept=arguments.min_accept,
            out=arguments.json,
        )
        options = ["-q", "-s", "--show-capture=no", "--disable-warnings", "-p", "no:cacheprovider"]
        options += [f"--timeout={_LONGEST}", "--no-header", "--tb=short", f"--rootdir={ROOT}"]
        return int(pytest.main([*options, str(Path(__file__).with_name("life.py"))], plugins=[plan]))


if __name__ == "__main__":
    sys.exit(main())
