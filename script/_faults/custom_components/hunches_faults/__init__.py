"""What the fault harness cannot ask for from outside: how far the integration is, and a hunch or the night at any time.

The policy raises four hunches a day and none soon after a start, and a running integration learns on once a night;
both have to be killed far more often than that.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch
from custom_components.hunches.engine.policy import Decision, action_for

from . import census, storm

if TYPE_CHECKING:
    from custom_components.hunches.coordinator import HunchesCoordinator
    from custom_components.hunches.data import HunchesConfigEntry

DOMAIN = "hunches_faults"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)
_HUNCHES = "hunches"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the commands."""
    for command in (state, learn, propose, census.census, storm.storm):
        websocket_api.async_register_command(hass, command)
    return True


def _coordinator(hass: HomeAssistant) -> HunchesCoordinator | None:
    entries: list[HunchesConfigEntry] = hass.config_entries.async_entries(_HUNCHES)
    loaded = (entry for entry in entries if entry.state is ConfigEntryState.LOADED)
    return next((entry.runtime_data.coordinator for entry in loaded), None)


@websocket_api.websocket_command({vol.Required("type"): "hunches_faults/state"})
@websocket_api.require_admin
@callback
def state(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send how far the integration is and how much it knows, at once."""
    entry = next(iter(hass.config_entries.async_entries(_HUNCHES)), None)
    coordinator = _coordinator(hass)
    if coordinator is None:
        found: dict[str, Any] = {
            "stage": str(entry.state.value) if entry else "absent",
            "reason": entry and entry.reason,
        }
    else:
        status, feedback = coordinator.data, coordinator.feedback
        found = {
            "stage": str(status.stage),
            "reason": status.reason,
            "looked": status.context is not None,
            "open": [hunch.key for hunch in status.open],
            "answers": len(feedback.ledger.answers),
            "statements": len(feedback.statements),
            "until": max((kept.usage.until for kept in coordinator.teacher.memory.kept.values()), default=0.0),
            "timing": dict(status.timing),
        }
    connection.send_result(message["id"], found)


@websocket_api.websocket_command({vol.Required("type"): "hunches_faults/learn"})
@websocket_api.require_admin
@callback
def learn(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Begin to learn on, as every night."""
    if (coordinator := _coordinator(hass)) is not None:
        coordinator.async_learn()
    connection.send_result(message["id"])


@websocket_api.websocket_command({vol.Required("type"): "hunches_faults/propose", vol.Required("entity_id"): str})
@websocket_api.require_admin
@websocket_api.async_response
async def propose(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Raise a hunch about an entity as if the policy had let it through; send its key and its moment."""
    coordinator = _coordinator(hass)
    if coordinator is None or coordinator.home is None:
        connection.send_error(message["id"], "not_ready", "nothing has been learned yet")
        return
    entity, now = coordinator.home.entities[message["entity_id"]], time()
    if (action := action_for(entity)) is None:
        connection.send_error(message["id"], "not_proposable", f"nothing is ever proposed about {entity.entity_id}")
        return
    evidence = Evidence(now - 1800.0, None, None, 0.1, 30.0, "lamp", Context(now, 0.1, 0.9, 0.5), 0.9)
    kind = KIND_OF_DOMAIN[entity.domain]
    hunch = Hunch(now, entity.entity_id, kind, f"{action.domain}.{action.service}", 0.9, evidence)
    async with coordinator.lock:
        opened = tuple(h for h in coordinator.feedback.ledger.open if h.key != hunch.key)
        await coordinator.feedback.async_decided(Decision((hunch,), opened, (), ()), (), now)
    coordinator.show()
    connection.send_result(message["id"], {"hunch": hunch.key, "time": now})
