"""One physical thing counts once: which entities are the same, and which of them stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.hunches.engine.twins import Reported, Reports, same_things

PAIR = (("here", "there"),)


def twins(
    *entities: Reported,
    pairs: tuple[tuple[str, str], ...] = PAIR,
    without: tuple[str, ...] = (),
    unknown: tuple[str, ...] = (),
) -> dict[str, str]:
    counted = [e.entity_id for e in entities if e.entity_id not in without]
    return Reports(entities, pairs).twins(counted, lambda key: key not in unknown)


def one(key: str, device: str = "here", **more: Any) -> Reported:
    return Reported(key, f"id-{key}", device, **more)


def test_devices_with_an_address_in_common_are_the_same_thing() -> None:
    mac, zigbee = ("mac", "aa:bb:cc:00:11:22"), ("zigbee", "00:15:8D:00:01")
    devices = [
        ("a", "hue", [zigbee, ("mac", "1")]),
        ("b", "zha", [("zigbee", "00:15:8d:00:01")]),
        ("c", "unifi", [mac]),
        ("d", "shelly", [mac, ("bluetooth", "AA")]),
        ("e", "shelly", [mac]),  # the same integration has two of them: it knows why
        ("f", "cast", [("bluetooth", mac[1])]),  # another kind of address
        ("g", "cast", []),
    ]
    assert sorted(same_things(devices)) == [("a", "b"), ("c", "d"), ("c", "e")]


@pytest.mark.parametrize("address", ["00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF", "0", ""])
def test_no_address_is_nothing_in_common(address: str) -> None:
    assert same_things([("a", "hue", [("mac", address)]), ("b", "zha", [("mac", address)])]) == ()


def test_the_only_one_of_its_kind_on_each_device_is_the_same() -> None:
    lights = one("light.a"), one("light.b", "there", created=5.0)
    assert twins(*lights, one("switch.a"), one("fan.b", "there")) == {"light.b": "light.a"}
    assert twins(*lights, pairs=()) == {}
    assert twins(one("light.a"), one("switch.b", "there")) == {}


def test_classes_tell_sensors_apart() -> None:
    sensors = (
        one("binary_sensor.door", device_class="door"),
        one("binary_sensor.motion", device_class="motion"),
        one("binary_sensor.bewegung", "there", device_class="motion", has_area=True),
        one("binary_sensor.plain", "there"),
    )
    assert twins(*sensors) == {"binary_sensor.motion": "binary_sensor.bewegung"}
    assert twins(sensors[0], sensors[3]) == {}
    # Of a plug, one integration says outlet and the other nothing
    assert twins(one("switch.a", device_class="outlet"), one("switch.b", "there")) == {"switch.b": "switch.a"}
    assert twins(one("cover.a", device_class="garage"), one("cover.b", "there", device_class="shutter")) == {}


def test_of_several_the_names_tell_which_are_the_same() -> None:
    strip = (
        one("switch.a1", name="Socket 1"),
        one("switch.a2", name="Socket 2"),
        one("switch.a3", name="Night"),
        one("switch.b1", "there", name="socket 1", has_area=True),
        one("switch.b2", "there", name="Socket 2"),
        one("switch.b4", "there", name="USB"),
    )
    assert twins(*strip) == {"switch.a1": "switch.b1", "switch.b2": "switch.a2"}
    twice = (*strip[:3], replace(strip[3], name="Socket 2"), strip[4])
    assert twins(*twice) == {}, "two of one name tell nothing"


def test_what_stays() -> None:
    """What has an area; else a name of a person's; else a state; else the older one; whatever the order."""
    plain = one("light.a", created=1.0)
    rivals = [
        (one("light.b", "there", created=9.0, has_area=True), "light.b"),
        (one("light.b", "there", created=9.0, has_own_name=True), "light.b"),
        (one("light.b", "there", created=0.5), "light.b"),
        (one("light.b", "there", created=9.0), "light.a"),
        (one("light.b", "there", created=1.0), "light.a"),
    ]
    for rival, stays in rivals:
        for order in ((plain, rival), (rival, plain)):
            assert set(twins(*order).values()) == {stays}, rival
    later = rivals[3][0]
    assert twins(plain, later, unknown=("light.a",)) == {"light.a": "light.b"}
    assert twins(plain, later, unknown=("light.a", "light.b")) == {"light.b": "light.a"}
    assert twins(replace(plain, has_area=True), later, unknown=("light.a",)) == {"light.b": "light.a"}


