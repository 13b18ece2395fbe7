"""What became of every hunch, and what people stated: kept at once, on disk, and restored when Home Assistant starts.

The store is the only memory of what a home said; everything else can be learned again from history.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER
from .corrections import Statement, stated, without
from .engine.context_filter import Correction
from .engine.hunches import Context, Evidence, Hunch, Kind
from .engine.policy import Answer, Answered, Decision, Ledger

STORAGE_VERSION: Final = 1
STORAGE_MINOR_VERSION: Final = 2
"""2: with corrections. Either reads the other's file, so that nothing has to be migrated."""
MAX_ANSWERS: Final = 2_000
BINDING: Final = frozenset({Answer.NEVER, Answer.ALWAYS})
"""Answers that hold until they are taken back: never dropped, however many others follow."""
IMPLICIT_SECONDS: Final = 600.0
"""Settled this soon after it was raised, a hunch was right: somebody did just that."""
_RIGHT: Final = frozenset({Answer.ACCEPTED, Answer.ALWAYS})
_WRONG: Final = frozenset({Answer.REJECTED, Answer.NEVER, Answer.UNDONE})


class Feedback:
    """The ledger of hunches and answers, the statements about the household, and their file."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; `async_load` fills it."""
        self._store = _store(hass)
        self.ledger = Ledger()
        self.statements: tuple[Statement, ...] = ()

    async def async_load(self) -> None:
        """Restore what was kept. What cannot be read is left out with one line in the log."""
        data = await self._store.async_load() or {}
        rows = {name: data.get(name) or [] for name in ("open", "answers", "raised", "corrections")}
        opened = _restore(rows["open"], hunch_from_json)
        answers = _restore(rows["answers"], _answered_from_json)
        raised = _restore(rows["raised"], lambda row: (float(row[0]), str(row[1])))
        statements = _restore(rows["corrections"], Statement.from_json)
        lost = sum(map(len, rows.values())) - len(opened) - len(answers) - len(raised) - len(statements)
        if lost:
            LOGGER.warning("%d of the stored hunches, answers and corrections cannot be read and are left out", lost)
        self.ledger = replace(self.ledger, open=tuple(opened), answers=tuple(answers), raised=tuple(raised))
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

    async def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id, so that what was said about it still holds."""

        def renamed(hunch: Hunch) -> Hunch:
            return replace(hunch, entity_id=new) if hunch.entity_id == old else hunch

        keys = {f"{kind}:{old}": f"{kind}:{new}" for kind in Kind}
        raised = tuple((moment, keys.get(key, key)) for moment, key in self.ledger.raised)
        await self._async_keep(
            replace(
                self.ledger,
                open=tuple(renamed(hunch) for hunch in self.ledger.open),
                answers=tuple(replace(a, hunch=renamed(a.hunch)) for a in self.ledger.answers),
                raised=raised,
            )
        )

    async def _async_keep(self, ledger: Ledger) -> None:
        self.ledger = replace(ledger, answers=_capped(ledger.answers))
        await self._async_save()

    async def _async_save(self) -> None:
        ledger = self.ledger  # immutable: safe to serialise in another thread
        await self._store.async_save(
            {
                "open": [asdict(hunch) for hunch in ledger.open],
                "answers": [asdict(answered) for answered in ledger.answers],
                "raised": [list(row) for row in ledger.raised],
                "corrections": [statement.as_json() for statement in self.statements],
            }
        )


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


def _capped(answers: tuple[Answered, ...]) -> tuple[Answered, ...]:
    spare = len(answers) - MAX_ANSWERS
    if spare <= 0:
        return answers
    binding = tuple(a for a in answers[:spare] if a.answer in BINDING)
    return binding + answers[spare:]


def hunch_from_json(row: Mapping[str, Any]) -> Hunch:
    """Return the hunch that `dataclasses.asdict` was given; raise `LookupError`, `TypeError` or `ValueError`."""
    seen = dict(row["evidence"])
    usual = seen["usual_minutes"]
    return Hunch(
        time=float(row["time"]),
        entity_id=str(row["entity_id"]),
        kind=Kind(row["kind"]),
        action=str(row["action"]),
        p_accept=float(row["p_accept"]),
        evidence=Evidence(
            **{
                **seen,
                "usual_minutes": None if usual is None else (float(usual[0]), float(usual[1])),
                "context": Context(**seen["context"]),
            }
        ),
    )


def _answered_from_json(row: Mapping[str, Any]) -> Answered:
    return Answered(
        time=float(row["time"]),
        hunch=hunch_from_json(row["hunch"]),
        answer=Answer(row["answer"]),
        by=None if row["by"] is None else str(row["by"]),
    )


def _restore[T](rows: Iterable[Any], read: Callable[[Any], T]) -> list[T]:
    found: list[T] = []
    for row in rows:
        try:
            found.append(read(row))
        except LookupError, TypeError, ValueError:
            continue
    return found
