"""What helps to find a fault, without what tells about a home: no names, no entity ids, no position."""

from collections import Counter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .data import HunchesConfigEntry
from .engine.hunches import Hunch
from .engine.localtime import DAY


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
        # Lists name entities, devices, areas and labels: how long they are is enough
        "options": {key: len(value) if isinstance(value, list) else value for key, value in entry.options.items()},
        "model": dict(coordinator.model.card),
        "stage": str(status.stage),
        "reason": status.reason,
        "progress": {"done": status.done, "total": status.total},
        "history_days": None if status.since is None else round((dt_util.utcnow().timestamp() - status.since) / DAY, 1),
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
        "automatic": ledger.automatic,
        "rules": [
            {
                "rule": str(rule.verdict),
                "entity_id": None if rule.entity_id is None else hidden(rule.entity_id),
                "kind": None if rule.kind is None else str(rule.kind),
            }
            for rule in ledger.rules
        ],
        "actions": dict(Counter(f"{record.action.name} {record.outcome}" for record in ledger.records)),
        "unstored": feedback.unstored is not None,
    }
