"""The entry comes and goes: nothing is left behind, and Home Assistant always starts."""

from __future__ import annotations

import threading
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STARTED, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.const import DOMAIN, Stage
from custom_components.hunches.engine.model import AssetError

from .conftest import PORCH, Script, SetUp, coordinator_of, settled
from .stored import answers_file, stored


def issues_of(hass: HomeAssistant) -> list[ir.IssueEntry]:
    return [issue for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN]


async def test_loads_and_learns(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert entry.state is ConfigEntryState.LOADED
    status = coordinator_of(entry).data
    assert status.stage is Stage.READY
    assert (status.devices, status.evidence) == (3, 1)
    assert [home.name for home in script.homes] == [porch.config.location_name]


def listeners(hass: HomeAssistant) -> dict[str, int]:
    """Return how many listen for each event, but for what Home Assistant's own stores have yet to write."""
    return {
        str(event): count
        for event, count in hass.bus.async_listeners().items()
        if event != EVENT_HOMEASSISTANT_FINAL_WRITE
    }


async def test_unload_leaves_nothing_behind(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    await settled(porch)
    before = listeners(porch)  # what Home Assistant itself listens for, once we were loaded
    assert await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert issues_of(porch)
    assert await porch.config_entries.async_unload(entry.entry_id)
    await settled(porch)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert not issues_of(porch)
    assert listeners(porch) == before
    looks = len(script.noted)
    porch.states.async_set(PORCH, "off")
    await settled(porch)
    assert len(script.noted) == looks


async def test_unload_while_learning_stops_the_thread(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    began, ended = threading.Event(), threading.Event()

    def learn_for_ever(progress: Any) -> None:
        began.set()
        try:
            while True:
                progress(1, 100)
        finally:
            ended.set()

    script.before_learning = learn_for_ever
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    await porch.async_add_executor_job(began.wait)
    assert coordinator_of(entry).data.stage is Stage.LEARNING
    assert await porch.config_entries.async_unload(entry.entry_id)
    assert ended.is_set()


async def test_stop_of_home_assistant_stops_the_thread(porch: HomeAssistant, script: Script) -> None:
    began, ended = threading.Event(), threading.Event()

    def learn_for_ever(progress: Any) -> None:
        began.set()
        try:
            while True:
                progress(1, 100)
        finally:
            ended.set()

    script.before_learning = learn_for_ever
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    await porch.async_add_executor_job(began.wait)
    porch.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await settled(porch)
    assert ended.is_set()
    assert await porch.config_entries.async_unload(entry.entry_id)


async def test_reload_learns_again(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert entry.state is ConfigEntryState.LOADED
    assert len(script.homes) == 2
    assert len(issues_of(porch)) == 1


async def test_removal_forgets_the_answers(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert stored(porch)["data"]["open"]
    await porch.config_entries.async_remove(entry.entry_id)
    assert not list(answers_file(porch).parent.glob("hunches.*"))


async def test_nothing_is_read_before_home_assistant_has_started(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    porch.set_state(CoreState.starting)
    entry = await set_up()
    assert entry.state is ConfigEntryState.LOADED
    assert coordinator_of(entry).data.stage is Stage.STARTING
    assert not script.homes
    porch.set_state(CoreState.running)
    porch.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settled(porch)
    assert coordinator_of(entry).data.stage is Stage.READY


async def test_broken_asset_is_one_clear_line(porch: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN, title="Hunches")
    entry.add_to_hass(porch)
    error = AssetError("encoder.onnx: its hash is not the one in model_card.json")
    with patch("custom_components.hunches.Model.load", side_effect=error):
        assert not await porch.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "broken_asset"
    assert entry.reason == (
        "The trained model cannot be used: encoder.onnx: its hash is not the one in model_card.json"
    )
    assert porch.services.has_service(DOMAIN, "scan")


async def test_failure_of_learning_leaves_home_assistant_running(
    porch: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(progress: Any) -> None:
        raise ZeroDivisionError

    script.before_learning = fail
    entry = await set_up()
    assert entry.state is ConfigEntryState.LOADED
    assert coordinator_of(entry).data.reason == "learning_failed"
    assert caplog.text.count("Learning failed") == 1
