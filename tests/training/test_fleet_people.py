"""The nights of simulated people are as regular as those of people who were measured."""

from __future__ import annotations

import numpy as np

from custom_components.hunches.engine.localtime import LocalTime
from model_training.fleet import calibration as c
from model_training.fleet.people import ASLEEP, AWAY, DAY, Person, household

FIRST_DAY, DAYS, HOUSEHOLDS = 18_000, 30, 250


def regularity(person: Person, clock: LocalTime) -> float:
    """Return the sleep regularity index: 100 for who always does what was done a day before, 0 for who throws coins.

    Nights away are left out.
    """
    plan, a_day = person.plan, int(DAY / 300.0)
    moments = np.arange(float(plan.starts[0]) + DAY, plan.end - DAY, 300.0)
    states = plan.at(moments)
    asleep, hour = states == ASLEEP, clock.hour(moments)
    elsewhere = (states == AWAY) & ((hour >= 21) | (hour < 10))
    known = ~elsewhere[:-a_day] & ~elsewhere[a_day:]
    return 200.0 * float((asleep[:-a_day] == asleep[a_day:])[known].mean()) - 100.0


def test_nights_are_as_regular_as_measured() -> None:
    """Measured: 81 [74, 86], broken nights included, which are worth some eight points (`HOURS_KEPT`)."""
    found = []
    for index in range(HOUSEHOLDS):
        rng = np.random.default_rng([5, index])
        clock = LocalTime(*c.TIME_ZONES[index % len(c.TIME_ZONES)])
        size = 1 + int(rng.choice(len(c.HOUSEHOLD_SIZES), p=c.HOUSEHOLD_SIZES))
        people = household(rng, size, FIRST_DAY, DAYS, clock, DAYS)
        found += [regularity(person, clock) for person in people if not person.child and not person.guest]
    low, middle, high = np.quantile(found, (0.25, 0.5, 0.75))
    assert 79 < low < 85
    assert 86 < middle < 91
    assert 90 < high < 95
    assert np.quantile(found, 0.05) < 70, "some work in shifts"
