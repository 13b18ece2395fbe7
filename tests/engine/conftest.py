"""What the engine's tests share: a made-up home, and the model that ships."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.timeline import Timeline

START = 1_772_323_200.0  # 2026-03-01 00:00 UTC: four weeks before clocks change in Europe, one in America
DAYS = 35
ENTITIES = (
    Entity("light.lounge", "Lounge lamp", "Lounge"),
    Entity("light.hall", "Hall light", "Hall"),
    Entity("lock.front", "Front door lock", "Hall"),
    Entity("switch.plug_1", "Plug 1", None, "outlet"),
    Entity("binary_sensor.lounge_motion", "Lounge motion", "Lounge", "motion"),
    Entity("binary_sensor.front_door", "Front door", "Hall", "door"),
    Entity("person.ann", "Ann"),
)


def make_recording(zone: str = "Europe/Berlin", days: int = DAYS, seed: int = 3) -> Recording:
    """Return a home with an evening lamp, a hall light, a lock, a plug, motion, a door and a person, all noisy."""
    rng = np.random.default_rng(seed)
    clock = LocalTime(zone)
    midnights = START + DAY * np.arange(days) - clock.offset(START + DAY * np.arange(days))

    def uses(hour: float, minutes: float, chance: float = 0.9) -> Timeline:
        start = midnights + hour * HOUR + rng.normal(0, 900, days)
        end = start + minutes * 60 * rng.lognormal(0, 0.4, days)
        kept = rng.random(days) < chance
        times = np.stack((start, end), axis=1)[kept].ravel()
        times = np.sort(np.append(times, START - DAY))
        return Timeline.from_readings(times, np.arange(times.size) % 2)

    timelines = {
        "light.lounge": uses(18.5, 210),
        "light.hall": uses(7, 8),
        "lock.front": uses(8, 3),
        "switch.plug_1": uses(12, 45, 0.3),
        "binary_sensor.lounge_motion": uses(19, 60),
        "binary_sensor.front_door": uses(8.1, 1),
        "person.ann": uses(17.5, 860),
    }
    home = Home("test", zone, 52.5, 13.4, {e.entity_id: e for e in ENTITIES})
    return Recording(home, timelines)


@pytest.fixture
def recording() -> Recording:
    """Return five weeks of a home in Berlin."""
    return make_recording()


@pytest.fixture(scope="session")
def model() -> Model:
    """Return the model that ships, run by numpy as it is on most machines."""
    return Model.load(runtime="numpy")
