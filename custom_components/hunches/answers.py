"""What follows from an answer: service calls and proof that they worked, or hunches that are put away.

The key of any hunch answers all of the question that it is asked in, as far as the caller may control it; where it is
known what somebody was `shown` (entity ids), nothing that joined it since.
"""

import asyncio
from collections.abc import Collection, Iterable

from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
from homeassistant.util import dt as dt_util

from .calls import async_visible
from .coordinator import HunchesCoordinator
from .engine.home import UNKNOWN
from .engine.hunches import Hunch
from .engine.policy import Action, Answer, Answered, Question, asked_for, never_automatic
from .errors import AnswerError
from .rights import async_check_administrator, async_check_control
from .said import async_say
from .words import listed, name_of, plain


async def async_accept(
    coordinator: HunchesCoordinator,
    key: str,
    context: Context,
    *,
    always: bool = False,
    shown: Collection[str] | None = None,
) -> Question:
    """Do what an open question proposes, in the caller's name, and see that it is done; return what was answered.

    `always`: and do it without asking from now on, which takes an administrator, and a past of each that speaks for it.
    What does not work stays open, and what did is kept. Raises `AnswerError`, which names what failed, `Unauthorized`.
    """
    async with coordinator.lock:
        question = await _async_find(coordinator, key, context, shown)
        if always:
            await async_check_administrator(coordinator.hass, context)
            _check_always(coordinator, question)
        tried = await asyncio.gather(
            *(_async_do(coordinator, hunch, context) for hunch in question.hunches), return_exceptions=True
        )
        refused = {h: error for h, error in zip(question.hunches, tried, strict=True) if error is not None}
        done = tuple(hunch for hunch in question.hunches if hunch not in refused)
        if done:
            await _async_keep(coordinator, done, Answer.ALWAYS if always else Answer.ACCEPTED, context)
        if refused:
            raise await _async_refusal(coordinator, refused, of=len(question.hunches))
        await _async_check_stored(coordinator, question)
    return question


async def async_reject(
    coordinator: HunchesCoordinator, key: str, context: Context, *, never: bool, shown: Collection[str] | None = None
) -> Question:
    """Put an open question away: not now, or never again about these devices; return what was answered.

    Raises `AnswerError` and `Unauthorized`.
    """
    async with coordinator.lock:
        question = await _async_find(coordinator, key, context, shown)
        await _async_keep(coordinator, question.hunches, Answer.NEVER if never else Answer.REJECTED, context)
        await _async_check_stored(coordinator, question)
    return question


async def _async_find(
    coordinator: HunchesCoordinator, key: str, context: Context, shown: Collection[str] | None
) -> Question:
    """Return the part of an open question that the caller has seen and may answer."""
    question = coordinator.question(key, shown or ())
    if question is not None and shown is not None:
        seen = coordinator.now_called(shown)
        question = question.of(lambda entity_id: entity_id in seen)
    if question is None:
        raise AnswerError("gone")
    if (part := question.of(await async_visible(coordinator.hass, context))) is None:
        await async_check_control(coordinator.hass, context, question.leader.entity_id)
    return part or question


def _check_always(coordinator: HunchesCoordinator, question: Question) -> None:
    """Raise `AnswerError` for the first hunch that may not be acted on without asking, before anything is done."""
    for hunch in question.hunches:
        name = name_of(coordinator.hass, coordinator.home, hunch.entity_id)
        entity = coordinator.home.entities.get(hunch.entity_id) if coordinator.home is not None else None
        if entity is not None and (reason := never_automatic(entity, hunch.kind)) is not None:
            raise AnswerError(reason, name)
        if coordinator.proven(hunch.entity_id) is None:
            raise AnswerError("not_proven", name)


async def _async_do(coordinator: HunchesCoordinator, hunch: Hunch, context: Context) -> None:
    """Do what one hunch proposes, unless it is so by now."""
    action = _allowed_action(coordinator, hunch, name_of(coordinator.hass, coordinator.home, hunch.entity_id))
    if action.data or coordinator.actions.reading(hunch.entity_id) != action.target_state:
        await coordinator.actions.async_carry_out(hunch, action, context)


async def _async_keep(
    coordinator: HunchesCoordinator, hunches: Iterable[Hunch], answer: Answer, context: Context
) -> None:
    now = dt_util.utcnow().timestamp()
    await coordinator.feedback.async_answered(*(Answered(now, hunch, answer, context.user_id) for hunch in hunches))
    coordinator.show()


async def _async_refusal(
    coordinator: HunchesCoordinator, refused: dict[Hunch, BaseException], *, of: int
) -> BaseException:
    """Return what to tell of hunches that did not work: of one alone, why; of several, which."""
    error = next((e for e in refused.values() if not isinstance(e, AnswerError | Unauthorized)), None)
    if error is not None or of == 1:
        return error or next(iter(refused.values()))
    names = []
    for hunch, why in refused.items():
        name = name_of(coordinator.hass, coordinator.home, hunch.entity_id)
        detail = why.detail if isinstance(why, AnswerError) else ""
        names.append(f"{name} ({detail})" if detail else name)
    reason = "not_all_done" if len(refused) < of else "none_done"
    return AnswerError(reason, listed(names, await async_say(coordinator.hass)))


async def _async_check_stored(coordinator: HunchesCoordinator, question: Question) -> None:
    """Raise `AnswerError` if no disk has taken the answer yet."""
    if (trouble := coordinator.feedback.unstored) is not None:
        names = [name_of(coordinator.hass, coordinator.home, key) for key in question.entity_ids]
        raise AnswerError("not_stored", listed(names, await async_say(coordinator.hass)), plain(trouble))


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
