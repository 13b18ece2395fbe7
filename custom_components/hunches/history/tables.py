"""The recorder's tables: what is asked of them, and the stream of rows that comes back.

Only this module and `engine/database.py` name them. Rows are plain tuples, 512 at a time: more at once are noticed by
Home Assistant's event loop, through the garbage collector. SQLite is asked by the driver's own cursor, which takes
half the time of SQLAlchemy's rows; elsewhere the cursor is the server's, so that no driver buffers everything.
"""

import math
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.components.recorder.db_schema import EventData, Events, EventTypes, RecorderRuns, States, StatesMeta
from sqlalchemy import Connection, Select, bindparam, func, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import aliased

from ..engine.recorded import AUTOMATIC_EVENTS, CALL_EVENT, OUR_EVENT, Contexts, Run, fingerprints
from ..engine.told import told_by
from .line import Line

YIELD_PER: Final = 512
_IDS_PER_QUERY: Final = 500

type Rows = Sequence[Sequence[Any]]


def _read_of(table: Any) -> tuple[Any, ...]:
    """Return the conditions for the rows of one entity."""
    return table.metadata_id == bindparam("metadata_id"), table.last_updated_ts.is_not(None)


def _changes(causes: bool, later: bool) -> Select[Any]:
    """Return the query for one entity's rows, without those that only report new attributes.

    The very first counts even so: an older row, with the change itself, may have been purged.
    """
    columns: list[Any] = [States.state, States.last_updated_ts]
    if causes:
        columns += [States.context_id_bin, States.context_user_id_bin, States.context_parent_id_bin]
    query = select(*columns).where(*_read_of(States)).order_by(States.last_updated_ts, States.state_id)
    changed = or_(States.last_changed_ts.is_(None), States.last_changed_ts == States.last_updated_ts)
    if later:
        return query.where(States.last_updated_ts > bindparam("since"), changed)
    all_rows = aliased(States)
    first = select(all_rows.state_id).where(*_read_of(all_rows))
    first = first.order_by(all_rows.last_updated_ts, all_rows.state_id).limit(1)
    return query.where(or_(changed, States.state_id == first.scalar_subquery()))


class Queries:
    """What is asked, made for one reading: kept, it would take half a megabyte between one night and the next."""

    def __init__(self) -> None:
        """Make all of it."""
        both = (False, True)
        self.changes = {(causes, later): _changes(causes, later) for causes in both for later in both}
        self.before = (
            select(States.state)
            .where(*_read_of(States), States.last_updated_ts <= bindparam("since"))
            .order_by(States.last_updated_ts.desc(), States.state_id.desc())
            .limit(1)
        )
        self.latest = select(func.max(States.last_updated_ts)).where(States.last_updated_ts < bindparam("moment"))
        self.oldest = select(func.min(States.last_updated_ts))
        self.runs = select(RecorderRuns.run_id, RecorderRuns.start, RecorderRuns.end, RecorderRuns.closed_incorrect)
        self.ids = select(StatesMeta.entity_id, StatesMeta.metadata_id).where(
            StatesMeta.entity_id.in_(bindparam("entity_ids", expanding=True))
        )
        self.events = (
            select(Events.context_id_bin)
            .join(EventTypes, Events.event_type_id == EventTypes.event_type_id)
            .where(EventTypes.event_type.in_(bindparam("events", expanding=True)))
            .where(Events.time_fired_ts > bindparam("since"), Events.context_id_bin.is_not(None))
        )
        # Where there is a user or a parent, the change tells it too.
        self.nobodys_events = self.events.where(
            Events.context_user_id_bin.is_(None), Events.context_parent_id_bin.is_(None)
        )
        self.told = (
            select(Events.time_fired_ts, EventData.shared_data)
            .join(EventTypes, Events.event_type_id == EventTypes.event_type_id)
            .join(EventData, Events.data_id == EventData.data_id)
            .where(EventTypes.event_type == OUR_EVENT, Events.time_fired_ts > bindparam("since"))
        )
        self.heard_since = (
            select(func.min(Events.time_fired_ts))
            .join(EventTypes, Events.event_type_id == EventTypes.event_type_id)
            .where(EventTypes.event_type == CALL_EVENT)
        )
        self._texts: dict[Select[Any], tuple[str, dict[str, Any]]] = {}
        self.compiled: dict[Any, Any] = {}
        """SQLAlchemy's, for these alone: the recorder's own would keep them for as long as Home Assistant runs."""

    def for_sqlite(self, query: Select[Any]) -> tuple[str, dict[str, Any]]:
        """Return a query's text and the parameters that it brings along."""
        if query not in self._texts:
            compiled = query.compile(dialect=sqlite.dialect(paramstyle="named"))
            self._texts[query] = str(compiled), compiled.params
        return self._texts[query]


