"""The performance of the integration inside a real Home Assistant, beside a rival measured in the same run."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.timeline import Timeline

from .client import Client, ClientError
from .configuration import prepare
from .run import analysis
from .server import Server, ServerError

DEVICES = 100
SENSORS = 25
ROWS, QUICK_ROWS = 100_000, 20_000
DAYS = 60
STARTS, QUICK_STARTS = 4, 1
LOOKS = 5
IDLE_SECONDS = 5.0
_DOMAINS = ("light", "light", "light", "switch", "media_player", "fan", "cover", "lock")
_ROOMS = ("Kitchen", "Living room", "Bedroom", "Bathroom", "Office", "Hallway", "Garage", "Attic")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio`: value to rival. `limit`: what the value must not exceed, None without one."""

    name: str
    value: float
    unit: str
    rival: float | None
    ratio: float | None
    limit: float | None

    @classmethod
    def of(cls, name: str, value: float, unit: str, rival: float | None, limit: float | None) -> Row:
        """Return a line with its ratio."""
        ratio = value / rival if rival else None
        return cls(name, round(value, 4), unit, rival and round(rival, 4), ratio and round(ratio, 4), limit)


def make_home(rows: int, now: float) -> Recording:
    """Return a home of 100 devices and 25 sensors with about so many rows, everything on at the end.

    What is on has to be judged at every look, so that this is the longest look there is.
    """
    rng = np.random.default_rng(1)
    entities: dict[str, Entity] = {}
    timelines: dict[str, Timeline] = {}
    shares = np.concatenate((np.full(DEVICES, 1.0), np.full(SENSORS, 6.0)))
    counts = (rows * shares / shares.sum()).astype(int)
    for number, count in enumerate(counts):
        room = _ROOMS[number % len(_ROOMS)]
        if number < DEVICES:
            entity = Entity(f"{_DOMAINS[number % len(_DOMAINS)]}.device_{number}", f"{room} device {number}", room)
        else:
            entity = Entity(f"binary_sensor.motion_{number}", f"{room} motion {number}", room, "motion")
        times = np.sort(rng.uniform(now - DAYS * 86400.0, now - 600.0, count)).round(3)
        on = np.arange(count, 0, -1) % 2  # the last one on
        entities[entity.entity_id] = entity
        timelines[entity.entity_id] = Timeline.from_readings(times, on.astype(np.int8))
    return Recording(Home("Benchmark", "Europe/Berlin", 52.5, 13.4, entities), timelines)


async def first_analysis(folder: Path, port: int, devices: list[str]) -> list[Row]:
    """Fill the database, add the integration, and measure what follows."""
    async with Server(folder) as server, Client(f"http://127.0.0.1:{port}") as client:
        await server.answers(client)
        await client.welcome()
        await client.started()
        await client.add("hunches_demo")
        await asyncio.sleep(2.0)  # let the recorder write the first states of all these entities
        await client.command("hunches_demo/measure", action="start")
        await asyncio.sleep(IDLE_SECONDS)
        idle = await client.command("hunches_demo/measure", action="stop")
        await client.command("hunches_demo/measure", action="start")
        await client.add("hunches")
        found = await analysis(client, aloud=False)
        busy = await client.command("hunches_demo/measure", action="stop")
        looks = []
        for _ in range(LOOKS):
            await client.request("POST", "/api/services/hunches/scan?return_response", json={})
            looks.append((await client.command("hunches_demo/report"))["found"]["timing"]["scan_seconds"])
        asked = time.perf_counter()
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        await client.request("GET", f"/api/history/period/{yesterday}", params={"filter_entity_id": ",".join(devices)})
        history = time.perf_counter() - asked
    timing = found["timing"]
    read_bare, count = bare_read(folder)
    print(f"  {count:,} rows; longest stretch on the event loop in {busy['stretch_in']}")
    stretch, by_clock, late, collection = (
        1000.0 * busy[key] for key in ("stretch", "stretch_by_clock", "lateness", "collection")
    )
    idle_late = 1000.0 * idle["lateness"]
    rows, read, learn = (timing[key] for key in ("rows", "history_seconds", "learn_seconds"))
    return [
        Row.of(f"a look at {len(devices)} devices; rival: their history of a day", median(looks), "s", history, 0.3),
        Row.of("longest stretch of ours on the event loop; rival: lateness, idle", stretch, "ms", idle_late, 20.0),
        Row.of("the same by the clock, not in processor time", by_clock, "ms", idle_late, None),
        Row.of("worst lateness of a timer, first analysis; rival: idle", late, "ms", idle_late, None),
        Row.of("longest garbage collection of Home Assistant in it", collection, "ms", None, None),
        Row.of(f"reading {rows:,} rows of history; rival: bare sqlite3", read, "s", read_bare, None),
        Row.of(f"learning from {rows:,} rows; rival: reading them", learn, "s", read, None),
    ]  # fmt: skip


