"""The action `ask`: ask aloud about what is open, now, through one satellite; for automations such as "good night"."""

from typing import Final

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType

from .calls import as_told, async_visible, loaded_coordinator
from .const import DOMAIN
from .data import HunchesData
from .errors import AnswerError
from .rights import async_check_control
from .voice import NO_ANSWER, SATELLITE
from .words import name_of

ATTR_HUNCH: Final = "hunch"
ASK: Final = vol.Schema(
    {vol.Required(ATTR_ENTITY_ID): cv.entity_domain(SATELLITE), vol.Optional(ATTR_HUNCH): cv.string}
)


@callback
def async_setup_asking(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, "ask", _async_ask, ASK, SupportsResponse.OPTIONAL)


async def _async_ask(call: ServiceCall) -> ServiceResponse:
    """Ask about one hunch, or about each that a voice may answer until nobody does; answer with what was said."""
    hass, satellite, key = call.hass, call.data[ATTR_ENTITY_ID], call.data.get(ATTR_HUNCH)
    coordinator = loaded_coordinator(hass)
    data: HunchesData = coordinator.config_entry.runtime_data
    await async_check_control(hass, call.context, satellite)
    if hass.states.get(satellite) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_satellite", translation_placeholders={"name": satellite}
        )
    may = await async_visible(hass, call.context)
    hunches = [hunch for hunch in coordinator.feedback.ledger.open if key in (None, hunch.key) and may(hunch.entity_id)]
    if key is not None and not hunches:
        raise as_told(AnswerError("gone"))
    askable = [hunch for hunch in hunches if data.voice.may_ask(hunch)]
    if key is not None and not askable:
        raise as_told(AnswerError("not_by_voice", name_of(hass, coordinator.home, hunches[0].entity_id)))
    answers: list[JsonValueType] = []
    for hunch in askable:
        answer = await data.voice.async_ask(satellite, hunch)
        answers.append({"hunch": hunch.key, "entity_id": hunch.entity_id, "answer": answer})
        if answer == NO_ANSWER:
            break  # nobody listens
    return {"answers": answers}
