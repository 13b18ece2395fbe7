"""What became of every hunch, and what people stated: kept at once, on disk, and restored when Home Assistant starts.

The file is the only memory of what a home said; everything else can be learned again from history. So it is kept
twice, and not by Home Assistant's `Store`, which tells nobody when the disk is full.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import json_loads

from .const import DOMAIN, LOGGER
from .corrections import Statement, stated, without
from .engine.context_filter import Correction
from .engine.home import Home
from .engine.hunches import Kind
from .engine.implied import lesson
from .engine.personal import UNDONE_COUNTS, Heard
from .engine.policy import (
    Answer,
    Answered,
    Decision,
    Implied,
    Ledger,
    Record,
    Rule,
    Verdict,
    left,
    of_things,
    with_rule,
    without_rule,
)
from .erasing import Scope, about, erased, unsaid
from .ledger_json import capped, ledger_as_json, ledger_from_json, restore
from .renames import caught_up, entities_of, moved, registry_ids, renamed_ledger
from .twin_file import TwinFile

FILE: Final = f"{DOMAIN}.feedback"
STORAGE_VERSION: Final = 1
STORAGE_MINOR_VERSION: Final = 5
"""2: with corrections. 3: with rules and actions. 4: with what the home did by itself. 5: with the registry's own ids.

Each reads the others' files.
"""
_SAVING: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_saving_feedback")
_UNSTORED: HassKey[tuple[_Kept, str]] = HassKey(f"{DOMAIN}_unstored_feedback")
"""What no disk has taken yet, over reloads."""
_RIGHT: Final = frozenset({Answer.ACCEPTED, Answer.ALWAYS})
_WRONG: Final = frozenset({Answer.REJECTED, Answer.NEVER, Answer.UNDONE})


@dataclass(frozen=True, slots=True)
class _Kept:
    """What there is to keep, and how many rows of the file could not be read."""

    ledger: Ledger = field(default_factory=Ledger)
    statements: tuple[Statement, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    """The registry's own ids of the entities that the ledger names, by entity id."""
    lost: int = 0
    version: int = STORAGE_VERSION


