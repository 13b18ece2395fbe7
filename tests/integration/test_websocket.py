"""The commands of the page: what they answer, to whom, and how they refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import Credentials
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.hunches.const import CONF_SHADOW, DOMAIN
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.policy import Answer, Outcome, Verdict
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.page.devices import share_on
from custom_components.hunches.page.packing import MOST_BYTES, Span, packed
from script._demo.homes import OWN_HOME, present

from .conftest import BLIND, DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .test_actions import KEY, PROOF, proven, switch  # noqa: F401
from .test_first_hunch import home, move_in  # noqa: F401

type Connect = Callable[..., Awaitable[MockHAClientWebSocket]]
EVERYTHING = {"entities": True}
READ = {"entities": {"all": {"read": True}}}


@pytest.fixture
def connect(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Connect:
    """Return what connects a user: an administrator, or a member of the household with a policy."""

    async def client(policy: dict[str, Any] | None = None) -> MockHAClientWebSocket:
        if policy is None:
            return await hass_ws_client(hass)
        user = MockUser(name="Grace").add_to_hass(hass)
        user.mock_policy(policy)
        credential = Credentials("homeassistant", None, {"username": "grace"}, is_new=False)
        user.credentials.append(credential)
        token = await hass.auth.async_create_refresh_token(user, CLIENT_ID, credential=credential)
        return await hass_ws_client(hass, hass.auth.async_create_access_token(token))

    return client


async def ask(client: MockHAClientWebSocket, command: str, **fields: Any) -> Any:
    """Send a command; return its result, or its error."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/{command}", **fields})
    answer = await client.receive_json()
    return answer["result"] if answer["success"] else answer["error"]


