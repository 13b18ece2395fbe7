"""What follows from an answer: a service call and proof that it worked, or a hunch that is put away."""

import asyncio
from collections.abc import Mapping

from homeassistant.auth.permissions.const import CAT_ENTITIES, POLICY_CONTROL
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from .const import DOMAIN, EVENT_ACTED, LOGGER, VERIFY_SECONDS
from .coordinator import HunchesCoordinator
from .engine.home import UNKNOWN, read_state
from .engine.hunches import Hunch
from .engine.policy import Action, Answer, Answered, action_for, doors_of, may_carry_out
from .engine.timeline import Cause
from .words import escape, name_of, plain

_UNDER_WAY = frozenset({"closing", "locking"})
"""States that already read as done, but may yet end as jammed or stopped."""


class AnswerError(HomeAssistantError):
    """An answer had no effect; the hunch stands as it did. `reason` is the key of a text."""

    def __init__(self, reason: str, name: str = "", detail: str = "") -> None:
        """Keep why; `name` and `detail` are plain texts."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key=reason,
            translation_placeholders={"name": name, "detail": detail},
        )
        self.reason = reason
        self.escaped = {"name": escape(name), "detail": escape(detail)}


async def async_check_control(hass: HomeAssistant, context: Context, entity_id: str) -> None:
    """Raise `Unauthorized` unless the caller may control the entity; calls without a user may."""
    if context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL, user_id=context.user_id)
    if not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(context=context, entity_id=entity_id, permission=POLICY_CONTROL, perm_category=CAT_ENTITIES)


async def async_accept(coordinator: HunchesCoordinator, key: str, context: Context) -> Hunch:
    """Do what an open hunch proposes, in the caller's name, and see that it is done.

    Raises `AnswerError` and leaves the hunch open when that fails; raises `Unauthorized`.
    """
    hass = coordinator.hass
    async with coordinator.lock:
        hunch = await _async_find(coordinator, key, context)
        name = name_of(hass, coordinator.home, hunch.entity_id)
        action = _allowed_action(coordinator, hunch, name)
        state = hass.states.get(hunch.entity_id)
        reading = UNKNOWN if state is None else read_state(state.domain, state.state)
        if reading == UNKNOWN:
            raise AnswerError("unavailable", name)
        if reading != action.target_state:
            await _async_carry_out(coordinator, hunch, action, context, name)
        await _async_keep(coordinator, hunch, Answer.ACCEPTED, context)
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


def _allowed_action(coordinator: HunchesCoordinator, hunch: Hunch, name: str) -> Action:
    """Return what the policy lets be done now, or raise `AnswerError` with its reason."""
    home = coordinator.home
    if home is None or (entity := home.entities.get(hunch.entity_id)) is None:
        raise AnswerError("not_ready")
    action = action_for(entity)
    if action is None:
        raise AnswerError("not_safe", name)
    doors: Mapping[str, int] | None = None
    if entity.domain == "lock":
        readings = coordinator.readings()
        doors = {door: readings.get(door, UNKNOWN) for door in doors_of(home, entity)}
    if reason := may_carry_out(entity, action, asked=True, doors=doors):
        raise AnswerError(reason, name)
    return action


async def _async_carry_out(
    coordinator: HunchesCoordinator, hunch: Hunch, action: Action, context: Context, name: str
) -> None:
    hass = coordinator.hass
    # A context of our own, in the caller's name: permissions are the caller's, and history knows the action as ours.
    ours = Context(user_id=context.user_id, parent_id=context.id)
    coordinator.teacher.causes.add(ours, Cause.OURS)
    hass.bus.async_fire(
        EVENT_ACTED, {"entity_id": hunch.entity_id, "kind": str(hunch.kind), "action": hunch.action}, context=ours
    )
    try:
        async with asyncio.timeout(VERIFY_SECONDS):
            async with _Settled(hass, action) as settled:
                call = hass.services.async_call(
                    action.domain, action.service, {"entity_id": action.entity_id}, blocking=True, context=ours
                )
                # Shielded: a slow device finishes what it was told after we stopped waiting.
                await asyncio.shield(hass.async_create_task(call, f"{DOMAIN} {action.service}"))
                await settled.wait()
    except TimeoutError:
        state = hass.states.get(action.entity_id)
        if state is None or read_state(state.domain, state.state) != action.target_state:
            raise AnswerError("no_effect", name, plain(state.state) if state else "") from None
    except Unauthorized:
        raise
    except Exception as error:  # whatever an integration raises: the person is told, the hunch stays
        LOGGER.warning("%s.%s for %s failed: %s", action.domain, action.service, action.entity_id, error)
        raise AnswerError("failed", name, plain(str(error)) or type(error).__name__) from error


class _Settled:
    """Waits until an entity has come to rest in the state that an action leads to."""

    def __init__(self, hass: HomeAssistant, action: Action) -> None:
        self._hass = hass
        self._action = action
        self._reached = asyncio.Event()

    async def __aenter__(self) -> asyncio.Event:
        self._undo = async_track_state_change_event(self._hass, self._action.entity_id, self._on_state)
        return self._reached

    async def __aexit__(self, *_: object) -> None:
        self._undo()

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if (
            state is not None
            and state.state not in _UNDER_WAY
            and read_state(state.domain, state.state) == self._action.target_state
        ):
            self._reached.set()
