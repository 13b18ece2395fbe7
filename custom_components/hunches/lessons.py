"""Lessons for the mind: told when there are new ones, and looked for in what the home does by itself."""

from typing import Final

from .engine.aftermath import WITHIN
from .engine.implied import judge, pending
from .engine.policy import Answered, Implied, Ledger, Rules, named
from .engine.scan import Mind
from .feedback import lessons

_INTERVAL: Final = WITHIN
"""Seconds between two looks at what became of hunches: what is waited for takes so long at least."""


class Lessons:
    """What the mind in use has been told, and when the home was last looked at for more."""

    def __init__(self) -> None:
        """Nothing has been told."""
        self._told: tuple[tuple[Answered, ...], tuple[Implied, ...], Rules] = (), (), ()
        self._watched: float | None = None

    def anew(self) -> None:
        """Another mind is in use, which was told nothing."""
        self._told = (), (), ()

    def teach(self, mind: Mind, ledger: Ledger) -> None:
        """Tell the mind all lessons, if there are other ones than before."""
        if (known := (ledger.answers, ledger.implied, ledger.rules)) != self._told:
            mind.heed(lessons(ledger), named(ledger.rules))
            self._told = known

    def watch(self, mind: Mind, ledger: Ledger, now: float) -> tuple[Implied, ...]:
        """Return what the home has done by itself about hunches of before, at `now` (Unix seconds)."""
        if self._watched is not None and 0.0 <= now - self._watched < _INTERVAL:
            return ()
        self._watched = now
        hunches = pending(ledger, now)
        return judge(mind.recording(), hunches, now) if hunches else ()
