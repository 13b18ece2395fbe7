"""What would have stopped a hunch: how sure it had to be, and what an answer would have forbidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..localtime import DAY
from ..situations import situation
from .ledger import Answer
from .patience import bar, unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..home import Home
    from ..hunches import Hunch
    from .ledger import Answered, Ledger
    from .settings import Settings


@dataclass(frozen=True, slots=True)
class Stops:
    """What would have stopped a hunch when it was raised, by the numbers and answers that hold.

    `bar`: below this probability it would not have been raised, or not have joined what was; `usual_bar`: the same, had
    nobody been silent; `unanswered`: as how many questions that silence counts. `least_days`: with less of a past it
    would not have been. `situation`, `not_now_days`: where everybody was, and for how long one more "not now" forbids
    to ask there again.
    """

    bar: float
    usual_bar: float
    unanswered: float
    least_days: float
    situation: str
    not_now_days: float

    def as_json(self) -> dict[str, Any]:
        """Return it as services tell it."""
        return {
            "bar": round(self.bar, 4),
            "usual_bar": round(self.usual_bar, 4),
            "unanswered": round(self.unanswered, 2),
            "least_days": self.least_days,
            "situation": self.situation,
            "not_now_days": round(self.not_now_days, 2),
        }


def stops(home: Home, hunch: Hunch, ledger: Ledger, settings: Settings) -> Stops:
    """Return what would have stopped a hunch."""
    noes, _ = refusals(ledger.answers, hunch)
    least, usual = bar(home, ledger.answers, settings, hunch.time), settings.min_accept
    if hunch in ledger.open and hunch.p_accept < least:  # it joined what was asked anyway
        least = usual
    return Stops(
        least,
        usual,
        unanswered(home, ledger.answers, settings, hunch.time),
        settings.least_history(hunch.kind),
        str(situation(hunch.evidence.context)),
        binds(noes + 1, settings) / DAY,
    )


def refusals(answers: Iterable[Answered], hunch: Hunch) -> tuple[int, float]:
    """Return how often somebody said "not now" to the same in the same situation, and when last (Unix seconds)."""
    here = situation(hunch.evidence.context)
    moments = [
        given.time
        for given in answers
        if given.answer is Answer.REJECTED
        and given.hunch.key == hunch.key
        and situation(given.hunch.evidence.context) == here
    ]
    return len(moments), max(moments, default=-float("inf"))


def binds(noes: int, settings: Settings) -> float:
    """Return for how many seconds so many "not now" forbid to ask again, from the last one on."""
    return settings.refrain * 2.0 ** (noes - 1) if noes else 0.0
