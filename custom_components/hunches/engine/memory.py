"""What is held of one entity: its changes of the last weeks, growing, and the aggregates of all there ever was."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import MEMORY
from .folded import NOTHING, RESOLUTION, Folded, rounded_up
from .home import UNKNOWN, Entity, read_state
from .localtime import HOUR
from .timeline import Cause, Timeline, made_by_us
from .usage import Usage, advance

if TYPE_CHECKING:
    from .localtime import LocalTime

MOST_CHANGES: Final = 6_500
"""Changes kept of one entity, 32 KB in a file: over a hundred a day. Of more, the oldest go; aggregates keep them."""
OVERLAP: Final = 900.0
"""Seconds that are read once more: the recorder writes behind, and knows better who made a change."""
WRONG_CLOCK: Final = HOUR
"""Seconds that a memory may reach into the future before it is clear that the clock was wrong when it was made."""
_MOST_FRESH: Final = 4_096
_MOST_HELD: Final = 4 * MOST_CHANGES
_NONE: Final = Timeline.empty()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one entity over restarts: its changes up to `usage.until`, and its aggregates up to there."""

    changes: Folded = NOTHING
    usage: Usage = field(default_factory=Usage)

    def since(self, now: float) -> float | None:
        """Return from which moment on (Unix seconds) the recorder has to be read; None: whole.

        What was forgotten on demand is never read again: nothing from before the memory's start is asked for.
        """
        if np.isnan(self.usage.until) or self.usage.until > now + WRONG_CLOCK:
            return None
        return max(self.usage.until - OVERLAP, self.usage.start)

    def forgotten(self, before: float, clock: LocalTime) -> Kept:
        """Return what is left if everything before a moment (Unix seconds) is forgotten.

        Nothing at all may be left; then it begins with not knowing, so that the recorder, which may still be
        deleting, is not asked about the time before.
        """
        before = _rounded(before)
        whole = self.changes.unfolded()
        left, place = whole.since(before), int(whole.times.searchsorted(before, side="right")) - 1
        if not len(left):
            left = Timeline.from_readings([before], [UNKNOWN])
        if place == len(whole) - 1:
            by_us = self.usage.ours  # the sums know it for sure; what the recorder told since may name nobody
        else:
            by_us = place >= 0 and bool(made_by_us(whole.states, whole.causes)[place])
        begun = Usage(start=before, until=before, changed=before, state=int(left.states[0]), ours=by_us)
        usage = advance(begun, left, self.usage.until, clock) if self.usage.until > before else begun
        return Kept(Folded.of(left), usage)


@dataclass(slots=True)
class Memory:
    """One entity's changes of the last `MEMORY` seconds, and the aggregates of all that came before and since.

    What was learned rests folded, and shared with what is kept; what came later lies beside it.
    """

    entity: Entity
    usage: Usage = field(default_factory=Usage)
    _folded: Folded = NOTHING
    _later: Timeline = _NONE
    _fresh: list[tuple[float, int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, entity: Entity, kept: Kept | None) -> Memory:
        """Return the memory of an entity, going on from what was kept of it."""
        return cls(entity) if kept is None else cls(entity, kept.usage, kept.changes)

    @property
    def end(self) -> float:
        """Return the moment of the last change that is held, Unix seconds, minus infinity if there is none."""
        if self._fresh:
            return self._fresh[-1][0]
        return float(self._later.times[-1]) if len(self._later) else self._folded.end

    def note(self, moment: float, state: str, cause: int) -> None:
        """Take in one live change. One that is earlier than the last comes after it: the clock went back a little.

        Where it went back far, what lies ahead is dropped.
        """
        moment, last = _rounded(moment), self.end
        if moment < last - WRONG_CLOCK:
            self._go_back_to(moment)
        elif moment < last:
            moment = last + 1 / RESOLUTION
        self._fresh.append((moment, read_state(self.entity.domain, state), cause))
        if len(self._fresh) >= _MOST_FRESH:
            self._settle()

    def read(self, since: float = -math.inf) -> Timeline:
        """Return the timeline with everything noted, from the change on at the latest that held at `since`.

        `since`: Unix seconds. Of something that changes many times a second, only the last: the next learning has all
        of it from the recorder.
        """
        self._settle()
        return self._folded.unfolded(since).followed_by(self._later)

    def _go_back_to(self, moment: float) -> None:
        """Drop what lies ahead of a moment (Unix seconds): nothing that comes would count until then."""
        self._settle()
        self._folded, self._later = self._folded.until(moment), self._later.until(moment)

    def _settle(self) -> None:
        """Lay what was noted beside what was learned, and with it where that gets long."""
        if not self._fresh:
            return
        times, states, causes = zip(*self._fresh, strict=True)
        self._later = self._later.followed_by(Timeline.from_readings(times, states, causes))
        self._fresh.clear()
        if len(self._later) >= _MOST_FRESH or len(self._folded) + len(self._later) > _MOST_HELD:
            whole = self._folded.unfolded().followed_by(self._later)
            self._folded = Folded.of(_last(whole) if len(whole) > _MOST_HELD else whole)
            self._later = _NONE

    def learn(self, history: Timeline, until: float, clock: LocalTime) -> None:
        """Take in `history`, keep what was noted after it, aggregate up to `until` and forget what is too old.

        Overlap counts once: where both know a time, history is believed, and aggregates only ever move forward.
        What was noted so long after `until` that the clock must have been wrong is forgotten.
        """
        timeline = self.read().until(until + WRONG_CLOCK)
        if not np.isnan(self.usage.start):
            # What was forgotten, on demand or with the weeks, does not come back
            history = history.since(max(self.usage.start, float(timeline.times[0]) if len(timeline) else -math.inf))
        if len(history):
            history = Timeline.from_readings(rounded_up(history.times), history.states, history.causes)
            history = _caused(timeline, history)
            # The recorder knows who caused a change; live, that may not have been known yet.
            earlier = timeline.until(float(history.times[0]) - 1 / RESOLUTION)
            timeline = earlier.followed_by(history).followed_by(timeline.after(float(history.times[-1])))
        self.usage = advance(self.usage, timeline, until, clock)
        held = _last(timeline.since(_rounded(until - MEMORY)))
        self._folded = Folded.of(held.until(self.usage.until))
        self._later = held.after(self.usage.until) or _NONE

    def keep(self) -> Kept:
        """Return what is kept over restarts."""
        return Kept(self._folded.until(self.usage.until), self.usage)


def _rounded(moment: float) -> float:
    return math.ceil(moment * RESOLUTION) / RESOLUTION


def _caused(held: Timeline, history: Timeline) -> Timeline:
    """Return history with who made its changes, where only what is held tells that.

    Of what has long stood still the recorder has no row, and the state itself, which history then begins with, names
    nobody; and it may be told not to keep automations.
    """
    if not len(held):
        return history
    place = np.minimum(np.searchsorted(held.times, history.times), len(held) - 1)
    same = (held.times[place] == history.times) & (held.states[place] == history.states)
    lost = np.isin(held.causes[place], (Cause.AUTOMATION, Cause.OURS))
    lost[0] = True
    causes = np.where(same & lost & (history.causes == Cause.UNKNOWN), held.causes[place], history.causes)
    return Timeline(history.times, history.states, causes)


def _last(timeline: Timeline) -> Timeline:
    """Return the last `MOST_CHANGES`."""
    kept = slice(-MOST_CHANGES, None)
    return Timeline(timeline.times[kept], timeline.states[kept], timeline.causes[kept])
