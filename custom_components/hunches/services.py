"""The actions of Hunches, for automations, voice and people: `scan`, `accept`, `reject` and `correct`."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID, ATTR_STATE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from .answers import async_accept, async_reject
from .asking import async_setup_asking
from .automatic import async_setup_automatic
from .backtesting import async_setup_backtest
from .calls import as_told, async_visible, loaded_coordinator, moment_of
from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .corrections import STATES, Statement
from .engine.context_filter import STEP, Correction
from .engine.localtime import DAY
from .engine.policy import Question, stops
from .engine.routine import DAYS
from .errors import AnswerError
from .keeping import async_setup_keeping
from .words import plain

ATTR_HUNCH: Final = "hunch"
ATTR_ALWAYS: Final = "always"
ATTR_NEVER: Final = "never"
ATTR_DEVICES: Final = "devices"
ATTR_START: Final = "start"
ATTR_END: Final = "end"
FORGET: Final = "forget"

_WHICH: Final = {
    vol.Exclusive(ATTR_ENTITY_ID, "which"): cv.entity_id,
    vol.Exclusive(ATTR_HUNCH, "which"): cv.string,
}
SCAN: Final = vol.Schema({vol.Optional(ATTR_DEVICES, default=False): cv.boolean})
ACCEPT: Final = vol.All(
    vol.Schema({**_WHICH, vol.Optional(ATTR_ALWAYS, default=False): cv.boolean}),
    cv.has_at_least_one_key(ATTR_ENTITY_ID, ATTR_HUNCH),
)
REJECT: Final = vol.All(
    vol.Schema({**_WHICH, vol.Optional(ATTR_NEVER, default=False): cv.boolean}),
    cv.has_at_least_one_key(ATTR_ENTITY_ID, ATTR_HUNCH),
)
CORRECT: Final = vol.Schema(
    {
        vol.Required(ATTR_STATE): vol.In((*STATES, FORGET)),
        vol.Required(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once for the life of Home Assistant."""
    for name, job, schema in (
        ("scan", _async_scan, SCAN),
        ("accept", _async_accept, ACCEPT),
        ("reject", _async_reject, REJECT),
        ("correct", _async_correct, CORRECT),
    ):
        hass.services.async_register(DOMAIN, name, job, schema, SupportsResponse.OPTIONAL)
    async_setup_asking(hass)
    async_setup_automatic(hass)
    async_setup_backtest(hass)
    async_setup_keeping(hass)


async def _async_scan(call: ServiceCall) -> ServiceResponse:
    """Look now, and answer with what the caller may control."""
    coordinator = loaded_coordinator(call.hass)
    if await coordinator.async_look() is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_ready")
    may_see = await async_visible(call.hass, call.context)
    status, ledger, home = coordinator.data, coordinator.feedback.ledger, coordinator.described
    response: dict[str, Any] = {
        "context": status.context.as_json() if status.context else None,
        "hunches": [
            {
                "hunch": h.key,
                "question": question.key,
                **h.as_json(),
                "stops": stops(home, h, ledger, coordinator.settings).as_json(),
            }
            for question in status.questions
            for h in question.hunches
            if may_see(h.entity_id)
        ],
        "declined": [{"hunch": h.key, "why": why, **h.as_json()} for h, why in status.declined if may_see(h.entity_id)],
        "timing": dict(status.timing),
    }
    if call.data[ATTR_DEVICES]:
        devices = await coordinator.async_describe()
        response["devices"] = [device for device in devices if may_see(device["entity_id"])]
    return response


async def _async_accept(call: ServiceCall) -> ServiceResponse:
    """Do what a hunch proposes, and what is asked with it."""
    coordinator = loaded_coordinator(call.hass)
    always = call.data[ATTR_ALWAYS]
    key = _key(coordinator, call)
    answer = async_accept(coordinator, key, call.context, always=always)
    return await _async_answer(key, answer, "always" if always else "accepted")


async def _async_reject(call: ServiceCall) -> ServiceResponse:
    """Put a hunch away, and what is asked with it."""
    coordinator = loaded_coordinator(call.hass)
    never = call.data[ATTR_NEVER]
    key = _key(coordinator, call)
    answer = async_reject(coordinator, key, call.context, never=never)
    return await _async_answer(key, answer, "never" if never else "rejected")


async def _async_correct(call: ServiceCall) -> ServiceResponse:
    """Keep what somebody states about the whole household, or forget what was stated."""
    coordinator = loaded_coordinator(call.hass)
    state, now = call.data[ATTR_STATE], dt_util.utcnow().timestamp()
    start = moment_of(call.data[ATTR_START])
    end = moment_of(call.data[ATTR_END]) if ATTR_END in call.data else now
    if end > now:
        raise _refused("in_the_future")
    if end - start < STEP:
        raise _refused("too_short", minutes=STEP / 60)
    if state == FORGET:
        await coordinator.async_forget(start, end)
    else:
        if start < now - DAYS * DAY:
            raise _refused("too_long_ago", days=DAYS)
        # Anybody of the household may say so; who did is kept.
        await coordinator.async_correct(Statement(Correction(start, end, state, now), call.context.user_id))
    if (trouble := coordinator.feedback.unstored) is not None:
        raise AnswerError("not_stored", detail=plain(trouble))
    return {
        "state": state,
        "start": dt_util.utc_from_timestamp(start).isoformat(),
        "end": dt_util.utc_from_timestamp(end).isoformat(),
        "corrections": len(coordinator.feedback.statements),
    }


def _refused(reason: str, **numbers: float) -> ServiceValidationError:
    placeholders = {name: f"{number:.0f}" for name, number in numbers.items()}
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=reason, translation_placeholders=placeholders
    )


async def _async_answer(key: str, answer: Any, outcome: str) -> ServiceResponse:
    try:
        question: Question = await answer
    except AnswerError as error:
        raise as_told(error) from error
    named = next((hunch for hunch in question.hunches if hunch.key == key), question.leader)
    entities: list[JsonValueType] = list(question.entity_ids)
    return {"hunch": named.key, "entity_id": named.entity_id, "entities": entities, "answer": outcome}


def _key(coordinator: HunchesCoordinator, call: ServiceCall) -> str:
    """Return the key of the open hunch that a call names, or the one it would have."""
    if (key := call.data.get(ATTR_HUNCH)) is not None:
        return str(key)
    entity_id = call.data[ATTR_ENTITY_ID]
    return next((h.key for h in coordinator.feedback.ledger.open if h.entity_id == entity_id), entity_id)
