"""How many hunches are open, and how far the integration is."""

from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import HunchesConfigEntry
from .entity import HunchesEntity

PARALLEL_UPDATES = 0

OPEN = SensorEntityDescription(
    key="open_hunches", translation_key="open_hunches", state_class=SensorStateClass.MEASUREMENT
)


async def async_setup_entry(
    hass: HomeAssistant, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensor."""
    async_add_entities([OpenHunches(entry.runtime_data.coordinator, OPEN)])


class OpenHunches(HunchesEntity, SensorEntity):
    """The number of open hunches."""

    _unrecorded_attributes = frozenset({"stage", "reason", "progress", "entities", "backtest"})

    @property
    @override
    def native_value(self) -> int:
        """Return how many are open."""
        return len(self.coordinator.data.open)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return how far things are and which entities the open hunches are about."""
        status = self.coordinator.data
        return {
            "stage": str(status.stage),
            "reason": status.reason,
            "progress": round(100 * status.done / status.total) if status.total else None,
            "entities": [hunch.entity_id for hunch in status.open],
            "backtest": status.proving,
        }
