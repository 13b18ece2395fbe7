"""Real recorders, on each of the databases that Home Assistant knows, filled with rows of a test's own."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import EventData, Events, EventTypes, RecorderRuns, States, StatesMeta
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.recorder import session_scope
from homeassistant.util.ulid import ulid_to_bytes
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import insert

from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.history import History, async_read

from . import servers
from .servers import NotHere, Server

CHUNK = 10_000
ALL = ("sqlite", "mariadb", "postgresql")
SERVERS = ("mariadb", "postgresql")
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """Return a MariaDB server of this test run's own."""
    try:
        with servers.mariadb() as server:
            yield server
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a PostgreSQL server of this test run's own."""
    try:
        with servers.postgresql() as server:
            yield server
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=ALL)
def recorder_db_url(request: pytest.FixtureRequest, hass_fixture_setup: list[bool], tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database: every test runs on each of the three, unless it names some."""
    assert not hass_fixture_setup
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'home-assistant_v2.db'}"
    else:
        request.getfixturevalue("socket_enabled")  # to this machine alone, even so
        server: Server = request.getfixturevalue(request.param)
        with server.database(f"home{next(_NUMBERS)}") as url:
            yield url


@pytest.fixture
def hass_with_recorder(hunches_allowed: Any, hass: HomeAssistant) -> HomeAssistant:
    """Return Home Assistant with a recorder that is ready."""
    return hass


@dataclass(frozen=True)
class Row:
    """One row of `states`; `changed` is the older moment of a row that only reports new attributes."""

    moment: float
    state: str
    context: Context | None = None
    changed: float | None = None


def fill(hass: HomeAssistant, entity_id: str, rows: Sequence[Row]) -> None:
    """Write rows as the recorder would have, in chunks; for an entity without live states. Runs in an executor."""
    with session_scope(hass=hass) as session:
        meta = StatesMeta(entity_id=entity_id)
        session.add(meta)
        session.flush()
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(States), [_values(meta.metadata_id, row) for row in rows[start : start + CHUNK]])


def _values(metadata_id: int, row: Row) -> dict[str, Any]:
    context = row.context or Context()
    return {
        "metadata_id": metadata_id,
        "state": row.state,
        "last_updated_ts": row.moment,
        "last_changed_ts": row.changed,
        "context_id_bin": ulid_to_bytes(context.id),
        "context_user_id_bin": bytes.fromhex(context.user_id) if context.user_id else None,
        "context_parent_id_bin": ulid_to_bytes(context.parent_id) if context.parent_id else None,
    }


def fire(
    hass: HomeAssistant,
    event_type: str,
    contexts: Sequence[Context],
    moment: float = 1.0,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write events of a type that was not written yet as the recorder would have. Runs in an executor."""
    with session_scope(hass=hass) as session:
        kind = EventTypes(event_type=event_type)
        session.add(kind)
        kept = EventData(shared_data=json.dumps(data)) if data is not None else None
        if kept is not None:
            session.add(kept)
        session.flush()
        for context in contexts:
            values = {"context_id_bin": ulid_to_bytes(context.id), "time_fired_ts": moment, "origin_idx": 0}
            data_id = kept.data_id if kept is not None else None
            session.add(Events(event_type_id=kind.event_type_id, data_id=data_id, **values))


def ran(hass: HomeAssistant, *runs: tuple[float, float | None, bool]) -> None:
    """Write runs as the recorder would have: start, end, and whether it crashed. Runs in an executor."""
    with session_scope(hass=hass) as session:
        for start, end, crashed in runs:
            began, ended = (None if moment is None else datetime.fromtimestamp(moment, UTC) for moment in (start, end))
            session.add(RecorderRuns(start=began, end=ended, closed_incorrect=crashed, created=began))


type Write = Callable[..., Any]


@pytest.fixture
def write(hunches_allowed: Any, hass: HomeAssistant) -> Write:
    """Return what writes to the recorder's database with one of the functions above."""

    async def run(job: Callable[..., None], *args: object) -> None:
        await async_wait_recording_done(hass)
        await get_instance(hass).async_add_executor_job(job, hass, *args)

    return run


async def read(
    hass: HomeAssistant,
    *entity_ids: str,
    progress: Callable[[int, int], None] | None = None,
    since: Mapping[str, float] | None = None,
) -> History:
    """Read a home of these entities."""
    home = Home("test", entities={key: Entity(key) for key in entity_ids})
    return await async_read(hass, home, threading.Event(), progress, since)
