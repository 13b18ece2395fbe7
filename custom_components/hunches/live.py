"""Live changes of state on their way to the mind, in order of time."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from homeassistant.core import State

from .const import RECENT_CHANGES, RECENT_SECONDS
from .engine.folded import NOTHING, RESOLUTION, Folded, Unfolding, rounded_up
from .engine.home import UNKNOWN, Home, read_state, state_name
from .engine.memory import WRONG_CLOCK
from .engine.timeline import Cause, Timeline


@dataclass(frozen=True, slots=True)
class Change:
    """An entity took a state (the recorder's text; empty: it was removed) at a moment in Unix seconds."""

    moment: float
    entity_id: str
    state: str
    cause: Cause


class LiveChanges:
    """Keeps live changes for two readers.

    The mind takes those it has not seen. History, which the recorder writes with a delay, is completed by those of
    the last minutes.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._recent: deque[Change] = deque(maxlen=RECENT_CHANGES)
        self._unseen: deque[Change] = deque(maxlen=RECENT_CHANGES)
        self.jumps = 0
        """How often the clock went back so far that the mind drops what lies ahead."""

    def add(self, change: Change) -> bool:
        """Take in a change; changes come in order of time. Return False if one had to be dropped for it, unseen.

        Where the clock went back, those that lie far ahead are no recent ones.
        """
        full = len(self._unseen) == RECENT_CHANGES
        self.jumps += bool(self._recent) and self._recent[-1].moment > change.moment + WRONG_CLOCK
        while self._recent and self._recent[-1].moment > change.moment + WRONG_CLOCK:
            self._recent.pop()
        self._unseen.append(change)
        self._recent.append(change)
        while self._recent[0].moment < change.moment - RECENT_SECONDS:
            self._recent.popleft()
        return not full

    @property
    def recent(self) -> tuple[Change, ...]:
        """Return the changes of the last minutes."""
        return tuple(self._recent)

    def take(self) -> list[Change]:
        """Return what the mind has not seen, once."""
        taken = list(self._unseen)
        self._unseen.clear()
        return taken


def complete(
    home: Home, recorded: Unfolding, changes: Iterable[Change], states: Iterable[State], now: float
) -> Unfolding:
    """Return the recorder's timelines with what it has not written yet: recent changes, and how things stand now.

    What lies after `now` (Unix seconds) is left out: the clock was wrong when it happened. What stands so since then
    stands so now.
    """
    # What happens at this very moment is recorded, and rounded up
    past = {key: line for key, folded in recorded.folded.items() if len(line := folded.until(now + 1 / RESOLUTION))}
    later: dict[str, list[tuple[float, int, int]]] = {}
    for change in changes:
        if change.entity_id in home.entities and change.moment <= now:
            reading = read_state(home.entities[change.entity_id].domain, change.state)
            rows = later.setdefault(change.entity_id, [])
            while rows and rows[-1][0] > change.moment:  # the clock went back a little
                rows.pop()
            rows.append((change.moment, reading, change.cause))
    for state in states:
        if state.entity_id in home.entities:
            reading = read_state(state.domain, state.state)
            row = (min(state.last_changed_timestamp, now), reading, int(Cause.UNKNOWN))
            rows = later.setdefault(state.entity_id, [])
            if not rows or row[0] > rows[-1][0]:
                rows.append(row)
    known = {key: _extended(past.get(key, NOTHING), rows) for key, rows in later.items()}
    return Unfolding({key: known.get(key) or past[key] for key in sorted(past.keys() | known.keys())})


def changes_after(home: Home, timelines: Mapping[str, Timeline], moment: float) -> list[Change]:
    """Return everything after a moment as changes in order of time, as if it had been seen live."""
    found = []
    for key, timeline in timelines.items():
        later = timeline.after(moment)
        rows = zip(later.times, later.states, later.causes, strict=True)
        domain = home.entities[key].domain
        found += [Change(float(t), key, state_name(domain, int(s)), Cause(c)) for t, s, c in rows]
    return sorted(found, key=lambda change: change.moment)


def _extended(recorded: Folded, rows: list[tuple[float, int, int]]) -> Folded:
    """Return what was recorded and the rows that came after it; the same object where there are none.

    What was recorded is rounded up: of a row at the last of its moments, another reading tells that it came later.
    """
    times, readings, causes = (np.array(column) for column in zip(*rows, strict=True))
    new = rounded_up(times) >= recorded.end
    later = Timeline.from_readings(rounded_up(times[new]), readings[new], causes[new])
    line = recorded.unfolded()
    if not len(later) and line.states[-1] == UNKNOWN and readings[-1] != UNKNOWN:
        # It has stood like this since before a gap opened: the recorder was silent, Home Assistant was not off
        later = Timeline.from_readings([recorded.end], readings[-1:], causes[-1:])
    elif not len(later) and line.states[-1] != readings[-1]:
        # The clock was set back a little in between: how it stands has the last word
        later = Timeline.from_readings([recorded.end + 1 / RESOLUTION], readings[-1:], causes[-1:])
    elif len(later) and later.times[0] == recorded.end and later.states[0] == line.states[-1]:
        later = later.after(recorded.end)
    return Folded.of(line.followed_by(later)) if len(later) else recorded
