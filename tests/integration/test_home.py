"""The home as the registries describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.entity import Entity as HaEntity
from homeassistant.helpers.group import GenericGroup, get_group_entities
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.engine.folded import RESOLUTION, Folded, Unfolding
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.hunches import Kind
from custom_components.hunches.engine.policy import action_for
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.history import build_home
from custom_components.hunches.history.cause import LIVE_CONTEXTS, CauseIndex
from custom_components.hunches.live import Change, LiveChanges, changes_after, complete

if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder


async def test_devices_and_evidence(hass: HomeAssistant) -> None:
    for entity_id, attributes in (
        ("light.lamp", {"friendly_name": "Lamp"}),
        ("sensor.power", {"device_class": "power"}),
        ("sensor.lux", {"device_class": "illuminance"}),
        ("binary_sensor.motion", {"device_class": "motion"}),
        ("binary_sensor.battery", {"device_class": "battery"}),
        ("zone.home", {}),
        ("zone.work", {}),
        ("automation.dusk", {}),
    ):
        hass.states.async_set(entity_id, "on", attributes)
    home = build_home(hass)
    assert [e.entity_id for e in home.devices] == ["light.lamp"]
    assert [e.entity_id for e in home.evidence] == ["binary_sensor.motion", "sensor.lux"]
    assert home.entities["light.lamp"].name == "Lamp"
    assert (home.time_zone, home.latitude) == (hass.config.time_zone, hass.config.latitude)


async def test_the_zone_counts_only_where_somebody_is_followed(hass: HomeAssistant) -> None:
    """A person without a tracker is unknown, and the zone counts nobody for ever: that is not an empty home."""
    hass.states.async_set("zone.home", "0")
    hass.states.async_set("person.ann", "unknown")
    assert [e.entity_id for e in build_home(hass).evidence] == ["person.ann"]
    hass.states.async_set("person.ann", "not_home")
    assert [e.entity_id for e in build_home(hass).evidence] == ["person.ann", "zone.home"]


async def test_a_tracker_is_evidence_though_it_is_diagnostic(hass: HomeAssistant) -> None:
    entry = er.async_get(hass).async_get_or_create(
        "device_tracker", "test", "phone", entity_category=EntityCategory.DIAGNOSTIC
    )
    hass.states.async_set(entry.entity_id, "home")
    assert [e.entity_id for e in build_home(hass).evidence] == [entry.entity_id]


async def test_hidden_disabled_and_technical_entities_are_left_out(hass: HomeAssistant) -> None:
    registry = er.async_get(hass)
    for name, how in (
        ("plain", {}),
        ("hidden", {"hidden_by": er.RegistryEntryHider.USER}),
        ("disabled", {"disabled_by": er.RegistryEntryDisabler.USER}),
        ("config", {"entity_category": EntityCategory.CONFIG}),
        ("diagnosis", {"entity_category": EntityCategory.DIAGNOSTIC}),
    ):
        entry = registry.async_get_or_create("switch", "test", name, suggested_object_id=name, **how)  # type: ignore[arg-type]
        hass.states.async_set(entry.entity_id, "off")
    hass.states.async_set("switch.excluded", "off")
    assert list(build_home(hass, ["switch.excluded"]).entities) == ["switch.plain"]


async def test_what_the_recorder_is_told_not_to_keep_is_left_out(
    hunches_allowed: Recorder, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_instance(hass), "entity_filter", lambda entity_id: entity_id != "light.secret")
    hass.states.async_set("light.secret", "on")
    hass.states.async_set("light.plain", "on")
    assert list(build_home(hass).entities) == ["light.plain"]


async def test_groups_are_no_devices_beside_their_members(hass: HomeAssistant) -> None:
    hass.states.async_set("light.a", "on")
    hass.states.async_set("light.b", "on")
    hass.states.async_set("light.both", "on", {"entity_id": ["light.a", "light.b"]})
    hass.states.async_set("light.helper", "on")
    hass.states.async_set("light.elsewhere", "on", {"entity_id": ["light.far_away"]})
    hass.states.async_set("light.hue_room", "on", {"entity_id": {"light.a", "light.b"}})
    helper = HaEntity()
    helper.group = GenericGroup(helper, ["light.b"])
    get_group_entities(hass)["light.helper"] = helper
    assert sorted(build_home(hass).entities) == ["light.a", "light.b", "light.elsewhere"]


async def test_a_group_knows_its_hidden_members_and_is_left_alone_with_an_excluded_one(hass: HomeAssistant) -> None:
    registry = er.async_get(hass)
    for name, domain in (("Larder fridge", "switch"), ("Kettle", "switch"), ("Lamp", "light"), ("Other lamp", "light")):
        entry = registry.async_get_or_create(domain, "test", name, suggested_object_id=f"plug_{name[0]}")
        registry.async_update_entity(entry.entity_id, hidden_by=er.RegistryEntryHider.INTEGRATION)
        hass.states.async_set(entry.entity_id, "on", {"friendly_name": name})
    for domain, name, members in (
        ("switch", "Kitchen plugs", ["switch.plug_l", "switch.plug_k"]),
        ("light", "Both", ["light.plug_l", "light.plug_o"]),
        ("switch", "Everything", ["switch.kitchen_plugs", "switch.everything", "switch.gone"]),
    ):
        options = {"group_type": domain, "name": name, "entities": members, "hide_members": True, "all": False}
        helper = MockConfigEntry(domain="group", title=name, options=options)
        helper.add_to_hass(hass)
        assert await hass.config_entries.async_setup(helper.entry_id)
    await hass.async_block_till_done()
    home = build_home(hass)
    assert sorted(home.entities) == ["light.both", "switch.kitchen_plugs"]
    assert [one.name for one in home.entities["switch.kitchen_plugs"].whole] == [
        "Kitchen plugs", "Larder fridge", "Kettle",
    ]  # fmt: skip
    assert action_for(home.entities["switch.kitchen_plugs"], Kind.STILL_ON) is None
    assert action_for(home.entities["light.both"], Kind.STILL_ON) is not None
    registry.async_update_entity("switch.kitchen_plugs", hidden_by=er.RegistryEntryHider.USER)
    nested = build_home(hass).entities["switch.everything"]
    assert [one.entity_id for one in nested.whole] == [
        "switch.everything", "switch.kitchen_plugs", "switch.plug_l", "switch.plug_k", "switch.gone",
    ]  # fmt: skip
    assert action_for(nested, Kind.STILL_ON) is None
    assert list(build_home(hass, ["light.plug_o"]).entities) == ["switch.everything"]


async def test_what_a_thermostat_drives_is_the_thermostats(hass: HomeAssistant) -> None:
    plug = er.async_get(hass).async_get_or_create("switch", "test", "1", suggested_object_id="radiator")
    for entity_id in ("switch.radiator", "switch.mist", "switch.other"):
        hass.states.async_set(entity_id, "on")
    MockConfigEntry(domain="generic_thermostat", options={"heater": plug.id}).add_to_hass(hass)
    MockConfigEntry(domain="generic_hygrostat", options={"humidifier": "switch.mist"}).add_to_hass(hass)
    assert list(build_home(hass).entities) == ["switch.other"]


async def test_area_and_labels_of_entity_device_and_area(hass: HomeAssistant) -> None:
    label = lr.async_get(hass)
    names = {name: label.async_create(name).label_id for name in ("Mine", "Its", "Room's")}
    area = ar.async_get(hass).async_create("Küche | <b>", labels={names["Room's"]})
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    devices = dr.async_get(hass)
    device = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "1")})
    devices.async_update_device(device.id, area_id=area.id, labels={names["Its"]})
    registry = er.async_get(hass)
    lamp = registry.async_get_or_create("light", "test", "1", device_id=device.id, suggested_object_id="lamp")
    registry.async_update_entity(lamp.entity_id, labels={names["Mine"]})
    hass.states.async_set("light.lamp", "on")
    found = build_home(hass).entities["light.lamp"]
    assert found.area == "Küche | <b>"
    assert found.labels == ("Its", "Mine", "Room's")


async def test_history_is_completed_by_live_changes_and_states(hass: HomeAssistant) -> None:
    now = dt_util.utcnow().timestamp()
    for entity_id, state in (("light.a", "on"), ("light.b", "off"), ("light.c", "unavailable")):
        hass.states.async_set(entity_id, state)
    home = build_home(hass)
    tick = 1 / RESOLUTION
    now -= now % tick
    written = {
        "light.a": Timeline.from_states("light", [now - 500, now - 400], ["off", "on"], [0, Cause.AUTOMATION]),
        "light.b": Timeline.from_states("light", [now - 500], ["on"]),
        "light.c": Timeline.from_states("light", [now - 500 + 0.2 * tick], ["on"]),
    }
    recorded = Unfolding({key: Folded.of(timeline) for key, timeline in written.items()})
    changes = [
        Change(now - 500 + 0.6 * tick, "light.c", "off", Cause.PERSON),  # within the tick of what the recorder has
        Change(now - 400 - 0.5 * tick, "light.a", "on", Cause.UNKNOWN),  # the recorder has it already
        Change(now - 30, "light.b", "off", Cause.PERSON),
        Change(now - 20, "light.gone", "off", Cause.PERSON),
    ]
    full = complete(home, recorded, changes, hass.states.async_all(), now + 60)
    assert full["light.a"].times.tolist() == [now - 500, now - 400]
    assert full["light.a"].causes.tolist() == [Cause.UNKNOWN, Cause.AUTOMATION]
    assert full.folded["light.a"] is recorded.folded["light.a"], "it is held twice"
    assert full["light.b"].times.tolist() == [now - 500, now - 30]
    assert full["light.b"].causes.tolist() == [Cause.UNKNOWN, Cause.PERSON]
    assert full["light.c"].states.tolist() == [0, UNKNOWN]
    assert full["light.c"].causes.tolist() == [Cause.PERSON, Cause.UNKNOWN]
    assert "light.gone" not in full


async def test_what_lies_ahead_of_the_clock_is_no_history(hass: HomeAssistant) -> None:
    now = dt_util.utcnow().timestamp()
    hass.states.async_set("light.a", "on", timestamp=now + 9_000)
    hass.states.async_set("light.b", "off", timestamp=now - 5)
    written = {
        "light.a": Timeline.from_states("light", [now - 500, now + 8_000], ["off", "unavailable"]),
        "light.b": Timeline.from_states("light", [now - 500], ["off"]),
        "light.c": Timeline.from_states("light", [now + 7_000], ["on"]),
    }
    recorded = Unfolding({key: Folded.of(timeline) for key, timeline in written.items()})
    changes = [
        Change(now + 9_000, "light.a", "on", Cause.PERSON),
        Change(now - 2, "light.b", "on", Cause.PERSON),
        Change(now - 5, "light.b", "off", Cause.PERSON),  # the clock was put right by three seconds
    ]
    full = complete(build_home(hass), recorded, changes, hass.states.async_all(), now)
    assert full["light.a"].states.tolist() == [OFF, ON]
    assert full["light.a"].times.tolist() == pytest.approx([now - 500, now], abs=0.002)
    assert full["light.b"].states.tolist() == [OFF]
    assert "light.c" not in full
    live = LiveChanges()
    live.add(Change(now + 9_000, "light.a", "on", Cause.UNKNOWN))
    live.add(changes[1])
    assert live.recent == (changes[1],)


def test_live_changes_are_taken_once_and_kept_for_minutes() -> None:
    live = LiveChanges()
    old, new = Change(0.0, "light.a", "on", Cause.UNKNOWN), Change(1_000.0, "light.a", "off", Cause.UNKNOWN)
    live.add(old)
    assert live.take() == [old]
    live.add(new)
    assert live.take() == [new]
    assert live.take() == []
    assert live.recent == (new,)


async def test_recorded_changes_as_if_seen_live(hass: HomeAssistant) -> None:
    hass.states.async_set("light.a", "on")
    hass.states.async_set("lock.b", "locked")
    timelines = {
        "light.a": Timeline.from_states("light", [10.0, 30.0, 50.0], ["off", "on", "unavailable"], [0, 1, 0]),
        "lock.b": Timeline.from_states("lock", [10.0, 40.0], ["locked", "unlocked"]),
    }
    assert changes_after(build_home(hass), timelines, 10.0) == [
        Change(30.0, "light.a", "on", Cause.PERSON),
        Change(40.0, "lock.b", "unlocked", Cause.UNKNOWN),
        Change(50.0, "light.a", "unavailable", Cause.UNKNOWN),
    ]


def test_live_contexts_are_remembered_for_a_while_and_handed_on() -> None:
    first, ours, plain = Context(), Context(user_id="ada"), Context()
    index = CauseIndex()
    index.add(first, Cause.AUTOMATION)
    index.add(ours, Cause.OURS)
    index.add(ours, Cause.AUTOMATION)  # a script that our call started says so too
    index.add(Context(id="not a ULID"), Cause.AUTOMATION)
    later = CauseIndex()
    later.carry_over(index)
    assert [later.of_live(c) for c in (first, ours, plain)] == [Cause.AUTOMATION, Cause.OURS, Cause.PHYSICAL]
    for _ in range(LIVE_CONTEXTS):
        later.add(Context(), Cause.AUTOMATION)
    assert later.of_live(first) is Cause.PHYSICAL