class Feedback:
    """The ledger of hunches and answers, the statements about the household, and their file.

    `unstored`: why the disk did not take what was kept last, None if it did. What is kept holds all the same, is
    stored with whatever is kept next, and at the latest with the next look.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; `async_load` fills it."""
        self._hass = hass
        self._file = _file(hass)
        # One for all: after a reload, what the one before still writes comes first.
        self._saving = hass.data.setdefault(_SAVING, asyncio.Lock())
        self.unstored: str | None = None
        self.ledger = Ledger()
        self.statements: tuple[Statement, ...] = ()
        self._ids: Mapping[str, str] = {}
        self._behind = False

    async def async_load(self) -> None:
        """Restore what was kept. What cannot be read is kept aside, with one line in the log.

        Raises `ConfigEntryNotReady` where there is a file that cannot be reached.
        """
        async with self._saving:
            if (held := self._hass.data.get(_UNSTORED)) is not None:
                kept, self.unstored = held
                self.ledger, self.statements, self._ids = kept.ledger, kept.statements, kept.ids
                return
            try:
                kept = await self._hass.async_add_executor_job(self._read)
            except OSError as error:
                raise ConfigEntryNotReady(
                    translation_domain=DOMAIN,
                    translation_key="answers_unreadable",
                    translation_placeholders={"reason": str(error)},
                ) from error
        self.ledger = replace(kept.ledger, started=self.ledger.started)
        self.statements, self._ids = kept.statements, kept.ids

    def _read(self) -> _Kept:
        kept = self._file.read(_understand)
        if kept is None:
            return _Kept()
        if kept.version > STORAGE_VERSION:
            LOGGER.warning(
                "The answers were written by a newer version of Hunches. What is understood holds; all are kept in %s",
                self._file.keep(f"version{kept.version}"),
            )
        elif kept.lost:
            LOGGER.warning(
                "%d of the stored hunches, answers and corrections cannot be read and are left out; they are in %s",
                kept.lost,
                self._file.keep("left_out"),
            )
        return kept

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What the household has stated, as the engine takes it."""
        return tuple(statement.correction for statement in self.statements)

    def began(self, now: float) -> None:
        """Note when Home Assistant started; until then nothing has to settle."""
        self.ledger = replace(self.ledger, started=now)

    @callback
    def catch_up(self) -> dict[str, str | None]:
        """Follow entities that got another id, or were removed, while nobody was there to see it.

        What was allowed must not pass to a device that has an old id by now, and a "never" goes with its device. Return
        the new ids by the old ones, None for what is gone. `async_caught_up` writes it down.
        """
        known = self._ids
        if found := moved(self._hass, known):
            self.ledger = caught_up(self.ledger, found)
            now = ((found.get(key, key), registry_id) for key, registry_id in known.items())
            self._ids = {key: registry_id for key, registry_id in now if key is not None}
        self._ids = registry_ids(self._hass, entities_of(self.ledger), self._ids)  # a file of before has none
        self._behind = self._ids != known
        return found

    async def async_caught_up(self) -> None:
        """Keep what `catch_up` changed, if anything."""
        if self._behind:
            await self._async_save()

    async def async_decided(self, decision: Decision, implied: tuple[Implied, ...], now: float) -> None:
        """Keep what the policy decided and what the home did by itself; nothing is written where nothing changed."""
        if decision.raised or decision.joined or decision.withdrawn or implied:
            await self._async_keep(self.ledger.decided(decision, now).implying(implied))
        elif self.unstored is not None:
            await self._async_save()

    async def async_answered(self, *answered: Answered) -> None:
        """Keep what was answered at one moment; these hunches are open no longer."""
        await self._async_keep(reduce(Ledger.answered, answered, self.ledger))

    async def async_rated(self, answer: Answered) -> None:
        """Keep what somebody said about an action; what is asked at this moment is another question."""
        await self._async_keep(self.ledger.rated(answer))

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

    async def async_of_things(self, home: Home) -> None:
        """Let what was forbidden about one of a thing's entities hold for the one by which it goes by now.

        And what was forbidden about a member of a group, for the group.
        """
        entities = home.entities.values()
        things = {twin.entity_id: entity.entity_id for entity in entities for twin in entity.twins}
        groups = {one.entity_id: entity.entity_id for entity in entities if entity.members for one in entity.whole[1:]}
        rules = of_things(self.ledger.rules, things, groups)
        if rules != self.ledger.rules:
            await self._async_keep(replace(self.ledger, rules=rules))

    async def async_recorded(self, record: Record) -> None:
        """Keep an action, or what became of it."""
        await self._async_keep(self.ledger.recorded(record))

    async def async_switched(self, automatic: bool) -> None:
        """Keep whether anything may be done without asking."""
        if automatic != self.ledger.automatic:
            await self._async_keep(replace(self.ledger, automatic=automatic))

    async def async_left(self, entity_id: str) -> None:
        """An entity is gone for good: nothing is allowed to another that may take its id."""
        self._ids = {key: registry_id for key, registry_id in self._ids.items() if key != entity_id}
        rules = left(self.ledger.rules, entity_id)
        if rules != self.ledger.rules:
            await self._async_keep(replace(self.ledger, rules=rules))

    async def async_erase(self, scope: Scope) -> dict[str, int]:
        """Forget what is covered, in both copies and in what was set aside; return how many rows of each sort went."""
        before, statements = self.ledger, self.statements
        self.statements = unsaid(statements, scope)
        self.ledger = after = erased(before, scope)
        await self._async_save(tidy=True)
        sorts = ("open", "answers", "implied", "rules", "records")
        counts = {name: len(getattr(before, name)) - len(getattr(after, name)) for name in sorts}
        return {**counts, "corrections": len(statements) - len(self.statements)}

    async def async_export(self, entity_id: str | None) -> dict[str, Any]:
        """Return all that is kept as JSON, or all about one entity."""
        ledger, statements = self.ledger, self.statements
        if entity_id is not None:
            ledger, statements = about(ledger, entity_id), ()
        ids = registry_ids(self._hass, entities_of(ledger), self._ids)

        def make() -> dict[str, Any]:
            taught = [
                {"hunch": one.hunch.key, "time": one.hunch.time, "yes": one.yes, "weight": one.weight}
                for one in lessons(ledger)
            ]
            found: Any = json_loads(json_bytes({**_data(ledger, statements, ids), "lessons": taught}))
            return {"version": STORAGE_VERSION, "minor_version": STORAGE_MINOR_VERSION, **found}

        return await self._hass.async_add_executor_job(make)

    async def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id, so that what was said about it still holds."""
        names = {old: new}
        self._ids = {names.get(key, key): registry_id for key, registry_id in self._ids.items()}
        await self._async_keep(renamed_ledger(self.ledger, names))

    async def _async_keep(self, ledger: Ledger) -> None:
        self.ledger = capped(ledger)
        await self._async_save()

    async def _async_save(self, *, tidy: bool = False) -> None:
        # One at a time, and each with what holds by then: a slow save must not bring back what was before.
        async with self._saving:
            self._ids = registry_ids(self._hass, entities_of(self.ledger), self._ids)
            kept = _Kept(self.ledger, self.statements, self._ids)  # immutable: safe to read in another thread
            try:
                if tidy:
                    await self._hass.async_add_executor_job(self._file.remove_kept)
                await self._hass.async_add_executor_job(self._write, kept)
            except OSError as error:
                if self.unstored is None:
                    LOGGER.error("Answers cannot be stored (%s). They hold, and it is tried again every minute", error)
                self.unstored = error.strerror or str(error)
                self._hass.data[_UNSTORED] = kept, self.unstored
                return
        if self.unstored is not None:
            LOGGER.info("Answers can be stored again")
        self.unstored = None
        self._behind = False
        self._hass.data.pop(_UNSTORED, None)

    def _write(self, kept: _Kept) -> None:
        head = {"version": STORAGE_VERSION, "minor_version": STORAGE_MINOR_VERSION, "key": FILE}
        self._file.write(json_bytes({**head, "data": _data(kept.ledger, kept.statements, kept.ids)}))


