"""A home as Home Assistant's registries describe it: devices, evidence, names, areas and labels."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_ENTITY_ID, ATTR_FRIENDLY_NAME
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.recorder import DATA_INSTANCE

from ..const import DOMAIN
from ..engine.home import DEVICE_DOMAINS, EVIDENCE_DOMAINS, PEOPLE_DOMAINS, UNKNOWN, Entity, Home, Says, read_state
from ..engine.twins import DRIVERS, Reported, Reports, same_things
from ..groups import listed

_DOMAINS: Final = frozenset({*DEVICE_DOMAINS, *EVIDENCE_DOMAINS})
_WRAPPER: Final = "switch_as_x"
"""The integration that shows a switch as something else; literal, because importing it loads much else."""


@callback
def build_home(
    hass: HomeAssistant,
    excluded: Collection[str] = (),
    named: Mapping[str, Says] | None = None,
    told: Reports | None = None,
) -> Home:
    """Return the home's devices and evidence.

    Left out: what is hidden, disabled, configuration or diagnosis, what the recorder is told not to keep, what a
    thermostat drives, groups beside their members or with one that is excluded, all but one of several entities of one
    thing, the `excluded` entity ids, and what is our own: what we conclude is no evidence. What people `named` as
    evidence is there in any case, if it is recorded. `told` is what `reports` returns, where it is known already.
    """
    entities, states = _counted(hass, places := _Places(hass))
    for key in _driven(hass):
        entities.pop(key, None)
        states.pop(key, None)
    told = reports(hass, places) if told is None else told
    apart = told.all_of({*entities, *excluded})  # these are judged by themselves, and no group is switched over them
    for key, state in states.items():
        inside = [member for member in listed(hass, state) if member != key]
        if not apart.isdisjoint(inside):
            del entities[key]
        elif inside:
            entities[key] = replace(entities[key], members=_members(hass, places, inside, {key}))
    entities = told.once(entities, lambda key: _reading(states[key]) != UNKNOWN)
    for key in excluded:
        entities.pop(key, None)
    for entity, state in _named(hass, places, named or {}):
        entities[entity.entity_id], states[entity.entity_id] = entity, state
    if not any(e.domain in PEOPLE_DOMAINS and _reading(states[key]) != UNKNOWN for key, e in entities.items()):
        # With nobody to follow, the zone counts nobody for ever: that is not an empty home.
        entities.pop("zone.home", None)
    return Home(
        hass.config.location_name,
        str(hass.config.time_zone),
        hass.config.latitude,
        hass.config.longitude,
        entities,
    )


def _counted(hass: HomeAssistant, places: _Places) -> tuple[dict[str, Entity], dict[str, State]]:
    """Return all devices and evidence that are shown and recorded, and how they stand, by entity id."""
    entities: dict[str, Entity] = {}
    states: dict[str, State] = {}
    counts: dict[tuple[str, str], bool] = {}  # by kind, since most of a large home are sensors of other kinds
    registry, is_recorded = er.async_get(hass), _recorder_filter(hass)
    for state in hass.states.async_all((*DEVICE_DOMAINS, *EVIDENCE_DOMAINS)):
        key, device_class = state.entity_id, str(state.attributes.get(ATTR_DEVICE_CLASS) or "") or None
        kind = (key if state.domain == "zone" else state.domain, device_class or "")
        if (counted := counts.get(kind)) is None:
            entity = Entity(key, device_class=device_class)
            counted = counts[kind] = entity.is_device or entity.is_evidence
        if not counted or not is_recorded(key):
            continue
        entry = registry.async_get(key)
        if entry is not None and (
            entry.platform == DOMAIN or entry.hidden_by or entry.disabled_by or _is_technical(entry)
        ):
            continue
        entities[key], states[key] = places.described(state, entry), state
    return entities, states


def _members(hass: HomeAssistant, places: _Places, keys: Collection[str], seen: set[str]) -> tuple[Entity, ...]:
    """Return what a group consists of; of one that has no state only the id tells."""
    found = []
    for key in keys:
        if key in seen:
            continue
        seen.add(key)
        if (state := hass.states.get(key)) is None:
            found.append(Entity(key))
            continue
        entity = places.described(state, er.async_get(hass).async_get(key))
        found.append(replace(entity, members=_members(hass, places, listed(hass, state), seen)))
    return tuple(found)


def _named(hass: HomeAssistant, places: _Places, named: Mapping[str, Says]) -> Iterator[tuple[Entity, State]]:
    """Yield what people named as evidence, whatever it is; without what the recorder does not keep."""
    registry, is_recorded = er.async_get(hass), _recorder_filter(hass)
    for key, says in named.items():
        state, entry = hass.states.get(key), registry.async_get(key)
        if state is None or not is_recorded(key) or (entry is not None and entry.platform == DOMAIN):
            continue
        yield replace(places.described(state, entry), says=says), state


def _reading(state: State) -> int:
    return read_state(state.domain, state.state)


def _is_technical(entry: er.RegistryEntry) -> bool:
    """Whether it is configuration or diagnosis; trackers are diagnostic by default, and evidence all the same."""
    return entry.entity_category is not None and entry.domain != "device_tracker"


def _recorder_filter(hass: HomeAssistant) -> Callable[[str], bool]:
    """Return what tells whether the recorder keeps an entity."""
    recorder = hass.data.get(DATA_INSTANCE)
    return (recorder and recorder.entity_filter) or (lambda _: True)


class _Places:
    """Areas and labels by name; what entities of one device have in common is looked up once."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._devices = dr.async_get(hass)
        self._areas = ar.async_get(hass)
        self._labels = lr.async_get(hass)
        self._found: dict[tuple[str | None, str | None, frozenset[str]], tuple[str | None, tuple[str, ...]]] = {}

    def described(self, state: State, entry: er.RegistryEntry | None) -> Entity:
        """Return an entity as its state and the registry describe it."""
        area, labels = self.of(entry) if entry is not None else (None, ())
        name, device_class = (str(state.attributes.get(key) or "") for key in (ATTR_FRIENDLY_NAME, ATTR_DEVICE_CLASS))
        return Entity(state.entity_id, name, area, device_class or None, labels)

    def of(self, entry: er.RegistryEntry) -> tuple[str | None, tuple[str, ...]]:
        """Return an entity's area and labels: its own, its device's and its area's."""
        key = (entry.device_id, entry.area_id, frozenset(entry.labels))
        if (found := self._found.get(key)) is None:
            found = self._found[key] = self._look_up(entry)
        return found

    def is_named(self, entry: er.RegistryEntry) -> bool:
        """Whether a person named an entity or its device."""
        if entry.name is not None or entry.device_id is None:
            return entry.name is not None
        device = self._devices.async_get(entry.device_id)
        return device is not None and device.name_by_user is not None

    def _look_up(self, entry: er.RegistryEntry) -> tuple[str | None, tuple[str, ...]]:
        label_ids = set(entry.labels)
        if entry.device_id and (device := self._devices.async_get(entry.device_id)):
            label_ids |= device.labels
        area_id = er.async_get_effective_area_id(self._hass, entry)
        area = self._areas.async_get_area(area_id) if area_id else None
        if area is not None:
            label_ids |= area.labels
        labels = sorted(label.name for key in label_ids if (label := self._labels.async_get_label(key)))
        return (area.name if area else None), tuple(labels)


