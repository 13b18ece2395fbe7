"""The backtest in the home: it runs by itself, is kept, follows what becomes of entities, and holds up nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy.exc import OperationalError

from custom_components.hunches.const import CONF_EXCLUDED, CONF_SENSITIVITY, DOMAIN, Sensitivity, Stage
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import Settings

from .conftest import BLIND, DOOR, PORCH, Script, SetUp, coordinator_of, later, put, settled

SENSOR = "sensor.hunches_open_hunches"
FILE = "hunches.backtest"


async def back(hass: HomeAssistant, **data: object) -> Any:
    context = data.pop("context", None)
    answer = await hass.services.async_call(
        DOMAIN, "backtest", data, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return answer


@pytest.fixture
async def past(porch: HomeAssistant) -> HomeAssistant:
    """Let the porch light have been on for three long nights, each time until somebody came to the door."""
    now = dt_util.utcnow().timestamp() // HOUR * HOUR
    for key in (PORCH, DOOR, "binary_sensor.hall"):
        porch.states.async_remove(key)
    attributes = {PORCH: {"friendly_name": "Porch light"}, "binary_sensor.hall": {"device_class": "motion"}}
    rows = [
        (now - 5 * DAY, PORCH, "off"),
        (now - 5 * DAY, "binary_sensor.hall", "off"),
        (now - 5 * DAY, DOOR, "locked"),
    ]
    for day in (3, 2, 1):
        begun = now - day * DAY
        rows += [(begun, PORCH, "on"), (begun + 6 * HOUR, "binary_sensor.hall", "on")]
        rows += [(begun + 6 * HOUR + 60, PORCH, "off"), (begun + 6 * HOUR + 120, "binary_sensor.hall", "off")]
    for moment, key, state in sorted(rows):
        porch.states.async_set(key, state, attributes.get(key), timestamp=moment)
    await async_wait_recording_done(porch)
    return porch


async def test_it_runs_after_the_first_learning_and_is_kept(
    past: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    entry = await set_up()
    proven = coordinator_of(entry).proven(PORCH)
    assert proven is not None
    assert proven["raised"]["hunches"] == proven["raised"]["done"] == 3
    assert proven["raised"]["minutes_saved"] == pytest.approx(3 * (6 * 60 + 1 - Settings().sustain / 60), abs=6)
    assert proven["days"] == pytest.approx(4, abs=0.9)
    for kind, hunches in ((Kind.STILL_ON, 3), (Kind.USUALLY_ON_BY_NOW, 0)):
        alone = coordinator_of(entry).proven(PORCH, kind)
        assert alone is not None
        assert alone["raised"]["judged"] == hunches
    nothing = coordinator_of(entry).proven(DOOR)
    assert nothing is not None
    assert nothing["raised"]["hunches"] == 0
    assert coordinator_of(entry).proven("light.of_others") is None
    assert hass_storage[FILE]["data"]["devices"][PORCH]["raised"] == proven["raised"]
    nights = len(script.nights)
    assert nights >= 4
    assert await past.config_entries.async_reload(entry.entry_id)
    await settled(past)
    assert len(script.nights) == nights, "it was found before"
    assert coordinator_of(entry).proven(PORCH) == proven
    script.suspects = []
    await later(past, freezer, 1.1 * DAY)  # less than a week was looked at: again when a day has gone by
    coordinator_of(entry).async_learn()
    await settled(past)
    assert len(script.nights) > nights
    again = coordinator_of(entry).proven(PORCH)
    assert again is not None
    assert again["raised"]["hunches"] == 0


async def test_what_was_found_outlives_meters_that_cannot_be_read(
    past: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    with patch("custom_components.hunches.proof.async_watt_hours", side_effect=OperationalError("", {}, Exception())):
        entry = await set_up()
    proven = coordinator_of(entry).proven(PORCH)
    assert proven is not None
    assert proven["raised"]["hunches"] == 3


async def test_another_bar_asks_for_another_proof(past: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    nights = len(script.nights)
    past.config_entries.async_update_entry(entry, options={**entry.options, CONF_SENSITIVITY: str(Sensitivity.RARE)})
    assert await past.config_entries.async_reload(entry.entry_id)
    await settled(past)
    assert len(script.nights) == 2 * nights


async def test_what_would_be_done_is_told_too(past: HomeAssistant, script: Script, set_up: SetUp) -> None:
    script.p_low = 0.99
    entry = await set_up()
    proven = coordinator_of(entry).proven(PORCH)
    assert proven is not None
    assert proven["acted"]["hunches"] == proven["acted"]["done"] == 3
    assert coordinator_of(entry).feedback.ledger.records == ()


async def test_nothing_is_proven_without_a_past(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert script.nights == []
    assert coordinator_of(entry).proven(PORCH) is None
    assert (await back(porch))["days"] == 0


async def test_on_demand(past: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    before = coordinator_of(entry).proven(PORCH)
    answer = await back(past, days=2)
    assert answer["days"] == pytest.approx(2, abs=0.1)
    assert answer["raised"]["hunches"] == 2
    assert answer["kinds"]["still_on"]["hunches"] == 2
    assert {PORCH, DOOR} <= set(answer["devices"])
    assert coordinator_of(entry).proven(PORCH) == before, "only the usual days are kept"
    assert set((await back(past, entity_id=DOOR))["devices"]) == {DOOR}
    for wrong in ({"days": 0}, {"days": 57}, {"entity_id": "porch"}):
        with pytest.raises(vol.Invalid):
            await back(past, **wrong)


async def test_details_are_for_those_who_may_control(past: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    user = MockUser().add_to_hass(past)
    user.mock_policy({"entities": {"domains": {"lock": True}}})
    answer = await back(past, context=Context(user_id=user.id))
    assert set(answer["devices"]) == {DOOR}
    assert answer["raised"]["hunches"] == 3


async def test_before_anything_was_learned_it_is_refused(past: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    coordinator_of(entry).home = None
    with pytest.raises(ServiceValidationError) as caught:
        await back(past)
    assert caught.value.translation_key == "not_ready"


async def test_it_follows_what_becomes_of_entities(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    past.states.async_remove(PORCH)
    registry = er.async_get(past)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="porch")
    past.states.async_set(PORCH, "on", {"friendly_name": "Porch light"})
    entry = await set_up()
    proof = coordinator_of(entry).proof
    before = proof.of(PORCH)
    assert before is not None
    registry.async_update_entity(PORCH, new_entity_id="light.veranda")
    await settled(past)
    assert proof.of("light.veranda") == before
    assert proof.of(PORCH) is None
    registry.async_remove("light.veranda")
    await settled(past)
    assert proof.of("light.veranda") is None
    assert "light.veranda" not in hass_storage[FILE]["data"]["devices"]
    assert proof.of(DOOR) is not None
    await past.services.async_call("recorder", "purge_entities", {"entity_id": [DOOR]}, blocking=True)
    await settled(past)
    assert DOOR not in hass_storage[FILE]["data"]["devices"]
    assert BLIND in hass_storage[FILE]["data"]["devices"]


async def test_removing_the_entry_deletes_it(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    entry = await set_up()
    assert FILE in hass_storage
    await past.config_entries.async_remove(entry.entry_id)
    await settled(past)
    assert FILE not in hass_storage


@pytest.mark.parametrize(("version", "data"), [(9, {}), (1, []), (1, {}), (1, {"devices": 1, "made": 0.0})])
async def test_a_file_that_cannot_be_used_is_found_anew(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any], version: int, data: object
) -> None:
    hass_storage[FILE] = {"version": version, "minor_version": 1, "key": FILE, "data": data}
    entry = await set_up()
    assert coordinator_of(entry).proven(PORCH) is not None
    assert hass_storage[FILE]["version"] == 1


async def test_what_an_earlier_version_counted_otherwise_is_found_anew(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    entry = await set_up()
    await past.config_entries.async_unload(entry.entry_id)
    kept = hass_storage[FILE]["data"]
    for tally in (kept["raised"], *(device["raised"] for device in kept["devices"].values())):
        tally.pop("judged", None)
    nights = len(script.nights)
    await past.config_entries.async_setup(entry.entry_id)
    await settled(past)
    assert len(script.nights) > nights
    proven = coordinator_of(entry).proven(PORCH)
    assert proven is not None
    assert proven["raised"]["judged"] == 3


async def test_a_failure_is_told_once_and_tried_again(
    past: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("out of luck")

    script.before_night = fail
    entry = await set_up()
    assert caplog.text.count("The backtest failed, trying again at night") == 1
    assert coordinator_of(entry).proven(PORCH) is None
    assert coordinator_of(entry).data.stage is Stage.READY, "the home goes on"
    state = past.states.get(SENSOR)
    assert state is not None
    assert state.attributes["backtest"] is None
    script.before_night = lambda: None
    coordinator_of(entry).async_learn()
    await settled(past)
    assert coordinator_of(entry).proven(PORCH) is not None


async def test_looks_go_on_meanwhile_and_stopping_waits_for_one_night(
    past: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        if len(script.nights) == 2:
            reached.set()
            go_on.wait(20)

    script.before_night = wait
    release = release_after(past, reached, go_on)
    entry = await set_up()
    assert release == [True]
    assert coordinator_of(entry).proven(PORCH) is not None

    script.nights.clear()
    reached.clear()
    go_on.clear()
    answer = past.async_create_task(
        past.services.async_call(DOMAIN, "backtest", {}, blocking=True, return_response=True)
    )
    await past.async_add_executor_job(reached.wait, 20)
    state = past.states.get(SENSOR)
    assert state is not None
    assert 0 < state.attributes["backtest"] < 100
    assert await coordinator_of(entry).async_look() is not None
    unload = past.async_create_task(past.config_entries.async_unload(entry.entry_id))
    go_on.set()
    assert await unload
    with pytest.raises(ServiceValidationError):
        await answer
    assert len(script.nights) == 2


async def test_what_becomes_of_entities_meanwhile_counts(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    registry = er.async_get(past)
    for key, state in ((PORCH, "on"), (BLIND, "closed")):
        past.states.async_remove(key)
        domain, name = key.split(".")
        assert registry.async_get_or_create(domain, "test", "1", suggested_object_id=name).entity_id == key
        past.states.async_set(key, state)
    entry = await set_up()
    proof = coordinator_of(entry).proof
    before = proof.of(PORCH)
    assert before is not None
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(20)

    script.before_night = wait
    answer = past.async_create_task(
        past.services.async_call(DOMAIN, "backtest", {}, blocking=True, return_response=True)
    )
    try:
        await past.async_add_executor_job(reached.wait, 20)
        registry.async_update_entity(PORCH, new_entity_id="light.veranda")
        registry.async_update_entity(BLIND, new_entity_id="cover.shutter")
        await until(lambda: proof.of("cover.shutter") is not None)
        registry.async_remove("cover.shutter")
        await past.services.async_call("recorder", "purge_entities", {"entity_id": [DOOR]}, blocking=True)
        await until(lambda: proof.of("cover.shutter") is None and proof.of(DOOR) is None)
        assert proof.of("light.veranda") == before
    finally:
        go_on.set()
    found: Any = await answer
    await settled(past)
    for devices in (found["devices"], hass_storage[FILE]["data"]["devices"]):
        assert not {PORCH, BLIND, "cover.shutter", DOOR} & devices.keys()
        assert devices["light.veranda"]["raised"] == before["raised"]


async def test_what_is_excluded_is_not_told_of_any_longer(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    entry = await set_up()
    assert coordinator_of(entry).proven(PORCH) is not None
    past.config_entries.async_update_entry(entry, options={**entry.options, CONF_EXCLUDED: [PORCH]})
    assert await past.config_entries.async_reload(entry.entry_id)
    await settled(past)
    assert coordinator_of(entry).proven(PORCH) is None
    assert PORCH not in hass_storage[FILE]["data"]["devices"]
    assert DOOR in hass_storage[FILE]["data"]["devices"]


async def until(true: Callable[[], bool]) -> None:
    """Let the event loop go on until something is so; while a proof runs, nothing is ever settled."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never was")


