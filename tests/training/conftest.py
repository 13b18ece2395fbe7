"""A simulated home that more than one test asks."""

from __future__ import annotations

import pytest

import model_training  # noqa: F401
from custom_components.hunches.engine.localtime import DAY
from model_training.fleet import residents
from model_training.fleet.home import SimulatedHome


@pytest.fixture(scope="session")
def home() -> SimulatedHome:
    """Return a simulated home of a few weeks in which something was left on."""
    for index in range(60):
        home = residents.simulate(index, 11)
        span = home.recording.end - home.recording.start
        if sum(map(len, home.unwanted.values())) > 10 and 12 * DAY < span < 45 * DAY:
            return home
    pytest.fail("no such home among sixty")
