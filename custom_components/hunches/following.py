"""Follows what becomes of the home elsewhere: new ids, names and areas, removals, deletions of history, units."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.const import EVENT_CALL_SERVICE, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .deletions import async_deletion, is_deletion
from .renames import entities_in, moved, registry_ids, renamed_options

if TYPE_CHECKING:
    from .coordinator import HunchesCoordinator

_TELLING = frozenset(
    {"area_id", "connections", "device_class", "device_id", "disabled_by", "entity_category", "entity_id"}
    | {"hidden_by", "labels", "name", "name_by_user", "original_device_class"}
)
"""Changes in a registry that the engine's picture of the home depends on."""
_REGISTRY_IDS = "registry_ids"
"""In the entry's data, so that what its options choose is followed through new ids that nobody saw given."""


class Following:
    """Keeps what was learned, said and chosen with the entities that it is about."""

    def __init__(self, coordinator: HunchesCoordinator) -> None:
        """Hold still."""
        self._coordinator = coordinator
        self._hass = coordinator.hass

    @callback
    def listen(self) -> list[CALLBACK_TYPE]:
        """Catch up with what nobody saw, and follow from now on; return what ends that."""
        found = self._coordinator.feedback.catch_up()
        self._follow_options(_alive({**found, **moved(self._hass, self._chosen)}))
        self._coordinator.config_entry.async_create_background_task(
            self._hass, self._async_caught_up(found), f"{DOMAIN} new entity ids"
        )
        listen = self._hass.bus.async_listen
        return [
            listen(EVENT_CORE_CONFIG_UPDATE, self._on_core_config),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._on_entity_registry),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._on_registry),
            listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._on_registry),
        ]

    @callback
    def listen_for_deletions(self) -> CALLBACK_TYPE:
        """Follow what is deleted from the recorder, also while Home Assistant starts; return what ends that."""
        return self._hass.bus.async_listen(EVENT_CALL_SERVICE, self._on_deletion, event_filter=is_deletion)

    async def _async_caught_up(self, found: Mapping[str, str | None]) -> None:
        """Let everything else follow entities whose ids have changed while nobody saw it (None: they are gone)."""
        await self._coordinator.feedback.async_caught_up()
        await self._coordinator.proof.async_forget(*found)  # which is found again

    async def _on_core_config(self, event: Event[Any]) -> None:
        coordinator, before = self._coordinator, self._coordinator.unit
        coordinator.renew_settings()
        if coordinator.unit != before:
            async with coordinator.lock:
                await coordinator.actions.async_unit_changed(before, coordinator.unit)
        coordinator.async_learn_soon()  # where the home is, and what time it is there

    async def _on_deletion(self, event: Event[Any]) -> None:
        coordinator = self._coordinator
        known = coordinator.watched | await coordinator.teacher.async_remembered()
        if (deleted := await async_deletion(self._hass, event, known)) is not None:
            await coordinator.teacher.async_forget(deleted.entity_ids, deleted.before)
            await coordinator.proof.async_forget(*deleted.entity_ids)
            if self._hass.state is CoreState.running:
                coordinator.async_learn_soon()

    async def _on_entity_registry(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        coordinator, data = self._coordinator, event.data
        key = data["entity_id"]
        entry = er.async_get(self._hass).async_get(key)
        if entry is not None and entry.platform == DOMAIN:
            return
        if data["action"] == "update":
            if old := data.get("old_entity_id"):
                self._follow_options({old: key})
                coordinator.teacher.async_rename(old, key)  # before what is learned at this moment is kept
                async with coordinator.lock:
                    coordinator.follow(old, key)
                    await coordinator.feedback.async_rename(old, key)
                    await coordinator.proof.async_rename(old, key)
                coordinator.show()
            if not _TELLING.intersection(data["changes"]):
                return
        elif data["action"] == "remove":
            await coordinator.feedback.async_left(key)  # first: another may take the id while a learning is waited for
            await coordinator.teacher.async_forget([key])
            await coordinator.proof.async_forget(key)
        coordinator.async_learn_soon()

    @property
    def _chosen(self) -> dict[str, str]:
        """The registry's own ids of the entities that the options name, by entity id, as they were last seen."""
        return dict(self._coordinator.config_entry.data.get(_REGISTRY_IDS, {}))

    @callback
    def _follow_options(self, names: Mapping[str, str]) -> None:
        """Let what the options choose be chosen under its new id. Nothing listens to them: no reload comes of it."""
        entry = self._coordinator.config_entry
        options = renamed_options(entry.options, names)
        there = er.async_get(self._hass).entities
        known = {names.get(key, key): one for key, one in self._chosen.items() if there.get_entry(one) is not None}
        ids = registry_ids(self._hass, entities_in(options), known)
        if self._hass.config_entries.async_update_entry(
            entry, options=options, data={**entry.data, _REGISTRY_IDS: ids}
        ):
            self._coordinator.renew_settings()

    @callback
    def _on_registry(self, event: Event[Any]) -> None:
        if event.data["action"] != "update" or _TELLING.intersection(event.data.get("changes", _TELLING)):
            self._coordinator.async_learn_soon()


def _alive(found: Mapping[str, str | None]) -> dict[str, str]:
    """Return the new ids of what is still there, by the old ones."""
    return {old: new for old, new in found.items() if new is not None}
