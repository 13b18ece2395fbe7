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

from .client import PASSWORD, USER, Client, ClientError
from .configuration import HOME_FILE, listen, prepare
from .homes import OWN_HOME, present
from .server import LOG, Server, ServerError

DEFAULT_PORT = 8123
_BEGAN = time.time()
_ANALYSIS_SECONDS = 900.0
_HOPELESS = frozenset({"absent", "setup_error", "migration_error", "failed_unload"})


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        refuse(message)


def refuse(message: str) -> NoReturn:
    """End for bad input: one line, exit code 2."""
    print(f"script/demo: {message}", file=sys.stderr)
    raise SystemExit(2)


def say(message: str) -> None:
    """Print a line of progress."""
    print(f"[{time.time() - _BEGAN:5.1f} s] {message}", flush=True)


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
    if not 0 <= port <= 65535:  # noqa: PLR2004 (what a port can be)
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


async def show(folder: Path, port: int, rows: int | None, *, once: bool) -> dict[str, Any]:
    """Run Home Assistant on a prepared folder; return its first analysis, or run until it is cancelled.

    `rows`: how many to write into the database, None if the home is in it already.
    """
    url = f"http://127.0.0.1:{port}"
    async with Server(folder) as server, Client(url) as client:
        watch = asyncio.create_task(server.ended())
        work = asyncio.create_task(_show(server, client, rows, once=once))
        try:
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()
            return await work
        finally:
            for task in (watch, work):
                task.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)
            say("stopping Home Assistant")


async def _show(server: Server, client: Client, rows: int | None, *, once: bool) -> dict[str, Any]:
    say("starting Home Assistant")
    await server.answers(client)
    fill_seconds = 0.0
    if rows is None:
        await client.log_in()
        await client.started()
    else:
        await client.welcome()
        await client.started()
        say(f"writing {rows:,} rows of history into its database")
        filling = time.perf_counter()
        await client.add("hunches_demo")
        fill_seconds = time.perf_counter() - filling
    ready = time.time() - _BEGAN
    if not any(entry["domain"] == "hunches" for entry in await client.command("config_entries/get")):
        say("adding Hunches")
        await client.add("hunches")
    found = await _analysis(client)
    found["timing"] |= {
        "setup_seconds": round(ready, 3),
        "fill_seconds": round(fill_seconds, 3),
        "total_seconds": round(time.time() - _BEGAN, 3),
    }
    _tell(found)
    if not once:
        print(f"\nOpen {client.url} and log in as {USER}, password {PASSWORD}. Ctrl-C ends the demo.\n", flush=True)
        await asyncio.Event().wait()
    return found


async def _analysis(client: Client) -> dict[str, Any]:
    """Wait for the first complete analysis."""
    stage = ""
    async with asyncio.timeout(_ANALYSIS_SECONDS):
        while True:
            report = await client.command("hunches_demo/report")
            if report["found"] is not None:
                found: dict[str, Any] = report["found"]
                return found
            if report["stage"] in _HOPELESS:
                raise ClientError(f"hunches does not start: {report['reason'] or report['stage']}")
            if report["reason"] == "learning_failed":
                raise ClientError("hunches cannot learn from this home")
            if report["stage"] != stage:
                stage = report["stage"]
                say(f"Hunches: {stage}" + (f" ({report['reason']})" if report["reason"] else ""))
            await asyncio.sleep(0.1)


def _tell(found: dict[str, Any]) -> None:
    timing = found["timing"]
    say(
        f"{len(found['devices'])} devices; {timing['rows']:,} rows read in {timing['history_seconds']:.2f} s, "
        f"learnt in {timing['learn_seconds']:.2f} s, looked at in {timing['scan_seconds']:.3f} s"
    )
    context = found["context"]
    print("  now: " + ", ".join(f"{key[2:]} {context[key]:.0%}" for key in ("p_asleep", "p_away", "p_dark")))
    for hunch in found["hunches"]:
        minutes = hunch["evidence"]["minutes"]
        print(f"  hunch: {hunch['entity_id']} {hunch['kind']} for {minutes:.0f} min -> {hunch['action']} "
              f"(p {hunch['p_accept']:.2f})")  # fmt: skip
    for hunch, why in found["declined"]:
        print(f"  not shown ({why}): {hunch['entity_id']} {hunch['kind']} (p {hunch['p_accept']:.2f})")
    if not found["hunches"]:
        print("  no hunches")
    sys.stdout.flush()


def _run(arguments: argparse.Namespace, stack: ExitStack) -> None:
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
    if found is not None and arguments.json is not None:
        found.pop("declined", None)
        arguments.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
            _run(arguments, stack)
        except (ClientError, ServerError, TimeoutError) as error:
            where = f" [log: {arguments.config / LOG}]" if arguments.config else ""
            print(f"script/demo: {error or 'Home Assistant took too long'}{where}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
