"""Thumbs up and thumbs down for what was done without asking: one more way to say yes or no."""

from typing import Final

from homeassistant.core import Context
from homeassistant.util import dt as dt_util

from .coordinator import HunchesCoordinator
from .engine.policy import Answer, Answered, Ledger, Outcome, Record
from .errors import AnswerError
from .rights import async_check_control
from .undo import async_undo, can_be_undone
from .words import name_of, plain

RATABLE: Final = frozenset({Outcome.DONE, Outcome.SHADOW, Outcome.UNDONE, Outcome.RESTORED, Outcome.SUPERSEDED})
"""What came of an action that there is something to say about: it was done, or would have been."""
_SAID: Final = {Answer.ACCEPTED: True, Answer.REJECTED: False, Answer.UNDONE: False}


def ratings(ledger: Ledger) -> dict[str, bool]:
    """Return what people said of each automatic action, by its id: whether it was right. The last word counts."""
    unasked, said = ledger.unasked, dict[str, bool]()
    for given in ledger.answers:
        record = unasked.get((given.hunch.key, given.hunch.time))
        if record is not None and given.answer in _SAID and given.time >= record.time:
            said[record.id] = _SAID[given.answer]
    return said


async def async_rate(coordinator: HunchesCoordinator, context: Context, action_id: str, *, good: bool) -> Record:
    """Keep whether an automatic action was right, and take a wrong one back if that is possible.

    Said twice it counts once. Raises `AnswerError` and `Unauthorized`.
    """
    record = await _async_find(coordinator, context, action_id)
    if ratings(coordinator.feedback.ledger).get(action_id) is good:
        return record
    if not good and can_be_undone(coordinator, record):
        return (await async_undo(coordinator, context, action_id=action_id))[0].record
    async with coordinator.lock:
        if ratings(coordinator.feedback.ledger).get(action_id) is good:  # said twice, while something else went on
            return record
        now = dt_util.utcnow().timestamp()
        if good:
            await coordinator.feedback.async_rated(Answered(now, record.hunch, Answer.ACCEPTED, context.user_id))
        else:  # who minds that it was done is not asked about it either
            await coordinator.feedback.async_answered(Answered(now, record.hunch, Answer.REJECTED, context.user_id))
        coordinator.show()
    if (trouble := coordinator.feedback.unstored) is not None:
        raise AnswerError("not_stored", _name(coordinator, record), plain(trouble))
    return record


async def _async_find(coordinator: HunchesCoordinator, context: Context, action_id: str) -> Record:
    record = next((r for r in coordinator.feedback.ledger.records if r.id == action_id), None)
    if record is None:
        raise AnswerError("no_such_action")
    await async_check_control(coordinator.hass, context, record.hunch.entity_id)
    if not record.automatic or record.outcome not in RATABLE:
        raise AnswerError("nothing_to_rate", _name(coordinator, record))
    return record


def _name(coordinator: HunchesCoordinator, record: Record) -> str:
    return name_of(coordinator.hass, coordinator.home, record.hunch.entity_id)
