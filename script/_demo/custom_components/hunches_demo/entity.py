"""What all entities of the demo home have in common: they do as they are told, and remember it."""

from collections.abc import Callable
from typing import Any, override

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.restore_state import RestoreEntity

from .const import DOMAIN
from .home import Thing


class DemoEntity(RestoreEntity):
    """An entity whose state is a text: the one it had when the demo began, until it is told otherwise."""

    _attr_should_poll = False

    def __init__(self, thing: Thing) -> None:
        """Be the entity that is described."""
        self.text = thing.state
        self.entity_id = thing.entity_id
        self._attr_unique_id = thing.entity_id
        if thing.name and thing.domain not in COMPONENTS_ONLY:
            self._attr_has_entity_name = True
            self._attr_name = None
            self._attr_device_info = DeviceInfo(
                identifiers={(DOMAIN, thing.entity_id)}, name=thing.name, entry_type=DeviceEntryType.SERVICE
            )
        else:
            self._attr_name = thing.name or None

    @override
    async def async_added_to_hass(self) -> None:
        """Take up the state of before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_state()) is not None:
            self.text = last.state

    @property
    @override
    def available(self) -> bool:
        """Whether its state is anything but "unavailable"."""
        return self.text != STATE_UNAVAILABLE

    @property
    def on(self) -> bool | None:
        """Whether it is on, None if that is unknown."""
        return None if self.text == STATE_UNKNOWN else self.text == "on"

    def be(self, text: str) -> None:
        """Change the state."""
        self.text = text
        self.async_write_ha_state()

    async def async_turn_on(self, **_: Any) -> None:
        """Switch it on."""
        self.be("on")

    async def async_turn_off(self, **_: Any) -> None:
        """Switch it off."""
        self.be("off")


COMPONENTS_ONLY = frozenset({"person", "input_boolean"})
"""Domains that no integration can add to; their own components hold the entities."""


def known_class[C](kind: Callable[[str], C], thing: Thing) -> C | None:
    """Return a thing's device class as Home Assistant's enumeration, None if it has none like it."""
    try:
        return kind(thing.device_class) if thing.device_class else None
    except ValueError:
        return None


def things_of(hass: HomeAssistant, domain: str) -> list[Thing]:
    """Return the home's entities of one domain."""
    things: tuple[Thing, ...] = hass.data[DOMAIN]
    return [thing for thing in things if thing.domain == domain]
