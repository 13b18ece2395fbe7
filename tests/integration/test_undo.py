"""What was done is taken back: exactly, once, and only by somebody who may, on real entities of Home Assistant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.components.cover import CoverDeviceClass, CoverEntity, CoverEntityFeature
from homeassistant.components.fan import FanEntity, FanEntityFeature
from homeassistant.components.light import ColorMode, LightEntity, LightEntityFeature
from homeassistant.components.lock import LockEntity
from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import UnitOfTemperature
from homeassistant.core import Context, HomeAssistant, ServiceCall, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    setup_test_component_platform,
)

from custom_components.hunches import actions
from custom_components.hunches.const import DOMAIN, EVENT_ACTED
from custom_components.hunches.coordinator import HunchesCoordinator
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import Answer, Outcome, Rule, Verdict
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.engine.told import VERIFY_SECONDS
from custom_components.hunches.history import HistoryUnavailable

from .conftest import PORCH, Script, SetUp, coordinator_of, later, put, settled
from .stored import answers_file
from .test_actions import PROOF, SWITCH, call, issue, records, switch


class Lamp(LightEntity):
    """A lamp with everything that a lamp can have."""

    entity_id = "light.lamp"
    _attr_name = "Lamp"
    _attr_should_poll = False
    _attr_supported_color_modes = {ColorMode.HS, ColorMode.COLOR_TEMP}  # noqa: RUF012
    _attr_color_mode = ColorMode.HS
    _attr_effect_list = ["none", "candle"]  # noqa: RUF012
    _attr_supported_features = LightEntityFeature.EFFECT
    _attr_is_on = True
    _attr_brightness = 87
    _attr_hs_color = (210.0, 65.0)
    _attr_effect = "candle"

    @override
    async def async_turn_on(self, **wanted: Any) -> None:
        self._attr_is_on = True
        self._attr_brightness = wanted.get("brightness", 255)
        self._attr_hs_color = wanted.get("hs_color", (0.0, 0.0))
        self._attr_effect = wanted.get("effect")
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **_: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


class Blind(CoverEntity):
    """A blind that stops anywhere."""

    entity_id = "cover.blind"
    _attr_name = "Blind"
    _attr_should_poll = False
    _attr_device_class = CoverDeviceClass.BLIND
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE | CoverEntityFeature.SET_POSITION
    _attr_current_cover_position = 40

    @property
    @override
    def is_closed(self) -> bool:
        return self._attr_current_cover_position == 0

    @override
    async def async_set_cover_position(self, **wanted: Any) -> None:
        self._attr_current_cover_position = wanted["position"]
        self.async_write_ha_state()

    @override
    async def async_close_cover(self, **_: Any) -> None:
        await self.async_set_cover_position(position=0)


class Garage(Blind):
    """A garage door."""

    entity_id = "cover.garage"
    _attr_name = "Garage"
    _attr_device_class = CoverDeviceClass.GARAGE


class Fan(FanEntity):
    """A fan with speeds that turns its head."""

    entity_id = "fan.fan"
    _attr_name = "Fan"
    _attr_should_poll = False
    _attr_supported_features = (
        FanEntityFeature.SET_SPEED | FanEntityFeature.OSCILLATE | FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF
    )
    _attr_percentage = 66
    _attr_oscillating = True

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **_: Any) -> None:
        self._attr_percentage = percentage or 100
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **_: Any) -> None:
        self._attr_percentage, self._attr_oscillating = 0, False
        self.async_write_ha_state()

    @override
    async def async_oscillate(self, oscillating: bool) -> None:
        self._attr_oscillating = oscillating
        self.async_write_ha_state()


class Player(MediaPlayerEntity):
    """A player that forgets its volume when it is off."""

    entity_id = "media_player.player"
    _attr_name = "Player"
    _attr_should_poll = False
    _attr_supported_features = (
        MediaPlayerEntityFeature.TURN_ON
        | MediaPlayerEntityFeature.TURN_OFF
        | MediaPlayerEntityFeature.VOLUME_SET
        | MediaPlayerEntityFeature.SELECT_SOURCE
        | MediaPlayerEntityFeature.PLAY
    )
    _attr_state = MediaPlayerState.PLAYING
    _attr_volume_level = 0.31
    _attr_source_list = ["radio", "tv"]  # noqa: RUF012
    _attr_source = "radio"

    @override
    async def async_turn_on(self) -> None:
        self._attr_state, self._attr_volume_level, self._attr_source = MediaPlayerState.ON, 0.9, "tv"
        self.async_write_ha_state()

    @override
    async def async_turn_off(self) -> None:
        self._attr_state = MediaPlayerState.OFF
        self.async_write_ha_state()

    @override
    async def async_media_play(self) -> None:
        self._attr_state = MediaPlayerState.PLAYING
        self.async_write_ha_state()

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        self._attr_volume_level = volume
        self.async_write_ha_state()

    @override
    async def async_select_source(self, source: str) -> None:
        self._attr_source = source
        self.async_write_ha_state()


class Heating(ClimateEntity):
    """A thermostat with presets; to set a temperature ends a preset, as with most."""

    entity_id = "climate.hall"
    _attr_name = "Hall"
    _attr_should_poll = False
    _attr_hvac_modes = [HVACMode.OFF, HVACMode.HEAT]  # noqa: RUF012
    _attr_hvac_mode = HVACMode.HEAT
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_supported_features = ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.PRESET_MODE
    _attr_preset_modes = ["none", "comfort"]  # noqa: RUF012
    _attr_preset_mode = "comfort"
    _attr_target_temperature = 21.5
    _attr_target_temperature_step = 0.5
    broken = False

    @override
    async def async_set_temperature(self, **wanted: Any) -> None:
        if self.broken:
            raise HomeAssistantError("no radio")
        self._attr_target_temperature, self._attr_preset_mode = wanted["temperature"], "none"
        self.async_write_ha_state()

    @override
    async def async_set_preset_mode(self, preset_mode: str) -> None:
        if self.broken:
            raise HomeAssistantError("no radio")
        self._attr_preset_mode = preset_mode
        self._attr_target_temperature = 21.5
        self.async_write_ha_state()

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        self._attr_hvac_mode = hvac_mode
        self.async_write_ha_state()


class Lock(LockEntity):
    """A lock."""

    entity_id = "lock.door"
    _attr_name = "Door"
    _attr_should_poll = False
    _attr_is_locked = False

    @override
    async def async_lock(self, **_: Any) -> None:
        self._attr_is_locked = True
        self.async_write_ha_state()


class Kettle(SwitchEntity):
    """A switch without any setting."""

    entity_id = "switch.kettle"
    _attr_name = "Kettle"
    _attr_should_poll = False
    _attr_is_on = True

    @override
    async def async_turn_on(self, **_: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **_: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


def put_again(hass: HomeAssistant, state: State) -> None:
    """Let an entity be in its state for two hours."""
    since = dt_util.utcnow().timestamp() - 7200
    hass.states.async_set(state.entity_id, state.state, state.attributes, force_update=True, timestamp=since)


type Real = Mapping[str, Any]


@pytest.fixture
async def real(script: Script, hass: HomeAssistant) -> Real:
    """Let there be one real entity of each domain, on for two hours, and a mind that suspects them all."""
    things: list[Entity] = [Lamp(), Blind(), Garage(), Fan(), Player(), Heating(), Lock(), Kettle()]
    for domain in {thing.entity_id.partition(".")[0] for thing in things}:
        mine = [thing for thing in things if thing.entity_id.startswith(f"{domain}.")]
        setup_test_component_platform(hass, domain, mine)
        assert await async_setup_component(hass, domain, {domain: {"platform": "test"}})
    await hass.async_block_till_done()
    hass.states.async_set("person.ada", "not_home")
    for thing in things:
        state = hass.states.get(thing.entity_id)
        assert state is not None
        put_again(hass, state)
    script.p_low = 0.97
    script.kinds = {"climate.hall": Kind.HEATING_WHILE_AWAY}
    return {thing.entity_id: thing for thing in things}


def shown(hass: HomeAssistant, entity_id: str) -> tuple[str, dict[str, Any]]:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state, dict(state.attributes)


async def acted_on(hass: HomeAssistant, script: Script, set_up: SetUp, entity_id: str) -> MockConfigEntry:
    """Let the mind suspect one device, and let it be done without asking."""
    script.suspects = [entity_id]
    with patch.object(HunchesCoordinator, "proven", lambda self, entity_id, kind=None: PROOF):
        entry = await set_up()
        await switch(hass, on=True)
        await call(hass, "allow", entity_id=entity_id)
    assert records(entry) == [(entity_id, Outcome.DONE)]
    return entry


@pytest.mark.parametrize(
    "entity_id", ["light.lamp", "cover.blind", "fan.fan", "media_player.player", "climate.hall", "switch.kettle"]
)
async def test_exactly_what_was_before_is_restored(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, entity_id: str, hass_admin_user: MockUser
) -> None:
    before = shown(hass, entity_id)
    entry = await acted_on(hass, script, set_up, entity_id)
    assert shown(hass, entity_id) != before
    script.suspects = []
    acted = async_capture_events(hass, EVENT_ACTED)
    response = await call(hass, "undo", Context(user_id=hass_admin_user.id), entity_id=entity_id)
    assert shown(hass, entity_id) == before
    assert (response["outcome"], response["exactly"]) == ("undone", True)
    assert records(entry) == [(entity_id, Outcome.UNDONE)]
    (answer,) = [a for a in coordinator_of(entry).feedback.ledger.answers if a.answer is Answer.UNDONE]
    assert (answer.by, answer.hunch.entity_id) == (hass_admin_user.id, entity_id)
    assert [(event.data["undo"], event.data["action_id"]) for event in acted] == [(True, response["action_id"])]
    assert coordinator_of(entry).teacher.causes.of_live(acted[0].context) is Cause.OURS
    await coordinator_of(entry).async_look()
    assert [yes for _, yes in script.heard[-1]] == [False]
    with pytest.raises(ServiceValidationError) as again:
        await call(hass, "undo", entity_id=entity_id)
    assert again.value.translation_key == "already_undone"


async def test_what_is_undone_is_not_repeated_until_it_is_allowed_anew(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    await call(hass, "undo")
    for _ in range(3):
        await later(hass, freezer, 1700)
        for _ in range(7):
            await later(hass, freezer, 61)
    assert shown(hass, "light.lamp")[0] == "on"
    assert len(records(entry)) == 1
    assert [d["why"] for d in (await call(hass, "act"))["declined"]] == ["undone"]
    with patch.object(HunchesCoordinator, "proven", lambda self, entity_id, kind=None: PROOF):
        await call(hass, "allow", entity_id="light.lamp")
    assert shown(hass, "light.lamp")[0] == "off"


@pytest.mark.parametrize(("entity_id", "reason"), [("lock.door", "would_unlock"), ("cover.garage", "would_open")])
async def test_nothing_is_unlocked_or_opened(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, entity_id: str, reason: str
) -> None:
    script.suspects = [entity_id]
    entry = await set_up()
    await call(hass, "accept", entity_id=entity_id)
    assert records(entry) == [(entity_id, Outcome.DONE)]
    before = shown(hass, entity_id)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "undo", entity_id=entity_id)
    assert refused.value.translation_key == reason
    assert shown(hass, entity_id) == before
    assert records(entry) == [(entity_id, Outcome.DONE)]


@pytest.mark.parametrize(("after", "outcome"), [(60, Outcome.UNDONE), (599, Outcome.UNDONE), (601, Outcome.SUPERSEDED)])
async def test_switched_back_by_hand(
    real: Real,
    hass: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    after: float,
    outcome: Outcome,
) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    freezer.tick(after)
    await real["light.lamp"].async_turn_on()  # at the wall
    await settled(hass)
    assert records(entry) == [("light.lamp", outcome)]
    answers = [a.answer for a in coordinator_of(entry).feedback.ledger.answers]
    assert (Answer.UNDONE in answers) is (outcome is Outcome.UNDONE)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "undo", entity_id="light.lamp")
    assert refused.value.translation_key in ("already_undone", "changed_since")


async def test_an_automation_that_switches_back_is_no_answer(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    context = Context()
    hass.bus.async_fire("automation_triggered", {"name": "x", "entity_id": "automation.x"}, context=context)
    await hass.services.async_call("light", "turn_on", {"entity_id": "light.lamp"}, blocking=True, context=context)
    await settled(hass)
    assert records(entry) == [("light.lamp", Outcome.SUPERSEDED)]
    assert Answer.UNDONE not in [a.answer for a in coordinator_of(entry).feedback.ledger.answers]


async def test_changed_while_home_assistant_was_down(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await real["light.lamp"].async_turn_on()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "undo")
    assert refused.value.translation_key == "changed_since"
    assert records(entry)[0] == ("light.lamp", Outcome.SUPERSEDED)


async def test_undo_survives_a_restart(real: Real, hass: HomeAssistant, script: Script, set_up: SetUp) -> None:
    before = shown(hass, "light.lamp")
    entry = await acted_on(hass, script, set_up, "light.lamp")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    action_id = (await call(hass, "rules"))["actions"][0]["action_id"]
    await call(hass, "undo", action_id=action_id)
    assert shown(hass, "light.lamp") == before


async def test_only_those_who_may_and_only_what_there_is(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    member = MockUser().add_to_hass(hass)
    member.mock_policy({"entities": {"domains": {"cover": True}}})
    ada = Context(user_id=member.id)
    entry = await acted_on(hass, script, set_up, "light.lamp")
    with pytest.raises(Unauthorized):
        await call(hass, "undo", ada, entity_id="light.lamp")
    for which in ({}, {"entity_id": "cover.blind"}, {"action_id": "none"}):
        with pytest.raises(ServiceValidationError) as refused:
            await call(hass, "undo", ada, **which)
        assert refused.value.translation_key == "nothing_to_undo"
    real["light.lamp"]._attr_available = False
    real["light.lamp"].async_write_ha_state()
    with pytest.raises(HomeAssistantError) as unreachable:
        await call(hass, "undo", entity_id="light.lamp")
    assert unreachable.value.translation_key == "out_of_reach"
    assert records(entry) == [("light.lamp", Outcome.DONE)]


async def test_a_device_that_does_not_come_back_is_told(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    entry = await acted_on(hass, script, set_up, "switch.kettle")

    async def ignore(**_: Any) -> None:
        return

    monkeypatch.setattr(real["switch.kettle"], "async_turn_on", ignore)
    with pytest.raises(HomeAssistantError) as failed:
        await call(hass, "undo")
    assert failed.value.translation_key == "not_undone"
    assert records(entry) == [("switch.kettle", Outcome.DONE)]


async def test_a_setting_that_does_not_come_back_is_told(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    await acted_on(hass, script, set_up, "light.lamp")
    lamp = real["light.lamp"]

    async def dim(**_: Any) -> None:
        await Lamp.async_turn_on(lamp, brightness=10)

    monkeypatch.setattr(lamp, "async_turn_on", dim)
    response = await call(hass, "undo")
    assert (response["outcome"], response["exactly"], response["restored"]["brightness"]) == ("undone", False, 87)


@pytest.mark.parametrize("steps", [("on", "off"), ("on", "unavailable", "off")])
async def test_a_device_that_reports_late_is_no_hand(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory, steps: tuple[str, ...]
) -> None:
    """After five seconds Home Assistant forgets who called: the report names nobody. Somebody's own hand counts."""
    attributes = {"friendly_name": "Porch light"}

    async def obey(call: ServiceCall) -> None:
        for state in steps if call.service == "turn_off" else steps[-1::-1]:
            freezer.tick(3)
            porch.states.async_set(PORCH, state, attributes)

    porch.services.async_register("light", "turn_off", obey)
    porch.services.async_register("light", "turn_on", obey)
    put(porch, PORCH, "on", "Porch light", ago=7200)
    script.p_low = 0.97
    entry = await acted_on(porch, script, set_up, PORCH)
    coordinator = coordinator_of(entry)
    await coordinator.async_look()
    assert script.noted[-1][2:] == ("off", Cause.OURS)
    assert PORCH not in coordinator.actions.moment(0.0, {}).touched
    response = await call(porch, "undo")
    assert response["outcome"] == "undone"
    await coordinator.async_look()
    assert script.noted[-1][2:] == ("on", Cause.OURS)
    assert PORCH not in coordinator.actions.moment(0.0, {}).touched
    freezer.tick(2)
    porch.states.async_set(PORCH, "off", attributes)
    freezer.tick(2)
    porch.states.async_set(PORCH, "on", attributes)
    await coordinator.async_look()
    assert [noted[2:] for noted in script.noted[-2:]] == [("off", Cause.PHYSICAL), ("on", Cause.PHYSICAL)]
    assert PORCH in coordinator.actions.moment(0.0, {}).touched
    # And so the recorder says it, once it is read again
    coordinator.async_learn()
    await settled(porch)
    timeline = script.learned[-1][PORCH].carried()
    p = Cause.PHYSICAL
    assert timeline.causes[-4:].tolist() == [Cause.OURS, Cause.OURS, p, p]