def release_after(hass: HomeAssistant, reached: threading.Event, go_on: threading.Event) -> list[bool]:
    """Let a blocked night go on once it was reached, from a thread that ends in any case."""
    seen: list[bool] = []

    def release() -> None:
        seen.append(reached.wait(20))
        go_on.set()

    threading.Thread(target=release, daemon=True).start()
    return seen


async def test_what_was_found_follows_a_new_id_that_nobody_saw(
    past: HomeAssistant, script: Script, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    registry = er.async_get(past)
    past.states.async_remove(PORCH)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="porch")
    put(past, PORCH, "off", "Porch light")
    entry = await set_up()
    found = coordinator_of(entry).proven(PORCH)
    assert found is not None
    assert await past.config_entries.async_unload(entry.entry_id)
    registry.async_update_entity(PORCH, new_entity_id="light.veranda")
    past.states.async_remove(PORCH)
    put(past, "light.veranda", "off", "Porch light", ago=0)
    other = registry.async_get_or_create("light", "test", "2", suggested_object_id="porch")
    put(past, other.entity_id, "off", "Another lamp", ago=0)
    assert other.entity_id == PORCH
    await past.config_entries.async_setup(entry.entry_id)
    assert coordinator_of(entry).proven(PORCH) is None
    assert coordinator_of(entry).proven("light.veranda") == found
