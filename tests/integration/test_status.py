"""What can be seen from outside: sensor, diagnostics, system health, and a loop that stays free."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_load_integrations
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.const import DOMAIN, EVENT_ACTED, Stage
from custom_components.hunches.diagnostics import async_get_config_entry_diagnostics
from custom_components.hunches.logbook import async_describe_events
from custom_components.hunches.system_health import async_register

from .conftest import PORCH, Script, SetUp, coordinator_of, later, settled

SENSOR = "sensor.hunches_open_hunches"


async def test_sensor(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    state = porch.states.get(SENSOR)
    assert state.state == "1"
    assert state.attributes["stage"] == "ready"
    assert state.attributes["unit_of_measurement"] == "hunches"
    assert er.async_get(porch).async_get(SENSOR).unique_id == f"{entry.entry_id}_open_hunches"


async def test_diagnostics_tell_nothing_about_the_home(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    secrets = {
        "excluded": ["light.secret"],
        "excluded_areas": ["secret_area"],
        "phones": ["secret_phone"],
        "satellites": ["assist_satellite.secret"],
        "sleep_evidence": ["binary_sensor.secret"],
    }
    entry = await set_up(**secrets)
    await porch.services.async_call(DOMAIN, "forbid", {"entity_id": "lock.front_door"}, blocking=True)
    await settled(porch)
    found = await async_get_config_entry_diagnostics(porch, entry)
    text = json.dumps(found)
    for secret in ("porch light", "Porch", PORCH, "front_door", "secret", "Ada", str(porch.config.latitude)):
        assert secret not in text
    assert found["stage"] == "ready"
    assert found["open"][0]["entity_id"] == "light.1"
    assert [d["entity_id"] for d in found["devices"]] == ["cover.0", "light.1", "lock.2"]
    assert [found["options"][key] for key in secrets] == [1] * len(secrets)
    assert found["rules"] == [{"rule": "forbid", "entity_id": "lock.2", "kind": None}]


async def test_system_health(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    registration = SystemHealthRegistration(porch, DOMAIN)
    async_register(porch, registration)
    assert await registration.info_callback(porch) == {"stage": "not_loaded"}
    await set_up()
    info = await registration.info_callback(porch)
    assert (info["stage"], info["devices"], info["open"]) == ("ready", 3, 1)


async def test_waits_for_the_recorder_and_goes_on(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    get_instance(porch).migration_in_progress = True
    entry = await set_up()
    state = porch.states.get(SENSOR)
    assert (state.attributes["stage"], state.attributes["reason"]) == ("waiting", "recorder_migrating")
    await later(porch, freezer, 61)
    assert coordinator_of(entry).data.stage is Stage.WAITING
    get_instance(porch).migration_in_progress = False
    await later(porch, freezer, 61)
    assert coordinator_of(entry).data.stage is Stage.WAITING, "it waits twice as long after each failure"
    await later(porch, freezer, 60)
    assert porch.states.get(SENSOR).attributes["stage"] == "ready"
    assert porch.states.get(SENSOR).attributes["reason"] is None
    assert caplog.text.count("History cannot be read") == 1
    assert caplog.text.count("learned from again") == 1
    assert porch.states.get(SENSOR).state == "1"


async def test_event_loop_stays_free_during_a_long_analysis(porch: HomeAssistant, script: Script) -> None:
    told, go_on = threading.Event(), threading.Event()

    def learn_slowly(progress: Any) -> None:
        for step in range(10):
            progress(step, 10)
        told.set()
        go_on.wait(60)  # not for ever: if the test fails, its thread must not outlive it

    script.before_learning = learn_slowly
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    assert await porch.async_add_executor_job(told.wait, 60)
    for _ in range(100):  # the loop turns while the mind learns, and the home goes on
        await asyncio.sleep(0)
    porch.states.async_set(PORCH, "off")
    assert porch.states.get(SENSOR).attributes["stage"] == "learning"
    assert porch.states.get(SENSOR).attributes["progress"] == 90
    go_on.set()
    await settled(porch)
    assert porch.states.get(SENSOR).attributes["stage"] == "ready"
    assert [state for entity_id, _, state, _ in script.noted if entity_id == PORCH] == ["off"]


async def test_logbook_tells_what_we_did(hunches_allowed: object, hass: HomeAssistant) -> None:
    await async_load_integrations(hass, {DOMAIN})
    described: dict[tuple[str, str], Any] = {}
    async_describe_events(hass, lambda domain, event, how: described.update({(domain, event): how}))
    data = {"entity_id": PORCH, "kind": "still_on", "action": "light.turn_off"}
    hass.states.async_set(PORCH, "off", {"friendly_name": "Porch"})
    entry = described[DOMAIN, EVENT_ACTED](Event(EVENT_ACTED, data))
    assert f"{entry['name']} {entry['message']}" == (
        "Porch got light.turn_off from Hunches, because a person accepted the hunch"
    )
    assert entry["entity_id"] == PORCH


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"automatic": False}, "got light.turn_off from Hunches, because a person accepted the hunch: On since 22:10"),
        (
            {"automatic": True},
            "got light.turn_off from Hunches without being asked, as allowed, because: On since 22:10",
        ),
        ({"automatic": True, "undo": True}, "was put back by Hunches as it was before light.turn_off"),
    ],
)
async def test_logbook_tells_why(
    hunches_allowed: object, hass: HomeAssistant, more: dict[str, bool], message: str
) -> None:
    await async_load_integrations(hass, {DOMAIN})
    described: dict[tuple[str, str], Any] = {}
    async_describe_events(hass, lambda domain, event, how: described.update({(domain, event): how}))
    data = {"entity_id": PORCH, "kind": "still_on", "action": "light.turn_off", "reason": "On since 22:10", **more}
    assert described[DOMAIN, EVENT_ACTED](Event(EVENT_ACTED, data))["message"] == message
