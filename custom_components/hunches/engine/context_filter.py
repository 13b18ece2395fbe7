"""The causal filter over one home: five-minute steps over six hidden states, and what it learns at every dawn.

At each local 4:00 the last two days are looked at again with hindsight (forward-backward smoothing, Rabiner 1989), and
what each signal did in each state is counted anew. What the user has stated holds in that hindsight, and counts more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .context_network import (
    NEAR,
    Moments,
    Numbers,
    fixed,
    lasts,
    moment,
    read,
    usual_of,
)
from .evidence import FALL, KNOWN, NEVER, RISE, Seen, observe
from .localtime import DAY, HOUR, LocalTime
from .routine import ASLEEP, AWAKE, AWAY, LABEL_OF, STATES, Day, Sums, Tables, sums
from .sensors import signals_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .home import Home
    from .timeline import Timeline

STEP: Final = 300.0
"""Seconds of a step; steps begin at multiples of it, UTC."""

DAWN: Final = 4.0
"""Local hour at which the filter learns from the days before."""

AHEAD: Final = 28 * 288
"""Steps that are looked at in one go where much has to be followed."""

DAYS: Final = 28
"""Days that can still be looked at again when the user states something about them."""

LOOKS_BACK: Final = 2
"""Days that are looked at again at every dawn: hindsight reaches no further."""

_STATED: Final = 4.0  # what a step counts in which the state is known from the user, beside one that is inferred
_BLOCK: Final = 24
_ALLOWED: Final[Mapping[str, tuple[int, ...]]] = {
    "away": (AWAY,),
    "asleep": (ASLEEP,),
    "home": (AWAKE, ASLEEP),
    "awake": (AWAKE,),
}


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
            msg = f"{self.label}: not one of {', '.join(_ALLOWED)}"
            raise ValueError(msg)


def scan(first: NDArray[np.float64], moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (normalised) states [n, STATES] after each of `moves` [n, STATES, STATES], begun at `first` [STATES].

    In blocks: products within all blocks side by side, then block after block.
    """
    n = moves.shape[0]
    if n <= _BLOCK:
        few = np.empty((n, STATES))
        state = first
        for t in range(n):
            state = state @ moves[t]
            state = state / state.sum()
            few[t] = state
        return few
    blocks = -(-n // _BLOCK)
    padded = np.concatenate((moves, np.broadcast_to(np.eye(STATES), (blocks * _BLOCK - n, STATES, STATES))))
    within = padded.reshape(blocks, _BLOCK, STATES, STATES).copy()
    for t in range(1, _BLOCK):
        within[:, t] = within[:, t - 1] @ within[:, t]
        if t == _BLOCK // 2:  # what a step can rule out is bounded: once a block is enough against underflow
            within[:, t] /= within[:, t].max(axis=(1, 2), keepdims=True)
    begun = np.empty((blocks, 1, 1, STATES))
    state = first
    for b in range(blocks):
        begun[b, 0, 0] = state
        state = state @ within[b, -1]
        state = state / state.sum()
    states = (begun @ within)[:, :, 0].reshape(-1, STATES)[:n]
    return np.asarray(states / states.sum(axis=1, keepdims=True))


def smooth(
    forward: NDArray[np.float64], moves: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the chances [n, STATES] of the states after each of `moves` [n, STATES, STATES], given all of them.

    `forward`: of `scan` [n, STATES]. `after`: what the future says of the last state [STATES]. The second that is
    returned is what all of it says of the state before the first of the moves.
    """
    back = np.empty_like(forward)
    back[-1] = after
    back[:-1] = scan(after, moves[:0:-1].transpose(0, 2, 1))[::-1]
    both = forward * back
    before = moves[0] @ back[0]
    return both / both.sum(axis=1, keepdims=True), before / before.sum()


@dataclass(slots=True)
class _Kept:
    """A day that can be looked at again.

    Its first step, the state before it, its moves, the states after them, what it showed, its counts.
    """

    step: int
    first: NDArray[np.float64]
    moves: NDArray[np.float64]
    forward: NDArray[np.float64]
    day: Day
    sums: Sums


def begin(numbers: Numbers, half_hour: int) -> NDArray[np.float64]:
    """Return the states that the clock alone suggests: [STATES]."""
    awake, asleep, away = numbers.clock[half_hour]
    return np.array([awake / 3, awake / 3, awake / 3, asleep, away / 2, away / 2])


class Filter:
    """The filter over one home, standing after a whole step (steps of `STEP` seconds since 1970, UTC)."""

    def __init__(self, home: Home, start: float, numbers: Numbers, corrections: Sequence[Correction] = ()) -> None:
        """Begin at `start`, Unix seconds."""
        self._numbers = numbers
        self._local = LocalTime(home.time_zone, home.latitude, home.longitude)
        self.signals = signals_of(home)
        count = len(self.signals.signals)
        self.acts = np.full(count, NEVER)
        self._corrections = sorted(corrections, key=lambda c: c.stated)
        self._heard = 0
        self._begun = start
        self._usual = usual_of(numbers, self.signals)
        self._old = Sums.none(count)  # of days that cannot be looked at again
        self._settled = self._old  # of all days but the last
        self._kept: list[_Kept] = []
        self.step = int(start // STEP)
        self.state = begin(numbers, int(float(self._local.hour(start)) * 2))
        self._use(Tables.of(self._old, numbers.clock, self._usual))
        self._begin_day()

    def _use(self, tables: Tables) -> None:
        self.tables = tables
        self._fixed = fixed(self.signals, tables)

    def _begin_day(self) -> None:
        now = self.step * STEP
        since = DAWN * HOUR
        target = (float(self._local.local(now)) - since) // DAY * DAY + DAY + since
        dawn = target - float(self._local.offset(now))
        dawn = target - float(self._local.offset(dawn))  # the offset may change on the way
        self.day, self.dawn = self.step, max(round(dawn / STEP), self.step + 1)
        self._morning = self.state
        self._moves: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self._seen: list[tuple[Seen, NDArray[np.float64]]] = []

    def correct(self, correction: Correction) -> None:
        """Take in what the user states now; it is learned from at the next dawn."""
        self._corrections.append(correction)

    def moments(self, high: NDArray[np.float64]) -> Moments:
        """Return what holds of the home at these moments, Unix seconds."""
        local = self._local.local(high - 1.0)
        return Moments(
            local % DAY / HOUR,
            ((local // DAY + 3) % 7 >= 5).astype(np.float64),
            np.maximum(high - self._begun, 0) / DAY,
        )

    def near(self, seen: Seen, high: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return whether a way out moved shortly before each row's end: [rows], 0 or 1."""
        return (high - lasts(self.signals, seen) <= NEAR).astype(np.float64)

    def _read(self, seen: Seen, high: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        home = moment(self.signals, seen, high, self.moments(high), self.tables)
        return read(self._numbers, seen, self._fixed, self.tables, home)

    def advance(self, timelines: Mapping[str, Timeline], step: int) -> NDArray[np.float64]:
        """Move on to `step` and return the chances of the states after each step passed: [steps, STATES].

        A day is learned from when the filter moves past its end.
        """
        found = [np.empty((0, STATES))]
        while self.step < step:
            seen, high = self.watch(timelines, min(step, self.step + AHEAD))
            done = 0
            while done < high.size:
                self.turn()
                upto = min(self.dawn - self.step + done, high.size)
                found.append(self.take(seen.rows(done, upto), high[done:upto]))
                done = upto
        return np.concatenate(found)

    def watch(self, timelines: Mapping[str, Timeline], step: int) -> tuple[Seen, NDArray[np.float64]]:
        """Return what the steps up to `step` show, and when each ends, Unix seconds."""
        high = np.arange(self.step + 1, step + 1, dtype=np.float64) * STEP
        return observe(self.signals, timelines, high - STEP, high, self.acts), high

    def take(self, seen: Seen, high: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take in the next steps, none beyond the next dawn, and return the states after each: [steps, STATES]."""
        likelihoods, chances = self._read(seen, high)
        moves = chances * likelihoods[:, None, :]
        states = scan(self.state, moves)
        self._moves.append((moves, states))
        self._seen.append((seen, high))
        self.acts = seen.acts[:, -1]
        self.state, self.step = states[-1], self.step + high.size
        return states

    def turn(self) -> None:
        """Learn from the days before, if one ends now."""
        if self.step != self.dawn:
            return
        self._keep()
        if len(self._kept) > LOOKS_BACK:
            self._settled = self._settled.plus(self._kept[-LOOKS_BACK - 1].sums)
        now = self.step * STEP
        news = []
        while self._heard < len(self._corrections) and self._corrections[self._heard].stated <= now:
            news.append(self._corrections[self._heard])
            self._heard += 1
        touched = set(range(len(self._kept) - LOOKS_BACK, len(self._kept)))
        for i, kept in enumerate(self._kept):
            begins, ends = kept.step * STEP, (kept.step + kept.moves.shape[0]) * STEP
            if any(c.start < ends and c.end > begins for c in news):
                touched |= {i, i - 1}  # what is known of a day tells of the one before
        self._look_again(sorted(i for i in touched if i >= 0))
        if news:
            self._settled = self._old
            for kept in self._kept[:-LOOKS_BACK]:
                self._settled = self._settled.plus(kept.sums)
        counts = self._settled
        for kept in self._kept[-LOOKS_BACK:]:
            counts = counts.plus(kept.sums)
        self._use(Tables.of(counts, self._numbers.clock, self._usual))
        self._begin_day()

    def _keep(self) -> None:
        shown = np.concatenate([seen.signals for seen, _ in self._seen], axis=1)
        acts = np.concatenate([seen.acts for seen, _ in self._seen], axis=1)
        high = np.concatenate([high for _, high in self._seen])
        seen = Seen(shown, acts, np.ones(shown.shape[0], dtype=bool))
        day = Day.of(seen, self.near(seen, high), self.moments(high).bins)
        moves, states = (np.concatenate([part[i] for part in self._moves]) for i in range(2))
        self._kept.append(_Kept(self.day, self._morning, moves, states, day, Sums.none(shown.shape[0])))
        if len(self._kept) > DAYS:
            self._old = self._old.plus(self._kept.pop(0).sums)

    def _look_again(self, which: list[int]) -> None:
        """Count days anew with hindsight: each sees the rest of the days that follow it in `which` directly."""
        after = np.ones(STATES)
        for i in reversed(which):
            kept = self._kept[i]
            if i + 1 not in which:
                after = np.ones(STATES)
            allowed, weight = self._stated(kept)
            moves = kept.moves * allowed[:, None, :]
            forward = kept.forward if (allowed == 1).all() else scan(kept.first, moves)
            states, after = smooth(forward, moves, after)
            kept.sums = sums(kept.day, states * weight[:, None], weight > 1)

    def _stated(self, kept: _Kept) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return which states the user's statements allow in each step [steps, STATES], and what each step counts."""
        rows = kept.moves.shape[0]
        allowed, weight = np.ones((rows, STATES)), np.ones(rows)
        middle = (kept.step + np.arange(rows) + 0.5) * STEP
        for correction in self._corrections[: self._heard]:
            held = (middle >= correction.start) & (middle < correction.end)
            # Of statements that contradict each other the last one counts.
            allowed[held] = np.where(np.isin(LABEL_OF, _ALLOWED[correction.label]), 1.0, 1e-12)
            weight[held] = _STATED
        return allowed, weight

    def peek(self, seen: Seen, states: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the states at `times` [n], from those after the whole steps before them: [n, STATES] -> [n, STATES].

        `seen`: of `glance`. A part of a step in which nothing happened tells its part of what a silent step does.
        """
        likelihoods, chances = self._read(seen, times)
        happened = np.maximum(seen.signals[..., RISE], seen.signals[..., FALL]).sum(axis=0) > 0
        part = np.where(happened, 1.0, times % STEP / STEP)[:, None]
        chances = np.eye(STATES) + part[:, :, None] * (chances - np.eye(STATES))
        after = (states[:, None, :] @ chances)[:, 0] * likelihoods**part
        return np.asarray(after / after.sum(axis=1, keepdims=True))

    def glance(self, timelines: Mapping[str, Timeline], times: NDArray[np.float64]) -> Seen:
        """Return what the begun steps show up to `times` (in order, from the present step on)."""
        low = np.floor(times / STEP) * STEP
        # Rows of one step overlap; each row is to see the whole of its part.
        rank = np.arange(times.size) - np.searchsorted(low, low)
        parts: list[tuple[NDArray[np.int64], Seen]] = []
        for turn in range(int(rank.max(initial=-1)) + 1):
            chosen = np.flatnonzero(rank == turn)
            parts.append(
                (chosen, observe(self.signals, timelines, low[chosen], times[chosen], self.acts, self.step * STEP))
            )
        if len(parts) == 1:
            return parts[0][1]
        order = np.argsort(np.concatenate([chosen for chosen, _ in parts]))
        signals = np.concatenate([seen.signals for _, seen in parts], axis=1)[:, order]
        acts = np.concatenate([seen.acts for _, seen in parts], axis=1)[:, order]
        return Seen(signals, acts, np.asarray(signals[..., KNOWN].any(axis=1)))
