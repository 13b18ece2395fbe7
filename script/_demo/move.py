"""Moves a recorded home to the present."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.localtime import DAY, LocalTime
from custom_components.hunches.engine.timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

SHORT = 21 * DAY
_APART = 0.001


def move(recording: Recording, now: float) -> Recording:
    """Return a recording moved to just past `now` (Unix seconds) and cut there, without its truth.

    It moves by whole weeks of the home's own clock, or by whole days if it is under three weeks long, so that local
    hours (and weekdays) stay what they were, on whichever side of a change of the clocks they come to lie.
    """
    clock = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    step = DAY if recording.end - recording.start < SHORT else 7 * DAY
    last, today = (float(clock.local(moment)) for moment in (recording.end, now))
    by = step * (np.floor((today - last) / step) + 1.0)
    moved = {key: _move(timeline, clock, by).until(now) for key, timeline in recording.timelines.items()}
    return replace(recording, timelines=moved, truth=())


def _move(timeline: Timeline, clock: LocalTime, by: float) -> Timeline:
    times = utc(clock, clock.local(timeline.times) + by)
    # An hour that the clock showed twice may land on an hour that it shows once: what came later stays later
    spread = _APART * np.arange(times.size)
    times = np.maximum.accumulate(times - spread) + spread if times.size else times
    return Timeline.from_readings(times, timeline.states, timeline.causes)


def utc(clock: LocalTime, local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Unix seconds at which a clock shows `local` (seconds since 1970-01-01 00:00 local), same shape.

    Of two such moments the first; a time that the clock skips is read as if it had not been put forward yet.
    """
    before = local - clock.offset(local - DAY)
    after = local - clock.offset(local + DAY)
    return np.where((clock.local(after) == local) & (clock.local(before) != local), after, before)
