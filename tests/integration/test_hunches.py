"""The life of a hunch: raised as an issue, withdrawn when moot, kept over a restart."""

from __future__ import annotations

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir

from custom_components.hunches.const import (
    CONF_EXCLUDED,
    CONF_LIGHT,
    CONF_PRESENCE,
    CONF_REPAIRS,
    CONF_SATELLITES,
    CONF_SLEEP,
    DOMAIN,
    EVENT_ACTED,
    Stage,
)
from custom_components.hunches.engine.home import Says
from custom_components.hunches.engine.policy import Answer, Settings
from custom_components.hunches.engine.timeline import Cause

from .conftest import DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled
from .stored import store

KEY = f"still_on:{PORCH}"
LOOKS = int(Settings().sustain // 61) + 1
"""So many looks of 61 seconds until a candidate has held for long enough, less the last one."""


def issue_of(hass: HomeAssistant, key: str = KEY) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, key)


async def test_a_hunch_is_an_issue(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    issue = issue_of(porch)
    assert issue is not None
    assert issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_key == "still_on"
    assert issue.translation_placeholders == {"name": "Porch light"}
    assert porch.states.get("sensor.hunches_open_hunches").state == "1"
    assert porch.states.get("sensor.hunches_open_hunches").attributes["entities"] == [PORCH]


@pytest.mark.parametrize(
    ("entity_id", "state", "kind"),
    [("cover.blind", "open", "still_open"), (DOOR, "unlocked", "still_unlocked"), (PORCH, "on", "still_on")],
)
async def test_each_kind(
    porch: HomeAssistant, script: Script, set_up: SetUp, entity_id: str, state: str, kind: str
) -> None:
    put(porch, entity_id, state)
    script.suspects = [entity_id]
    await set_up()
    issue = issue_of(porch, f"{kind}:{entity_id}")
    assert issue is not None
    assert issue.translation_key == kind


async def test_settled_by_the_home_itself(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    await later(porch, freezer, 2.5)
    assert issue_of(porch) is None
    ledger = coordinator_of(entry).feedback.ledger
    assert not ledger.open
    assert [a.answer for a in ledger.answers] == [Answer.SETTLED]
    assert porch.states.get("sensor.hunches_open_hunches").state == "0"


async def test_burst_of_changes_is_noted_in_order_with_its_causes(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = []
    await set_up()
    automation, called = Context(), Context()
    porch.bus.async_fire("automation_triggered", {"entity_id": "automation.dusk"}, context=automation)
    porch.bus.async_fire("call_service", {"domain": "light", "service": "turn_off"}, context=called)
    for state, context in (
        ("off", Context(user_id="ada")),
        ("on", Context(parent_id="01H")),
        ("off", automation),
        ("on", Context()),
        ("off", called),
    ):
        freezer.tick(0.1)
        porch.states.async_set(PORCH, state, context=context)
    freezer.tick(0.1)
    porch.states.async_set(PORCH, "off", {"brightness": 5})
    porch.states.async_remove(PORCH)
    await later(porch, freezer, 61)
    noted = [(state, cause) for entity_id, _, state, cause in script.noted if entity_id == PORCH]
    assert noted == [
        ("off", Cause.PERSON),
        ("on", Cause.AUTOMATION),
        ("off", Cause.AUTOMATION),
        ("on", Cause.PHYSICAL),
        ("off", Cause.UNKNOWN),
        ("", Cause.UNKNOWN),
    ]
    moments = [moment for _, moment, _, _ in script.noted]
    assert moments == sorted(moments)


async def test_looks_every_minute(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    script.suspects = []
    await set_up()
    script.suspects = [PORCH]
    assert issue_of(porch) is None
    for _ in range(LOOKS):
        await later(porch, freezer, 61)
        assert issue_of(porch) is None
    await later(porch, freezer, 61)
    assert issue_of(porch) is not None


async def test_waits_until_it_has_held(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    put(porch, PORCH, "off", ago=Settings().sustain + 100)
    put(porch, PORCH, "on", ago=Settings().sustain - 170)
    await set_up()
    for _ in range(2):
        await later(porch, freezer, 61)
        assert issue_of(porch) is None
    for _ in range(2):
        await later(porch, freezer, 61)
    assert issue_of(porch) is not None


async def test_silence_for_a_while_after_a_start(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    porch.set_state(CoreState.starting)
    await set_up()
    porch.set_state(CoreState.running)
    porch.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settled(porch)
    for _ in range(9):
        await later(porch, freezer, 61)
        assert issue_of(porch) is None
    await later(porch, freezer, 61)
    assert issue_of(porch) is not None


async def test_quiet_hours(porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory) -> None:
    await porch.config.async_set_time_zone("Pacific/Auckland")
    freezer.move_to("2026-11-20T10:30:00+00:00")  # 23:30 there
    put(porch, PORCH, "on")
    await set_up(quiet_start="23:00:00", quiet_end="06:00:00")
    assert issue_of(porch) is None
    await later(porch, freezer, 60 * 60 * 7)
    for _ in range(LOOKS):
        await later(porch, freezer, 61)
    assert issue_of(porch) is not None


async def test_not_in_repairs_if_not_wanted_there(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up(**{CONF_REPAIRS: False})
    assert issue_of(porch) is None
    assert porch.states.get("sensor.hunches_open_hunches").state == "1"


async def test_excluded_entities_are_not_looked_at(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up(**{CONF_EXCLUDED: [PORCH]})
    assert issue_of(porch) is None
    assert PORCH not in script.homes[0].entities


async def test_survives_a_restart(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    before = coordinator_of(entry).feedback.ledger
    assert await porch.config_entries.async_unload(entry.entry_id)
    assert issue_of(porch) is None
    script.suspects = []  # after a restart the mind may need a while to say so again
    assert await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    after = coordinator_of(entry).feedback.ledger
    assert after.open == before.open
    assert issue_of(porch) is not None


async def test_is_withdrawn_at_a_restart_when_moot(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    porch.states.async_set(PORCH, "off")
    assert await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert issue_of(porch) is None
    assert not coordinator_of(entry).feedback.ledger.open


async def test_unreadable_storage_is_left_out(
    porch: HomeAssistant,
    script: Script,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = {"open": [{"time": "yesterday"}], "answers": [{}, None], "raised": [[1.0]]}
    store(porch, {"version": 1, "minor_version": 1, "key": "hunches.feedback", "data": rows})
    entry = await set_up()
    assert "4 of the stored hunches, answers and corrections cannot be read" in caplog.text
    assert [h.key for h in coordinator_of(entry).feedback.ledger.open] == [KEY]


async def test_unavailable_devices_are_not_asked_about(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    put(porch, PORCH, "unavailable")
    await set_up()
    assert issue_of(porch) is None


async def test_one_device_without_name_area_or_history(
    hass_alone: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    await set_up()
    issue = issue_of(hass_alone)
    assert issue is not None
    assert issue.translation_placeholders == {"name": PORCH}


@pytest.fixture
def hass_alone(script: Script, hass: HomeAssistant) -> HomeAssistant:
    """Let there be one lamp that nobody has named."""
    put(hass, PORCH, "on")
    return hass


async def test_no_device_at_all(script: Script, hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    assert hass.states.get("sensor.hunches_open_hunches").state == "0"


async def test_answers_follow_a_renamed_entity(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on")
    script.suspects = ["light.attic"]
    entry = await set_up()
    registry.async_update_entity("light.attic", new_entity_id="light.gate")
    await settled(porch)
    ledger = coordinator_of(entry).feedback.ledger
    assert [hunch.entity_id for hunch in ledger.open] == ["light.gate"]
    assert [key for _, key in ledger.raised] == ["still_on:light.gate"]


@pytest.mark.parametrize("stage", [Stage.READY, Stage.READING, Stage.LEARNING])
async def test_a_renamed_device_is_asked_about_answered_and_undone_at_once(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, stage: Stage
) -> None:
    registry = er.async_get(porch)
    registry.async_get_or_create("light", "test", "1", suggested_object_id="attic")
    put(porch, "light.attic", "on", "Attic")
    calls = obedient(porch, "light", "turn_off", "off")
    restored = obedient(porch, "light", "turn_on", "on")
    script.suspects = ["light.attic"]
    entry = await set_up()
    coordinator = coordinator_of(entry)

    def rename() -> None:
        if coordinator.data.stage is not stage or porch.states.get("light.gate") is not None:
            return
        porch.states.async_remove("light.attic")
        registry.async_update_entity("light.attic", new_entity_id="light.gate")
        porch.states.async_set("light.gate", "on", {"friendly_name": "Attic"})

    rename()
    entry.async_on_unload(coordinator.async_add_listener(rename))
    if stage is not Stage.READY:
        coordinator.async_learn()
    await settled(porch)
    await coordinator.async_look()
    await coordinator.async_look()
    assert all("light.gate" not in home.entities for home in script.homes), "the new id was not learned yet"
    minds = len(script.homes)
    assert [hunch.entity_id for hunch in coordinator.feedback.ledger.open] == ["light.gate"]
    assert issue_of(porch, "still_on:light.gate") is not None
    assert issue_of(porch, "still_on:light.attic") is None
    await porch.services.async_call(DOMAIN, "accept", {"entity_id": "light.gate"}, blocking=True, return_response=True)
    assert [call.data["entity_id"] for call in calls] == ["light.gate"]
    await porch.services.async_call(DOMAIN, "undo", {"entity_id": "light.gate"}, blocking=True, return_response=True)
    assert [call.data["entity_id"] for call in restored] == ["light.gate"]
    script.suspects = ["light.gate"]
    await later(porch, freezer, 61)
    assert len(script.homes) == minds + 1, "the mind is not the one of before"
    assert "light.gate" in script.homes[-1].entities


async def test_what_the_options_choose_is_followed_to_its_new_id(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    registry = er.async_get(porch)
    for number, (domain, name) in enumerate((("light", "attic"), ("switch", "bed"), ("assist_satellite", "hall"))):
        registry.async_get_or_create(domain, "test", str(number), suggested_object_id=name)
    put(porch, "light.attic", "on")
    put(porch, "switch.bed", "on")
    script.suspects = ["light.attic", "light.gate", "switch.cot"]
    chosen = {
        CONF_EXCLUDED: ["light.attic", DOOR],
        CONF_SLEEP: ["switch.bed"],
        CONF_PRESENCE: ["switch.bed"],
        CONF_LIGHT: ["switch.bed"],
        CONF_SATELLITES: ["assist_satellite.hall"],
    }
    entry = await set_up(**chosen)
    for old, new in (
        ("light.attic", "light.gate"),
        ("switch.bed", "switch.cot"),
        ("assist_satellite.hall", "assist_satellite.den"),
    ):
        state = porch.states.get(old)
        porch.states.async_remove(old)
        registry.async_update_entity(old, new_entity_id=new)
        if state is not None:
            put(porch, new, state.state)
    await settled(porch)
    assert {key: entry.options[key] for key in chosen} == {
        CONF_EXCLUDED: ["light.gate", DOOR],
        CONF_SLEEP: ["switch.cot"],
        CONF_PRESENCE: ["switch.cot"],
        CONF_LIGHT: ["switch.cot"],
        CONF_SATELLITES: ["assist_satellite.den"],
    }
    assert coordinator_of(entry).settings.excluded == {"light.gate", DOOR}
    for _ in range(LOOKS + 3):
        await later(porch, freezer, 61)
    assert len(script.homes) == 2, "it was learned anew"
    assert "light.gate" not in script.homes[-1].entities
    assert script.homes[-1].entities["switch.cot"].says is Says.SLEEP
    assert coordinator_of(entry).feedback.ledger.open == ()


async def test_learns_again_when_the_home_changes(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await set_up()
    assert len(script.learned) == 1
    er.async_get(porch).async_get_or_create("light", "test", "2", suggested_object_id="new")
    porch.states.async_set("light.new", "off", {"friendly_name": "New"})
    await later(porch, freezer, 61)
    assert len(script.learned) == 2
    assert "light.new" in script.homes[-1].entities


async def test_learns_every_night_with_the_same_mind(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await porch.config.async_set_time_zone("Asia/Tokyo")
    freezer.move_to("2026-11-20T10:00:00+00:00")  # 19:00 there
    await set_up()
    assert len(script.learned) == 1
    freezer.move_to("2026-11-20T18:59:00+00:00")
    await later(porch, freezer, 30)
    assert len(script.learned) == 1
    for _ in range(31):  # some minute of the half hour after 4:00
        await later(porch, freezer, 60)
    assert len(script.learned) == 2
    assert len(script.homes) == 1


def test_events_have_their_names() -> None:
    from homeassistant.components.automation import EVENT_AUTOMATION_TRIGGERED
    from homeassistant.components.script.const import EVENT_SCRIPT_STARTED

    from custom_components.hunches.history.reader import AUTOMATIC_EVENTS

    assert (str(EVENT_AUTOMATION_TRIGGERED), str(EVENT_SCRIPT_STARTED)) == AUTOMATIC_EVENTS
    assert EVENT_ACTED.startswith(DOMAIN)
