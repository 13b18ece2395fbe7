"""Runs Home Assistant on a prepared folder, adds the integration, and tells what it finds."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from .client import PASSWORD, USER, Client, ClientError
from .server import Server

_BEGAN = time.time()
_ANALYSIS_SECONDS = 900.0
_HOPELESS = frozenset({"absent", "setup_error", "migration_error", "failed_unload"})


def say(message: str) -> None:
    """Print a line of progress."""
    print(f"[{time.time() - _BEGAN:5.1f} s] {message}", flush=True)


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
    found = await analysis(client)
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


async def analysis(client: Client, *, aloud: bool = True, devices: bool = True) -> dict[str, Any]:
    """Wait for the first complete analysis and return it, with `devices` or without.

    Raises `ClientError` if there will be none.
    """
    stage = ""
    async with asyncio.timeout(_ANALYSIS_SECONDS):
        while True:
            report = await client.command("hunches_demo/report", devices=devices)
            if report["found"] is not None:
                found: dict[str, Any] = report["found"]
                return found
            if report["stage"] in _HOPELESS:
                raise ClientError(f"hunches does not start: {report['reason'] or report['stage']}")
            if report["reason"] == "learning_failed":
                raise ClientError("hunches cannot learn from this home")
            if aloud and report["stage"] != stage:
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
