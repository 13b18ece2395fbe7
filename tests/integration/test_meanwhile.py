"""What happens while something else does: an issue or a dialog is open, a question is spoken, the home is learned."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .test_actions import KEY, proven
from .test_automations import automate
from .test_phones import phone, tap
from .test_questions import light
from .test_repairs import choose, open_flow
from .test_websocket import EVERYTHING, Connect, act_unasked, ask, connect

__all__ = ["connect", "proven"]  # fixtures


async def test_not_now_after_a_yes_that_failed_offers_nothing_to_take_back(
    porch: HomeAssistant, script: Script, set_up: SetUp, connect: Connect
) -> None:
    async def refuse(call: Any) -> None:
        raise HomeAssistantError("out of reach")

    porch.services.async_register("light", "turn_off", refuse)
    await set_up()
    client = await connect(EVERYTHING)
    assert "code" in await ask(client, "answer", hunch=KEY, answer="accept")
    answer = await ask(client, "answer", hunch=KEY, answer="not_now")
    assert answer["action_id"] is None


async def test_what_was_taken_back_counts_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(porch, "light", "turn_off", "off")
    obedient(porch, "light", "turn_on", "on")
    await set_up()
    await porch.services.async_call(DOMAIN, "accept", {"entity_id": PORCH}, blocking=True)
    await porch.services.async_call(DOMAIN, "undo", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    state = porch.states.get("sensor.hunches_precision_over_30_days")
    assert (state.attributes["right"], state.attributes["wrong"]) == (0, 1)


async def test_the_trigger_fires_for_what_was_taken_back(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(porch, "light", "turn_off", "off")
    obedient(porch, "light", "turn_on", "on")
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.hunch_answered", "options": {"answer": ["undone"]}}])
    await set_up()
    await porch.services.async_call(DOMAIN, "accept", {"entity_id": PORCH}, blocking=True)
    await porch.services.async_call(DOMAIN, "undo", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    assert len(calls) == 1


async def test_a_phone_that_is_chosen_while_something_is_asked_is_told(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    device, calls = phone(porch, hass_admin_user, "Ada Phone")
    entry = await set_up()
    assert coordinator_of(entry).question(KEY) is not None
    porch.config_entries.async_update_entry(entry, options={**entry.options, "phones": [device]})
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert coordinator_of(entry).question(KEY) is not None
    assert len(calls) == 1


async def test_nothing_fires_for_a_while_that_nobody_watched(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """Everyone leaves; Hunches is disabled at once; five minutes later "everyone left" must not fire."""
    script.p_away = 0.1
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.home_away", "options": {"for": {"minutes": 5}}}])
    entry = await set_up()
    script.p_away = 0.9
    await later(porch, freezer, 61)
    assert await porch.config_entries.async_unload(entry.entry_id)
    await later(porch, freezer, 400)
    assert not calls


async def test_a_question_aloud_waits_until_somebody_is_up(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    """Two questions: while the first is asked, everybody falls asleep (or leaves): the second is not asked."""
    script.p_away, script.p_asleep = 0.05, 0.05
    put(porch, "assist_satellite.kitchen", "idle")
    put(porch, "switch.kettle", "on", "Kettle")
    script.suspects = [PORCH, "switch.kettle"]
    asked, begun, hears = [], asyncio.Event(), asyncio.Event()

    async def listen(call: Any) -> dict[str, Any]:
        asked.append(call.data["question"])
        begun.set()
        await hears.wait()
        return {"id": None, "sentence": "", "slots": {}}

    porch.services.async_register("assist_satellite", "ask_question", listen, supports_response=SupportsResponse.ONLY)
    entry_task = porch.async_create_task(set_up(satellites=["assist_satellite.kitchen"]))
    async with asyncio.timeout(20):
        await begun.wait()
    [entry] = porch.config_entries.async_entries(DOMAIN)
    script.p_asleep = 0.97
    await coordinator_of(entry).async_look()
    assert coordinator_of(entry).data.context.p_asleep == 0.97
    hears.set()
    await entry_task
    await settled(porch)
    assert len(asked) == 1


@pytest.mark.usefixtures("proven")
async def test_thumbs_up_twice_while_the_home_is_being_learned_counts_once(
    porch: HomeAssistant, script: Script, set_up: SetUp, connect: Connect
) -> None:
    """Two browsers, or one whose list was drawn anew meanwhile, while a look or a learning holds the lock."""
    entry = await act_unasked(script, porch, set_up)
    first, second = await connect(), await connect()
    [action] = (await ask(first, "actions"))["actions"]
    coordinator = coordinator_of(entry)
    async with coordinator.lock:
        both = [
            porch.async_create_task(ask(client, "rate", action_id=action["id"], good=True))
            for client in (first, second)
        ]
        await asyncio.sleep(0.2)
    await asyncio.gather(*both)
    given = [a.answer for a in coordinator.feedback.ledger.answers if a.answer is Answer.ACCEPTED]
    assert len(given) == 1


async def test_what_could_not_be_done_yet_can_be_tapped_again(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    """The light is out of reach for a moment: the hunch stays open, but the notification has lost its buttons."""

    async def refuse(call: Any) -> None:
        raise HomeAssistantError("out of reach")

    porch.services.async_register("light", "turn_off", refuse)
    device, calls = phone(porch, hass_admin_user, "Ada Phone")
    entry = await set_up(phones=[device])
    await tap(porch, "accept", hass_admin_user)
    assert coordinator_of(entry).question(KEY) is not None
    last = calls[-1].data
    assert last["data"]["tag"] == f"hunches-{KEY}"  # it took the place of the question
    assert "actions" in last["data"]


async def test_a_second_question_waits_until_the_satellite_is_idle(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    script.p_away, script.p_asleep = 0.05, 0.05
    put(porch, "assist_satellite.kitchen", "idle")
    put(porch, "switch.kettle", "on", "Kettle")
    script.suspects = [PORCH, "switch.kettle"]
    found: list[tuple[str, str]] = []

    async def listen(call: Any) -> dict[str, Any]:
        found.append((call.data["question"], porch.states.get("assist_satellite.kitchen").state))
        await asyncio.sleep(0.05)
        # Nobody answers; then somebody begins to talk to it
        porch.states.async_set("assist_satellite.kitchen", "listening")
        return {"id": None, "sentence": "", "slots": {}}

    porch.services.async_register("assist_satellite", "ask_question", listen, supports_response=SupportsResponse.ONLY)
    await set_up(satellites=["assist_satellite.kitchen"])
    assert [state for _, state in found] == ["idle"], found


async def test_a_device_that_is_renamed_while_its_issue_is_open_is_answered(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on", "Attic")
    script.suspects = ["light.attic"]
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    flow = await open_flow(porch, "still_on:light.attic")
    porch.states.async_remove("light.attic")
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    put(porch, "light.gate", "on", "Attic")
    await settled(porch)
    assert coordinator_of(entry).question("still_on:light.gate") is not None
    result = await choose(porch, flow, "accept")
    assert result.get("reason") != "gone", result  # "it was answered, settled by itself, or became moot"


async def test_a_tap_before_the_home_is_known_can_be_repeated(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    """After a restart: "Hunches is still learning about the home. Try again in a moment.", without a button to try."""
    device, calls = phone(porch, hass_admin_user, "Ada Phone")
    entry = await set_up(phones=[device])
    coordinator_of(entry).home = None  # as it is until history was read
    await tap(porch, "accept", hass_admin_user)
    last = calls[-1].data
    assert "Try again" in last["message"]
    assert "actions" in last["data"]


async def test_what_is_left_of_a_question_is_answered_by_its_open_issue(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """The issue of three lamps is open; somebody switches the first one off; "Not now" is chosen for the others."""
    lamps = light(porch, script, 3)
    entry = await set_up()
    key = coordinator_of(entry).questions[0].key
    assert coordinator_of(entry).questions[0].entity_ids == lamps
    flow = await open_flow(porch, key)
    porch.states.async_set(lamps[0], "off", {"friendly_name": "Ceiling 1"})
    await later(porch, freezer, 61)
    assert [q.entity_ids for q in coordinator_of(entry).questions] == [lamps[1:]]
    result = await choose(porch, flow, "not_now")
    assert result.get("reason") != "gone", result


async def test_what_is_left_of_a_question_is_answered_by_an_open_dialog_of_the_page(
    porch: HomeAssistant, script: Script, set_up: SetUp, connect: Connect, freezer: FrozenDateTimeFactory
) -> None:
    """The same with "Never" on the page, which asks back: what is sent is the key of the first lamp, and all three."""
    lamps = light(porch, script, 3)
    entry = await set_up()
    key = coordinator_of(entry).questions[0].key
    porch.states.async_set(lamps[0], "off", {"friendly_name": "Ceiling 1"})
    await later(porch, freezer, 61)
    assert [q.entity_ids for q in coordinator_of(entry).questions] == [lamps[1:]]
    answer = await ask(await connect(), "answer", hunch=key, answer="never", shown=list(lamps))
    assert answer.get("code") != "gone", answer
