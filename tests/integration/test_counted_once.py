"""What happens while it is learned counts once, whoever did it is not forgotten, and what is deleted stays deleted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import sleep
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import purge
from homeassistant.components.recorder.db_schema import States, StatesMeta
from homeassistant.core import Context, CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import session_scope
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.hunches import teaching
from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN, EVENT_ACTED
from custom_components.hunches.engine.home import OFF, ON
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.memory_file import load
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.history import HistoryUnavailable, build_home

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .test_long_memory import latest, learn_again
from .test_twins import report, show_as


async def known_for_an_hour(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set the integration up with its real mind, in a home of one lamp that is off."""
    put(hass, PORCH, "off", "Porch light")
    entry = MockConfigEntry(domain=DOMAIN, options=dict(DEFAULT_OPTIONS))
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    await later(hass, freezer, HOUR)
    return entry


async def test_a_switching_while_history_is_read_counts_once(
    hunches_allowed: Any, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """With the real mind: a lamp that is on for a short while, while a later learning waits for the recorder."""
    entry = await known_for_an_hour(hass, freezer)
    read = teaching.async_read

    async def slowly(*arguments: Any) -> Any:
        for state in ("on", "off"):
            freezer.tick(timedelta(seconds=10))
            hass.states.async_set(PORCH, state, {"friendly_name": "Porch light"})
            await hass.async_block_till_done()
        return await read(*arguments)

    with patch.object(teaching, "async_read", slowly):
        await learn_again(hass, entry)
    await later(hass, freezer, HOUR)
    await learn_again(hass, entry)
    usage = load(latest(hass).read_bytes())[PORCH].usage
    assert usage.starts.sum() == pytest.approx(1.0, abs=0.01)


async def test_what_we_did_is_no_habit_after_older_history_was_purged(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, HOUR)
    ours = Context()
    porch.bus.async_fire(EVENT_ACTED, {"entity_id": PORCH, "state": "off"}, context=ours)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"}, context=ours)
    await settled(porch)
    await later(porch, freezer, 4 * DAY)
    await learn_again(porch, entry)
    before = load(latest(porch).read_bytes())[PORCH].usage
    assert before.ours
    off = before.known.sum() - before.on.sum()
    assert off < 60  # that it is off is our doing, and nothing is known
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH, "keep_days": 2}, blocking=True)
    await settled(porch)
    after = load(latest(porch).read_bytes())[PORCH].usage
    assert after.known.sum() - after.on.sum() < 60
    assert after.ours


@pytest.mark.parametrize("named", [f"{PORCH}, {DOOR}", "Light.Porch"])
async def test_purged_as_people_write_it(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, named: str
) -> None:
    await set_up()
    await later(porch, freezer, 2 * DAY)
    before = dt_util.utcnow().timestamp()
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": named}, blocking=True)
    await settled(porch)
    await async_wait_recording_done(porch)
    with session_scope(hass=porch, read_only=True) as session:  # the recorder has understood it
        rows = session.query(States).join(StatesMeta).filter(StatesMeta.entity_id == PORCH)
        assert all(row.last_updated_ts > before - 1 for row in rows)
    assert load(latest(porch).read_bytes())[PORCH].usage.start >= before - 1


async def test_purged_while_home_assistant_starts(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 2 * DAY)
    await learn_again(porch, entry)
    assert await porch.config_entries.async_unload(entry.entry_id)
    before = dt_util.utcnow().timestamp()
    porch.set_state(CoreState.starting)
    await porch.config_entries.async_setup(entry.entry_id)
    await porch.async_block_till_done()
    await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    porch.set_state(CoreState.running)
    porch.bus.async_fire("homeassistant_started")
    await settled(porch)
    await later(porch, freezer, 61)
    assert load(latest(porch).read_bytes())[PORCH].usage.start >= before - 1


