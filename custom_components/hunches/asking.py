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
    """Ask one question, or each that a voice may answer until nobody does; answer with what was said."""
    hass, satellite, key = call.hass, call.data[ATTR_ENTITY_ID], call.data.get(ATTR_HUNCH)
    coordinator = loaded_coordinator(hass)
    data: HunchesData = coordinator.config_entry.runtime_data
    await async_check_control(hass, call.context, satellite)
    if hass.states.get(satellite) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_satellite", translation_placeholders={"name": satellite}
        )
    may = await async_visible(hass, call.context)
    # A voice answers for all that is asked, so that all of it has to be the caller's to decide.
    questions = [
        question
        for question in coordinator.questions
        if (key is None or key in [hunch.key for hunch in question.hunches]) and all(map(may, question.entity_ids))
    ]
    if key is not None and not questions:
        raise as_told(AnswerError("gone"))
    askable = [question for question in questions if data.voice.may_ask(question)]
    if key is not None and not askable:
        raise as_told(AnswerError("not_by_voice", name_of(hass, coordinator.home, questions[0].leader.entity_id)))
    answers: list[JsonValueType] = []
    for question in askable:
        answer = await data.voice.async_ask(satellite, question)
        entities: list[JsonValueType] = list(question.entity_ids)
        leader = question.leader
        answers.append({"hunch": leader.key, "entity_id": leader.entity_id, "entities": entities, "answer": answer})
        if answer == NO_ANSWER:
            break  # nobody listens
    return {"answers": answers}
