"""Answers that come twice, at once or against each other; devices that leave; clocks that jump: all counts once."""

from __future__ import annotations

import asyncio
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled

HALL = "light.hall"


def answers(entry: MockConfigEntry) -> list[tuple[Answer, str | None]]:
    return [(given.answer, given.by) for given in coordinator_of(entry).feedback.ledger.answers]


async def at_once(hass: HomeAssistant, *calls: tuple[str, dict[str, Any], Context]) -> list[str]:
    """Call actions at the same time; return of each what became of it."""
    found = await asyncio.gather(
        *(
            hass.services.async_call(DOMAIN, service, data, blocking=True, context=context)
            for service, data, context in calls
        ),
        return_exceptions=True,
    )
    await settled(hass)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, ServiceValidationError):
            raise one
    return ["done" if one is None else str(getattr(one, "translation_key", one)) for one in found]


async def test_the_same_answer_twice_at_once(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    user = MockUser(is_owner=True).add_to_hass(porch)
    yes = ("accept", {"entity_id": PORCH}, Context(user_id=user.id))
    assert sorted(await at_once(porch, yes, yes, yes)) == ["done", "gone", "gone"]
    assert (len(calls), answers(entry)) == (1, [(Answer.ACCEPTED, user.id)])


async def test_two_people_disagree(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    ann, bob = (MockUser(name=name, is_owner=True).add_to_hass(porch) for name in ("Ann", "Bob"))
    found = await at_once(
        porch,
        ("reject", {"entity_id": PORCH, "never": True}, Context(user_id=ann.id)),
        ("accept", {"entity_id": PORCH, "always": True}, Context(user_id=bob.id)),
    )
    assert found == ["done", "gone"], "who comes first is heard, and the other is told"
    assert (calls, answers(entry)) == ([], [(Answer.NEVER, ann.id)])
    assert [(rule.verdict, rule.by) for rule in coordinator_of(entry).feedback.ledger.rules] == [("forbid", ann.id)]


async def test_a_device_leaves_with_an_open_hunch(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "hall", suggested_object_id="hall")
    put(porch, HALL, "on", "Hall light")
    script.suspects = [HALL]
    entry = await set_up()
    assert coordinator_of(entry).question(f"still_on:{HALL}") is not None
    registry.async_remove(HALL)
    porch.states.async_remove(HALL)
    await settled(porch)
    await later(porch, freezer, 61)
    await later(porch, freezer, 61)
    assert answers(entry) == [(Answer.WITHDRAWN, None)]
    for _ in range(27):
        await later(porch, freezer, 3600)
    ledger = coordinator_of(entry).feedback.ledger
    assert (ledger.open, ledger.implied) == ((), ()), "what is gone tells nothing"
    put(porch, HALL, "on", "Another hall light")
    await later(porch, freezer, 61)
    await later(porch, freezer, 3600)
    assert coordinator_of(entry).last_update_success


async def test_a_clock_that_jumps_judges_nothing_twice(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    await later(porch, freezer, 120)
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 61)
    for jump in (-86400, 2 * 86400, -86400 + 660, 61, 3 * 86400, -5 * 86400, 660):
        await later(porch, freezer, jump)
    ledger = coordinator_of(entry).feedback.ledger
    assert [given.answer for given in ledger.answers] == [Answer.SETTLED]
    assert len(ledger.implied) == 1
    assert len(script.heard[-1]) == 1
