"""What the home did by itself about hunches that nobody answered: judged later, once, from what followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .aftermath import ANYWAY, CONTRADICTED, DONE, LEFT, OUTCOMES, UNTOLD, WITHIN, Scorer
from .bundle import Recording
from .localtime import DAY
from .policy import BY_PEOPLE, Implied, Outcome, stretch
from .policy.settings import within
from .situations import Situation, situation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .hunches import Hunch
    from .policy import Ledger

PROMPT: Final = "prompt"
"""Somebody did it by hand within minutes of the hunch, and did not take it back."""
JUDGED: Final = (PROMPT, *OUTCOMES)
WAIT: Final = DAY
"""Seconds after which what has not happened does not happen any more."""
PENDING: Final = 3 * DAY
"""How long after its end a hunch is still judged: a home that was switched off for a weekend has its history."""
TEACHES: Final[Mapping[str, tuple[bool, float]]] = {
    DONE: (True, 0.4),
    PROMPT: (True, 0.4),
    CONTRADICTED: (False, 0.2),
    ANYWAY: (False, 0.2),
}
"""What an outcome teaches: whether the hunch was right, and as how many answers it counts.

In simulated homes (`model_training.evaluate_implied`: 3,970 moments at which something had been on for half an hour)
an outcome changes the log-odds that nobody wanted it so: done by +0.7, where a yes does by +1.7; anyway by -0.7, where
a no does by -1.2, and half of that is due to how long stretches last; contradicted by +0.2, so that it counts as little
as can be told from nothing: a person who uses it on may still be glad to be asked.
"""
_BEFORE: Final = DAY
"""How much of the time before a hunch tells whether it was silent."""


def lesson(one: Implied) -> tuple[bool, float] | None:
    """Return whether a hunch was right, and as how many answers that counts; None where it teaches nothing.

    Somebody who is up and about switches things all day: what is done within minutes is an answer only if nobody was.
    """
    if one.outcome == PROMPT and situation(one.hunch.evidence.context) is Situation.HOME:
        return None
    return TEACHES.get(one.outcome)


def pending(ledger: Ledger, now: float) -> tuple[Hunch, ...]:
    """Return the hunches that ended without an answer and are not judged yet: the first one of each use of a device.

    A use that is still asked about may yet be answered; one that somebody answered, or that we acted on, is no silence.
    """
    known = {stretch(one.hunch) for one in ledger.implied} | {stretch(hunch) for hunch in ledger.open}
    known |= {stretch(given.hunch) for given in ledger.answers if given.answer in BY_PEOPLE}
    known |= {stretch(r.hunch) for r in ledger.records if r.outcome not in (Outcome.SHADOW, Outcome.FAILED)}
    found: dict[tuple[str, float], Hunch] = {}
    for given in sorted(ledger.answers, key=lambda given: given.hunch.time):
        if stretch(given.hunch) not in known and within(now, given.time, PENDING):
            found.setdefault(stretch(given.hunch), given.hunch)
    return tuple(found.values())


def judge(recording: Recording, hunches: Sequence[Hunch], now: float) -> tuple[Implied, ...]:
    """Return what the home did about those hunches whose aftermath is known by `now` (Unix seconds).

    That is ten minutes after somebody came back, woke or entered the room, or a day after the hunch. What we did
    ourselves tells nothing of what people want, and a device without a past at that time nothing at all.
    """
    if not hunches:
        return ()
    begin = min(hunch.time for hunch in hunches) - _BEFORE
    lines = {key: line.since(begin).until(now) for key, line in recording.timelines.items() if len(line)}
    scorer = Scorer(Recording(recording.home, lines))
    found = []
    for hunch in hunches:
        line = lines.get(hunch.entity_id)
        if line is None or not len(line) or line.times[0] > hunch.time:
            continue
        after = scorer.aftermath(hunch)
        if after.ours:
            continue
        prompt = after.by_hand and after.changed - hunch.time <= WITHIN and after.outcome != CONTRADICTED
        final = after.changed + WITHIN if prompt else after.final
        if now >= hunch.time + WAIT or (now >= final and after.outcome not in (LEFT, UNTOLD)):
            found.append(Implied(now, hunch, PROMPT if prompt else after.outcome))
    return tuple(found)
