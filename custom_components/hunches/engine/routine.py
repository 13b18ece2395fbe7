"""What each signal of a home has done while people were awake, asleep and away: what the filter learns of a home.

`Day` keeps what a day showed, `sums` counts it by state once the states are known (softly), and `Tables` turns the
counts of many days into evidence: by how much a signal's being on, off, switched or silent speaks for each state here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .evidence import ENDED_OFF, ENDED_ON, FALL, OFF, ON, RISE, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

AWAKE, ASLEEP, AWAY = range(3)
LABELS: Final = 3

STATES: Final = 6
"""Hidden states: somebody moving, awake and quiet, awake and still, everybody asleep, everybody out, gone for long."""
LABEL_OF: Final = (AWAKE, AWAKE, AWAKE, ASLEEP, AWAY, AWAY)
"""What each hidden state is called."""

BINS: Final = 48
"""Half-hours of the local day, in which a home's own habits are counted."""

FADE: Final = 0.95
"""What a day counts beside the next: habits change."""

# How much of the fleet is added to what was counted.
_SHARE_STEPS: Final = 24.0
_LEVEL_EVENTS: Final = 1.0
_RATE_EVENTS: Final = 2.0
_HABIT_STEPS: Final = 12.0
_CROSSINGS: Final = 3.0
_PASSED: Final = 0.7  # chance that a way out is seen to move when the home is left or entered, before anything is known

STATIC: Final = 8
"""Numbers of a signal that hold for a day, beside its kind: see `Tables.static`."""

