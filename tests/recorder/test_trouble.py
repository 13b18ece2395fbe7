"""Recorders that cannot be read: each says why in one line, and keeps none of the recorder's workers."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import SCHEMA_VERSION, Base
from homeassistant.components.recorder.migration import initialize_database
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.orm import sessionmaker

from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.recorded import Changes
from custom_components.hunches.history import HistoryUnavailable, async_read
from custom_components.hunches.history.line import Line, async_run
from custom_components.hunches.history.trouble import Stopped

from .conftest import SERVERS, Row, Write, fill, read
from .servers import Server

LAMP = "light.lamp"
LINE = "custom_components.hunches.history.line"
SQLITE = pytest.mark.parametrize("recorder_db_url", ["sqlite"], indirect=True)
ON_SERVERS = pytest.mark.parametrize("recorder_db_url", SERVERS, indirect=True)
WORKERS = 4


async def fails(hass: HomeAssistant, *entity_ids: str) -> HistoryUnavailable:
    """Return why the reading failed; it fails within a time, and keeps no worker."""
    with pytest.raises(HistoryUnavailable) as caught:
        async with asyncio.timeout(60):
            await read(hass, *(entity_ids or (LAMP,)))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    return caught.value


async def all_workers_are_free(hass: HomeAssistant) -> bool:
    """Return whether as many jobs as the recorder has workers can meet."""
    together = threading.Barrier(WORKERS)
    jobs = [get_instance(hass).async_add_executor_job(together.wait, 20.0) for _ in range(WORKERS)]
    return sorted(await asyncio.gather(*jobs)) == list(range(WORKERS))


def file_of(hass: HomeAssistant) -> Path:
    return Path(get_instance(hass).db_url.partition("sqlite:///")[2])


@pytest.fixture
def server(request: pytest.FixtureRequest, recorder_db_url: str) -> Iterator[Server]:
    """Return the server on which the recorder's database is, and bring it back afterwards."""
    found: Server = request.getfixturevalue("mariadb" if recorder_db_url.startswith("mysql") else "postgresql")
    yield found
    if found.process is None:
        found.start()


async def test_recorder_absent(hass_with_recorder: HomeAssistant) -> None:
    instance = hass_with_recorder.data.pop(DATA_INSTANCE)
    try:
        assert (await fails(hass_with_recorder)).reason == "recorder_absent"
    finally:
        hass_with_recorder.data[DATA_INSTANCE] = instance


@SQLITE
async def test_recorder_that_was_shut_down(hass_with_recorder: HomeAssistant) -> None:
    await get_instance(hass_with_recorder)._async_shutdown(None)
    assert (await fails(hass_with_recorder)).reason == "recorder_absent"


@pytest.fixture
def old_database(recorder_db_url: str) -> str:
    """Leave a database of the schema before the present one."""
    engine = create_engine(recorder_db_url)
    Base.metadata.create_all(engine)
    initialize_database(sessionmaker(bind=engine))
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_changes SET schema_version = :old"), {"old": SCHEMA_VERSION - 1})
    engine.dispose()
    return recorder_db_url


@pytest.fixture
async def migrating(
    old_database: str, async_test_recorder: RecorderInstanceContextManager, hass: HomeAssistant
) -> AsyncIterator[threading.Event]:
    """Start a recorder whose migration goes on until the event is set."""
    begun, go_on = threading.Event(), threading.Event()
    migrate = "homeassistant.components.recorder.migration._apply_update"

    def slowly(*_: object) -> None:
        begun.set()
        go_on.wait(60)

    try:
        with patch(migrate, slowly):
            async with async_test_recorder(hass, wait_recorder=False, wait_recorder_setup=False):
                await hass.async_add_executor_job(begun.wait, 30)
                yield go_on
                go_on.set()
                await get_instance(hass).async_recorder_ready.wait()
    finally:
        go_on.set()


@SQLITE
async def test_recorder_migrating(migrating: threading.Event, hass: HomeAssistant) -> None:
    assert (await fails(hass)).reason == "recorder_migrating"
    migrating.set()
    async with asyncio.timeout(30):
        await get_instance(hass).async_recorder_ready.wait()
    assert (await read(hass, LAMP)).timelines == {}


async def let_go(hass: HomeAssistant) -> None:
    """Close the recorder's connections to its file; it opens new ones when it needs them."""
    instance = get_instance(hass)

    def close() -> None:
        instance.engine.pool.shutdown()  # type: ignore[union-attr, attr-defined]

    together = threading.Barrier(WORKERS)

    def close_each() -> None:
        together.wait(20.0)  # so that every worker does it once
        close()

    await asyncio.gather(*(instance.async_add_executor_job(close_each) for _ in range(WORKERS)))
    done = asyncio.Event()

    class LetGo(RecorderTask):
        def run(self, instance: Recorder) -> None:
            instance._close_event_session()
            close()
            instance._open_event_session()
            hass.loop.call_soon_threadsafe(done.set)

    instance.queue_task(LetGo())
    async with asyncio.timeout(30):
        await done.wait()


