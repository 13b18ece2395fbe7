"""Conditions of automations: everyone is asleep or away, it is dark, a hunch is open. What is unknown does not hold."""

from collections.abc import Callable
from typing import Any, Final, Unpack, cast, override

import voluptuous as vol
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .data import Status
from .engine.hunches import Context, Kind

CONF_KIND: Final = "kind"
_NO_OPTIONS: Final = vol.Schema({vol.Optional(CONF_OPTIONS, default=dict): {}})
_KINDS: Final = vol.Schema(
    {
        vol.Optional(CONF_OPTIONS, default=dict): {
            vol.Optional(CONF_KIND): vol.All(cv.ensure_list, [vol.In([str(kind) for kind in Kind])])
        }
    }
)


@callback
def _status(hass: HomeAssistant) -> Status:
    """Return what is known of the home; nothing while the integration is not loaded."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        status: Status = entry.runtime_data.coordinator.data
        return status
    return Status()


class _HomeCondition(Condition):
    """Holds while something about the home is more likely than not."""

    _holds: Callable[[Context], bool]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _NO_OPTIONS(config))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        context = _status(self._hass).context
        return context is not None and self._holds(context)


class HunchOpenCondition(Condition):
    """Holds while a hunch of one of the chosen kinds is open; with none chosen, of any."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _KINDS(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        options: dict[str, Any] = config.options or {}
        self._kinds = frozenset(options.get(CONF_KIND, ()))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        return any(not self._kinds or hunch.kind in self._kinds for hunch in _status(self._hass).open)


def _home(holds: Callable[[Context], bool]) -> type[Condition]:
    return type("HomeCondition", (_HomeCondition,), {"_holds": lambda self, context: holds(context)})


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "home_asleep": _home(lambda context: context.p_asleep >= 0.5),
    "home_away": _home(lambda context: context.p_away >= 0.5),
    "home_dark": _home(lambda context: context.p_dark >= 0.5),
    "hunch_open": HunchOpenCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
