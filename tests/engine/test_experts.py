"""Forecasts of one device: from its own past, and never from what we did to it."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine.experts import EXPERTS, Forecasts, forecast
from custom_components.hunches.engine.home import OFF, ON
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import Usage, advance

from .conftest import DAYS, START

CLOCK = LocalTime("UTC", 52.5, 13.4)
EVENING = START + DAYS * DAY - 2 * HOUR  # ten in the evening


def evenings(off_by: Cause, *, from_day: int = 0, until: float = 23.0, after: float = 1.0) -> Timeline:
    """Return a lamp that people switch on at eight every evening and forget.

    From a day on, it goes off at eleven by somebody's hand. Before it, and as in `after`, people switch it off after
    so many hours.
    """
    rows: list[tuple[float, int, Cause]] = [(START - HOUR, OFF, Cause.UNKNOWN)]
    for day in range(DAYS - 1):
        midnight = START + day * DAY
        end, by = (until, off_by) if day >= from_day else (20 + after, Cause.PERSON)
        rows += [(midnight + 20 * HOUR, ON, Cause.PERSON), (midnight + end * HOUR, OFF, by)]
    rows.append((START + (DAYS - 1) * DAY + 20 * HOUR, ON, Cause.PERSON))
    times, states, causes = zip(*rows, strict=True)
    return Timeline.from_readings(times, states, causes)


def ask(timeline: Timeline, asof: float, *hours: float) -> Forecasts:
    usage = advance(Usage(), timeline, asof, CLOCK)
    return forecast(timeline, usage, asof, asof + HOUR * np.array(hours), CLOCK)


def p_on(found: Forecasts, name: str) -> list[float]:
    return (1 / (1 + np.exp(-found.logit[:, EXPERTS.index(name)].astype(np.float64)))).tolist()


def support(found: Forecasts, name: str) -> list[float]:
    return np.expm1(found.support[:, EXPERTS.index(name)].astype(np.float64)).tolist()


ANALOGS = [name for name in EXPERTS if name.startswith(("same_state", "onset", "clock"))]


@pytest.mark.parametrize("name", ["survival", "onset", "onset_clock", "clock", "clock_weekend"])
def test_what_we_switched_off_is_no_outcome(name: str) -> None:
    """It is on at ten. On every evening so far somebody switched it off at eleven."""
    assert support(ask(evenings(Cause.PERSON), EVENING, 2.0), name)[0] > 5
    assert support(ask(evenings(Cause.OURS), EVENING, 2.0), name)[0] < 0.5


@pytest.mark.parametrize("name", [name for name in ANALOGS if name.startswith("same_state")])
def test_moments_like_this_one_had_no_outcome_where_we_came_between(name: str) -> None:
    ours, theirs = (ask(evenings(cause), EVENING, 2.0) for cause in (Cause.OURS, Cause.PERSON))
    assert p_on(theirs, name)[0] < 0.4
    assert p_on(ours, name)[0] > p_on(theirs, name)[0] + 0.2
    # What came before our change is known as ever
    assert support(ours, name)[0] < support(ask(evenings(Cause.OURS), EVENING, 0.5), name)[0]


@pytest.mark.parametrize("name", ["onset", "onset_clock", "survival"])
def test_stretches_that_we_cut_short_are_no_lengths(name: str) -> None:
    """For three weeks people left it on till two; then somebody switched it off at nine each evening for two weeks."""
    helped, cut = (evenings(cause, from_day=21, until=21.0, after=6.0) for cause in (Cause.OURS, Cause.PERSON))
    early = EVENING - 1.5 * HOUR  # it has been on for half an hour
    before = support(ask(helped, EVENING, 3.0), name)[0]  # only uses of two hours and more
    assert support(ask(helped, early, 3.0), name)[0] == pytest.approx(before, rel=0.01)
    assert support(ask(cut, early, 3.0), name)[0] > before + 5
    assert p_on(ask(helped, early, 3.0), name)[0] > 0.85
    assert p_on(ask(cut, early, 3.0), name)[0] < 0.55


def test_what_we_left_off_says_nothing_of_the_night() -> None:
    """After our change it was off all night, every night: no proof that people want it off then."""
    timeline = evenings(Cause.OURS)
    for name in ("clock", "clock_weekend", "profile", "rate"):
        assert p_on(ask(timeline, EVENING, 4.0), name)[0] > 0.3, name
        assert p_on(ask(evenings(Cause.PERSON), EVENING, 4.0), name)[0] < 0.2, name


def test_how_it_stands_now_is_true_though_we_did_it() -> None:
    """Off by our hand for an hour: the forecast starts from off, since an hour ago."""
    timeline = evenings(Cause.PERSON)
    end = float(timeline.times[-1]) + 2 * HOUR
    causes = (Cause.OURS, Cause.PERSON)
    ours, theirs = (
        Timeline.from_readings(
            np.append(timeline.times, end), np.append(timeline.states, OFF), np.append(timeline.causes, by)
        )
        for by in causes
    )
    for name in ("survival", *ANALOGS):
        one, other = ask(ours, end + HOUR, 0.5, 12.0), ask(theirs, end + HOUR, 0.5, 12.0)
        assert p_on(one, name) == pytest.approx(p_on(other, name), abs=0.1), name


def test_the_future_is_not_looked_at() -> None:
    timeline = evenings(Cause.OURS, from_day=9)
    asof = START + 20.4 * DAY
    usage = advance(Usage(), timeline, asof, CLOCK)
    targets = asof + HOUR * np.array([0.5, 5.0, 40.0])
    whole, cut = (forecast(t, usage, asof, targets, CLOCK) for t in (timeline, timeline.until(asof)))
    np.testing.assert_array_equal(whole.logit, cut.logit)
    np.testing.assert_array_equal(whole.support, cut.support)
