"""Adding the demo home: nothing to ask."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .const import DOMAIN, FILLED


class DemoConfigFlow(ConfigFlow, domain=DOMAIN):
    """One step without a form."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add the home."""
        return self.async_create_entry(title="Demo home", data={FILLED: False})
