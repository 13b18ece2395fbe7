"""The entities: what they show, where they stand, and what follows when a button is pressed."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.hunches.const import DOMAIN, ENOUGH_DAYS, EVENT_ANSWERED, EVENT_RAISED
from custom_components.hunches.engine.policy import Rule, Verdict

from .conftest import AGO, DOOR, PORCH, Script, SetUp, coordinator_of, later, obedient, put, settled

if TYPE_CHECKING:
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

KEY = f"still_on:{PORCH}"
EVENT = "event.hunches_hunch"


async def act(hass: HomeAssistant, domain: str, service: str, context: Context | None = None, **data: Any) -> None:
    await hass.services.async_call(domain, service, data, blocking=True, context=context)
    await settled(hass)


async def press(hass: HomeAssistant, which: str, context: Context | None = None) -> None:
    await act(hass, "button", "press", context, entity_id=f"button.hunches_{which}")


async def test_context(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    await set_up()
    found = {
        key: (state.state, state.attributes["probability"])
        for key in ("home_asleep", "home_away", "dark")
        if (state := porch.states.get(f"binary_sensor.hunches_{key}"))
    }
    assert found == {"home_asleep": ("off", 0.1), "home_away": ("on", 0.97), "dark": ("on", 0.9)}


async def test_context_is_unknown_before_the_first_look(porch: HomeAssistant, script: Script) -> None:
    def fail(progress: object) -> None:
        raise RuntimeError

    script.before_learning = fail
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    state = porch.states.get("binary_sensor.hunches_home_away")
    assert (state.state, state.attributes["probability"]) == ("unknown", None)
    assert porch.states.get("sensor.hunches_status").state == "waiting"
    assert porch.states.get("sensor.hunches_status").attributes["enough_on"] is None
    with pytest.raises(ServiceValidationError) as refused:
        await press(porch, "look_now")
    assert refused.value.translation_key == "not_ready"


async def test_our_own_conclusions_are_no_evidence(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    coordinator_of(entry).async_learn()
    await settled(porch)
    assert not [key for key in script.homes[-1].entities if "hunches" in key]


async def test_little_history_is_said(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    since = dt_util.utcnow() - timedelta(seconds=AGO)
    await set_up()
    status = porch.states.get("sensor.hunches_status")
    assert status.state == "little_history"
    assert status.attributes["enough_on"] - (since + timedelta(days=ENOUGH_DAYS)) < timedelta(seconds=5)
    assert (status.attributes["devices"], status.attributes["evidence"]) == (3, 1)
    freezer.tick(timedelta(days=ENOUGH_DAYS))
    await later(porch, freezer, 61)
    assert porch.states.get("sensor.hunches_status").state == "ready"


async def test_precision_counts_answers(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(porch, "light", "turn_off", "off")
    await set_up()
    assert porch.states.get("sensor.hunches_precision_over_30_days").state == "unknown"
    await act(porch, DOMAIN, "reject", entity_id=PORCH)
    state = porch.states.get("sensor.hunches_precision_over_30_days")
    assert (float(state.state), state.attributes["right"], state.attributes["wrong"]) == (0.0, 0, 1)
    assert 0 <= state.attributes["low"] < state.attributes["high"] < 100
    assert er.async_get(porch).async_get(state.entity_id).entity_category is EntityCategory.DIAGNOSTIC


async def test_actions_today_begin_anew_at_midnight(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    obedient(porch, "light", "turn_off", "off")
    await set_up()
    await act(porch, DOMAIN, "accept", entity_id=PORCH)
    state = porch.states.get("sensor.hunches_actions_today")
    assert (state.state, state.attributes["without_asking"]) == ("1", 0)
    assert state.attributes["last_reset"] == dt_util.start_of_local_day().isoformat()
    freezer.tick(timedelta(days=1))
    await later(porch, freezer, 61)
    assert porch.states.get("sensor.hunches_actions_today").state == "0"


async def test_news_of_a_hunch(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    obedient(porch, "light", "turn_off", "off")
    obedient(porch, "light", "turn_on", "on")
    raised, answered = async_capture_events(porch, EVENT_RAISED), async_capture_events(porch, EVENT_ANSWERED)
    seen: list[str] = []

    @callback
    def see(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            seen.append(state.attributes["event_type"])

    stop = async_track_state_change_event(porch, EVENT, see)
    await set_up()
    state = porch.states.get(EVENT)
    assert (state.attributes["event_type"], state.attributes["hunch"]) == ("hunch_raised", KEY)
    assert [(e.data["entity_id"], e.data["kind"], e.data["action"]) for e in raised] == [
        (PORCH, "still_on", "light.turn_off")
    ]
    await act(porch, DOMAIN, "accept", Context(), entity_id=PORCH)
    assert seen == [None, "hunch_raised", "hunch_answered", "action_done"]
    assert [(e.data["hunch"], e.data["answer"]) for e in answered] == [(KEY, "accepted")]
    await press(porch, "undo_last_action")
    assert seen[4:] == ["action_undone"]
    stop()


async def test_a_hunch_that_ends_by_itself_is_no_answer(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    answered = async_capture_events(porch, EVENT_ANSWERED)
    await set_up()
    porch.states.async_set(PORCH, "off")
    await later(porch, freezer, 3)
    assert porch.states.get(EVENT).attributes["event_type"] == "hunch_closed"
    assert [e.data["answer"] for e in answered] == ["settled"]


async def test_old_news_is_not_told_again_after_a_restart(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    raised = async_capture_events(porch, EVENT_RAISED)
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    assert coordinator_of(entry).feedback.ledger.open
    assert not raised


async def test_look_now(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    script.suspects = []
    entry = await set_up()
    script.suspects = [PORCH]
    coordinator_of(entry)._policy._since[KEY] = 0.0
    script.p_away = 0.3
    await press(porch, "look_now")
    assert porch.states.get("binary_sensor.hunches_home_away").state == "off"


async def test_undo_restores_and_says_when_there_is_nothing(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    obedient(porch, "light", "turn_off", "off")
    on = obedient(porch, "light", "turn_on", "on")
    await set_up()
    with pytest.raises(ServiceValidationError) as refused:
        await press(porch, "undo_last_action")
    assert refused.value.translation_key == "nothing_to_undo"
    await act(porch, DOMAIN, "accept", entity_id=PORCH)
    await press(porch, "undo_last_action")
    assert [call.data["entity_id"] for call in on] == [PORCH]
    assert porch.states.get(PORCH).state == "on"


async def test_undo_asks_who_presses(
    porch: HomeAssistant, script: Script, set_up: SetUp, hass_read_only_user: MockUser
) -> None:
    obedient(porch, "light", "turn_off", "off")
    on = obedient(porch, "light", "turn_on", "on")
    await set_up()
    await act(porch, DOMAIN, "accept", entity_id=PORCH)
    with pytest.raises((ServiceValidationError, Unauthorized)):
        await press(porch, "undo_last_action", Context(user_id=hass_read_only_user.id))
    assert not on


def sensor_of(hass: HomeAssistant, entry: MockConfigEntry, source: str) -> er.RegistryEntry | None:
    registry = er.async_get(hass)
    known = registry.async_get(source)
    unique_id = f"{entry.entry_id}_archetype_{known.id if known else source}"
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, unique_id)
    return registry.async_get(entity_id) if entity_id else None


@pytest.fixture
def lamp(porch: HomeAssistant) -> er.RegistryEntry:
    """Let there be a lamp that belongs to a device of another integration."""
    other = MockConfigEntry(domain="test")
    other.add_to_hass(porch)
    device = dr.async_get(porch).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("test", "1")}, name="Desk"
    )
    lamp = er.async_get(porch).async_get_or_create(
        "light", "test", "1", device_id=device.id, suggested_object_id="desk", config_entry=other
    )
    put(porch, "light.desk", "off", "Desk")
    return lamp


async def test_archetypes_are_disabled_and_beside_their_devices(
    porch: HomeAssistant, script: Script, set_up: SetUp, lamp: er.RegistryEntry
) -> None:
    entry = await set_up()
    mine, loose = sensor_of(porch, entry, "light.desk"), sensor_of(porch, entry, PORCH)
    assert mine is not None
    assert loose is not None
    assert mine.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert (mine.device_id, mine.original_name) == (lamp.device_id, "Archetype")
    assert loose.original_name == "Archetype of Porch light"
    (service,) = dr.async_entries_for_config_entry(dr.async_get(porch), entry.entry_id)
    assert loose.device_id == service.id
    device = dr.async_get(porch).async_get(lamp.device_id)
    assert device.config_entry_id != entry.entry_id


async def test_every_device_of_a_large_home_has_an_archetype(
    porch: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    lamps = [f"light.lamp_{number}" for number in range(45)]
    for lamp in lamps:
        put(porch, lamp, "off", lamp)
    entry = await set_up()
    assert all(sensor_of(porch, entry, lamp) for lamp in lamps)


async def test_an_archetype_that_somebody_wants(
    porch: HomeAssistant, script: Script, set_up: SetUp, lamp: er.RegistryEntry
) -> None:
    entry = await set_up()
    sensor = sensor_of(porch, entry, "light.desk")
    registry = er.async_get(porch)
    registry.async_update_entity(sensor.entity_id, disabled_by=None)
    assert await porch.config_entries.async_reload(entry.entry_id)
    await settled(porch)
    state = porch.states.get(sensor.entity_id)
    assert (state.state, state.attributes["use"]) == ("porch light", "evenings, for two hours")
    registry.async_update_entity("light.desk", new_entity_id="light.study")
    await settled(porch)
    put(porch, "light.study", "off", "Study")
    porch.states.async_remove("light.desk")
    coordinator_of(entry).async_learn()
    await settled(porch)
    assert porch.states.get(sensor.entity_id).state == "porch light"
    registry.async_remove("light.study")
    porch.states.async_remove("light.study")
    coordinator_of(entry).async_learn()
    await settled(porch)
    assert registry.async_get(sensor.entity_id) is None


@pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey instances")  # Home Assistant's own server
async def test_map(porch: HomeAssistant, script: Script, set_up: SetUp, hass_client: ClientSessionGenerator) -> None:
    put(porch, PORCH, "on", "Porch <b>&\u202elight 💡")
    await set_up()
    assert await async_setup_component(porch, "http", {})
    state = porch.states.get("image.hunches_map")
    client = await hass_client()
    response = await client.get(state.attributes["entity_picture"])
    assert (response.status, response.content_type) == (HTTPStatus.OK, "image/svg+xml")
    picture = ET.fromstring(await response.text())
    shown = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "porch light" in shown
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "Porch <b>&light 💡 · porch light" in titles
    assert len(titles) == 3


async def test_no_map_before_anything_is_known(porch: HomeAssistant, script: Script) -> None:
    def fail(progress: object) -> None:
        raise RuntimeError

    script.before_learning = fail
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(porch)
    await porch.config_entries.async_setup(entry.entry_id)
    await settled(porch)
    assert porch.states.get("image.hunches_map").state == "unknown"


async def test_rules_do_not_make_news(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    script.suspects = []
    entry = await set_up()
    before = porch.states.get(EVENT)
    await coordinator_of(entry).feedback.async_ruled(Rule(Verdict.FORBID, DOOR, None, 0.0))
    coordinator_of(entry).show()
    await settled(porch)
    assert porch.states.get(EVENT) == before
