"""Learns from simulated homes what signals usually do while people are moving, quiet, asleep and away.

`python -m model_training.train_context --homes 300` prints the tables of `engine/sensors.py` (rise, fall and on of
each kind) and of `engine/routine.py` (chances of leaving, returning, falling asleep and waking at each hour), as
they follow from homes whose truth is known. Asleep and away are given; what is left open, moving or quiet, is found
by expectation-maximisation. Kinds that the fleet shows too rarely are left out. It is for holding the numbers in use
against the fleet: nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.context import watched
from custom_components.hunches.engine.evidence import FALL, KNOWN, OFF_WEIGHT, ON_WEIGHT, RISE
from custom_components.hunches.engine.routine import ASLEEP, AWAY, BIN, BINS, FLEET_HOURS, STATES, Past, Routine
from custom_components.hunches.engine.sensors import KINDS, signals_of

from .fleet import residents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.sensors import Signals

ROUNDS = 4
LEAST = 5  # signals of a kind, below which its numbers are left alone
HOURS_TRUST = 600.0  # minutes at each hour of the numbers in use, beside the fleet's


class LabelledPast(Past):
    """A past of which asleep and away are known, so that only moving and quiet are left to find."""

    def __init__(self, signals: Signals) -> None:
        super().__init__(signals)
        self._allowed: list[NDArray[np.bool_]] = []

    def label(self, recording: Recording, start: int) -> None:
        """Say what held in each bin of the day that begins at the minute `start`."""
        middle = (start + BIN * (np.arange(BINS) + 0.5)) * 60.0
        allowed = np.ones((BINS, STATES), dtype=bool)
        for state, name in ((ASLEEP, "asleep"), (AWAY, "away")):
            held = np.zeros(BINS, dtype=bool)
            for interval in recording.truth:
                if interval.label == name:
                    held |= (middle >= interval.start) & (middle < interval.end)
            allowed[held] = np.arange(STATES) == state
            allowed[~held, state] = False
        allowed[~allowed.any(axis=1)] = True
        self._allowed.append(allowed)

    def steady(self) -> NDArray[np.bool_]:
        """Return whether the label of each bin was that of its neighbours: [days, BINS]; edges blur what states do."""
        allowed = np.array(self._allowed)
        change = (allowed[:, 1:] != allowed[:, :-1]).any(axis=-1)
        edge = np.zeros(allowed.shape[:2], dtype=bool)
        edge[:, 1:] |= change
        edge[:, :-1] |= change
        return ~edge

    def seen(self, routine: Routine, days: int) -> NDArray[np.float64]:
        """Return the likelihoods of `Past.seen`, next to nothing for states that did not hold."""
        seen = super().seen(routine, days)
        allowed = np.array(self._allowed[-days:])
        seen[..., :STATES] *= np.where(allowed, 1.0, 1e-12)
        return seen


def learn(recordings: Sequence[Recording]) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return (kind -> [3, 4] rise, fall, on, NaN without evidence; hours [4, 24]) of homes with truth."""
    sums: dict[str, list[NDArray[np.float64]]] = {}
    counts, minutes = np.zeros((4, 24)), np.zeros((4, 24))
    for recording in recordings:
        signals = signals_of(recording.home)
        past = LabelledPast(signals)
        for first, seen in watched(recording, 27):
            past.add(seen.rows, seen.near, seen.quarters, (1 / STATES,) * STATES)
            past.label(recording, first)
        if not past.days:
            continue
        routine = Routine.of_fleet(signals)
        for _ in range(ROUNDS):
            routine = past.fit(routine)
        state, moves = past.smooth(routine)
        for i, found in past.sums(state * past.steady()[..., None]).items():
            sums.setdefault(signals.signals[i].kind, []).append(found)
        turns, exposure = past.turns(state, moves)
        counts += turns
        minutes += exposure
    hours = (counts + HOURS_TRUST * FLEET_HOURS) / (minutes + HOURS_TRUST)
    return {kind: _kind(np.array(found)) for kind, found in sums.items() if len(found) >= LEAST}, hours


def _kind(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rise, fall and on [3, 4] of a kind from its signals' sums [signals, 4, FEATURES].

    Each signal has a level of its own; what they share is the pattern over the states, at the middle level.
    """
    minutes = sums[:, :, KNOWN] + 1e-9
    out = np.full((3, STATES), np.nan)
    both = sums[:, :, (RISE, FALL)]
    pattern = (both.sum(axis=0) + 0.02) / minutes.sum(axis=0)[:, None]
    level = np.ones(len(sums))
    for _ in range(20):
        level = (both.sum(axis=(1, 2)) + 1.0) / ((minutes[:, :, None] * pattern).sum(axis=(1, 2)) + 1.0)
        scaled = (minutes * level[:, None]).sum(axis=0)
        pattern = (both.sum(axis=0) + 0.02) / (scaled[:, None] + 1.0)
    out[:2] = pattern.T * np.median(level)
    on, off = sums[:, :, ON_WEIGHT], sums[:, :, OFF_WEIGHT]
    weight = on + off
    if weight.sum() > 0:
        # The mean over signals, each as far as it was seen in the state.
        share = on / np.maximum(weight, 1e-9)
        trust = weight / (weight + 20.0)
        out[2] = (share * trust).sum(axis=0) / np.maximum(trust.sum(axis=0), 1e-9)
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(prog="train_context", description="Learn the context filter's tables.")
    parser.add_argument("--homes", type=int, default=300, help="simulated homes to learn from (default 300)")
    parser.add_argument("--seed", type=int, default=17, help="which simulated homes (default 17)")
    options = parser.parse_args(arguments)
    if options.homes < 1 or options.seed < 0:
        print("train_context: --homes must be at least 1 and --seed at least 0", file=sys.stderr)
        return 2
    kinds, hours = learn([residents.simulate(i, options.seed).recording for i in range(options.homes)])
    for kind in KINDS:
        if kind in kinds:
            for name, row in zip(("rise", "fall", "on"), kinds[kind], strict=True):
                if np.isfinite(row).all():
                    print(f"{kind:12} {name:5} ({', '.join(f'{v:.2g}' for v in row)})")
    for name, row in zip(("leave", "return", "sleep", "wake"), hours, strict=True):
        print(f"{name:18} ({', '.join(f'{v:.2g}' for v in row)})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
