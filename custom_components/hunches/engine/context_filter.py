"""The filter over one home: minute by minute, fitted anew to the home at every local 4:00 from the days before.

Four hidden states: somebody moving, somebody awake but quiet, everybody at home asleep, everybody away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .bundle import Recording
from .chain import through
from .context_numbers import STATES, Numbers
from .evidence import FALL, MINUTE, ON_NOW, RISE, features, way_out
from .home import Home
from .localtime import DAY, HOUR, LocalTime
from .routine import (
    ASLEEP,
    AWAY,
    BIN,
    BINS,
    DAYS,
    MOVING,
    QUIET,
    Past,
    Routine,
    by_quarter,
    clock,
    fitting,
    likelihoods,
    transitions,
    weighed,
)
from .sensors import Signals, signals_of
from .timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAWN: Final = 4.0
"""Local hour at which the filter learns from the day before."""
STEP: Final = BIN * MINUTE
"""Seconds of a bin of the fit: nothing shorter can be learned from what the user states."""
_JUST: Final = 10 * MINUTE  # a statement that reaches so close to the moment it is made holds for that moment
_HOLDS: Final = 8 * 60
"""Minutes for which what is stated of now holds, while nobody comes, goes or switches anything: whoever says so knows
better than a phone that was left at home."""
_UNSTATED: Final = 1e-12
"""How likely a state is that was stated not to hold."""
_ALLOWED: Final[Mapping[str, tuple[int, ...]]] = {
    "away": (AWAY,),
    "asleep": (ASLEEP,),
    "home": (MOVING, QUIET, ASLEEP),
    "awake": (MOVING, QUIET),
}
LABELS: Final = tuple(_ALLOWED)
"""What may be stated."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the user stated: from `start` to `end` (Unix seconds) the home was "away", "asleep", "home" or "awake".

    `stated`: when; nothing that is answered for an earlier moment knows of it. "home" leaves open whether asleep.
    """

    start: float
    end: float
    label: str
    stated: float

    def __post_init__(self) -> None:
        """Raise `ValueError` for a label that means nothing."""
        if self.label not in _ALLOWED:
            raise ValueError(f"{self.label}: not one of {', '.join(_ALLOWED)}")

    @property
    def allowed(self) -> NDArray[np.float64]:
        """Return 1 for each of the hidden states that it may have been, next to nothing for others: [STATES]."""
        return np.where(np.isin(np.arange(STATES), _ALLOWED[self.label]), 1.0, _UNSTATED)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stretch of rows shows: each signal's features, `way_out`, and quarters of the local day."""

    rows: list[NDArray[np.float64] | None]
    near: NDArray[np.float64]
    quarters: NDArray[np.int64]


@dataclass(slots=True)
class _Held:
    """What was stated of now: how far each state is allowed [STATES], until which minute, and which signals were on."""

    allowed: NDArray[np.float64]
    last: int
    stands: NDArray[np.bool_] | None = None


