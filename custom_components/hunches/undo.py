"""Takes back what was done: when a person asks for it, and heating when people are back or up."""

import asyncio
from dataclasses import dataclass
from typing import Final

from homeassistant.core import Context, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.util import dt as dt_util

from .calls import async_visible
from .coordinator import HunchesCoordinator
from .engine.home import UNKNOWN
from .engine.policy import Answer, Answered, Outcome, Record, done_together, may_undo
from .errors import AnswerError
from .rights import async_check_control
from .snapshots import is_as
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


@dataclass(frozen=True, slots=True)
class Undone:
    """An action that was taken back, and whether every setting is as it was."""

    record: Record
    exactly: bool


async def async_undo(
    coordinator: HunchesCoordinator,
    context: Context,
    entity_id: str | None = None,
    action_id: str | None = None,
    *,
    whole: bool = False,
) -> tuple[Undone, ...]:
    """Restore how devices were before an action: the one named, the last of an entity, or what was done last of all.

    `whole`: and all else that the same answer asked for, as where nothing is named. It counts as a "no". Return what
    was taken back, that action first. Raises `AnswerError`, after all were tried, and `Unauthorized`.
    """
    async with coordinator.lock:
        record = await _async_find(coordinator, context, entity_id, action_id)
        records: tuple[Record, ...] = (record,)
        if whole or (entity_id is None and action_id is None):
            records = await _async_all(coordinator, context, record)
        tried = await asyncio.gather(
            *(_async_take_back(coordinator, context, r) for r in records), return_exceptions=True
        )
        undone = tuple(one for one in tried if isinstance(one, Undone))
        if undone:
            now = dt_util.utcnow().timestamp()
            answers = (Answered(now, one.record.hunch, Answer.UNDONE, context.user_id) for one in undone)
            await coordinator.feedback.async_answered(*answers)
            coordinator.show()
        for error in tried:
            # Beside what was taken back, what somebody has changed since is as they want it.
            since = isinstance(error, AnswerError) and error.reason == "changed_since"
            if isinstance(error, BaseException) and not (undone and since):
                raise error
        return undone


async def _async_all(coordinator: HunchesCoordinator, context: Context, record: Record) -> tuple[Record, ...]:
    """Return what the answer behind an action did that is the caller's to undo; the action itself if all is undone."""
    may, ledger = await async_visible(coordinator.hass, context), coordinator.feedback.ledger
    found = done_together(coordinator.described, ledger.records, record)
    return tuple(r for r in found if r.outcome is Outcome.DONE and may(r.hunch.entity_id)) or (record,)


async def _async_take_back(coordinator: HunchesCoordinator, context: Context, record: Record) -> Undone:
    """Take back one action. Raises `AnswerError` and `Unauthorized`."""
    hass = coordinator.hass
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
    state = hass.states.get(entity.entity_id)
    return Undone(record, state is not None and is_as(hass, state, record.before))


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
