"""The home that the options choose, as the registries stand now."""

from collections.abc import Iterator, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .engine.chosen import Owned, left_out, named
from .engine.home import Home
from .history.registry import build_home, reports


@callback
def chosen_home(hass: HomeAssistant, options: Mapping[str, Any]) -> tuple[Home, frozenset[str]]:
    """Return the home's devices and evidence (see `build_home`), and the ids of what is left out (see `left_out`)."""
    told = reports(hass)
    excluded = left_out(options, _owned(hass), told)
    return build_home(hass, excluded, named(options), told), excluded


def _owned(hass: HomeAssistant) -> Iterator[Owned]:
    for entry in er.async_get(hass).entities.values():
        device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
        area_id = er.async_get_effective_area_id(hass, entry)
        area = ar.async_get(hass).async_get_area(area_id) if area_id else None
        labels = {*entry.labels, *(device.labels if device else ()), *(area.labels if area else ())}
        yield Owned(entry.entity_id, entry.device_id, area_id, frozenset(labels))
