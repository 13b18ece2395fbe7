"""Streams the recorder's states, one entity at a time, into timelines.

Only this module and `engine/database.py` name the recorder's tables. Rows are reduced where they are read, so that
memory grows with the changes that matter and not with the rows: partitions of 512 keep both the database driver
and Home Assistant's event loop (through the garbage collector) from noticing.
"""

import asyncio
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.recorder.db_schema import Events, EventTypes, States, StatesMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE, async_migration_in_progress, session_scope
from sqlalchemy import Row, or_, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ..const import EVENT_ACTED
from ..engine.home import Home, read_state
from ..engine.timeline import Cause, Timeline
from .cause import CauseIndex, fingerprint

YIELD_PER: Final = 512
AUTOMATIC_EVENTS: Final = ("automation_triggered", "script_started")
"""Literal, because importing those two integrations loads much else; a test holds them against core."""
_IDS_PER_QUERY: Final = 500

type Progress = Callable[[int, int], None]


class HistoryUnavailable(Exception):
    """The recorder cannot be read now; `reason` is the key of a text, `detail` what the database said."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep why."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Stopped(Exception):
    """The integration was unloaded meanwhile."""


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded: a timeline for each entity with any row, the number of rows read, and who did what."""

    timelines: dict[str, Timeline]
    rows: int
    causes: CauseIndex


async def async_read(
    hass: HomeAssistant, home: Home, stopped: threading.Event, progress: Progress | None = None
) -> History:
    """Read everything recorded of a home's devices and evidence.

    `progress` is called with the number of entities read and the number of all. Raises `HistoryUnavailable`, and
    `Stopped` soon after `stopped` is set.
    """
    entities = (*home.devices, *home.evidence)
    causes = CauseIndex(*await _async_run(hass, _read_contexts, hass, stopped))
    metadata_ids = await _async_run(hass, _read_metadata_ids, hass, [e.entity_id for e in entities])
    timelines: dict[str, Timeline] = {}
    rows = 0
    for number, entity in enumerate(entities, start=1):
        if (metadata_id := metadata_ids.get(entity.entity_id)) is not None:
            # Causes matter for what people switch only.
            index = causes if entity.is_device else None
            timeline, read = await _async_run(hass, read_entity, hass, metadata_id, entity.domain, index, stopped)
            rows += read
            if len(timeline):
                timelines[entity.entity_id] = timeline
            await asyncio.sleep(0)  # the history page shares the recorder's few workers
        if progress is not None:
            progress(number, len(entities))
    return History(timelines, rows, causes)


async def _async_run[R](hass: HomeAssistant, job: Callable[..., R], *args: Any) -> R:
    """Run a job in the recorder's executor, or say why that cannot be done now."""
    if (instance := hass.data.get(DATA_INSTANCE)) is None:
        raise HistoryUnavailable("recorder_absent")
    if async_migration_in_progress(hass):
        raise HistoryUnavailable("recorder_migrating")
    ready = instance.async_db_ready
    if not ready.done() or ready.cancelled() or not ready.result():
        raise HistoryUnavailable("recorder_absent")
    try:
        return await instance.async_add_executor_job(job, *args)
    except OperationalError as error:
        raise HistoryUnavailable("recorder_locked", str(error.orig)) from error
    except SQLAlchemyError as error:
        raise HistoryUnavailable("recorder_failed", str(error).partition("\n")[0]) from error


def _read_contexts(hass: HomeAssistant, stopped: threading.Event) -> tuple[Sequence[int], Sequence[int]]:
    """Return the fingerprints of the contexts of automations and scripts, and of our own, both ascending."""
    return _contexts_of(hass, AUTOMATIC_EVENTS, stopped), _contexts_of(hass, (EVENT_ACTED,), stopped)


def _contexts_of(hass: HomeAssistant, events: Iterable[str], stopped: threading.Event) -> Sequence[int]:
    query = (
        select(Events.context_id_bin)
        .join(EventTypes, Events.event_type_id == EventTypes.event_type_id)
        .where(EventTypes.event_type.in_(list(events)))
        .where(Events.context_id_bin.is_not(None))
    )
    found = array("Q")
    with session_scope(hass=hass, read_only=True) as session:
        for part in session.connection().execute(query, execution_options={"yield_per": YIELD_PER}).partitions():
            if stopped.is_set():
                raise Stopped
            found.extend(fingerprint(context_id) for (context_id,) in part)
    return array("Q", sorted(found))


def _read_metadata_ids(hass: HomeAssistant, entity_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    with session_scope(hass=hass, read_only=True) as session:
        for start in range(0, len(entity_ids), _IDS_PER_QUERY):
            query = select(StatesMeta.entity_id, StatesMeta.metadata_id).where(
                StatesMeta.entity_id.in_(entity_ids[start : start + _IDS_PER_QUERY])
            )
            found.update((row[0], row[1]) for row in session.connection().execute(query) if row[0])
    return found


def read_entity(
    hass: HomeAssistant, metadata_id: int, domain: str, causes: CauseIndex | None, stopped: threading.Event
) -> tuple[Timeline, int]:
    """Return one entity's timeline and the number of rows it was read from; runs in an executor.

    Rows that only report new attributes are left to the database, but for the first: an older row, with the change
    itself, may have been purged. An empty state is a removal and opens a gap.
    """
    mine = (States.metadata_id == metadata_id, States.last_updated_ts.is_not(None))
    order = (States.last_updated_ts, States.state_id)
    query = (
        select(
            States.state,
            States.last_updated_ts,
            States.context_id_bin,
            States.context_user_id_bin,
            States.context_parent_id_bin,
        )
        .where(*mine)
        .order_by(*order)
    )
    changes = _Changes(domain, causes)
    rows = 0
    with session_scope(hass=hass, read_only=True) as session:
        connection = session.connection()
        first = connection.scalar(select(States.state_id).where(*mine).order_by(*order).limit(1))
        query = query.where(
            or_(
                States.last_changed_ts.is_(None),
                States.last_changed_ts == States.last_updated_ts,
                States.state_id == first,
            )
        )
        for part in connection.execute(query, execution_options={"yield_per": YIELD_PER}).partitions():
            if stopped.is_set():
                raise Stopped
            changes.add(part)
            rows += len(part)
    return changes.timeline(), rows


class _Changes:
    """Grows by the rows that change a reading; everything else is dropped as it comes."""

    def __init__(self, domain: str, causes: CauseIndex | None) -> None:
        self._domain = domain
        self._index = causes
        self._readings: dict[str, int] = {}
        self._times = array("d")
        self._states = array("b")
        self._causes = array("b")

    def add(self, rows: Sequence[Row[Any]]) -> None:
        times, states, readings = self._times, self._states, self._readings
        for state, moment, context_id, user_id, parent_id in rows:
            text = state or ""
            if (reading := readings.get(text)) is None:
                reading = read_state(self._domain, text)
                if len(readings) < YIELD_PER:  # a sensor may have a text for every row
                    readings[text] = reading
            # Of several rows at one moment the last holds, so that a repeat counts there.
            if states and reading == states[-1] and moment > times[-1]:
                continue
            times.append(moment)
            states.append(reading)
            cause = self._index.of(context_id, user_id is not None, parent_id is not None) if self._index else 0
            self._causes.append(Cause(cause))

    def timeline(self) -> Timeline:
        return Timeline.from_readings(self._times, self._states, self._causes)
