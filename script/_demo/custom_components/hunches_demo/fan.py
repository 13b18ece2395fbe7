"""Fans of the demo home."""

from typing import Any, override

from homeassistant.components.fan import FanEntity, FanEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoFan(DemoEntity, FanEntity):
    """A fan of one speed."""

    _attr_supported_features = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it turns."""
        return self.on

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        """Switch it on."""
        self.be("on")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's fans."""
    add([DemoFan(thing) for thing in things_of(hass, Platform.FAN)])
