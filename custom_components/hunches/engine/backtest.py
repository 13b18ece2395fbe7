"""The same code over the past: which hunches would have been raised, and what the home then did.

Raising looks at nothing later than its own moment; only the outcome, which is scoring, reads on from there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from .home import ON, state_name
from .hunches import KIND_OF_DOMAIN
from .localtime import DAY, HOUR, LocalTime
from .policy import Ledger, Policy
from .timeline import Cause, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from .bundle import Interval, Recording
    from .home import Entity
    from .hunches import Hunch

DONE: Final = "done"
ANYWAY: Final = "anyway"
CONTRADICTED: Final = "contradicted"
LEFT: Final = "left"
OUTCOMES: Final = (DONE, ANYWAY, CONTRADICTED, LEFT)

SILENCE: Final = 45 * 60.0
"""Seconds without a sign of people after which the next sign is somebody coming back, waking or entering."""
WITHIN: Final = 10 * 60.0
"""Seconds after that in which a change is the person's answer to what was found."""
FIRST_LOOK: Final = DAY
"""Seconds of history before the first look: below that a home is not known at all."""
NIGHT_HOUR: Final = 4.0
"""Local hour of the nightly learning."""

# A sensor of these classes clears by itself; only its start is a sign of a person.
_CLEARS_BY_ITSELF: Final = frozenset({"motion", "moving", "vibration", "sound"})
# Appliances end by themselves; lamps, locks and covers mostly do not.
_ENDS_BY_ITSELF: Final = frozenset({"switch", "climate", "humidifier", "valve", "fan", "input_boolean"})
_NOBODY: Final = (Cause.AUTOMATION, Cause.OURS)


class Looked(Protocol):
    """What a look at a home gives (`scan.Scan`)."""

    @property
    def candidates(self) -> tuple[Hunch, ...]:
        """Return the candidates at that moment."""


class Watcher(Protocol):
    """A mind that can be led through a recording (`scan.Mind`)."""

    def learn(self, timelines: Mapping[str, Timeline], until: float) -> None:
        """Learn the home from what was known at `until`."""

    def note(self, entity_id: str, moment: float, state: str, cause: int = 0) -> None:
        """Take in one change."""

    def look(self, now: float) -> Looked:
        """Return the candidates at `now`."""


def _signs(entity: Entity, timeline: Timeline) -> NDArray[np.float64]:
    """Return when an entity told of a person (Unix seconds): changes that no automation and no sun makes.

    The state in which recording began is not a change.
    """
    known = timeline.carried()
    times, states = known.times[1:], known.states[1:]
    by_hand = ~np.isin(known.causes[1:], _NOBODY)
    if entity.is_device:
        return np.asarray(times[by_hand & (states == ON)] if entity.domain in _ENDS_BY_ITSELF else times[by_hand])
    match entity.domain:
        case "person" | "device_tracker":
            return np.asarray(times[states == ON])
        case "alarm_control_panel":
            return times
        case "binary_sensor" if entity.is_evidence and entity.device_class != "light":
            return np.asarray(times[states == ON]) if entity.device_class in _CLEARS_BY_ITSELF else times
    return np.empty(0)


