"""Trackers of the demo home."""

from typing import override

from homeassistant.components.device_tracker import BaseScannerEntity, SourceType
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoTracker(DemoEntity, BaseScannerEntity):
    """A tracker that is at home or not."""

    _attr_entity_category = None  # type: ignore[assignment]  # people are told by it, as by a person
    _attr_source_type = SourceType.ROUTER

    @property
    @override
    def is_connected(self) -> bool | None:
        """Whether it is at home."""
        return {"home": True, "not_home": False}.get(self.text)


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's trackers."""
    add([DemoTracker(thing) for thing in things_of(hass, Platform.DEVICE_TRACKER)])
