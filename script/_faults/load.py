"""More than any home has: a thousand changes a second for a minute, and a hundred reloads."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Any, Final

from .aggregates import compare
from .house import House, Visitor

RATE: Final = 1_000
SECONDS: Final = 60
RELOADS: Final = 100
SERIES: Final = 5
"""The reloads are counted in: what each of them leaves, every series leaves; what something else kept, one does."""
WARM_UP: Final = 20
"""Reloads after which everything that is loaded once is loaded."""
NOISE: Final = 10
"""Things that come and go by themselves; what every reload leaves is a hundred."""
MOST_LATE: Final = 20.0
"""Milliseconds by which the integration may make the event loop later, 99 times of 100."""
MOST_BLOCKS_A_RELOAD: Final = 20.0
"""Blocks of memory that Python holds, in the median of the series: an object left is one at least, a coordinator
thousands. A query that the recorder asks for the first time in an hour is five thousand, once."""
MOST_MB: Final = 15.0
"""Growth of the process after all: SQLite keeps up to 16 MB of pages for the recorder, whose database grows by what
every reload writes into it, and what is given back to the C library is not always given back by it."""


async def load(house: House) -> tuple[dict[str, Any], list[str]]:
    """Return what was measured, and what is wrong with it."""
    storm, problems = await _storm(house)
    reloads, more = await _reloads(house)
    return storm | reloads, problems + more


async def _storm(house: House) -> tuple[dict[str, Any], list[str]]:
    problems: list[str] = []
    devices = [e for e in house.entities if e.partition(".")[0] in ("light", "switch", "fan", "binary_sensor")]
    async with house.at_home() as client:
        # The same without the integration, as the rival
        (entry,) = await client.command("config_entries/get", domain="hunches")
        storm = {"entity_ids": devices, "rate": RATE, "seconds": SECONDS}
        await client.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
        bare = await client.command("hunches_faults/storm", **(storm | {"seconds": SECONDS / 3}))
        await client.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by=None)
        await client.learned()
        found = await client.command("hunches_faults/storm", **storm)
        await client.learn_on()
    if found["changes"] < 0.9 * RATE * SECONDS:
        problems.append(f"storm: only {found['changes']} changes were made: this machine is too slow for it")
    if found["late_p99"] > bare["late_p99"] + MOST_LATE:
        problems.append(f"storm: the event loop is {found['late_p99']} ms late, {bare['late_p99']} without us")
    problems += [f"storm: {problem}" for problem in compare(house.folder).problems]
    lateness = "{late_median} ms late in the median, {late_p99} ms in 99 of 100, {late_most} ms at most"
    return {
        "changes in a storm": found["changes"],
        "event loop in it": lateness.format(**found),
        "event loop in it without the integration": lateness.format(**bare),
    }, problems


async def _reloads(house: House) -> tuple[dict[str, Any], list[str]]:
    async with house.at_home() as client:
        for _ in range(WARM_UP):
            await _reload(client)
        counts = [await client.command("hunches_faults/census")]
        for _ in range(SERIES):
            for _ in range(RELOADS // SERIES):
                await _reload(client)
            counts.append(await client.command("hunches_faults/census"))
    before, after = counts[0], counts[-1]
    problems = [
        f"reloads: {kind} {name}: {count}, {before[kind].get(name, 0)} before"
        for kind in ("listeners", "objects")
        for name, count in after[kind].items()
        if count > before[kind].get(name, 0) + NOISE
    ]
    if len(after["tasks"]) > len(before["tasks"]) + NOISE:
        problems.append(f"reloads: tasks are left: {after['tasks']}")
    threads = [name for name in after["threads"] if name not in before["threads"] and "Worker" not in name]
    if threads:
        problems.append(f"reloads: threads are left: {threads}")
    blocks = median(later["blocks"] - earlier["blocks"] for earlier, later in pairwise(counts)) / (RELOADS // SERIES)
    if blocks > MOST_BLOCKS_A_RELOAD:
        problems.append(f"reloads: {blocks:.0f} blocks of memory are left by each")
    megabytes = (after["kilobytes"] - before["kilobytes"]) / 1024
    if megabytes > MOST_MB:
        problems.append(f"reloads: the process has grown by {megabytes:.1f} MB")
    return {
        f"blocks of memory left by each of {RELOADS} reloads": round(blocks, 1),
        "megabytes that the process grew by": round(megabytes, 1),
        "listeners, tasks, threads, objects and functions of ours after them": " ".join(
            str(count)
            for count in (
                sum(after["listeners"].values()),
                len(after["tasks"]),
                len(after["threads"]),
                sum(after["objects"].values()),
            )
        ),
    }, problems


async def _reload(client: Visitor) -> None:
    await client.reload()
    await client.learned()