class Aftermath:
    """What a home did after each hunch, from its whole recording: for scoring, never for raising."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._signs = {
            key: _signs(entity, recording.timelines[key])
            for key, entity in sorted(recording.home.entities.items())
            if key in recording.timelines
        }
        self._merged: dict[tuple[str, bool], NDArray[np.float64]] = {}

    def outcome(self, hunch: Hunch) -> str:
        """Return what became of a hunch: done, anyway, contradicted or left (the design's `script/replay hunches`).

        Somebody comes back or wakes at the end of the labelled interval that covers the hunch; without one, at the
        first sign of people after 45 silent minutes, and enters the room at the first such sign of its area.
        A change as proposed within 10 minutes from there, by hand, is `done`; before it, or by an automation,
        `anyway`. `contradicted`: switched back within 10 minutes or before anybody came, or left on for more than
        10 minutes by somebody in the room.
        """
        changed, back, by_hand = self._change(hunch)
        covering = self._covering(hunch.time)
        start = hunch.time if covering is None else covering.end
        room = self._others(hunch.entity_id, room=True)
        returns = [self._return(room, hunch.time, start, changed)]
        if covering is None:
            returns.append(self._return(self._others(hunch.entity_id, room=False), hunch.time, start, changed))
        else:
            returns.append(covering.end)
        returns = [moment for moment in returns if math.isfinite(moment)]
        first = min(returns, default=math.inf)
        last = max(returns, default=changed) + WITHIN
        if changed <= last and (back - changed <= WITHIN or (changed < first and back < first)):
            return CONTRADICTED
        if by_hand and any(moment <= changed <= moment + WITHIN for moment in returns):
            return DONE
        left_on = min(changed, self._recording.end) - WITHIN
        seen = room[(room > hunch.time) & (room >= start) & (room <= min(last, left_on))]
        if seen.size:
            return CONTRADICTED
        return ANYWAY if changed < first or any(m <= changed <= m + WITHIN for m in returns) else LEFT

    def _change(self, hunch: Hunch) -> tuple[float, float, bool]:
        """Return when the device was changed as proposed, when back (infinity: never), whether by hand."""
        timeline = self._recording.timelines.get(hunch.entity_id, Timeline.empty()).carried()
        i = int(np.searchsorted(timeline.times, hunch.time, side="right"))
        if i >= len(timeline):
            return math.inf, math.inf, False
        back = float(timeline.times[i + 1]) if i + 1 < len(timeline) else math.inf
        return float(timeline.times[i]), back, int(timeline.causes[i]) not in _NOBODY

    def _covering(self, moment: float) -> Interval | None:
        """Return the labelled interval that covers a moment, the longest-lasting of several."""
        found = [i for i in self._recording.truth if i.start <= moment < i.end]
        return max(found, key=lambda i: i.end, default=None)

    def _others(self, entity_id: str, *, room: bool) -> NDArray[np.float64]:
        """Return the signs of people from everything but one entity, or from its room alone, in order of time."""
        if (entity_id, room) not in self._merged:
            entities = self._recording.home.entities
            area = entities[entity_id].area if entity_id in entities else None
            chosen = [
                times
                for key, times in self._signs.items()
                if key != entity_id and (not room or (area is not None and entities[key].area == area))
            ]
            self._merged[entity_id, room] = np.sort(np.concatenate(chosen)) if chosen else np.empty(0)
        return self._merged[entity_id, room]

    def _return(self, signs: NDArray[np.float64], raised: float, start: float, changed: float) -> float:
        """Return the first sign from `start` on after 45 silent minutes (infinity: none).

        The device's own change is no sign: it may have ended by itself. But where another sign follows it within
        10 minutes, it was the first thing that somebody did on coming.
        """
        before = np.concatenate(([self._recording.start], signs[:-1]))
        ends = signs[(signs - before >= SILENCE) & (signs > raised) & (signs >= start)]
        if not ends.size:
            return math.inf
        first = float(ends[0])
        after_silence = changed - float(before[np.searchsorted(signs, first)]) >= SILENCE
        return changed if start <= changed < first <= changed + WITHIN and after_silence else first


def outcome(hunch: Hunch, recording: Recording) -> str:
    """Return what became of one hunch (see `Aftermath.outcome`, which is quicker for many)."""
    return Aftermath(recording).outcome(hunch)


def next_night(clock: LocalTime, moment: float) -> float:
    """Return the next time after `moment` (Unix seconds) that it is four o'clock local time."""
    midnight = float(clock.local(moment)) // DAY * DAY
    for day in range(3):
        wall = midnight + day * DAY + NIGHT_HOUR * HOUR
        guess = wall - float(clock.offset(wall - float(clock.offset(moment))))
        if guess > moment:
            return guess
    return moment + DAY


class _Changes:
    """All changes of a recording in order of time, walked once."""

    def __init__(self, recording: Recording, after: float) -> None:
        self._home = recording.home
        self._keys = [key for key in sorted(recording.timelines) if key in recording.home.entities]
        lines = [recording.timelines[key] for key in self._keys]
        times = np.concatenate([t.times for t in lines]) if lines else np.empty(0)
        order = np.argsort(times, kind="stable")
        self._times = times[order]
        self._which = np.repeat(np.arange(len(lines)), [len(t) for t in lines])[order]
        self._states = np.concatenate([t.states for t in lines])[order] if lines else np.empty(0, dtype=np.int8)
        self._causes = np.concatenate([t.causes for t in lines])[order] if lines else np.empty(0, dtype=np.int8)
        self._next = int(np.searchsorted(self._times, after, side="right"))
        self.readings = {key: int(t.at(after)) for key, t in zip(self._keys, lines, strict=True)}

    @property
    def upcoming(self) -> float:
        """Return the moment of the next change (infinity: none)."""
        return float(self._times[self._next]) if self._next < self._times.size else math.inf

    def advance(self, mind: Watcher, until: float) -> None:
        """Tell the mind of every change up to and at `until`."""
        while self.upcoming <= until:
            i = self._next
            key, reading = self._keys[self._which[i]], int(self._states[i])
            self.readings[key] = reading
            text = state_name(self._home.entities[key].domain, reading)
            mind.note(key, float(self._times[i]), text, int(self._causes[i]))
            self._next += 1


def replay(
    mind: Watcher,
    recording: Recording,
    policy: Policy,
    *,
    begin: float = -math.inf,
    step: float = 300.0,
    nights: int = 1,
) -> Iterator[tuple[Hunch, str]]:
    """Yield each hunch that would have been raised, in order of time, with its outcome.

    The mind learns once a day of history is there (or at `begin`, if that is later), then at four o'clock every
    `nights` nights; it looks every `step` seconds while anything is on, open or unlocked. What the home did by
    itself, and what nobody answered, ends hunches as it would have; nobody answers them, as nobody saw them.
    """
    now = math.ceil(max(recording.start + FIRST_LOOK, begin) / step) * step
    end = recording.end
    if now > end:
        return
    clock = LocalTime(recording.home.time_zone)
    aftermath = Aftermath(recording)
    asked = [e.entity_id for e in recording.home.devices if e.domain in KIND_OF_DOMAIN]
    mind.learn(recording.until(now).timelines, now)
    changes = _Changes(recording, now)
    night = _night(clock, now, nights)
    ledger = Ledger(started=now)
    while now <= end:
        changes.advance(mind, now)
        if now >= night:
            mind.learn(recording.until(now).timelines, now)
            night = _night(clock, now, nights)
        busy = any(changes.readings.get(key) == ON for key in asked)
        if busy or ledger.open:
            candidates = mind.look(now).candidates if busy else ()
            decision = policy.judge(recording.home, candidates, ledger, now, changes.readings)
            ledger = ledger.decided(decision, now)
            for hunch in decision.raised:
                yield hunch, aftermath.outcome(hunch)
        if busy or ledger.open:
            now += step
        else:  # nothing to look at before something changes
            now = max(now + step, math.ceil(min(changes.upcoming, night) / step) * step)


def _night(clock: LocalTime, moment: float, nights: int) -> float:
    """Return the next night of learning after `moment`."""
    for _ in range(nights):
        moment = next_night(clock, moment)
    return moment
