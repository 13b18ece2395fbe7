"""What is usual in one home: how often it is left and slept in at each hour, and what its sensors do meanwhile.

The hidden state of a home is one of four: somebody is moving, somebody is awake but quiet, everybody at home is
asleep, everybody is away. `Routine` holds the numbers of this hidden Markov model; `Past` keeps the last weeks of
a home and fits the numbers to it by expectation-maximisation (Rabiner 1989), drawn towards the fleet's.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from .chain import through
from .context_numbers import STATES, Numbers, Trust
from .evidence import FALL, FEATURES, OFF_NOW, OFF_TIME, OFF_WEIGHT, ON_NOW, ON_TIME, ON_WEIGHT, RISE
from .sensors import KINDS, Signals

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOVING, QUIET, ASLEEP, AWAY = range(4)

FLEET_CALM: Final = (0.12, 0.05)
"""Chances per minute of settling (from moving to quiet) and of stirring (from quiet to moving)."""

_QUIET_LEAVES, _SLEEP_LEAVES = 0.2, 0.02  # beside the rate of leaving while moving: the way out may be unseen
_MOVING_SLEEPS = 0.15  # beside the rate of falling asleep while quiet
_WAKE_MOVING = 0.6  # of those who wake
_BACK_QUIET, _BACK_ASLEEP = 0.1, 0.01  # beside the rate of coming back and moving

QUARTERS: Final = 96
BIN: Final = 5
"""Minutes that the fit looks at as one."""
BINS: Final = 288
DAYS: Final = 28
"""Days that the fit looks back."""

_TRUST_CALM = 100.0  # bins of each state, of the fleet's pace of settling and stirring
_TRUST_IDLE = 300.0  # minutes
_TRUST_STANDS = 1000.0  # minutes
_STATED = 30.0  # what a bin counts in which the user said what held, beside one that is inferred
_TIMID = 0.5  # what evidence counts in the fit, beside the filter: else a busy sensor can turn nights into evenings
_MISFIT = 4.0  # nats by which a state can fit worse than another: sensors fail
_FARTHEST = 30.0  # nats: no single minute is more certain


def transitions(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances of moving from state to state in a step: [..., 4, 4].

    `chances` [..., 6]: in that step, of leaving, returning, falling asleep, waking, settling and stirring.
    """
    leave, back, sleep, wake, settle, stir = np.moveaxis(chances, -1, 0)
    rows = (
        (1 - settle - _MOVING_SLEEPS * sleep - leave, settle, _MOVING_SLEEPS * sleep, leave),
        (stir, 1 - stir - sleep - _QUIET_LEAVES * leave, sleep, _QUIET_LEAVES * leave),
        (_WAKE_MOVING * wake, (1 - _WAKE_MOVING) * wake, 1 - wake - _SLEEP_LEAVES * leave, _SLEEP_LEAVES * leave),
        (back, _BACK_QUIET * back, _BACK_ASLEEP * back, 1 - (1 + _BACK_QUIET + _BACK_ASLEEP) * back),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def weighed(
    chances: NDArray[np.float64], likelihood: NDArray[np.float64], fit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return chances of transitions [..., 4, 4] times how likely what was seen is with each, unnormalised.

    `likelihood` [..., 5]: in each of the four states, and while the home was left or entered. `fit` [..., 4]: how well
    each of the states would fit how everything stands, up to a factor: what has stayed as it is was counted before,
    but nobody falls asleep on a seat that is taken.
    """
    seen = chances * likelihood[..., None, :STATES]
    seen[..., AWAY, :AWAY] = chances[..., AWAY, :AWAY] * likelihood[..., STATES:]
    seen[..., :AWAY, AWAY] = chances[..., :AWAY, AWAY] * likelihood[..., STATES:]
    seen *= fit[..., None, :] * (1 / fit)[..., :, None]
    return np.asarray(seen)


def by_quarter(hours: NDArray[np.float64], calm: tuple[float, float]) -> NDArray[np.float64]:
    """Return the chances that `transitions` takes at the 96 quarters of an hour of a day, smoothly: float64 [96, 6].

    `hours`, `calm`: see `Routine`.
    """
    at = (np.arange(QUARTERS) + 0.5) / 4
    rows = [np.interp(at, np.arange(-1, 25) + 0.5, np.r_[row[-1], row, row[0]]) for row in hours]
    rows += [np.full(QUARTERS, chance) for chance in calm]
    return np.asarray(np.stack(rows, axis=1), dtype=np.float64)


@lru_cache(maxsize=4)
def clock(numbers: Numbers) -> NDArray[np.float64]:
    """Return what the clock alone says, the fleet's mean day: chances of the four states [96, 4]."""
    by_minute = transitions(by_quarter(numbers.hours, FLEET_CALM)).repeat(15, axis=0)
    days = np.tile(by_minute, (4, 1, 1))  # until the first guess is forgotten
    return through(np.full(STATES, 1 / STATES), days)[-len(by_minute) - 1 : -1 : 15].copy()


@dataclass(frozen=True, slots=True)
class Routine:
    """The numbers of one home.

    `hours`: [4, 24], chances per minute of leaving, returning, falling asleep, waking at each local hour.
    `calm`: chances per minute of settling and stirring: few sensors make long silences.
    `rise`, `fall`, `on`: [signals, 4], see `sensors.Kind`. `stands`: [signals, 4], share of the time that it is on,
    where `on` weighs its first minutes most. `passed`: chance that a way out is seen to move when
    the home is left or entered. `idle`: chance that one moved lately while somebody is moving, in a minute and in
    a bin of the fit. `temper`: what evidence counts.
    """

    hours: NDArray[np.float64]
    calm: tuple[float, float]
    rise: NDArray[np.float64]
    fall: NDArray[np.float64]
    on: NDArray[np.float64]
    stands: NDArray[np.float64]
    passed: float
    idle: tuple[float, float]
    temper: float

    @classmethod
    def of_fleet(cls, signals: Signals, numbers: Numbers) -> Routine:
        """Return the fleet's numbers for a home with these signals."""
        usual = [numbers.kinds[s.kind] for s in signals.signals]
        on = np.array([u.on for u in usual]).reshape(-1, STATES)
        return cls(
            numbers.hours,
            FLEET_CALM,
            np.array([u.rise for u in usual]).reshape(-1, STATES),
            np.array([u.fall for u in usual]).reshape(-1, STATES),
            on,
            on,
            numbers.way_out[0 if signals.surely_out else 1],
            (numbers.idle, 2 * numbers.idle),
            numbers.temper,
        )

    def weights(self, signals: Signals) -> NDArray[np.float64]:
        """Return by how much each feature of each signal speaks for each state, in nats: [signals, FEATURES, 4]."""
        out = np.zeros((len(signals.signals), FEATURES, STATES))
        for i, signal in enumerate(signals.signals):
            kind = KINDS[signal.kind]
            if kind.rise:
                out[i, RISE] = np.log(self.rise[i] / (1 - self.rise[i]))
                out[i, OFF_TIME] = np.log1p(-self.rise[i])
            if kind.fall:
                out[i, FALL] = np.log(self.fall[i] / (1 - self.fall[i]))
                out[i, ON_TIME] = np.log1p(-self.fall[i])
            if kind.weight:
                out[i, ON_WEIGHT] = np.log(self.on[i])
                out[i, OFF_WEIGHT] = 0.0 if kind.one_sided else np.log1p(-self.on[i])
        return self.temper * out

    def fits(self, signals: Signals) -> NDArray[np.float64]:
        """Return how well each feature of each signal fits a state that begins, in nats: [signals, FEATURES, 4]."""
        out = np.zeros((len(signals.signals), FEATURES, STATES))
        for i, signal in enumerate(signals.signals):
            kind = KINDS[signal.kind]
            if kind.settles:
                out[i, ON_NOW], out[i, OFF_NOW] = np.log(self.stands[i]), np.log1p(-self.stands[i])
        return out

    def crossing(self, near: NDArray[np.float64], *, bins: bool = False) -> NDArray[np.float64]:
        """Return how much more likely `near` (see `evidence.way_out`) is while the home is left or entered, in nats."""
        idle = self.idle[1] if bins else self.idle[0]
        nats = np.where(near > 0, np.log(self.passed / idle), np.log((1 - self.passed) / (1 - idle)))
        return np.where(np.isnan(near), 0.0, nats)


def likelihoods(nats: NDArray[np.float64], crossing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the likelihoods [rows, 5] that `weighed` takes, each up to a factor, from nats [rows, 4] and [rows]."""
    both = np.concatenate((nats, (nats[:, MOVING] + crossing)[:, None]), axis=1)
    return np.asarray(np.exp(np.maximum(both - both.max(axis=1, keepdims=True), -_FARTHEST)))


def fitting(nats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well each state fits how everything stands [rows, 4], each row up to a factor, from nats [rows, 4]."""
    return np.asarray(np.exp(np.maximum(nats - nats.max(axis=1, keepdims=True), -_MISFIT)))


class Past:
    """The last weeks of a home in bins of five minutes, and the fit to them."""

    def __init__(self, signals: Signals, numbers: Numbers) -> None:
        """Know nothing yet."""
        self._signals = signals
        self._trust = numbers.trust
        self._fleet = Routine.of_fleet(signals, numbers)
        self._allowed = np.broadcast_to(1.0, (DAYS, BINS, STATES))  # by what the user stated, if ever anything
        self._bins: dict[int, NDArray[np.float16]] = {}
        self._folded: dict[int, bytes] = {}
        self._near = np.full((2, DAYS, BINS), np.nan)  # whether a way out moved in the bin; share of its minutes
        self._quarter = np.zeros((DAYS, BINS), dtype=np.int8)
        self._valid = np.zeros((DAYS, BINS), dtype=bool)
        self._first = np.full((DAYS, STATES), 1 / STATES)
        self._after = np.ones((DAYS, STATES))
        self.days = 0

    def add(
        self,
        rows: Sequence[NDArray[np.float64] | None],
        near: NDArray[np.float64],
        quarters: NDArray[np.int64],
        first: Sequence[float],
    ) -> None:
        """Add a day: each signal's features by minute, `way_out`, quarters of the day, and the state it began in."""
        self._unfold()
        slot = self.days % DAYS
        n = min(near.size // BIN, BINS)
        self._valid[slot] = np.arange(BINS) < n
        self._quarter[slot, :n] = quarters[: n * BIN : BIN]
        self._near[:, slot] = np.nan
        binned = near[: n * BIN].reshape(n, BIN)
        self._near[0, slot, :n] = binned.max(axis=1)
        self._near[1, slot, :n] = binned.mean(axis=1)
        self._first[slot] = first
        self._after[slot] = 1.0
        if self._stated:
            self._allowed[slot] = 1.0
        for i, row in enumerate(rows):
            if row is None and i not in self._bins:
                continue
            kept = self._bins.setdefault(i, np.zeros((DAYS, BINS, FEATURES), dtype=np.float16))
            kept[slot] = 0.0
            if row is not None:
                kept[slot, :n] = row[: n * BIN].reshape(n, BIN, FEATURES).sum(axis=1)
        self.days += 1

    @property
    def _stated(self) -> bool:
        """Whether the user ever stated anything: until then nothing is kept of it."""
        return self._allowed.flags.writeable

    def fold(self) -> None:
        """Take little room until the next day is added, which is tomorrow: most bins are as the one before."""
        self._folded = {i: zlib.compress(kept.tobytes(), 1) for i, kept in self._bins.items()} or self._folded
        self._bins = {}

    def _unfold(self) -> None:
        for i, folded in self._folded.items():
            bins = np.frombuffer(bytearray(zlib.decompress(folded)), dtype=np.float16)
            self._bins[i] = bins.reshape(DAYS, BINS, FEATURES)
        self._folded = {}

    def state(self, day: int, held: NDArray[np.bool_], allowed: NDArray[np.float64]) -> None:
        """Take in what the user says of some bins (`held` [BINS]) of a day, counted from the first that was added.

        `allowed` [STATES]: 1 for states that it may have been, next to nothing for others. Days that are no longer kept
        are passed over; of statements that contradict each other the last one counts.
        """
        if self.days - DAYS <= day < self.days and day >= 0:
            if not self._stated:
                self._allowed = self._allowed.copy()
            self._allowed[day % DAYS, held] = allowed

    def fit(self, routine: Routine) -> Routine:
        """Return the routine after one round of expectation-maximisation over the days kept, begun at `routine`."""
        days = min(self.days, DAYS)
        state, moves = self.smooth(replace(routine, temper=_TIMID * routine.temper))
        fleet = self._fleet
        rise, fall, on, stands = (part.copy() for part in (fleet.rise, fleet.fall, fleet.on, fleet.stands))
        if self._stated:
            weight = np.where((self._allowed[:days] != 1.0).any(axis=-1), _STATED, 1.0)
            state, moves = state * weight[..., None], moves * weight[..., None, None]
        for i, sums in self.sums(state).items():
            rise[i], fall[i], on[i], stands[i] = self._levels(i, sums)
        crossing = _moved(moves, range(AWAY), (AWAY,)) + _moved(moves, (AWAY,), range(AWAY))
        some, share = self._near[0, :days], self._near[1, :days]
        known = ~np.isnan(some)
        times = crossing[known].sum()
        passed = (crossing[known] @ some[known] + self._trust.crossings * self._fleet.passed) / (
            times + self._trust.crossings
        )
        moving = state[known][:, MOVING]
        idle = [
            (BIN * (moving @ part[known]) + _TRUST_IDLE * usual) / (BIN * moving.sum() + _TRUST_IDLE)
            for part, usual in zip((share, some), self._fleet.idle, strict=True)
        ]
        hours = self._hours(state, moves)
        return Routine(
            hours,
            _calm(moves),
            rise,
            fall,
            on,
            stands,
            float(np.clip(passed, 0.05, 0.98)),
            (float(np.clip(idle[0], 0.001, 0.8)), float(np.clip(idle[1], 0.001, 0.8))),
            routine.temper,
        )

    def sums(self, state: NDArray[np.float64]) -> dict[int, NDArray[np.float64]]:
        """Return each signal's features summed over the days in each state, [4, FEATURES], by its place."""
        days = state.shape[0]
        flat = state.reshape(-1, STATES).astype(np.float32).T
        return {i: (flat @ _rows(kept, days)).astype(np.float64) for i, kept in self._bins.items()}

    def _levels(self, i: int, seen: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Return rise, fall, on and stands of a signal from what was seen of it in each state, [4, FEATURES].

        A sensor's own levels (how often it switches at all) scale the fleet's rates before these are drawn
        towards what was seen: a quiet cupboard and a busy one differ in level more than in pattern.
        """
        fleet, trust = self._fleet, self._trust
        rise, fall = (
            _drawn(seen[:, event], seen[:, exposed], prior, trust)
            for event, exposed, prior in ((RISE, OFF_TIME, fleet.rise[i]), (FALL, ON_TIME, fleet.fall[i]))
        )
        on, stands = (
            np.clip((seen[:, yes] + few * usual) / (seen[:, yes] + seen[:, no] + few), 0.003, 0.99)
            for yes, no, usual, few in (
                (ON_WEIGHT, OFF_WEIGHT, fleet.on[i], trust.on),
                (ON_NOW, OFF_NOW, fleet.stands[i], _TRUST_STANDS),
            )
        )
        return rise, fall, on, stands

    def turns(
        self, state: NDArray[np.float64], moves: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how often the home was left, entered, fell asleep and woke, and the minutes in which it could.

        Float64 [4, 24] each, by local hour, from what `smooth` found.
        """
        m, q, s, a = np.moveaxis(moves @ np.ones(STATES), -1, 0)  # in which state each bin began
        found = (
            (_moved(moves, range(AWAY), (AWAY,)), m + _QUIET_LEAVES * q + _SLEEP_LEAVES * s),
            (_moved(moves, (AWAY,), range(AWAY)), (1 + _BACK_QUIET + _BACK_ASLEEP) * a),
            (_moved(moves, range(ASLEEP), (ASLEEP,)), q + _MOVING_SLEEPS * m),
            (_moved(moves, (ASLEEP,), range(ASLEEP)), s),
        )
        hour = (self._quarter[: len(state)] // 4).ravel()
        counts = np.array([np.bincount(hour, part.ravel(), 24) for part, _ in found])
        minutes = np.array([np.bincount(hour, BIN * part.ravel(), 24) for _, part in found])
        return counts, minutes

    def _hours(self, state: NDArray[np.float64], moves: NDArray[np.float64]) -> NDArray[np.float64]:
        counts, minutes = (
            0.5 * part + 0.25 * (np.roll(part, 1, axis=1) + np.roll(part, -1, axis=1))
            for part in self.turns(state, moves)
        )
        hours = (counts + self._trust.hours * self._fleet.hours) / (minutes + self._trust.hours)
        return np.clip(hours, 1e-5, 0.2)

    def _shown(self, routine: Routine, days: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what `weighed` takes of each bin: likelihoods of what it shows [days, BINS, 5], and fits [.., 4]."""
        both = routine.weights(self._signals), routine.fits(self._signals) / BIN
        weights = np.concatenate(both, axis=-1).astype(np.float32)
        nats = np.zeros((days * BINS, 2 * STATES))
        for i, kept in self._bins.items():
            nats += _rows(kept, days) @ weights[i]
        crossing = routine.crossing(self._near[0, :days].ravel(), bins=True)
        likelihood, fits = likelihoods(nats[:, :STATES], crossing), fitting(nats[:, STATES:])
        return likelihood.reshape(days, BINS, 5), fits.reshape(days, BINS, STATES)

    def smooth(self, routine: Routine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return chances of the states [days, BINS, 4] and of moves between them [days, BINS, 4, 4], given the days.

        Days are smoothed side by side: each begins where the filter stood that morning, and ends before what the
        last fit found to have followed.
        """
        days = min(self.days, DAYS)
        in_a_bin = np.linalg.matrix_power(transitions(by_quarter(routine.hours, routine.calm)), BIN)
        # Bins first, as `through` goes: [BINS, days, ...].
        likelihood, fits = (part.swapaxes(0, 1) for part in self._shown(routine, days))
        quarter, valid = self._quarter[:days].T, self._valid[:days].T
        chances = weighed(in_a_bin[quarter], likelihood, fits)
        if self._stated:
            chances *= self._allowed[:days].swapaxes(0, 1)[:, :, None, :]
        chances[~valid] = np.eye(STATES)
        forward = np.concatenate((self._first[None, :days], through(self._first[:days], chances)))
        order = np.arange(self.days - days, self.days) % DAYS
        last = np.ones((days, STATES))
        last[order[:-1]] = self._after[order[1:]]
        backward = np.concatenate((last[None], through(last, chances[::-1].swapaxes(-1, -2))))[::-1]
        self._after[:days] = backward[0]
        state = forward[1:] * backward[1:]
        state *= (valid / (state @ np.ones(STATES)))[..., None]
        moves = forward[:-1, :, :, None] * chances
        moves *= backward[1:, :, None, :]
        moves *= (valid / (moves.reshape(BINS, days, -1) @ np.ones(STATES**2)))[..., None, None]
        return state.swapaxes(0, 1), moves.swapaxes(0, 1)


def _moved(moves: NDArray[np.float64], start: Iterable[int], end: Iterable[int]) -> NDArray[np.float64]:
    """Return the chances of having gone from any state of `start` to any of `end`, from [..., 4, 4]: [...]."""
    return np.asarray(sum(moves[..., i, j] for i, j in product(start, end)))


def _rows(kept: NDArray[np.float16], days: int) -> NDArray[np.float32]:
    """Return a signal's features by bin, [days * BINS, FEATURES]; kept for weeks, they are half as precise."""
    return kept[:days].reshape(-1, FEATURES).astype(np.float32)


def _drawn(
    events: NDArray[np.float64], minutes: NDArray[np.float64], usual: NDArray[np.float64], trust: Trust
) -> NDArray[np.float64]:
    """Return the chances of an event in a minute in each state from how often it came in so many minutes, [4] each."""
    level = np.clip((events.sum() + trust.level) / (minutes @ usual + trust.level), 0.02, 20.0)
    return np.asarray(np.clip((events + trust.rates * level * usual) / (minutes + trust.rates), 1e-6, 0.9))


def _calm(moves: NDArray[np.float64]) -> tuple[float, float]:
    """Return the chances per minute of settling and stirring from the moves found, [days, BINS, 4, 4].

    A bin shows only the outcome of five minutes: the two-state chain of moving and quiet is taken to its fifth root.
    """
    found = moves[..., : QUIET + 1, : QUIET + 1].sum(axis=(0, 1))
    settle, stir = FLEET_CALM
    total = settle + stir
    mixed = (1 - (1 - total) ** BIN) / total  # of the fleet: chances in a bin, beside chances in a minute
    in_a_bin = [
        (found[i, 1 - i] + _TRUST_CALM * chance * mixed) / (found[i].sum() + _TRUST_CALM)
        for i, chance in enumerate(FLEET_CALM)
    ]
    both = min(sum(in_a_bin), 0.99)
    rate = 1 - (1 - both) ** (1 / BIN)
    settled, stirred = (float(np.clip(rate * part / sum(in_a_bin), 0.003, 0.3)) for part in in_a_bin)
    return settled, stirred
