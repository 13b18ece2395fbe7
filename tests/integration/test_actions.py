"""What is done without asking: when, how it is told, and what follows when it does not work."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import Group
from homeassistant.components.cover import CoverEntityFeature
from homeassistant.components.fan import FanEntityFeature
from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.components.valve import ValveEntityFeature
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState, HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.hunches import actions
from custom_components.hunches.const import CONF_EXCLUDED, CONF_SHADOW, DOMAIN, EVENT_ACTED, EVENT_ANSWERED
from custom_components.hunches.coordinator import HunchesCoordinator
from custom_components.hunches.engine.policy import Answer, Outcome, Rule, Verdict
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.engine.told import VERIFY_SECONDS
from custom_components.hunches.rating import async_rate

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .test_twins import report

KEY = f"still_on:{PORCH}"
SWITCH = "switch.hunches_automatic_actions"
PROOF = {
    "days": 30.2,
    "raised": {"judged": 9, "done": 8, "untold": 0},
    "acted": {"judged": 5, "done": 5, "untold": 0},
}


async def call(hass: HomeAssistant, service: str, context: Context | None = None, **data: object) -> Any:
    response = await hass.services.async_call(
        DOMAIN, service, data, blocking=True, return_response=True, context=context
    )
    await settled(hass)
    return response


async def switch(hass: HomeAssistant, *, on: bool) -> None:
    service = "turn_on" if on else "turn_off"
    await hass.services.async_call("switch", service, {"entity_id": SWITCH}, blocking=True)
    await settled(hass)


@pytest.fixture
def proven() -> Any:
    """Let the backtest have found something about every device."""
    with patch.object(HunchesCoordinator, "proven", lambda self, entity_id, kind=None: PROOF):
        yield


@pytest.fixture
def sure(script: Script, porch: HomeAssistant, proven: None) -> HomeAssistant:
    """Let the mind be sure enough to act, on a light that has been on for hours."""
    script.p_low = 0.97
    put(porch, PORCH, "on", "Porch light", ago=7200)
    return porch


async def allowed(hass: HomeAssistant, set_up: SetUp, **options: object) -> MockConfigEntry:
    """Set up, with the porch light allowed and the switch on."""
    entry = await set_up(**options)
    await switch(hass, on=True)
    await call(hass, "allow", entity_id=PORCH)
    return entry


def records(entry: MockConfigEntry) -> list[tuple[str, Outcome]]:
    return [(r.hunch.entity_id, r.outcome) for r in coordinator_of(entry).feedback.ledger.records]


def issue(hass: HomeAssistant, key: str) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, key)


async def test_nothing_is_done_unless_it_is_allowed_and_switched_on(
    sure: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await set_up()
    assert sure.states.get(SWITCH).state == "off"
    await later(sure, freezer, 61)
    await call(sure, "allow", entity_id=PORCH)
    await later(sure, freezer, 61)
    response = await call(sure, "act")
    assert [declined["why"] for declined in response["declined"]] == ["switched_off"]
    assert not calls
    assert not records(entry)
    await call(sure, "allow", entity_id=PORCH, remove=True)
    await switch(sure, on=True)
    assert [d["why"] for d in (await call(sure, "act"))["declined"]] == ["not_allowed"]
    assert not calls


@pytest.mark.parametrize("meanwhile", ["switched off", "used", "ruled out"])
async def test_what_changes_between_the_look_and_the_action_counts(
    sure: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory, meanwhile: str
) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await set_up()
    await call(sure, "allow", entity_id=PORCH)
    await later(sure, freezer, 1000)
    coordinator = coordinator_of(entry)
    heat = coordinator.actions.async_heat

    async def slowly(*arguments: Any) -> None:
        """Let heating take its time, between what was seen and what is done about it."""
        await heat(*arguments)
        if meanwhile == "switched off":
            await coordinator.feedback.async_switched(False)
        elif meanwhile == "used":
            sure.states.async_set(PORCH, "on", {**sure.states.get(PORCH).attributes, "brightness": 20})
            await asyncio.sleep(0)
        else:
            await coordinator.feedback.async_ruled(Rule(Verdict.FORBID, PORCH, None, 0.0))

    await coordinator.feedback.async_switched(True)
    with patch.object(coordinator.actions, "async_heat", slowly):
        await coordinator.async_look()
    await settled(sure)
    assert not calls
    assert not records(entry)


async def test_what_is_allowed_is_done_and_told(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    acted = async_capture_events(sure, EVENT_ACTED)
    entry = await set_up()
    assert issue(sure, KEY) is not None
    await switch(sure, on=True)
    response = await call(sure, "allow", entity_id=PORCH)
    assert [c.data for c in calls] == [{"entity_id": PORCH}]
    assert response["proven"] == PROOF
    assert records(entry) == [(PORCH, Outcome.DONE)]
    (event,) = acted
    assert event.context.id == calls[0].context.id
    assert (event.context.user_id, event.context.parent_id) == (None, None)
    assert (event.data["automatic"], event.data["action"], event.data["kind"]) == (True, "light.turn_off", "still_on")
    assert "that is 2 h; Nobody seems to be at home (almost certain)" in event.data["reason"]
    coordinator = coordinator_of(entry)
    assert coordinator.teacher.causes.of_live(calls[0].context) is Cause.OURS
    # nobody said yes, so that nothing is learned from it
    assert issue(sure, KEY) is None
    await coordinator.async_look()
    assert [a.answer for a in coordinator.feedback.ledger.answers] == [Answer.WITHDRAWN]
    assert script.heard[-1] == []
    assert (await call(sure, "rules"))["actions"][0]["action_id"] == event.data["action_id"]


async def test_dry_run_does_nothing(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    script.p_low = 0.9
    entry = await allowed(sure, set_up)
    script.p_low = 0.97
    put(sure, "light.attic", "on", ago=7200)
    coordinator = coordinator_of(entry)
    coordinator._policy._firm[KEY] = 0.0  # as if it had been sure for long
    before = coordinator.feedback.ledger
    response = await call(sure, "act", dry_run=True)
    assert [(w["entity_id"], w["action"]) for w in response["would"]] == [(PORCH, "light.turn_off")]
    assert (response["acted"], response["dry_run"], response["automatic"]) == ([], True, True)
    assert coordinator.feedback.ledger is before
    assert not calls
    assert [w["outcome"] for w in (await call(sure, "act"))["acted"]] == ["done"]
    assert len(calls) == 1


async def test_shadow_records_and_does_nothing(
    sure: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await allowed(sure, set_up, shadow=True)
    for _ in range(3):
        await later(sure, freezer, 61)
    assert records(entry) == [(PORCH, Outcome.SHADOW)]
    assert sure.states.get(SWITCH).attributes["shadow"] is True
    assert issue(sure, KEY) is not None  # it is asked as ever
    assert not calls
    sure.states.async_set(PORCH, "off", context=Context(user_id="ada"))
    await settled(sure)
    assert (await call(sure, "rules"))["actions"][0]["detail"] == "by_hand"


async def test_only_an_administrator_switches_on(sure: HomeAssistant, set_up: SetUp, hass_admin_user: MockUser) -> None:
    await set_up()
    member = MockUser(groups=[Group(id="members", name="Members", policy={"entities": True})]).add_to_hass(sure)

    async def turn(service: str, user: MockUser) -> str:
        context = Context(user_id=user.id)
        await sure.services.async_call("switch", service, {"entity_id": SWITCH}, blocking=True, context=context)
        await settled(sure)
        return sure.states.get(SWITCH).state

    with pytest.raises(Unauthorized):
        await turn("turn_on", member)
    assert sure.states.get(SWITCH).state == "off"
    assert await turn("turn_on", hass_admin_user) == "on"
    assert await turn("turn_off", member) == "off"


async def test_switch_is_kept_over_a_restart(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(sure, "light", "turn_off", "off")
    script.suspects = []
    entry = await allowed(sure, set_up)
    assert await sure.config_entries.async_reload(entry.entry_id)
    await settled(sure)
    assert sure.states.get(SWITCH).state == "on"
    assert [rule["entity_id"] for rule in (await call(sure, "rules"))["rules"]] == [PORCH]
    await switch(sure, on=False)
    assert await sure.config_entries.async_reload(entry.entry_id)
    await settled(sure)
    assert sure.states.get(SWITCH).state == "off"


async def test_a_failure_is_told_once_tried_again_and_given_up(
    sure: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[float] = []

    async def refuse(service: ServiceCall) -> None:
        tries.append(dt_util.utcnow().timestamp())
        raise HomeAssistantError("the *bridge* does not answer")

    sure.services.async_register("light", "turn_off", refuse)
    entry = await allowed(sure, set_up)
    for _ in range(60):
        await later(sure, freezer, 61)
    assert len(tries) == 3
    assert [after - before for before, after in pairwise(tries)] == [
        pytest.approx(305, abs=61),
        pytest.approx(1220, abs=61),
    ]
    assert records(entry) == [(PORCH, Outcome.FAILED)] * 3
    warnings = [r.message for r in caplog.records if r.levelname == "WARNING" and "did not work" in r.message]
    assert len(warnings) == 1
    failed = issue(sure, f"failed:{PORCH}")
    assert failed is not None
    assert failed.translation_placeholders == {
        "name": "Porch light",
        "escaped_name": "Porch light",
        "action": "light.turn_off",
        "detail": r"the \*bridge\* does not answer",
    }
    assert sure.states.get(SWITCH).attributes["failed"] == [PORCH]
    freezer.tick(VERIFY_SECONDS + 1)
    sure.states.async_set(PORCH, "off")
    await settled(sure)
    assert issue(sure, f"failed:{PORCH}") is None
    assert records(entry)[-1] == (PORCH, Outcome.SUPERSEDED)


@pytest.mark.parametrize("end", ["left out", "off while nobody looked"])
async def test_what_did_not_work_leaves_repairs_with_its_device(
    sure: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory, end: str
) -> None:
    entry = await allowed(sure, set_up)  # there is no action that turns it off
    assert issue(sure, f"failed:{PORCH}") is not None
    assert await sure.config_entries.async_unload(entry.entry_id)
    if end == "left out":
        sure.config_entries.async_update_entry(entry, options={**entry.options, CONF_EXCLUDED: [PORCH]})
    else:
        sure.states.async_set(PORCH, "off")
    await sure.config_entries.async_setup(entry.entry_id)
    await settled(sure)
    await later(sure, freezer, 61)
    assert issue(sure, f"failed:{PORCH}") is None
    assert sure.states.get(SWITCH).attributes["failed"] == []


async def test_saving_options_does_not_forget_who_has_just_used_a_device(sure: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up()
    await call(sure, "allow", entity_id=PORCH)
    sure.states.async_set(PORCH, "on", {**sure.states.get(PORCH).attributes, "brightness": 20})
    await settled(sure)
    assert [d["why"] for d in (await call(sure, "act"))["declined"]] == ["just_used"]
    assert await sure.config_entries.async_reload(entry.entry_id)
    await settled(sure)
    assert [d["why"] for d in (await call(sure, "act"))["declined"]] == ["just_used"]


async def test_no_effect_is_a_failure(sure: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    obedient(sure, "light", "turn_off", "on")
    entry = await allowed(sure, set_up)
    assert records(entry) == [(PORCH, Outcome.FAILED)]
    assert issue(sure, f"failed:{PORCH}") is not None


async def test_two_devices_at_once_one_of_which_fails(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(sure, "light", "turn_off", "off")
    put(sure, "switch.kettle", "on", "Kettle", ago=7200)
    script.suspects = [PORCH, "switch.kettle"]
    entry = await set_up()
    await switch(sure, on=True)
    await call(sure, "allow", kind="still_on")
    assert sorted(records(entry)) == [(PORCH, Outcome.DONE), ("switch.kettle", Outcome.FAILED)]


@pytest.mark.parametrize(
    ("became", "outcome", "told"),
    [("off", Outcome.DONE, False), ("on", Outcome.FAILED, True), ("unavailable", Outcome.STARTED, False)],
)
async def test_a_restart_between_an_action_and_its_proof(
    sure: HomeAssistant, script: Script, set_up: SetUp, became: str, outcome: Outcome, told: bool
) -> None:
    obedient(sure, "light", "turn_off", "off")
    entry = await allowed(sure, set_up)
    script.suspects = []
    feedback = coordinator_of(entry).feedback
    (record,) = feedback.ledger.records
    await feedback.async_recorded(type(record)(record.id, record.time, record.hunch, record.action, automatic=True))
    assert await sure.config_entries.async_unload(entry.entry_id)
    sure.states.async_set(PORCH, became, {"friendly_name": "Porch light"})
    assert await sure.config_entries.async_setup(entry.entry_id)
    await settled(sure)
    assert records(entry) == [(PORCH, outcome)]
    assert (issue(sure, f"failed:{PORCH}") is not None) is told


async def test_a_restart_of_home_assistant_leaves_time_to_come_up(
    sure: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    obedient(sure, "light", "turn_off", "off")
    entry = await allowed(sure, set_up)
    script.suspects = []
    feedback = coordinator_of(entry).feedback
    (record,) = feedback.ledger.records
    await feedback.async_recorded(type(record)(record.id, record.time, record.hunch, record.action, automatic=True))
    assert await sure.config_entries.async_unload(entry.entry_id)
    sure.states.async_set(PORCH, "on")  # as it was restored; the truth comes later
    sure.set_state(CoreState.starting)
    assert await sure.config_entries.async_setup(entry.entry_id)
    sure.set_state(CoreState.running)
    sure.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settled(sure)
    assert records(entry) == [(PORCH, Outcome.STARTED)]
    sure.states.async_set(PORCH, "off")
    await later(sure, freezer, 61)
    assert records(entry) == [(PORCH, Outcome.DONE)]


async def test_a_hand_on_the_device_pauses_it(
    sure: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    await set_up()
    sure.states.async_set(PORCH, "on", {"friendly_name": "Porch light", "brightness": 90})
    await switch(sure, on=True)
    await call(sure, "allow", entity_id=PORCH)
    assert not calls
    for _ in range(28):
        await later(sure, freezer, 61)
    assert not calls
    for _ in range(3):
        await later(sure, freezer, 61)
    assert len(calls) == 1


async def test_a_lock_whose_door_is_open_is_left(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(sure, "lock", "lock", "locked")
    put(sure, "lock.back", "unlocked", "Back door", ago=7200)
    contact = {"friendly_name": "Back contact", "device_class": "door"}
    sure.states.async_set("binary_sensor.back", "on", contact)
    script.suspects = ["lock.back"]
    await set_up()
    await switch(sure, on=True)
    await call(sure, "allow", entity_id="lock.back")
    assert [d["why"] for d in (await call(sure, "act"))["declined"]] == ["door_may_be_open"]
    sure.states.async_set("binary_sensor.back", "off", contact)
    await call(sure, "act")
    assert len(calls) == 1


async def test_act_is_for_what_a_caller_may_control(sure: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    user = MockUser().add_to_hass(sure)
    user.mock_policy({"entities": {"domains": {"cover": True}}})
    script.p_low = 0.0
    entry = await allowed(sure, set_up)
    script.p_low = 0.97
    coordinator_of(entry)._policy._firm[KEY] = 0.0
    for dry_run in (True, False):
        response = await call(sure, "act", Context(user_id=user.id), dry_run=dry_run)
        assert (response["would"], response["acted"], response["declined"]) == ([], [], [])
    assert not calls
    response = await call(sure, "act", Context(user_id=None))
    assert [acted["entity_id"] for acted in response["acted"]] == [PORCH]


# --- rules


async def test_rules_need_proof_an_administrator_or_control(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_admin_user: MockUser
) -> None:
    member = MockUser().add_to_hass(porch)
    member.mock_policy({"entities": {"domains": {"light": True}}})
    ada, admin = Context(user_id=member.id), Context(user_id=hass_admin_user.id)
    entry = await set_up()
    for scope, reason in (({"entity_id": PORCH}, "not_proven"), ({"kind": "still_on"}, "nothing_proven")):
        with pytest.raises(ServiceValidationError) as refused:
            await call(porch, "allow", admin, **scope)
        assert refused.value.translation_key == reason
    with patch.object(HunchesCoordinator, "proven", lambda self, entity_id, kind=None: PROOF):
        for service, scope in (
            ("allow", {"entity_id": PORCH}),
            ("allow", {"kind": "still_on"}),
            ("forbid", {"kind": "still_on"}),
            ("forbid", {"entity_id": DOOR}),
            ("forbid", {"entity_id": DOOR, "remove": True}),
            ("allow", {"kind": "still_on", "remove": True}),
        ):
            with pytest.raises(Unauthorized):
                await call(porch, service, ada, **scope)
        assert not coordinator_of(entry).feedback.ledger.rules
        response = await call(porch, "forbid", ada, entity_id=PORCH)
        assert [(r["rule"], r["entity_id"], r["kind"], r["by"]) for r in response["rules"]] == [
            ("forbid", PORCH, None, member.id)
        ]
        with pytest.raises(ServiceValidationError) as refused:  # two people who disagree: the "never" holds
            await call(porch, "allow", admin, entity_id=PORCH)
        assert refused.value.translation_key == "forbidden"
        await call(porch, "forbid", ada, entity_id=PORCH, remove=True)
        with pytest.raises(ServiceValidationError) as refused:
            await call(porch, "forbid", ada, entity_id=PORCH, remove=True)
        assert refused.value.translation_key == "no_such_rule"
        await call(porch, "allow", admin, entity_id=PORCH, kind="still_on")
        (rule,) = coordinator_of(entry).feedback.ledger.rules
        assert (rule.verdict, rule.entity_id, rule.kind, rule.by) == ("allow", PORCH, "still_on", hass_admin_user.id)


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ({"entity_id": "light.gone"}, "no_device"),
        ({"entity_id": "person.ada"}, "no_device"),
        ({"entity_id": "switch.fridge"}, "not_safe"),
        ({"entity_id": "cover.blind"}, "only_when_asked"),
        ({"entity_id": PORCH, "kind": "still_open"}, "not_safe"),
        ({"kind": "usually_on_by_now"}, "needs_a_device"),
    ],
)
async def test_what_cannot_be_allowed(sure: HomeAssistant, set_up: SetUp, scope: dict[str, str], reason: str) -> None:
    put(sure, "switch.fridge", "on", "Fridge")
    entry = await set_up()
    with pytest.raises(HomeAssistantError) as refused:
        await call(sure, "allow", **scope)
    assert refused.value.translation_key == reason
    assert not coordinator_of(entry).feedback.ledger.rules


async def test_what_is_forbidden_is_not_asked(sure: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up()
    assert issue(sure, KEY) is not None
    await call(sure, "forbid", kind="still_on")
    assert issue(sure, KEY) is None
    assert [why for _, why in coordinator_of(entry).data.declined] == ["never"]
    assert [a.answer for a in coordinator_of(entry).feedback.ledger.answers] == [Answer.WITHDRAWN]


async def test_bad_calls(sure: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    for service, data in (
        ("allow", {}),
        ("forbid", {"remove": True}),
        ("allow", {"kind": "still"}),
        ("allow", {"entity_id": "porch"}),
        ("act", {"dry_run": "perhaps"}),
        ("undo", {"entity_id": PORCH, "action_id": "x"}),
    ):
        with pytest.raises(vol.Invalid):
            await call(sure, service, **data)


async def test_a_rule_follows_a_renamed_device_and_ends_with_it(
    sure: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    registry = er.async_get(sure)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(sure, "light.attic", "on", ago=7200)
    obedient(sure, "light", "turn_off", "off")
    script.suspects = ["light.attic"]
    entry = await set_up()
    await switch(sure, on=True)
    await call(sure, "allow", entity_id="light.attic")
    feedback = coordinator_of(entry).feedback
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    await settled(sure)
    assert [rule.entity_id for rule in feedback.ledger.rules] == ["light.gate"]
    assert [(r.hunch.entity_id, r.action.entity_id) for r in feedback.ledger.records] == [("light.gate", "light.gate")]
    await feedback.async_ruled(Rule(Verdict.FORBID, "light.gate", None, 0.0))
    await feedback.async_ruled(Rule(Verdict.ALLOW, "light.gate", None, 0.0))
    registry.async_remove("light.gate")
    await settled(sure)
    assert [rule.verdict for rule in feedback.ledger.rules] == [Verdict.FORBID]


# --- "always"


async def choose(hass: HomeAssistant, answers: list[str | None]) -> Any:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    flow: Any = await manager.async_init(DOMAIN, context={"issue_id": KEY})
    for answer in answers:
        given = {} if answer is None else {"next_step_id": answer}
        flow = await manager.async_configure(flow["flow_id"], given)
    await settled(hass)
    return flow


async def test_always_shows_what_was_found_and_then_allows(sure: HomeAssistant, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await set_up()
    form = await choose(sure, ["always"])
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "always")
    assert form["description_placeholders"]["proof"].splitlines() == [
        "- Looking back over 30 days, Hunches would have asked about it 9 times, and would have been right 8 times.",
        "- Without asking, it would have been done 5 times, rightly 5 times.",
    ]
    assert not coordinator_of(entry).feedback.ledger.rules
    done = await choose(sure, ["always", None])
    assert (done["type"], done["description"]) == (FlowResultType.CREATE_ENTRY, "always")
    ledger = coordinator_of(entry).feedback.ledger
    assert [(r.verdict, r.entity_id, r.kind) for r in ledger.rules] == [("allow", PORCH, "still_on")]
    assert [a.answer for a in ledger.answers] == [Answer.ALWAYS]
    assert len(calls) == 1


async def test_always_before_anything_is_proven(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    calls = obedient(porch, "light", "turn_off", "off")
    entry = await set_up()
    told = await choose(porch, ["always"])
    assert (told["type"], told["reason"]) == (FlowResultType.ABORT, "not_proven")
    assert not coordinator_of(entry).feedback.ledger.rules
    assert issue(porch, KEY) is not None
    assert not calls


async def test_never_in_one_tab_and_do_it_in_the_other(sure: HomeAssistant, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await set_up()
    manager = repairs_flow_manager(sure)
    assert manager is not None
    one: Any = await manager.async_init(DOMAIN, context={"issue_id": KEY})
    other: Any = await manager.async_init(DOMAIN, context={"issue_id": KEY})
    await manager.async_configure(one["flow_id"], {"next_step_id": "never"})
    late: Any = await manager.async_configure(other["flow_id"], {"next_step_id": "accept"})
    assert (late["type"], late["reason"]) == (FlowResultType.ABORT, "gone")
    assert not calls
    assert [a.answer for a in coordinator_of(entry).feedback.ledger.answers] == [Answer.NEVER]


async def test_an_action_while_somebody_answers_is_done_once(sure: HomeAssistant, set_up: SetUp) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    entry = await set_up()
    await switch(sure, on=True)
    coordinator = coordinator_of(entry)
    await coordinator.feedback.async_ruled(Rule(Verdict.ALLOW, PORCH, None, 0.0))
    sure.async_create_task(coordinator.async_look())
    with pytest.raises(ServiceValidationError) as late:
        await call(sure, "accept", entity_id=PORCH)
    assert late.value.translation_key == "gone"
    assert len(calls) == 1


async def test_a_clock_that_jumps_does_nothing_twice(
    sure: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    calls = obedient(sure, "light", "turn_off", "off")
    await allowed(sure, set_up)
    assert len(calls) == 1
    for jump in (-86400, 3 * 86400, -2 * 86400):
        await later(sure, freezer, jump)
        await later(sure, freezer, 61)
    assert len(calls) == 1


async def test_thumbs_up_for_what_was_done_does_not_end_a_question(
    sure: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    obedient(sure, "light", "turn_off", "off")
    entry = await allowed(sure, set_up)
    assert records(entry) == [(PORCH, Outcome.DONE)]
    [record] = coordinator_of(entry).feedback.ledger.records
    await later(sure, freezer, 86400 * 3)
    script.p_low = 0.5  # sure enough to ask, not to act
    put(sure, PORCH, "on", "Porch light", ago=0)
    for _ in range(20):
        await later(sure, freezer, 60)
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [f"still_on:{PORCH}"]
    told = async_capture_events(sure, EVENT_ANSWERED)
    await async_rate(coordinator_of(entry), Context(), record.id, good=True)
    await settled(sure)
    assert told == []
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [f"still_on:{PORCH}"]


async def test_thumbs_up_in_shadow_mode_does_not_end_the_question(
    sure: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    obedient(sure, "light", "turn_off", "off")
    entry = await allowed(sure, set_up, **{CONF_SHADOW: True})
    assert records(entry) == [(PORCH, Outcome.SHADOW)]
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [f"still_on:{PORCH}"]
    [record] = coordinator_of(entry).feedback.ledger.records
    await async_rate(coordinator_of(entry), Context(), record.id, good=True)
    await settled(sure)
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [f"still_on:{PORCH}"]


async def test_allowed_anew_after_always_and_undo(
    sure: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    obedient(sure, "light", "turn_off", "off")
    obedient(sure, "light", "turn_on", "on")
    script.p_low = 0.5
    entry = await set_up()
    await switch(sure, on=True)
    await call(sure, "accept", entity_id=PORCH, always=True)
    await later(sure, freezer, 60)
    await call(sure, "undo", entity_id=PORCH)
    await later(sure, freezer, 86400)
    await call(sure, "allow", entity_id=PORCH)
    script.p_low = 0.97
    for _ in range(40):
        await later(sure, freezer, 60)
    assert [outcome for _, outcome in records(entry)] == [Outcome.UNDONE, Outcome.DONE]


@pytest.mark.parametrize(
    ("entity_id", "state", "features", "able"),
    [
        ("media_player.speaker", "playing", MediaPlayerEntityFeature.PAUSE, False),
        ("media_player.speaker", "playing", MediaPlayerEntityFeature.TURN_OFF, True),
        ("fan.attic", "on", FanEntityFeature.SET_SPEED, False),
        ("fan.attic", "on", FanEntityFeature.TURN_OFF, True),
        ("cover.blind", "open", CoverEntityFeature.SET_POSITION, False),
        ("cover.blind", "open", CoverEntityFeature.CLOSE, True),
        ("valve.garden", "open", ValveEntityFeature.OPEN, False),
        ("valve.garden", "open", ValveEntityFeature.CLOSE, True),
    ],
)
async def test_what_cannot_be_told_is_not_asked_about(
    porch: HomeAssistant, script: Script, set_up: SetUp, entity_id: str, state: str, features: int, able: bool
) -> None:
    put(porch, entity_id, state, supported_features=int(features))
    script.suspects = [entity_id]
    entry = await set_up()
    assert entity_id in coordinator_of(entry).watched
    assert [h.entity_id for h in coordinator_of(entry).feedback.ledger.open] == [entity_id] * able


async def test_never_holds_for_the_thing(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    report(porch, "shelly", "light.shelly")
    device = report(porch, "matter", "light.matter")
    for key in ("light.shelly", "light.matter"):
        put(porch, key, "on", "Desk lamp", ago=7200)
    script.suspects = ["light.shelly", "light.matter"]
    entry = await set_up()
    assert [h.entity_id for h in coordinator_of(entry).feedback.ledger.open] == ["light.shelly"]
    await call(porch, "reject", entity_id="light.shelly", never=True)
    # Later the device of the other integration is put into an area, too
    dr.async_get(porch).async_update_device(device.id, area_id=ar.async_get(porch).async_create("Study").id)
    await settled(porch)
    assert await porch.config_entries.async_reload(entry.entry_id)  # as after a restart; else the next night
    await settled(porch)
    assert [h.entity_id for h in coordinator_of(entry).feedback.ledger.open] == []


@pytest.mark.parametrize("area", [False, True])
async def test_a_fridge_is_a_fridge_by_whichever_name(
    porch: HomeAssistant, script: Script, set_up: SetUp, proven: None, area: bool
) -> None:
    report(porch, "shelly", "switch.kitchen_fridge")
    device = report(porch, "matter", "switch.plug_3")
    er.async_get(porch).async_update_entity("switch.kitchen_fridge", name="Kitchen fridge")
    if area:
        dr.async_get(porch).async_update_device(device.id, area_id=ar.async_get(porch).async_create("Kitchen").id)
    put(porch, "switch.kitchen_fridge", "on", "Kitchen fridge", ago=7200)
    put(porch, "switch.plug_3", "on", "Plug 3", ago=7200)
    script.suspects, script.p_low = ["switch.plug_3", "switch.kitchen_fridge"], 0.97
    entry = await set_up()
    await switch(porch, on=True)
    calls = obedient(porch, "switch", "turn_off", "off")
    await call(porch, "allow", kind="still_on")
    await settled(porch)
    assert ([c.data["entity_id"] for c in calls], records(entry)) == ([], [])
