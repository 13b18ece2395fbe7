"""A sensor for each device: which archetype it is like. Disabled until somebody wants it, beside the device itself."""

import asyncio
from collections.abc import Mapping
from itertools import batched
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device import async_entity_id_to_device
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .data import HunchesConfigEntry
from .engine.home import DEVICE_DOMAINS
from .entity import HunchesEntity
from .said import Say, async_say
from .words import name_of

_KEY: Final = "archetype"
_AT_ONCE: Final = 20
_DESCRIPTION: Final = SensorEntityDescription(
    key=_KEY,
    translation_key=_KEY,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


@callback
def async_setup_portraits(entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add a sensor for each device now and whenever one is new; remove those of devices that are gone."""
    Portraits(entry, async_add_entities)


class Portraits:
    """Keeps the sensors in step with the devices, and what they show with what was learned.

    Devices are described only where a sensor is enabled: describing takes a while in a large home.
    """

    def __init__(self, entry: HunchesConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
        """Follow the coordinator of an entry for as long as it is loaded."""
        self.coordinator: HunchesCoordinator = entry.runtime_data.coordinator
        self.shown: set[ArchetypeSensor] = set()
        self.known: Mapping[str, Mapping[str, Any]] = {}
        self.say = Say({})
        self._entry = entry
        self._add = async_add_entities
        self._added: set[str] = set()
        self._learned: object = None
        entry.async_on_unload(self.coordinator.async_add_listener(self._on_update))
        self._on_update()

    @callback
    def _on_update(self) -> None:
        learned = self.coordinator.home, self.coordinator.data.timing.get("learned")
        if self.coordinator.home is None or learned == self._learned:
            return
        self._learned = learned
        self._follow_devices()
        self.async_describe()

    @callback
    def _follow_devices(self) -> None:
        hass, home = self.coordinator.hass, self.coordinator.home
        registry = er.async_get(hass)
        wanted: dict[str, str] = {}
        for device in home.devices if home is not None else ():
            entry = registry.async_get(device.entity_id)
            wanted[entry.id if entry is not None else device.entity_id] = device.entity_id
        ours = f"{self._entry.entry_id}_{_KEY}_"
        for sensor in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            if sensor.unique_id.startswith(ours) and sensor.unique_id.removeprefix(ours) not in wanted:
                registry.async_remove(sensor.entity_id)
        new = {key: wanted[key] for key in sorted(wanted.keys() - self._added)}
        self._added = set(wanted)
        self._entry.async_create_task(hass, self._async_add(new), f"{DOMAIN} portraits of new devices")

    async def _async_add(self, new: Mapping[str, str]) -> None:
        """Add sensors, some at a time: all those of a large home at once would hold up the event loop."""
        for some in batched(new.items(), _AT_ONCE, strict=False):
            self._add([ArchetypeSensor(self, key, entity_id) for key, entity_id in some if key in self._added])
            await asyncio.sleep(0)

    @callback
    def async_describe(self) -> None:
        """Describe all devices in the background, if any sensor shows one."""
        if self.shown:
            self._entry.async_create_background_task(
                self.coordinator.hass, self._async_describe(), f"{DOMAIN} portraits"
            )

    async def _async_describe(self) -> None:
        self.say = await async_say(self.coordinator.hass)
        self.known = {device["entity_id"]: device for device in await self.coordinator.async_describe()}
        for sensor in self.shown:
            sensor.async_write_ha_state()


class ArchetypeSensor(HunchesEntity, SensorEntity):
    """What one device is like."""

    def __init__(self, portraits: Portraits, key: str, entity_id: str) -> None:
        """`key`: the registry's own id of the device's entity, which survives a new name, else its entity id."""
        super().__init__(portraits.coordinator, _DESCRIPTION)
        hass = portraits.coordinator.hass
        self._portraits, self._source = portraits, key
        self._attr_unique_id = f"{self._attr_unique_id}_{key}"
        device = async_entity_id_to_device(hass, entity_id) if er.async_get(hass).async_get(entity_id) else None
        name = name_of(hass, portraits.coordinator.home, entity_id)
        self._attr_translation_placeholders = {"name": name}
        if device is not None:
            self.device_entry = device  # shown beside the device, which stays its own integration's
            self._attr_device_info = None
            if _is_alone(hass, device.id):
                return
        self._attr_translation_key = f"{_KEY}_of"

    @override
    async def async_added_to_hass(self) -> None:
        """Have the devices described, now that somebody wants to know."""
        await super().async_added_to_hass()
        self._portraits.shown.add(self)
        self.async_on_remove(lambda: self._portraits.shown.discard(self))
        self._portraits.async_describe()

    @property
    def _portrait(self) -> Mapping[str, Any] | None:
        entry = er.async_get(self.hass).async_get(self._source) if "." not in self._source else None
        return self._portraits.known.get(entry.entity_id if entry is not None else self._source)

    @property
    @override
    def available(self) -> bool:
        """Return whether the device is known."""
        return self._portrait is not None

    @property
    @override
    def native_value(self) -> str | None:
        """Return the title of the archetype."""
        if (portrait := self._portrait) is None:
            return None
        return self._portraits.say.learned(portrait["archetype"]["title"])

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return how sure that is, how such devices are used, where the device seems to be, and what it rests on."""
        if (portrait := self._portrait) is None:
            return {}
        archetype, guess = portrait["archetype"], portrait["area_guess"]
        return {
            "probability": archetype["probability"],
            "use": self._portraits.say.learned(archetype["use"]),
            "likely_area": guess["area"] if guess else None,
            "history_days": portrait["history_days"],
        }


def _is_alone(hass: HomeAssistant, device_id: str) -> bool:
    """Return whether a device has one entity that a person switches, so that the device's name says which is meant."""
    entries = er.async_entries_for_device(er.async_get(hass), device_id)
    return sum(e.domain in DEVICE_DOMAINS and e.entity_category is None for e in entries) == 1