@SQLITE
async def test_a_locked_file(hass_with_recorder: HomeAssistant, write: Write) -> None:
    await write(fill, LAMP, [Row(1.0, "on")])
    await let_go(hass_with_recorder)
    with closing(sqlite3.connect(file_of(hass_with_recorder))) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        caught = await fails(hass_with_recorder)
        assert (caught.reason, caught.detail) == ("recorder_locked", "database is locked")
    assert await all_workers_are_free(hass_with_recorder)
    assert len((await read(hass_with_recorder, LAMP)).timelines[LAMP]) == 1


@ON_SERVERS
async def test_a_locked_table(hass_with_recorder: HomeAssistant, write: Write, server: Server) -> None:
    await write(fill, LAMP, [Row(1.0, "on")])
    engine = create_engine(get_instance(hass_with_recorder).db_url)
    lock = "LOCK TABLES states WRITE" if server.name == "MariaDB" else "LOCK TABLE states IN ACCESS EXCLUSIVE MODE"
    patience = {
        "mysql": ("SET SESSION lock_wait_timeout = 1", None),
        "postgresql": ("SET LOCAL lock_timeout = 1000", None),
    }
    with engine.connect() as other, patch(f"{LINE}._AROUND", patience):
        other.execute(text(lock))
        assert (await fails(hass_with_recorder)).reason == "recorder_locked"
        other.rollback()
        if server.name == "MariaDB":
            other.execute(text("UNLOCK TABLES"))
    engine.dispose()
    assert await all_workers_are_free(hass_with_recorder)
    assert len((await read(hass_with_recorder, LAMP)).timelines[LAMP]) == 1


@ON_SERVERS
async def test_a_lock_is_waited_for_only_by_us(hass_with_recorder: HomeAssistant, server: Server) -> None:
    """The connections are the recorder's: it waits for locks as long as it did."""
    show = "SELECT @@lock_wait_timeout" if server.name == "MariaDB" else "SHOW lock_timeout"

    def asked(_: object = None) -> object:
        with closing(get_instance(hass_with_recorder).get_session()) as session:
            return session.connection().exec_driver_sql(show).scalar()

    def during(connection: Connection, _: Line) -> object:
        return connection.exec_driver_sql(show).scalar()

    instance = get_instance(hass_with_recorder)
    before = await instance.async_add_executor_job(asked)
    assert str(await async_run(hass_with_recorder, threading.Event(), during)) in {"10", "10s"}
    assert {await instance.async_add_executor_job(asked) for _ in range(8)} == {before}


@contextmanager
def impatient() -> Iterator[None]:
    """Let a database be given up soon."""
    with patch(f"{LINE}.PATIENCE", 3), patch(f"{LINE}._TICK", 0.1):
        yield


@pytest.mark.parametrize("recorder_db_url", SERVERS, indirect=True)
async def test_a_server_that_does_not_answer(hass_with_recorder: HomeAssistant, write: Write, server: Server) -> None:
    await write(fill, LAMP, [Row(1.0, "on")])
    await read(hass_with_recorder, LAMP)
    assert server.process is not None
    await all_workers_are_free(hass_with_recorder)
    every_process(server, signal.SIGSTOP)
    try:
        with impatient():
            assert (await fails(hass_with_recorder)).reason == "recorder_slow"
    finally:
        every_process(server, signal.SIGCONT)
    assert await all_workers_are_free(hass_with_recorder)
    assert len((await read(hass_with_recorder, LAMP)).timelines[LAMP]) == 1


def every_process(server: Server, what: signal.Signals) -> None:
    """Signal a server and the processes that it has started."""
    assert server.process is not None
    processes = {server.process.pid}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        fields = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
        if int(fields[1]) == server.process.pid:
            processes.add(int(entry.parent.name))
    for process in processes:
        os.kill(process, what)


@SQLITE
async def test_a_query_without_end(hass_with_recorder: HomeAssistant) -> None:
    def count(connection: Connection, line: Line) -> None:
        connection.connection.cursor().execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        )

    with impatient():
        with pytest.raises(HistoryUnavailable) as caught:
            await async_run(hass_with_recorder, threading.Event(), count)
        assert caught.value.reason == "recorder_slow"
        assert await all_workers_are_free(hass_with_recorder)
        stopped = threading.Event()
        running = asyncio.create_task(async_run(hass_with_recorder, stopped, count))
        await asyncio.sleep(0.1)
        stopped.set()
        with patch(f"{LINE}.PATIENCE", 10_000), pytest.raises(Stopped):
            await running
    assert await all_workers_are_free(hass_with_recorder)


@SQLITE
async def test_workers_that_are_all_busy(hass_with_recorder: HomeAssistant) -> None:
    go_on = threading.Event()
    busy = [get_instance(hass_with_recorder).async_add_executor_job(go_on.wait, 60) for _ in range(WORKERS)]
    with impatient():
        assert (await fails(hass_with_recorder)).reason == "recorder_slow"
    go_on.set()
    await asyncio.gather(*busy)
    assert await all_workers_are_free(hass_with_recorder)


