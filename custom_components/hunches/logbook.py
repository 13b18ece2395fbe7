"""Entries of the logbook: every action of ours, with its reason."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_ACTED


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None]
) -> None:
    """Describe our events."""

    @callback
    def describe(event: Event) -> dict[str, Any]:
        entity_id = event.data["entity_id"]
        state = hass.states.get(entity_id)
        return {
            # The page puts the entity's name in front, whatever is given here; so it is the subject everywhere.
            LOGBOOK_ENTRY_NAME: state.name if state else entity_id,
            LOGBOOK_ENTRY_MESSAGE: _message(hass, event.data),
            LOGBOOK_ENTRY_ENTITY_ID: entity_id,
        }

    async_describe_event(DOMAIN, EVENT_ACTED, describe)


def _message(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Return what was done and why, in Home Assistant's language; events of before there were reasons have none."""
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    why = data.get("reason")
    if why and data.get("undo"):
        key = "log_undone"
    elif why and data.get("automatic"):
        key = "log_automatic"
    else:
        key = "log_accepted_why" if why else "log_accepted"
    return texts.get(f"component.{DOMAIN}.common.{key}", key).format(action=data["action"], why=why)
