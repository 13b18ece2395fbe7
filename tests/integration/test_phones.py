"""Hunches on phones: who is asked what, whose answer it is, and how they are withdrawn."""

from __future__ import annotations

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import Group
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled

KEY = f"still_on:{PORCH}"
TAG = f"hunches-{KEY}"


def phone(hass: HomeAssistant, user: MockUser, name: str) -> tuple[str, list[ServiceCall]]:
    """Let a user have a phone; return its device id and what it is sent."""
    entry = MockConfigEntry(domain="mobile_app", data={"device_name": name, "user_id": user.id, "webhook_id": name})
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", name)}, name=name
    )
    return device.id, async_mock_service(hass, "notify", f"mobile_app_{name.lower().replace(' ', '_')}")


def member(hass: HomeAssistant, **policy: Any) -> MockUser:
    """Return a user who is no administrator, and may do what a policy says."""
    return MockUser(id="member", groups=[Group(id="members", name="Members", policy=policy)]).add_to_hass(hass)


async def tap(hass: HomeAssistant, answer: str, user: MockUser, key: str = KEY) -> None:
    data = {"action": f"hunches|{answer}|{key}", "tag": TAG}
    hass.bus.async_fire("mobile_app_notification_action", data, context=Context(user_id=user.id))
    await settled(hass)


def sent(calls: list[ServiceCall]) -> list[str]:
    return [call.data["message"] for call in calls]


def titles(call: ServiceCall) -> list[str]:
    return [action["title"] for action in call.data["data"]["actions"]]


