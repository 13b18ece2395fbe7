"""The action `backtest`: what would have been asked and done in the past, and what people then did."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .calls import async_visible, loaded_coordinator
from .const import DOMAIN
from .engine.experts import MEMORY
from .engine.localtime import DAY
from .history.reader import Stopped
from .proof import DAYS

ATTR_DAYS: Final = "days"
BACKTEST: Final = vol.Schema(
    {
        vol.Optional(ATTR_DAYS, default=DAYS): vol.All(vol.Coerce(int), vol.Range(1, round(MEMORY / DAY))),
        vol.Optional(ATTR_ENTITY_ID): cv.entity_ids,
    }
)


@callback
def async_setup_backtest(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, "backtest", _async_backtest, BACKTEST, SupportsResponse.ONLY)


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Go through the past anew; answer with the sums, and in detail with what the caller may control."""
    coordinator, may_see = loaded_coordinator(call.hass), await async_visible(call.hass, call.context)
    try:
        found = await coordinator.proof.async_prove(call.data[ATTR_DAYS])
    except Stopped:
        found = None
    if found is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_ready")
    asked = call.data.get(ATTR_ENTITY_ID)
    devices: dict[str, Any] = {
        key: device for key, device in found["devices"].items() if may_see(key) and (asked is None or key in asked)
    }
    return {**{name: found[name] for name in _ANSWERED}, "devices": devices}


_ANSWERED: Final = ("from", "until", "days", "raised", "acted", "kinds", "not_counted")
