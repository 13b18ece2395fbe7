"""What the options choose: what is left out, and what people say that entities tell of."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .const import (
    CONF_EXCLUDED,
    CONF_EXCLUDED_AREAS,
    CONF_EXCLUDED_DEVICES,
    CONF_EXCLUDED_LABELS,
    CONF_LIGHT,
    CONF_PRESENCE,
    CONF_SLEEP,
)
from .engine.home import Says

_SAYS: Final = ((CONF_LIGHT, Says.LIGHT), (CONF_PRESENCE, Says.PRESENCE), (CONF_SLEEP, Says.SLEEP))
"""In order of weight: what is named twice tells of the last."""


@callback
def named_in(options: Mapping[str, Any]) -> dict[str, Says]:
    """Return what people say that entities tell of, by entity id."""
    return {entity_id: says for key, says in _SAYS for entity_id in options.get(key, ())}


@callback
def excluded_by(hass: HomeAssistant, options: Mapping[str, Any]) -> frozenset[str]:
    """Return the entities that are left out: by themselves, or by their device, area or label.

    A label counts on an entity, its device or its area.
    """
    found = set(options.get(CONF_EXCLUDED, ()))
    scopes = (CONF_EXCLUDED_DEVICES, CONF_EXCLUDED_AREAS, CONF_EXCLUDED_LABELS)
    devices, areas, labels = (frozenset(options.get(key, ())) for key in scopes)
    if not (devices or areas or labels):
        return frozenset(found)
    for entry in er.async_get(hass).entities.values():
        device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
        area_id = er.async_get_effective_area_id(hass, entry)
        area = ar.async_get(hass).async_get_area(area_id) if area_id else None
        worn = {*entry.labels, *(device.labels if device else ()), *(area.labels if area else ())}
        if entry.device_id in devices or area_id in areas or not labels.isdisjoint(worn):
            found.add(entry.entity_id)
    return frozenset(found)
