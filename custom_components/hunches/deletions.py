"""What a person deletes from the recorder, so that it is deleted from the long memory too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.entityfilter import generate_filter
from homeassistant.helpers.service import async_extract_entity_ids
from homeassistant.util import dt as dt_util

from .engine.localtime import DAY

RECORDER = "recorder"
PURGE_ENTITIES = "purge_entities"


@dataclass(frozen=True, slots=True)
class Deletion:
    """Of these entities everything before a moment (Unix seconds) is gone."""

    entity_ids: frozenset[str]
    before: float


@callback
def is_deletion(data: Mapping[str, Any]) -> bool:
    """Return whether the data of a `call_service` event are about deleting entities' history."""
    return data.get("domain") == RECORDER and data.get("service") == PURGE_ENTITIES


async def async_deletion(hass: HomeAssistant, event: Event[Any], known: Iterable[str]) -> Deletion | None:
    """Return what a call of `recorder.purge_entities` deletes of the `known` entities; None if nothing.

    The event comes before the recorder has looked at the call: one that it will refuse deletes nothing.
    """
    if (user_id := event.context.user_id) is not None:
        user = await hass.auth.async_get_user(user_id)
        if user is None or not user.is_admin:
            return None
    data = dict(event.data.get("service_data") or {})
    try:
        data[ATTR_ENTITY_ID] = cv.entity_ids(data.get(ATTR_ENTITY_ID, []))  # as the recorder will read it, or refuse
    except vol.Invalid:
        return None
    call = ServiceCall(hass, RECORDER, PURGE_ENTITIES, data, event.context)
    chosen = generate_filter(
        _texts(data.get("domains")),
        list(await async_extract_entity_ids(call, expand_group=False)),
        [],
        [],
        _texts(data.get("entity_globs")),
    )
    entity_ids = frozenset(key for key in known if chosen(key))
    try:
        days = float(data.get("keep_days") or 0)
    except TypeError, ValueError:
        return None
    return Deletion(entity_ids, dt_util.utcnow().timestamp() - days * DAY) if entity_ids else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value or ()]
