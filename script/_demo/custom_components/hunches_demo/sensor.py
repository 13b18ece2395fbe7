"""Sensors of the demo home that measure."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import LIGHT_LUX, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of
from .home import Thing


class DemoSensor(DemoEntity, SensorEntity):
    """A sensor that stays as it is."""

    def __init__(self, thing: Thing) -> None:
        """Be the sensor that is described."""
        super().__init__(thing)
        if thing.device_class == SensorDeviceClass.ILLUMINANCE:
            self._attr_device_class = SensorDeviceClass.ILLUMINANCE
            self._attr_native_unit_of_measurement = LIGHT_LUX

    @property
    @override
    def native_value(self) -> str | None:
        """Return what it measured last."""
        return None if self.text == STATE_UNKNOWN else self.text


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's sensors."""
    add([DemoSensor(thing) for thing in things_of(hass, Platform.SENSOR)])