async def watch(client: MockHAClientWebSocket) -> Any:
    """Open the page; return what it is told first."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe"})
    assert (await client.receive_json())["success"]
    return await told(client)


async def told(client: MockHAClientWebSocket) -> Any:
    return (await client.receive_json())["event"]


async def act_unasked(script: Script, hass: HomeAssistant, set_up: SetUp, **options: Any) -> MockConfigEntry:
    """Let the porch light have been switched off without anybody being asked."""
    script.p_low = 0.97
    put(hass, PORCH, "on", "Porch light", ago=7200)
    obedient(hass, "light", "turn_off", "off")
    obedient(hass, "light", "turn_on", "on")
    entry = await set_up(**options)
    await switch(hass, on=True)
    await hass.services.async_call(DOMAIN, "allow", {"entity_id": PORCH}, blocking=True)
    await settled(hass)
    return entry


def said(entry: MockConfigEntry) -> list[Answer]:
    """Return what people said, without what came of itself."""
    answers = coordinator_of(entry).feedback.ledger.answers
    return [given.answer for given in answers if given.answer is not Answer.WITHDRAWN]


async def test_the_page_is_told_now_and_whenever_something_changes(
    porch: HomeAssistant, set_up: SetUp, connect: Connect
) -> None:
    obedient(porch, "light", "turn_off", "off")
    await set_up()
    client = await connect()
    now = await watch(client)
    assert (now["loaded"], now["admin"], now["stage"], now["devices"]) == (True, True, "ready", 3)
    assert now["context"]["away"] == 0.97
    [hunch] = now["hunches"]
    assert (hunch["key"], hunch["name"], hunch["action"]) == (KEY, "Porch light", "turn_off")
    assert hunch["may_answer"]
    assert hunch["may_always"]
    since, usual = hunch["evidence"][:2]
    assert (since["key"], usual["key"]) == ("still_on", "usual_length")
    assert porch.states.get(PORCH).last_changed_timestamp == pytest.approx(since["values"]["time"]["moment"], abs=1)  # type: ignore[union-attr]
    assert usual["values"] == {"low": {"length": 20 * 60}, "high": {"length": 95 * 60}}
    texts = await async_get_translations(porch, "en", "common", [DOMAIN])
    assert all(f"component.{DOMAIN}.common.{line['key']}" in texts for line in hunch["evidence"])
    other = await connect()
    answer = await ask(other, "answer", hunch=KEY, answer="accept")
    assert answer["answer"] == "accept"
    now = await told(client)
    while now["hunches"] or not now["recent"]:
        now = await told(client)
    assert [(done["id"], done["outcome"], done["may_undo"]) for done in now["recent"]] == [
        (answer["action_id"], "done", True)
    ]
    # The same again, from the page that did not know yet
    error = await ask(other, "answer", hunch=KEY, answer="not_now")
    assert (error["code"], error["translation_key"], error["translation_domain"]) == ("gone", "gone", DOMAIN)


async def test_an_open_page_outlives_the_entry(porch: HomeAssistant, set_up: SetUp, connect: Connect) -> None:
    entry = await set_up()
    client = await connect()
    assert (await watch(client))["loaded"]
    assert await porch.config_entries.async_unload(entry.entry_id)
    while (now := await told(client))["loaded"]:
        pass
    assert now == {"loaded": False}
    other = await connect()
    assert await watch(other) == {"loaded": False}
    assert (await ask(other, "devices"))["translation_key"] == "not_loaded"
    assert await porch.config_entries.async_setup(entry.entry_id)
    while not (now := await told(client)).get("hunches"):
        pass
    assert [hunch["key"] for hunch in now["hunches"]] == [KEY]
    await settled(porch)


@pytest.mark.parametrize(("answer", "kept"), [("not_now", Answer.REJECTED), ("never", Answer.NEVER)])
async def test_what_is_put_away(
    porch: HomeAssistant, set_up: SetUp, connect: Connect, answer: str, kept: Answer, hass_admin_user: MockUser
) -> None:
    entry = await set_up()
    client = await connect()
    assert (await ask(client, "answer", hunch=KEY, answer=answer))["action_id"] is None
    [given] = coordinator_of(entry).feedback.ledger.answers
    assert (given.answer, given.by) == (kept, hass_admin_user.id)


async def test_always_needs_a_past_that_speaks_for_it(
    porch: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    client = await connect()
    [hunch] = (await watch(client))["hunches"]
    count = hunch["proof"][0]["values"]["count"]
    assert count == {"key": "times_other", "values": {"count": {"number": PROOF["raised"]["judged"]}}}  # type: ignore[index]
    await client.send_json_auto_id({"type": f"{DOMAIN}/answer", "hunch": KEY, "answer": "always"})
    while (answer := await client.receive_json())["type"] != "result":
        pass
    assert answer["result"]["answer"] == "always"
    [rule] = coordinator_of(entry).feedback.ledger.rules
    assert (rule.verdict, rule.entity_id) == (Verdict.ALLOW, PORCH)


async def test_a_member_answers_and_makes_no_rules(
    porch: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    client = await connect(EVERYTHING)
    for command, fields in (
        ("answer", {"hunch": KEY, "answer": "always"}),
        ("answer", {"hunch": KEY, "answer": "never"}),
        ("rule", {"rule": "allow", "entity_id": PORCH, "kind": None, "remove": False}),
        ("rule", {"rule": "forbid", "entity_id": PORCH, "kind": None, "remove": False}),
        ("automatic", {"on": True}),
    ):
        assert (await ask(client, command, **fields))["code"] == "unauthorized"
    assert coordinator_of(entry).feedback.ledger.rules == ()
    assert not coordinator_of(entry).feedback.ledger.automatic
    done = await ask(client, "answer", hunch=KEY, answer="accept")
    obedient(porch, "light", "turn_on", "on")
    assert (await ask(client, "undo", action_id=done["action_id"]))["exactly"]
    assert porch.states.get(PORCH).state == "on"  # type: ignore[union-attr]
    [hunch] = (await ask(client, "actions"))["actions"]
    assert (hunch["by"], hunch["outcome"]) == ("Grace", "undone")


async def test_a_member_who_may_only_look(porch: HomeAssistant, set_up: SetUp, connect: Connect) -> None:
    entry = await set_up()
    client = await connect(READ)
    now = await watch(client)
    [hunch] = now["hunches"]
    assert not now["admin"]
    assert not hunch["may_answer"]
    assert not hunch["may_always"]
    for answer in ("accept", "not_now"):
        assert (await ask(client, "answer", hunch=KEY, answer=answer))["code"] == "unauthorized"
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [KEY]


async def test_what_a_guest_may_not_see_is_not_shown(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    await act_unasked(script, porch, set_up)
    client = await connect({"entities": {"domains": {"cover": True}}})
    now = await watch(client)
    assert (now["hunches"], now["recent"], now["declined"]) == ([], [], [])
    assert [d["entity_id"] for d in await ask(client, "devices")] == [BLIND]
    assert list((await ask(client, "timelines", days=1))["devices"]) == [BLIND]
    assert [d["entity_id"] for d in (await ask(client, "trust"))["devices"]] == [BLIND]
    shown = await ask(client, "actions")
    assert (shown["actions"], shown["rules"]) == ([], [])
    assert (await ask(client, "expected", entity_id=PORCH))["code"] == "no_device"
    [record] = coordinator_of(porch.config_entries.async_loaded_entries(DOMAIN)[0]).feedback.ledger.records  # type: ignore[arg-type]
    for command, fields in (("undo", {}), ("rate", {"good": True})):
        assert (await ask(client, command, action_id=record.id, **fields))["code"] == "unauthorized"


async def test_rules_and_the_master_switch(
    porch: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    entry = await set_up()
    client = await connect()
    rule = {"entity_id": PORCH, "kind": None}
    assert await ask(client, "rule", rule="allow", remove=False, **rule) is None
    assert await ask(client, "automatic", on=True) is None
    shown = await ask(client, "actions")
    assert shown["automatic"]
    assert [(r["rule"], r["name"], r["by"]) for r in shown["rules"]] == [("allow", "Porch light", "Mock User")]
    [device] = [d for d in (await ask(client, "trust"))["devices"] if d["entity_id"] == PORCH]
    assert (device["allowed"], device["own"]) == (True, [None])
    assert await ask(client, "rule", rule="allow", remove=True, **rule) is None
    assert (await ask(client, "rule", rule="allow", remove=True, **rule))["code"] == "no_such_rule"
    nothing = {"rule": "forbid", "entity_id": None, "kind": None, "remove": False}
    assert (await ask(client, "rule", **nothing))["translation_key"] == "rule_about_nothing"
    assert await ask(client, "rule", rule="forbid", entity_id=None, kind="still_on", remove=False) is None
    [kind] = [k for k in (await ask(client, "trust"))["kinds"] if k["kind"] == "still_on"]
    assert kind["forbidden"]
    assert coordinator_of(entry).feedback.ledger.open == ()
    assert (await ask(client, "rule", rule="maybe", entity_id=None, kind=None, remove=False))[
        "code"
    ] == "invalid_format"


async def test_what_is_forbidden_by_its_kind_cannot_be_allowed_as_a_whole(
    porch: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    await set_up()
    client = await connect()
    await ask(client, "rule", rule="forbid", entity_id=None, kind="still_on", remove=False)
    devices = {d["entity_id"]: d for d in (await ask(client, "trust"))["devices"]}
    assert {key for key, device in devices.items() if device["forbidden"]} == {PORCH}
    error = await ask(client, "rule", rule="allow", entity_id=PORCH, kind=None, remove=False)
    assert (error["code"], error["translation_placeholders"]["name"]) == ("forbidden", "Porch light")
    on = {"entity_id": PORCH, "kind": "usually_on_by_now"}
    assert await ask(client, "rule", rule="allow", remove=False, **on) is None


async def test_what_lets_a_light_be_switched_on_is_not_why_it_may_be_switched_off(
    porch: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    await set_up()
    client = await connect()
    for rule in ({"entity_id": None, "kind": "still_on"}, {"entity_id": PORCH, "kind": "usually_on_by_now"}):
        assert await ask(client, "rule", rule="allow", remove=False, **rule) is None
    [device] = [d for d in (await ask(client, "trust"))["devices"] if d["entity_id"] == PORCH]
    assert (device["allowed"], device["own"]) == (True, [])


async def test_an_open_page_hears_of_a_rule(
    porch: HomeAssistant, script: Script, set_up: SetUp, connect: Connect
) -> None:
    script.suspects = []
    await set_up()
    client = await connect()
    before = await watch(client)
    rule: dict[str, Any] = {"rule": "forbid", "entity_id": DOOR, "kind": None}
    other = await connect()
    await ask(other, "rule", **rule, remove=False)
    made = await told(client)
    await ask(other, "rule", **rule, remove=True)
    gone = await told(client)
    assert before["rules"] == gone["rules"] != made["rules"]


async def test_nothing_is_allowed_without_proof(porch: HomeAssistant, set_up: SetUp, connect: Connect) -> None:
    entry = await set_up()
    coordinator_of(entry).proof.found = None
    client = await connect()
    error = await ask(client, "rule", rule="allow", entity_id=PORCH, kind=None, remove=False)
    assert (error["code"], error["translation_placeholders"]["name"]) == ("not_proven", "Porch light")
    trusted = await ask(client, "trust")
    assert trusted["found"] is None
    assert {d["entity_id"]: d["raised"] for d in trusted["devices"]} == {PORCH: None, DOOR: None, BLIND: None}


async def test_thumbs_down_takes_back_and_is_a_no(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    entry = await act_unasked(script, porch, set_up)
    client = await connect()
    [done] = (await ask(client, "actions"))["actions"]
    assert (done["outcome"], done["automatic"], done["may_rate"], done["rated"]) == ("done", True, True, None)
    assert porch.states.get(PORCH).state == "off"  # type: ignore[union-attr]
    assert (await ask(client, "rate", action_id=done["id"], good=False))["outcome"] == "undone"
    assert porch.states.get(PORCH).state == "on"  # type: ignore[union-attr]
    [done] = (await ask(client, "actions"))["actions"]
    assert done["rated"] is False
    await ask(client, "rate", action_id=done["id"], good=False)
    assert said(entry) == [Answer.UNDONE]


async def test_thumbs_up_and_a_change_of_mind_when_it_is_too_late_to_take_back(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await act_unasked(script, porch, set_up)
    client = await connect()
    [record] = coordinator_of(entry).feedback.ledger.records
    await ask(client, "rate", action_id=record.id, good=True)
    [done] = (await ask(client, "actions"))["actions"]
    assert done["rated"] is True
    script.suspects = []
    await later(porch, freezer, 3600)
    put(porch, PORCH, "on", "Porch light", ago=0)
    await settled(porch)
    assert coordinator_of(entry).feedback.ledger.records[0].outcome is Outcome.SUPERSEDED
    await ask(client, "rate", action_id=record.id, good=False)
    assert said(entry) == [Answer.ACCEPTED, Answer.REJECTED]
    assert (await ask(client, "rate", action_id="what", good=True))["code"] == "no_such_action"


async def test_what_would_have_been_done_can_be_judged(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    connect: Connect,
    proven: None,  # noqa: F811
) -> None:
    entry = await act_unasked(script, porch, set_up, **{CONF_SHADOW: True})
    client = await connect()
    shown = await ask(client, "actions")
    [would] = shown["actions"]
    assert (would["outcome"], would["may_undo"], would["may_rate"]) == ("shadow", False, True)
    assert shown["would"] == {"actions": 1, "by_hand": 0}
    assert (await ask(client, "undo", action_id=would["id"]))["code"] == "nothing_to_undo"
    await ask(client, "rate", action_id=would["id"], good=True)
    assert said(entry) == [Answer.ACCEPTED]
    [chance] = (await ask(client, "trust"))["reliability"]
    assert chance == {"expected": 0.95, "right": 1, "count": 1}


async def test_an_answer_that_left_nothing_to_do_offers_nothing_to_take_back(
    porch: HomeAssistant, script: Script, set_up: SetUp, connect: Connect, freezer: FrozenDateTimeFactory
) -> None:
    obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    await porch.services.async_call(DOMAIN, "accept", {"entity_id": PORCH}, blocking=True)
    assert len(coordinator_of(entry).feedback.ledger.records) == 1
    await later(porch, freezer, 2 * DAY)
    put(porch, PORCH, "on", "Porch light", ago=0)
    await later(porch, freezer, 60)
    await later(porch, freezer, coordinator_of(entry).settings.sustain + 1)
    assert [hunch.key for hunch in coordinator_of(entry).feedback.ledger.open] == [KEY]
    client = await connect(EVERYTHING)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    assert (await ask(client, "answer", hunch=KEY, answer="accept"))["action_id"] is None


async def test_what_was_asked_for_is_not_rated(porch: HomeAssistant, set_up: SetUp, connect: Connect) -> None:
    obedient(porch, "light", "turn_off", "off")
    await set_up()
    client = await connect()
    done = await ask(client, "answer", hunch=KEY, answer="accept")
    assert (await ask(client, "rate", action_id=done["action_id"], good=True))["code"] == "nothing_to_rate"


async def test_with_the_trained_model(home: HomeAssistant, connect: Connect) -> None:  # noqa: F811
    await move_in(home, present(OWN_HOME, dt_util.utcnow().timestamp()))
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    client = await connect()
    devices = {d["entity_id"]: d for d in await ask(client, "devices")}
    assert len(devices) > 15
    assert all(d["archetype"]["use"] and len(d["map"]) == 2 for d in devices.values())
    islands = await ask(client, "islands")
    assert len(islands) == 60
    assert {d["archetype"]["title"] for d in devices.values()} <= {i["title"] for i in islands}
    lines = await ask(client, "timelines", days=14)
    assert set(lines["devices"]) == set(devices)
    assert lines["end"] - lines["start"] == 14 * DAY
    steps = 14 * DAY / lines["step"]
    assert all(sum(turns["on"]) <= steps + 1 for turns in lines["devices"].values() if "on" in turns)
    key = next(key for key, turns in lines["devices"].items() if key.startswith("light.") and len(turns["on"]) > 20)
    expected = await ask(client, "expected", entity_id=key)
    assert [len(expected[name]) for name in ("past", "was", "ahead")] == [24, 24, 24]
    assert all(0 <= p <= 1 for p in expected["past"] + expected["ahead"])
    assert max(expected["ahead"]) > min(expected["ahead"])
    assert any(expected["was"])
    assert (await ask(client, "expected", entity_id="light.none"))["code"] == "no_device"
    assert (await ask(client, "timelines", days=5))["code"] == "invalid_format"


NASTY = "<img src=x onerror=alert(1)> \u202e\u0623\u0636\u0648\u0627\u0621 💡 " + "x" * 200


async def test_five_hundred_devices(home: HomeAssistant, connect: Connect) -> None:  # noqa: F811
    for i in range(500):
        home.states.async_set(f"light.number_{i}", "off", {"friendly_name": f"{NASTY} {i}"})
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    client = await connect()
    for command, fields in (("devices", {}), ("timelines", {"days": 14}), ("trust", {}), ("actions", {})):
        answer = await ask(client, command, **fields)
        assert "code" not in answer, command
        assert len(json_bytes(answer)) < 500_000, command
    assert len(await ask(client, "devices")) == 500


async def test_a_home_of_nothing(home: HomeAssistant, connect: Connect) -> None:  # noqa: F811
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    client = await connect()
    assert await ask(client, "devices") == []
    assert (await ask(client, "timelines", days=1))["devices"] == {}
    assert (await ask(client, "trust"))["devices"] == []
    assert (await watch(client))["since"] is None


def line(*changes: tuple[float, int]) -> Timeline:
    return Timeline.from_readings([moment for moment, _ in changes], [state for _, state in changes])


def test_packing() -> None:
    span = Span(1000.0, 2000.0, 10.0)
    # On before and up to 1100, for a moment at 1355, and from 1991 on
    lamp = line((0, ON), (1100, OFF), (1355, ON), (1356, OFF), (1991, ON))
    assert span.pack(lamp, ON) == [0, 10, 25, 1, 63, 1]
    assert span.pack(lamp, UNKNOWN) == []
    assert span.pack(line((1500, OFF)), UNKNOWN) == [0, 50]
    assert span.pack(Timeline.empty(), ON) == []
    assert span.pack(Timeline.empty(), UNKNOWN) == [0, 100]
    # Uses that share a step are one
    assert span.pack(line((0, OFF), (1001, ON), (1002, OFF), (1004, ON), (1005, OFF)), ON) == [0, 1]


def test_what_is_too_much_is_told_in_coarser_steps() -> None:
    times = np.arange(0, 14 * DAY, 420.0)
    busy = Timeline.from_readings(times, (np.arange(times.size) % 3 == 0).astype(np.int8))
    few = packed({"light.a": busy}, 0.0, 14 * DAY)
    many = packed({f"light.{i}": busy for i in range(500)}, 0.0, 14 * DAY)
    assert len(json_bytes(many)) <= MOST_BYTES
    assert many["step"] > few["step"] == 420.0


def test_the_share_that_a_device_was_on() -> None:
    lamp = line((0, ON), (HOUR / 2, OFF), (HOUR, UNKNOWN), (3 * HOUR, ON))
    assert [share_on(lamp, start * HOUR, (start + 1) * HOUR) for start in (-1, 0, 1, 3)] == [None, 0.5, None, 1.0]
