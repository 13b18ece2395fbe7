"""Writes a made home as a bundle, for `script/page-speed` to show."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from custom_components.hunches.engine import bundle

from .home import make
from .refuse import Parser

END: Final = 1_795_400_000.0
"""Any moment: a demo moves a home to now."""
DAYS: Final = 22
"""Three weeks and a day: so much is moved by whole weeks, and the last two of them are full."""


def main() -> int:
    """Write a home; return the exit code."""
    parser = Parser(prog="make_home", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--devices", type=_devices, default=200)
    arguments = parser.parse_args()
    recording = make(arguments.devices, DAYS, END).recording()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    bundle.write(recording, arguments.folder)
    print(f"{arguments.devices} devices, {sum(map(len, recording.timelines.values())):,} changes in {DAYS} days")
    return 0


def _devices(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of devices")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
