"""A few lines on Home Assistant's system health page."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {"stage": "not_loaded"}
    coordinator = entries[0].runtime_data.coordinator
    status = coordinator.data
    return {
        "stage": str(status.stage),
        "devices": status.devices,
        "evidence": status.evidence,
        "rows": status.timing.get("rows", 0),
        "learned": status.timing.get("learned", ""),
        "runtime": coordinator.model.runtime,
        "open": len(status.questions),
        "automatic": coordinator.feedback.ledger.automatic,
    }
