"""What a home did after a hunch: for scoring, never for raising."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ON
from .policy import HEATING
from .timeline import Cause, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .bundle import Interval, Recording
    from .home import Entity
    from .hunches import Hunch

DONE: Final = "done"
ANYWAY: Final = "anyway"
CONTRADICTED: Final = "contradicted"
LEFT: Final = "left"
UNTOLD: Final = "untold"
OUTCOMES: Final = (DONE, ANYWAY, CONTRADICTED, LEFT, UNTOLD)

SILENCE: Final = 45 * 60.0
"""Seconds without a sign of people after which the next sign is somebody coming back, waking or entering."""
WITHIN: Final = 10 * 60.0
"""Seconds after that in which a change is the person's answer to what was found."""
# A sensor of these classes clears by itself; only its start is a sign of a person.
_CLEARS_BY_ITSELF: Final = frozenset({"motion", "moving", "vibration", "sound"})
# Appliances end by themselves; lamps, locks and covers mostly do not.
_ENDS_BY_ITSELF: Final = frozenset({"switch", "climate", "humidifier", "valve", "fan", "input_boolean"})
_NOBODY: Final = (Cause.AUTOMATION, Cause.OURS)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What became of one hunch.

    `outcome`: one of `OUTCOMES`. `changed`: when the device was changed as proposed (Unix seconds, infinity: never),
    and whether by hand. `ours`: we changed it ourselves, so that this tells nothing of what people wanted. `final`:
    from when on nothing that happens changes the outcome any more; infinity: it may yet.
    """

    outcome: str
    changed: float
    ours: bool
    by_hand: bool = False
    final: float = math.inf


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


class Scorer:
    """Knows what a home did after each hunch, from its whole recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._signs = {
            key: _signs(entity, recording.timelines[key])
            for key, entity in sorted(recording.home.entities.items())
            if key in recording.timelines
        }
        self._begun, self._end = recording.start, recording.end  # each takes a look at every timeline
        self._places = {key: place for place, key in enumerate(self._signs)}
        self._merged: dict[str | None, tuple[NDArray[np.float64], NDArray[np.int32]]] = {}

    def aftermath(self, hunch: Hunch) -> Aftermath:
        """Return all that became of a hunch."""
        changed, _, by_hand, ours = self._change(hunch)
        returns = self._returns(hunch, changed)
        known = [moment for moment in (*returns, changed) if math.isfinite(moment)]
        final = max(known) + WITHIN if any(map(math.isfinite, returns)) else math.inf
        return Aftermath(self.outcome(hunch), changed, ours, by_hand, final)

    def outcome(self, hunch: Hunch) -> str:
        """Return what became of a hunch, one of `OUTCOMES` (the design's `script/replay hunches`).

        Somebody comes back or wakes at the end of the labelled interval that covers the hunch; without one, at the
        first sign of people after 45 silent minutes, and enters the room at the first such sign of its area.
        A change as proposed within 10 minutes from there, by hand, is `done`; before it, or by an automation,
        `anyway`. `contradicted`: switched back within 10 minutes or before anybody came, or left on for more than
        10 minutes by somebody in the room. Heating that stays on contradicts nothing and is not `left`, but `untold`:
        people turn heating down rather than off, and history does not hold what it was set to.
        """
        changed, back, by_hand, _ = self._change(hunch)
        start = self._start(hunch)
        room = self._others(hunch.entity_id, start, room=True)
        returns = [moment for moment in self._returns(hunch, changed) if math.isfinite(moment)]
        first = min(returns, default=math.inf)
        last = max(returns, default=changed) + WITHIN
        if changed <= last and (back - changed <= WITHIN or (changed < first and back < first)):
            return CONTRADICTED
        if by_hand and any(moment <= changed <= moment + WITHIN for moment in returns):
            return DONE
        left_on = min(changed, self._end) - WITHIN
        seen = room[(room > hunch.time) & (room >= start) & (room <= min(last, left_on))]
        if seen.size and hunch.kind not in HEATING:
            return CONTRADICTED
        if changed < first or any(m <= changed <= m + WITHIN for m in returns):
            return ANYWAY
        return UNTOLD if hunch.kind in HEATING else LEFT

    def _change(self, hunch: Hunch) -> tuple[float, float, bool, bool]:
        """Return when the device was changed as proposed, when back (infinity: never), whether by hand, or by us."""
        timeline = self._recording.timelines.get(hunch.entity_id, Timeline.empty()).carried()
        i = int(np.searchsorted(timeline.times, hunch.time, side="right"))
        if i >= len(timeline):
            return math.inf, math.inf, False, False
        back = float(timeline.times[i + 1]) if i + 1 < len(timeline) else math.inf
        cause = int(timeline.causes[i])
        return float(timeline.times[i]), back, cause not in _NOBODY, cause == Cause.OURS

    def _returns(self, hunch: Hunch, changed: float) -> tuple[float, float]:
        """Return when somebody entered the room, and when somebody came back or woke (infinity: nobody did)."""
        covering, start = self._covering(hunch.time), self._start(hunch)
        entered = self._return(self._others(hunch.entity_id, start, room=True), hunch.time, start, changed)
        if covering is not None:
            return entered, covering.end
        return entered, self._return(self._others(hunch.entity_id, start, room=False), hunch.time, start, changed)

    def _start(self, hunch: Hunch) -> float:
        """Return from when on somebody may be seen to come: the end of the labelled interval, if there is one."""
        covering = self._covering(hunch.time)
        return hunch.time if covering is None else covering.end

    def _covering(self, moment: float) -> Interval | None:
        """Return the labelled interval that covers a moment, the longest-lasting of several."""
        found = [i for i in self._recording.truth if i.start <= moment < i.end]
        return max(found, key=lambda i: i.end, default=None)

    def _others(self, entity_id: str, start: float, *, room: bool) -> NDArray[np.float64]:
        """Return the signs of people from everything but one entity, or from its room alone, in order of time.

        From the last one before `start` on.
        """
        entities = self._recording.home.entities
        area = entities[entity_id].area if entity_id in entities else None
        if room and area is None:
            return np.empty(0)
        times, places = self._all_signs(area if room else None)
        own, first = self._places.get(entity_id, -1), int(np.searchsorted(times, start, side="left")) - 1
        while first >= 0 and places[first] == own:
            first -= 1
        first = max(first, 0)
        return np.asarray(times[first:][places[first:] != own])

    def _all_signs(self, area: str | None) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return the signs of people from all entities, or of one area, in order of time, and whose they are."""
        if area not in self._merged:
            entities = self._recording.home.entities
            chosen = [key for key in self._signs if area is None or entities[key].area == area]
            times = np.concatenate([np.empty(0), *(self._signs[key] for key in chosen)])
            counts = [self._signs[key].size for key in chosen]
            places = np.repeat(np.array([self._places[key] for key in chosen], dtype=np.int32), counts)
            order = np.argsort(times, kind="stable")
            self._merged[area] = times[order], places[order]
        return self._merged[area]

    def _return(self, signs: NDArray[np.float64], raised: float, start: float, changed: float) -> float:
        """Return the first sign from `start` on after 45 silent minutes (infinity: none).

        The device's own change is no sign: it may have ended by itself. But where another sign follows it within
        10 minutes, it was the first thing that somebody did on coming.
        """
        before = np.concatenate(([self._begun], signs[:-1]))
        ends = signs[(signs - before >= SILENCE) & (signs > raised) & (signs >= start)]
        if not ends.size:
            return math.inf
        first = float(ends[0])
        after_silence = changed - float(before[np.searchsorted(signs, first)]) >= SILENCE
        return changed if start <= changed < first <= changed + WITHIN and after_silence else first
