"""The numbers of the policy, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..hunches import Kind
from ..localtime import DAY, HOUR

WRONG_COSTS: Final = 1.0
"""How many missed hunches one costs that people say no to. Showing pays when p > N / (N + 1): from one half on.

A no costs a glance and some trust, a missed one a night of light or an unlocked door; nothing is ever done on this bar
alone. It is the chance of a yes, which even of hunches that are right only some seven in ten get: people do not mind.
"""
WRONG_ACTION_COSTS: Final = 19.0
"""How many missed actions one wrong action costs. Acting pays when p > N / (N + 1): from .95 on.

A missed action costs some hours of light, and a hunch may still ask. A wrong one leaves somebody in the dark, and
people who saw that a few times switch everything off. The bar is held against the lower credible bound (5 %), so that
what is done is right more often than that: .98 of the time is the aim.
"""


_UNSAFE: Final = frozenset({Kind.STILL_UNLOCKED, Kind.STILL_OPEN})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far heating may be set back. All in the home's unit of temperature, `degrees` as a difference."""

    degrees: float = 3.0
    """A house cools by about this much in a night; more takes hours to win back."""
    lowest: float = 16.0
    """Below this, walls grow damp and pets suffer."""
    highest: float = 22.0
    frost: float = 7.0
    """Pipes freeze below: whatever else is asked for, nothing is ever set lower."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the policy. Times in seconds, quiet hours in local hours of day."""

    min_accept: float = WRONG_COSTS / (WRONG_COSTS + 1.0)
    """Least probability of being accepted, from the stated cost of a wrong hunch."""
    max_open: int = 3
    """Open at once: more than three is a list to work through, and lists are ignored."""
    a_day: int = 4
    """Raised in any 24 hours: a home's lights are switched a few times a day; more hunches than that are noise."""
    cool_down: float = 12 * HOUR
    """Quiet about the same thing after an answer: at most one question an evening and one a morning."""
    settle: float = 600.0
    """Quiet after a start: integrations take minutes to report true states."""
    sustain: float = 900.0
    """How long a candidate must hold: outlasts a shower, a walk to the bin and the delay of a motion sensor."""
    quiet_hours: tuple[float, float] | None = None
    """Local hours between which nothing new is raised; none by default: hunches about a sleeping home are useful."""
    excluded: frozenset[str] = frozenset()
    """Entity ids that are never asked about."""
    expire: float = 12 * HOUR
    """Unanswered for this long, a hunch is dropped: after half a day it is about another day."""
    linger: float = 900.0
    """How long an open hunch may stand without support before it is withdrawn, so that it does not flicker."""
    moot_cool_down: float = HOUR
    """Quiet after a hunch went without a person's answer: long enough not to flicker, short enough to be of use."""
    heating_sure: float = 0.8
    """How sure it has to be that nobody is home, or up, before heating is asked about: it rests on nothing else."""
    heating_usual: float = 0.5
    """From this share of such nights on, heating while everybody sleeps is a habit of the home, and not asked about."""
    refrain: float = 30 * DAY
    """How long one "not now" binds in that situation; it doubles with each further one."""

    tolerance: float = 5.0
    """So many hunches in a row that nobody answered double what a wrong one costs (`patience.bar`).

    Only those that are answered do any good, and each of them costs a glance all the same. Half of the simulated people
    heed half as much after 5.5 questions or fewer. Infinity: nobody is asked, so that silence means nothing.
    """
    silence: float = 7 * DAY
    """Half of what silence weighs is forgotten in this time: after a busy week, or one away, things are as before."""
    noticed: float = HOUR
    """A hunch that stood for this long could have been answered; one that went sooner was nobody's silence."""
    least_days: float = 7.0
    """Days of a device's past before anything is asked or done about it: each day of the week, seen once.

    In simulated homes 3 of 20 hunches of a device's first week were right, and 23 of 58 later; one question on the
    second day of a recorded home was about a lamp whose evenings nobody could have known yet.
    """
    least_days_open: float = 3.0
    """The same for what is open or unlocked: more is at stake than light, and there is less to know.

    A door is locked at night or it is not; three nights have a working day among them.
    """

    min_sure: float = WRONG_ACTION_COSTS / (WRONG_ACTION_COSTS + 1.0)
    """Least lower bound of the chance that acting is right, and least chance that nobody is up at home."""
    shadow: bool = False
    """Only record what would have been done without asking; nothing is done."""
    hands_off: float = 1800.0
    """Nothing is done to a device this soon after it changed or a person adjusted it: manual use wins."""
    actions_a_day: int = 2
    """Done to one device in any 24 hours: people leave once and go to bed once; more than that is a quarrel."""
    back_off: tuple[float, ...] = (300.0, 1200.0)
    """Waits after the first failures in a row. Then it is given up until the device changes: it needs a person."""
    bounds: Bounds = Bounds()

    @property
    def keep_accept(self) -> float:
        """Least probability at which an open hunch stays: lower than for raising one (hysteresis)."""
        return 0.75 * self.min_accept

    def least_history(self, kind: Kind) -> float:
        """Return how many days of a device's past there have to be before a hunch of a kind is raised."""
        return self.least_days_open if kind in _UNSAFE else self.least_days


def within(now: float, moment: float, seconds: float) -> bool:
    """Return whether two moments lie within a span, whichever comes first.

    A clock that was wrong for a while leaves moments in the future behind; they must not bind for years.
    """
    return abs(now - moment) < seconds
