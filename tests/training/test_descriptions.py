"""The use of a cluster of devices in words that a person can check."""

import numpy as np

from custom_components.hunches.engine import features
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage, advance
from model_training.descriptions import Use

CLOCK = LocalTime("Europe/Berlin", 52.5, 13.4)
MIDNIGHT = 1_767_222_000.0  # 2026-01-01 00:00 in Berlin


def _stable(hours: list[float], length: float, days: int = 40) -> np.ndarray:
    starts = np.array([MIDNIGHT + day * DAY + hour * HOUR for day in range(days) for hour in hours])
    times = np.concatenate(([MIDNIGHT - HOUR], np.stack((starts, starts + length), axis=1).ravel()))
    timeline = Timeline.from_readings(times, np.concatenate(([0], np.tile([1, 0], starts.size))).astype(np.int8))
    home = Home("test", CLOCK.zone, CLOCK.latitude, CLOCK.longitude, {}, "")
    usage = advance(Usage(), timeline, MIDNIGHT + days * DAY, CLOCK)
    return features.stable(Entity("light.lamp", "Lamp"), usage, features.home_inputs(home))[None]


def test_an_evening_lamp() -> None:
    use = Use.of(_stable([19.5], 2.5 * HOUR))
    assert use.off_by in {22, 23}
    assert use.words().startswith("evenings, about once a day, about 3 hours, off by")


def test_a_kettle_in_the_morning_and_at_night() -> None:
    use = Use.of(_stable([7.0, 7.5, 20.0], 200.0))
    assert use.words().startswith("mornings and evenings, about 3 times a day, about ")
    assert 1 < use.minutes < 10


def test_what_is_never_off_and_what_is_never_on() -> None:
    assert Use.of(_stable([0.0], DAY - 60)).words() == "nearly always on"
    assert Use.of(_stable([], 60.0)).words() == "hardly ever used"


def test_figures_are_kept_beside_the_words() -> None:
    found = Use.of(_stable([19.5], 2.5 * HOUR)).as_json()
    assert set(found) == {"on_share", "uses_a_day", "minutes", "hours", "off_by", "words"}
    assert len(found["hours"]) == 24
    assert abs(sum(found["hours"]) - 1) < 0.02
