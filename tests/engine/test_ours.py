"""Our own actions are nobody's: not a sign of people, not a switch that is used together with others."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine import acceptance
from custom_components.hunches.engine.evidence import OFF_TIME, OFF_WEIGHT, RISE, features
from custom_components.hunches.engine.features import Activity
from custom_components.hunches.engine.home import OFF, ON, Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.routines import Company, switchings
from custom_components.hunches.engine.sensors import Signal
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import Usage, advance

from .conftest import DAYS, START

LAMP = "light.lounge"


def lamp(ended: Cause, days: int = DAYS) -> Timeline:
    """Return a lamp that people switch on at eight, and that somebody switches off at eleven."""
    rows: list[tuple[float, int, Cause]] = [(START - HOUR, OFF, Cause.UNKNOWN)]
    for day in range(days):
        midnight = START + day * DAY
        rows += [(midnight + 20 * HOUR, ON, Cause.PERSON), (midnight + 23 * HOUR, OFF, ended)]
    times, states, causes = zip(*rows, strict=True)
    return Timeline.from_readings(times, states, causes)


def test_our_action_is_no_activity_of_the_home() -> None:
    home = Home("test", entities={LAMP: Entity(LAMP, area="Lounge")})
    late = START + 23.1 * HOUR
    ours, theirs = (Activity.of(home, {LAMP: lamp(cause, 1)}) for cause in (Cause.OURS, Cause.PERSON))
    assert ours.room("Lounge", late)[1] > theirs.room("Lounge", late)[1]
    assert ours.at(late)[2] == 0 < theirs.at(late)[2]
    before = START + 22 * HOUR
    np.testing.assert_array_equal(ours.at(before), theirs.at(before))


def test_our_action_is_no_sign_of_people() -> None:
    """A lamp that we switched off is neither off nor on as far as people go, and switching it on again is theirs."""
    signal, timelines = Signal("light", (LAMP,)), {LAMP: lamp(Cause.OURS, 2)}
    high = np.array([22.0, 23.5, 40.0, 44.0]) * HOUR + START
    found = features(signal, timelines, high - 60.0, high)
    assert found is not None
    assert (found[:, OFF_TIME] > 0).tolist() == [True, False, False, True]
    assert (found[:, OFF_WEIGHT] > 0).tolist() == [False] * 4
    assert found[:, RISE].tolist() == [0, 0, 0, 1]
    by_people = features(signal, {LAMP: lamp(Cause.PERSON, 2)}, high - 60.0, high)
    assert by_people is not None
    assert by_people[1, OFF_WEIGHT] > 0


def test_our_action_is_no_switch_that_is_used_with_others() -> None:
    times, ups = switchings(lamp(Cause.OURS))
    assert ups.all()
    assert times.size == DAYS
    assert switchings(lamp(Cause.PERSON))[0].size == 2 * DAYS
    # Two lamps that we switch off together are not on together through the nights in which they are unknown
    company = Company.of({"light.a": lamp(Cause.OURS), "light.b": lamp(Cause.OURS)})
    assert company.keys == ("light.a", "light.b")
    assert [t.size for t in company.times] == [DAYS, DAYS]


@pytest.mark.parametrize(("ended", "share"), [(Cause.PERSON, 0.5 / DAYS), (Cause.OURS, 0.5)])
def test_uses_that_we_ended_do_not_tell_how_long_a_use_lasts(ended: Cause, share: float) -> None:
    """On for four hours. Uses were an hour shorter; where we ended them all, nothing is known of that."""
    timeline = lamp(ended).until(START + (DAYS - 1) * DAY + 22.9 * HOUR)
    now, clock = START + DAYS * DAY, LocalTime("UTC")
    tail = acceptance.look_out(timeline, advance(Usage(), timeline, now, clock), now, clock).habits[-2] * 4
    assert 1 / (1 + np.exp(-tail)) == pytest.approx(share, rel=0.01)