def reports(hass: HomeAssistant, places: _Places | None = None) -> Reports:
    """Return what may stand for the same thing as another entity, and the devices that are the same thing."""
    registry, places = er.async_get(hass), places or _Places(hass)
    pairs = same_things(
        (device.id, device.config_entry_id, device.connections)
        for device in dr.async_get(hass).devices
        # As split from one by an update, a device may have the addresses of all its parts until it is set up again
        if not (device.disabled_by or device.has_composite_identifiers)
    )
    wrapped = dict(_wrapped(hass, registry))
    entries = {
        entry.entity_id: entry
        for device in sorted({device for pair in pairs for device in pair})
        for entry in er.async_entries_for_device(registry, device)
        if entry.domain in _DOMAINS and not _is_technical(entry)
    }
    for key in (*wrapped, *wrapped.values()):
        if (entry := registry.async_get(key)) is not None:
            entries[key] = entry
    return Reports(tuple(_report(entry, places, wrapped.get(key)) for key, entry in entries.items()), pairs)


def _wrapped(hass: HomeAssistant, registry: er.EntityRegistry) -> Iterator[tuple[str, str]]:
    """Yield each entity as which a switch is shown, and the switch."""
    for shown in hass.config_entries.async_entries(_WRAPPER):
        switch = _entity_id(registry, shown.options.get(ATTR_ENTITY_ID))
        for wrapper in er.async_entries_for_config_entry(registry, shown.entry_id):
            yield wrapper.entity_id, switch


def _driven(hass: HomeAssistant) -> Iterator[str]:
    """Yield what is switched by a thermostat, or a hygrostat, that was made of it."""
    registry = er.async_get(hass)
    for domain, option in DRIVERS.items():
        for driver in hass.config_entries.async_entries(domain, include_ignore=False, include_disabled=False):
            yield _entity_id(registry, driver.options.get(option))


def _entity_id(registry: er.EntityRegistry, chosen: object) -> str:
    """Return the entity id of what an option names, by that or by the registry's own id."""
    entry = registry.async_get(str(chosen))
    return entry.entity_id if entry is not None else str(chosen)


def _report(entry: er.RegistryEntry, places: _Places, wraps: str | None) -> Reported:
    return Reported(
        entry.entity_id,
        entry.id,
        entry.device_id,
        entry.device_class or entry.original_device_class,
        entry.original_name or "",
        places.of(entry)[0] is not None,
        places.is_named(entry),
        entry.created_at.timestamp(),
        wraps,
    )
