"""What is held of one entity while Home Assistant runs: its timeline, growing, and its aggregates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .experts import MEMORY
from .home import Entity, read_state
from .timeline import Timeline
from .usage import Usage, advance

if TYPE_CHECKING:
    from .localtime import LocalTime


@dataclass(slots=True)
class Memory:
    """One entity's changes of the last `MEMORY` seconds, and the aggregates of all that came before and since."""

    entity: Entity
    timeline: Timeline = field(default_factory=Timeline.empty)
    usage: Usage = field(default_factory=Usage)
    _fresh: list[tuple[float, int, int]] = field(default_factory=list)

    def note(self, moment: float, state: str, cause: int) -> None:
        """Take in one live change; one that is not later than the last is a repeat and is dropped."""
        last = self._fresh[-1][0] if self._fresh else (self.timeline.times[-1] if len(self.timeline) else -np.inf)
        if moment > last:
            self._fresh.append((moment, read_state(self.entity.domain, state), cause))

    def read(self) -> Timeline:
        """Return the timeline with everything noted."""
        if self._fresh:
            times, states, causes = zip(*self._fresh, strict=True)
            self._join(Timeline.from_readings(times, states, causes))
            self._fresh.clear()
        return self.timeline

    def learn(self, history: Timeline, until: float, clock: LocalTime) -> None:
        """Take in `history`, keep what was noted after it, aggregate up to `until` and forget what is too old."""
        if len(history):
            self.read()
            known = float(history.times[-1])
            later = self.timeline.times > known
            # The recorder knows who caused a change; live, that may not have been known yet.
            earlier = self.timeline.until(float(history.times[0]) - 1e-6)
            self.timeline = Timeline.from_readings(
                np.concatenate((earlier.times, history.times, self.timeline.times[later])),
                np.concatenate((earlier.states, history.states, self.timeline.states[later])),
                np.concatenate((earlier.causes, history.causes, self.timeline.causes[later])),
            )
        timeline = self.read()
        self.usage = advance(self.usage, timeline, until, clock)
        self.timeline = timeline.since(until - MEMORY)

    def _join(self, later: Timeline) -> None:
        own = self.timeline
        self.timeline = Timeline.from_readings(
            np.concatenate((own.times, later.times)),
            np.concatenate((own.states, later.states)),
            np.concatenate((own.causes, later.causes)),
        )
