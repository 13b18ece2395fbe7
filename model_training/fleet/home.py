"""What a generator of simulated homes hands on: a recording, and what really went on in the home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from custom_components.hunches.engine.bundle import Interval, Recording

from .answers import Answers


@dataclass(frozen=True, slots=True)
class SimulatedHome:
    """One home of the fleet, with the truth that no real home can tell.

    `recording`: the home, the timelines of its devices and evidence sensors, and its truth: intervals labelled
    "asleep" (everybody at home is asleep) and "away" (nobody is home), sorted and disjoint.
    `roles`: device entity id -> what it really is ("porch light", "tv", "kettle"), whatever its name says.
    `unwanted`: device entity id -> the stretches in which it was on, open or unlocked and nobody wanted it so,
    sorted and disjoint; the label says why: "left" (everybody left home), "asleep", "room" (left the room for
    long), "forgot" (otherwise). Devices that were never forgotten may be missing.
    `generator`: "residents" or "processes"; `style`: how it is equipped ("rich", "research", "plugs" …).
    `language`: of its names, as in `words.LANGUAGES`; empty where names tell nothing in any language.
    `groups`: entity id of a group -> its members; `same_as`: second entity of a physical device -> the first. Both
    are in `recording` and `roles` as well: a real home's recorder holds them, and who learns may leave them out.
    `answers`: how its people would answer hunches (`answers.reply`).
    """

    recording: Recording
    roles: Mapping[str, str]
    unwanted: Mapping[str, tuple[Interval, ...]]
    generator: str
    style: str = ""
    language: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
