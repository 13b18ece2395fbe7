"""Habits in words: how long a device is usually on, and by when it is usually off."""

from __future__ import annotations

import pytest

from custom_components.hunches.engine.habits import FEWEST_EVENINGS, FEWEST_USES, usual_minutes, usual_off_hour
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Cause, Timeline

from .conftest import START

BERLIN = LocalTime("Europe/Berlin")
MIDNIGHT = START - HOUR  # in Berlin
PERSON, OURS = Cause.PERSON, Cause.OURS


def lamp(*uses: tuple[float, float, Cause, Cause]) -> Timeline:
    """Return a lamp that was on from one hour to another (since the first midnight), by somebody's hand each."""
    rows: list[tuple[float, int, Cause]] = [(MIDNIGHT, OFF, Cause.UNKNOWN)]
    for start, end, begun, ended in uses:
        rows += [(MIDNIGHT + start * HOUR, ON, begun), (MIDNIGHT + end * HOUR, OFF, ended)]
    times, states, causes = zip(*rows, strict=True)
    return Timeline.from_readings(times, states, causes)


def daily(
    days: int, start: float, end: float, ended: Cause = PERSON, first: int = 0
) -> list[tuple[float, float, Cause, Cause]]:
    return [(24 * d + start, 24 * d + end, PERSON, ended) for d in range(first, first + days)]


def test_the_middle_half_of_uses() -> None:
    uses = [
        (24 * d + 19.0, 24 * d + 19.0 + minutes / 60, PERSON, PERSON) for d, minutes in enumerate((10, 20, 30, 40, 50))
    ]
    assert usual_minutes(lamp(*uses)) == pytest.approx((20, 40))
    assert usual_minutes(lamp(*uses[: FEWEST_USES - 1])) is None
    assert usual_minutes(Timeline.empty()) is None


def test_a_gap_does_not_end_a_use() -> None:
    whole = lamp(*daily(6, 19, 22))
    gone = Timeline.from_readings(
        sorted([*whole.times, whole.times[1] + 60, whole.times[1] + 120]),
        [OFF, ON, UNKNOWN, ON, *whole.states[2:]],
    )
    assert usual_minutes(gone) == usual_minutes(whole)


def test_uses_that_we_ended_are_no_habit() -> None:
    people = daily(6, 19, 22)
    assert usual_minutes(lamp(*people, *daily(6, 19, 19.2, OURS, first=6))) == pytest.approx((180, 180))
    begun = (24 * 6 + 10.0, 24 * 6 + 10.1, OURS, PERSON)
    assert usual_minutes(lamp(*people, begun)) == pytest.approx((180, 180))
    assert usual_minutes(lamp(*people[:3], *daily(9, 19, 19.2, OURS, first=3))) is None


def test_off_by_on_nine_of_ten_evenings() -> None:
    now = MIDNIGHT + 11 * DAY + 12 * HOUR
    assert usual_off_hour(lamp(*daily(10, 19, 22.5)), now, BERLIN) == 22.5
    assert usual_off_hour(lamp(*daily(10, 23, 25.25)), now, BERLIN) == 1.25  # past midnight it is the same evening
    assert usual_off_hour(lamp(*daily(10, 19, 22.5), (254.0, 262.0, PERSON, PERSON)), now, BERLIN) == 22.5
    assert usual_off_hour(lamp(*daily(FEWEST_EVENINGS - 1, 19, 22.5)), now, BERLIN) is None
    assert usual_off_hour(lamp(*daily(10, 8, 9)), now, BERLIN) is None  # never on in the evening
    assert usual_off_hour(lamp(*daily(10, 19, 30)), now, BERLIN) is None  # on all night


def test_evenings_on_which_we_switched_it_off_do_not_count() -> None:
    now = MIDNIGHT + 21 * DAY + 12 * HOUR
    people = daily(10, 19, 23)
    assert usual_off_hour(lamp(*people, *daily(10, 19, 21, OURS, first=10)), now, BERLIN) == 23.0
    # Nor does what was used earlier on such an evening: nobody knows how late it would have been
    twice = [
        use for day in range(10, 20) for use in (*daily(1, 18, 18.5, first=day), *daily(1, 19, 21, OURS, first=day))
    ]
    assert usual_off_hour(lamp(*people, *twice), now, BERLIN) == 23.0
    assert usual_off_hour(lamp(*people[:4], *twice), now, BERLIN) is None
