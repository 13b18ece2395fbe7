"""Heating of the demo home."""

from typing import Any, override

from homeassistant.components.climate import (
    ATTR_TEMPERATURE,
    ClimateEntity,
    ClimateEntityFeature,
    HVACMode,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, things_of


class DemoClimate(DemoEntity, ClimateEntity):
    """A thermostat in a room that is always of one temperature."""

    _attr_current_temperature = 19.5
    _attr_hvac_modes = list(HVACMode)  # noqa: RUF012 (typed by Home Assistant)
    _attr_supported_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF
    )
    _attr_target_temperature = 20.0
    _attr_temperature_unit = UnitOfTemperature.CELSIUS

    @property
    @override
    def hvac_mode(self) -> HVACMode | None:
        """Return its mode."""
        try:
            return HVACMode(self.text)
        except ValueError:
            return None

    @override
    async def async_turn_on(self, **_: Any) -> None:
        """Heat."""
        self.be("heat")

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Change its mode."""
        self.be(hvac_mode)

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Change the target."""
        self._attr_target_temperature = kwargs.get(ATTR_TEMPERATURE, self._attr_target_temperature)
        self.async_write_ha_state()


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's thermostats."""
    add([DemoClimate(thing) for thing in things_of(hass, Platform.CLIMATE)])
