"""Entities of domains that no integration can add to: their components hold them."""

from typing import override

from homeassistant.helpers.entity import ToggleEntity

from .entity import DemoEntity


class DemoPerson(DemoEntity):
    """A person who is at home or not."""

    @property
    @override
    def state(self) -> str:
        """Return where they are."""
        return self.text


class DemoBoolean(DemoEntity, ToggleEntity):
    """A helper that is on or off."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on."""
        return self.on


CLASSES = {"person": DemoPerson, "input_boolean": DemoBoolean}
