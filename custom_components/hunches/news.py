"""What is new since the last look: hunches that were raised and answered, actions and what became of them.

It is read off the ledger, which everything goes through, so that nobody who answers, acts or undoes has to think of
telling it, and nothing is told twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .const import EVENT_ANSWERED, EVENT_RAISED, SIGNAL_CONTEXT
from .coordinator import HunchesCoordinator
from .engine.home import Home
from .engine.hunches import Context, Hunch
from .engine.policy import BY_PEOPLE, Answer, Answered, Ledger, Outcome, Question, Record, questions


class What(StrEnum):
    """What happened."""

    RAISED = "hunch_raised"
    ANSWERED = "hunch_answered"
    """By a person."""
    CLOSED = "hunch_closed"
    """It became moot, or nobody answered."""
    DONE = "action_done"
    UNDONE = "action_undone"
    RESTORED = "action_restored"
    FAILED = "action_failed"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news; `answered` and `record` where there is one, `question`: in which a hunch is or was asked."""

    what: What
    hunch: Hunch
    answered: Answered | None = None
    record: Record | None = None
    question: Question | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as events tell it."""
        found: dict[str, Any] = {
            "hunch": self.hunch.key,
            "entity_id": self.hunch.entity_id,
            "kind": str(self.hunch.kind),
        }
        if self.question is not None:
            found |= {"question": self.question.key, "entities": list(self.question.entity_ids)}
        if self.answered is not None:
            found["answer"] = str(self.answered.answer)
        if self.record is not None:
            found |= {
                "action": self.record.action.name,
                "automatic": self.record.automatic,
                "action_id": self.record.id,
            }
        return found


type Listener = Callable[[Piece], None]

_OF_OUTCOME: Final = {
    Outcome.DONE: What.DONE,
    Outcome.UNDONE: What.UNDONE,
    Outcome.RESTORED: What.RESTORED,
    Outcome.FAILED: What.FAILED,
}


class News:
    """Tells its listeners and the event bus what is new, each piece once, in order."""

    def __init__(self, coordinator: HunchesCoordinator) -> None:
        """Take all that the ledger holds by now as told."""
        self._coordinator = coordinator
        self._told = coordinator.feedback.ledger
        self._context: Context | None = None
        self._listeners: list[Listener] = []

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Tell a listener all that is new from now on; return what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_update(self) -> None:
        """Look what is new; called whenever the coordinator has something to show."""
        context = self._coordinator.data.context
        if context is not None and context is not self._context:
            self._context = context
            async_dispatcher_send(self._coordinator.hass, SIGNAL_CONTEXT, context)
        before, self._told = self._told, self._coordinator.feedback.ledger
        if self._told is before:
            return
        for piece in since(self._coordinator.described, before, self._told):
            self._fire(piece)
            for listener in tuple(self._listeners):
                listener(piece)

    @callback
    def _fire(self, piece: Piece) -> None:
        fire = self._coordinator.hass.bus.async_fire
        if piece.what is What.RAISED:
            hunch = piece.hunch
            fire(EVENT_RAISED, {**piece.as_data(), "action": hunch.action, "p_accept": round(hunch.p_accept, 4)})
        elif piece.answered is not None:
            fire(EVENT_ANSWERED, {**piece.as_data(), "by": piece.answered.by})


def since(home: Home, before: Ledger, now: Ledger) -> Iterator[Piece]:
    """Yield what is new in a ledger since an earlier one: first how hunches ended, then actions, then new hunches."""
    asked_now, asked_before = (
        {h.key: q for q in questions(home, ledger.open) for h in q.hunches} for ledger in (now, before)
    )
    last_now, last_before = ({a.hunch.key: a for a in ledger.answers} for ledger in (now, before))
    for hunch in before.open:
        if hunch.key in asked_now:
            continue
        asked = asked_before[hunch.key]
        given = last_now.get(hunch.key)
        if given is None or given == last_before.get(hunch.key):  # erased, or its device has a new name
            yield Piece(What.CLOSED, hunch, question=asked)
        else:
            yield Piece(What.ANSWERED if given.answer in BY_PEOPLE else What.CLOSED, hunch, given, question=asked)
    known = {record.id: record.outcome for record in before.records}
    for record in now.records:
        what = _OF_OUTCOME.get(record.outcome)
        if what is not None and known.get(record.id) is not record.outcome:
            given = last_now.get(record.hunch.key)
            said = what is What.UNDONE and given is not None and given.answer is Answer.UNDONE
            yield Piece(what, record.hunch, given if said else None, record)
    for hunch in now.open:
        if hunch.key not in asked_before:
            yield Piece(What.RAISED, hunch, question=asked_now[hunch.key])