def bare_read(folder: Path) -> tuple[float, int]:
    """Return the seconds that sqlite3 alone takes to fetch the same rows, and how many."""
    with closing(sqlite3.connect(f"file:{folder / 'home-assistant_v2.db'}?mode=ro", uri=True)) as database:
        began = time.perf_counter()
        count = 0
        keys = database.execute(
            "SELECT metadata_id FROM states_meta WHERE entity_id LIKE '%.device_%' OR entity_id LIKE '%.motion_%'"
        )
        for (key,) in keys.fetchall():
            rows = database.execute(
                "SELECT state, last_updated_ts, context_id_bin, context_user_id_bin, context_parent_id_bin FROM states"
                " WHERE metadata_id = ? AND (last_changed_ts IS NULL OR last_changed_ts = last_updated_ts)"
                " ORDER BY last_updated_ts",
                (key,),
            )
            while part := rows.fetchmany(512):
                count += len(part)
        return time.perf_counter() - began, count


async def start(folder: Path, port: int, *, enabled: bool) -> tuple[float, float]:
    """Start Home Assistant with the integration or without; return the seconds it took, and the integration's share.

    The share is Home Assistant's own account of it. Leaves the integration the other way round for the next start.
    """
    async with Server(folder) as server, Client(f"http://127.0.0.1:{port}") as client:
        await server.answers(client)
        await client.log_in()
        await client.started()
        took = (await client.command("hunches_demo/measure", action="read"))["started"] - server.began
        share = 0.0
        if enabled:
            share = (await analysis(client, aloud=False))["timing"]["added_start_seconds"]
        entries = await client.command("config_entries/get", domain="hunches")
        await client.command(
            "config_entries/disable", entry_id=entries[0]["entry_id"], disabled_by="user" if enabled else None
        )
        await asyncio.sleep(1.5)  # entries are saved a second after they change
    return took, share


async def starts(folder: Path, port: int, count: int) -> list[Row]:
    """Start Home Assistant with and without the integration in turn."""
    with_it, without, shares = [], [], []
    for number in range(count):
        took, share = await start(folder, port, enabled=True)
        with_it.append(took)
        shares.append(share)
        without.append((await start(folder, port, enabled=False))[0])
        print(f"  start {number + 1} of {count}: {with_it[-1]:.2f} s with the integration, {without[-1]:.2f} s without")
    return [
        Row.of("what set-up adds to Home Assistant's start, by its own account; rival: a start without",
               median(shares), "s", min(without), 0.3),
        Row.of("what set-up adds to Home Assistant's start, fastest with less fastest without; rival: without",
               min(with_it) - min(without), "s", min(without), 0.3),
    ]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="script/benchmark", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table to this file")
    parser.add_argument("--quick", action="store_true", help="fewer rows and starts")
    arguments = parser.parse_args()
    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():
        print(f"script/benchmark: {arguments.json.parent}: no such folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="hunches-benchmark-", ignore_cleanup_errors=True) as kept:
        folder, port = Path(kept), _free_port()
        recording = make_home(QUICK_ROWS if arguments.quick else ROWS, time.time())
        prepare(recording, folder, port)
        devices = [entity.entity_id for entity in recording.home.devices]
        try:
            table = asyncio.run(first_analysis(folder, port, devices))
            table += asyncio.run(starts(folder, port, QUICK_STARTS if arguments.quick else STARTS))
        except (ClientError, ServerError, TimeoutError) as error:
            print(f"script/benchmark: {error or 'Home Assistant took too long'}", file=sys.stderr)
            return 1
    for row in table:
        limit = "" if row.limit is None else f"   limit {row.limit:g}{'' if row.value <= row.limit else '   OVER'}"
        rival = "" if row.rival is None else f"   rival {row.rival:.3f} {row.unit}   ratio {row.ratio:.2f}"
        print(f"{row.value:9.3f} {row.unit:2}{rival}{limit}   {row.name}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([asdict(row) for row in table], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
