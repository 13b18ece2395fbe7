"""Rules that people make and take back: what may be done without asking, and what must never be."""

from homeassistant.core import Context
from homeassistant.util import dt as dt_util

from .coordinator import HunchesCoordinator
from .engine.hunches import Kind
from .engine.policy import Rule, Verdict, action_for, allowable_kinds, forbidding, never_automatic
from .errors import AnswerError
from .rights import async_check_administrator, async_check_control
from .words import name_of


async def async_rule(
    coordinator: HunchesCoordinator, context: Context, verdict: Verdict, entity_id: str | None, kind: Kind | None
) -> None:
    """Keep a rule about an entity, a kind of hunch in the whole home, or both.

    What allows takes an administrator, and a past that speaks for it. Raises `AnswerError` and `Unauthorized`.
    """
    async with coordinator.lock:
        await _async_check(coordinator, context, verdict, entity_id)
        if verdict is Verdict.ALLOW:
            _check_allowable(coordinator, entity_id, kind)
        rule = Rule(verdict, entity_id, kind, dt_util.utcnow().timestamp(), context.user_id)
        await coordinator.feedback.async_ruled(rule)
    await coordinator.async_look()


async def async_unrule(
    coordinator: HunchesCoordinator, context: Context, verdict: Verdict, entity_id: str | None, kind: Kind | None
) -> None:
    """Take back a rule of exactly this scope. Raises `AnswerError` if there is none, and `Unauthorized`."""
    async with coordinator.lock:
        await _async_check(coordinator, context, Verdict.FORBID, entity_id)
        if not await coordinator.feedback.async_unruled(verdict, entity_id, kind):
            raise AnswerError("no_such_rule")
        coordinator.show()


async def _async_check(
    coordinator: HunchesCoordinator, context: Context, verdict: Verdict, entity_id: str | None
) -> None:
    """Raise `Unauthorized` unless the caller may rule so."""
    if entity_id is None or verdict is Verdict.ALLOW:
        await async_check_administrator(coordinator.hass, context)
    if entity_id is not None:
        await async_check_control(coordinator.hass, context, entity_id)


def _check_allowable(coordinator: HunchesCoordinator, entity_id: str | None, kind: Kind | None) -> None:
    """Raise `AnswerError` if a rule that allows would mean nothing, or nothing speaks for it yet."""
    if (home := coordinator.home) is None:
        raise AnswerError("not_ready")
    rules = coordinator.feedback.ledger.rules
    kinds: tuple[Kind | None, ...] = (kind,)
    if entity_id is None:
        if kind is Kind.USUALLY_ON_BY_NOW:
            raise AnswerError("needs_a_device")
        devices = [e.entity_id for e in home.devices if action_for(e, kind) is not None]
        name = ""
    else:
        entity, name = home.entities.get(entity_id), name_of(coordinator.hass, home, entity_id)
        if entity is None or not entity.is_device:
            raise AnswerError("no_device", name)
        if kind is None:
            kinds = allowable_kinds(entity) or kinds
        if (why := never_automatic(entity, kinds[0])) is not None:
            raise AnswerError(why, name)
        devices = [entity_id]
    if all(forbidding(rules, entity_id, each) is not None for each in kinds):
        raise AnswerError("forbidden", name)
    if all(coordinator.proven(key) is None for key in devices):
        raise AnswerError("not_proven" if entity_id else "nothing_proven", name)
