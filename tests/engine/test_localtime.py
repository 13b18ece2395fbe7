"""Local time against the standard library, and the sun against almanac values."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.localtime import LocalTime

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
MOMENTS = st.integers(1_104_537_600, 2_051_222_400)  # 2005 to 2034


def unix(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.sampled_from(ZONES), st.lists(MOMENTS, min_size=1, max_size=5))
def test_the_wall_clock_agrees_with_the_standard_library(zone: str, moments: list[int]) -> None:
    clock = LocalTime(zone)
    walls = [datetime.fromtimestamp(m, ZoneInfo(zone)) for m in moments]
    asked = np.array(moments, dtype=np.float64)
    offsets = [w.utcoffset() for w in walls]
    assert clock.offset(asked).tolist() == [o.total_seconds() for o in offsets if o is not None]
    assert clock.hour(asked) == pytest.approx([w.hour + w.minute / 60 + w.second / 3600 for w in walls])
    assert clock.weekday(asked).tolist() == [w.weekday() for w in walls]
    assert clock.weekend(asked).tolist() == [int(w.weekday() >= 5) for w in walls]


@pytest.mark.parametrize(
    ("zone", "change", "before", "after"),
    [
        ("Europe/Berlin", unix(2026, 3, 29, 1), 3600, 7200),
        ("Europe/Berlin", unix(2026, 10, 25, 1), 7200, 3600),
        ("Pacific/Auckland", unix(2026, 4, 4, 14), 46800, 43200),
        ("America/St_Johns", unix(2026, 3, 8, 5, 30), -12600, -9000),
    ],
)
def test_the_clock_changes_at_its_very_second(zone: str, change: float, before: int, after: int) -> None:
    offsets = LocalTime(zone).offset(np.array([change - 1, change - 0.001, change, change + 1]))
    assert offsets.tolist() == [before, before, after, after]


def test_shapes_are_kept() -> None:
    clock = LocalTime("Europe/Berlin", 52.5, 13.4)
    for shape in ((), (0,), (3,), (2, 3)):
        moments = np.full(shape, unix(2026, 6, 1, 12))
        for answer in (clock.offset, clock.local, clock.hour, clock.weekday, clock.weekend, clock.elevation):
            assert np.shape(answer(moments)) == shape


def test_years_are_crossed() -> None:
    clock = LocalTime("Pacific/Kiritimati")  # 14 hours ahead
    assert float(clock.hour(unix(2025, 12, 31, 23))) == 13.0
    moments = np.array([unix(2025, 12, 31, 23, 59), unix(2026, 1, 1, 0, 1)])
    assert clock.offset(moments).tolist() == [50400.0, 50400.0]
    assert clock.weekday(unix(2025, 12, 31, 23)) == 3  # Thursday, the first of January


@pytest.mark.parametrize(
    ("place", "moment", "degrees"),
    [
        # solar noon at the solstices and the equinox: 90 - |latitude - declination|
        ((51.48, 0.0), unix(2026, 6, 21, 12, 2), 61.96),
        ((51.48, 0.0), unix(2026, 12, 21, 11, 58), 15.08),
        ((-36.85, 174.76), unix(2026, 12, 22, 0, 19), 76.6),
        ((0.0, 0.0), unix(2026, 3, 20, 12, 7), 89.7),
        # midnight sun, and polar night
        ((69.65, 18.96), unix(2026, 6, 21, 22, 46), 3.1),
        ((69.65, 18.96), unix(2026, 12, 21, 10, 42), -3.1),
    ],
)
def test_the_sun_stands_where_an_almanac_says(place: tuple[float, float], moment: float, degrees: float) -> None:
    assert float(LocalTime("UTC", *place).elevation(moment)) == pytest.approx(degrees, abs=0.5)


def test_sunrise_and_sunset_in_berlin() -> None:
    # 2026-06-21: 02:43 and 19:33 UTC by the almanac, refraction and the sun's radius included (0.83 degrees)
    clock = LocalTime("Europe/Berlin", 52.52, 13.40)
    for when in (unix(2026, 6, 21, 2, 43), unix(2026, 6, 21, 19, 33)):
        assert float(clock.elevation(when)) == pytest.approx(-0.83, abs=0.5)


def test_a_home_that_does_not_say_where_it_is_has_its_zones_noon() -> None:
    for zone in ("Pacific/Auckland", "America/New_York", "UTC"):
        clock = LocalTime(zone)
        day = np.arange(unix(2026, 2, 1), unix(2026, 2, 2), 300.0, dtype=np.float64)
        top = clock.hour(day[np.argmax(clock.elevation(day))])
        assert 11.0 <= float(top) <= 13.5
