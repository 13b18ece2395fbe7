"""The actions: what they answer, and who may use them."""

from __future__ import annotations

from typing import Any

import pytest
import voluptuous as vol
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import PORCH, Script, SetUp, coordinator_of, obedient, put, settled

KEY = f"still_on:{PORCH}"


async def act(hass: HomeAssistant, service: str, context: Context | None = None, **data: object) -> Any:
    response = await hass.services.async_call(
        DOMAIN, service, data, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return response


@pytest.fixture
def guest(script: Script, hass: HomeAssistant) -> Context:
    """Return the context of somebody who may control covers, and nothing else."""
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"cover": True}}})
    return Context(user_id=user.id)


async def test_scan(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    script.suspects = [PORCH, "cover.blind"]
    script.p_accept = 0.3
    put(porch, "cover.blind", "open")
    response = await act(porch, "scan", devices=True)
    assert [hunch["hunch"] for hunch in response["hunches"]] == [KEY]
    assert [(hunch["entity_id"], hunch["why"]) for hunch in response["declined"]] == [("cover.blind", "unlikely")]
    assert response["context"]["p_away"] == 0.97
    assert [d["entity_id"] for d in response["devices"]] == ["cover.blind", "light.porch", "lock.front_door"]
    assert response["timing"]["rows"] >= 0
    assert "devices" not in await act(porch, "scan")


@pytest.mark.parametrize("which", [{"entity_id": PORCH}, {"hunch": KEY}])
async def test_accept(porch: HomeAssistant, script: Script, set_up: SetUp, which: dict[str, str]) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    await set_up()
    assert await act(porch, "accept", **which) == {
        "hunch": KEY,
        "entity_id": PORCH,
        "entities": [PORCH],
        "answer": "accepted",
    }
    assert len(calls) == 1
    assert ir.async_get(porch).async_get_issue(DOMAIN, KEY) is None


@pytest.mark.parametrize(("never", "answer"), [(False, Answer.REJECTED), (True, Answer.NEVER)])
async def test_reject(porch: HomeAssistant, script: Script, set_up: SetUp, never: bool, answer: Answer) -> None:
    entry = await set_up()
    response = await act(porch, "reject", entity_id=PORCH, never=never)
    assert response["answer"] == answer
    assert [a.answer for a in coordinator_of(entry).feedback.ledger.answers] == [answer]
    assert ir.async_get(porch).async_get_issue(DOMAIN, KEY) is None


@pytest.mark.parametrize("service", ["accept", "reject"])
async def test_permission_is_the_callers(
    porch: HomeAssistant, script: Script, set_up: SetUp, guest: Context, service: str
) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    with pytest.raises(Unauthorized):
        await act(porch, service, guest, entity_id=PORCH)
    with pytest.raises(UnknownUser):
        await act(porch, service, Context(user_id="nobody"), entity_id=PORCH)
    assert not calls
    assert len(coordinator_of(entry).feedback.ledger.open) == 1


async def test_members_of_the_household_answer_too(
    porch: HomeAssistant, script: Script, set_up: SetUp, guest: Context
) -> None:
    calls = obedient(porch, "cover", "close_cover", "closed")
    put(porch, "cover.blind", "open")
    script.suspects = ["cover.blind", PORCH]
    await set_up()
    response = await act(porch, "scan", guest, devices=True)
    assert [hunch["entity_id"] for hunch in response["hunches"]] == ["cover.blind"]
    assert [device["entity_id"] for device in response["devices"]] == ["cover.blind"]
    assert (await act(porch, "accept", guest, entity_id="cover.blind"))["answer"] == "accepted"
    assert [call.context.user_id for call in calls] == [guest.user_id]


@pytest.mark.parametrize("service", ["accept", "reject"])
async def test_no_such_hunch(porch: HomeAssistant, script: Script, set_up: SetUp, service: str) -> None:
    await set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await act(porch, service, entity_id="lock.front_door")
    assert caught.value.translation_key == "gone"
    for wrong in ({}, {"entity_id": PORCH, "hunch": KEY}, {"entity_id": "porch"}):
        with pytest.raises(vol.Invalid):
            await act(porch, service, **wrong)


async def test_failure_of_a_device_is_told(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    porch.states.async_set(PORCH, "unavailable", {"friendly_name": "Porch light"})
    with pytest.raises(HomeAssistantError) as caught:
        await act(porch, "accept", entity_id=PORCH)
    assert not isinstance(caught.value, ServiceValidationError)
    assert str(caught.value).startswith("Porch light cannot be reached at the moment.")


async def test_not_loaded_and_not_ready(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    coordinator_of(entry).mind = None
    with pytest.raises(ServiceValidationError) as caught:
        await act(porch, "scan")
    assert caught.value.translation_key == "not_ready"
    assert await porch.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await act(porch, "scan")
    assert caught.value.translation_key == "not_loaded"
