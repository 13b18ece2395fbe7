"""How sure a hunch has to be, as silence weighs on it: who is not answered asks less."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ..situations import situation
from .ledger import Answer
from .together import asked_as_one

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..home import Home
    from .ledger import Answered
    from .settings import Settings

BY_PEOPLE: Final = frozenset({Answer.ACCEPTED, Answer.REJECTED, Answer.NEVER, Answer.ALWAYS, Answer.UNDONE})
"""Answers that somebody gave; all others are how a hunch ended without one."""


def bar(home: Home, answers: Iterable[Answered], settings: Settings, now: float) -> float:
    """Return the least probability at which a hunch is raised at `now` (Unix seconds), in [`min_accept`, 1).

    Of hunches that go unanswered, fewer do any good, and each costs as much as ever. If patience is 1 / (1 + silence /
    tolerance), a wrong hunch costs N / patience missed ones in place of N, and showing pays from there on.
    """
    if not (silence := unanswered(home, answers, settings, now)):
        return settings.min_accept
    costs = settings.min_accept / (1.0 - settings.min_accept) * (1.0 + silence / settings.tolerance)
    return max(costs / (costs + 1.0), settings.min_accept)


def unanswered(home: Home, answers: Iterable[Answered], settings: Settings, now: float) -> float:
    """Return how many questions went unanswered since somebody answered last; each counts half after `silence`.

    Silence about several things that were asked as one is one silence.
    What happened after `now` is not known yet; a clock that was wrong for a while leaves such answers behind.
    """
    if math.isinf(settings.tolerance):
        return 0.0
    known = [given for given in answers if given.time <= now]
    last = max((given.time for given in known if given.answer in BY_PEOPLE), default=-math.inf)
    silent = (given for given in known if given.time > last and passed_over(given, settings))
    ages = (now - max(given.time for given in asked) for asked in asked_as_one(home, silent))
    return math.fsum(math.exp2(-age / settings.silence) for age in ages)  # exact, so that no order matters


def passed_over(given: Answered, settings: Settings) -> bool:
    """Return whether somebody could have answered a hunch and did not.

    What the home then did by itself was no silence; and what went while everybody slept, nobody had seen.
    """
    if given.answer is Answer.EXPIRED:
        return True
    seen = given.time - given.hunch.time >= settings.noticed and situation(given.hunch.evidence.context) != "asleep"
    return given.answer is Answer.WITHDRAWN and seen
