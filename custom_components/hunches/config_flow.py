"""Adding the integration with one confirmation, and changing what it may show."""

from typing import Any, override

import voluptuous as vol
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfTemperature
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from .const import (
    CONF_EXCLUDED,
    CONF_HIGHEST,
    CONF_LOWEST,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_REPAIRS,
    CONF_SENSITIVITY,
    CONF_SETBACK,
    CONF_SHADOW,
    DEFAULT_OPTIONS,
    DOMAIN,
    Sensitivity,
)
from .engine.home import DEVICE_DOMAINS
from .engine.policy import Bounds
from .history.registry import build_home

AUTOMATIC = "automatic"
"""The section of the options about what is done without asking."""
_FROST, _WARM, _FARTHEST = Bounds().frost, 30.0, 10.0
"""Degrees Celsius between which heating may be set back, and by how many at most."""


def _options(unit: str) -> vol.Schema:
    """Return the form of the options, temperatures in a unit."""

    def degrees(low: float, high: float) -> selector.NumberSelector:
        return selector.NumberSelector(
            selector.NumberSelectorConfig(
                min=low, max=high, step=0.5, unit_of_measurement=unit, mode=selector.NumberSelectorMode.BOX
            )
        )

    low, high = (_shown(key, value, unit) for key, value in ((CONF_LOWEST, _FROST), (CONF_HIGHEST, _WARM)))
    return vol.Schema(
        {
            vol.Required(CONF_SENSITIVITY): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=[str(level) for level in Sensitivity],
                    translation_key=CONF_SENSITIVITY,
                    mode=selector.SelectSelectorMode.LIST,
                )
            ),
            vol.Required(CONF_REPAIRS): selector.BooleanSelector(),
            vol.Optional(CONF_QUIET_START): selector.TimeSelector(),
            vol.Optional(CONF_QUIET_END): selector.TimeSelector(),
            vol.Optional(CONF_EXCLUDED): selector.EntitySelector(
                selector.EntitySelectorConfig(domain=list(DEVICE_DOMAINS), multiple=True)
            ),
            vol.Optional(AUTOMATIC): section(
                vol.Schema(
                    {
                        vol.Required(CONF_SHADOW): selector.BooleanSelector(),
                        vol.Required(CONF_SETBACK): degrees(0.5, _shown(CONF_SETBACK, _FARTHEST, unit)),
                        vol.Required(CONF_LOWEST): degrees(low, high),
                        vol.Required(CONF_HIGHEST): degrees(low, high),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


def _shown(key: str, value: float, unit: str) -> float:
    """Return a temperature or difference of the options as the home shows it, in half degrees."""
    convert = TemperatureDeltaConverter.convert if key == CONF_SETBACK else TemperatureConverter.convert
    return round(2.0 * convert(value, UnitOfTemperature.CELSIUS, unit)) / 2.0


def _kept(key: str, value: float, unit: str) -> float:
    """Return what was entered in the home's unit as it is kept."""
    convert = TemperatureDeltaConverter.convert if key == CONF_SETBACK else TemperatureConverter.convert
    return round(convert(value, unit, UnitOfTemperature.CELSIUS), 2)


class HunchesConfigFlow(ConfigFlow, domain=DOMAIN):
    """Add the integration: one step that says what it will look at."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HunchesOptionsFlow:
        """Return the flow that changes the options."""
        return HunchesOptionsFlow()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what will be looked at, and add the entry when that is confirmed."""
        if user_input is not None:
            return self.async_create_entry(title="Hunches", data={}, options=dict(DEFAULT_OPTIONS))
        home = build_home(self.hass)
        return self.async_show_form(
            step_id="user",
            data_schema=vol.Schema({}),
            description_placeholders={"devices": str(len(home.devices)), "evidence": str(len(home.evidence))},
        )


class HunchesOptionsFlow(OptionsFlowWithReload):
    """Change how readily hunches are shown, where, when and about what."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options and keep what is chosen."""
        unit = self.hass.config.units.temperature_unit
        options = {**DEFAULT_OPTIONS, **self.config_entry.options}
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _errors(user_input)
            if not errors:
                return self.async_create_entry(data=_flat(user_input, options, unit))
        shown = user_input if user_input is not None else _sectioned(options, unit)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_options(unit), shown),
            errors=errors,
        )


def _errors(chosen: dict[str, Any]) -> dict[str, str]:
    start, end = chosen.get(CONF_QUIET_START), chosen.get(CONF_QUIET_END)
    if (start is None) != (end is None) or (start is not None and start == end):
        return {"base": "quiet_hours"}
    inside = chosen.get(AUTOMATIC)
    if inside is not None and inside[CONF_LOWEST] > inside[CONF_HIGHEST]:
        return {"base": "temperatures"}
    return {}


_TEMPERATURES = (CONF_SETBACK, CONF_LOWEST, CONF_HIGHEST)


def _flat(chosen: dict[str, Any], before: dict[str, Any], unit: str) -> dict[str, Any]:
    """Return what was entered as the options that are kept; a section that was not entered stays as it was."""
    kept = {key: value for key, value in chosen.items() if key != AUTOMATIC}
    inside = {key: before[key] for key in (CONF_SHADOW, *_TEMPERATURES)}
    entered = chosen.get(AUTOMATIC, {})
    return {**kept, **inside, **{k: _kept(k, v, unit) if k in _TEMPERATURES else v for k, v in entered.items()}}


def _sectioned(options: dict[str, Any], unit: str) -> dict[str, Any]:
    """Return the options as they are shown."""
    inside = {key: _shown(key, options[key], unit) for key in _TEMPERATURES}
    kept = {key: value for key, value in options.items() if key not in (*_TEMPERATURES, CONF_SHADOW)}
    return {**kept, AUTOMATIC: {CONF_SHADOW: options[CONF_SHADOW], **inside}}
