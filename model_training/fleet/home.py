"""What a generator of simulated homes hands on: a recording, and what really went on in the home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custom_components.hunches.engine.bundle import Interval, Recording


@dataclass(frozen=True, slots=True)
class SimulatedHome:
    """One home of the fleet, with the truth that no real home can tell.

    `recording`: the home, the timelines of its devices and evidence sensors, and its truth: intervals labelled
    "asleep" (everybody at home is asleep) and "away" (nobody is home), sorted and disjoint.
    `roles`: device entity id -> what it really is ("porch light", "tv", "kettle"), whatever its name says.
    `unwanted`: device entity id -> the stretches in which it was on, open or unlocked and nobody wanted it so,
    sorted and disjoint; the label says why: "left" (everybody left home), "asleep", "room" (left the room for
    long), "forgot" (otherwise). Devices that were never forgotten may be missing.
    `generator`: "residents" or "processes".
    """

    recording: Recording
    roles: Mapping[str, str]
    unwanted: Mapping[str, tuple[Interval, ...]]
    generator: str
