"""The fix flow: what it shows, and what follows from each answer."""

from __future__ import annotations

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hunches import actions
from custom_components.hunches.const import DOMAIN, EVENT_ACTED
from custom_components.hunches.engine.policy import Answer
from custom_components.hunches.engine.timeline import Cause

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put
from .stored import stored

KEY = f"still_on:{PORCH}"


async def open_flow(hass: HomeAssistant, key: str = KEY) -> Any:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return await manager.async_init(DOMAIN, context={"issue_id": key})


async def choose(hass: HomeAssistant, flow: Any, answer: str) -> Any:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_configure(flow["flow_id"], {"next_step_id": answer})
    await hass.async_block_till_done()
    return result


def has_issue(hass: HomeAssistant, key: str = KEY) -> bool:
    return ir.async_get(hass).async_get_issue(DOMAIN, key) is not None


async def test_menu_shows_the_evidence(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await porch.config.async_set_time_zone("Asia/Kathmandu")
    freezer.move_to("2026-11-20T14:15:00+00:00")  # 20:00 there
    put(porch, PORCH, "on", "Porch light")
    await set_up()
    await later(porch, freezer, 2 * 3600 + 300)
    flow = await open_flow(porch)
    assert flow["type"] is FlowResultType.MENU
    assert flow["menu_options"] == ["accept", "always", "not_now", "never", "why"]
    assert flow["description_placeholders"]["escaped_name"] == "Porch light"
    assert flow["description_placeholders"]["evidence"].splitlines() == [
        "- On since 19:30, that is 2 h 35 min",
        "- Nobody seems to be at home (almost certain)",
    ]
    why = await choose(porch, flow, "why")
    assert (why["type"], why["step_id"]) == (FlowResultType.MENU, "why")
    assert why["menu_options"] == ["accept", "always", "not_now", "never"]
    assert why["description_placeholders"]["evidence"].splitlines() == [
        "- On since 19:30, that is 2 h 35 min",
        "- Usually for 20 min to 1 h 35 min",
        "- Usually over for the night by 23:15",
        "- Nobody seems to be at home (almost certain)",
        "- Usual at this hour: 4%",
        "- Seen for 12 days; it is used like: porch light",
        "- Somebody is likely to want this: 95%. Below 50% it would not have been asked",
        "- “Not now” keeps this from being asked for 30 days while nobody is at home",
    ]


async def test_since_yesterday_over_the_change_to_winter_time(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await porch.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-10-24T21:30:00+00:00")  # 23:30 summer time
    put(porch, PORCH, "on", "Porch light")
    await set_up()
    await later(porch, freezer, 5 * 3600)  # 03:30 winter time, after an hour that came twice
    flow = await open_flow(porch)
    assert "On since yesterday 23:00, that is 5 h 30 min\n" in flow["description_placeholders"]["evidence"]


@pytest.mark.parametrize(
    ("name", "title", "escaped"),
    [
        ("<b>Lamp</b> [x](http://y)", "<b>Lamp</b> [x](http://y)", r"\<b\>Lamp\<\/b\> \[x\]\(http\:\/\/y\)"),
        ("a|b *c* `d` #1", "a|b *c* `d` #1", r"a\|b \*c\* \`d\` \#1"),
        ("Lampe\n## été 灯 \u202egpj", "Lampe ## été 灯 gpj", r"Lampe \#\# été 灯 gpj"),
        ("{name} {evidence}", "{name} {evidence}", r"\{name\} \{evidence\}"),
        ("\x07", PORCH, r"light\.porch"),
    ],
)
async def test_names_are_shown_as_text(
    porch: HomeAssistant, script: Script, set_up: SetUp, name: str, title: str, escaped: str
) -> None:
    put(porch, PORCH, "on", name)
    await set_up()
    issue = ir.async_get(porch).async_get_issue(DOMAIN, KEY)
    assert issue is not None
    assert issue.translation_placeholders == {"name": title}
    flow = await open_flow(porch)
    assert flow["description_placeholders"]["escaped_name"] == escaped


async def test_do_it(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    acted = async_capture_events(porch, EVENT_ACTED)
    entry = await set_up()
    result = await choose(porch, await open_flow(porch), "accept")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "accepted"
    assert result["description_placeholders"]["escaped_name"] == "Porch light"
    assert [call.data for call in calls] == [{"entity_id": PORCH}]
    assert not has_issue(porch)
    coordinator = coordinator_of(entry)
    assert [a.answer for a in coordinator.feedback.ledger.answers] == [Answer.ACCEPTED]
    assert stored(porch)["data"]["answers"][0]["answer"] == "accepted"
    assert [event.context.id for event in acted] == [calls[0].context.id]
    assert acted[0].data == {
        "entity_id": PORCH,
        "state": "off",
        "kind": "still_on",
        "action": "light.turn_off",
        "reason": acted[0].data["reason"],
        "automatic": False,
        "undo": False,
        "action_id": acted[0].context.id,
    }
    assert "that is 30 min; Nobody seems to be at home (almost certain)" in acted[0].data["reason"]
    assert coordinator.teacher.causes.of_live(calls[0].context) is Cause.OURS
    await coordinator.async_look()
    assert script.heard[-1] == [(KEY, True)]


async def test_do_it_when_it_is_done_already(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    await set_up()
    flow = await open_flow(porch)
    porch.states.async_set(PORCH, "off")
    assert (await choose(porch, flow, "accept"))["type"] is FlowResultType.CREATE_ENTRY
    assert not calls


async def test_not_now(porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory) -> None:
    entry = await set_up()
    result = await choose(porch, await open_flow(porch), "not_now")
    assert (result["type"], result["description"]) == (FlowResultType.CREATE_ENTRY, "rejected")
    assert not has_issue(porch)
    assert porch.states.get(PORCH).state == "on"
    await later(porch, freezer, 24 * 3600)
    await later(porch, freezer, 61)
    assert not has_issue(porch)
    assert [why for _, why in coordinator_of(entry).data.declined] == ["rejected"]


async def test_never_holds_after_a_restart(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    result = await choose(porch, await open_flow(porch), "never")
    assert (result["type"], result["description"]) == (FlowResultType.CREATE_ENTRY, "never")
    assert await porch.config_entries.async_reload(entry.entry_id)
    await later(porch, freezer, 400 * 24 * 3600)
    await later(porch, freezer, 61)
    assert not has_issue(porch)
    assert [why for _, why in coordinator_of(entry).data.declined] == ["never"]


async def test_failure_keeps_the_issue(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("the *bridge* does not answer")

    porch.services.async_register("light", "turn_off", refuse)
    entry = await set_up()
    result = await choose(porch, await open_flow(porch), "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "failed")
    assert result["description_placeholders"]["detail"] == r"the \*bridge\* does not answer"
    assert has_issue(porch)
    assert not coordinator_of(entry).feedback.ledger.answers


async def test_no_effect_keeps_the_issue(
    porch: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    obedient(porch, "light", "turn_off", "on")
    await set_up()
    result = await choose(porch, await open_flow(porch), "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_effect")
    assert has_issue(porch)


async def test_missing_action_keeps_the_issue(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    result = await choose(porch, await open_flow(porch), "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "failed")
    assert has_issue(porch)


async def test_device_out_of_reach_keeps_the_issue(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    await set_up()
    flow = await open_flow(porch)
    porch.states.async_set(PORCH, "unavailable")
    result = await choose(porch, flow, "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unavailable")
    assert not calls
    assert has_issue(porch)


@pytest.mark.parametrize(("door", "reason"), [("on", "door_may_be_open"), ("unavailable", "door_may_be_open")])
async def test_open_door_is_not_locked(
    porch: HomeAssistant, script: Script, set_up: SetUp, door: str, reason: str
) -> None:
    calls = obedient(porch, "lock", "lock", "locked")
    script.suspects = [DOOR]
    put(porch, DOOR, "unlocked", "Front door")
    contact = {"friendly_name": "Front contact", "device_class": "door"}
    porch.states.async_set("binary_sensor.front", door, contact)
    await set_up()
    result = await choose(porch, await open_flow(porch, f"still_unlocked:{DOOR}"), "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)
    assert not calls


async def test_jammed_lock_is_no_success(
    porch: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    script.suspects = [DOOR]
    put(porch, DOOR, "unlocked", "Front door")

    async def jam(call: ServiceCall) -> None:
        porch.states.async_set(DOOR, "locking")
        porch.states.async_set(DOOR, "jammed")

    porch.services.async_register("lock", "lock", jam)
    await set_up()
    key = f"still_unlocked:{DOOR}"
    result = await choose(porch, await open_flow(porch, key), "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_effect")
    assert result["description_placeholders"]["detail"] == "jammed"
    assert has_issue(porch, key)


@pytest.mark.parametrize("answer", ["accept", "not_now", "never"])
async def test_answer_to_a_hunch_that_is_gone(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, answer: str
) -> None:
    entry = await set_up()
    flow = await open_flow(porch)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 2.5)
    result = await choose(porch, flow, answer)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "gone")
    assert [a.answer for a in coordinator_of(entry).feedback.ledger.answers] == [Answer.SETTLED]


async def test_opened_after_the_entry_was_unloaded(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    flow = await open_flow(porch)
    assert await porch.config_entries.async_unload(entry.entry_id)
    result = await choose(porch, flow, "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "gone")


@pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey instances")  # Home Assistant's own server
async def test_answer_through_the_browser_carries_the_user(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    assert await async_setup_component(porch, "repairs", {})
    client = await hass_client()
    response = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": KEY})
    flow = await response.json()
    assert flow["type"] == "menu"
    url = f"/api/repairs/issues/fix/{flow['flow_id']}"
    response = await client.post(url, json={"next_step_id": "accept"})
    assert (await response.json())["type"] == "create_entry"
    assert [call.context.user_id for call in calls] == [hass_admin_user.id]
    assert [a.by for a in coordinator_of(entry).feedback.ledger.answers] == [hass_admin_user.id]
