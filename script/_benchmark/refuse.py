"""How these commands end for bad input: one line that says what is wrong, exit code 2."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn, override


class Parser(argparse.ArgumentParser):
    """Reads a command line, without argparse's lines of usage before what is wrong."""

    @override
    def error(self, message: str) -> NoReturn:
        """End the command."""
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(2)
