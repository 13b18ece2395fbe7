"""Sensors of the demo home that say yes or no."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, known_class, things_of
from .home import Thing


class DemoBinarySensor(DemoEntity, BinarySensorEntity):
    """A sensor that stays as it is."""

    def __init__(self, thing: Thing) -> None:
        """Be the sensor that is described."""
        super().__init__(thing)
        self._attr_device_class = known_class(BinarySensorDeviceClass, thing)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on."""
        return self.on


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's binary sensors."""
    add([DemoBinarySensor(thing) for thing in things_of(hass, Platform.BINARY_SENSOR)])