HOME: Final = 5
"""Numbers of the home that hold for a day: see `Tables.home`."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a day showed, for counting: rows of five minutes.

    `on`, `off`, `events`: float32 [signals, rows]. `ended`: minutes of what ended in a row, [2 (on, off), signals,
    rows]. `near`: [rows], whether a way out moved lately (0 or 1). `bins`: int64 [rows], half-hours of the local day.
    """

    on: NDArray[np.float32]
    off: NDArray[np.float32]
    events: NDArray[np.float32]
    ended: NDArray[np.float32]
    near: NDArray[np.float64]
    bins: NDArray[np.int64]

    @classmethod
    def of(cls, seen: Seen, near: NDArray[np.float64], bins: NDArray[np.int64]) -> Day:
        """Keep of a day what is counted."""
        shown = seen.signals
        return cls(
            shown[..., ON].copy(),
            shown[..., OFF].copy(),
            np.maximum(shown[..., RISE], shown[..., FALL]),
            np.stack((shown[..., ENDED_ON], shown[..., ENDED_OFF])),
            near,
            bins,
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of one day, or of many: `of_signals` [signals, 3, STATES] steps on, off and with an event.

    `ended`: [signals, 2, 2], how many stretches of on and of off ended and their summed log minutes. `longest`:
    [signals, 2], log minutes. `stated`: steps of which the user said what held. Of these alone, `habits`: [BINS, 3]
    steps by label, and `crossing`: [2, 2], steps at which the home was left or entered and at which people were awake:
    all, and those near a way out.
    """

    of_signals: NDArray[np.float64]
    ended: NDArray[np.float64]
    longest: NDArray[np.float64]
    habits: NDArray[np.float64]
    crossing: NDArray[np.float64]
    stated: float = 0.0

    @classmethod
    def none(cls, signals: int) -> Sums:
        """Return the counts of nothing."""
        return cls(
            np.zeros((signals, 3, STATES)),
            np.zeros((signals, 2, 2)),
            np.zeros((signals, 2)),
            np.zeros((BINS, LABELS)),
            np.zeros((2, 2)),
        )

    def plus(self, day: Sums, fade: float = FADE) -> Sums:
        """Return these counts, faded, and a day's."""
        return Sums(
            fade * self.of_signals + day.of_signals,
            fade * self.ended + day.ended,
            np.maximum(self.longest, day.longest),
            fade * self.habits + day.habits,
            fade * self.crossing + day.crossing,
            fade * self.stated + day.stated,
        )


def labels_of(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances of awake, asleep, away from those of the hidden states: [n, STATES] -> [n, 3]."""
    return np.stack(
        [states[:, [k for k in range(STATES) if LABEL_OF[k] == label]].sum(axis=1) for label in range(3)], 1
    )


def sums(day: Day, states: NDArray[np.float64], stated: NDArray[np.bool_] | None = None) -> Sums:
    """Return a day's counts, given the (weighted) chances of the hidden states in each row [rows, STATES].

    `stated`: rows of which the user said what held [rows]. Without any event and statement a day teaches nothing: what
    the filter says of it would only confirm itself. For the same reason the home's hours, and how its way out moves,
    are learned from statements alone: learned from the filter's own answers, they made short absences vanish.
    """
    if stated is None:
        stated = np.zeros(day.bins.size, dtype=bool)
    if not stated.any() and not day.events.any():
        return Sums.none(day.on.shape[0])
    state = labels_of(states) * stated[:, None]
    of_signals = np.stack((day.on @ states, day.off @ states, day.events @ states), axis=1)
    minutes = np.log1p(day.ended)
    ended = np.stack(((day.ended > 0).sum(axis=2), minutes.sum(axis=2)), axis=-1).transpose(1, 0, 2)
    longest = minutes.max(axis=2).T if day.bins.size else np.zeros((day.on.shape[0], 2))
    habits = np.zeros((BINS, LABELS))
    np.add.at(habits, day.bins, state)
    turn = np.abs(np.diff(state[:, AWAY], append=state[-1:, AWAY]))
    awake = state[:, AWAKE]
    # The way out moves in the row in which the state turns, or in one beside it.
    around = np.maximum(day.near, np.maximum(np.append(day.near[1:], 0.0), np.append(0.0, day.near[:-1])))
    crossing = np.array([[turn.sum(), turn @ around], [awake.sum(), awake @ day.near]])
    return Sums(of_signals, ended, longest, habits, crossing, float(stated.sum()))


@dataclass(frozen=True, slots=True)
class Usual:
    """What signals usually do in the fleet, one row for each signal of a home (or each kind): where a home begins.

    `share`: [signals, STATES], share of the time on. `pattern`: [signals, STATES], how its events distribute over
    equally long times in the states (mean 1). `level`: [signals], events in a step.
    """

    share: NDArray[np.float64]
    pattern: NDArray[np.float64]
    level: NDArray[np.float64]

    @classmethod
    def unknown(cls, signals: int) -> Usual:
        """Return what is usual if nothing is known."""
        return cls(np.full((signals, STATES), 0.3), np.ones((signals, STATES)), np.full(signals, 0.02))

    def of(self, rows: NDArray[np.int64]) -> Usual:
        """Return these rows."""
        return Usual(self.share[rows], self.pattern[rows], self.level[rows])


@dataclass(frozen=True, slots=True)
class Tables:
    """What counts say, as the network is told.

    `says`: [signals, 4, STATES], nats for each state of being on, being off, an event, no event. `static`: [signals,
    STATIC], log events a day, log of one plus hours known awake, asleep and away, typical and longest log minutes of
    being on and off. `habits`: [BINS, 3], log chances of awake, asleep, away by half-hour. `home`: [HOME], log of one
    plus days known, chance that a way out moves when the home is left or entered, log of one plus such crossings, log
    chance that one moves while people are awake, log of one plus hours of which the user said what held.
    """

    says: NDArray[np.float64]
    static: NDArray[np.float64]
    habits: NDArray[np.float64]
    home: NDArray[np.float64]

    @classmethod
    def of(cls, counts: Sums, clock: NDArray[np.float64], usual: Usual) -> Tables:
        """Turn counts into tables; `clock` [BINS, 3]: what the fleet does at each half-hour."""
        on, off, events = (counts.of_signals[:, i] for i in range(3))
        known = on + off
        share = (on + _SHARE_STEPS * usual.share) / (known + _SHARE_STEPS)
        lit = np.log(share / share.mean(axis=1, keepdims=True))
        unlit = np.log((1 - share) / (1 - share).mean(axis=1, keepdims=True))
        # A sensor's own level (how often it changes at all) scales the fleet's pattern before its own is believed.
        level = events.sum(axis=1) + _LEVEL_EVENTS
        level = level / ((known * usual.pattern).sum(axis=1) + _LEVEL_EVENTS / usual.level)
        expected = np.minimum(usual.pattern * level[:, None], 1.0)
        rates = (events + _RATE_EVENTS) / (known + _RATE_EVENTS / expected)
        event = np.log(rates / rates.mean(axis=1, keepdims=True))
        says = np.stack((lit, unlit, event, rates.mean(axis=1, keepdims=True) - rates), axis=1)
        counted, logs = counts.ended[..., 0], counts.ended[..., 1]
        typical = logs / np.maximum(counted, 1.0)
        by_label = labels_of(known)
        static = np.concatenate(
            (np.log(288.0 * level)[:, None] / 4, np.log1p(by_label / 12) / 4, typical / 8, counts.longest / 8), axis=1
        )
        near = counts.habits
        smooth = 0.4 * near + 0.2 * (np.roll(near, 1, 0) + np.roll(near, -1, 0))
        smooth += 0.1 * (np.roll(near, 2, 0) + np.roll(near, -2, 0))
        habits = smooth + _HABIT_STEPS * clock
        habits = np.log(np.maximum(habits / habits.sum(axis=1, keepdims=True), 0.005))
        (turns, seen), (awake, idle) = counts.crossing
        home = np.array(
            [
                np.log1p(known.sum(axis=1).max(initial=0.0) / 288) / 3,
                (seen + _CROSSINGS * _PASSED) / (turns + _CROSSINGS),
                np.log1p(turns) / 3,
                np.log((idle + 1.0) / (awake + 100.0)) / 4,
                np.log1p(counts.stated / 12) / 4,
            ]
        )
        return cls(says, static, habits, home)