async def test_an_administrator_is_asked_and_answers(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    turned_off = obedient(porch, "light", "turn_off", "off")
    device, calls = phone(porch, hass_admin_user, "Ada Phone")
    entry = await set_up(phones=[device])
    (asked,) = calls
    assert asked.data["title"] == "Porch light is still on"
    assert asked.data["message"].endswith("Nobody seems to be at home (almost certain)")
    assert titles(asked) == ["Turn it off", "Not now", "Never"]
    assert asked.data["data"]["tag"] == TAG
    assert "push" not in asked.data["data"]
    await tap(porch, "accept", hass_admin_user)
    assert [call.context.user_id for call in turned_off] == [hass_admin_user.id]
    assert [(a.answer, a.by) for a in coordinator_of(entry).feedback.ledger.answers] == [
        (Answer.ACCEPTED, hass_admin_user.id)
    ]
    assert sent(calls)[1:] == ["clear_notification"]
    assert calls[1].data["data"]["tag"] == TAG


async def test_a_member_answers_for_all(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    ben = member(porch, entities=True)
    (ada_device, ada), (ben_device, bens) = phone(porch, hass_admin_user, "Ada"), phone(porch, ben, "Ben")
    entry = await set_up(phones=[ada_device, ben_device])
    assert titles(bens[0]) == ["Turn it off", "Not now"]
    await tap(porch, "not_now", ben)
    assert [(a.answer, a.by) for a in coordinator_of(entry).feedback.ledger.answers] == [(Answer.REJECTED, ben.id)]
    assert sent(ada)[1:] == sent(bens)[1:] == ["clear_notification"]
    # the other had it open still
    await tap(porch, "accept", hass_admin_user)
    assert sent(ada)[2:] == ["This hunch is no longer open: it was answered, settled by itself, or became moot."]
    assert len(sent(bens)) == 2


async def test_whoever_may_not_answer_is_not_asked_and_not_heeded(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    turned_off = obedient(porch, "light", "turn_off", "off")
    guest = member(porch, entities={"entity_ids": {"light.porch": {"read": True}}})
    device, calls = phone(porch, guest, "Guest")
    entry = await set_up(phones=[device])
    assert not calls
    for answer in ("accept", "not_now", "never"):
        await tap(porch, answer, guest)
    assert sent(calls) == ["You may not answer this. Nothing was done."] * 3
    assert not turned_off
    assert coordinator_of(entry).question(KEY) is not None


async def test_never_takes_an_administrator(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    ben = member(porch, entities=True)
    entry = await set_up()
    await tap(porch, "never", ben)
    assert coordinator_of(entry).question(KEY) is not None
    await tap(porch, "never", hass_admin_user)  # from a phone that is chosen no longer
    assert [rule.by for rule in coordinator_of(entry).feedback.ledger.rules] == [hass_admin_user.id]


async def test_withdrawn_when_it_becomes_moot(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, hass_admin_user: MockUser
) -> None:
    device, calls = phone(porch, hass_admin_user, "Ada")
    await set_up(phones=[device])
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 3)
    assert sent(calls)[1:] == ["clear_notification"]


async def test_withdrawn_when_it_is_erased(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    device, calls = phone(porch, hass_admin_user, "Ada")
    await set_up(phones=[device])
    script.suspects = []
    await porch.services.async_call(DOMAIN, "erase", {"all": True}, blocking=True)
    await settled(porch)
    assert sent(calls)[1:] == ["clear_notification"]


async def test_withdrawn_when_it_is_answered_elsewhere_and_with_the_integration(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    put(porch, "switch.kettle", "on", "Kettle")
    script.suspects = [PORCH, "switch.kettle"]
    device, calls = phone(porch, hass_admin_user, "Ada")
    entry = await set_up(phones=[device])
    assert len(calls) == 2
    await porch.services.async_call(DOMAIN, "reject", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    assert [call.data["data"]["tag"] for call in calls[2:]] == [TAG]
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert len(calls) == 3, "nothing is asked again after a restart"
    await porch.config_entries.async_remove(entry.entry_id)
    await settled(porch)
    assert [call.data["data"]["tag"] for call in calls[3:]] == ["hunches-still_on:switch.kettle"]


async def test_withdrawn_from_a_phone_that_is_no_longer_chosen(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    ben = member(porch, entities=True)
    (ada_device, ada), (ben_device, bens) = phone(porch, hass_admin_user, "Ada"), phone(porch, ben, "Ben")
    entry = await set_up(phones=[ada_device, ben_device])
    porch.config_entries.async_update_entry(entry, options={**entry.options, "phones": [ada_device]})
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert sent(bens)[1:] == ["clear_notification"]
    assert len(sent(ada)) == 1


async def test_nobody_is_woken(porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser) -> None:
    script.p_away, script.p_asleep = 0.05, 0.9
    device, calls = phone(porch, hass_admin_user, "Ada")
    await set_up(phones=[device])
    data = calls[0].data["data"]
    assert (data["importance"], data["push"]) == ("low", {"interruption-level": "passive"})
    assert data["channel"] != "Hunches"


async def test_what_could_not_be_done_is_said_to_whoever_asked_for_it(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("no answer")

    porch.services.async_register("light", "turn_off", refuse)
    ben = member(porch, entities=True)
    (ada_device, ada), (ben_device, bens) = phone(porch, hass_admin_user, "Ada"), phone(porch, ben, "Ben")
    await set_up(phones=[ada_device, ben_device])
    await tap(porch, "accept", ben)
    assert sent(bens)[1:] == ["Porch light could not be switched: no answer. The hunch stays open."]
    assert len(ada) == 1


async def test_phones_that_are_gone_or_off_stop_nobody(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    off, _ = phone(porch, hass_admin_user, "Off")

    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError("not connected")

    porch.services.async_register("notify", "mobile_app_off", refuse)
    device, calls = phone(porch, hass_admin_user, "Ada")
    other = MockConfigEntry(domain="test")
    other.add_to_hass(porch)
    lamp = dr.async_get(porch).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "1")})
    await set_up(phones=["gone", lamp.id, off, device])
    assert len(calls) == 1


async def test_two_peoples_phones_of_one_name(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada, calls = phone(porch, hass_admin_user, "Phone")
    _, others = phone(porch, member(porch), "Phone")
    entry = await set_up(phones=[ada])
    assert not calls  # it might have come to the other
    assert not others
    assert caplog.text.count('Phones of two people are called "Phone"') == 1
    flow = await porch.config_entries.options.async_init(entry.entry_id)
    telling = {"repairs": True, "phones": [ada]}
    result = await porch.config_entries.options.async_configure(flow["flow_id"], {"telling": telling})
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "phones_alike"})
    flow = await entry.start_reconfigure_flow(porch)
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], telling)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "phones_alike"})
    result = await porch.config_entries.flow.async_configure(flow["flow_id"], {"repairs": True})
    assert result["type"] is FlowResultType.ABORT
    await settled(porch)


async def test_one_persons_phones_of_one_name(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    other, _ = phone(porch, hass_admin_user, "Phone")
    device, calls = phone(porch, hass_admin_user, "PHONE")  # another device, the same action
    await set_up(phones=[other, device])
    assert len(calls) == 1


@pytest.mark.parametrize("action", ["hunches", "hunches|accept", "hunches|burn|x", "other|accept|x", ""])
async def test_taps_that_are_not_ours(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser, action: str
) -> None:
    entry = await set_up()
    porch.bus.async_fire(
        "mobile_app_notification_action", {"action": action}, context=Context(user_id=hass_admin_user.id)
    )
    porch.bus.async_fire("mobile_app_notification_action", {})
    await settled(porch)
    assert coordinator_of(entry).question(KEY) is not None
