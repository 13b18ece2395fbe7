"""What the home does by itself about a hunch becomes a lesson, later, once, and survives restarts."""

from __future__ import annotations

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .stored import stored

KEY = f"still_on:{PORCH}"


def implied(entry: MockConfigEntry) -> list[str]:
    return [one.outcome for one in coordinator_of(entry).feedback.ledger.implied]


def answers(entry: MockConfigEntry) -> list[Answer]:
    return [given.answer for given in coordinator_of(entry).feedback.ledger.answers]


def taught(script: Script) -> list[tuple[str, bool]]:
    """Return what the mind was told last."""
    return script.heard[-1] if script.heard else []


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settled(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)


async def test_done_by_hand_within_minutes_is_a_yes_once_it_has_stood(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 120)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 61)
    assert answers(entry) == [Answer.SETTLED]
    assert (implied(entry), taught(script)) == ([], [])
    await later(porch, freezer, 660)
    assert implied(entry) == ["prompt"]
    await later(porch, freezer, 61)
    assert taught(script) == [(KEY, True)]
    assert stored(porch)["minor_version"] == 5
    assert [one["outcome"] for one in stored(porch)["data"]["implied"]] == ["prompt"]
    await restart(porch, entry)
    await later(porch, freezer, 660)
    assert implied(entry) == ["prompt"], "not twice"
    assert taught(script) == [(KEY, True)]


async def test_it_is_judged_after_a_restart_from_what_the_recorder_knows(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 120)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 61)
    await restart(porch, entry)
    await later(porch, freezer, 660)
    await later(porch, freezer, 61)
    assert (implied(entry), taught(script)) == (["prompt"], [(KEY, True)])


async def test_when_somebody_is_back_it_is_seen_what_they_do(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    script.suspects.clear()
    for _ in range(17):
        await later(porch, freezer, 61)
    assert answers(entry) == [Answer.WITHDRAWN]
    await later(porch, freezer, 3600)
    put(porch, "person.ada", "home", "Ada", ago=0.0)
    await later(porch, freezer, 120)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 300)
    assert implied(entry) == []
    await later(porch, freezer, 660)
    assert implied(entry) == ["done"]


async def test_what_an_automation_does_was_not_needed(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 120)
    context = Context()
    porch.bus.async_fire("automation_triggered", {"entity_id": "automation.x", "name": "x"}, context=context)
    porch.states.async_set(PORCH, "off", context=context)
    await later(porch, freezer, 61)
    for _ in range(25):
        await later(porch, freezer, 3600)
    assert implied(entry) == ["anyway"]
    await later(porch, freezer, 61)
    assert taught(script) == [(KEY, False)]


async def test_what_was_accepted_is_an_answer_and_nothing_else(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    await porch.services.async_call(DOMAIN, "accept", {"entity_id": PORCH}, blocking=True)
    for _ in range(26):
        await later(porch, freezer, 3600)
    assert (answers(entry), implied(entry)) == ([Answer.ACCEPTED], [])
    assert taught(script) == [(KEY, True)]


async def test_a_renamed_device_takes_it_along(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 120)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 61)
    await later(porch, freezer, 660)
    await coordinator_of(entry).feedback.async_rename(PORCH, "light.veranda")
    assert [one.hunch.entity_id for one in coordinator_of(entry).feedback.ledger.implied] == ["light.veranda"]
