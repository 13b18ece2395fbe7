"""Whether a home is asleep, away or dark, as probabilities, from whatever evidence it has.

A causal filter over four hidden states (somebody moving, somebody awake but quiet, everybody at home asleep, everybody
away), minute by minute. Its numbers begin as the fleet's (`context_numbers.py`) and are fitted to the home at every
local 4:00, from the days before. See `evidence.py` for what is watched, `routine.py` for the model and its fit,
`context_filter.py` for the filter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .bundle import Recording
from .context_filter import Correction, Filter
from .context_numbers import STATES, Numbers
from .distinct import distinct
from .evidence import MINUTE, SILENCE
from .home import ON, UNKNOWN, Home
from .hunches import Context
from .localtime import DAY, HOUR, LocalTime
from .routine import ASLEEP, AWAY, clock
from .sensors import brightness
from .timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PAUSE: Final = 90 * DAY
"""Silence in all of a home after which history begins anew."""
_STALE: Final = 36 * HOUR  # a light sensor that has not changed for so long says nothing


@dataclass(frozen=True, slots=True)
class Contexts:
    """Contexts at many moments: float64 arrays of one length, `times` in Unix seconds, the others probabilities."""

    times: NDArray[np.float64]
    asleep: NDArray[np.float64]
    away: NDArray[np.float64]
    dark: NDArray[np.float64]

    def at(self, moment: float) -> Context:
        """Return the last row at or before `moment`, the first row where there is none; `times` must be in order.

        Raises `ValueError` if there are no rows. Asked for every moment of a night, in a thread: numpy would let go of
        the interpreter each time for so short that the event loop, woken by it, never gets it (for 150 ms once).
        """
        if not self.times.size:
            msg = "no context is known"
            raise ValueError(msg)
        i = max(bisect_right(self.times, moment) - 1, 0)
        return Context(float(self.times[i]), float(self.asleep[i]), float(self.away[i]), float(self.dark[i]))


def darkness(
    home: Home, timelines: Mapping[str, Timeline], times: NDArray[np.float64], numbers: Numbers | None = None
) -> NDArray[np.float64]:
    """Return the probability that one would need a lamp indoors at `times`, same shape.

    From the sun's elevation, and from light sensors where there are any, as learned under the fleet's skies. If the
    home does not say where it is, its `sun.sun` tells day from night.
    """
    local = LocalTime(home.time_zone, home.latitude, home.longitude)
    elevation = local.elevation(times)
    if (home.latitude is None or home.longitude is None) and "sun.sun" in timelines:
        sun = timelines["sun.sun"].at(times)
        elevation = np.where(sun == ON, np.maximum(elevation, 0.0), elevation)
        elevation = np.where(sun == 0, np.minimum(elevation, 0.0), elevation)
    nats, sensors = np.zeros(times.shape), np.zeros(times.shape)
    dim, soft, bright, dull = (numbers or Numbers.load()).dark
    for entity_id in brightness(home):
        timeline = timelines.get(entity_id)
        if timeline is None or not len(timeline):
            continue
        place = np.maximum(np.searchsorted(timeline.times, times, side="right") - 1, 0)
        state, age = timeline.states[place], times - timeline.times[place]
        known = (state != UNKNOWN) & (age >= 0) & (age < _STALE)
        nats += np.where(known, np.where(state == ON, bright, dull), 0.0)
        sensors += known
    return np.asarray(1 / (1 + np.exp((elevation - dim) / soft - nats / np.maximum(sensors, 1.0))))


def follow(
    recording: Recording,
    times: NDArray[np.float64],
    corrections: Sequence[Correction] = (),
    numbers: Numbers | None = None,
) -> Contexts:
    """Return the context of a recorded home at `times` (Unix seconds), each from history up to its moment only.

    Before recording began, and without any evidence, the clock alone answers. `corrections`: what the user stated;
    each is known from its `stated` on. `numbers`: others than the shipped ones.
    """
    numbers = numbers or Numbers.load()
    times = np.asarray(times, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    asked = times[order]
    known = any(len(t) for t in recording.timelines.values())
    local = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    states = clock(numbers)[(local.hour(asked) * 4).astype(np.int64)] if asked.size else np.zeros((0, STATES))
    said = states[:, [ASLEEP, AWAY]]
    begun = asked >= recording.start if known else np.zeros(asked.shape, dtype=bool)
    if begun.any():
        said[begun] = _said(_follow(recording, asked[begun], numbers, corrections), numbers)
    asleep, away = np.empty((2, asked.size))
    asleep[order], away[order] = said.T
    return Contexts(times, asleep, away, darkness(recording.home, recording.timelines, times, numbers))


def _said(states: NDArray[np.float64], numbers: Numbers) -> NDArray[np.float64]:
    """Return the probabilities [n, 2] of asleep and away that follow from the filter's states [n, STATES]."""
    asleep, away = states[:, ASLEEP], states[:, AWAY]
    return numbers.calibration.of(np.stack((1 - asleep - away, asleep, away), axis=-1))[:, 1:]


