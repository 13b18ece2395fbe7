"""Who may answer, and who may rule."""

from collections.abc import Callable

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import CAT_ENTITIES, POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser


async def async_check_control(hass: HomeAssistant, context: Context, entity_id: str) -> None:
    """Raise `Unauthorized` unless the caller may control the entity; calls without a user may."""
    user = await _async_user(hass, context)
    if user is not None and not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(context=context, entity_id=entity_id, permission=POLICY_CONTROL, perm_category=CAT_ENTITIES)


async def async_check_administrator(hass: HomeAssistant, context: Context) -> None:
    """Raise `Unauthorized` unless the caller is an administrator; calls without a user are Home Assistant's own."""
    user = await _async_user(hass, context)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=context)


async def async_may(hass: HomeAssistant, user_id: str) -> Callable[[str], bool]:
    """Return a test of whether a user may control an entity: none, if the user is not there or not active."""
    user = await hass.auth.async_get_user(user_id)
    if user is None or not user.is_active:
        return lambda entity_id: False
    return lambda entity_id: user.permissions.check_entity(entity_id, POLICY_CONTROL)


async def async_is_administrator(hass: HomeAssistant, user_id: str) -> bool:
    """Return whether a user is there, active, and an administrator."""
    user = await hass.auth.async_get_user(user_id)
    return user is not None and user.is_active and user.is_admin


async def _async_user(hass: HomeAssistant, context: Context) -> User | None:
    if context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL, user_id=context.user_id)
    return user
