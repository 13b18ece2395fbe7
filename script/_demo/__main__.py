"""The command line of `script/demo`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn, override

from custom_components.hunches.engine.bundle import BundleError

from .client import ClientError
from .configuration import HOME_FILE, listen, prepare
from .homes import OWN_HOME, present
from .run import say, show
from .server import LOG, ServerError

DEFAULT_PORT = 8123
_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        refuse(message)


def refuse(message: str) -> NoReturn:
    """End for bad input: one line, exit code 2."""
    print(f"script/demo: {message}", file=sys.stderr)
    raise SystemExit(2)


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="script/demo", description="A real Home Assistant with Hunches and a home with a past.")
    parser.add_argument("--home", type=Path, metavar="DIR", help="a home bundle, moved to now (default: the demo home)")
    parser.add_argument("--once", action="store_true", help="stop after the first complete analysis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --once: write the analysis to this file")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"0: any free one (default: {DEFAULT_PORT})")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="DIR",
        help="keep Home Assistant's configuration and database here; a demo that is there already goes on",
    )
    arguments = parser.parse_args(given)
    if arguments.json is not None and not arguments.once:
        refuse("--json goes with --once")
    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():
        refuse(f"{arguments.json.parent}: no such folder")
    if arguments.json is not None and arguments.json.is_dir():
        refuse(f"{arguments.json}: is a folder")
    return arguments


def free_port(port: int) -> int:
    """Return the port if nobody listens on it (0: one that is free), or end with one line."""
    if not 0 <= port <= 65535:
        refuse(f"{port} is not a port")
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except PermissionError:
            refuse(f"port {port} may not be used: choose another with --port")
        except OSError:
            refuse(f"port {port} is taken: choose another with --port")
        found: int = trial.getsockname()[1]
        return found


def _folder(arguments: argparse.Namespace, stack: ExitStack) -> tuple[Path, bool]:
    """Return the configuration folder, and whether there is a demo in it that goes on."""
    if arguments.config is None:
        kept = stack.enter_context(tempfile.TemporaryDirectory(prefix="hunches-demo-", ignore_cleanup_errors=True))
        return Path(kept), False
    folder = arguments.config.absolute()
    if (folder / HOME_FILE).is_file():
        if arguments.home is not None:
            refuse(f"{arguments.config}: has a demo in it already; leave --home out, or choose an empty folder")
        return folder, True
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        refuse(f"{arguments.config}: neither an empty folder nor one of an earlier demo")
    return folder, False


def _run(arguments: argparse.Namespace, stack: ExitStack) -> int:
    port = free_port(arguments.port)
    folder, again = _folder(arguments, stack)
    rows = None
    if again:
        say(f"going on with the demo in {arguments.config}")
        listen(folder, port)
    else:
        home = arguments.home or OWN_HOME
        say(f"preparing the home in {home}" if arguments.home else "preparing the demo home")
        try:
            recording = present(home, time.time())
        except BundleError as error:
            refuse(str(error))
        rows = prepare(recording, folder, port).rows
    found = asyncio.run(_until_stopped(show(folder, port, rows, once=arguments.once)))
    if found is None:
        return _INTERRUPTED if arguments.once else 0
    if arguments.json is not None:
        found.pop("declined", None)
        arguments.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


async def _until_stopped(job: Any) -> dict[str, Any] | None:
    """Run to the end, or until SIGINT or SIGTERM: then None."""
    task = asyncio.ensure_future(job)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        found: dict[str, Any] = await task
    except asyncio.CancelledError:
        return None
    return found


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments(sys.argv[1:])
    with ExitStack() as stack:
        try:
            return _run(arguments, stack)
        except (ClientError, ServerError, TimeoutError) as error:
            where = f" [log: {arguments.config / LOG}]" if arguments.config else ""
            print(f"script/demo: {str(error) or 'Home Assistant took too long'}{where}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
