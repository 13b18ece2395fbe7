"""Whether a home is asleep, away or dark, as probabilities, from whatever evidence it has.

A causal forward filter over four hidden states (somebody moving, somebody awake but quiet, everybody at home
asleep, everybody away), minute by minute. Its numbers begin as the fleet's and are fitted to the home at every
local 4:00, from the days before. See `evidence.py` for what is watched, `routine.py` for the model and its fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .bundle import Recording
from .evidence import MINUTE, features, way_out
from .home import ON, UNKNOWN, Home
from .hunches import Context
from .localtime import DAY, HOUR, LocalTime
from .routine import ASLEEP, AWAY, DAYS, STATES, Past, Routine, by_quarter, clock, likelihoods, step
from .sensors import Signals, brightness, signals_of
from .timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAWN: Final = 4.0
"""Local hour at which the filter learns from the day before."""

# Half of all skies are too dark to do without a lamp when the sun stands at _DIM degrees; _SOFT is the scale of a
# logistic curve. From the lighting model of Richardson et al. (2009): a lamp is wanted below 60 ± 10 W/m² outdoors,
# under the clear-sky irradiance of Haurwitz (1945) times 0.25 (overcast) to 1 (clear).
_DIM: Final = 7.0
_SOFT: Final = 2.2
_BRIGHT: Final = (0.3, 0.85)  # chance that a light sensor reads bright when it is dark (lamps), and when it is not
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

        Raises `ValueError` if there are no rows.
        """
        if not self.times.size:
            msg = "no context is known"
            raise ValueError(msg)
        i = max(int(np.searchsorted(self.times, moment, side="right")) - 1, 0)
        return Context(float(self.times[i]), float(self.asleep[i]), float(self.away[i]), float(self.dark[i]))


