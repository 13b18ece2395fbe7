"""What follows from an answer: a service call and proof that it worked, or a hunch that is put away."""

from homeassistant.core import Context
from homeassistant.util import dt as dt_util

from .coordinator import HunchesCoordinator
from .engine.home import UNKNOWN
from .engine.hunches import Hunch
from .engine.policy import Action, Answer, Answered, asked_for, never_automatic
from .errors import AnswerError
from .rights import async_check_administrator, async_check_control
from .words import name_of, plain


async def async_accept(coordinator: HunchesCoordinator, key: str, context: Context, *, always: bool = False) -> Hunch:
    """Do what an open hunch proposes, in the caller's name, and see that it is done.

    `always`: and do it without asking from now on, which takes an administrator, and past that speaks for it. Raises
    `AnswerError` and leaves the hunch open when that fails; raises `Unauthorized`.
    """
    async with coordinator.lock:
        hunch = await _async_find(coordinator, key, context)
        name = name_of(coordinator.hass, coordinator.home, hunch.entity_id)
        if always:
            await async_check_administrator(coordinator.hass, context)
            entity = coordinator.home.entities.get(hunch.entity_id) if coordinator.home is not None else None
            if entity is not None and (reason := never_automatic(entity, hunch.kind)) is not None:
                raise AnswerError(reason, name)
            if coordinator.proven(hunch.entity_id) is None:
                raise AnswerError("not_proven", name)
        action = _allowed_action(coordinator, hunch, name)
        if action.data or coordinator.actions.reading(hunch.entity_id) != action.target_state:
            await coordinator.actions.async_carry_out(hunch, action, context)
        await _async_keep(coordinator, hunch, Answer.ALWAYS if always else Answer.ACCEPTED, context)
    return hunch


async def async_reject(coordinator: HunchesCoordinator, key: str, context: Context, *, never: bool) -> Hunch:
    """Put an open hunch away: not now, or never again about this device. Raises `AnswerError`, `Unauthorized`."""
    async with coordinator.lock:
        hunch = await _async_find(coordinator, key, context)
        await _async_keep(coordinator, hunch, Answer.NEVER if never else Answer.REJECTED, context)
    return hunch


async def _async_find(coordinator: HunchesCoordinator, key: str, context: Context) -> Hunch:
    if (hunch := coordinator.feedback.find(key)) is None:
        raise AnswerError("gone")
    await async_check_control(coordinator.hass, context, hunch.entity_id)
    return hunch


async def _async_keep(coordinator: HunchesCoordinator, hunch: Hunch, answer: Answer, context: Context) -> None:
    now = dt_util.utcnow().timestamp()
    await coordinator.feedback.async_answered(Answered(now, hunch, answer, context.user_id))
    coordinator.show()
    if (trouble := coordinator.feedback.unstored) is not None:
        raise AnswerError("not_stored", name_of(coordinator.hass, coordinator.home, hunch.entity_id), plain(trouble))


def _allowed_action(coordinator: HunchesCoordinator, hunch: Hunch, name: str) -> Action:
    """Return what the policy lets be done now, or raise `AnswerError` with its reason."""
    home = coordinator.home
    if home is None or hunch.entity_id not in home.entities:
        raise AnswerError("not_ready")
    readings = coordinator.readings()
    if readings.get(hunch.entity_id, UNKNOWN) == UNKNOWN:
        raise AnswerError("unavailable", name)
    moment = coordinator.actions.moment(dt_util.utcnow().timestamp(), readings)
    action, reason = asked_for(home, hunch, coordinator.settings, moment)
    if action is None:
        raise AnswerError(reason or "not_safe", name)
    return action