def _data(ledger: Ledger, statements: tuple[Statement, ...], ids: Mapping[str, str]) -> dict[str, Any]:
    corrections = [statement.as_json() for statement in statements]
    return {**ledger_as_json(ledger), "corrections": corrections, "registry_ids": dict(ids)}


def lessons(ledger: Ledger) -> list[Heard]:
    """Return what answers and the home's own doings teach: hunches that were right, and wrong.

    One answer about several things, which all of them keep with the same moment, counts as one.
    """
    given = [a for a in ledger.answers if a.answer in _RIGHT | _WRONG]
    at_once = Counter((a.time, a.answer, a.by) for a in given)
    said = [
        Heard(
            a.hunch,
            a.answer in _RIGHT,
            (UNDONE_COUNTS if a.answer is Answer.UNDONE else 1.0) / at_once[a.time, a.answer, a.by],
        )
        for a in given
    ]
    seen = [Heard(one.hunch, *taught) for one in ledger.implied if (taught := lesson(one)) is not None]
    return said + seen


def verdicts(ledger: Ledger) -> list[Heard]:
    """Return of each hunch whether it was right, once, for people to read: the last word counts."""
    return list({(one.hunch.key, one.hunch.time): one for one in lessons(ledger)}.values())


async def async_remove(hass: HomeAssistant) -> None:
    """Delete the files."""
    hass.data.pop(_UNSTORED, None)
    await hass.async_add_executor_job(_file(hass).remove)


def _file(hass: HomeAssistant) -> TwinFile:
    return TwinFile(Path(hass.config.path(STORAGE_DIR)), FILE)


def _understand(content: bytes) -> _Kept:
    """Return what a file says. Raises `ValueError` if it is none of ours."""
    found: Any = json_loads(content)
    try:
        data, version = found["data"], int(found["version"])
        if found["key"] != FILE or not isinstance(data, dict):
            raise ValueError("not a file of this integration")
        ledger, lost = ledger_from_json(data)
        rows = data.get("corrections") or []
        statements = restore(rows, Statement.from_json)
        known = data.get("registry_ids")
        ids = {str(key): str(one) for key, one in known.items()} if isinstance(known, dict) else {}
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"not understood: {error!r}") from error
    return _Kept(ledger, tuple(statements), ids, lost + len(rows) - len(statements), version)
