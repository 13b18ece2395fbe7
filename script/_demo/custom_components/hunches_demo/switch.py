"""Switches and outlets of the demo home."""

from typing import override

from homeassistant.components.switch import SwitchDeviceClass, SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, known_class, things_of
from .home import Thing


class DemoSwitch(DemoEntity, SwitchEntity):
    """A switch."""

    def __init__(self, thing: Thing) -> None:
        """Be the switch that is described."""
        super().__init__(thing)
        self._attr_device_class = known_class(SwitchDeviceClass, thing)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on."""
        return self.on


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's switches."""
    add([DemoSwitch(thing) for thing in things_of(hass, Platform.SWITCH)])
