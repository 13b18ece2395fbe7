"""The actions about what is kept of people: `export` all of it, and `erase` some of it or all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from .calls import loaded_coordinator, moment_of
from .const import DOMAIN
from .engine.policy import is_pending
from .erasing import Scope
from .errors import AnswerError
from .rights import async_check_administrator
from .words import plain

ATTR_BEFORE: Final = "before"
ATTR_ALL: Final = "all"

EXPORT: Final = vol.Schema({vol.Optional(ATTR_ENTITY_ID): cv.entity_id})


def _something(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse a call that does not say what to erase, or says it in two ways."""
    if bool(data[ATTR_ALL]) == bool(data.keys() & {ATTR_ENTITY_ID, ATTR_BEFORE}):
        raise vol.Invalid("give an entity, a time, or both; or all")
    return data


ERASE: Final = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_ENTITY_ID): cv.entity_id,
            vol.Optional(ATTR_BEFORE): cv.datetime,
            vol.Optional(ATTR_ALL, default=False): cv.boolean,
        }
    ),
    _something,
)


@callback
def async_setup_keeping(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(DOMAIN, "export", _async_export, EXPORT, SupportsResponse.ONLY)
    hass.services.async_register(DOMAIN, "erase", _async_erase, ERASE, SupportsResponse.OPTIONAL)


async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Return everything that is kept, or everything about one entity."""
    await async_check_administrator(call.hass, call.context)
    feedback = loaded_coordinator(call.hass).feedback
    found = await feedback.async_export(call.data.get(ATTR_ENTITY_ID))
    return {"exported": dt_util.utcnow().isoformat(timespec="seconds"), **found}


async def _async_erase(call: ServiceCall) -> ServiceResponse:
    """Erase what a call names, on disk too."""
    await async_check_administrator(call.hass, call.context)
    coordinator, before = loaded_coordinator(call.hass), call.data.get(ATTR_BEFORE)
    scope = Scope(call.data.get(ATTR_ENTITY_ID), moment_of(before) if isinstance(before, datetime) else None)
    async with coordinator.lock:
        erased = await coordinator.feedback.async_erase(scope)
        coordinator.show()
        if (trouble := coordinator.feedback.unstored) is not None:
            raise AnswerError("not_erased", detail=plain(trouble))
        waiting = sum(map(is_pending, coordinator.feedback.ledger.records))
    return {"erased": {**erased}, "actions_under_way": waiting}
