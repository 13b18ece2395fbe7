"""Writes the home's past into the recorder's database, as the recorder would have written it at the time.

The recorder's own thread does it, between two of its own tasks, so that nothing else writes meanwhile. It has to be
done before any of the entities has a live state: later rows are newer ones.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any, override

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import (
    EventData,
    Events,
    EventTypes,
    StateAttributes,
    States,
    StatesMeta,
)
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.helpers.recorder import session_scope
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from .home import Row, Thing, read_rows

CHUNK = 10_000
_TRIGGERED = "automation_triggered"


@dataclass(slots=True)
class FillTask(RecorderTask):
    """Fills the database and answers with the number of rows.

    `user`: the id of the user who stands for the home's people.
    """

    folder: Path
    things: Sequence[Thing]
    user: bytes | None
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[int]

    @override
    def run(self, instance: Recorder) -> None:
        """Write everything in one transaction."""
        try:
            with session_scope(session=instance.get_session()) as session:
                count = _fill(session, self.things, read_rows(self.folder), self.user)
                instance.states_manager.load_from_db(session)
        # Nobody else would hear of it: the recorder logs what its tasks raise and goes on
        except Exception as error:  # noqa: BLE001
            self.loop.call_soon_threadsafe(self.done.set_exception, error)
        else:
            self.loop.call_soon_threadsafe(self.done.set_result, count)


def _fill(session: Session, things: Sequence[Thing], rows: Iterator[Row], user: bytes | None) -> int:
    metadata = dict(session.execute(select(StatesMeta.entity_id, StatesMeta.metadata_id)).tuples().all())
    attributes: dict[str, int] = {}
    for thing in things:
        if thing.entity_id not in metadata:
            meta = StatesMeta(entity_id=thing.entity_id)
            session.add(meta)
            session.flush()
            metadata[thing.entity_id] = meta.metadata_id
        text = json.dumps(thing.attributes, ensure_ascii=False, separators=(",", ":"))
        shared = StateAttributes(hash=StateAttributes.hash_shared_attrs_bytes(text.encode()), shared_attrs=text)
        session.add(shared)
        session.flush()
        attributes[thing.entity_id] = shared.attributes_id
    automations = _Automations(session)
    first = (session.scalar(select(func.max(States.state_id))) or 0) + 1
    before: dict[str, int] = {}
    count = 0
    for chunk in batched(rows, CHUNK, strict=False):
        states: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for row in chunk:
            state_id = first + count
            count += 1
            context = _context_id(row.time, count)
            states.append(
                {
                    "state_id": state_id,
                    "old_state_id": before.get(row.entity_id),  # the logbook shows only what followed something
                    "state": row.state,
                    "last_updated_ts": row.time,
                    "last_changed_ts": None,  # as the recorder writes a change: the same as last_updated_ts
                    "last_reported_ts": None,
                    "attributes_id": attributes[row.entity_id],
                    "metadata_id": metadata[row.entity_id],
                    "origin_idx": 0,
                    "context_id_bin": context,
                    "context_user_id_bin": user if row.cause == "person" else None,
                    "context_parent_id_bin": None,
                }
            )
            before[row.entity_id] = state_id
            if row.cause == "automation":
                events.append(automations.event(row, context))
        session.execute(insert(States), states)
        if events:
            session.execute(insert(Events), events)
    return count


class _Automations:
    """Writes the events of the automations that stand behind some of the changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._data: dict[str, int] = {}
        self._type: int | None = None

    def event(self, row: Row, context: bytes) -> dict[str, Any]:
        """Return the event of the automation that caused a change."""
        return {
            "origin_idx": 0,
            "time_fired_ts": row.time - 0.01,
            "data_id": self._data_id(row.entity_id.partition(".")[2]),
            "event_type_id": self._type_id(),
            "context_id_bin": context,
            "context_user_id_bin": None,
            "context_parent_id_bin": None,
        }

    def _type_id(self) -> int:
        if self._type is None:
            found = self._session.scalar(select(EventTypes.event_type_id).where(EventTypes.event_type == _TRIGGERED))
            if found is None:
                kind = EventTypes(event_type=_TRIGGERED)
                self._session.add(kind)
                self._session.flush()
                found = kind.event_type_id
            self._type = found
        return self._type

    def _data_id(self, name: str) -> int:
        if name not in self._data:
            text = json.dumps(
                {"name": name.replace("_", " ").capitalize(), "entity_id": f"automation.{name}", "source": "time"}
            )
            data = EventData(hash=EventData.hash_shared_data_bytes(text.encode()), shared_data=text)
            self._session.add(data)
            self._session.flush()
            self._data[name] = data.data_id
        return self._data[name]


def _context_id(moment: float, number: int) -> bytes:
    """Return a ULID: 48 bits of milliseconds, and a number in place of 80 random bits."""
    return round(moment * 1000).to_bytes(6, "big") + number.to_bytes(10, "big")