async def test_no_timer_is_left_when_history_fails_while_it_is_unloaded(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    coordinator, free = coordinator_of(entry), asyncio.Event()

    async def locked(*arguments: Any) -> Any:
        await free.wait()
        raise HistoryUnavailable("recorder_locked")

    with patch.object(teaching, "async_read", locked):
        coordinator.async_learn()
        for _ in range(50):
            await asyncio.sleep(0)
        unloading = porch.async_create_task(porch.config_entries.async_unload(entry.entry_id))
        for _ in range(50):
            await asyncio.sleep(0)
        free.set()
        await unloading
    left = coordinator._again
    coordinator._cancel_again()
    assert left is None


@pytest.mark.parametrize("then", ["at once", "next learning"])
async def test_a_restart_within_a_quarter_of_an_hour_of_a_learning(
    hunches_allowed: Any, hass: HomeAssistant, freezer: FrozenDateTimeFactory, then: str
) -> None:
    """With the real mind: what is remembered already is gone through again as if it had just been seen."""
    entry = await known_for_an_hour(hass, freezer)
    for state in ("on", "off"):
        hass.states.async_set(PORCH, state, {"friendly_name": "Porch light"})
        await later(hass, freezer, 120)
    await learn_again(hass, entry)  # every night, and after each change in the registries
    await later(hass, freezer, 60)
    assert await hass.config_entries.async_reload(entry.entry_id)  # or Home Assistant restarts, or options are saved
    await settled(hass)
    if then == "at once":
        mind = coordinator_of(entry).mind
        assert mind is not None
        assert list(mind.timelines()[PORCH].states) == [OFF, ON, OFF]
        return
    await later(hass, freezer, HOUR)
    await learn_again(hass, entry)
    kept = load(latest(hass).read_bytes())[PORCH]
    assert list(kept.changes.unfolded().states) == [OFF, ON, OFF]
    assert kept.usage.starts.sum() == pytest.approx(1.0, abs=0.01)


async def test_a_group_of_switches_that_are_shown_as_lights(hass: HomeAssistant) -> None:
    report(hass, "shelly", "switch.plug")
    await show_as(hass, "switch.plug", "light", "Lamp")
    er.async_get(hass).async_update_entity(
        "switch.plug", hidden_by=er.RegistryEntryHider.INTEGRATION
    )  # as its flow does
    group = MockConfigEntry(
        domain="group",
        title="All plugs",
        options={
            "group_type": "switch",
            "name": "All plugs",
            "entities": ["switch.plug"],
            "hide_members": False,
            "all": False,
        },
        version=1,
        minor_version=1,
    )
    group.add_to_hass(hass)
    assert await hass.config_entries.async_setup(group.entry_id)
    await hass.async_block_till_done()
    hass.states.async_set("switch.plug", "on")
    await hass.async_block_till_done()
    assert len(build_home(hass).devices) == 1, [e.entity_id for e in build_home(hass).devices]


async def test_purged_during_the_first_learning_while_the_recorder_takes_its_time(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """The recorder deletes some thousand rows at a time, and does other things in between."""
    put(porch, PORCH, "off", "Porch light", ago=0)
    await later(porch, freezer, 5 * DAY)
    put(porch, PORCH, "on", "Porch light", ago=0)
    await later(porch, freezer, 2 * DAY)
    read, delete, busy, before = teaching.async_read, purge.purge_entity_data, [True], []

    def slowly(*arguments: Any) -> bool:
        if busy[0]:
            sleep(0.001)
            return False
        return delete(*arguments)

    async def purged_meanwhile(*arguments: Any) -> Any:
        heard = await read(*arguments)
        if not before:
            before.append(dt_util.utcnow().timestamp())
            await porch.services.async_call("recorder", "purge_entities", {"entity_id": PORCH}, blocking=True)
            for _ in range(20):
                await porch.async_block_till_done()
        return heard

    with patch.object(purge, "purge_entity_data", slowly), patch.object(teaching, "async_read", purged_meanwhile):
        await set_up()
        await later(porch, freezer, 61)
        busy[0] = False
        await async_wait_recording_done(porch)
    with session_scope(hass=porch, read_only=True) as session:  # by now the recorder has deleted it
        rows = session.query(States).join(StatesMeta).filter(StatesMeta.entity_id == PORCH)
        assert all(row.last_updated_ts >= before[0] for row in rows)
    await later(porch, freezer, DAY)
    assert load(latest(porch).read_bytes())[PORCH].usage.start >= before[0] - 1


@pytest.mark.parametrize(
    "recorder_config", [{}, {"exclude": {"domains": ["automation", "script"]}}], ids=["all", "without automations"]
)
async def test_an_automation_that_the_recorder_does_not_keep_is_no_person(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """Heard live, it is known as an automation; the night makes it "unknown", which counts as done by hand."""
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    for state in ("off", "on"):  # somebody uses it earlier that day
        await later(porch, freezer, HOUR)
        porch.states.async_set(PORCH, state, {"friendly_name": "Porch light"})
    await later(porch, freezer, HOUR)
    started = Context()  # by the clock
    porch.bus.async_fire("automation_triggered", {"entity_id": "automation.night", "name": "Night"}, context=started)
    await porch.services.async_call("light", "turn_off", {"entity_id": PORCH}, blocking=True, context=started)
    await settled(porch)
    await later(porch, freezer, 60)
    assert script.noted[-1][3] == Cause.AUTOMATION
    await later(porch, freezer, HOUR)
    await learn_again(porch, entry)
    line = load(latest(porch).read_bytes())[PORCH].changes.unfolded()
    assert line.states[-1] == OFF
    assert line.causes[-1] == Cause.AUTOMATION


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_automation_that_waits_over_the_nightly_learning_is_no_person(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, restarted: bool
) -> None:
    """At 22:00 on, eight hours later off, every night; at four it is learned."""
    obedient(porch, "light", "turn_on", "on")
    obedient(porch, "light", "turn_off", "off")
    put(porch, PORCH, "off", "Porch light")
    entry = await set_up()
    started = Context()  # by the clock
    data = {"entity_id": PORCH}
    porch.bus.async_fire("automation_triggered", {"entity_id": "automation.night", "name": "Night"}, context=started)
    await porch.services.async_call("light", "turn_on", data, blocking=True, context=started)
    await later(porch, freezer, 6 * HOUR)
    await learn_again(porch, entry)
    if restarted:  # Hunches alone: the automation waits on
        assert await porch.config_entries.async_reload(entry.entry_id)
        await settled(porch)
    for state in ("off", "on"):  # somebody uses it meanwhile
        await later(porch, freezer, HOUR / 2)
        porch.states.async_set(PORCH, state, {"friendly_name": "Porch light"})
    await later(porch, freezer, HOUR)
    await porch.services.async_call("light", "turn_off", data, blocking=True, context=started)
    await later(porch, freezer, HOUR)
    await learn_again(porch, entry)
    line = load(latest(porch).read_bytes())[PORCH].changes.unfolded()
    assert line.states[-1] == OFF
    assert line.causes[-1] == Cause.AUTOMATION
