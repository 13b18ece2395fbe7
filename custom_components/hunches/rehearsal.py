"""The first teaching of a mind: the last minutes are gone through as if they had been lived through.

A hunch has to have held for a while before it is shown. Without this, somebody who adds the integration would wait
for something that history already knows.
"""

from collections.abc import Callable, Mapping

from .const import LOOK_INTERVAL
from .engine.home import Home
from .engine.policy import Ledger, Policy
from .engine.scan import Mind
from .engine.timeline import Timeline
from .live import Change, changes_after


def rehearse(
    mind: Mind,
    policy: Policy,
    home: Home,
    timelines: Mapping[str, Timeline],
    until: float,
    now: float,
    progress: Callable[[int, int], None],
) -> None:
    """Teach a new mind all but the last minutes, then show it and the policy those, a look a minute, up to `now`.

    `until`: what comes later is only shown, too.
    """
    step = LOOK_INTERVAL.total_seconds()
    steps = int(policy.settings.sustain // step) + 1
    begin = now - steps * step
    learned = min(begin, until)
    mind.learn(timelines, learned, progress)
    changes = changes_after(home, timelines, learned)
    for number in range(1, steps + 1):
        moment = begin + number * step
        seen = [change for change in changes if change.moment <= moment]
        note_unknown(mind, home, seen)
        changes = changes[len(seen) :]
        if moment < now:
            policy.judge(home, mind.look(moment).candidates, Ledger(), moment)
    note_unknown(mind, home, changes)


def note_unknown(mind: Mind, home: Home, changes: list[Change]) -> None:
    """Tell a mind what history knows and it does not: it may have been told live, or remember more than was learned."""
    for change in changes:
        if not mind.knows(change.entity_id, change.moment):
            note(mind, home, [change])


def note(mind: Mind, home: Home, changes: list[Change]) -> None:
    """Tell a mind what happened in its home."""
    for change in changes:
        if change.entity_id in home.entities:
            mind.note(change.entity_id, change.moment, change.state, change.cause)
