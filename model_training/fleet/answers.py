"""How the people of a simulated home answer hunches: yes, no, never again, or not at all.

Each adult has lasting traits. A question reaches somebody whose mind is set by them, by whether the device was truly
unwanted, by where the household is, and by how many questions there were lately: patience wears out and comes back.

A training that wants to know "would this be accepted at `now`, after questions at `asked`?" calls
`reply(home, entity_id, now, asked).yes`, or draws from the four chances. Nothing here knows what a model thinks.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import calibration as c

if TYPE_CHECKING:
    from custom_components.hunches.engine.bundle import Interval

    from .home import SimulatedHome

_DAY = 86400.0


class Reply(NamedTuple):
    """Chances of each answer to one question; they sum to 1."""

    yes: float
    no: float
    never: float
    ignored: float


@dataclass(frozen=True, slots=True)
class Respondent:
    """One person who may answer.

    `heeds`: share of questions seen in time by somebody rested, awake, at home; `heeds_away`, `heeds_asleep`: factors
    on it. `agrees`: chance of yes where the device was unwanted and they mind; `obliges`: chance of yes where it was
    wanted (or they do not mind). `bans`: share of noes that are "never", when rested. `tolerance`: so many recent
    questions halve what is heeded; `memory_days`: half-life after which a question is forgotten.
    """

    heeds: float
    heeds_away: float
    heeds_asleep: float
    agrees: float
    obliges: float
    bans: float
    tolerance: float
    memory_days: float

    def patience(self, now: float, asked: Sequence[float]) -> float:
        """Return what is left of the patience at `now` after questions at `asked` (Unix seconds), in (0, 1]."""
        recent = sum(math.exp2((t - now) / (self.memory_days * _DAY)) for t in asked if t < now)
        return 1.0 / (1.0 + recent / self.tolerance)


@dataclass(frozen=True, slots=True)
class Answers:
    """The people of a home who answer, and how much they mind each device being left on: entity id -> [0, 1]."""

    people: tuple[Respondent, ...] = ()
    minds: Mapping[str, float] = field(default_factory=dict)

    def chances(
        self, entity_id: str, now: float, asked: Sequence[float], *, unwanted: bool, away: bool, asleep: bool
    ) -> Reply:
        """Return the chances of each answer about a device; nobody to ask: ignored."""
        minds = self.minds.get(entity_id, 1.0) if unwanted else 0.0
        silent, total = 1.0, 0.0
        yes = no = never = 0.0
        for person in self.people:
            patience = person.patience(now, asked)
            place = person.heeds_away if away else person.heeds_asleep if asleep else 1.0
            heeds = min(person.heeds * place, 1.0) * patience
            agrees = minds * person.agrees + (1.0 - minds) * person.obliges
            # who is tired of being asked agrees less, and bans more
            agrees *= 0.5 + 0.5 * patience
            bans = person.bans + (1.0 - person.bans) * 0.5 * (1.0 - patience)
            silent *= 1.0 - heeds
            total += heeds
            yes += heeds * agrees
            no += heeds * (1.0 - agrees) * (1.0 - bans)
            never += heeds * (1.0 - agrees) * bans
        if total <= 0.0:
            return Reply(0.0, 0.0, 0.0, 1.0)
        answered = (1.0 - silent) / total
        return Reply(yes * answered, no * answered, never * answered, silent)


def draw_answers(rng: np.random.Generator, adults: int, devices: Sequence[str]) -> Answers:
    """Draw how a home of so many adults answers about these devices."""
    people = tuple(
        Respondent(
            heeds=float(rng.beta(*c.HEEDS)),
            heeds_away=float(rng.uniform(*c.HEEDS_AWAY)),
            heeds_asleep=float(rng.uniform(*c.HEEDS_ASLEEP)),
            agrees=float(rng.beta(*c.AGREES)),
            obliges=float(rng.beta(*c.OBLIGES)),
            bans=float(rng.uniform(*c.BANS)),
            tolerance=float(np.exp(rng.uniform(*np.log(c.TOLERANCE)))),
            memory_days=float(np.exp(rng.uniform(*np.log(c.MEMORY_DAYS)))),
        )
        for _ in range(max(adults, 1))
    )
    careless = rng.random() < c.CARELESS_HOMES
    minds = rng.beta(*(c.MINDS_LITTLE if careless else c.MINDS), len(devices))
    return Answers(people, dict(zip(devices, minds.tolist(), strict=True)))


def reply(home: SimulatedHome, entity_id: str, now: float, asked: Sequence[float] = ()) -> Reply:
    """Return the chances of each answer to "turn it off?" at `now`, after questions about anything at `asked`.

    All times are Unix seconds. Only what is true at `now` and the questions before it count.
    """
    unwanted = _within(home.unwanted.get(entity_id, ()), now) is not None
    label = _within(home.recording.truth, now)
    return home.answers.chances(
        entity_id, now, asked, unwanted=unwanted, away=label == "away", asleep=label == "asleep"
    )


def _within(intervals: Sequence[Interval], now: float) -> str | None:
    i = bisect_right(intervals, now, key=lambda interval: interval.start) - 1
    return intervals[i].label if i >= 0 and now < intervals[i].end else None
