"""Reads the recorder's states into timelines.

Rows are reduced where they are read, so that memory grows with the changes that matter and not with the rows. The
recorder's few workers are shared with the history page: many small entities are read in one job, and after a few
hundredths of a second the next one queues up behind whoever else waits.
"""

import asyncio
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection

from ..engine.folded import Folded, Unfolding
from ..engine.home import UNKNOWN, Entity, Home, read_state
from ..engine.memory import OVERLAP
from ..engine.recorded import AUTOMATIC_EVENTS, GAP_SECONDS, Changes, Contexts, gaps_between
from ..engine.timeline import Timeline
from ..engine.told import reach_back
from .cause import CauseIndex
from .line import Line, async_run
from .tables import Queries, Tables
from .trouble import HistoryUnavailable, Stopped, unavailable

__all__ = ["AUTOMATIC_EVENTS", "History", "HistoryUnavailable", "Stopped", "async_read"]

_ROWS_PER_JOB: Final = 20_000
_SECONDS_PER_JOB: Final = 0.05
_WAITING: Final = 86_400.0
"""Seconds by which an automation's event may precede a change that it makes after it has waited."""

type Progress = Callable[[int, int], None]
type Gaps = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded: a timeline for each entity with any change, held folded, and the number of rows read.

    `causes`: who acts in which context. `gaps`: stretches (start and end in Unix seconds, in order) in which Home
    Assistant was off; the timelines are unknown from their start on.
    """

    timelines: Unfolding
    rows: int
    causes: CauseIndex
    gaps: Gaps = ()


async def async_read(
    hass: HomeAssistant,
    home: Home,
    stopped: threading.Event,
    progress: Progress | None = None,
    since: Mapping[str, float] | None = None,
) -> History:
    """Read what was recorded of a home's devices and evidence.

    `since`: the moment (Unix seconds) up to which an entity is known already; what is not in it is read whole. An
    entity of which nothing is new, not even a gap, has no timeline. From where an entity is known to (`OVERLAP` after
    `since`) up to the first row that is left of any, there is a gap: what happened may have been purged, or the
    database may be another. `progress` is called with the number of entities read and the number of all. Raises
    `HistoryUnavailable`, and `Stopped` soon after `stopped` is set.
    """
    entities = (*home.devices, *home.evidence)
    job = _Job(entities, since or {})
    await async_run(hass, stopped, job.prepare)
    while job.done < len(entities):
        await async_run(hass, stopped, job.read_some)
        if progress is not None:
            progress(job.done, len(entities))
        await asyncio.sleep(0)
    return History(Unfolding(job.folded), job.rows, CauseIndex(job.contexts), job.gaps)


class _Job:
    """One reading of a home, a part at a time; its methods run in the recorder's executor."""

    def __init__(self, entities: Sequence[Entity], since: Mapping[str, float]) -> None:
        self.folded: dict[str, Folded] = {}
        self.rows = 0
        self.done = 0
        self.contexts = Contexts()
        self.gaps: Gaps = ()
        self._oldest = math.inf
        self._entities = entities
        self._since = since
        self._ids: Mapping[str, int] = {}
        self._queries = Queries()

    def prepare(self, connection: Connection, line: Line) -> None:
        """Read what all entities share."""
        tables = Tables(connection, line, self._queries)
        since = min((self._since.get(entity.entity_id, 0.0) for entity in self._entities), default=0.0)
        self._ids = tables.metadata_ids([entity.entity_id for entity in self._entities])
        self.gaps = tuple(gap for gap in gaps_between(tables.runs(), tables.latest_before) if gap[1] > since)
        self.contexts = tables.contexts(since - _WAITING)
        # Of any entity: of one that stands still for longer than rows are kept, none is left either
        oldest = tables.oldest()
        self._oldest = dt_util.utcnow().timestamp() if oldest is None else oldest

    def read_some(self, connection: Connection, line: Line) -> None:
        """Read entities until there has been enough for one job."""
        tables = Tables(connection, line, self._queries)
        began, rows = monotonic(), self.rows
        while self.done < len(self._entities):
            entity = self._entities[self.done]
            timeline = self._read(tables, entity, self._ids.get(entity.entity_id))
            if len(timeline):
                self.folded[entity.entity_id] = Folded.of(timeline)
            self.done += 1
            if self.rows - rows >= _ROWS_PER_JOB or monotonic() - began >= _SECONDS_PER_JOB:
                break

    def _read(self, tables: Tables, entity: Entity, metadata_id: int | None) -> Timeline:
        since, before = self._since.get(entity.entity_id), UNKNOWN
        gaps = self.gaps if since is None else self._gaps_after(since)
        told = self.contexts.told.get(entity.entity_id, ())
        if since is not None and metadata_id is not None and entity.is_device:
            since = reach_back(told, since)
            before = read_state(entity.domain, tables.state_at(metadata_id, since) or "")
        # Causes matter for what people switch only.
        contexts = self.contexts if entity.is_device else None
        changes = Changes(entity.domain, contexts, gaps, since, before, told)
        try:
            if metadata_id is not None:
                with closing(tables.changes(metadata_id, contexts is not None, since)) as parts:
                    for part in parts:
                        changes.add(part)
                        self.rows += len(part)
            return changes.timeline()
        except (TypeError, ValueError) as error:  # nothing that the recorder can have written
            raise unavailable(error) from error

    def _gaps_after(self, since: float) -> Gaps:
        """Return the gaps for an entity that is to be read from a moment on, what is no longer recorded among them."""
        known = since + OVERLAP
        lost = ((known, self._oldest),) if self._oldest - known >= GAP_SECONDS else ()
        return tuple(sorted((*self.gaps, *lost)))
