"""More changes of state than any home has, and how late the event loop is meanwhile."""

import asyncio
from itertools import cycle
from time import perf_counter
from typing import Any, Final

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant

_TICK: Final = 0.01


@websocket_api.websocket_command(
    {
        vol.Required("type"): "hunches_faults/storm",
        vol.Required("entity_ids"): [str],
        vol.Required("rate"): vol.Coerce(float),
        vol.Required("seconds"): vol.Coerce(float),
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def storm(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Toggle entities in turn; send how many changes there were and how late the timer was, in milliseconds."""
    began = perf_counter()
    made, late, names = 0, [], cycle(message["entity_ids"])
    while (past := perf_counter() - began) < message["seconds"]:
        for _ in range(int(past * message["rate"]) - made):
            key = next(names)
            state = hass.states.get(key)
            text = "off" if state is not None and state.state == "on" else "on"
            hass.states.async_set(key, text, state.attributes if state is not None else None)
            made += 1
        asked = perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        late.append(perf_counter() - asked)
    late.sort()
    result = {
        "changes": made,
        "late_median": round(1000 * late[len(late) // 2], 2),
        "late_p99": round(1000 * late[len(late) * 99 // 100], 2),
        "late_most": round(1000 * late[-1], 2),
    }
    connection.send_result(message["id"], result)
