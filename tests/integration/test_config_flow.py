"""Adding the integration, and changing its options."""

from __future__ import annotations

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN
from custom_components.hunches.engine.policy import Bounds
from custom_components.hunches.settings import settings_from

from .conftest import PORCH, Script, SetUp, coordinator_of, settled


async def test_one_confirmation_is_enough(porch: HomeAssistant, script: Script) -> None:
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    assert flow["description_placeholders"] == {"devices": "3", "evidence": "1"}
    assert not flow["data_schema"].schema
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], {})
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == DEFAULT_OPTIONS
    assert result["result"].state is ConfigEntryState.LOADED


async def test_only_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    flow = await porch.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


async def test_options_take_effect_at_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "init")
    chosen: dict[str, Any] = {
        "sensitivity": "rare",
        "repairs": False,
        "quiet_start": "22:30:00",
        "quiet_end": "06:00:00",
        "excluded": [PORCH],
    }
    result = await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    await settled(porch)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**DEFAULT_OPTIONS, **chosen}
    assert PORCH not in script.homes[-1].entities
    assert not coordinator_of(entry).repairs


@pytest.mark.parametrize(
    "quiet",
    [{"quiet_start": "22:00:00"}, {"quiet_end": "06:00:00"}, {"quiet_start": "06:00:00", "quiet_end": "06:00:00"}],
)
async def test_quiet_hours_need_both_ends(
    porch: HomeAssistant, script: Script, set_up: SetUp, quiet: dict[str, str]
) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    chosen = {"sensitivity": "eager", "repairs": True, **quiet}
    result = await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "quiet_hours"})
    result = await porch.config_entries.options.async_configure(
        flow["flow_id"], {"sensitivity": "eager", "repairs": True}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(porch)


async def test_what_is_done_without_asking_has_a_section(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    chosen = {"sensitivity": "balanced", "repairs": True}
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
    chosen = {"sensitivity": "balanced", "repairs": True, "automatic": section}
    await porch.config_entries.options.async_configure(flow["flow_id"], chosen)
    await settled(porch)
    assert (entry.options["setback"], entry.options["lowest"], entry.options["highest"]) == (3.33, 16.67, 21.11)
    shown = await porch.config_entries.options.async_init(entry.entry_id)
    inside = shown["data_schema"].schema["automatic"].schema.schema
    assert {str(key): key.description["suggested_value"] for key in inside} == section
    section["lowest"] = 2.0
    with pytest.raises(InvalidData):
        await porch.config_entries.options.async_configure(shown["flow_id"], chosen)


def test_options_as_settings() -> None:
    default = settings_from({})
    assert (default.min_accept, default.a_day, default.quiet_hours) == (pytest.approx(2 / 3), 4, None)
    rare, eager = settings_from({"sensitivity": "rare"}), settings_from({"sensitivity": "eager"})
    assert rare.min_accept > default.min_accept > eager.min_accept
    assert rare.a_day < default.a_day < eager.a_day
    assert settings_from({"quiet_start": "22:30:00", "quiet_end": "06:00:00"}).quiet_hours == (22.5, 6.0)
    assert settings_from({"excluded": [PORCH]}).excluded == {PORCH}
