"""What became of every hunch, and what people stated: kept at once, on disk, and restored when Home Assistant starts.

The store is the only memory of what a home said; everything else can be learned again from history.
"""

import asyncio
from dataclasses import replace
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER
from .corrections import Statement, stated, without
from .engine.context_filter import Correction
from .engine.hunches import Hunch, Kind
from .engine.policy import (
    Answer,
    Answered,
    Decision,
    Ledger,
    Record,
    Rule,
    Verdict,
    left,
    renamed,
    with_rule,
    without_rule,
)
from .ledger_json import capped, ledger_as_json, ledger_from_json, renamed_hunch, renamed_record, restore

STORAGE_VERSION: Final = 1
STORAGE_MINOR_VERSION: Final = 3
"""2: with corrections. 3: with rules and actions. Each reads the others' files: nothing has to be migrated."""
IMPLICIT_SECONDS: Final = 600.0
"""Settled this soon after it was raised, a hunch was right: somebody did just that."""
_RIGHT: Final = frozenset({Answer.ACCEPTED, Answer.ALWAYS})
_WRONG: Final = frozenset({Answer.REJECTED, Answer.NEVER, Answer.UNDONE})


class Feedback:
    """The ledger of hunches and answers, the statements about the household, and their file."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; `async_load` fills it."""
        self._hass = hass
        self._store = _store(hass)
        self._saving = asyncio.Lock()
        self.ledger = Ledger()
        self.statements: tuple[Statement, ...] = ()

    async def async_load(self) -> None:
        """Restore what was kept. What cannot be read is left out with one line in the log."""
        data = await self._store.async_load() or {}
        ledger, lost = ledger_from_json(data)
        corrections = data.get("corrections") or []
        statements = restore(corrections, Statement.from_json)
        lost += len(corrections) - len(statements)
        if lost:
            LOGGER.warning("%d of the stored hunches, answers and corrections cannot be read and are left out", lost)
        self.ledger = replace(ledger, started=self.ledger.started)
        self.statements = tuple(statements)

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What the household has stated, as the engine takes it."""
        return tuple(statement.correction for statement in self.statements)

    def find(self, key: str) -> Hunch | None:
        """Return the open hunch of that key."""
        return next((hunch for hunch in self.ledger.open if hunch.key == key), None)

    def began(self, now: float) -> None:
        """Note when Home Assistant started; until then nothing has to settle."""
        self.ledger = replace(self.ledger, started=now)

    async def async_decided(self, decision: Decision, now: float) -> None:
        """Keep what the policy decided; nothing is written when it changed nothing."""
        if decision.raised or decision.withdrawn:
            await self._async_keep(self.ledger.decided(decision, now))

    async def async_answered(self, answered: Answered) -> None:
        """Keep an answer; its hunch is open no longer."""
        await self._async_keep(self.ledger.answered(answered))

    async def async_stated(self, statement: Statement) -> None:
        """Keep what somebody stated, in place of what was said about that time before."""
        self.statements = stated(self.statements, statement)
        await self._async_save()

    async def async_forget(self, start: float, end: float) -> None:
        """Forget what was stated about a time, Unix seconds."""
        self.statements = without(self.statements, start, end)
        await self._async_save()

    async def async_ruled(self, rule: Rule) -> None:
        """Keep a rule that somebody made."""
        await self._async_keep(replace(self.ledger, rules=with_rule(self.ledger.rules, rule)))

    async def async_unruled(self, verdict: Verdict, entity_id: str | None, kind: Kind | None) -> bool:
        """Take a rule back; return whether there was one."""
        rules = without_rule(self.ledger.rules, verdict, entity_id, kind)
        if rules == self.ledger.rules:
            return False
        await self._async_keep(replace(self.ledger, rules=rules))
        return True

    async def async_recorded(self, record: Record) -> None:
        """Keep an action, or what became of it."""
        await self._async_keep(self.ledger.recorded(record))

    async def async_switched(self, automatic: bool) -> None:
        """Keep whether anything may be done without asking."""
        if automatic != self.ledger.automatic:
            await self._async_keep(replace(self.ledger, automatic=automatic))

    async def async_left(self, entity_id: str) -> None:
        """An entity is gone for good: nothing is allowed to another that may take its id."""
        rules = left(self.ledger.rules, entity_id)
        if rules != self.ledger.rules:
            await self._async_keep(replace(self.ledger, rules=rules))

    async def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id, so that what was said about it still holds."""
        keys = {f"{kind}:{old}": f"{kind}:{new}" for kind in Kind}
        ledger = self.ledger
        await self._async_keep(
            replace(
                ledger,
                open=tuple(renamed_hunch(hunch, old, new) for hunch in ledger.open),
                answers=tuple(replace(a, hunch=renamed_hunch(a.hunch, old, new)) for a in ledger.answers),
                raised=tuple((moment, keys.get(key, key)) for moment, key in ledger.raised),
                rules=renamed(ledger.rules, old, new),
                records=tuple(renamed_record(record, old, new) for record in ledger.records),
            )
        )

    async def _async_keep(self, ledger: Ledger) -> None:
        self.ledger = capped(ledger)
        await self._async_save()

    async def _async_save(self) -> None:
        # One at a time, and each with what holds by then: a slow save must not bring back what was before.
        async with self._saving:
            ledger, statements = self.ledger, self.statements  # immutable: safe to read in another thread
            data = await self._hass.async_add_executor_job(ledger_as_json, ledger)
            await self._store.async_save({**data, "corrections": [statement.as_json() for statement in statements]})


def lessons(ledger: Ledger) -> list[tuple[Hunch, bool]]:
    """Return what the answers teach: hunches that were right, and wrong. What just went by teaches nothing."""
    found = []
    for given in ledger.answers:
        if given.answer in _RIGHT or (
            given.answer is Answer.SETTLED and given.time - given.hunch.time <= IMPLICIT_SECONDS
        ):
            found.append((given.hunch, True))
        elif given.answer in _WRONG:
            found.append((given.hunch, False))
    return found


async def async_remove(hass: HomeAssistant) -> None:
    """Delete the file."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    return Store(
        hass,
        STORAGE_VERSION,
        f"{DOMAIN}.feedback",
        minor_version=STORAGE_MINOR_VERSION,
        atomic_writes=True,
        private=True,
        serialize_in_event_loop=False,
    )
