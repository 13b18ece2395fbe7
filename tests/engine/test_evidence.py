"""What signals show minute by minute: seats by staying, alarms by being set."""

from __future__ import annotations

import numpy as np

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.evidence import FALL, OFF_TIME, ON_TIME, RISE, features
from custom_components.hunches.engine.home import OFF, ON, Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.sensors import Signal
from custom_components.hunches.engine.timeline import Timeline

START = 1_746_403_200.0  # 2025-05-05 00:00 UTC


def test_a_seat_can_only_be_left_while_somebody_sits_on_it() -> None:
    seat = Timeline.from_readings(START + np.array([0.0, 30.0, 600.0]), [OFF, ON, OFF])
    high = START + 60.0 * np.arange(1, 12)
    found = features(Signal("seat", ("binary_sensor.sofa",)), {"binary_sensor.sofa": seat}, high - 60.0, high)
    assert found is not None
    assert np.flatnonzero(found[:, RISE]).tolist() == [0]
    assert np.flatnonzero(found[:, FALL]).tolist() == [9]
    assert np.flatnonzero(found[:, ON_TIME]).tolist() == list(range(10))
    assert np.flatnonzero(found[:, OFF_TIME]).tolist() == [0, 9, 10]


def test_a_cupboard_may_be_opened_in_any_minute() -> None:
    door = Timeline.from_readings(START + np.array([0.0, 30.0, 600.0]), [OFF, ON, OFF])
    high = START + 60.0 * np.arange(1, 12)
    found = features(Signal("opening", ("binary_sensor.box",)), {"binary_sensor.box": door}, high - 60.0, high)
    assert found is not None
    assert found[:, OFF_TIME].tolist() == found[:, ON_TIME].tolist() == [1.0] * 11


def test_an_alarm_that_is_not_armed_does_not_keep_people_at_home() -> None:
    """Many leave without arming it."""
    panel = Entity("alarm_control_panel.a", "Alarm")
    off = Timeline.from_states("alarm_control_panel", [START], ["disarmed"])
    times = START + np.array([2.0, 12.0, 33.0, 36.0]) * HOUR
    nothing = follow(Recording(Home("test", "UTC"), {panel.entity_id: off}), times)
    panels = follow(Recording(Home("test", "UTC", entities={panel.entity_id: panel}), {panel.entity_id: off}), times)
    np.testing.assert_allclose(panels.away, nothing.away, atol=0.02)
    np.testing.assert_allclose(panels.asleep, nothing.asleep, atol=0.02)


def test_a_burst_of_switching_is_one_sign() -> None:
    """Somebody who goes in and out, or a contact that flickers, is not so many people."""
    once, burst = START + np.array([0.0, 4000.0]), START + np.array([0.0, *(4000.0 + 30.0 * np.arange(40))])
    high = START + 60.0 * np.arange(1, 120)
    counts = []
    for times in (once, burst):
        door = Timeline.from_readings(times, np.arange(times.size) % 2)
        found = features(Signal("door", ("binary_sensor.box",)), {"binary_sensor.box": door}, high - 60.0, high)
        assert found is not None
        counts.append(found[:, RISE].sum())
        alone = [
            features(Signal("door", ("binary_sensor.box",)), {"binary_sensor.box": door}, end - 60.0, end)
            for end in high[:, None]
        ]
        np.testing.assert_allclose(np.concatenate([row for row in alone if row is not None]), found)
    assert counts[0] == 1.0
    assert counts[1] < 5.0  # of twenty


def test_nobody_falls_asleep_on_a_taken_seat() -> None:
    """Late television is not sleep, though the hour speaks for it and nothing moves."""
    bed, sofa = "binary_sensor.bed", "binary_sensor.sofa"
    home = Home(
        "h",
        "UTC",
        None,
        None,
        {key: Entity(key, name, None, "occupancy") for key, name in ((bed, "Bed"), (sofa, "Sofa"))},
    )
    midnights = START + DAY * np.arange(1, 15)
    slept = np.stack((midnights, midnights + 7 * HOUR), axis=1).ravel()
    sat = np.stack((midnights - 4 * HOUR, midnights - 600.0), axis=1).ravel()
    sat[-1] = slept[-2] = midnights[-1] + 3 * HOUR  # the last evening is a long one
    lines = {
        key: Timeline.from_readings(np.concatenate(([START], times)), np.arange(times.size + 1) % 2)
        for key, times in ((bed, slept), (sofa, sat))
    }
    asleep = follow(Recording(home, lines), midnights[-1] + np.array([-DAY - HOUR, 0.5 * HOUR, 4 * HOUR])).asleep
    assert max(asleep[:2]) < 0.5 < asleep[2]
