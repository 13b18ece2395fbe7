"""Humidifiers of the demo home."""

from typing import override

from homeassistant.components.humidifier import HumidifierEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoHumidifier(DemoEntity, HumidifierEntity):
    """A humidifier with a fixed target."""

    _attr_target_humidity = 50

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it runs."""
        return self.on

    @override
    async def async_set_humidity(self, humidity: int) -> None:
        """Change the target."""
        self._attr_target_humidity = humidity
        self.async_write_ha_state()


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's humidifiers."""
    add([DemoHumidifier(thing) for thing in things_of(hass, Platform.HUMIDIFIER)])
