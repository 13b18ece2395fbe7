"""What a recorder's rows mean: who made a change, when nothing was recorded, which rows change a reading.

Shared by the two that read a recorder: `history/` inside Home Assistant, `database.py` without it.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .home import UNKNOWN, read_state
from .timeline import Cause, Timeline
from .told import Expected, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OUR_EVENT: Final = "hunches_acted"
AUTOMATIC_EVENTS: Final = ("automation_triggered", "script_started")
"""Literal, because importing those two integrations loads much else; a test holds them against core."""
CALL_EVENT: Final = "call_service"
GAP_SECONDS: Final = 300.0
"""Shorter silences between two runs of Home Assistant are restarts: what stood before them stands after them."""
_KNOWN_TEXTS: Final = 512
"""Texts of states whose reading is remembered; a sensor may have a new one in every row."""


def fingerprint(context_id: bytes) -> int:
    """Return the random half of a context's id: 64 bits, enough to tell the contexts of a home apart."""
    return int.from_bytes(context_id[-8:], "big")


def fingerprints(context_ids: Iterable[bytes]) -> array[int]:
    """Return the fingerprints of contexts in ascending order, 8 bytes each."""
    found = array("Q", map(fingerprint, context_ids))
    return array("Q", np.sort(np.frombuffer(found, dtype=np.uint64)).tobytes()) if found else found


@dataclass(frozen=True, slots=True)
class Contexts:
    """The contexts that tell who acts in them; every other context tells it by itself.

    The user interface leaves a user, an automation started by an event a parent. One that was started by the clock
    or by the sun leaves neither, and a wall switch leaves neither too: the events of automations and scripts tell
    the two apart. What is left was asked for by nobody known if an action was called in its context, and was done at
    the device itself (its switch, its own app) if none was.

    `automatic`, `ours`, `called`: fingerprints in ascending order. `heard_since`: the moment (Unix seconds) of the
    first recorded call of an action; before it, and where calls are not recorded at all (infinity), the two cannot be
    told apart. `told`: what our events told devices, by entity id and in order of time.
    """

    automatic: Sequence[int] = ()
    ours: Sequence[int] = ()
    called: Sequence[int] = ()
    heard_since: float = math.inf
    told: Mapping[str, Sequence[Told]] = field(default_factory=dict)

    def known(self, key: int) -> Cause | None:
        """Return who acts in the context of a fingerprint: `UNKNOWN` for a call by nobody known, None for no event."""
        if _holds(self.ours, key):
            return Cause.OURS
        if _holds(self.automatic, key):
            return Cause.AUTOMATION
        return Cause.UNKNOWN if _holds(self.called, key) else None

    def is_nameless(self, context_id: bytes | None, has_user: bool, has_parent: bool) -> bool:
        """Return whether nothing at all tells who made a change."""
        known = self.known(fingerprint(context_id)) if context_id else Cause.UNKNOWN
        return who(known, has_user, has_parent) is Cause.PHYSICAL

    def of(self, context_id: bytes | None, has_user: bool, has_parent: bool, moment: float) -> Cause:
        """Return who made a change of a device at a moment (Unix seconds)."""
        if (has_user or has_parent) and not self.ours:  # most changes by far, and events tell nothing more of them
            return who(None, has_user, has_parent)
        known = self.known(fingerprint(context_id)) if context_id else Cause.UNKNOWN
        cause = who(known, has_user, has_parent)
        return Cause.UNKNOWN if cause is Cause.PHYSICAL and moment < self.heard_since else cause


def _holds(keys: Sequence[int], key: int) -> bool:
    place = bisect_left(keys, key)
    return place < len(keys) and keys[place] == key


