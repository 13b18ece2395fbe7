"""Hunches asked aloud: when and where, what an answer does, and what no voice may do."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.policy import Answer

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled

KITCHEN = "assist_satellite.kitchen"
KEY = f"still_on:{PORCH}"


@dataclass
class Room:
    """People who hear questions: what they are asked, and what they say, one after the other."""

    says: str | list[str | None] | None = "yes"
    asked: list[dict[str, Any]] = field(default_factory=list)
    told: list[ServiceCall] = field(default_factory=list)
    error: Exception | None = None
    hears: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
def room(porch: HomeAssistant, script: Script) -> Room:
    """Let somebody be up and at home beside a satellite."""
    script.p_away, script.p_asleep = 0.05, 0.05
    put(porch, KITCHEN, "idle")
    room = Room(told=async_mock_service(porch, "assist_satellite", "announce"))
    room.hears.set()

    async def ask(call: ServiceCall) -> dict[str, Any]:
        room.asked.append(dict(call.data))
        await room.hears.wait()
        if room.error is not None:
            raise room.error
        answer = room.says.pop(0) if isinstance(room.says, list) else room.says
        return {"id": answer, "sentence": "", "slots": {}}

    porch.services.async_register("assist_satellite", "ask_question", ask, supports_response=SupportsResponse.ONLY)
    return room


def answers(entry: MockConfigEntry) -> list[tuple[Answer, str | None]]:
    return [(given.answer, given.by) for given in coordinator_of(entry).feedback.ledger.answers]


async def test_a_spoken_yes(porch: HomeAssistant, script: Script, set_up: SetUp, room: Room) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up(satellites=[KITCHEN])
    (asked,) = room.asked
    assert (asked["entity_id"], asked["question"]) == (KITCHEN, "Porch light is still on. Turn it off?")
    for answer in asked["answers"]:
        # Assist refuses punctuation, and takes brackets for alternatives
        assert all(re.fullmatch(r"[\w ]+", sentence) for sentence in answer["sentences"])
    assert [answer["id"] for answer in asked["answers"]] == ["yes", "no", "not_now"]
    assert len(calls) == 1
    assert answers(entry) == [(Answer.ACCEPTED, None)]
    assert [call.data["message"] for call in room.told] == ["Done."]


@pytest.mark.parametrize("says", ["no", "not_now"])
async def test_a_spoken_no(porch: HomeAssistant, script: Script, set_up: SetUp, room: Room, says: str) -> None:
    room.says = says
    entry = await set_up(satellites=[KITCHEN])
    assert answers(entry) == [(Answer.REJECTED, None)]
    assert porch.states.get(PORCH).state == "on"


@pytest.mark.parametrize(("says", "error"), [(None, None), ("perhaps", None), ("yes", HomeAssistantError("busy"))])
async def test_what_is_not_understood_is_no_answer_and_not_asked_again(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    room: Room,
    says: str | None,
    error: Exception | None,
) -> None:
    room.says, room.error = says, error
    entry = await set_up(satellites=[KITCHEN])
    await later(porch, freezer, 61)
    assert answers(entry) == []
    assert coordinator_of(entry).question(KEY) is not None
    assert len(room.asked) == 1
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert len(room.asked) == 1


async def test_nobody_answers_in_time(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.hunches.voice.ANSWER_SECONDS", 0.01)
    room.hears.clear()
    entry = await set_up(satellites=[KITCHEN])
    assert (len(room.asked), answers(entry)) == (1, [])


@pytest.mark.parametrize(("p_away", "p_asleep"), [(0.97, 0.01), (0.1, 0.8), (0.3, 0.3)])
async def test_asked_only_while_somebody_is_up_and_at_home(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    room: Room,
    p_away: float,
    p_asleep: float,
) -> None:
    script.p_away, script.p_asleep = p_away, p_asleep
    room.says = None
    await set_up(satellites=[KITCHEN])
    assert not room.asked
    script.p_away = script.p_asleep = 0.1
    await later(porch, freezer, 61)
    assert len(room.asked) == 1


async def test_silent_in_the_quiet_hours(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, room: Room
) -> None:
    script.p_away = 0.95
    now = dt_util.now()
    quiet = [(now + timedelta(minutes=m)).strftime("%H:%M:%S") for m in (10, 40)]
    entry = await set_up(satellites=[KITCHEN], quiet_start=quiet[0], quiet_end=quiet[1])
    assert coordinator_of(entry).question(KEY) is not None
    freezer.tick(900)
    script.p_away = 0.05  # somebody comes home within the quiet hours
    await later(porch, freezer, 61)
    assert not room.asked
    freezer.tick(1500)
    await later(porch, freezer, 61)
    assert len(room.asked) == 1


async def test_the_satellite_in_the_room_asks_else_one_that_is_idle(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, room: Room
) -> None:
    registry, hall = er.async_get(porch), ar.async_get(porch).async_create("Hall")
    near = {}
    for platform, state in (("light", "on"), ("assist_satellite", "idle")):
        entry = registry.async_get_or_create(platform, "test", "near", suggested_object_id="near")
        registry.async_update_entity(entry.entity_id, area_id=hall.id)
        near[platform] = entry.entity_id
        put(porch, entry.entity_id, state, "Near")
    script.suspects = [near["light"], PORCH]
    room.says = None
    await set_up(satellites=[KITCHEN, near["assist_satellite"]])
    assert {asked["question"].partition(" ")[0]: asked["entity_id"] for asked in room.asked} == {
        "Near": near["assist_satellite"],
        "Porch": KITCHEN,
    }


async def test_a_busy_satellite_is_waited_for(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, room: Room
) -> None:
    porch.states.async_set(KITCHEN, "responding")
    await set_up(satellites=[KITCHEN])
    assert not room.asked
    porch.states.async_set(KITCHEN, "idle")
    await later(porch, freezer, 61)
    assert len(room.asked) == 1


@pytest.mark.parametrize("entity_id", [DOOR, "cover.gate", "valve.garden"])
async def test_nothing_risky_on_a_voice_alone(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room, entity_id: str
) -> None:
    script.suspects = [entity_id]
    put(porch, entity_id, "unlocked" if entity_id == DOOR else "open", "Gate")
    entry = await set_up(satellites=[KITCHEN])
    (hunch,) = coordinator_of(entry).feedback.ledger.open
    assert not room.asked
    response = await ask(porch)
    assert response == {"answers": []}
    with pytest.raises(ServiceValidationError) as refused:
        await ask(porch, hunch=hunch.key)
    assert refused.value.translation_key == "not_by_voice"


async def test_answered_elsewhere_the_question_ends(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room
) -> None:
    room.hears.clear()
    entry = MockConfigEntry(domain=DOMAIN, options={"satellites": [KITCHEN]})
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if room.asked:
            break
    await porch.services.async_call(DOMAIN, "reject", {"entity_id": PORCH}, blocking=True)
    await settled(porch)
    assert (len(room.asked), answers(entry)) == (1, [(Answer.REJECTED, None)])
    assert not room.told


async def test_unloading_ends_the_question(porch: HomeAssistant, script: Script, set_up: SetUp, room: Room) -> None:
    room.hears.clear()
    entry = MockConfigEntry(domain=DOMAIN, options={"satellites": [KITCHEN]})
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if room.asked:
            break
    assert await porch.config_entries.async_unload(entry.entry_id)
    await settled(porch)
    assert not room.told


async def test_what_could_not_be_done_is_said(porch: HomeAssistant, script: Script, set_up: SetUp, room: Room) -> None:
    await set_up(satellites=[KITCHEN])  # there is no action that turns lights off
    (said,) = room.told
    assert said.data["message"].startswith("Porch light could not be switched: ")


async def ask(hass: HomeAssistant, context: Context | None = None, **data: Any) -> Any:
    response = await hass.services.async_call(
        DOMAIN, "ask", {"entity_id": KITCHEN, **data}, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return response


async def test_ask_goes_through_what_is_open_until_nobody_answers(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room
) -> None:
    script.p_away, script.p_asleep = 0.1, 0.9  # an automation may know better: "good night"
    put(porch, "switch.kettle", "on", "Kettle")
    put(porch, "fan.attic", "on", "Fan")
    script.suspects = [PORCH, "switch.kettle", "fan.attic"]
    entry = await set_up()
    room.says = ["no", None]
    response = await ask(porch)
    assert [answer["answer"] for answer in response["answers"]] == ["no", "no_answer"]
    assert len(answers(entry)) == 1
    assert len(coordinator_of(entry).feedback.ledger.open) == 2


async def test_ask_of_whoever_may(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room, hass_read_only_user: MockUser
) -> None:
    await set_up()
    with pytest.raises(Unauthorized):
        await ask(porch, Context(user_id=hass_read_only_user.id))
    for data, key in (
        ({"hunch": "still_on:light.gone"}, "gone"),
        ({"entity_id": "assist_satellite.x"}, "no_satellite"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await ask(porch, **data)
        assert refused.value.translation_key == key
    with pytest.raises(vol.Invalid):
        await ask(porch, entity_id="light.porch")
    assert not room.asked


async def test_asked_aloud_once_people_are_back_after_a_reload(
    porch: HomeAssistant, script: Script, set_up: SetUp, room: Room, freezer: FrozenDateTimeFactory
) -> None:
    obedient(porch, "light", "turn_off", "off")
    script.p_away = 0.97
    entry = await set_up(satellites=[KITCHEN])
    assert coordinator_of(entry).feedback.ledger.open
    assert room.asked == []
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    script.p_away = 0.05
    await later(porch, freezer, 61)
    assert len(room.asked) == 1
