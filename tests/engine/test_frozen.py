"""What a home without any action of ours gives: the trained model rests on these numbers, so they must not move."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_components.hunches.engine import acceptance, habits
from custom_components.hunches.engine.experts import forecast
from custom_components.hunches.engine.home import UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime
from custom_components.hunches.engine.timeline import Cause, Timeline
from custom_components.hunches.engine.usage import Usage, advance

from .conftest import DAYS, START, make_recording

FROZEN = Path(__file__).with_name("frozen.json")
ASOF = START + DAYS * DAY - 5 * HOUR
TARGETS = ASOF + HOUR * np.array([0.1, 1.0, 5.0, 30.0, 160.0])


def disturbed(timeline: Timeline) -> Timeline:
    """Return a timeline with outages, some of which end in another state, and with everybody but us in it."""
    rng = np.random.default_rng(11)
    gone = np.sort(rng.choice(np.arange(2, len(timeline) - 1), 6, replace=False))
    states = timeline.states.copy()
    states[gone[:2]] = UNKNOWN  # it comes back as it was before, or changed
    back = timeline.times[gone] + 0.4 * np.diff(timeline.times)[gone]
    times = np.concatenate((timeline.times, back[2:] - 100.0, back[2:]))
    states = np.concatenate((states, np.full(4, UNKNOWN), states[gone[2:]]))
    order = np.argsort(times)
    others = [cause for cause in Cause if cause is not Cause.OURS]
    return Timeline.from_readings(times[order], states[order], rng.choice(others, times.size))


def results(key: str) -> dict[str, Any]:
    """Return what is remembered and foretold of one device of a made-up home."""
    clock = LocalTime("Europe/Berlin", 52.5, 13.4)
    timeline = disturbed(make_recording().timelines[key]).until(ASOF)
    usage = advance(Usage(), timeline, ASOF - 5 * DAY, clock)
    usage = advance(usage, timeline, ASOF, clock)
    found = forecast(timeline, usage, ASOF, TARGETS, clock)
    return {
        "usage": {f.name: np.asarray(getattr(usage, f.name)).tolist() for f in fields(Usage)},
        "logit": found.logit.tolist(),
        "support": found.support.tolist(),
        "habits": acceptance.look_out(timeline, usage, ASOF, clock).habits.tolist(),
        "usual_minutes": habits.usual_minutes(timeline),
        "usual_off_hour": habits.usual_off_hour(timeline, ASOF, clock),
    }


@pytest.mark.parametrize("key", ["light.lounge", "light.hall", "switch.plug_1"])
def test_nothing_moves(key: str) -> None:
    frozen, found = json.loads(FROZEN.read_text(encoding="utf-8"))[key], results(key)
    usage = found.pop("usage")
    for name, value in frozen.pop("usage").items():
        # Exponentials differ in their last bit between machines
        np.testing.assert_allclose(usage.pop(name), value, rtol=1e-12, atol=1e-9, err_msg=name)
    for name, value in frozen.items():
        if value is None:
            assert found.pop(name) is None, name
        else:
            np.testing.assert_allclose(found.pop(name), value, rtol=1e-6, atol=1e-6, err_msg=name)
    assert not found