class Filter:
    """The filter over one home, standing at a whole minute (minutes since 1970, UTC)."""

    def __init__(self, home: Home, start: float, numbers: Numbers, corrections: Sequence[Correction] = ()) -> None:
        """Begin at `start`, Unix seconds."""
        self._local = LocalTime(home.time_zone, home.latitude, home.longitude)
        self._signals: Signals = signals_of(home)
        self._past = Past(self._signals, numbers)
        self._days: list[tuple[int, int]] = []  # first and last minute of each day learned from
        self._corrections = sorted(corrections, key=lambda c: c.stated)
        self._heard = 0
        self._news = False  # something was stated that no fit has seen
        self._held: _Held | None = None
        self._whole: Seen | None = None
        self.minute = int(start // MINUTE)
        self.state: tuple[float, ...] = tuple(clock(numbers)[self._quarters(np.array([start]))[0]].tolist())
        self._begin_day()
        self._use(Routine.of_fleet(self._signals, numbers))

    def _use(self, routine: Routine) -> None:
        self._routine = routine
        self._weights = routine.weights(self._signals)
        self._fits = routine.fits(self._signals)
        self._chances = by_quarter(routine.hours, routine.calm)
        self._moves = transitions(self._chances)

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

    def _likelihoods(self, seen: Seen) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        nats, fits = np.zeros((2, seen.near.size, STATES))
        for row, weight, fit in zip(seen.rows, self._weights, self._fits, strict=True):
            if row is not None:
                nats += row @ weight
                fits += row @ fit
        return likelihoods(nats, self._routine.crossing(seen.near)), fitting(fits)

    def advance(self, timelines: Mapping[str, Timeline], minute: int) -> NDArray[np.float64]:
        """Move on to `minute` and return the chances of the four states after each minute passed: [minutes, 4].

        A day is learned from when the filter moves past its end.
        """
        found = [np.empty((0, STATES))]
        while self.minute < minute:
            self.turn(timelines)
            self._hear()
            until = min(minute, self._dawn, self._next_statement())
            seen = self.look(timelines, self.minute, until)
            if self._day == self.minute and until == self._dawn:
                self._whole = seen
            likelihood, fits = self._likelihoods(seen)
            found.append(self._run(self._stated(likelihood, seen), fits, seen.quarters))
            self.minute = until
        return np.concatenate(found)

    def _stated(self, likelihood: NDArray[np.float64], seen: Seen) -> NDArray[np.float64]:
        """Return likelihoods [minutes, 5] of what follows `minute`, those of what was stated not to be next to none."""
        held = self._held
        if held is None:
            return likelihood
        ends = self.minute + 1 + np.arange(seen.near.size) > held.last
        stands = np.zeros((seen.near.size, len(seen.rows)), dtype=np.bool_)
        for i, row in enumerate(seen.rows):
            if row is not None:
                stands[:, i] = row[:, ON_NOW] > 0
                ends |= (row[:, RISE] > 0) | (row[:, FALL] > 0)
        held.stands = stands[0] if held.stands is None else held.stands
        ends |= np.any(stands != held.stands, axis=1)
        holds = ~np.logical_or.accumulate(ends)
        if not holds.all():
            self._held = None
        nobody_passes = np.append(held.allowed, _UNSTATED)
        return np.where(holds[:, None], likelihood * nobody_passes, likelihood)

    def _run(
        self, likelihood: NDArray[np.float64], fits: NDArray[np.float64], quarters: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        found = through(np.array(self.state), weighed(self._moves[quarters], likelihood, fits))
        self.state = tuple(found[-1].tolist())
        return found

    def turn(self, timelines: Mapping[str, Timeline]) -> None:
        """Learn from the day that ends now, if one does."""
        if self.minute != self._dawn:
            return
        seen = self._whole or self.look(timelines, self._day, self._dawn)
        self._past.add(seen.rows, seen.near, seen.quarters, self._first)
        self._days.append((self._day, self._dawn))
        for correction in self._corrections[: self._heard]:
            self._state(correction, len(self._days) - 1)
        # Once four weeks are known a day more changes little, but what was stated does.
        if self._past.days <= DAYS or self._past.days % 7 == 0 or self._news:
            self._news = False
            self._use(self._past.fit(self._routine))
        self._begin_day()

    def fold(self) -> None:
        """Take little room until the day ends."""
        self._past.fold()

    def correct(self, correction: Correction) -> None:
        """Take in what the user states now: it holds from the next minute on, and is learned from at the next dawn."""
        self._corrections.append(correction)

    def _next_statement(self) -> int:
        """Return the first whole minute at which the next statement is known, a far one if there is none."""
        if self._heard == len(self._corrections):
            return 1 << 60
        return max(int(np.ceil(self._corrections[self._heard].stated / MINUTE)), self.minute + 1)

    def _hear(self) -> None:
        """Take in the statements that have been made by now."""
        now = self.minute * MINUTE
        while self._heard < len(self._corrections) and self._corrections[self._heard].stated <= now:
            correction = self._corrections[self._heard]
            self._heard += 1
            self._news = True
            for day in range(len(self._days)):
                self._state(correction, day)
            if correction.end >= now - _JUST and correction.start <= now:
                held = np.array(self.state) * correction.allowed
                self.state = tuple((held / held.sum()).tolist())
                self._held = _Held(correction.allowed, self.minute + _HOLDS)

    def _state(self, correction: Correction, day: int) -> None:
        first, last = self._days[day]
        middle = (first + BIN * (np.arange(BINS) + 0.5)) * MINUTE
        held = (middle >= correction.start) & (middle < correction.end) & (middle < last * MINUTE)
        if held.any():
            self._past.state(day, held, correction.allowed)

    def peek(
        self, timelines: Mapping[str, Timeline], states: NDArray[np.float64], times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the chances at `times` [n], from the states [n, 4] at the whole minutes before them: [n, 4]."""
        low = np.floor(times / MINUTE) * MINUTE
        seen = self._between(timelines, low, times)
        (like, fit), chances = self._likelihoods(seen), self._chances[seen.quarters]
        minutes = (times - low) / MINUTE
        steps = weighed(transitions(chances * minutes[:, None]), like, fit)
        return np.asarray(through(states, steps[None])[0])

    @property
    def day(self) -> int:
        """The minute in which the day began, at the last local 4:00 or with the recording."""
        return self._day

    @property
    def dawn(self) -> int:
        """The minute of the next local 4:00."""
        return self._dawn


def watched(recording: Recording, days: int, numbers: Numbers) -> Iterator[tuple[int, Seen]]:
    """Yield the first minute of each whole local day of a recording (from 4:00 on) and what it shows: for training."""
    watch = Filter(recording.home, recording.start, numbers)
    for _ in range(days):
        first, dawn = watch.day, watch.dawn
        if dawn * MINUTE > recording.end:
            return
        watch.advance(recording.timelines, dawn)
        yield first, watch.look(recording.timelines, first, dawn)
        watch.turn(recording.timelines)
