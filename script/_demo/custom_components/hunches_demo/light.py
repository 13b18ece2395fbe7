"""Lights of the demo home."""

from typing import override

from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoLight(DemoEntity, LightEntity):
    """A light that is on or off."""

    _attr_color_mode = ColorMode.ONOFF
    _attr_supported_color_modes = {ColorMode.ONOFF}  # noqa: RUF012 (typed by Home Assistant)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on."""
        return self.on


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's lights."""
    add([DemoLight(thing) for thing in things_of(hass, Platform.LIGHT)])
