"""Runs a command of the training: `python -m model_training COMMAND [ARGUMENTS]`, where COMMAND is a module of it."""

from __future__ import annotations

import runpy
import sys
from typing import Final

COMMANDS: Final = ("train", "compare", "evaluate", "evaluate_context", "evaluate_hunches", "evaluate_rooms", "speed")

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(f"usage: python -m model_training {{{','.join(COMMANDS)}}} [--help]", file=sys.stderr)
        sys.exit(2)
    del sys.argv[0]
    runpy.run_module(f"{__package__}.{sys.argv[0]}", run_name="__main__", alter_sys=True)
