"""Adding the integration, and changing its options."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN, ENOUGH_DAYS
from custom_components.hunches.engine.home import Says
from custom_components.hunches.engine.policy import Bounds
from custom_components.hunches.settings import settings_from

from .conftest import AGO, DOOR, PORCH, Script, SetUp, coordinator_of, put, settled


async def test_one_confirmation_is_enough(porch: HomeAssistant, script: Script) -> None:
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    said = flow["description_placeholders"]
    assert (said["devices"], said["evidence"]) == ("3", "1")
    assert said["found"] == "- **Without an area**: Blind · Porch light · Front door; evidence: Ada"
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], {})
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == DEFAULT_OPTIONS
    assert result["result"].state is ConfigEntryState.LOADED


async def test_what_is_found_is_listed_by_area_and_as_text(porch: HomeAssistant, script: Script) -> None:
    kitchen = ar.async_get(porch).async_create("Küche *neu*")
    for number in range(8):
        lamp = er.async_get(porch).async_get_or_create("light", "test", str(number), suggested_object_id=f"k{number}")
        er.async_get(porch).async_update_entity(lamp.entity_id, area_id=kitchen.id)
        put(porch, lamp.entity_id, "off", f"Lamp [{number}]")
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    first, second = flow["description_placeholders"]["found"].splitlines()
    names = " · ".join(rf"Lamp \[{number}\]" for number in range(6))
    assert first == rf"- **Küche \*neu\***: {names} and 2 more"
    assert second.startswith("- **Without an area**")


async def test_how_to_be_told_is_asked_at_once(porch: HomeAssistant, script: Script) -> None:
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    chosen = {"repairs": False, "phones": ["a_phone"], "satellites": ["assist_satellite.kitchen"]}
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], chosen)
    await settled(porch)
    assert result["options"] == {**DEFAULT_OPTIONS, **chosen}


async def test_reconfigure_changes_how_people_are_told(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up(phones=["a_phone"], sensitivity="rare")
    flow = await entry.start_reconfigure_flow(porch)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert flow["description_placeholders"]["devices"] == "3"
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], {"repairs": False})
    await settled(porch)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.options == {**DEFAULT_OPTIONS, "sensitivity": "rare", "repairs": False}
    assert not coordinator_of(entry).repairs


async def test_only_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


async def test_options_take_effect_at_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "init")
    asking = {"sensitivity": "rare", "a_day": 7, "quiet_start": "22:30:00", "quiet_end": "06:00:00"}
    chosen: dict[str, Any] = {**asking, "repairs": False, "excluded": [PORCH]}
    sections = {"asking": asking, "telling": {"repairs": False}, "exclusions": {"excluded": [PORCH]}}
    result = await porch.config_entries.options.async_configure(flow["flow_id"], sections)
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**DEFAULT_OPTIONS, **chosen}
    assert PORCH not in script.homes[-1].entities
    assert not coordinator_of(entry).repairs
    assert coordinator_of(entry).settings.a_day == 7
    # what is left empty is empty
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    await porch.config_entries.options.async_configure(
        flow["flow_id"], {"asking": {"sensitivity": "rare"}, "exclusions": {}}
    )
    await settled(porch)
    assert entry.options == {**DEFAULT_OPTIONS, "sensitivity": "rare", "repairs": False}


@pytest.mark.parametrize(
    "quiet",
    [{"quiet_start": "22:00:00"}, {"quiet_end": "06:00:00"}, {"quiet_start": "06:00:00", "quiet_end": "06:00:00"}],
)
async def test_quiet_hours_need_both_ends(
    porch: HomeAssistant, script: Script, set_up: SetUp, quiet: dict[str, str]
) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    chosen = {"asking": {"sensitivity": "eager", **quiet}}
    result = await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "quiet_hours"})
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": {"sensitivity": "eager"}})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(porch)


async def test_what_is_done_without_asking_has_a_section(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    chosen = {"asking": {"sensitivity": "balanced"}}
    section = {"shadow": True, "setback": 2.5, "lowest": 21.0, "highest": 20.0}
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {**chosen, "automatic": section})
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "temperatures"})
    section["lowest"] = 17.0
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {**chosen, "automatic": section})
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    settings = coordinator_of(entry).settings
    assert settings.shadow
    assert settings.bounds == Bounds(2.5, 17.0, 20.0, 7.0)
    # a form without the section changes nothing in it
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    await settled(porch)
    assert coordinator_of(entry).settings == settings


async def test_temperatures_are_kept_in_one_unit(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    porch.config.units = US_CUSTOMARY_SYSTEM
    entry = await set_up()
    assert coordinator_of(entry).settings.bounds == Bounds(5.4, 60.8, 71.6, 44.6)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    section = {"shadow": False, "setback": 6.0, "lowest": 62.0, "highest": 70.0}
    chosen = {"asking": {"sensitivity": "balanced"}, "automatic": section}
    await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    await settled(porch)
    assert (entry.options["setback"], entry.options["lowest"], entry.options["highest"]) == (3.33, 16.67, 21.11)
    shown = await porch.config_entries.options.async_init(entry.entry_id)
    inside = shown["data_schema"].schema["automatic"].schema.schema
    assert {str(key): key.description["suggested_value"] for key in inside} == section
    section["lowest"] = 2.0
    with pytest.raises(InvalidData):
        await porch.config_entries.options.async_configure(shown["flow_id"], chosen)


async def test_options_say_how_much_is_known(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    enough = dt_util.as_local(dt_util.utcnow() - timedelta(seconds=AGO) + timedelta(days=ENOUGH_DAYS))
    assert flow["description_placeholders"] == {"days": "0", "enough": enough.date().isoformat()}
    assert "rules" not in flow["data_schema"].schema
    assert await porch.config_entries.async_unload(entry.entry_id)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    assert flow["type"] is FlowResultType.FORM


async def test_rules_are_listed_and_taken_back(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    for data in ({"entity_id": PORCH}, {"entity_id": DOOR, "kind": "still_unlocked"}, {"kind": "still_open"}):
        await porch.services.async_call(DOMAIN, "forbid", data, blocking=True)
    await settled(porch)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    (rules,) = flow["data_schema"].schema["rules"].schema.schema.items()
    assert [option["label"] for option in rules[1].config["options"]] == [
        "Never: Porch light",
        "Never: Front door (Still unlocked)",
        "Never: Still open, in the whole home",
    ]
    keys = rules[0].description["suggested_value"]
    assert keys == [option["value"] for option in rules[1].config["options"]]
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {"rules": {"rules": keys[1:]}})
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [rule.entity_id for rule in coordinator_of(entry).feedback.ledger.rules] == [DOOR, None]


async def test_a_rule_that_is_made_while_the_form_is_open_stays(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    for entity_id in (PORCH, DOOR):
        await porch.services.async_call(DOMAIN, "forbid", {"entity_id": entity_id}, blocking=True)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    (rules,) = flow["data_schema"].schema["rules"].schema.schema.items()
    keys = rules[0].description["suggested_value"]
    await porch.services.async_call(DOMAIN, "forbid", {"kind": "still_open"}, blocking=True)
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": PORCH, "remove": True}, blocking=True)
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {"rules": {"rules": keys[1:]}})
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [rule.entity_id for rule in coordinator_of(entry).feedback.ledger.rules] == [DOOR, None]


async def test_left_out_by_device_area_and_label(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    other = MockConfigEntry(domain="test")
    other.add_to_hass(porch)
    areas, labels, registry = ar.async_get(porch), lr.async_get(porch), er.async_get(porch)
    attic, quiet = areas.async_create("Attic"), labels.async_create("Quiet")
    tagged = areas.async_create("Tagged", labels={quiet.label_id})
    device = dr.async_get(porch).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "1")})
    for name in ("attic", "device", "labelled", "tagged", "plain"):
        entry = registry.async_get_or_create(
            "light",
            "test",
            name,
            suggested_object_id=name,
            config_entry=other,
            device_id=device.id if name == "device" else None,
        )
        put(porch, entry.entity_id, "off", name)
    registry.async_update_entity("light.attic", area_id=attic.id)
    registry.async_update_entity("light.tagged", area_id=tagged.id)
    registry.async_update_entity("light.labelled", labels={quiet.label_id})
    registered = registry.async_get_or_create("input_boolean", "test", "night", suggested_object_id="night")
    registry.async_update_entity(registered.entity_id, area_id=attic.id)
    put(porch, registered.entity_id, "off", "Night")
    await set_up(
        excluded_devices=[device.id],
        excluded_areas=[attic.id],
        excluded_labels=[quiet.label_id],
        sleep_evidence=["input_boolean.night"],
    )
    home = script.homes[-1]
    assert sorted(key for key in home.entities if key.startswith("light.")) == ["light.plain", PORCH]
    assert home.entities["input_boolean.night"].says is Says.SLEEP  # named, whatever else is left out there


async def test_evidence_of_any_sort_reaches_the_engine(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    put(porch, "sensor.mattress", "72.5", "Mattress")
    put(porch, "input_select.mode", "Night", "Mode")
    put(porch, "switch.somebody", "on", "Somebody")
    entry = await set_up(
        sleep_evidence=["sensor.mattress", "input_select.mode", "sensor.gone"],
        presence_evidence=["switch.somebody", "binary_sensor.hunches_home_away"],
    )
    home = script.homes[-1]
    assert {e.entity_id: e.says for e in home.evidence if e.says} == {
        "sensor.mattress": Says.SLEEP,
        "input_select.mode": Says.SLEEP,
        "switch.somebody": Says.PRESENCE,
    }
    assert "switch.somebody" not in [e.entity_id for e in home.devices]
    porch.states.async_set("input_select.mode", "Day")
    await coordinator_of(entry).async_look()
    assert [(key, state) for key, _, state, _ in script.noted if key == "input_select.mode"] == [
        ("input_select.mode", "Day")
    ]


async def test_what_is_renamed_while_the_options_are_open_stays_excluded(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on", "Attic", ago=7200)
    entry = await set_up(excluded=["light.attic"])
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    porch.states.async_remove("light.attic")
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    put(porch, "light.gate", "on", "Attic", ago=7200)
    await settled(porch)
    assert entry.options["excluded"] == ["light.gate"]
    await porch.config_entries.options.async_configure(flow["flow_id"], {"exclusions": {"excluded": ["light.attic"]}})
    await settled(porch)
    assert (entry.options["excluded"], "light.gate" in coordinator_of(entry).watched) == (["light.gate"], False)


def test_options_as_settings() -> None:
    default = settings_from({})
    assert (default.min_accept, default.a_day, default.quiet_hours) == (pytest.approx(1 / 2), 4, None)
    rare, eager = settings_from({"sensitivity": "rare"}), settings_from({"sensitivity": "eager"})
    assert rare.min_accept > default.min_accept > eager.min_accept
    assert rare.a_day < default.a_day < eager.a_day
    assert settings_from({"quiet_start": "22:30:00", "quiet_end": "06:00:00"}).quiet_hours == (22.5, 6.0)
    assert settings_from({"excluded": [PORCH]}).excluded == {PORCH}


# --- what happens while a form is shown


def rules_of(entry: Any) -> list[tuple[str, str | None]]:
    """Return the rules that hold."""
    return [(str(rule.verdict), rule.entity_id) for rule in coordinator_of(entry).feedback.ledger.rules]


async def test_a_never_that_is_made_while_the_form_is_shown_again_for_a_mistake_stays(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": PORCH}, blocking=True)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    (rules,) = flow["data_schema"].schema["rules"].schema.schema.items()
    keys = rules[0].description["suggested_value"]
    # Somebody says "never" elsewhere
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": DOOR}, blocking=True)
    wrong = {"sensitivity": "balanced", "quiet_start": "22:00:00"}
    flow = await porch.config_entries.options.async_configure(
        flow["flow_id"], {"asking": wrong, "rules": {"rules": keys}}
    )
    assert flow["errors"] == {"base": "quiet_hours"}
    # The mistake is mended; nothing else is touched
    (rules,) = flow["data_schema"].schema["rules"].schema.schema.items()
    shown = rules[0].description["suggested_value"]
    right = wrong | {"quiet_end": "06:00:00"}
    await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": right, "rules": {"rules": shown}})
    await settled(porch)
    assert rules_of(entry) == [("forbid", PORCH), ("forbid", DOOR)]


async def test_the_first_never_that_is_made_while_the_form_is_shown_again_stays(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": DOOR}, blocking=True)
    wrong = {"sensitivity": "balanced", "quiet_start": "22:00:00"}
    flow = await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": wrong})
    (rules,) = flow["data_schema"].schema["rules"].schema.schema.items()
    shown = (rules[0].description or {}).get("suggested_value", [])
    right = wrong | {"quiet_end": "06:00:00"}
    await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": right, "rules": {"rules": shown}})
    await settled(porch)
    assert rules_of(entry) == [("forbid", DOOR)]


async def test_a_rule_that_is_cleared_is_taken_back_though_its_device_is_renamed_meanwhile(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on", "Attic", ago=7200)
    entry = await set_up()
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": "light.attic"}, blocking=True)
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    porch.states.async_remove("light.attic")
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    put(porch, "light.gate", "on", "Attic", ago=7200)
    await settled(porch)
    assert rules_of(entry) == [("forbid", "light.gate")]
    await porch.config_entries.options.async_configure(flow["flow_id"], {"rules": {"rules": []}})
    await settled(porch)
    assert rules_of(entry) == []


async def test_a_satellite_that_is_renamed_while_reconfigure_is_open_stays_chosen(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("assist_satellite", "test", "1", suggested_object_id="kitchen")
    entry = await set_up(satellites=["assist_satellite.kitchen"])
    flow = await entry.start_reconfigure_flow(porch)
    registry.async_update_entity("assist_satellite.kitchen", new_entity_id="assist_satellite.dining")
    await settled(porch)
    assert entry.options["satellites"] == ["assist_satellite.dining"]
    await porch.config_entries.flow.async_configure(
        flow["flow_id"], {"repairs": True, "satellites": ["assist_satellite.kitchen"]}
    )
    await settled(porch)
    assert entry.options["satellites"] == ["assist_satellite.dining"]


async def test_what_is_renamed_before_a_mistake_in_the_options_stays_excluded(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on", "Attic", ago=7200)
    entry = await set_up(excluded=["light.attic"])
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    porch.states.async_remove("light.attic")
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    put(porch, "light.gate", "on", "Attic", ago=7200)
    await settled(porch)
    wrong = {"sensitivity": "balanced", "quiet_start": "22:00:00"}
    excluded = {"exclusions": {"excluded": ["light.attic"]}}
    flow = await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": wrong, **excluded})
    shown = {
        str(name): marker.description["suggested_value"]
        for name, marker in ((m, m) for m in flow["data_schema"].schema["exclusions"].schema.schema)
        if marker.description and "suggested_value" in marker.description
    }
    right = wrong | {"quiet_end": "06:00:00"}
    await porch.config_entries.options.async_configure(flow["flow_id"], {"asking": right, "exclusions": shown})
    await settled(porch)
    assert entry.options["excluded"] == ["light.gate"]
