"""How states are read, and which entities count as what."""

from __future__ import annotations

import pytest

from custom_components.hunches.engine.home import (
    ARMED_NIGHT,
    DEVICE_DOMAINS,
    EVIDENCE_DOMAINS,
    OFF,
    ON,
    UNKNOWN,
    Entity,
    Home,
    Says,
    read_state,
    state_name,
)
from custom_components.hunches.engine.policy import action_for
from custom_components.hunches.engine.sensors import brightness, signals_of


@pytest.mark.parametrize(
    ("domain", "on", "off"),
    [
        ("light", "on", "off"),
        ("switch", "ON", "OFF"),
        ("fan", "on", "off"),
        ("humidifier", "on", "off"),
        ("input_boolean", "on", "off"),
        ("media_player", "playing buffering on", "off idle paused standby"),
        ("cover", "open opening", "closed closing"),
        ("valve", "open opening", "closed closing"),
        ("lock", "unlocked unlocking open opening", "locked locking"),
        ("climate", "heat cool auto heat_cool dry fan_only", "off"),
        ("binary_sensor", "on", "off"),
        ("person", "home", "not_home Work Gartenstraße"),
        ("device_tracker", "home", "not_home"),
        ("zone", "1 2 17", "0"),
        ("sensor", "50 51.5 1e5", "0 49.9 -3"),
        ("sensor", "asleep in_bed home detected", "awake not_home clear"),
        ("input_select", "Night Schlaf on", "Day Away Kino off"),
        ("group", "home on", "not_home off"),
        ("sun", "above_horizon", "below_horizon"),
        ("alarm_control_panel", "armed_away armed_vacation", "disarmed armed_home pending"),
    ],
)
def test_states_are_read_as_on_and_off(domain: str, on: str, off: str) -> None:
    assert [read_state(domain, text) for text in on.split()] == [ON] * len(on.split())
    assert [read_state(domain, text) for text in off.split()] == [OFF] * len(off.split())


@pytest.mark.parametrize("domain", [*DEVICE_DOMAINS, *EVIDENCE_DOMAINS])
@pytest.mark.parametrize("text", ["unavailable", "unknown", "", "None", "Unavailable"])
def test_missing_states_are_unknown(domain: str, text: str) -> None:
    assert read_state(domain, text) == UNKNOWN


@pytest.mark.parametrize(
    ("domain", "text"),
    [("lock", "jammed"), ("light", "maybe"), ("sensor", "n/a"), ("sensor", "nan"), ("zone", "x"), ("cover", "on")],
)
def test_what_is_neither_is_unknown(domain: str, text: str) -> None:
    assert read_state(domain, text) == UNKNOWN


def test_an_alarm_armed_for_the_night_is_neither_on_nor_off() -> None:
    assert read_state("alarm_control_panel", "armed_night") == ARMED_NIGHT
    assert state_name("alarm_control_panel", ARMED_NIGHT) == "armed_night"


@pytest.mark.parametrize("domain", [*DEVICE_DOMAINS, *EVIDENCE_DOMAINS])
@pytest.mark.parametrize("reading", [UNKNOWN, OFF, ON])
def test_a_reading_written_is_read_back(domain: str, reading: int) -> None:
    assert read_state(domain, state_name(domain, reading)) == reading


@pytest.mark.parametrize(
    ("entity", "device", "evidence"),
    [
        (Entity("light.a"), True, False),
        (Entity("climate.a"), True, False),
        (Entity("binary_sensor.a"), False, True),
        (Entity("binary_sensor.a", device_class="door"), False, True),
        (Entity("binary_sensor.a", device_class="battery"), False, False),
        (Entity("sensor.a"), False, False),
        (Entity("sensor.a", device_class="illuminance"), False, True),
        (Entity("zone.home"), False, True),
        (Entity("zone.work"), False, False),
        (Entity("person.a"), False, True),
        (Entity("automation.a"), False, False),
    ],
)
def test_devices_and_evidence(entity: Entity, device: bool, evidence: bool) -> None:
    assert (entity.is_device, entity.is_evidence) == (device, evidence)


def test_a_home_lists_its_entities_in_order() -> None:
    keys = ("light.b", "sun.sun", "binary_sensor.z", "light.a", "update.x")
    home = Home("h", entities={key: Entity(key) for key in keys})
    assert [e.entity_id for e in home.devices] == ["light.a", "light.b"]
    assert [e.entity_id for e in home.evidence] == ["binary_sensor.z", "sun.sun"]


def test_what_people_name_as_evidence_is_no_device() -> None:
    mode = Entity("input_boolean.sleeping", says=Says.SLEEP)
    assert (mode.is_device, mode.is_evidence) == (False, True)
    strange = Entity("sensor.bed_weight", device_class="weight", says=Says.SLEEP)
    assert (strange.is_device, strange.is_evidence) == (False, True)
    assert not Entity("sensor.bed_weight", device_class="weight").is_evidence


def test_what_people_name_is_heeded() -> None:
    named = {
        "input_select.mode": Says.SLEEP,
        "switch.someone": Says.PRESENCE,
        "sensor.sky": Says.LIGHT,
        "binary_sensor.motion": None,
    }
    home = Home("", entities={key: Entity(key, device_class=None, says=says) for key, says in named.items()})
    signals = {signal.kind: signal.entity_ids for signal in signals_of(home).signals}
    assert signals["bed"] == ("input_select.mode",)
    assert signals["presence"] == ("switch.someone",)
    assert "switch" not in signals
    assert brightness(home) == ("sensor.sky",)
    assert action_for(home.entities["switch.someone"]) is None
