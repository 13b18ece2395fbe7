"""What helps to find a fault, without what tells about a home: no names, no entity ids, no position."""

from collections import Counter
from typing import Any

from homeassistant.core import HomeAssistant

from .const import CONF_EXCLUDED
from .data import HunchesConfigEntry
from .engine.hunches import Hunch


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: HunchesConfigEntry) -> dict[str, Any]:
    """Return the state of the entry; every entity is a number and its domain."""
    coordinator = entry.runtime_data.coordinator
    status, feedback = coordinator.data, coordinator.feedback
    ledger = feedback.ledger
    devices = await coordinator.async_describe()
    places = {device["entity_id"]: number for number, device in enumerate(devices)}

    def hidden(entity_id: str) -> str:
        return f"{entity_id.partition('.')[0]}.{places.get(entity_id, 'unknown')}"

    def redacted(hunch: Hunch) -> dict[str, Any]:
        return {**hunch.as_json(), "entity_id": hidden(hunch.entity_id)}

    return {
        "options": {**entry.options, CONF_EXCLUDED: len(entry.options.get(CONF_EXCLUDED, ()))},
        "model": dict(coordinator.model.card),
        "stage": str(status.stage),
        "reason": status.reason,
        "progress": {"done": status.done, "total": status.total},
        "timing": dict(status.timing),
        "context": status.context.as_json() if status.context else None,
        "devices": [
            {**device, "entity_id": hidden(device["entity_id"]), "area_guess": device["area_guess"] is not None}
            for device in devices
        ],
        "evidence": status.evidence,
        "open": [redacted(hunch) for hunch in ledger.open],
        "declined": [{"why": why, **redacted(hunch)} for hunch, why in status.declined],
        "answers": dict(Counter(str(given.answer) for given in ledger.answers)),
        "corrections": len(feedback.statements),
    }
