"""What the actions of Hunches have in common: the loaded entry, what a caller may see, and how a refusal is told."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, UnknownUser
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .errors import AnswerError

_MISTAKES: Final = frozenset(
    {"already_undone", "changed_since", "forbidden", "gone", "needs_a_device", "no_device", "no_such_rule"}
    | {"not_by_voice", "not_proven", "not_ready", "nothing_proven", "nothing_to_undo", "would_open", "would_unlock"}
)
"""Reasons that lie with the call; the others lie with a device."""


@callback
def loaded_coordinator(hass: HomeAssistant) -> HunchesCoordinator:
    """Return the coordinator of the loaded entry; raise `ServiceValidationError` if there is none."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        coordinator: HunchesCoordinator = entry.runtime_data.coordinator
        return coordinator
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")


async def async_visible(hass: HomeAssistant, context: Context) -> Callable[[str], bool]:
    """Return a test of whether the caller may control an entity."""
    if context.user_id is None:
        return lambda entity_id: True
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL, user_id=context.user_id)
    return lambda entity_id: user.permissions.check_entity(entity_id, POLICY_CONTROL)


def as_told(error: AnswerError) -> HomeAssistantError:
    """Return a refusal as Home Assistant tells it: a mistake of the caller's, or a fault of a device."""
    if error.reason not in _MISTAKES:
        return error
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=error.reason,
        translation_placeholders=error.translation_placeholders,
    )


def moment_of(moment: datetime) -> float:
    """Return Unix seconds, none before 1970; without a time zone, a time is the home's."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt_util.get_default_time_zone())
    return max(moment.timestamp(), 0.0)  # not by way of UTC, where the first and last days there are overflow