@SQLITE
async def test_slow_is_not_silent(hass_with_recorder: HomeAssistant, write: Write) -> None:
    """A job may take as long as it likes while rows come."""
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(512 * 30)])
    add, pause = Changes.add, threading.Event()

    def slowly(self: Changes, rows: Any) -> None:
        pause.wait(0.1)
        add(self, rows)

    with patch(f"{LINE}.PATIENCE", 30), patch(f"{LINE}._TICK", 0.05), patch.object(Changes, "add", slowly):
        assert (await read(hass_with_recorder, LAMP)).rows == 512 * 30


async def test_stopped_in_the_middle_of_many_rows(hass_with_recorder: HomeAssistant, write: Write) -> None:
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(20_000)])
    stopped, seen = threading.Event(), []

    def first(self: Changes, rows: Any) -> None:
        seen.append(len(rows))
        stopped.set()

    home = Home("test", entities={LAMP: Entity(LAMP)})
    with patch.object(Changes, "add", first), pytest.raises(Stopped):
        await async_read(hass_with_recorder, home, stopped)
    assert len(seen) == 1
    assert await all_workers_are_free(hass_with_recorder)
    assert (await read(hass_with_recorder, LAMP)).rows == 20_000


@ON_SERVERS
async def test_a_server_that_stops_while_it_is_read(
    hass_with_recorder: HomeAssistant, write: Write, server: Server
) -> None:
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(60_000)])
    add = Changes.add

    def last(self: Changes, rows: Any) -> None:
        server.stop(at_once=True)
        add(self, rows)

    with patch.object(Changes, "add", last):
        assert (await fails(hass_with_recorder)).reason == "recorder_failed"
    assert (await fails(hass_with_recorder)).reason == "recorder_failed"
    server.start()
    assert await all_workers_are_free(hass_with_recorder)
    assert (await until_it_answers(hass_with_recorder))[-1] == 60_000


async def until_it_answers(hass: HomeAssistant) -> list[int | str]:
    """Read until it works, and return why it did not and the number of rows: old connections fail once each."""
    found: list[int | str] = []
    while len(found) < WORKERS + 2:
        try:
            found.append((await read(hass, LAMP)).rows)
            break
        except HistoryUnavailable as error:
            found.append(str(error))
    return found


def overwrite(path: Path) -> None:
    """Write nonsense into the middle half of a file, as a bad card does."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(b"\xa5" * (size // 2))


@SQLITE
@pytest.mark.parametrize("part", ["middle", "head"])
async def test_a_broken_file(hass_with_recorder: HomeAssistant, write: Write, part: str) -> None:
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(20_000)])
    await let_go(hass_with_recorder)
    path = file_of(hass_with_recorder)
    whole = path.read_bytes()
    if part == "middle":
        overwrite(path)
    else:
        path.write_bytes(b"\xa5" * 4096 + whole[4096:])
    assert (await fails(hass_with_recorder)).reason == "recorder_corrupt"
    assert await all_workers_are_free(hass_with_recorder)
    await let_go(hass_with_recorder)
    path.write_bytes(whole)
    assert (await read(hass_with_recorder, LAMP)).rows == 20_000


@SQLITE
@pytest.mark.parametrize("nonsense", ["x'ff'", "'soon'", "9e999"])
async def test_a_time_that_is_none(hass_with_recorder: HomeAssistant, write: Write, nonsense: str) -> None:
    """Bytes may be overwritten so that SQLite does not notice."""
    await write(fill, LAMP, [Row(1.0, "on"), Row(2.0, "off"), Row(3.0, "off")])
    with closing(sqlite3.connect(file_of(hass_with_recorder))) as other, other:
        other.execute(f"UPDATE states SET last_updated_ts = {nonsense} WHERE last_updated_ts > 1")
    assert (await fails(hass_with_recorder)).reason == "recorder_corrupt"


@SQLITE
async def test_a_text_that_is_none(hass_with_recorder: HomeAssistant, write: Write) -> None:
    await write(fill, LAMP, [Row(1.0, "on")])
    with closing(sqlite3.connect(file_of(hass_with_recorder))) as other, other:
        other.execute("UPDATE states SET state = CAST(x'ff' AS TEXT)")
    assert (await fails(hass_with_recorder)).reason == "recorder_corrupt"


@ON_SERVERS
async def test_a_broken_table(hass_with_recorder: HomeAssistant, write: Write, server: Server) -> None:
    await write(fill, LAMP, [Row(float(i), "on" if i % 2 else "off") for i in range(20_000)])
    database = str(make_url(get_instance(hass_with_recorder).db_url).database)
    if server.name == "MariaDB":
        path = server.folder / "data" / database / "states.ibd"
        server.run("SET GLOBAL innodb_max_dirty_pages_pct = 0")
    else:
        server.run("CHECKPOINT")
        ((where,),) = server.run("SELECT pg_relation_filepath('states')", database=database)
        path = server.folder / "data" / str(where)
    server.stop()
    overwrite(path)
    server.start()
    reasons = [(await fails(hass_with_recorder)).reason for _ in range(6)]
    assert reasons[-1] == "recorder_corrupt"
    assert set(reasons) <= {"recorder_failed", "recorder_corrupt"}  # connections to the old server fail first
    assert await all_workers_are_free(hass_with_recorder)
