"""A home as Home Assistant's registries describe it: devices, evidence, names, areas and labels."""

from collections.abc import Collection
from dataclasses import replace

from homeassistant.components.recorder.entity_options import is_entity_recorded
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_ENTITY_ID, ATTR_FRIENDLY_NAME
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.group import get_group_entities
from homeassistant.helpers.recorder import DATA_INSTANCE

from ..engine.home import DEVICE_DOMAINS, EVIDENCE_DOMAINS, PEOPLE_DOMAINS, UNKNOWN, Entity, Home, read_state


@callback
def build_home(hass: HomeAssistant, excluded: Collection[str] = ()) -> Home:
    """Return the home's devices and evidence.

    Left out: what is hidden, disabled, configuration or diagnosis, what the recorder is told not to keep, groups
    beside their members, and the `excluded` entity ids.
    """
    entities: dict[str, Entity] = {}
    states: dict[str, State] = {}
    registry = er.async_get(hass)
    for state in hass.states.async_all((*DEVICE_DOMAINS, *EVIDENCE_DOMAINS)):
        key = state.entity_id
        entity = _describe(state)
        if key in excluded or not (entity.is_device or entity.is_evidence):
            continue
        entry = registry.async_get(key)
        if entry is not None:
            # Trackers are diagnostic by default, and evidence all the same.
            diagnostic = entry.entity_category and entity.domain != "device_tracker"
            if entry.hidden or entry.disabled or diagnostic:
                continue
            area, labels = _place(hass, entry)
            entity = replace(entity, area=area, labels=labels)
        if DATA_INSTANCE in hass.data and not is_entity_recorded(hass, key):
            continue
        entities[key], states[key] = entity, state
    groups = [key for key, state in states.items() if _members(hass, state) & entities.keys() - {key}]
    for key in groups:
        del entities[key]
    if not any(
        e.domain in PEOPLE_DOMAINS and read_state(e.domain, states[k].state) != UNKNOWN for k, e in entities.items()
    ):
        # With nobody to follow, the zone counts nobody for ever: that is not an empty home.
        entities.pop("zone.home", None)
    return Home(
        hass.config.location_name,
        str(hass.config.time_zone),
        hass.config.latitude,
        hass.config.longitude,
        entities,
    )


def _describe(state: State) -> Entity:
    device_class = state.attributes.get(ATTR_DEVICE_CLASS)
    return Entity(
        state.entity_id,
        str(state.attributes.get(ATTR_FRIENDLY_NAME) or ""),
        device_class=None if device_class is None else str(device_class),
    )


def _place(hass: HomeAssistant, entry: er.RegistryEntry) -> tuple[str | None, tuple[str, ...]]:
    """Return an entity's area and labels by name: its own, its device's and its area's."""
    label_ids = set(entry.labels)
    if entry.device_id and (device := dr.async_get(hass).async_get(entry.device_id)):
        label_ids |= device.labels
    area_id = er.async_get_effective_area_id(hass, entry)
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    if area is not None:
        label_ids |= area.labels
    registry = lr.async_get(hass)
    labels = sorted(label.name for key in label_ids if (label := registry.async_get_label(key)))
    return (area.name if area else None), tuple(labels)


def _members(hass: HomeAssistant, state: State) -> set[str]:
    """Return the entities that a group stands for; nothing for what is not a group."""
    entity = get_group_entities(hass).get(state.entity_id)
    if entity is not None and entity.group is not None:
        return set(entity.group.member_entity_ids)
    members = state.attributes.get(ATTR_ENTITY_ID)
    return {str(member) for member in members} if isinstance(members, (list, tuple)) else set()