def test_what_does_not_count_leaves_the_other() -> None:
    lights = one("light.a", has_area=True), one("light.b", "there")
    assert twins(*lights, without=("light.a",)) == {}


def test_the_same_thing_three_times() -> None:
    lights = one("light.a", created=3.0), one("light.b", "there", created=2.0), one("light.c", "yonder", created=1.0)
    pairs = (("here", "there"), ("there", "yonder"))
    for order in permutations(lights):
        assert twins(*order, pairs=pairs) == {"light.a": "light.c", "light.b": "light.c"}


def test_two_of_one_device_are_never_the_same() -> None:
    """Two more that are each alone on their device, and so the same, would tie the two sockets of a strip together."""
    entities = (
        one("switch.left", name="Left"),
        one("switch.right", name="Right"),
        one("switch.one", "there", name="Left"),
        one("switch.two", "yonder", name="Right"),
    )
    for pairs in permutations((("here", "there"), ("here", "yonder"), ("there", "yonder"))):
        found = twins(*entities, pairs=tuple(pairs))
        assert found == {"switch.one": "switch.left", "switch.two": "switch.right"}


def test_a_switch_shown_as_something_else_is_that() -> None:
    switch = one("switch.plug", has_area=True, has_own_name=True)
    lamp = Reported("light.lamp", device="here", created=9.0, wraps="switch.plug")
    assert twins(switch, lamp) == {"switch.plug": "light.lamp"}
    assert twins(switch, lamp, unknown=("light.lamp",)) == {"switch.plug": "light.lamp"}
    assert twins(switch, lamp, without=("switch.plug",)) == {}
    assert twins(switch, lamp, without=("light.lamp",)) == {}
    unregistered = Reports((lamp,)).twins(["light.lamp", "switch.plug"], lambda _: True)
    assert unregistered == {"switch.plug": "light.lamp"}


def test_a_hidden_switch_still_tells_what_is_the_same() -> None:
    """The plug is hidden, shown as a lamp, and another integration reports it too."""
    entities = (
        one("switch.plug"),
        one("switch.other", "there"),
        Reported("light.lamp", device="here", wraps="switch.plug"),
    )
    assert twins(*entities, without=("switch.plug",)) == {"switch.other": "light.lamp"}


def test_what_wraps_is_no_report_of_its_device() -> None:
    """A lamp beside the plug that it wraps is not the light that another integration has."""
    entities = (
        one("switch.plug"),
        Reported("light.lamp", device="here", wraps="switch.plug"),
        one("light.ring", "there"),
    )
    assert twins(*entities) == {"switch.plug": "light.lamp"}


reported = st.builds(
    Reported,
    st.sampled_from(["light.a", "light.b", "light.c", "switch.d", "switch.e", "binary_sensor.f", "binary_sensor.g"]),
    device=st.sampled_from(["here", "there", "yonder", None]),
    device_class=st.sampled_from([None, "door"]),
    name=st.sampled_from(["", "One", "one", "Two"]),
    has_area=st.booleans(),
    has_own_name=st.booleans(),
    created=st.sampled_from([0.0, 1.0]),
    wraps=st.sampled_from([None, None, None, "switch.d", "light.a"]),
)


@given(
    st.lists(reported, max_size=7, unique_by=lambda e: e.entity_id),
    st.sets(st.sampled_from([("here", "there"), ("here", "yonder"), ("there", "yonder")])),
    st.sets(st.sampled_from(["light.a", "light.b", "switch.d"])),
    st.randoms(use_true_random=False),
)
def test_one_of_each_thing_stays_in_whatever_order(
    entities: list[Reported], pairs: set[tuple[str, str]], unknown: set[str], random: Any
) -> None:
    found = twins(*entities, pairs=tuple(pairs), unknown=tuple(unknown))
    assert not found.keys() & set(found.values())
    shuffled = list(entities)
    random.shuffle(shuffled)
    assert twins(*shuffled, pairs=tuple(reversed(tuple(pairs))), unknown=tuple(unknown)) == found