def darkness(home: Home, timelines: Mapping[str, Timeline], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that one would need a lamp indoors at `times`, same shape.

    From the sun's elevation, and from light sensors where there are any. If the home does not say where it is,
    its `sun.sun` tells day from night.
    """
    local = LocalTime(home.time_zone, home.latitude, home.longitude)
    elevation = local.elevation(times)
    if (home.latitude is None or home.longitude is None) and "sun.sun" in timelines:
        sun = timelines["sun.sun"].at(times)
        elevation = np.where(sun == ON, np.maximum(elevation, 0.0), elevation)
        elevation = np.where(sun == 0, np.minimum(elevation, 0.0), elevation)
    nats, sensors = np.zeros(times.shape), np.zeros(times.shape)
    in_dark, in_light = _BRIGHT
    for entity_id in brightness(home):
        timeline = timelines.get(entity_id)
        if timeline is None or not len(timeline):
            continue
        place = np.maximum(np.searchsorted(timeline.times, times, side="right") - 1, 0)
        state, age = timeline.states[place], times - timeline.times[place]
        known = (state != UNKNOWN) & (age >= 0) & (age < _STALE)
        says = np.where(state == ON, np.log(in_dark / in_light), np.log((1 - in_dark) / (1 - in_light)))
        nats += np.where(known, says, 0.0)
        sensors += known
    return np.asarray(1 / (1 + np.exp((elevation - _DIM) / _SOFT - nats / np.maximum(sensors, 1.0))))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stretch of rows shows: each signal's features, `way_out`, and quarters of the local day."""

    rows: list[NDArray[np.float64] | None]
    near: NDArray[np.float64]
    quarters: NDArray[np.int64]


class _Filter:
    """The filter over one home, standing at a whole minute (minutes since 1970, UTC)."""

    def __init__(self, home: Home, start: float) -> None:
        self._local = LocalTime(home.time_zone, home.latitude, home.longitude)
        self._signals: Signals = signals_of(home)
        self._past = Past(self._signals)
        self._whole: Seen | None = None
        self.minute = int(start // MINUTE)
        self.state: tuple[float, ...] = tuple(clock()[self._quarters(np.array([start]))[0]].tolist())
        self._begin_day()
        self._use(Routine.of_fleet(self._signals))

    def _use(self, routine: Routine) -> None:
        self._routine = routine
        self._weights = routine.weights(self._signals)
        self._chances = by_quarter(routine.hours, routine.calm)

    def _begin_day(self) -> None:
        now = self.minute * MINUTE
        since = DAWN * HOUR
        target = (float(self._local.local(now)) - since) // DAY * DAY + DAY + since
        dawn = target - float(self._local.offset(now))
        dawn = target - float(self._local.offset(dawn))  # the offset may change on the way
        self._day, self._dawn = self.minute, max(round(dawn / MINUTE), self.minute + 1)
        self._first = self.state
        self._whole = None

    def _quarters(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        return (self._local.hour(times) * 4).astype(np.int64)

    def look(self, timelines: Mapping[str, Timeline], first: int, last: int) -> Seen:
        """Return what the whole minutes after `first` up to `last` show."""
        high = np.arange(first + 1, last + 1, dtype=np.float64) * MINUTE
        return self._between(timelines, high - MINUTE, high)

    def _between(self, timelines: Mapping[str, Timeline], low: NDArray[np.float64], high: NDArray[np.float64]) -> Seen:
        rows = [features(signal, timelines, low, high) for signal in self._signals.signals]
        return Seen(rows, way_out(self._signals.ways_out, timelines, low, high), self._quarters(low))

    def _likelihoods(self, seen: Seen) -> NDArray[np.float64]:
        nats = np.zeros((seen.near.size, STATES))
        for row, weight in zip(seen.rows, self._weights, strict=True):
            if row is not None:
                nats += row @ weight
        return likelihoods(nats, self._routine.crossing(seen.near))

    def advance(self, timelines: Mapping[str, Timeline], minute: int) -> NDArray[np.float64]:
        """Move on to `minute` and return the chances of the four states after each minute passed: [minutes, 4].

        A day is learned from when the filter moves past its end.
        """
        found = [np.empty((0, STATES))]
        while self.minute < minute:
            self.turn(timelines)
            until = min(minute, self._dawn)
            seen = self.look(timelines, self.minute, until)
            if self._day == self.minute and until == self._dawn:
                self._whole = seen
            found.append(self._run(self._likelihoods(seen), self._chances[seen.quarters]))
            self.minute = until
        return np.concatenate(found)

    def _run(self, likelihood: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.float64]:
        state, found = self.state, []
        for seen, chance in zip(likelihood.tolist(), chances.tolist(), strict=True):
            after = step(state, seen, chance)
            scale = 1.0 / sum(after)
            state = (after[0] * scale, after[1] * scale, after[2] * scale, after[3] * scale)
            found.append(state)
        self.state = state
        return np.array(found).reshape(-1, STATES)

    def turn(self, timelines: Mapping[str, Timeline]) -> None:
        """Learn from the day that ends now, if one does."""
        if self.minute != self._dawn:
            return
        seen = self._whole or self.look(timelines, self._day, self._dawn)
        self._past.add(seen.rows, seen.near, seen.quarters, self._first)
        # Once four weeks are known a day more changes little.
        if self._past.days <= DAYS or self._past.days % 7 == 0:
            self._use(self._past.fit(self._routine))
        self._begin_day()

    def peek(
        self, timelines: Mapping[str, Timeline], states: NDArray[np.float64], times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the chances at `times` [n], from the states [n, 4] at the whole minutes before them: [n, 4]."""
        low = np.floor(times / MINUTE) * MINUTE
        seen = self._between(timelines, low, times)
        like, chances = self._likelihoods(seen), self._chances[seen.quarters]
        after = np.stack(step(tuple(states.T), tuple(like.T), tuple(chances.T), (times - low) / MINUTE), axis=1)
        return np.asarray(after / after.sum(axis=1, keepdims=True))

    @property
    def day(self) -> int:
        """The minute in which the day began, at the last local 4:00 or with the recording."""
        return self._day

    @property
    def dawn(self) -> int:
        """The minute of the next local 4:00."""
        return self._dawn


def watched(recording: Recording, days: int) -> Iterator[tuple[int, Seen]]:
    """Yield the first minute of each whole local day of a recording (from 4:00 on) and what it shows: for training."""
    watch = _Filter(recording.home, recording.start)
    for _ in range(days):
        first, dawn = watch.day, watch.dawn
        if dawn * MINUTE > recording.end:
            return
        watch.advance(recording.timelines, dawn)
        yield first, watch.look(recording.timelines, first, dawn)
        watch.turn(recording.timelines)


def follow(recording: Recording, times: NDArray[np.float64]) -> Contexts:
    """Return the context of a recorded home at `times` (Unix seconds), each from history up to its moment only.

    Before recording began, and without any evidence, the clock alone answers.
    """
    times = np.asarray(times, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    asked = times[order]
    known = [t for t in recording.timelines.values() if len(t)]
    local = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    states = clock()[(local.hour(asked) * 4).astype(np.int64)] if asked.size else np.zeros((0, STATES))
    begun = asked >= recording.start if known else np.zeros(asked.shape, dtype=bool)
    if begun.any():
        states[begun] = _follow(recording, asked[begun])
    back = np.empty_like(states)
    back[order] = states
    return Contexts(times, back[:, ASLEEP], back[:, AWAY], darkness(recording.home, recording.timelines, times))


def _follow(recording: Recording, asked: NDArray[np.float64]) -> NDArray[np.float64]:
    watch = _Filter(recording.home, recording.start)
    out = np.empty((asked.size, STATES))
    done = 0
    while done < asked.size:
        # Day by day: a moment within a minute is answered with the numbers that held that day.
        first, before, dawn = watch.minute, watch.state, watch.dawn
        ahead = int(np.searchsorted(asked, (dawn + 1) * MINUTE, side="left"))
        last = dawn if ahead < asked.size else int(asked[-1] // MINUTE)
        passed = np.concatenate((np.array([before]), watch.advance(recording.timelines, last)))
        part = asked[done:ahead]
        if part.size:
            found = passed[(part // MINUTE).astype(np.int64) - first]
            within = part % MINUTE > 0
            if within.any():
                found[within] = watch.peek(recording.timelines, found[within], part[within])
            out[done:ahead] = found
        done = ahead
        watch.turn(recording.timelines)
    return out


class Tracker:
    """The same filter, one step at a time: for live use, and for replaying a home.

    It begins where recording began and first follows everything known up to `start`, which is slow.
    """

    def __init__(self, home: Home, timelines: Mapping[str, Timeline], start: float) -> None:
        self._home = home
        begun = min((float(t.times[0]) for t in timelines.values() if len(t)), default=start)
        self._filter = _Filter(home, min(begun, start))
        self._filter.advance(timelines, int(start // MINUTE))

    def step(self, timelines: Mapping[str, Timeline], now: float) -> Context:
        """Move on to `now` (Unix seconds) and return the context then, from `timelines` up to `now`.

        A `now` before the last whole minute that was reached is answered as if it were that minute.
        """
        self._filter.advance(timelines, int(now // MINUTE))
        moment = max(now, self._filter.minute * MINUTE)
        state = np.array([self._filter.state])
        if moment % MINUTE > 0:
            state = self._filter.peek(timelines, state, np.array([moment]))
        dark = darkness(self._home, timelines, np.array([moment]))
        return Context(moment, float(state[0, ASLEEP]), float(state[0, AWAY]), float(dark[0]))