class Tables:
    """Reads the recorder's tables through one connection, for a job of this line."""

    def __init__(self, connection: Connection, line: Line, queries: Queries) -> None:
        """Read through this connection; the caller closes it."""
        self._connection = connection.execution_options(compiled_cache=queries.compiled)
        self._line = line
        self._queries = queries

    def metadata_ids(self, entity_ids: Sequence[str]) -> dict[str, int]:
        """Return the numbers under which entities are kept; nothing for one that was never recorded."""
        found: dict[str, int] = {}
        for start in range(0, len(entity_ids), _IDS_PER_QUERY):
            some = entity_ids[start : start + _IDS_PER_QUERY]
            rows = self._connection.execute(self._queries.ids, {"entity_ids": some})
            found.update((row[0], row[1]) for row in rows if row[0])
        return found

    def runs(self) -> list[Run]:
        """Return the stretches in which the recorder recorded, the present one included."""
        return [
            Run(row[0], _seconds(row[1]), None if row[2] is None else _seconds(row[2]), bool(row[3]))
            for row in self._connection.execute(self._queries.runs)
        ]

    def latest_before(self, moment: float) -> float | None:
        """Return the time of the last row before a moment, both in Unix seconds; None if there is none."""
        found: float | None = self._connection.scalar(self._queries.latest, {"moment": moment})
        self._line.answered()
        return found

    def oldest(self) -> float | None:
        """Return the time of the first row that is left of any entity, in Unix seconds; None if none is."""
        found: float | None = self._connection.scalar(self._queries.oldest)
        self._line.answered()
        return found

    def contexts(self, since: float) -> Contexts:
        """Return the contexts of events after a moment (Unix seconds)."""
        heard_since = self._connection.scalar(self._queries.heard_since)
        told = ((row[0], row[1]) for part in self._stream(self._queries.told, {"since": since}) for row in part)
        return Contexts(
            self._fingerprints(self._queries.nobodys_events, AUTOMATIC_EVENTS, since),
            self._fingerprints(self._queries.events, (OUR_EVENT,), since),
            self._fingerprints(self._queries.nobodys_events, (CALL_EVENT,), since),
            math.inf if heard_since is None else heard_since,
            told_by(told),
        )

    def state_at(self, metadata_id: int, moment: float) -> str | None:
        """Return an entity's text at a moment (Unix seconds), None if it had none."""
        found: str | None = self._connection.scalar(self._queries.before, {"metadata_id": metadata_id, "since": moment})
        self._line.answered()
        return found

    def changes(self, metadata_id: int, causes: bool, since: float | None) -> Generator[Rows]:
        """Yield an entity's rows in order of time, after a moment (Unix seconds) or all: see `recorded.Changes.add`."""
        query = self._queries.changes[causes, since is not None]
        parameters = {"metadata_id": metadata_id} if since is None else {"metadata_id": metadata_id, "since": since}
        if self._connection.dialect.name != "sqlite":
            return self._stream(query, parameters)
        return self._stream_from_sqlite(query, parameters)

    def _stream(self, query: Select[Any], parameters: dict[str, Any]) -> Generator[Rows]:
        result = self._connection.execute(query, parameters, execution_options={"yield_per": YIELD_PER})
        cursor = result.cursor
        try:
            for part in result.partitions():
                self._line.answered()
                yield part
        except BaseException:
            # PyMySQL would read on later, even from a connection that is closed
            unread: Any = getattr(cursor, "_result", None)
            if hasattr(unread, "unbuffered_active"):
                unread.unbuffered_active = False
            raise

    def _stream_from_sqlite(self, query: Select[Any], parameters: dict[str, Any]) -> Generator[Rows]:
        text, constants = self._queries.for_sqlite(query)
        cursor = self._connection.connection.cursor()
        try:
            cursor.execute(text, constants | parameters)
            while part := cursor.fetchmany(YIELD_PER):
                self._line.answered()
                yield part
        finally:
            cursor.close()

    def _fingerprints(self, query: Select[Any], events: Sequence[str], since: float) -> Sequence[int]:
        parameters = {"events": list(events), "since": since}
        return fingerprints(row[0] for part in self._stream(query, parameters) for row in part)


def _seconds(moment: datetime) -> float:
    """Return Unix seconds; not every database keeps the zone, which is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
