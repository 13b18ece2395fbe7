"""What is held of one entity: its changes of the last weeks, growing, and the aggregates of all there ever was."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import MEMORY
from .home import UNKNOWN, Entity, read_state
from .localtime import HOUR
from .timeline import Timeline
from .usage import Usage, advance

if TYPE_CHECKING:
    from .localtime import LocalTime

RESOLUTION: Final = 512.0
"""Times are kept to so many parts of a second: what a file holds is then exactly what was known before a restart.

They are rounded up: a change that comes after a learning must not slip back before it, where nobody looks any more.
"""
MOST_CHANGES: Final = 6_500
"""Changes kept of one entity, 32 KB in a file: over a hundred a day. Of more, the oldest go; aggregates keep them."""
OVERLAP: Final = 900.0
"""Seconds that are read once more: the recorder writes behind, and knows better who made a change."""
WRONG_CLOCK: Final = HOUR
"""Seconds that a memory may reach into the future before it is clear that the clock was wrong when it was made."""
_MOST_FRESH: Final = 4_096
_MOST_HELD: Final = 4 * MOST_CHANGES


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one entity over restarts: its changes up to `usage.until`, and its aggregates up to there."""

    timeline: Timeline = field(default_factory=Timeline.empty)
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
        left = self.timeline.since(before)
        if not len(left):
            left = Timeline.from_readings([before], [UNKNOWN])
        begun = Usage(start=before, until=before, changed=before, state=int(left.states[0]))
        return Kept(left, advance(begun, left, self.usage.until, clock) if self.usage.until > before else begun)


@dataclass(slots=True)
class Memory:
    """One entity's changes of the last `MEMORY` seconds, and the aggregates of all that came before and since."""

    entity: Entity
    timeline: Timeline = field(default_factory=Timeline.empty)
    usage: Usage = field(default_factory=Usage)
    _fresh: list[tuple[float, int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, entity: Entity, kept: Kept | None) -> Memory:
        """Return the memory of an entity, going on from what was kept of it."""
        return cls(entity) if kept is None else cls(entity, kept.timeline, kept.usage)

    def note(self, moment: float, state: str, cause: int) -> None:
        """Take in one live change; one that is earlier than the last is a repeat and is dropped."""
        moment = _rounded(moment)
        last = self._fresh[-1][0] if self._fresh else (self.timeline.times[-1] if len(self.timeline) else -np.inf)
        if moment < last:
            return
        self._fresh.append((moment, read_state(self.entity.domain, state), cause))
        if len(self._fresh) >= _MOST_FRESH:
            self.read()

    def read(self) -> Timeline:
        """Return the timeline with everything noted.

        Of something that changes many times a second, only the last: the next learning has all of it from the recorder.
        """
        if self._fresh:
            times, states, causes = zip(*self._fresh, strict=True)
            self.timeline = _joined(self.timeline, Timeline.from_readings(times, states, causes))
            self._fresh.clear()
            if len(self.timeline) > _MOST_HELD:
                self.timeline = _last(self.timeline)
        return self.timeline

    def learn(self, history: Timeline, until: float, clock: LocalTime) -> None:
        """Take in `history`, keep what was noted after it, aggregate up to `until` and forget what is too old.

        Overlap counts once: where both know a time, history is believed, and aggregates only ever move forward.
        """
        timeline = self.read()
        if not np.isnan(self.usage.start):
            history = history.since(self.usage.start)  # what was forgotten on demand does not come back
        if len(history):
            times = np.ceil(history.times * RESOLUTION) / RESOLUTION
            history = Timeline.from_readings(times, history.states, history.causes)
            # The recorder knows who caused a change; live, that may not have been known yet.
            earlier = timeline.until(float(history.times[0]) - 1 / RESOLUTION)
            later = timeline.times > history.times[-1]
            timeline = _joined(
                _joined(earlier, history),
                Timeline(timeline.times[later], timeline.states[later], timeline.causes[later]),
            )
        self.usage = advance(self.usage, timeline, until, clock)
        self.timeline = _last(timeline.since(_rounded(until - MEMORY)))

    def keep(self) -> Kept:
        """Return what is kept over restarts."""
        return Kept(self.timeline.until(self.usage.until) if len(self.timeline) else self.timeline, self.usage)


def _rounded(moment: float) -> float:
    return math.ceil(moment * RESOLUTION) / RESOLUTION


def _last(timeline: Timeline) -> Timeline:
    """Return the last `MOST_CHANGES`, apart from what they were cut from: a view would keep all of that in memory."""
    kept = slice(-MOST_CHANGES, None)
    return Timeline(timeline.times[kept].copy(), timeline.states[kept].copy(), timeline.causes[kept].copy())


def _joined(earlier: Timeline, later: Timeline) -> Timeline:
    if not len(later):
        return earlier
    return Timeline.from_readings(
        np.concatenate((earlier.times, later.times)),
        np.concatenate((earlier.states, later.states)),
        np.concatenate((earlier.causes, later.causes)),
    )
