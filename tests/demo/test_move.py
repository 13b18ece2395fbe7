"""A recorded home moved to the present: local hours and weekdays stay what they were."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Interval, Recording
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.timeline import Timeline
from script._demo.move import move

ZONE = "Europe/Berlin"


def at(zone: str, *when: int, fold: int = 0) -> float:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).timestamp()  # type: ignore[misc]


def record(times: list[float], zone: str = ZONE) -> Recording:
    states = np.arange(len(times), dtype=np.int8) % 2
    home = Home("Test", zone, entities={"light.a": Entity("light.a")})
    return Recording(home, {"light.a": Timeline.from_readings(times, states)})


def days(first: datetime, count: int) -> list[float]:
    """Return 07:00 and 22:30 of each day."""
    found = []
    for day in range(count):
        morning = (first + timedelta(days=day)).replace(hour=7)
        found += [morning.timestamp(), morning.replace(hour=22, minute=30).timestamp()]
    return found


@pytest.mark.parametrize("zone", [ZONE, "America/New_York", "Asia/Kolkata", "Australia/Adelaide"])
@pytest.mark.parametrize("now", [(2026, 11, 23, 1, 20), (2027, 4, 2, 13, 0), (2027, 7, 1, 23, 59)])
def test_local_hours_and_weekdays_stay(zone: str, now: tuple[int, ...]) -> None:
    """Six weeks across the end of summer time, moved to winter, to just after it begins, and to summer."""
    recording = record(days(datetime(2024, 10, 1, tzinfo=ZoneInfo(zone)), 42), zone)
    moved = move(recording, at(zone, *now)).timelines["light.a"]
    before = [datetime.fromtimestamp(t, ZoneInfo(zone)) for t in recording.timelines["light.a"].times[: len(moved)]]
    after = [datetime.fromtimestamp(t, ZoneInfo(zone)) for t in moved.times]
    assert len(moved) >= 2 * 35
    assert [(t.weekday(), t.hour, t.minute) for t in after] == [(t.weekday(), t.hour, t.minute) for t in before]
    assert np.array_equal(moved.states, recording.timelines["light.a"].states[: len(moved)])


def test_it_reaches_up_to_now_and_no_further() -> None:
    now = at(ZONE, 2026, 11, 23, 12, 0)
    moved = move(record(days(datetime(2025, 1, 1, tzinfo=ZoneInfo(ZONE)), 60)), now).timelines["light.a"]
    assert now - 15.5 * 3600 < moved.times[-1] <= now


def test_a_short_home_moves_by_days() -> None:
    """Under three weeks, cutting up to a week off would leave too little."""
    recording = record(days(datetime(2020, 5, 5, tzinfo=ZoneInfo(ZONE)), 8))
    moved = move(recording, at(ZONE, 2026, 11, 23, 23, 0)).timelines["light.a"]
    assert len(moved) == 16 - 2 or len(moved) == 16
    last = datetime.fromtimestamp(moved.times[-1], ZoneInfo(ZONE))
    assert (last.day, last.hour, last.minute) in {(22, 22, 30), (23, 22, 30)}


def test_a_home_from_the_future_moves_back() -> None:
    now = at(ZONE, 2026, 11, 23, 12, 0)
    moved = move(record(days(datetime(2031, 3, 1, tzinfo=ZoneInfo(ZONE)), 30)), now).timelines["light.a"]
    assert now - 86400.0 < moved.times[-1] <= now


def test_an_hour_shown_twice_keeps_its_order() -> None:
    """02:10 and 02:50 before the clocks go back, 02:20 and 02:40 after: none is lost, none overtakes another."""
    times = [at(ZONE, 2024, 10, 27, 2, m) for m in (10, 50)]
    times += [at(ZONE, 2024, 10, 27, 2, m, fold=1) for m in (20, 40)]
    later = [at(ZONE, 2024, 9, 1, 8), *times, at(ZONE, 2024, 11, 12, 8)]
    moved = move(record(later), at(ZONE, 2026, 6, 1, 12)).timelines["light.a"]
    assert len(moved) == 5
    assert np.all(np.diff(moved.times) > 0)
    assert moved.states.tolist() == [0, 1, 0, 1, 0]


def test_truth_and_what_comes_after_now_are_left_behind() -> None:
    recording = record(days(datetime(2024, 1, 1, tzinfo=ZoneInfo(ZONE)), 30))
    recording = Recording(recording.home, recording.timelines, (Interval(0.0, 1.0, "asleep"),))
    assert move(recording, at(ZONE, 2026, 1, 1)).truth == ()


def test_a_home_without_history_moves_nowhere() -> None:
    recording = Recording(Home("Test", ZONE, entities={"light.a": Entity("light.a")}), {})
    assert move(recording, at(ZONE, 2026, 1, 1)).timelines == {}