async def test_what_worked_after_all_can_be_undone(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    async def refuse(_: ServiceCall) -> None:
        raise HomeAssistantError("no radio")

    porch.services.async_register("light", "turn_off", refuse)
    put(porch, PORCH, "on", "Porch light", ago=7200)
    script.p_low = 0.97
    with pytest.raises(AssertionError):
        await acted_on(porch, script, set_up, PORCH)
    (entry,) = porch.config_entries.async_entries(DOMAIN)
    assert records(entry) == [(PORCH, Outcome.FAILED)]
    freezer.tick(8)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    await settled(porch)
    assert records(entry) == [(PORCH, Outcome.DONE)]


@pytest.mark.parametrize(("seconds", "touched"), [(VERIFY_SECONDS, False), (VERIFY_SECONDS + 1, True)])
async def test_a_device_that_tells_in_steps_what_it_does_is_no_hand(
    real: Real,
    hass: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    seconds: float,
    touched: bool,
) -> None:
    """The lamp is on, and then it tells how bright it is; long after, somebody dims it."""
    entry = await acted_on(hass, script, set_up, "light.lamp")
    lamp, script.suspects = real["light.lamp"], []
    await call(hass, "undo")
    freezer.tick(seconds)
    lamp._attr_brightness = 60
    lamp._context = None
    lamp.async_write_ha_state()
    await settled(hass)
    assert ("light.lamp" in coordinator_of(entry).actions.moment(0.0, {}).touched) is touched
    assert records(entry) == [("light.lamp", Outcome.UNDONE)]


async def test_undo_twice_at_once(real: Real, hass: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    first = hass.async_create_task(call(hass, "undo"))
    with pytest.raises(ServiceValidationError) as second:
        await call(hass, "undo")
    await first
    assert second.value.translation_key == "already_undone"
    answers = coordinator_of(entry).feedback.ledger.answers
    assert [a.answer for a in answers].count(Answer.UNDONE) == 1


# --- groups


class Bulb(Lamp):
    """A lamp that is shown only in a group."""

    def __init__(self, name: str, is_on: bool, brightness: int) -> None:
        self.entity_id = f"light.{name}"
        self._attr_unique_id = self._attr_name = name
        self._attr_is_on, self._attr_brightness = is_on, brightness


type Bulbs = dict[str, Bulb]


@pytest.fixture
async def bulbs(script: Script, hass: HomeAssistant) -> Bulbs:
    """Let there be a group of three lamps in a row, two of them in a group of their own, one of these off."""
    lamps = {name: Bulb(name, name != "b", level) for name, level in (("a", 87), ("b", 40), ("c", 200))}
    setup_test_component_platform(hass, "light", list(lamps.values()))
    group = {"platform": "group", "name": "Row", "entities": ["light.a", "light.pair"]}
    pair = {"platform": "group", "name": "Pair", "unique_id": "pair", "entities": ["light.b", "light.c"]}
    assert await async_setup_component(hass, "light", {"light": [{"platform": "test"}, pair, group]})
    await hass.async_block_till_done()
    for key in ("light.a", "light.b", "light.c", "light.pair"):
        er.async_get(hass).async_update_entity(key, hidden_by=er.RegistryEntryHider.USER)
    hass.states.async_set("person.ada", "not_home")
    state = hass.states.get("light.row")
    assert state is not None
    put_again(hass, state)
    script.p_low = 0.97
    return lamps


async def test_each_member_of_a_group_is_as_it_was(
    bulbs: Bulbs, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    keys = ["light.a", "light.b", "light.c", "light.row", "light.pair"]
    before = {key: shown(hass, key) for key in keys}
    assert [before[key][0] for key in keys] == ["on", "off", "on", "on", "on"]
    entry = await acted_on(hass, script, set_up, "light.row")
    assert {shown(hass, key)[0] for key in keys} == {"off"}
    script.suspects = []
    assert await hass.config_entries.async_reload(entry.entry_id)  # what is kept is on disk
    await settled(hass)
    response = await call(hass, "undo", entity_id="light.row")
    assert {key: shown(hass, key) for key in keys} == before
    assert (response["outcome"], response["exactly"]) == ("undone", True)
    assert {key: kept["state"] for key, kept in response["restored"]["members"].items()} == {
        "light.a": "on",
        "light.b": "off",
        "light.c": "on",
    }
    await settled(hass)
    assert records(entry) == [("light.row", Outcome.UNDONE)]
    assert "light.row" not in coordinator_of(entry).actions.moment(0.0, {}).touched
    await coordinator_of(entry).async_look()
    assert script.noted[-1][2:] == ("on", Cause.OURS)


async def test_a_member_that_does_not_come_back_is_told(
    bulbs: Bulbs, hass: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    await acted_on(hass, script, set_up, "light.row")

    async def ignore(**_: Any) -> None:
        return

    monkeypatch.setattr(bulbs["c"], "async_turn_on", ignore)
    response = await call(hass, "undo")
    assert (response["outcome"], response["exactly"]) == ("undone", False)
    assert [shown(hass, key)[0] for key in ("light.a", "light.b", "light.c")] == ["on", "off", "off"]


async def test_a_member_that_fails_is_told_when_the_others_are_back(
    bulbs: Bulbs, hass: HomeAssistant, script: Script, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await acted_on(hass, script, set_up, "light.row")

    async def refuse(**_: Any) -> None:
        raise HomeAssistantError("no radio")

    monkeypatch.setattr(bulbs["a"], "async_turn_on", refuse)
    with pytest.raises(HomeAssistantError) as failed:
        await call(hass, "undo")
    assert failed.value.translation_key == "not_undone"
    assert shown(hass, "light.c")[0] == "on"
    await settled(hass)
    assert records(entry)[0][1] is not Outcome.UNDONE


async def test_a_renamed_member_comes_back(bulbs: Bulbs, hass: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await acted_on(hass, script, set_up, "light.row")
    await settled(hass)
    feedback = coordinator_of(entry).feedback
    await feedback.async_rename("light.c", "light.d")
    (record,) = feedback.ledger.records
    assert sorted(record.before["members"]) == ["light.a", "light.b", "light.d"]
    assert record.hunch.entity_id == "light.row"


@pytest.mark.parametrize(
    ("listed", "members"),
    [
        ({"light.inner": [PORCH, "light.x", "light.y"]}, {"light.x": "on", "light.y": "off"}),
        ({"light.inner": [PORCH, "light.inner", "light.x"], "light.x": ["light.inner"]}, {"light.x": "on"}),
        ({"light.inner": ["light.gone", "switch.other", "light.away"]}, {"light.inner": "on"}),
        ({}, {"light.inner": "on"}),
    ],
)
async def test_groups_in_a_circle_and_members_that_cannot_be_read(
    porch: HomeAssistant, script: Script, set_up: SetUp, listed: dict[str, list[str]], members: dict[str, str]
) -> None:
    attributes = {"friendly_name": "Porch light", "entity_id": ["light.inner"]}
    states = {"light.inner": "on", "light.x": "on", "light.y": "off", "switch.other": "on", "light.away": "unavailable"}
    for key, state in states.items():
        domain, _, name = key.partition(".")
        er.async_get(porch).async_get_or_create(
            domain, "test", name, suggested_object_id=name, hidden_by=er.RegistryEntryHider.USER
        )
        porch.states.async_set(key, state, {"entity_id": listed[key]} if key in listed else {})
    since = dt_util.utcnow().timestamp() - 7200
    porch.states.async_set(PORCH, "on", attributes, timestamp=since)

    def obey(service: str, becomes: str) -> None:
        async def switched(call: ServiceCall) -> None:
            named = call.data["entity_id"]
            for key in [named] if isinstance(named, str) else named:
                for one in (PORCH, *states) if key == PORCH else (key, PORCH):
                    state = porch.states.get(one)
                    if one.startswith("light.") and state is not None and state.state != "unavailable":
                        porch.states.async_set(one, becomes, state.attributes, context=call.context)

        porch.services.async_register("light", service, switched)

    obey("turn_off", "off")
    obey("turn_on", "on")
    script.p_low = 0.97
    await acted_on(porch, script, set_up, PORCH)
    response = await call(porch, "undo")
    assert (response["outcome"], response["exactly"]) == ("undone", True)
    assert shown(porch, "switch.other")[0] == "on"
    assert {key: kept["state"] for key, kept in response["restored"]["members"].items()} == members
    assert {key: shown(porch, key)[0] for key in members} == members


# --- heating


async def test_heating_is_set_back_and_restored_when_people_are_back(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    before = shown(hass, "climate.hall")
    entry = await acted_on(hass, script, set_up, "climate.hall")
    state, attributes = shown(hass, "climate.hall")
    assert (state, attributes["temperature"]) == ("heat", 18.5)
    for _ in range(3):
        await later(hass, freezer, 3600)
    assert shown(hass, "climate.hall")[1]["temperature"] == 18.5
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await switch(hass, on=False)  # nothing new is done; what is set back still comes back
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)
    assert shown(hass, "climate.hall") == before
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert Answer.UNDONE not in [a.answer for a in coordinator_of(entry).feedback.ledger.answers]


@pytest.mark.parametrize("trouble", [HistoryUnavailable("recorder_locked"), RuntimeError("broken")])
async def test_heating_comes_back_while_history_cannot_be_read_after_a_restart(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, trouble: Exception
) -> None:
    before = shown(hass, "climate.hall")
    entry = await acted_on(hass, script, set_up, "climate.hall")
    with patch("custom_components.hunches.teaching.Teacher.async_read", side_effect=trouble):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await settled(hass)
    assert shown(hass, "climate.hall") == before  # nobody looks who could see that people are up
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]


@pytest.mark.parametrize(("after", "outcome"), [(300, Outcome.UNDONE), (3000, Outcome.SUPERSEDED)])
async def test_heating_that_somebody_changed_is_left(
    real: Real,
    hass: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    after: float,
    outcome: Outcome,
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    freezer.tick(after)
    await real["climate.hall"].async_set_temperature(temperature=23.0)
    await settled(hass)
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await later(hass, freezer, 61)
    assert shown(hass, "climate.hall")[1]["temperature"] == 23.0
    assert records(entry) == [("climate.hall", outcome)]


async def test_a_thermostat_that_rounds_late_is_still_set_back(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    freezer.tick(60)
    real["climate.hall"]._attr_target_temperature = 19.0
    real["climate.hall"].async_write_ha_state()
    await settled(hass)
    assert records(entry) == [("climate.hall", Outcome.DONE)]
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await later(hass, freezer, 61)
    assert shown(hass, "climate.hall")[1]["temperature"] == 21.5
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]


async def test_heating_that_cannot_be_restored_is_told_and_tried_again(
    real: Real,
    hass: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    real["climate.hall"].broken = True
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    for _ in range(30):
        await later(hass, freezer, 61)
    told = issue(hass, "failed:climate.hall")
    assert told is not None
    assert (told.translation_key, told.severity) == ("not_restored", ir.IssueSeverity.WARNING)
    warnings = [r for r in caplog.records if r.levelname == "WARNING" and "could not be restored" in r.message]
    assert len(warnings) == 1
    assert records(entry) == [("climate.hall", Outcome.DONE)]
    real["climate.hall"].broken = False
    for _ in range(22):
        await later(hass, freezer, 61)
    assert shown(hass, "climate.hall")[1]["temperature"] == 21.5
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert issue(hass, "failed:climate.hall") is None
    assert hass.states.get(SWITCH).attributes["failed"] == []


async def test_a_person_accepts_to_set_heating_back(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    script.suspects = ["climate.hall"]
    entry = await set_up(setback=2.0, lowest=20.0)
    assert (await call(hass, "accept", entity_id="climate.hall"))["answer"] == "accepted"
    assert shown(hass, "climate.hall")[1]["temperature"] == 20.0
    assert records(entry) == [("climate.hall", Outcome.DONE)]


async def test_heating_in_fahrenheit(real: Real, hass: HomeAssistant, script: Script, set_up: SetUp) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    real["climate.hall"].async_write_ha_state()
    before = shown(hass, "climate.hall")
    assert before[1]["temperature"] == 71
    await acted_on(hass, script, set_up, "climate.hall")
    assert 65 <= shown(hass, "climate.hall")[1]["temperature"] <= 66
    script.suspects = []
    await call(hass, "undo")
    assert shown(hass, "climate.hall") == before


async def test_heating_comes_back_when_the_integration_is_removed(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    before = shown(hass, "climate.hall")
    entry = await acted_on(hass, script, set_up, "climate.hall")
    assert shown(hass, "climate.hall") != before
    await hass.config_entries.async_remove(entry.entry_id)
    await settled(hass)
    assert shown(hass, "climate.hall") == before


async def test_heating_comes_back_once_when_the_integration_is_disabled(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    before = shown(hass, "climate.hall")
    entry = await acted_on(hass, script, set_up, "climate.hall")
    lowered = shown(hass, "climate.hall")[1]["temperature"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)
    assert shown(hass, "climate.hall")[1]["temperature"] == lowered, "a reload brings nothing back"
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await settled(hass)
    assert shown(hass, "climate.hall") == before
    await real["climate.hall"].async_set_temperature(temperature=lowered)  # as somebody wants it to be by now
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await settled(hass)
    await coordinator_of(entry).async_look()
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert shown(hass, "climate.hall")[1]["temperature"] == lowered


async def test_heating_that_does_not_come_back_when_disabled_is_tried_again_when_enabled(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    before = shown(hass, "climate.hall")
    entry = await acted_on(hass, script, set_up, "climate.hall")
    real["climate.hall"].broken = True
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await settled(hass)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert "climate.hall was set back and could not be restored" in caplog.text
    real["climate.hall"].broken = False
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await settled(hass)
    assert shown(hass, "climate.hall") == before
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]


async def test_a_device_that_left(real: Real, hass: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await acted_on(hass, script, set_up, "light.lamp")
    (record,) = coordinator_of(entry).feedback.ledger.records
    await coordinator_of(entry).feedback.async_recorded(replace(record, outcome=Outcome.FAILED, detail="gone"))
    await real["light.lamp"].async_remove()
    await coordinator_of(entry).async_look()
    assert issue(hass, "failed:light.lamp") is None
    await coordinator_of(entry).feedback.async_recorded(record)
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "undo")
    assert refused.value.translation_key == "out_of_reach"


async def test_a_light_is_turned_on_after_an_explicit_always(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await real["light.lamp"].async_turn_off()
    script.suspects, script.kinds = ["light.lamp"], {"light.lamp": Kind.USUALLY_ON_BY_NOW}
    script.p_away, script.p_asleep = 0.05, 0.01
    freezer.tick(7200)
    entry = await set_up()
    await switch(hass, on=True)
    feedback = coordinator_of(entry).feedback
    await feedback.async_ruled(Rule(Verdict.ALLOW, "light.lamp", None, 0.0))
    coordinator_of(entry)._policy._firm["usually_on_by_now:light.lamp"] = 0.0
    why = [d["why"] for d in (await call(hass, "act"))["declined"]]
    assert why == ["not_allowed"]
    await feedback.async_ruled(Rule(Verdict.ALLOW, "light.lamp", Kind.USUALLY_ON_BY_NOW, 0.0))
    assert [a["action"] for a in (await call(hass, "act"))["acted"]] == ["light.turn_on"]
    assert shown(hass, "light.lamp")[0] == "on"
    await call(hass, "undo")
    assert shown(hass, "light.lamp")[0] == "off"


async def test_a_thermostat_that_tells_late_is_set_back_once_and_restored(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    hall, script.suspects = real["climate.hall"], ["climate.hall"]

    async def tells(temperature: float) -> None:
        freezer.tick(40)
        hall._attr_target_temperature = temperature
        hall._attr_preset_mode = "comfort" if temperature == 21.5 else "none"
        hall.async_write_ha_state()
        await settled(hass)

    hall.broken = True  # no answer within seconds; it does as told when it wakes up
    with patch.object(HunchesCoordinator, "proven", lambda self, entity_id, kind=None: PROOF):
        entry = await set_up()
        await switch(hass, on=True)
        await call(hass, "allow", entity_id="climate.hall")
    assert records(entry) == [("climate.hall", Outcome.FAILED)]
    await tells(18.5)
    assert records(entry) == [("climate.hall", Outcome.DONE)]
    for _ in range(2):
        await later(hass, freezer, 2000)
    assert records(entry) == [("climate.hall", Outcome.DONE)], "set back once, not twice"
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await later(hass, freezer, 61)
    assert issue(hass, "failed:climate.hall") is not None
    await tells(21.5)
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert issue(hass, "failed:climate.hall") is None
    assert Answer.UNDONE not in [a.answer for a in coordinator_of(entry).feedback.ledger.answers]


@pytest.mark.parametrize(("mode", "target"), [(HVACMode.OFF, 18.5), (HVACMode.OFF, None), (HVACMode.HEAT, None)])
async def test_heating_that_is_off_or_says_nothing_for_a_while_comes_back(
    real: Real,
    hass: HomeAssistant,
    script: Script,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    mode: HVACMode,
    target: float | None,
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    hall = real["climate.hall"]
    assert shown(hass, "climate.hall")[1]["temperature"] == 18.5
    # A window was open, or the radio was bad. Many thermostats do not say what they are set to while they are off
    for stands in ((mode, target), (HVACMode.HEAT, 18.5)):
        await later(hass, freezer, 1200)
        hall._attr_hvac_mode, hall._attr_target_temperature = stands
        hall.async_write_ha_state()
        await settled(hass)
    script.p_away, script.p_asleep, script.suspects = 0.2, 0.1, []
    await later(hass, freezer, 61)
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert shown(hass, "climate.hall")[1]["temperature"] == 21.5


async def test_the_unit_of_temperature_is_the_one_that_holds(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp
) -> None:
    script.suspects = ["climate.hall"]
    await set_up()
    await hass.config.async_update(unit_system="us_customary")
    await settled(hass)
    real["climate.hall"].async_write_ha_state()
    await settled(hass)
    assert shown(hass, "climate.hall")[1]["temperature"] == 71
    await call(hass, "accept", entity_id="climate.hall")
    assert 65 <= shown(hass, "climate.hall")[1]["temperature"] <= 66


async def test_heating_that_is_set_back_comes_back_as_the_unit_changes(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    script.suspects = []
    await later(hass, freezer, 1200)
    await hass.config.async_update(unit_system="us_customary")
    real["climate.hall"].async_write_ha_state()
    await settled(hass)
    assert records(entry) == [("climate.hall", Outcome.RESTORED)]
    assert real["climate.hall"].target_temperature == pytest.approx(21.5)


async def test_what_was_erased_while_heating_was_set_back_is_erased_once_it_is_back(
    real: Real, hass: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await acted_on(hass, script, set_up, "climate.hall")
    script.suspects = []
    await call(hass, "erase", all=True)
    script.p_away, script.p_asleep = 0.2, 0.1
    for _ in range(3):
        await later(hass, freezer, 61)
    assert shown(hass, "climate.hall")[1]["temperature"] == 21.5
    assert records(entry) == []
    assert "climate.hall" not in answers_file(hass).read_text(encoding="utf-8")
