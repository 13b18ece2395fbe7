"""What the integration's entities have in common."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import HunchesCoordinator


class HunchesEntity(CoordinatorEntity[HunchesCoordinator]):
    """An entity of the one service device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: HunchesCoordinator, description: EntityDescription) -> None:
        """Tie the entity to its entry."""
        super().__init__(coordinator)
        self.entity_description = description
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            entry_type=DeviceEntryType.SERVICE, identifiers={(DOMAIN, entry_id)}, name="Hunches"
        )
