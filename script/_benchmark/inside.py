"""What the integration costs inside a running Home Assistant: reading, the first analysis, memory, the start."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from _demo.client import Client
from _demo.configuration import ROWS_FILE, prepare
from _demo.run import analysis
from _demo.server import Server

from .database import Kept
from .page import Page
from .table import Row, growth

READ_RATIO: Final = 1.5
READ_MEMORY: Final = 20.0
IDLE_MEMORY: Final = 15.0
START: Final = 0.3
LATENESS: Final = 20.0
_ROUNDS: Final = 3
_LOOKS: Final = 5
_SETTLE: Final = 3.0
_PROOF_SECONDS: Final = 1800.0
_QUIET_REPORTS: Final = 10
_MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Waits:
    """How long things are watched, in seconds, and how often Home Assistant is started each way."""

    idle: float
    quiet: float
    starts: int


FULL: Final = Waits(30.0, 30.0, 4)
QUICK: Final = Waits(8.0, 5.0, 1)

type Say = Callable[[str], None]


def set_up(kept: Kept, folder: Path, port: int) -> None:
    """Make the configuration of a Home Assistant that has this database and the entities in it."""
    prepare(kept.last(), folder, port)
    (folder / ROWS_FILE).write_text("", encoding="utf-8")  # the rows are there
    kept.copy(folder / "home-assistant_v2.db", time.time())


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@asynccontextmanager
async def _running(folder: Path, port: int) -> AsyncIterator[Client]:
    """Run Home Assistant for the first time, with the home in it."""
    async with Server(folder) as server, Client(f"http://127.0.0.1:{port}") as client:
        await server.answers(client)
        await client.welcome()
        await client.started()
        await client.add("hunches_demo")
        await asyncio.sleep(_SETTLE)  # until the recorder has written the first states of all these entities
        yield client


class Reading:
    """Lines about reading history from databases of several sizes."""

    def __init__(self, say: Say) -> None:
        """Know nothing yet."""
        self._say = say
        self._sizes: list[float] = []
        self._costs: list[float] = []
        self._bare: list[float] = []
        self._stretches: list[tuple[float, float]] = []

    async def alone(self, kept: Kept, folder: Path, port: int) -> list[Row]:
        """Read in a Home Assistant that does nothing else."""
        set_up(kept, folder, port)
        async with _running(folder, port) as client:
            return await self.within(kept, client)

    async def within(self, kept: Kept, client: Client) -> list[Row]:
        """Read in a Home Assistant that runs."""
        self._say(f"reading {kept.made.rows:,} rows")
        end = time.time() - (time.time() - kept.made.end) % 86400.0
        found = await client.command("hunches_demo/read", rounds=_ROUNDS, end=end)
        bare, ours, day = (median(found["seconds"][name]) for name in ("bare", "ours", "day"))
        self._sizes.append(found["rows"])
        self._costs.append(ours)
        self._bare.append(bare)
        self._stretches = [(part["rows"], median(part["seconds"])) for part in found["stretches"]]
        what = f"{found['rows']:,} rows of {found['entities']:,} entities, of a database of {kept.made.rows:,}"
        history_memory = found["history_memory"] / _MB
        memory, first, held = (found[key] / _MB for key in ("memory", "memory_first", "kept"))
        small = f"memory while reading {found['rows']:,} rows"
        return [
            Row.of(f"reading {what}; rival: bare sqlite3", ours, "s", bare, times=READ_RATIO),
            Row.of(f"get_significant_states of {what}; rival: bare sqlite3", found["history_seconds"], "s", bare),
            Row.of(f"{small}; rival: get_significant_states", memory, "MB", history_memory, READ_MEMORY),
            Row.of(f"{small} for the first time, caches empty; rival: the same", first, "MB", history_memory),
            Row.of(f"of the {small}, the timelines; rival: all of it", held, "MB", max(memory, held)),
            Row.of(f"reading the last day, {found['day_rows']:,} rows; rival: reading all", day, "s", ours),
        ]

    def growth(self) -> list[Row]:
        """Return how the cost grows: over stretches of the home that was read last, and from home to home.

        Homes differ in how many entities they have and whether their pages fit the processor's caches, so that even
        bare `sqlite3` is not linear over them: it is the rival there.
        """
        rows, costs = zip(*self._stretches, strict=True)
        what = f"reading in rows, over {len(self._sizes)} databases ({_listed(self._sizes)})"
        among = growth(what, self._sizes, self._costs)
        bare = growth("bare sqlite3", self._sizes, self._bare)
        name = among.name.replace("linear", "bare sqlite3's")
        return [
            growth(f"reading in rows, of one home ({_listed(rows)})", rows, costs),
            Row.of(name, among.value, "", bare.value),
        ]


def _listed(sizes: Iterable[float]) -> str:
    return ", ".join(f"{int(size):,}" for size in sizes)


async def whole(kept: Kept, folder: Path, port: int, waits: Waits, reading: Reading, say: Say) -> list[Row]:
    """Add the integration to a Home Assistant with this database, the history page open, and measure what follows."""
    set_up(kept, folder, port)
    devices = [entity.entity_id for entity in kept.made.home.devices]
    async with _running(folder, port) as client:
        async with Page(client.url, devices) as page:
            say("idle, the history page open")
            await client.command("hunches_demo/measure", action="start")
            await asyncio.sleep(waits.idle)
            idle = await client.command("hunches_demo/measure", action="stop")
            page_idle, page.answers = page.answers, []
            say(f"the first analysis of {len(devices)} devices, {kept.made.rows:,} rows, the history page open")
            await client.command("hunches_demo/measure", action="start")
            await client.add("hunches")
            timing = (await analysis(client, aloud=False, devices=False))["timing"]
            busy = await client.command("hunches_demo/measure", action="stop")
            page_busy = page.answers
        say("the backtest in the background")
        await client.command("hunches_demo/measure", action="start")
        proving = await _proved(client)
        proved = await client.command("hunches_demo/measure", action="stop")
        await asyncio.sleep(waits.quiet)
        after = await client.command("hunches_demo/measure", action="read")
        looks = []
        for _ in range(_LOOKS):
            await client.request("POST", "/api/services/hunches/scan?return_response", json={})
            report = await client.command("hunches_demo/report", devices=False)
            looks.append(report["found"]["timing"]["scan_seconds"])
        read = await reading.within(kept, client)
    bare, history = read[0].rival or 0.0, read[1].value
    return [
        *_first(kept, timing, history, bare),
        Row.of("a look inside Home Assistant; rival: the first analysis", median(looks), "s", sum(_parts(timing))),
        *_held_up(idle, busy),
        *_behind(proving, idle, proved, after, sum(_parts(timing))),
        Row.of(
            "the history page's answer during the analysis; rival: idle",
            median(page_busy or [0.0]),
            "s",
            median(page_idle),
        ),
        Row.of("the long memory on disk; rival: the recorder's database", _stored(folder), "MB", _size(folder)),
        *read,
    ]


def _parts(timing: dict[str, float]) -> tuple[float, float, float]:
    return timing["history_seconds"], timing["learn_seconds"], timing["scan_seconds"]


def _first(kept: Kept, timing: dict[str, float], history: float, bare: float) -> Iterator[Row]:
    read, learn, look = _parts(timing)
    what = f"{len(kept.made.home.devices)} devices × {kept.made.days} days, {timing['rows']:,} rows"
    name = f"first analysis of {what}; rival: get_significant_states of them"
    yield Row.of(name, read + learn + look, "s", history)
    yield Row.of(
        "of the first analysis, reading, the history page open; rival: bare sqlite3 without it", read, "s", bare
    )
    yield Row.of("of the first analysis, learning and going through the last minutes; rival: reading", learn, "s", read)


def _held_up(idle: dict[str, Any], busy: dict[str, Any]) -> Iterator[Row]:
    """Yield what was late in the event loop, in milliseconds."""
    for kind, quantile, limit in (
        ("lateness", "p50", None),
        ("lateness", "p99", None),
        ("lateness", "p99.9", LATENESS),
        ("lateness", "max", None),
        ("lateness_apart", "p99.9", None),
        ("lateness_apart", "max", None),
    ):
        apart = ", garbage collections apart" if kind == "lateness_apart" else ""
        name = f"event loop late during the analysis, {quantile}{apart}; rival: idle"
        yield Row.of(name, 1000 * busy[kind][quantile], "ms", 1000 * idle[kind][quantile], limit)
    where = f" (in {busy['stretch_in']})" if busy["stretch_in"] else ""
    late = 1000 * idle["lateness"]["max"]
    yield Row.of(f"longest stretch of ours on the event loop{where}; rival: lateness, idle", 1000 * busy["stretch"],
                 "ms", late, LATENESS)  # fmt: skip
    yield Row.of(
        "longest stretch of ours by the clock, not in processor time; rival: lateness, idle",
        1000 * busy["stretch_by_clock"],
        "ms",
        late,
    )
    yield Row.of("longest garbage collection during the analysis; rival: idle", 1000 * busy["collection"], "ms",
                 1000 * idle["collection"] or None)  # fmt: skip
    yield Row.of("full garbage collections during the analysis", busy["full_collections"], "", None)


def _behind(
    proving: float, idle: dict[str, Any], proved: dict[str, Any], after: dict[str, Any], analysis_seconds: float
) -> Iterator[Row]:
    """Yield what the backtest costs that follows the first analysis, and what memory both leave behind."""
    yield Row.of("the backtest in the background; rival: the first analysis", proving, "s", analysis_seconds)
    late, idle_late = (1000 * found["lateness"]["p99.9"] for found in (proved, idle))
    yield Row.of("event loop late during the backtest, p99.9; rival: idle", late, "ms", idle_late, LATENESS)
    before, left = idle["rss"] / _MB, (after["rss"] - idle["rss"]) / _MB
    yield Row.of("memory left by analysis and backtest in the same process; rival: before", left, "MB", before)
    held = (after["rss_held"] - idle["rss_held"]) / _MB
    yield Row.of("of the memory left, what the C library does not merely keep; rival: before", held, "MB", before)


async def _proved(client: Client) -> float:
    """Wait until no backtest runs; return the seconds that it took."""
    began = time.perf_counter()
    quiet, ended = 0, began
    async with asyncio.timeout(_PROOF_SECONDS):
        while quiet < _QUIET_REPORTS:  # it begins a moment after the first look
            await asyncio.sleep(0.2)
            if (await client.command("hunches_demo/report", devices=False))["proving"] is None:
                quiet += 1
            else:
                quiet, ended = 0, time.perf_counter()
    return ended - began


def _stored(folder: Path) -> float:
    return sum(file.stat().st_size for file in (folder / ".storage").glob("hunches*")) / _MB


def _size(folder: Path) -> float:
    return (folder / "home-assistant_v2.db").stat().st_size / _MB


@dataclass(frozen=True, slots=True)
class _Started:
    """One start: seconds until Home Assistant had started, and the integration's share by its own account.

    `memory`, `held`: of the process once all is quiet, and what of it is not merely kept by the C library, in MB.
    """

    took: float
    share: float
    memory: float
    held: float


async def _start(folder: Path, port: int, waits: Waits, *, enabled: bool) -> _Started:
    """Start Home Assistant with the integration or without; leave it the other way round for the next start."""
    async with Server(folder) as server, Client(f"http://127.0.0.1:{port}") as client:
        await server.answers(client)
        await client.log_in()
        await client.started()
        took = (await client.command("hunches_demo/measure", action="read"))["started"] - server.began
        share = 0.0
        if enabled:
            share = (await analysis(client, aloud=False, devices=False))["timing"]["added_start_seconds"]
            await _proved(client)
        await asyncio.sleep(waits.quiet)
        found = await client.command("hunches_demo/measure", action="read")
        entries = await client.command("config_entries/get", domain="hunches")
        await client.command(
            "config_entries/disable", entry_id=entries[0]["entry_id"], disabled_by="user" if enabled else None
        )
        await asyncio.sleep(1.5)  # entries are saved a second after they change
    return _Started(took, share, found["rss"] / _MB, found["rss_held"] / _MB)


async def starts(folder: Path, port: int, waits: Waits, say: Say) -> list[Row]:
    """Start Home Assistant with and without the integration in turn."""
    with_it, without = [], []
    for number in range(waits.starts):
        say(f"start {number + 1} of {waits.starts}, with the integration and without")
        with_it.append(await _start(folder, port, waits, enabled=True))
        without.append(await _start(folder, port, waits, enabled=False))
    fastest = min(start.took for start in without)
    added = min(start.took for start in with_it) - fastest
    beside, held_beside = median(s.memory for s in without), median(s.held for s in without)
    memory, held = median(s.memory for s in with_it) - beside, median(s.held for s in with_it) - held_beside
    return [
        Row.of("set-up's share of Home Assistant's start, by its own account; rival: a start without",
               median(start.share for start in with_it), "s", fastest, START),
        Row.of("added to Home Assistant's start, fastest with less fastest without; rival: without", added, "s",
               fastest, START),
        Row.of("memory of the integration, idle after a start (numpy is in both, as default_config loads it); rival: "
               "Home Assistant without", memory, "MB", beside, IDLE_MEMORY),
        Row.of("of the memory idle, what the C library does not merely keep; rival: Home Assistant without", held, "MB",
               held_beside),
    ]  # fmt: skip
