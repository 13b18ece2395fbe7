"""A line to the recorder's database for one job: it takes the recorder's executor, and it can be hung up.

The recorder has four workers for everybody. None may wait for ever: for a lock, for a disk, or for a server that is
gone. What counts is silence, not length: a job may take long as long as rows come.
"""

import asyncio
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE, async_migration_in_progress
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from .trouble import ABSENT, MIGRATING, SLOW, HistoryUnavailable, Stopped, unavailable

PATIENCE: Final = 30
"""Seconds of silence from a database after which it is given up."""
_PATIENCE_WHEN_STOPPED: Final = 2
_TICK: Final = 1.0
_LOCK_SECONDS: Final = 10
# SQLite's driver waits for five seconds for a lock. A server would wait for hours, on its side even after a hang-up.
_AROUND: Final[Mapping[str, tuple[str, str | None]]] = {
    "postgresql": (f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'", None),
    "mysql": (f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}", "SET SESSION lock_wait_timeout = DEFAULT"),
}
_SQLITE_CACHE: Final = -2000
"""Kilobytes of pages, as SQLite counts them, that a job keeps. The recorder has each of its workers keep eight times as
much of what it read last, for good: reading everything would fill all of them, with what nobody asks for again."""


class Line:
    """What a job tells of itself while it runs, and the way to end it from outside."""

    def __init__(self, stopped: threading.Event) -> None:
        """Wait for a job."""
        self.answers = 0
        self._stopped = stopped
        self._given_up = False
        self._end: sqlite3.Connection | int | None = None
        self._guard = threading.Lock()

    def answered(self) -> None:
        """Note that the database has answered. Raises `Stopped` if nobody waits for the job any longer."""
        self.answers += 1
        if self._given_up or self._stopped.is_set():
            raise Stopped

    def run[R](self, instance: Recorder, job: Callable[[Connection], R]) -> R:
        """Run a job on a connection of the recorder's, in its executor."""
        try:
            session = instance.get_session()
        except RuntimeError as error:  # it has just been shut down
            raise HistoryUnavailable(ABSENT) from error
        try:
            with closing(session), self._open(session.connection()) as connection:
                self.answered()
                return job(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise unavailable(error) from error

    @contextmanager
    def _open(self, connection: Connection) -> Iterator[Connection]:
        with self._guard:
            self._end = _end_of(connection.connection.driver_connection)
        try:
            with _sparing(connection) if connection.dialect.name == "sqlite" else _hurried(connection):
                yield connection
        except BaseException:
            if connection.dialect.name != "sqlite":
                connection.invalidate()  # else its driver would fetch all the rows that are left
            raise
        finally:
            with self._guard:
                if isinstance(self._end, int):
                    os.close(self._end)
                self._end = None

    def hang_up(self) -> None:
        """Let whatever the job asks of the database now fail at once; called from another thread."""
        self._given_up = True
        with self._guard:
            if isinstance(self._end, sqlite3.Connection):
                self._end.interrupt()
            elif self._end is not None:
                # A lost server answers to nothing that a driver could ask of it
                with suppress(OSError), socket.socket(fileno=os.dup(self._end)) as end:
                    end.shutdown(socket.SHUT_RDWR)


@contextmanager
def _sparing(connection: Connection) -> Iterator[None]:
    """Keep few pages of SQLite's meanwhile, and none afterwards."""
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = {_SQLITE_CACHE}")
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):  # what went wrong before is told, not that it left no room for this
            connection.exec_driver_sql("PRAGMA shrink_memory")
            connection.exec_driver_sql(f"PRAGMA cache_size = {int(usual)}")


@contextmanager
def _hurried(connection: Connection) -> Iterator[None]:
    """Let a server wait for a lock for seconds at most."""
    before, after = _AROUND[connection.dialect.name]
    connection.exec_driver_sql(before)
    yield
    if after is not None:
        connection.exec_driver_sql(after)


def _end_of(driver: Any) -> sqlite3.Connection | int | None:
    """Return what can be hung up: SQLite's connection, or a number of our own for the socket to a server.

    Of our own, because a driver answers only to the thread that uses it, and its number may by then be another's.
    """
    if isinstance(driver, sqlite3.Connection):
        return driver
    try:
        # PyMySQL shows its socket nowhere else
        return os.dup((driver if hasattr(driver, "fileno") else driver._sock).fileno())  # noqa: SLF001
    except Exception:  # noqa: BLE001 - it is closed already, and the first query says why
        return None


async def async_run[R](hass: HomeAssistant, stopped: threading.Event, job: Callable[[Connection, Line], R]) -> R:
    """Run a job in the recorder's executor. Raises `HistoryUnavailable`, and `Stopped` soon after `stopped` is set."""
    instance = ready(hass)
    line = Line(stopped)
    try:
        running: asyncio.Future[R] = instance.async_add_executor_job(line.run, instance, lambda c: job(c, line))
    except RuntimeError as error:  # it has just been shut down
        raise HistoryUnavailable(ABSENT) from error
    running.add_done_callback(_heard)
    heard, silent = -1, 0
    while not (await asyncio.wait((running,), timeout=_TICK))[0]:
        heard, silent = line.answers, silent + 1 if line.answers == heard else 0
        if silent >= (_PATIENCE_WHEN_STOPPED if stopped.is_set() else PATIENCE):
            line.hang_up()
            running.cancel()
            raise Stopped if stopped.is_set() else HistoryUnavailable(SLOW)
    return running.result()


def ready(hass: HomeAssistant) -> Recorder:
    """Return the recorder if it can be asked now. Raises `HistoryUnavailable`."""
    if (instance := hass.data.get(DATA_INSTANCE)) is None:
        raise HistoryUnavailable(ABSENT)
    if async_migration_in_progress(hass):
        raise HistoryUnavailable(MIGRATING)
    answers = instance.async_db_ready
    if not answers.done() or answers.cancelled() or not answers.result():
        raise HistoryUnavailable(ABSENT)
    return instance


def _heard(running: asyncio.Future[Any]) -> None:
    """Take note of what a job that was given up raised after all."""
    if not running.cancelled():
        running.exception()