def _begun(timelines: Mapping[str, Timeline], moment: float) -> float:
    """Return when the history up to `moment` began that has no pause longer than `_PAUSE`; `moment` if there is none.

    A clock that was wrong when recording began may lie decades back.
    """
    changes = [t.times[: int(t.times.searchsorted(moment, side="right"))] for t in timelines.values()]
    times = distinct(np.concatenate([np.zeros(0), *changes]))
    if not times.size:
        return moment
    pauses = np.flatnonzero(np.diff(times) > _PAUSE)
    return float(times[pauses[-1] + 1]) if pauses.size else float(times[0])


def _follow(
    recording: Recording, asked: NDArray[np.float64], numbers: Numbers, corrections: Sequence[Correction]
) -> NDArray[np.float64]:
    watch = Filter(recording.home, _begun(recording.timelines, float(asked[0])), numbers, corrections)
    return _through(watch, recording.timelines, asked)


def _through(watch: Filter, timelines: Mapping[str, Timeline], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move a filter on to the last of the moments `asked`, in order; return the chances at each of them [n, STATES]."""
    out = np.empty((asked.size, STATES))
    done = 0
    while done < asked.size:
        # Day by day: a moment within a minute is answered with the numbers that held that day.
        first, before, dawn = watch.minute, watch.state, watch.dawn
        ahead = int(np.searchsorted(asked, (dawn + 1) * MINUTE, side="left"))
        last = dawn if ahead < asked.size else int(asked[-1] // MINUTE)
        passed = np.concatenate((np.array([before]), watch.advance(timelines, last)))
        part = asked[done:ahead]
        if part.size:
            found = passed[(part // MINUTE).astype(np.int64) - first]
            within = part % MINUTE > 0
            if within.any():
                found[within] = watch.peek(timelines, found[within], part[within])
            out[done:ahead] = found
        done = ahead
        watch.turn(timelines)
    return out


class Tracker:
    """The same filter, one step at a time: for live use, and for replaying a home.

    It begins where recording began and first follows everything known up to `start`, which is slow.
    """

    def __init__(
        self,
        home: Home,
        timelines: Mapping[str, Timeline],
        start: float,
        corrections: Sequence[Correction] = (),
        numbers: Numbers | None = None,
    ) -> None:
        self._home, self._numbers = home, numbers or Numbers.load()
        self._filter = Filter(home, _begun(timelines, start), self._numbers, corrections)
        self._filter.advance(timelines, int(start // MINUTE))

    @property
    def since(self) -> float:
        """From which moment on (Unix seconds) the next step looks at what held; of `evidence.WHOLE`, at all of it."""
        return self._filter.day * MINUTE - SILENCE

    def fold(self) -> None:
        """Take little room until the day ends."""
        self._filter.fold()

    def correct(self, correction: Correction) -> None:
        """Take in what the user states: it holds from the next minute on, and is learned from at the next dawn."""
        self._filter.correct(correction)

    def step(self, timelines: Mapping[str, Timeline], now: float) -> Context:
        """Move on to `now` (Unix seconds) and return the context then, from `timelines` up to `now`.

        A `now` before the last whole minute that was reached is answered as if it were that minute.
        """
        self._filter.advance(timelines, int(now // MINUTE))
        moment = max(now, self._filter.minute * MINUTE)
        state = np.array([self._filter.state])
        if moment % MINUTE > 0:
            state = self._filter.peek(timelines, state, np.array([moment]))
        dark = darkness(self._home, timelines, np.array([moment]), self._numbers)
        asleep, away = _said(state, self._numbers)[0].tolist()
        return Context(moment, asleep, away, float(dark[0]))

    def steps(self, timelines: Mapping[str, Timeline], moments: NDArray[np.float64]) -> Contexts:
        """Return what `step` would at each of `moments` (Unix seconds, in order, none before the last minute reached).

        Each rests on what `timelines` hold up to it.
        """
        asleep, away = _said(_through(self._filter, timelines, moments), self._numbers).T
        dark = darkness(self._home, timelines, moments, self._numbers)
        return Contexts(moments, asleep, away, dark)
