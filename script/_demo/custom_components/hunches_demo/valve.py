"""Valves of the demo home."""

from typing import override

from homeassistant.components.valve import ValveDeviceClass, ValveEntity, ValveEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, known_class, things_of
from .home import Thing


class DemoValve(DemoEntity, ValveEntity):
    """A valve that is open or closed."""

    _attr_reports_position = False
    _attr_supported_features = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE

    def __init__(self, thing: Thing) -> None:
        """Be the valve that is described."""
        super().__init__(thing)
        self._attr_device_class = known_class(ValveDeviceClass, thing)

    @property
    @override
    def is_closed(self) -> bool | None:
        """Whether it is closed."""
        return {"closed": True, "open": False}.get(self.text)

    @override
    async def async_open_valve(self) -> None:
        """Open it."""
        self.be("open")

    @override
    async def async_close_valve(self) -> None:
        """Close it."""
        self.be("closed")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's valves."""
    add([DemoValve(thing) for thing in things_of(hass, Platform.VALVE)])
