"""Covers of the demo home."""

from typing import Any, override

from homeassistant.components.cover import CoverDeviceClass, CoverEntity, CoverEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, known_class, things_of
from .home import Thing


class DemoCover(DemoEntity, CoverEntity):
    """A cover that is open or closed."""

    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE

    def __init__(self, thing: Thing) -> None:
        """Be the cover that is described."""
        super().__init__(thing)
        self._attr_device_class = known_class(CoverDeviceClass, thing)

    @property
    @override
    def is_closed(self) -> bool | None:
        """Whether it is closed."""
        return {"closed": True, "open": False}.get(self.text)

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        """Open it."""
        self.be("open")

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        """Close it."""
        self.be("closed")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's covers."""
    add([DemoCover(thing) for thing in things_of(hass, Platform.COVER)])
