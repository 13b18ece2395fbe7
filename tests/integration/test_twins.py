"""One physical thing counts once, as the real registries tell it and as their files do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import attr
import pytest
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store

from custom_components.hunches.choices import chosen_home
from custom_components.hunches.const import CONF_EXCLUDED, CONF_SLEEP
from custom_components.hunches.engine import storage
from custom_components.hunches.engine.home import UNKNOWN, read_state
from custom_components.hunches.history import build_home, registry

if TYPE_CHECKING:
    from pathlib import Path

MAC = "aa:bb:cc:00:11:22"


def report(
    hass: HomeAssistant, integration: str, *entity_ids: str, address: str = MAC, state: str = "on", **more: Any
) -> dr.DeviceEntry:
    """Let an integration report a device with entities."""
    entry = next(iter(hass.config_entries.async_entries(integration)), None)
    if entry is None:
        entry = MockConfigEntry(domain=integration)
        entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(integration, address)},
        connections={(dr.CONNECTION_NETWORK_MAC, address)},
        name=integration,
    )
    for entity_id in entity_ids:
        domain, _, name = entity_id.partition(".")
        found = er.async_get(hass).async_get_or_create(
            domain,
            integration,
            f"{address} {entity_id}",
            config_entry=entry,
            device_id=device.id,
            suggested_object_id=name,
            **{"original_name": None, **more},
        )
        assert found.entity_id == entity_id
        hass.states.async_set(entity_id, state, {"friendly_name": name})
    return device


type Shown = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def shown(hass: HomeAssistant, hass_storage: dict[str, Any], tmp_path: Path) -> Shown:
    """Return what tells the entities of the home, and sees that the registries' files tell the same of its twins."""

    async def entities(*excluded: str) -> list[str]:
        hass_storage["core.config_entries"] = {
            "data": {"entries": [entry.as_storage_fragment for entry in hass.config_entries.async_entries()]}
        }
        for of in (er.async_get(hass), dr.async_get(hass), ar.async_get(hass)):
            of.async_schedule_save()
            await flush_store(of._store)
        folder = tmp_path / ".storage"
        folder.mkdir(exist_ok=True)
        for key, value in hass_storage.items():
            (folder / key).write_bytes(json_bytes(value))
        told = storage.read(folder)
        states = {state.entity_id: state for state in hass.states.async_all()}
        counted = [key for key in states if key not in told.entities or not told.entities[key].left_out]
        found = [
            reports.twins(counted, lambda key: read_state(states[key].domain, states[key].state) != UNKNOWN)
            for reports in (told.reports, registry.reports(hass))
        ]
        assert found[0] == found[1]
        return sorted(chosen_home(hass, {CONF_EXCLUDED: excluded})[0].entities)

    return entities


async def test_what_two_integrations_report_counts_once(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "switch.plug_shelly")
    report(hass, "matter", "switch.plug_matter")
    report(hass, "tasmota", "switch.elsewhere", address="aa:bb:cc:00:11:23")
    assert await shown() == ["switch.elsewhere", "switch.plug_shelly"]


