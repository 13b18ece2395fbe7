"""Adding the integration with one confirmation, and changing what it may show."""

from typing import Any, override

import voluptuous as vol
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.core import callback
from homeassistant.helpers import selector

from .const import (
    CONF_EXCLUDED,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_REPAIRS,
    CONF_SENSITIVITY,
    DEFAULT_OPTIONS,
    DOMAIN,
    Sensitivity,
)
from .engine.home import DEVICE_DOMAINS
from .history.registry import build_home

OPTIONS = vol.Schema(
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
    }
)


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
        errors: dict[str, str] = {}
        if user_input is not None:
            start, end = user_input.get(CONF_QUIET_START), user_input.get(CONF_QUIET_END)
            if (start is None) == (end is None) and (start is None or start != end):
                return self.async_create_entry(data=user_input)
            errors["base"] = "quiet_hours"
        shown = user_input if user_input is not None else {**DEFAULT_OPTIONS, **self.config_entry.options}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS, shown),
            errors=errors,
        )
