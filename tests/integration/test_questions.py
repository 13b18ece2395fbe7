"""What is asked as one: one issue, one message, one voice; one answer for all of it, and one undo."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_load_integrations
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.hunches.const import DOMAIN, EVENT_ANSWERED, EVENT_RAISED
from custom_components.hunches.coordinator import HunchesCoordinator
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import Answer, Outcome, Verdict
from custom_components.hunches.feedback import lessons

from .conftest import AGO, PORCH, Script, SetUp, coordinator_of, later, put, settled
from .test_actions import PROOF
from .test_phones import member, phone, sent, tap, titles
from .test_repairs import choose, open_flow
from .test_voice import KITCHEN, Room, room  # noqa: F401
from .test_websocket import EVERYTHING, Connect, ask, connect, watch  # noqa: F401

LAMPS = tuple(f"light.ceiling_{n}" for n in range(1, 4))
KEY = f"still_on:{LAMPS[0]}"
SENSOR = "sensor.hunches_open_hunches"


@pytest.fixture
def lamps(porch: HomeAssistant, script: Script) -> tuple[str, ...]:
    """Let three lamps of the living room have been switched on at once, and do as they are told."""
    return light(porch, script, 3)


def light(hass: HomeAssistant, script: Script, count: int, apart: float = 0.0) -> tuple[str, ...]:
    """Let the living room have so many lamps, switched on so many seconds apart; nothing else is asked about."""
    registry = er.async_get(hass)
    area = ar.async_get(hass).async_get_or_create("Living room")
    found = []
    for n in range(1, count + 1):
        entry = registry.async_get_or_create("light", "test", f"c{n}", suggested_object_id=f"ceiling_{n}")
        registry.async_update_entity(entry.entity_id, area_id=area.id)
        put(hass, entry.entity_id, "on", f"Ceiling {n}", ago=AGO - apart * n)
        found.append(entry.entity_id)
    script.suspects = list(found)
    for service, state in (("turn_off", "off"), ("turn_on", "on")):
        obey(hass, service, state)
    return tuple(found)


def obey(hass: HomeAssistant, service: str, becomes: str, refuse: Iterable[str] = ()) -> list[ServiceCall]:
    """Let lamps do as told, but for some that refuse; return the calls."""
    calls: list[ServiceCall] = []

    async def obeyed(call: ServiceCall) -> None:
        calls.append(call)
        entity_id = call.data["entity_id"]
        entity_id = entity_id[0] if isinstance(entity_id, list) else entity_id
        if entity_id in refuse:
            raise HomeAssistantError("no answer")
        hass.states.async_set(entity_id, becomes, hass.states.get(entity_id).attributes, context=call.context)

    hass.services.async_register("light", service, obeyed)
    return calls


def issues(hass: HomeAssistant) -> dict[str, tuple[str, str]]:
    """Return how each issue is called: its texts, and the names in them."""
    return {
        key: (str(issue.translation_key), (issue.translation_placeholders or {})["name"])
        for (domain, key), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    }


async def act(hass: HomeAssistant, service: str, context: Context | None = None, **data: object) -> Any:
    response = await hass.services.async_call(
        DOMAIN, service, data, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return response


def answers(entry: MockConfigEntry) -> list[tuple[str, Answer]]:
    given = coordinator_of(entry).feedback.ledger.answers
    return [(one.hunch.entity_id, one.answer) for one in given]


def states(hass: HomeAssistant) -> list[str]:
    return [hass.states.get(key).state for key in LAMPS]


# --- Repairs


async def test_one_issue_names_all(porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert issues(porch) == {KEY: ("still_on_several", "Ceiling 1, Ceiling 2 and Ceiling 3")}
    state = porch.states.get(SENSOR)
    assert (state.state, state.attributes["entities"]) == ("1", list(LAMPS))
    assert state.attributes["questions"] == [list(LAMPS)]
    ledger = coordinator_of(entry).feedback.ledger
    assert len(ledger.open) == 3
    assert len(ledger.raised) == 1, "one of the day's questions"


async def test_many_are_counted(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    light(porch, script, 5)
    await set_up()
    assert issues(porch)[KEY][1] == "Ceiling 1, Ceiling 2, Ceiling 3 and 2 more"


async def test_the_list_is_in_the_homes_language(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    porch.config.language = "de"
    await async_load_integrations(porch, {DOMAIN})
    await set_up()
    assert issues(porch)[KEY][1] == "Ceiling 1, Ceiling 2 und Ceiling 3"
    flow = await open_flow(porch, KEY)
    assert flow["description_placeholders"]["escaped_name"] == "Ceiling 1, Ceiling 2 und Ceiling 3"


async def test_what_joins_later_is_in_the_same_issue_and_what_goes_leaves_it(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = list(LAMPS[1:])
    await set_up()
    second = f"still_on:{LAMPS[1]}"
    assert issues(porch) == {second: ("still_on_several", "Ceiling 2 and Ceiling 3")}
    script.suspects = list(LAMPS)
    await later(porch, freezer, 61)
    assert issues(porch) == {second: ("still_on_several", "Ceiling 2, Ceiling 3 and Ceiling 1")}
    porch.states.async_set(LAMPS[1], "off", {"friendly_name": "Ceiling 2"})
    await later(porch, freezer, 3)
    assert issues(porch) == {f"still_on:{LAMPS[2]}": ("still_on_several", "Ceiling 3 and Ceiling 1")}
    porch.states.async_set(LAMPS[2], "off", {"friendly_name": "Ceiling 3"})
    await later(porch, freezer, 3)
    assert issues(porch) == {KEY: ("still_on", "Ceiling 1")}


async def test_the_flow_shows_what_each_rests_on_and_answers_for_all(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    put(porch, LAMPS[1], "on", "Ceiling *2*")
    entry = await set_up()
    flow = await open_flow(porch, KEY)
    assert flow["menu_options"] == ["accept", "always", "not_now", "never", "why"]
    told = flow["description_placeholders"]["evidence"]
    assert [line for line in told.splitlines() if line.startswith("**")] == [
        "**Ceiling 1**",
        r"**Ceiling \*2\***",
        "**Ceiling 3**",
    ]
    assert told.count("that is 30 min") == 3
    why = await choose(porch, flow, "why")
    assert why["description_placeholders"]["evidence"].count("it would not have been asked") == 3
    done = await choose(porch, why, "accept")
    assert (done["type"], done["description"]) == (FlowResultType.CREATE_ENTRY, "accepted")
    assert done["description_placeholders"]["escaped_name"] == r"Ceiling 1, Ceiling \*2\* and Ceiling 3"
    assert states(porch) == ["off"] * 3
    assert answers(entry) == [(key, Answer.ACCEPTED) for key in LAMPS]
    assert issues(porch) == {}


async def test_a_flow_answers_for_what_it_showed(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = list(LAMPS[:2])
    entry = await set_up()
    flow = await open_flow(porch, KEY)
    script.suspects = list(LAMPS)
    await later(porch, freezer, 61)
    assert len(coordinator_of(entry).questions[0].hunches) == 3
    await choose(porch, flow, "accept")
    assert states(porch) == ["off", "off", "on"]
    assert issues(porch) == {f"still_on:{LAMPS[2]}": ("still_on", "Ceiling 3")}


# --- answers


@pytest.mark.parametrize("named", [{"entity_id": LAMPS[2]}, {"hunch": f"still_on:{LAMPS[1]}"}, {"hunch": KEY}])
async def test_any_of_them_answers_for_all(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, named: dict[str, str]
) -> None:
    entry = await set_up()
    response = await act(porch, "accept", **named)
    assert response["entities"] == list(LAMPS)
    assert named.items() <= response.items()
    ledger = coordinator_of(entry).feedback.ledger
    assert [record.hunch.entity_id for record in ledger.records] == list(LAMPS)
    assert {record.outcome for record in ledger.records} == {Outcome.DONE}
    assert len({given.time for given in ledger.answers}) == 1
    assert sum(one.weight for one in lessons(ledger)) == pytest.approx(1.0), "one answer"


@pytest.mark.parametrize(("never", "answer"), [(False, Answer.REJECTED), (True, Answer.NEVER)])
async def test_a_no_holds_for_each(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    never: bool,
    answer: Answer,
) -> None:
    entry = await set_up()
    await act(porch, "reject", entity_id=LAMPS[1], never=never)
    assert answers(entry) == [(key, answer) for key in LAMPS]
    rules = coordinator_of(entry).feedback.ledger.rules
    assert [(rule.verdict, rule.entity_id) for rule in rules] == [
        (Verdict.FORBID, key) for key in (LAMPS if never else ())
    ]
    await later(porch, freezer, 61)
    assert issues(porch) == {}


async def test_what_fails_stays_open_and_is_named(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    obey(porch, "turn_off", "off", refuse=[LAMPS[0]])
    entry = await set_up()
    with pytest.raises(HomeAssistantError) as refused:
        await act(porch, "accept", hunch=KEY)
    await settled(porch)
    assert str(refused.value) == "This did not work, and stays open: Ceiling 1 (no answer). The rest is done"
    assert answers(entry) == [(key, Answer.ACCEPTED) for key in LAMPS[1:]]
    assert issues(porch) == {KEY: ("still_on", "Ceiling 1")}
    obey(porch, "turn_off", "off")
    await act(porch, "accept", hunch=KEY)
    assert states(porch) == ["off"] * 3


async def test_where_nothing_works_nothing_is_answered(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    obey(porch, "turn_off", "off", refuse=LAMPS[:2])
    porch.states.async_set(LAMPS[2], "unavailable")
    entry = await set_up()
    script.suspects = []
    flow = await open_flow(porch, KEY)
    result = await choose(porch, flow, "accept")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "none_done")
    assert result["description_placeholders"]["name"] == r"Ceiling 1 \(no answer\) and Ceiling 2 \(no answer\)"
    assert answers(entry) == []


async def test_somebody_answers_for_what_is_theirs(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    guest = member(porch, entities={"entity_ids": {LAMPS[1]: True, LAMPS[2]: True}})
    entry = await set_up()
    response = await act(porch, "accept", Context(user_id=guest.id), hunch=KEY)
    assert response["entities"] == list(LAMPS[1:])
    assert states(porch) == ["on", "off", "off"]
    records = coordinator_of(entry).feedback.ledger.records
    assert [(r.hunch.entity_id, r.by) for r in records] == [(key, guest.id) for key in LAMPS[1:]]
    assert issues(porch) == {KEY: ("still_on", "Ceiling 1")}


async def test_always_needs_a_past_of_each_and_names_the_one_without(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    with patch.object(HunchesCoordinator, "proven", lambda self, key, kind=None: None if key == LAMPS[1] else PROOF):
        with pytest.raises(ServiceValidationError, match="Ceiling 2") as refused:
            await act(porch, "accept", hunch=KEY, always=True)
        assert refused.value.translation_key == "not_proven"
        assert states(porch) == ["on"] * 3
        flow = await choose(porch, await open_flow(porch, KEY), "always")
        assert (flow["reason"], flow["description_placeholders"]["name"]) == ("not_proven", "Ceiling 2")
    with patch.object(HunchesCoordinator, "proven", lambda self, key, kind=None: PROOF):
        flow = await choose(porch, await open_flow(porch, KEY), "always")
        assert flow["description_placeholders"]["proof"].count("Looking back") == 3
        await act(porch, "accept", hunch=KEY, always=True)
    assert answers(entry) == [(key, Answer.ALWAYS) for key in LAMPS]
    assert [r.entity_id for r in coordinator_of(entry).feedback.ledger.rules] == list(LAMPS)


async def test_it_is_one_question_after_a_restart_and_before_anything_is_learned(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    learning = asyncio.Event()
    with patch.object(HunchesCoordinator, "async_learn", lambda self: learning.set()):
        assert await porch.config_entries.async_setup(entry.entry_id)
        await settled(porch)
        assert learning.is_set()
        assert coordinator_of(entry).home is None
        assert porch.states.get(SENSOR).state == "1"
        await act(porch, "reject", entity_id=LAMPS[2])
    assert answers(entry) == [(key, Answer.REJECTED) for key in LAMPS]


async def test_events_tell_of_each_and_of_the_question(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    raised, answered = (async_capture_events(porch, name) for name in (EVENT_RAISED, EVENT_ANSWERED))
    await set_up()
    assert [event.data["entity_id"] for event in raised] == list(LAMPS)
    assert {(event.data["question"], *event.data["entities"]) for event in raised} == {(KEY, *LAMPS)}
    assert [e.data["hunch"] for e in raised if e.data["hunch"] == e.data["question"]] == [KEY]
    await act(porch, "reject", hunch=KEY)
    assert [event.data["entity_id"] for event in answered] == list(LAMPS)
    assert {event.data["question"] for event in answered} == {KEY}


async def test_a_look_tells_what_is_asked_with_what(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    await set_up()
    hunches = (await act(porch, "scan"))["hunches"]
    assert [(one["entity_id"], one["question"]) for one in hunches] == [(key, KEY) for key in LAMPS]


# --- undo


async def test_one_undo_takes_back_all_of_one_answer(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp
) -> None:
    entry = await set_up()
    await act(porch, "accept", hunch=KEY)
    response = await act(porch, "undo")
    assert states(porch) == ["on"] * 3
    assert sorted(one["entity_id"] for one in response["actions"]) == list(LAMPS)
    assert all(one["exactly"] for one in response["actions"])
    assert response["entity_id"] == LAMPS[2], "the last of them"
    undone = [key for key, answer in answers(entry) if answer is Answer.UNDONE]
    assert sorted(undone) == list(LAMPS)
    with pytest.raises(ServiceValidationError) as refused:
        await act(porch, "undo")
    assert refused.value.translation_key == "already_undone"


@pytest.mark.parametrize("by_id", [False, True])
async def test_one_that_is_named_is_taken_back_alone_then_the_rest(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, by_id: bool
) -> None:
    entry = await set_up()
    await act(porch, "accept", hunch=KEY)
    record = coordinator_of(entry).feedback.ledger.records[2]
    await act(porch, "undo", **({"action_id": record.id} if by_id else {"entity_id": LAMPS[2]}))
    assert states(porch) == ["off", "off", "on"]
    await act(porch, "undo")
    assert states(porch) == ["on"] * 3


async def test_what_somebody_changed_since_is_left_and_what_cannot_be_put_back_is_said(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await set_up()
    await act(porch, "accept", hunch=KEY)
    await later(porch, freezer, 3600)
    porch.states.async_set(LAMPS[0], "on", {"friendly_name": "Ceiling 1"})
    await settled(porch)
    obey(porch, "turn_on", "on", refuse=[LAMPS[1]])
    with pytest.raises(HomeAssistantError, match="Ceiling 2"):
        await act(porch, "undo")
    assert states(porch) == ["on", "off", "on"]


async def test_answers_of_two_people_are_undone_apart(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    guest = member(porch, entities={"entity_ids": {LAMPS[1]: True, LAMPS[2]: True}})
    await set_up()
    await act(porch, "accept", Context(user_id=guest.id), hunch=KEY)
    await act(porch, "accept", Context(user_id=hass_admin_user.id), hunch=KEY)
    assert states(porch) == ["off"] * 3
    await act(porch, "undo", Context(user_id=guest.id))
    assert states(porch) == ["off", "on", "on"]


# --- phones


async def test_a_phone_is_asked_once_and_its_answer_holds_for_all(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    device, calls = phone(porch, hass_admin_user, "Ada")
    await set_up(phones=[device])
    (asked,) = calls
    assert asked.data["title"] == "Ceiling 1, Ceiling 2 and Ceiling 3 are still on"
    assert titles(asked) == ["Turn them off", "Not now", "Never"]
    assert asked.data["data"]["tag"] == f"hunches-{KEY}"
    await tap(porch, "accept", hass_admin_user, KEY)
    assert states(porch) == ["off"] * 3
    assert sent(calls)[1:] == ["clear_notification"]


async def test_a_phone_is_renewed_without_a_sound(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    hass_admin_user: MockUser,
) -> None:
    script.suspects = list(LAMPS[:2])
    device, calls = phone(porch, hass_admin_user, "Ada")
    await set_up(phones=[device])
    assert "alert_once" not in calls[0].data["data"]
    script.suspects = list(LAMPS)
    await later(porch, freezer, 61)
    renewed = calls[1].data
    assert renewed["title"] == "Ceiling 1, Ceiling 2 and Ceiling 3 are still on"
    assert renewed["data"]["tag"] == calls[0].data["data"]["tag"]
    assert renewed["data"]["channel"] == calls[0].data["data"]["channel"]
    assert (renewed["data"]["alert_once"], renewed["data"]["push"]) == (True, {"interruption-level": "passive"})
    porch.states.async_set(LAMPS[0], "off", {"friendly_name": "Ceiling 1"})
    await later(porch, freezer, 3)
    cleared, rest = (call.data for call in calls[2:])
    assert (cleared["message"], cleared["data"]["tag"]) == ("clear_notification", f"hunches-{KEY}")
    assert rest["title"] == "Ceiling 2 and Ceiling 3 are still on"
    assert rest["data"]["tag"] == f"hunches-still_on:{LAMPS[1]}"
    assert (rest["data"]["importance"], rest["data"]["push"]) == ("low", {"interruption-level": "passive"})
    await later(porch, freezer, 61)
    assert len(calls) == 4, "nothing has changed since"


async def press(hass: HomeAssistant, call: ServiceCall, answer: str, user: MockUser) -> None:
    """Tap a button of a notification."""
    (action,) = (a["action"] for a in call.data["data"]["actions"] if f"|{answer}|" in a["action"])
    hass.bus.async_fire("mobile_app_notification_action", {"action": action}, context=Context(user_id=user.id))
    await settled(hass)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_tap_answers_for_what_the_notification_showed(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    hass_admin_user: MockUser,
    restarted: bool,
) -> None:
    script.suspects = list(LAMPS[:2])
    device, calls = phone(porch, hass_admin_user, "Ada")
    entry = await set_up(phones=[device])
    script.suspects = list(LAMPS)
    await later(porch, freezer, 61)
    first, renewed = calls
    if restarted:  # what older notifications were about is not known any more
        porch.data.pop("hunches_shown_phones")
        assert await porch.config_entries.async_reload(entry.entry_id)
        await settled(porch)
    await press(porch, first, "accept", hass_admin_user)
    if restarted:
        assert states(porch) == ["on"] * 3
        assert sent(calls)[-1].startswith("This hunch is no longer open")
        await press(porch, renewed, "accept", hass_admin_user)
        assert states(porch) == ["off"] * 3
    else:
        assert states(porch) == ["off", "off", "on"]
        assert coordinator_of(entry).question(f"still_on:{LAMPS[2]}") is not None


async def test_each_phone_asks_what_is_its_users_to_answer(
    porch: HomeAssistant, lamps: tuple[str, ...], script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    guest = member(porch, entities={"entity_ids": {LAMPS[1]: True}})
    (ada_device, ada), (guest_device, theirs) = phone(porch, hass_admin_user, "Ada"), phone(porch, guest, "Guest")
    await set_up(phones=[ada_device, guest_device])
    assert (len(ada), len(theirs)) == (1, 1)
    assert theirs[0].data["title"] == "Ceiling 2 is still on"
    await tap(porch, "accept", guest, KEY)
    assert states(porch) == ["on", "off", "on"]
    assert ada[1].data["title"] == "Ceiling 1 and Ceiling 3 are still on"
    assert sent(theirs)[1:] == ["clear_notification"], "nothing is left to ask there"


# --- voice


async def test_a_voice_asks_once_and_is_heard_for_all(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    room: Room,  # noqa: F811
    freezer: FrozenDateTimeFactory,
) -> None:
    script.suspects, room.says = list(LAMPS[:2]), None
    entry = await set_up(satellites=[KITCHEN])
    assert [asked["question"] for asked in room.asked] == ["Ceiling 1 and Ceiling 2 are still on. Turn them off?"]
    script.suspects = list(LAMPS)
    await later(porch, freezer, 61)
    porch.states.async_set(LAMPS[0], "off", {"friendly_name": "Ceiling 1"})
    await later(porch, freezer, 61)
    assert len(room.asked) == 1, "neither what joins nor who leads is a new question"
    room.says = "yes"
    response = await porch.services.async_call(
        DOMAIN, "ask", {"entity_id": KITCHEN}, blocking=True, return_response=True
    )
    await settled(porch)
    (answer,) = response["answers"]
    assert (answer["entities"], answer["answer"]) == (list(LAMPS[1:]), "yes")
    assert states(porch) == ["off"] * 3
    assert answers(entry)[1:] == [(key, Answer.ACCEPTED) for key in LAMPS[1:]]


async def test_a_voice_is_heard_about_what_is_left(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    room: Room,  # noqa: F811
) -> None:
    script.p_away = 0.9
    entry = await set_up(satellites=[KITCHEN])
    assert not room.asked
    room.hears.clear()
    asking = porch.async_create_task(
        porch.services.async_call(DOMAIN, "ask", {"entity_id": KITCHEN}, blocking=True, return_response=True)
    )
    for _ in range(1000):
        await asyncio.sleep(0.001)
        if room.asked:
            break
    coordinator = coordinator_of(entry)
    porch.states.async_set(LAMPS[0], "off", {"friendly_name": "Ceiling 1"})
    await coordinator.async_look()
    assert len(coordinator.questions[0].hunches) == 2
    room.hears.set()
    await asking
    await settled(porch)
    assert states(porch) == ["off"] * 3


@pytest.mark.parametrize("says", ["yes", "not_now"])
async def test_a_voice_answers_for_what_it_named_and_for_all_of_that(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    room: Room,  # noqa: F811
    says: str,
) -> None:
    """Even if what was one question is two by the time of the answer, and something has joined one of them."""
    script.p_away, room.says = 0.9, says
    *_, late = light(porch, script, 4, apart=8.0)
    script.suspects = list(LAMPS)
    entry = await set_up(satellites=[KITCHEN])
    room.hears.clear()
    asking = porch.async_create_task(
        porch.services.async_call(DOMAIN, "ask", {"entity_id": KITCHEN}, blocking=True, return_response=True)
    )
    for _ in range(1000):
        await asyncio.sleep(0.001)
        if room.asked:
            break
    porch.states.async_set(LAMPS[1], "off", {"friendly_name": "Ceiling 2"})
    script.suspects = [*LAMPS, late]
    await coordinator_of(entry).async_look()
    by_then = [q.entity_ids for q in coordinator_of(entry).questions]
    room.hears.set()
    await asking
    await settled(porch)
    assert "Ceiling 1, Ceiling 2 and Ceiling 3" in room.asked[0]["question"]
    assert sorted(by_then) == [(LAMPS[0],), (LAMPS[2], late)]
    answer = Answer.ACCEPTED if says == "yes" else Answer.REJECTED
    assert answers(entry)[1:] == [(LAMPS[0], answer), (LAMPS[2], answer)]
    assert coordinator_of(entry).question(f"still_on:{late}") is not None


# --- the page


async def test_the_page_has_one_card(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    connect: Connect,  # noqa: F811
) -> None:
    put(porch, PORCH, "on", "Porch light")
    script.suspects = [*LAMPS, PORCH]
    await set_up()
    client, other = await connect(), await connect(EVERYTHING)
    now = await watch(client)
    keys = [f"still_on:{key}" for key in LAMPS]
    assert sorted(now["questions"]) == sorted([keys, [f"still_on:{PORCH}"]])
    assert {hunch["key"] for hunch in now["hunches"]} == {*keys, f"still_on:{PORCH}"}
    done = await ask(other, "answer", hunch=keys[0], answer="accept")
    assert done["entities"] == list(LAMPS)
    assert states(porch) == ["off"] * 3
    undone = await ask(other, "undo", action_id=done["action_id"], whole=True)
    assert undone == {"action_id": done["action_id"], "exactly": True}
    assert states(porch) == ["on"] * 3


async def test_the_page_answers_for_what_it_showed(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    set_up: SetUp,
    connect: Connect,  # noqa: F811
) -> None:
    await set_up()
    done = await ask(await connect(), "answer", hunch=KEY, answer="accept", shown=list(LAMPS[:2]))
    assert done["entities"] == list(LAMPS[:2])
    assert states(porch) == ["off", "off", "on"]
    assert issues(porch) == {f"still_on:{LAMPS[2]}": ("still_on", "Ceiling 3")}


async def test_the_page_shows_the_part_that_somebody_may_see(
    porch: HomeAssistant,
    lamps: tuple[str, ...],
    script: Script,
    set_up: SetUp,
    connect: Connect,  # noqa: F811
) -> None:
    await set_up()
    now = await watch(await connect({"entities": {"entity_ids": {LAMPS[1]: True}}}))
    assert now["questions"] == [[f"still_on:{LAMPS[1]}"]]


async def test_heating_is_asked_about_once_for_the_whole_home(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    rooms = [f"climate.room_{n}" for n in range(8)]
    for n, key in enumerate(rooms):
        put(porch, key, "heat", f"Room {n}", ago=1800.0 + 600 * n)
        porch.states.async_set(key, "heat", {"friendly_name": f"Room {n}", "temperature": 21.0})
    script.suspects = rooms
    script.kinds = dict.fromkeys(rooms, Kind.HEATING_WHILE_AWAY)
    await set_up()
    assert issues(porch) == {
        f"heating_while_away:{rooms[0]}": ("heating_while_away_several", "Room 0, Room 1, Room 2 and 5 more")
    }
