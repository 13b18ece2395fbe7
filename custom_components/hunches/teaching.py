"""How a mind is taught: what is remembered, what the recorder has since, and what was seen live, in that order."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .engine.context_filter import Correction
from .engine.folded import Unfolding
from .engine.home import Home
from .engine.localtime import LocalTime
from .engine.memory import Kept
from .engine.model import Model
from .engine.policy import Policy
from .engine.scan import Mind
from .history import History, LongMemory, async_read
from .history.cause import CauseIndex
from .history.reader import Progress, Stopped
from .history.written import async_written
from .live import Change, LiveChanges, changes_after, complete
from .own_thread import OwnThread
from .rehearsal import note, note_unknown, rehearse


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recorder has said, and up to which moment (Unix seconds) that is all there is to say.

    Nothing later is aggregated: the recorder could lose it in a crash, and may not have told yet who did it.
    `forgotten`: how often anything had been forgotten or renamed before it was asked; what is deleted later may be in
    it, and under its old name what is renamed.
    """

    history: History
    until: float
    forgotten: int


@dataclass(frozen=True, slots=True)
class Taught:
    """A mind that knows all there is to know, of which home, and what it took."""

    mind: Mind
    home: Home
    timing: dict[str, Any]


class Teacher:
    """Teaches the minds of one home, and keeps between them and over restarts what they have learned."""

    def __init__(self, hass: HomeAssistant, thread: OwnThread, model: Model, policy: Policy, live: LiveChanges) -> None:
        """Know nothing yet."""
        self.hass = hass
        self.memory = LongMemory(hass, thread)
        self.causes = CauseIndex()
        self._thread = thread
        self._model = model
        self._policy = policy
        self._live = live
        self._rehearsed = False
        # How often anything was forgotten or renamed: by now, and before the last teaching
        self._forgotten = self._known = 0
        self._jumps = live.jumps

    async def async_read(
        self, home: Home, excluded: Collection[str], stopped: threading.Event, progress: Progress
    ) -> Heard:
        """Return what the recorder knows beyond what is remembered. Raises `HistoryUnavailable` and `Stopped`."""
        now = dt_util.utcnow().timestamp()
        await self.async_remembered()
        forgotten = self._forgotten
        await self.memory.async_forget_unrecorded(excluded)
        known = ((key, self.memory.kept[key].since(now)) for key in home.entities if key in self.memory.kept)
        since = {key: moment for key, moment in known if moment is not None}
        await async_written(self.hass, stopped)
        history = await async_read(self.hass, home, stopped, progress, since)
        history.causes.carry_over(self.causes)
        self.causes = history.causes
        return Heard(history, now, forgotten)

    async def async_teach(
        self,
        mind: Mind | None,
        home: Home,
        heard: Heard,
        corrections: tuple[Correction, ...],
        stopped: threading.Event,
        progress: Progress,
    ) -> Taught:
        """Return a mind that knows all of it: the one at hand if it is given and nothing was forgotten, else a new one.

        The caller sees to it that nobody else asks the mind meanwhile. Raises `Stopped`.
        """
        began = perf_counter()
        now = dt_util.utcnow().timestamp()
        states = [state for key in home.entities if (state := self.hass.states.get(key))]
        # Where the clock was wrong for a while, the mind has dropped what is remembered
        forgot = (self._known, self._jumps) != (self._forgotten, self._live.jumps)
        self._known, self._jumps = heard.forgotten, self._live.jumps

        def tell(done: int, total: int) -> None:
            if stopped.is_set():
                raise Stopped
            self.hass.loop.call_soon_threadsafe(progress, done, total)

        def teach(recent: tuple[Change, ...], unseen: list[Change]) -> tuple[Mind, dict[str, Kept]]:
            known = complete(home, heard.history.timelines, recent, states, now)
            if mind is not None and not forgot:
                note(mind, home, unseen)
                mind.correct(corrections)
                mind.learn(known, heard.until, tell)
                note_unknown(mind, home, changes_after(home, known, heard.until))
                return mind, mind.keep()
            return self._new(home, known, corrections, heard.until, now, tell)

        taught, kept = await self._thread.run(teach, self._live.recent, self._live.take())
        seconds = perf_counter() - began
        if heard.forgotten == self._forgotten:  # what was deleted or renamed meanwhile must not come back
            await self.memory.async_keep(kept, now)
        return Taught(
            taught,
            home,
            {
                "rows": heard.history.rows,
                "learn_seconds": round(seconds, 3),
                "learned": dt_util.utc_from_timestamp(heard.until).isoformat(timespec="seconds"),
                "remembered": len(self.memory.kept),
                "memory_bytes": self.memory.bytes,
            },
        )

    def _new(
        self,
        home: Home,
        known: Unfolding,
        corrections: tuple[Correction, ...],
        until: float,
        now: float,
        progress: Progress,
    ) -> tuple[Mind, dict[str, Kept]]:
        mind = Mind(self._model, home, corrections, self.memory.kept)
        if self._rehearsed:
            mind.learn(known, until, progress)
            note_unknown(mind, home, changes_after(home, known, until))
        else:
            rehearse(mind, self._policy, home, known, until, now, progress)
            self._rehearsed = True
        return mind, mind.keep()

    async def async_remembered(self) -> frozenset[str]:
        """Return the entities that are remembered, those that are not there now among them."""
        if await self.memory.async_load(dt_util.utcnow().timestamp()):
            self._forgotten += 1
        return frozenset(self.memory.kept)

    @callback
    def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id; what is learned at this moment knows the old one, and is not kept."""
        self._forgotten += 1
        self.memory.async_rename(old, new)

    async def async_forget(self, entity_ids: Collection[str], before: float | None = None) -> None:
        """Forget entities: all of them, or (`before`, Unix seconds) all that happened before a moment."""
        await self.async_remembered()  # also where nothing was read yet: what is forgotten is on disk
        self._forgotten += 1
        if before is None:
            await self.memory.async_forget(entity_ids)
            return
        config = self.hass.config
        clock = LocalTime(str(config.time_zone), config.latitude, config.longitude)
        kept = self.memory.kept
        await self.memory.async_replace({key: kept.get(key, Kept()).forgotten(before, clock) for key in entity_ids})