def who(known: Cause | None, has_user: bool, has_parent: bool) -> Cause:
    """Return who made a change, from what events tell of its context (see `Contexts.known`) and the context itself."""
    if known is Cause.OURS:
        return known
    if has_user:
        return Cause.PERSON
    if has_parent:
        return Cause.AUTOMATION
    return Cause.PHYSICAL if known is None else known


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch in which the recorder recorded, in Unix seconds.

    `number` counts all runs there ever were, from 1. `crashed`: Home Assistant was not shut down, and `end` is the
    start of the next run, or None.
    """

    number: int
    start: float
    end: float | None
    crashed: bool


def gaps_between(
    runs: Iterable[Run], latest_before: Callable[[float], float | None]
) -> tuple[tuple[float, float], ...]:
    """Return the stretches of at least `GAP_SECONDS` in which nothing was recorded, as start and end in order of time.

    `latest_before` returns the time of the last row before a moment, None if there is none: where a run has no end of
    its own, and where it has been purged (it is, once it started too long ago), recording ended with that row.
    """
    found: list[tuple[float, float]] = []
    before: Run | None = None
    for run in sorted(runs, key=lambda run: run.start):
        begin: float | None = None
        if before is not None and before.end is not None and not before.crashed:
            begin = before.end
        elif before is not None or run.number > 1:
            begin = latest_before(run.start)
            if begin is not None:
                # The row itself still counts
                begin = max(math.nextafter(begin, math.inf), before.start if before is not None else -math.inf)
        if begin is not None and run.start - begin >= GAP_SECONDS:
            found.append((begin, run.start))
        before = run
    return tuple(found)


class Changes:
    """Grows by the rows of one entity that change its reading; everything else is dropped as it comes.

    `contexts`: None for what nobody switches, which needs no causes. `since`: the moment (Unix seconds) up to which
    the entity is known already, and `before` the reading that held then; None where everything is read. `told`: what
    we told the entity, in order of time.
    """

    def __init__(
        self,
        domain: str,
        contexts: Contexts | None,
        gaps: Iterable[tuple[float, float]] = (),
        since: float | None = None,
        before: int = UNKNOWN,
        told: Iterable[Told] = (),
    ) -> None:
        """Begin with no row."""
        self._expected = Expected(told)
        self._domain = domain
        self._contexts = contexts
        self._continued = since is not None
        self._before = before
        known = -math.inf if since is None else math.nextafter(since, math.inf)
        self._gaps = [max(start, known) for start, end in reversed(tuple(gaps)) if end > known]
        self._readings: dict[str | None, int] = {}
        self._times = array("d")
        self._states = array("b")
        self._causes = array("b")

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take in rows in order of time.

        Each is state, last_updated_ts and, for what has causes, context_id_bin, context_user_id_bin and
        context_parent_id_bin.
        """
        while self._gaps and rows and rows[-1][1] > self._gaps[-1]:
            place = bisect_right(rows, self._gaps[-1], key=lambda row: row[1])
            self._add(rows[:place])
            self._open_gap()
            rows = rows[place:]
        self._add(rows)

    def timeline(self) -> Timeline:
        """Return what the rows say."""
        while self._gaps:
            self._open_gap()
        return Timeline.from_readings(self._times, self._states, self._causes)

    def _add(self, rows: Sequence[Sequence[Any]]) -> None:
        readings, contexts = self._readings, self._contexts
        last, moment = (self._states[-1], self._times[-1]) if self._states else (None, -math.inf)
        for row in rows:
            text = row[0]
            if (reading := readings.get(text)) is None:
                reading = self._read(text)
            # Of several rows at one moment the last holds, so that a repeat counts there.
            if reading == last and row[1] > moment:
                continue
            cause = Cause.UNKNOWN
            if contexts is not None:
                context = row[2], row[3] is not None, row[4] is not None
                cause = contexts.of(*context, row[1])
                if self._expected and self._expected.is_ours(row[1], reading, nameless=contexts.is_nameless(*context)):
                    cause = Cause.OURS
                if cause is Cause.PHYSICAL and UNKNOWN in (reading, self._before if last is None else last):
                    cause = Cause.UNKNOWN  # it came or went: nobody touched it
            last, moment = reading, row[1]
            self._times.append(moment)
            self._states.append(reading)
            self._causes.append(cause)

    def _read(self, text: str | None) -> int:
        """Return the reading of a text. An empty one is a removal and opens a gap."""
        reading = read_state(self._domain, text or "")
        if len(self._readings) < _KNOWN_TEXTS:
            self._readings[text] = reading
        return reading

    def _open_gap(self) -> None:
        start = self._gaps.pop()
        if self._states or self._continued:
            self._times.append(start)
            self._states.append(UNKNOWN)
            self._causes.append(Cause.UNKNOWN)
