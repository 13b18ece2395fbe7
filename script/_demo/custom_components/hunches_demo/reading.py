"""Measures how the integration reads history, beside plain `sqlite3` and beside Home Assistant's own history.

All three read the same rows of the same database in the same process, one after the other.
"""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from .probe import give_back, memory

_DAY = 86400.0
_STRETCHES = (10, 30, 89)
"""Days of which the same entities are read, to see how the cost grows while nothing else does."""
_SAMPLE = 0.002
_BARE = (
    "SELECT state, last_updated_ts, context_id_bin, context_user_id_bin, context_parent_id_bin FROM states"
    " WHERE metadata_id = ? AND (last_changed_ts IS NULL OR last_changed_ts = last_updated_ts)"
    " ORDER BY last_updated_ts"
)


class _Peak:
    """The most memory that this process held while it was entered, in bytes beyond what it held before."""

    def __enter__(self) -> Self:
        gc.collect()
        give_back()
        self._before = self._most = memory()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE):
            self._most = max(self._most, memory())

    @property
    def extra(self) -> int:
        return self._most - self._before


def _bare(path: Path, entity_ids: Sequence[str]) -> int:
    """Read with nothing but `sqlite3`; return the number of rows."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        known = dict(database.execute("SELECT entity_id, metadata_id FROM states_meta"))
        count = 0
        for entity_id in entity_ids:
            rows = database.execute(_BARE, (known.get(entity_id),))
            while part := rows.fetchmany(512):
                count += len(part)
        return count


async def _timed[T](job: Callable[[], Coroutine[Any, Any, T]]) -> tuple[float, T]:
    began = perf_counter()
    result = await job()
    return perf_counter() - began, result


@websocket_api.websocket_command(
    {
        vol.Required("type"): "hunches_demo/read",
        vol.Required("rounds"): vol.All(int, vol.Range(min=1)),
        vol.Required("end"): vol.Coerce(float),
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def read(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send the seconds of each way in each of `rounds`, and how much memory they took.

    `end`: where the database ends, in Unix seconds; the day before it is what a daily increment reads.
    """
    # Not before it is asked for: the memory of a Home Assistant without the integration is measured, too.
    from custom_components.hunches.history import async_read, build_home  # noqa: PLC0415

    home, instance = build_home(hass), get_instance(hass)
    entity_ids = [entity.entity_id for entity in (*home.devices, *home.evidence)]
    path = Path(hass.config.path("home-assistant_v2.db"))

    async def bare() -> int:
        return await instance.async_add_executor_job(_bare, path, entity_ids)

    async def ours() -> Any:
        return await async_read(hass, home, threading.Event())

    async def ours_of(days: float) -> Any:
        since = dict.fromkeys(entity_ids, message["end"] - days * _DAY)
        return await async_read(hass, home, threading.Event(), since=since)

    def significant() -> int:
        start = dt_util.utc_from_timestamp(0)
        found = get_significant_states(
            hass, start, None, entity_ids, significant_changes_only=False, no_attributes=True
        )
        return sum(map(len, found.values()))

    async def history() -> int:
        return await instance.async_add_executor_job(significant)

    await bare()  # the system's cache is warm for all of them
    with _Peak() as first:
        await ours()
    with _Peak() as again:
        found = await ours()
    kept = sum(folded.ticks.nbytes + folded.marks.nbytes for folded in found.timelines.folded.values())
    rows = found.rows
    del found
    took: dict[str, list[float]] = {"bare": [], "ours": [], "day": []}
    day_rows = 0
    for _ in range(message["rounds"]):
        for name, job in (("bare", bare), ("ours", ours), ("day", partial(ours_of, 1))):
            seconds, result = await _timed(job)
            took[name].append(seconds)
            if name == "day":
                day_rows = result.rows
            await asyncio.sleep(0)
    stretches = []
    for days in _STRETCHES:
        timed = [await _timed(partial(ours_of, days)) for _ in range(message["rounds"])]
        stretches.append({"rows": timed[0][1].rows, "seconds": [seconds for seconds, _ in timed]})
        del timed
    with _Peak() as beside:
        seconds, _ = await _timed(history)
    connection.send_result(
        message["id"],
        {
            "rows": rows,
            "entities": len(entity_ids),
            "seconds": took,
            "stretches": stretches,
            "history_seconds": seconds,
            "history_memory": beside.extra,
            "day_rows": day_rows,
            "memory_first": first.extra,
            "memory": again.extra,
            "kept": kept,
        },
    )