async def test_what_stays_has_an_area_or_a_name_or_a_state(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly", state="unavailable")
    device = report(hass, "matter", "light.matter")
    assert await shown() == ["light.matter"], "the older one has no state"
    entities = er.async_get(hass)
    entities.async_update_entity("light.shelly", name="Reading lamp")
    assert await shown() == ["light.shelly"], "a person named the older one"
    dr.async_get(hass).async_update_device(device.id, name_by_user="Desk lamp")
    assert await shown() == ["light.matter"], "and now the other, which has a state"
    area = ar.async_get(hass).async_create("Study")
    entities.async_update_entity("light.shelly", area_id=area.id)
    assert await shown() == ["light.shelly"], "it has an area"


async def test_labels_of_both_are_labels_of_the_thing(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly")
    report(hass, "matter", "light.matter")
    label = lr.async_get(hass)
    for entity_id, name in (("light.shelly", "Mine"), ("light.matter", "Never off")):
        er.async_get(hass).async_update_entity(entity_id, labels={label.async_create(name).label_id})
    assert build_home(hass).entities["light.shelly"].labels == ("Mine", "Never off")


async def test_excluding_either_excludes_the_thing(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly")
    report(hass, "matter", "light.matter")
    assert await shown("light.shelly") == []
    assert await shown("light.matter") == []


async def test_what_is_named_as_evidence_is_not_excluded_with_its_twin(hass: HomeAssistant) -> None:
    report(hass, "shelly", "binary_sensor.bed")
    report(hass, "matter", "binary_sensor.mattress")
    options = {CONF_EXCLUDED: ["binary_sensor.mattress"], CONF_SLEEP: ["binary_sensor.bed"]}
    assert chosen_home(hass, options)[1] == {"binary_sensor.mattress"}


async def test_hidden_disabled_and_technical_entities_leave_the_other(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly")
    report(hass, "matter", "light.matter", "light.status", entity_category=None)
    entities = er.async_get(hass)
    entities.async_update_entity("light.matter", original_name="Ring")
    entities.async_update_entity("light.status", original_name="Status")
    assert await shown() == ["light.matter", "light.shelly", "light.status"], "which of two it is, nothing tells"
    entities.async_update_entity("light.status", entity_category=EntityCategory.CONFIG)
    assert await shown() == ["light.shelly"]
    entities.async_update_entity("light.shelly", hidden_by=er.RegistryEntryHider.USER)
    assert await shown() == ["light.matter"]
    entities.async_update_entity("light.shelly", hidden_by=None, disabled_by=er.RegistryEntryDisabler.USER)
    assert await shown() == ["light.matter"]


async def test_a_group_is_still_no_device_beside_the_twin_of_its_member(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly")
    report(hass, "matter", "light.matter")
    hass.states.async_set("light.group", "on", {"entity_id": ["light.matter"]})
    assert await shown() == ["light.shelly"]


async def test_a_device_as_an_update_split_it_tells_nothing_yet(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "light.shelly")
    device = report(hass, "matter", "light.matter")
    devices = dr.async_get(hass)
    devices._devices[device.id] = attr.evolve(device, has_composite_identifiers=True)
    assert await shown() == ["light.matter", "light.shelly"]


async def show_as(hass: HomeAssistant, switch: str, domain: str, title: str) -> MockConfigEntry:
    """Let a person show a switch as something else."""
    entry = MockConfigEntry(
        domain="switch_as_x",
        title=title,
        options={"entity_id": switch, "invert": False, "target_domain": domain},
        version=1,
        minor_version=3,
    )
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.mark.parametrize("by", ["entity id", "registry id"])
async def test_a_switch_shown_as_a_light_is_a_light(hass: HomeAssistant, shown: Shown, by: str) -> None:
    report(hass, "shelly", "switch.plug")
    entities = er.async_get(hass)
    plug = entities.async_get("switch.plug")
    assert plug is not None
    await show_as(hass, plug.id if by == "registry id" else plug.entity_id, "light", "Lamp")
    (lamp,) = hass.states.async_entity_ids("light")
    assert await shown() == [lamp]
    entities.async_update_entity("switch.plug", hidden_by=None)
    assert await shown() == [lamp], "whether the switch is hidden or not"
    report(hass, "matter", "switch.plug_matter")
    assert await shown() == [lamp], "and whoever else reports the switch"
    entities.async_update_entity(lamp, hidden_by=er.RegistryEntryHider.USER)
    assert await shown() == ["switch.plug"], "unless the light is hidden instead"


async def test_a_switch_that_no_registry_knows_is_shown_as_a_fan(hass: HomeAssistant, shown: Shown) -> None:
    hass.states.async_set("switch.yaml", "on")
    await show_as(hass, "switch.yaml", "fan", "Vent")
    assert await shown() == ["fan.vent"]


async def test_a_strip_a_door_and_a_phone(hass: HomeAssistant, shown: Shown) -> None:
    report(hass, "shelly", "switch.plug", "light.shelly")
    report(hass, "shelly", "binary_sensor.door_shelly", original_device_class="door")
    strip = report(hass, "matter", "light.matter", "switch.usb", "switch.other", "binary_sensor.door")
    report(
        hass, "unifi", "device_tracker.phone", address="aa:bb:cc:00:99:99", entity_category=EntityCategory.DIAGNOSTIC
    )
    report(hass, "asus", "device_tracker.telefon", address="aa:bb:cc:00:99:99", state="unavailable")
    entities = er.async_get(hass)
    entities.async_update_entity("switch.plug", original_name="Socket")
    entities.async_update_entity("switch.usb", original_name="socket")
    entities.async_update_entity("switch.other", original_name="Other")
    dr.async_get(hass).async_update_device(strip.id, area_id=ar.async_get(hass).async_create("Study").id)
    assert await shown() == [
        "binary_sensor.door",
        "binary_sensor.door_shelly",  # of another class, as far as anybody says
        "device_tracker.phone",
        "light.matter",
        "switch.other",
        "switch.usb",
    ]
    entities.async_update_entity("binary_sensor.door", device_class="door")
    await show_as(hass, "switch.other", "fan", "Vent")
    (vent,) = hass.states.async_entity_ids("fan")
    assert await shown() == ["binary_sensor.door", "device_tracker.phone", vent, "light.matter", "switch.usb"]
