"""A device's changes of state as arrays: when, what, and who caused it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from .home import UNKNOWN, read_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Cause(IntEnum):
    """Who changed a device. `UNKNOWN` also covers a wall switch: neither leaves a trace in the recorder."""

    UNKNOWN = 0
    PERSON = 1
    AUTOMATION = 2
    PHYSICAL = 3
    OURS = 4


@dataclass(frozen=True, slots=True)
class Timeline:
    """Changes of one entity, in order of time.

    `times`: float64 [n], Unix seconds, strictly increasing. `states`: int8 [n], readings of `home.read_state`
    that differ from their predecessor; `UNKNOWN` opens a gap. `causes`: int8 [n], `Cause` of each change.
    The first entry is the state in which recording began.
    """

    times: NDArray[np.float64]
    states: NDArray[np.int8]
    causes: NDArray[np.int8]

    @classmethod
    def empty(cls) -> Timeline:
        """Return a timeline of nothing."""
        return cls.from_readings([], [])

    @classmethod
    def from_readings(
        cls,
        times: Sequence[float] | NDArray[np.float64],
        states: Sequence[int] | NDArray[np.int8],
        causes: Sequence[int] | NDArray[np.int8] | None = None,
    ) -> Timeline:
        """Make a timeline from readings in order of time, merging repeats; of several at one moment the last holds.

        Raises `ValueError` when times run backwards or lengths differ.
        """
        t = np.asarray(times, dtype=np.float64)
        s = np.asarray(states, dtype=np.int8)
        c = np.zeros(t.size, dtype=np.int8) if causes is None else np.asarray(causes, dtype=np.int8)
        if not t.size == s.size == c.size:
            msg = f"{t.size} times, {s.size} states and {c.size} causes"
            raise ValueError(msg)
        if t.size and not np.all(np.isfinite(t)):
            msg = "a time is not a number"
            raise ValueError(msg)
        if np.any(np.diff(t) < 0):
            msg = "times run backwards"
            raise ValueError(msg)
        if t.size:
            last = np.append(t[1:] != t[:-1], True)
            t, s, c = t[last], s[last], c[last]
            new = np.append(True, s[1:] != s[:-1])
            t, s, c = t[new], s[new], c[new]
        return cls(t, s, c)

    @classmethod
    def from_states(
        cls,
        domain: str,
        times: Sequence[float] | NDArray[np.float64],
        states: Sequence[str],
        causes: Sequence[int] | NDArray[np.int8] | None = None,
    ) -> Timeline:
        """Make a timeline from the recorder's texts (see `from_readings`)."""
        readings: dict[str, int] = {}
        for text in states:
            if text not in readings:
                readings[text] = read_state(domain, text)
        return cls.from_readings(times, [readings[text] for text in states], causes)

    def __len__(self) -> int:
        """Return the number of changes, the first known state included."""
        return int(self.times.size)

    def until(self, moment: float) -> Timeline:
        """Return what was known at `moment` (changes at that very second included)."""
        n = int(np.searchsorted(self.times, moment, side="right"))
        return Timeline(self.times[:n], self.states[:n], self.causes[:n])

    def followed_by(self, later: Timeline) -> Timeline:
        """Return the timeline with changes that begin no earlier than it ends (see `from_readings`)."""
        if not len(later):
            return self
        if not len(self):
            return later
        return Timeline.from_readings(
            np.concatenate((self.times, later.times)),
            np.concatenate((self.states, later.states)),
            np.concatenate((self.causes, later.causes)),
        )

    def after(self, moment: float) -> Timeline:
        """Return the changes after `moment`, apart from the others: a view would keep all of them in memory."""
        n = int(np.searchsorted(self.times, moment, side="right"))
        return Timeline(self.times[n:].copy(), self.states[n:].copy(), self.causes[n:].copy())

    def since(self, moment: float) -> Timeline:
        """Return what happened from `moment` on, opened by the state that held then."""
        i = int(np.searchsorted(self.times, moment, side="right")) - 1
        if i < 0:
            return self
        times = self.times[i:].copy()
        times[0] = moment
        return Timeline(times, self.states[i:], self.causes[i:])

    def carried(self) -> Timeline:
        """Return the timeline with every gap filled by the state before it (a gap at the start is dropped)."""
        known = self.states != UNKNOWN
        if known.all():
            return self
        return Timeline.from_readings(self.times[known], self.states[known], self.causes[known])

    def by_others(self) -> Timeline:
        """Return the timeline without what we did: unknown from a change of ours to the next change by anyone else.

        The same object where there is nothing of ours.
        """
        ours = made_by_us(self.states, self.causes)
        if not ours.any():
            return self
        return Timeline.from_readings(self.times, np.where(ours, np.int8(UNKNOWN), self.states), self.causes)

    def stretches(self, state: int, *, ours: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return when each finished stretch of `state` began and ended, float64 [k] each; gaps are looked through.

        Only those that others both began and ended; with `ours`, only those that we began or ended.
        """
        known = self.carried()
        us = known.causes == Cause.OURS
        mine = (known.states[:-1] == state) & ((us[:-1] | us[1:]) == ours)
        return known.times[:-1][mine], known.times[1:][mine]

    def at(self, moments: NDArray[np.float64] | float) -> NDArray[np.int8]:
        """Return the states that held at `moments` (any shape), `UNKNOWN` before the first."""
        i = np.searchsorted(self.times, moments, side="right") - 1
        if not len(self):
            return np.full(np.shape(moments), UNKNOWN, dtype=np.int8)
        return np.where(i >= 0, self.states[np.maximum(i, 0)], np.int8(UNKNOWN)).astype(np.int8)

    def stands(self, moments: NDArray[np.float64] | float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the last known state at `moments` (any shape) and since when; `UNKNOWN` and the moment if none.

        Gaps are looked through: a lamp that was on before and after one has been on since it was switched on.
        """
        known, asof = self.carried(), np.asarray(moments, dtype=np.float64)
        if not len(known):
            return np.full(asof.shape, UNKNOWN, dtype=np.int64), asof
        place = np.searchsorted(known.times, asof, side="right") - 1
        held = np.maximum(place, 0)
        state = np.where(place >= 0, known.states[held], UNKNOWN).astype(np.int64)
        return state, np.where(place >= 0, known.times[held], asof)

    def current(self, moment: float) -> tuple[int, float]:
        """Return the same of one moment."""
        state, since = self.stands(moment)
        return int(state), float(since)


def made_by_us(
    states: NDArray[np.int8], causes: NDArray[np.int8], before: int = UNKNOWN, ours: bool = False
) -> NDArray[np.bool_]:
    """Return for each reading [n] whether what is known there is a state that we brought about; a gap never is.

    A device that comes back from a gap as it was before stays as whoever left it so. `before`: the last known
    reading ahead of these, and whether that was `ours`.
    """
    made = np.zeros(states.size, dtype=np.bool_)
    if not (ours or (causes == Cause.OURS).any()):
        return made
    known = np.flatnonzero(states != UNKNOWN)
    held = states[known]
    changed = held != np.concatenate(([before], held[:-1]))
    by_us = np.concatenate(([ours], causes[known][changed] == Cause.OURS))
    made[known] = by_us[np.cumsum(changed)]
    return made
