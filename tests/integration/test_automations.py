"""The triggers and conditions, used as people use them: in automations."""

from __future__ import annotations

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import condition, trigger
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.hunches.const import DOMAIN

from .conftest import PORCH, Script, SetUp, coordinator_of, later, put, settled


async def automate(
    hass: HomeAssistant, triggers: list[dict[str, Any]], conditions: list[dict[str, Any]] | None = None
) -> list[ServiceCall]:
    """Let an automation call an action; return its calls."""
    calls = async_mock_service(hass, "test", "told")
    data = {"why": "{{ trigger.platform }}", "entity": "{{ trigger.entity_id | default('') }}"}
    automation = {
        "triggers": triggers,
        "conditions": conditions or [],
        "actions": [{"action": "test.told", "data": data}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await settled(hass)
    assert hass.states.async_entity_ids("automation") != []
    assert hass.states.get(hass.states.async_entity_ids("automation")[0]).state == "on", "the automation is not valid"
    return calls


@pytest.mark.parametrize(
    ("kind", "count"), [(None, 1), ("still_on", 1), (["still_open", "still_on"], 1), ("still_open", 0)]
)
async def test_a_hunch_is_raised(
    porch: HomeAssistant, script: Script, set_up: SetUp, kind: str | list[str] | None, count: int
) -> None:
    options = {} if kind is None else {"kind": kind}
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.hunch_raised", "options": options}])
    await set_up()
    assert [call.data["entity"] for call in calls] == [PORCH] * count


async def test_a_hunch_is_answered(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    put(porch, "switch.kettle", "on", "Kettle")
    script.suspects = [PORCH, "switch.kettle"]
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.hunch_answered", "options": {"answer": "never"}}])
    await set_up()
    await porch.services.async_call(DOMAIN, "reject", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    assert not calls
    await porch.services.async_call(DOMAIN, "reject", {"entity_id": "switch.kettle", "never": True}, blocking=True)
    await settled(porch)
    assert [call.data["entity"] for call in calls] == ["switch.kettle"]


async def test_the_home_changes(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    names = ("home_asleep", "home_awake", "home_away", "home_back")
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.{name}"} for name in names])
    await set_up()
    assert not calls, "what is known for the first time is no change"
    for p_away, p_asleep in ((0.1, 0.1), (0.1, 0.1), (0.1, 0.9), (0.1, 0.2), (0.9, 0.1)):
        script.p_away, script.p_asleep = p_away, p_asleep
        await later(porch, freezer, 61)
    assert [call.data["why"].partition(".")[2] for call in calls] == [
        "home_back",
        "home_asleep",
        "home_awake",
        "home_away",
    ]


async def test_the_home_has_been_so_for_a_while(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.p_away = 0.1
    calls = await automate(porch, [{"trigger": f"{DOMAIN}.home_away", "options": {"for": {"minutes": 5}}}])
    await set_up()
    for p_away in (0.9, 0.9, 0.1):
        script.p_away = p_away
        await later(porch, freezer, 61)
    await later(porch, freezer, 400)
    assert not calls
    script.p_away = 0.9
    for _ in range(6):
        await later(porch, freezer, 61)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("name", "options", "holds"),
    [
        ("home_away", {}, True),
        ("home_asleep", {}, False),
        ("home_dark", {}, True),
        ("hunch_open", {}, True),
        ("hunch_open", {"kind": "still_on"}, True),
        ("hunch_open", {"kind": ["still_open"]}, False),
    ],
)
async def test_conditions(
    porch: HomeAssistant, script: Script, set_up: SetUp, name: str, options: dict[str, Any], holds: bool
) -> None:
    wanted = [{"condition": f"{DOMAIN}.{name}", **({"options": options} if options else {})}]
    calls = await automate(porch, [{"trigger": "event", "event_type": "ask"}], wanted)
    porch.bus.async_fire("ask")
    await settled(porch)
    assert not calls, "nothing holds before anything is known"
    entry = await set_up()
    porch.bus.async_fire("ask")
    await settled(porch)
    assert bool(calls) is holds
    calls.clear()
    assert coordinator_of(entry).data.open
    assert await porch.config_entries.async_unload(entry.entry_id)
    porch.bus.async_fire("ask")
    await settled(porch)
    assert not calls


async def test_triggers_and_conditions_are_described(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await automate(
        porch,
        [{"trigger": f"{DOMAIN}.hunch_raised"}],
        [{"condition": f"{DOMAIN}.home_dark"}],
    )
    triggers = await trigger.async_get_all_descriptions(porch)
    assert {key for key in triggers if key.startswith(DOMAIN)} == {
        f"{DOMAIN}.{name}"
        for name in ("hunch_raised", "hunch_answered", "home_asleep", "home_awake", "home_away", "home_back")
    }
    conditions = await condition.async_get_all_descriptions(porch)
    assert {key for key in conditions if key.startswith(DOMAIN)} == {
        f"{DOMAIN}.{name}" for name in ("home_asleep", "home_away", "home_dark", "hunch_open")
    }
