"""Entries of the logbook: every action of ours, with its reason."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_ACTED
from .engine.hunches import Kind

_SEEN = {kind.value: kind.value.replace("_", " ") for kind in Kind}


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None]
) -> None:
    """Describe our events."""

    @callback
    def describe(event: Event) -> dict[str, Any]:
        entity_id, action, seen = event.data["entity_id"], event.data["action"], _SEEN[event.data["kind"]]
        state = hass.states.get(entity_id)
        return {
            # The page puts the entity's name in front, whatever is given here; so it is the subject everywhere.
            LOGBOOK_ENTRY_NAME: state.name if state else entity_id,
            LOGBOOK_ENTRY_MESSAGE: _message(event.data, action, seen),
            LOGBOOK_ENTRY_ENTITY_ID: entity_id,
        }

    async_describe_event(DOMAIN, EVENT_ACTED, describe)


def _message(data: Mapping[str, Any], action: str, seen: str) -> str:
    """Return what was done and why; events of before there were reasons have none."""
    if not (why := data.get("reason")):
        return f"got {action} from Hunches, because it was {seen} and a person accepted the hunch"
    if data.get("undo"):
        return f"was put back by Hunches as it was before {action}"
    if data.get("automatic"):
        return f"got {action} from Hunches without being asked, as allowed, because: {why}"
    return f"got {action} from Hunches, because a person accepted the hunch: {why}"
