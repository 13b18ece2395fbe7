"""What the context network reads: the same of any number of signals, in any order, known or not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_network import ASSET, Numbers
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.timeline import Timeline

START = 1_746_403_200.0  # 2025-05-05 00:00 UTC


def busy(names: tuple[str, ...], days: int = 4) -> Recording:
    """Return a home of cupboards that are opened by day."""
    entities, timelines = {}, {}
    for number, name in enumerate(names):
        rng = np.random.default_rng(number)
        times = np.sort(rng.uniform(0, days, 60 * days)) * DAY
        times = START + times[(times % DAY > 7 * HOUR) & (times % DAY < 22 * HOUR)]
        entities[name] = Entity(name, f"Cupboard {number}", "Kitchen", "opening")
        timelines[name] = Timeline.from_readings(np.append(START, times), np.arange(times.size + 1) % 2)
    return Recording(Home("busy", "UTC", entities=entities), timelines)


def test_the_order_of_signals_does_not_matter() -> None:
    one, other = busy(("binary_sensor.a", "binary_sensor.b")), busy(("binary_sensor.b", "binary_sensor.a"))
    times = START + np.arange(0, 4 * DAY, 3000)
    np.testing.assert_allclose(follow(one, times).asleep, follow(other, times).asleep, rtol=0, atol=1e-6)


def test_a_signal_of_which_nothing_is_known_says_nothing() -> None:
    recording = busy(("binary_sensor.a",))
    times = START + np.arange(0, 4 * DAY, 3000)
    found = follow(recording, times)
    for timeline in (Timeline.empty(), Timeline.from_states("binary_sensor", [START], ["unavailable"])):
        more = Recording(
            replace(
                recording.home,
                entities={**recording.home.entities, "binary_sensor.z": Entity("binary_sensor.z", "Bed", "", "motion")},
            ),
            {**recording.timelines, "binary_sensor.z": timeline},
        )
        np.testing.assert_allclose(follow(more, times).asleep, found.asleep, rtol=0, atol=1e-6)


def test_more_signals_than_are_watched_are_borne() -> None:
    recording = busy(tuple(f"binary_sensor.n{i:03}" for i in range(90)), days=2)
    found = follow(recording, START + np.arange(0, 2 * DAY, 3000))
    assert np.isfinite(found.asleep).all()
    assert found.asleep[(found.times - START) % DAY == 12 * HOUR].max(initial=0.0) < 0.5


def test_numbers_of_another_version_are_refused() -> None:
    content = json.loads(ASSET.read_text(encoding="utf-8"))
    Numbers.of(content)
    content["layers"]["shown"] = content["layers"]["shown"][:-1]
    with pytest.raises(ValueError, match="another version"):
        Numbers.of(content)


def test_the_shipped_numbers_are_finite_and_bounded() -> None:
    numbers = Numbers.load()
    for name, layer in numbers.layers.items():
        assert np.isfinite(layer).all(), name
        assert np.abs(layer).max() < 50, name
    np.testing.assert_allclose(numbers.clock.sum(axis=1), 1.0, atol=1e-3)
