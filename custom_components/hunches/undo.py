"""Takes back what was done: when a person asks for it, and heating when people are back or up."""

from typing import Final

from homeassistant.core import Context, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.util import dt as dt_util

from .coordinator import HunchesCoordinator
from .engine.home import UNKNOWN
from .engine.policy import Answer, Answered, Outcome, Record, may_undo
from .errors import AnswerError
from .rights import async_check_control
from .snapshots import alike, snapshot
from .words import name_of

_WHY_NOT: Final = {
    Outcome.STARTED: "nothing_to_undo",
    Outcome.FAILED: "nothing_to_undo",
    Outcome.SHADOW: "nothing_to_undo",
    Outcome.UNDONE: "already_undone",
    Outcome.RESTORED: "already_undone",
    Outcome.SUPERSEDED: "changed_since",
}
_TELLING: Final = frozenset({Outcome.DONE, Outcome.UNDONE, Outcome.RESTORED, Outcome.SUPERSEDED})
"""Outcomes of actions that did something: among these is the last one."""


async def async_undo(
    coordinator: HunchesCoordinator, context: Context, entity_id: str | None = None, action_id: str | None = None
) -> tuple[Record, bool]:
    """Restore how a device was before an action: the one named, the last of an entity, or the last of all.

    Return its record, and whether every setting is as it was. It counts as a "no". Raises `AnswerError` and
    `Unauthorized`.
    """
    hass = coordinator.hass
    async with coordinator.lock:
        record = await _async_find(coordinator, context, entity_id, action_id)
        name = name_of(hass, coordinator.home, record.hunch.entity_id)
        if (reason := _WHY_NOT.get(record.outcome)) is not None:
            raise AnswerError(reason, name)
        if coordinator.home is None:
            raise AnswerError("not_ready")
        entity = coordinator.home.entities.get(record.hunch.entity_id)
        if entity is None or coordinator.actions.reading(entity.entity_id) == UNKNOWN:
            raise AnswerError("out_of_reach", name)
        if (reason := may_undo(entity)) is not None:
            raise AnswerError(reason, name)
        if not coordinator.actions.is_done(record):
            await coordinator.actions.async_became(record, Outcome.SUPERSEDED)
            raise AnswerError("changed_since", name)
        await coordinator.actions.async_take_back(record, context)
        record = await coordinator.actions.async_became(record, Outcome.UNDONE)
        now = dt_util.utcnow().timestamp()
        await coordinator.feedback.async_answered(Answered(now, record.hunch, Answer.UNDONE, context.user_id))
        coordinator.show()
        state = hass.states.get(entity.entity_id)
        return record, state is not None and alike(snapshot(state), record.before)


@callback
def can_be_undone(coordinator: HunchesCoordinator, record: Record) -> bool:
    """Return whether an action could be taken back at this moment, by somebody who may control its device."""
    entity = coordinator.home.entities.get(record.hunch.entity_id) if coordinator.home is not None else None
    return (
        record.outcome is Outcome.DONE
        and entity is not None
        and may_undo(entity) is None
        and coordinator.actions.reading(entity.entity_id) != UNKNOWN
        and coordinator.actions.is_done(record)
    )


async def _async_find(
    coordinator: HunchesCoordinator, context: Context, entity_id: str | None, action_id: str | None
) -> Record:
    for record in reversed(coordinator.feedback.ledger.records):
        key = record.hunch.entity_id
        if action_id is not None:
            found = record.id == action_id
        else:
            found = entity_id in (None, key) and record.outcome in _TELLING
        if not found:
            continue
        try:
            await async_check_control(coordinator.hass, context, key)
        except Unauthorized:
            if action_id is None and entity_id is None:
                continue  # the last of those that are the caller's to decide
            raise
        return record
    raise AnswerError("nothing_to_undo", entity_id or action_id or "")
