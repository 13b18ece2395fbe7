"""Locks of the demo home."""

from typing import Any, override

from homeassistant.components.lock import LockEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoLock(DemoEntity, LockEntity):
    """A lock."""

    @property
    @override
    def is_locked(self) -> bool | None:
        """Whether it is locked."""
        return {"locked": True, "unlocked": False}.get(self.text)

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Lock it."""
        self.be("locked")

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock it."""
        self.be("unlocked")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's locks."""
    add([DemoLock(thing) for thing in things_of(hass, Platform.LOCK)])
