"""Answers `script/demo`: how far the integration's first analysis is, and what it found.

The integration offers its findings to people; this takes them as the objects that `script/replay` writes, straight
from its coordinator.
"""

from time import perf_counter
from typing import Any

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_get_setup_timings
from homeassistant.util.hass_dict import HassKey

HUNCHES = "hunches"
_TOOK: HassKey[float] = HassKey("hunches_demo_setup_seconds")


@callback
def watch_set_up(hass: HomeAssistant, change: ConfigEntryChange, entry: ConfigEntry) -> None:
    """Note how long the integration's set-up takes. Home Assistant itself does so only while it starts."""
    if entry.domain != HUNCHES or change is not ConfigEntryChange.ADDED:
        return
    began = perf_counter()

    @callback
    def loaded() -> None:
        if entry.state is ConfigEntryState.LOADED:
            hass.data.setdefault(_TOOK, perf_counter() - began)

    entry.async_on_state_change(loaded)


def _setup_seconds(hass: HomeAssistant) -> float:
    return hass.data.get(_TOOK) or async_get_setup_timings(hass).get(HUNCHES, 0.0)


@websocket_api.websocket_command(
    {vol.Required("type"): "hunches_demo/report", vol.Optional("devices", default=True): bool}
)
@websocket_api.require_admin
@websocket_api.async_response
async def report(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send `stage` and how far the backtest is always, and once a look has followed the learning, everything.

    `devices`: whether to describe them too, which takes time in a large home.
    """
    entry = next(iter(hass.config_entries.async_entries(HUNCHES)), None)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        reason = entry.reason if entry else None
        state = str(entry.state.value) if entry else "absent"
        connection.send_result(message["id"], {"stage": state, "reason": reason, "proving": None, "found": None})
        return
    coordinator = entry.runtime_data.coordinator
    status = coordinator.data
    found = None
    if status.context is not None and "look_seconds" in status.timing:
        found = {
            "devices": await coordinator.async_describe() if message["devices"] else [],
            "context": status.context.as_json(),
            "hunches": [hunch.as_json() for hunch in status.open],
            "declined": [[hunch.as_json(), why] for hunch, why in status.declined],
            "timing": {
                "rows": status.timing["rows"],
                "history_seconds": status.timing["read_seconds"],
                "learn_seconds": status.timing["learn_seconds"],
                "scan_seconds": status.timing["look_seconds"],
                "added_start_seconds": round(_setup_seconds(hass), 4),
            },
        }
    connection.send_result(
        message["id"],
        {"stage": str(status.stage), "reason": status.reason, "proving": status.proving, "found": found},
    )
