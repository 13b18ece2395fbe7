"""Trains the numbers of the context filter on simulated homes whose truth is known.

    python -m model_training.train_context [--homes 240] [--seed 17] [--out FILE] [--choose]

It counts what every kind of signal does while people are moving, quiet, asleep and away, in homes with all that may
befall their sensors (`context_homes.py`): asleep and away are given, moving or quiet is found by
expectation-maximisation. What counting leaves open (how far to trust the fleet beside a home's own past, what evidence
counts, what a way out says) is a `Choice`; `--choose` tries others, one number after the other, by how well the filter
tells other simulated homes, and prints what it finds. How sure the filter may be is learned last, on homes that were
not counted (`context_calibration.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_filter import Correction, watched
from custom_components.hunches.engine.context_numbers import ASSET, STATES, Numbers, Trust, Usual
from custom_components.hunches.engine.evidence import FALL, MINUTE, OFF_TIME, OFF_WEIGHT, ON_TIME, ON_WEIGHT, RISE
from custom_components.hunches.engine.routine import BIN, BINS, Past, Routine
from custom_components.hunches.engine.sensors import signals_of

from . import context_calibration, context_dark, context_homes
from .evaluate_context import f1, grid, truth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

HOMES: Final = 240
JUDGES: Final = 5  # one home for so many that are counted judges the choices, and two tell how sure to be
ROUNDS: Final = 4
DAYS: Final = 27
LEAST: Final = 5  # signals of a kind, below which its numbers stay where they began
HOURS_TRUST: Final = 600.0  # minutes at each hour of the numbers to begin with, beside the fleet's
SETTLING: Final = 86400.0  # seconds of each judging home that are not scored
_LIKELY: Final = 1e-3  # no answer is held to be less likely

# Where counting begins: set by hand. Rise and fall by minute and share on, while moving, quiet, asleep, away.
_BEGIN: Final[Mapping[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]]] = {
    "motion": ((0.12, 0.006, 0.002, 0.0008), (0.12, 0.006, 0.002, 0.0008), (0.3, 0.12, 0.03, 0.02)),
    "outdoors": ((0.01, 0.0018, 0.003, 0.008), (0.01, 0.0018, 0.003, 0.008), (0.1, 0.1, 0.1, 0.1)),
    "seat": ((0.03, 0.006, 0.001, 0.0006), (0.03, 0.0045, 0.001, 0.0006), (0.25, 0.55, 0.08, 0.04)),
    "bed": ((0.01, 0.0024, 0.004, 0.0006), (0.012, 0.0018, 0.004, 0.0006), (0.06, 0.12, 0.8, 0.05)),
    "bedroom": ((0.03, 0.0045, 0.006, 0.0008), (0.03, 0.003, 0.005, 0.0008), (0.15, 0.15, 0.4, 0.05)),
    "entrance": ((0.01, 0.0009, 0.0005, 0.0008), (0.01, 0.0009, 0.0005, 0.0008), (0.1, 0.1, 0.1, 0.1)),
    "door": ((0.03, 0.0018, 0.0015, 0.0006), (0.03, 0.0018, 0.0015, 0.0006), (0.1, 0.1, 0.1, 0.1)),
    "opening": ((0.03, 0.0015, 0.0007, 0.0004), (0.03, 0.0015, 0.0007, 0.0004), (0.1, 0.1, 0.1, 0.1)),
    "window": ((0.004, 0.0003, 0.0002, 0.0002), (0.004, 0.0003, 0.0002, 0.0002), (0.1, 0.1, 0.1, 0.1)),
    "light": ((0.015, 0.0015, 0.0006, 0.0006), (0.015, 0.0015, 0.0008, 0.0006), (0.35, 0.4, 0.12, 0.15)),
    "media": ((0.008, 0.0012, 0.0003, 0.0004), (0.008, 0.0012, 0.0006, 0.0004), (0.25, 0.5, 0.1, 0.05)),
    "switch": ((0.01, 0.0006, 0.0004, 0.0008), (0.008, 0.0006, 0.0006, 0.0012), (0.1, 0.1, 0.1, 0.1)),
    "lock": ((0.006, 0.0003, 0.0003, 0.0006), (0.006, 0.0006, 0.0005, 0.0006), (0.1, 0.1, 0.1, 0.1)),
    "cover": ((0.004, 0.0003, 0.0004, 0.0006), (0.004, 0.0003, 0.0004, 0.0006), (0.1, 0.1, 0.1, 0.1)),
    "presence": ((0.01,) * 4, (0.01,) * 4, (0.96, 0.96, 0.97, 0.04)),
    "armed_away": ((0.01,) * 4, (0.01,) * 4, (0.004, 0.004, 0.004, 0.35)),
    "armed_night": ((0.01,) * 4, (0.01,) * 4, (0.004, 0.02, 0.35, 0.01)),
}
_HOURS: Final = np.array([
    [0.0005, 0.0004, 0.0003, 0.0003, 0.0006, 0.0015, 0.003, 0.006, 0.008, 0.006, 0.005, 0.005,
     0.005, 0.005, 0.005, 0.004, 0.004, 0.004, 0.004, 0.0035, 0.002, 0.0012, 0.0008, 0.0006],
    [0.008, 0.006, 0.004, 0.003, 0.003, 0.003, 0.003, 0.003, 0.003, 0.004, 0.005, 0.006,
     0.006, 0.006, 0.006, 0.007, 0.009, 0.012, 0.012, 0.01, 0.01, 0.012, 0.014, 0.012],
    [0.045, 0.053, 0.053, 0.045, 0.038, 0.022, 0.009, 0.0045, 0.0023, 0.0015, 0.00075, 0.0006,
     0.00075, 0.0012, 0.0015, 0.0012, 0.0006, 0.00045, 0.0006, 0.0009, 0.0023, 0.0075, 0.018, 0.033],
    [0.001, 0.001, 0.001, 0.001, 0.0018, 0.004, 0.009, 0.013, 0.016, 0.018, 0.02, 0.025,
     0.025, 0.022, 0.02, 0.02, 0.025, 0.03, 0.03, 0.03, 0.02, 0.012, 0.005, 0.002],
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What counting leaves open: chosen once, by how well the filter told simulated homes.

    `floor`: the rarest that an event is held to be in any state, beside the state in which it is most frequent: sensors
    report what nobody did. `hours`: how far the hours go from where they began (0) to what was counted (1). `trust`,
    `trust_away`: of the fleet's rates, beside 6,000 minutes awake and 20,000 asleep and away. The others as in
    `Numbers` and `Trust`.
    """

    floor: float = 0.05
    hours: float = 0.0
    trust: float = 0.3
    trust_away: float = 1.0
    temper: float = 0.6
    way_out: float = 0.9
    idle: float = 0.01
    level: float = 3.0


OFFERS: Final[tuple[tuple[str, tuple[float, ...]], ...]] = (
    ("trust", (0.1, 0.3, 1.0)),
    ("trust_away", (0.1, 0.3)),
    ("floor", (0.02, 0.05, 0.1)),
    ("temper", (0.6, 0.8, 1.0)),
    ("way_out", (0.8, 0.96)),
    ("idle", (0.01, 0.03, 0.1)),
    ("hours", (0.5, 1.0)),
    ("level", (1.0, 10.0)),
)
"""What is tried, in this order; the better one is kept before the next."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: kind -> rise, fall and on [3, 4], and hours [4, 24]."""

    kinds: Mapping[str, NDArray[np.float64]]
    hours: NDArray[np.float64]


def numbers_of(counted: Counted, choice: Choice, dark: Sequence[float]) -> Numbers:
    """Return the filter's numbers as they follow from what was counted and chosen."""
    kinds = {}
    for kind, begin in _BEGIN.items():
        first = np.array(begin)
        rows = counted.kinds.get(kind, first)
        rows = np.where(np.isfinite(rows), rows, first)
        rates = np.maximum(rows[:2], choice.floor * rows[:2].max(axis=1, keepdims=True))
        rise, fall = np.clip(rates, 1e-6, 0.5)
        kinds[kind] = Usual(rise, fall, np.clip(rows[2], 0.003, 0.99))
    hours = np.exp((1 - choice.hours) * np.log(_HOURS) + choice.hours * np.log(np.maximum(counted.hours, 1e-5)))
    rates = choice.trust * np.array([6000.0, 6000.0, 20000.0, 20000.0 * choice.trust_away])
    trust = Trust(rates, choice.level, 60.0, 4000.0, 8.0)
    dim, soft, bright, dull = dark
    return Numbers(kinds, hours, (choice.way_out, 0.5), choice.idle, choice.temper, trust, (dim, soft, bright, dull))


def count(recordings: Sequence[Recording], numbers: Numbers) -> Counted:
    """Return what signals do, and when homes are left, entered, fall asleep and wake, where truth is known."""
    sums: dict[str, list[NDArray[np.float64]]] = {}
    turns, exposure = np.zeros((4, 24)), np.zeros((4, 24))
    for recording in recordings:
        signals = signals_of(recording.home)
        past = Past(signals, numbers)
        labels: list[NDArray[np.int64]] = []
        for first, seen in watched(recording, DAYS, numbers):
            past.add(seen.rows, seen.near, seen.quarters, (1 / STATES,) * STATES)
            labels.append(_state(past, len(labels), recording, first))
        if not labels:
            continue
        routine = Routine.of_fleet(signals, numbers)
        for _ in range(ROUNDS):
            routine = past.fit(routine)
        state, moves = past.smooth(routine)
        for i, found in past.sums(state * _steady(np.array(labels))[..., None]).items():
            sums.setdefault(signals.signals[i].kind, []).append(found)
        happened, minutes = past.turns(state, moves)
        turns += happened
        exposure += minutes
    hours = (turns + HOURS_TRUST * _HOURS) / (exposure + HOURS_TRUST)
    return Counted({kind: _kind(np.array(found)) for kind, found in sums.items() if len(found) >= LEAST}, hours)


def _state(past: Past, day: int, recording: Recording, first: int) -> NDArray[np.int64]:
    """Say what held in each bin of a day that begins at the minute `first`; return it as numbers [BINS]."""
    middle = np.asarray((first + BIN * (np.arange(BINS) + 0.5)) * MINUTE, dtype=np.float64)
    label = np.zeros(BINS, dtype=np.int64)
    for number, name in enumerate(("awake", "asleep", "away")):
        held = truth(recording, middle, name) if number else np.ones(BINS, dtype=bool)
        label[held] = number
        past.state(day, held, Correction(0.0, 1.0, name, 0.0).allowed)
    return label


def _steady(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether the label of each bin was that of its neighbours [days, BINS]: edges blur what states do."""
    change = labels[:, 1:] != labels[:, :-1]
    edge = np.zeros(labels.shape, dtype=bool)
    edge[:, 1:] |= change
    edge[:, :-1] |= change
    return ~edge


def _kind(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rise, fall and on [3, 4] of a kind from its signals' sums [signals, 4, FEATURES].

    Each signal has a level of its own; what they share is the pattern over the states, at the middle level.
    """
    out = np.full((3, STATES), np.nan)
    out[0] = _pattern(sums[:, :, RISE], sums[:, :, OFF_TIME])
    out[1] = _pattern(sums[:, :, FALL], sums[:, :, ON_TIME])
    on, off = sums[:, :, ON_WEIGHT], sums[:, :, OFF_WEIGHT]
    weight = on + off
    if weight.sum() > 0:
        # The mean over signals, each as far as it was seen in the state.
        share = on / np.maximum(weight, 1e-9)
        trust = weight / (weight + 20.0)
        out[2] = (share * trust).sum(axis=0) / np.maximum(trust.sum(axis=0), 1e-9)
    return out


def _pattern(events: NDArray[np.float64], minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances of an event in a minute in each state [4], from its number and the minutes [signals, 4]."""
    pattern = (events.sum(axis=0) + 0.01) / (minutes.sum(axis=0) + 1.0)
    level = np.ones(len(events))
    for _ in range(20):
        level = (events.sum(axis=1) + 1.0) / ((minutes * pattern).sum(axis=1) + 1.0)
        pattern = (events.sum(axis=0) + 0.01) / ((minutes * level[:, None]).sum(axis=0) + 1.0)
    return np.asarray(pattern * np.median(level))


def judge(recordings: Sequence[Recording], numbers: Numbers) -> float:
    """Return how badly the filter tells homes: its log-loss less the mean of both F1; the less the better."""
    losses, scores = [], []
    for recording in recordings:
        times = grid(recording)
        times = times[times > recording.start + SETTLING]
        if not times.size:
            continue
        found = follow(recording, times, numbers=numbers)
        asleep, away = (truth(recording, times, label) for label in ("asleep", "away"))
        held = np.where(asleep, found.asleep, np.where(away, found.away, 1 - found.asleep - found.away))
        losses.append(-np.log(np.maximum(held, _LIKELY)).mean())
        scores.append((f1(found.asleep >= 0.5, asleep) + f1(found.away >= 0.5, away)) / 2)
    return float(np.mean(losses) - np.mean(scores)) if losses else 0.0


def choose(
    recordings: Sequence[Recording], counted: Counted, dark: Sequence[float], say: Callable[[str], None]
) -> Choice:
    """Return the best of `OFFERS` one after the other, as `recordings` judge."""
    choice = Choice()
    best = judge(recordings, numbers_of(counted, choice, dark))
    say(f"begins at {best:.4f}")
    for name, values in OFFERS:
        for value in values:
            other = replace(choice, **{name: value})
            score = judge(recordings, numbers_of(counted, other, dark))
            say(f"{name} {value:g}: {score:.4f}")
            if score < best:
                best, choice = score, other
    return choice


def train(seed: int, homes: int = HOMES, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Return the content of `context.json`, counted on simulated homes of the seed."""
    dark = context_dark.learn(seed)
    counted = count_fleet(seed, homes, dark)
    say(f"context: signals of {', '.join(sorted(counted.kinds))} counted in {homes} homes")
    numbers = numbers_of(counted, Choice(), dark)
    judges = range(homes, homes + max(homes * 2 // JUDGES, 4))
    numbers = replace(numbers, calibration=context_calibration.learn(seed, judges, numbers))
    say(f"context: {numbers.calibration}")
    return content(numbers)


def count_fleet(seed: int, homes: int, dark: Sequence[float]) -> Counted:
    """Return what was counted in so many simulated homes."""
    recordings = (context_homes.home(i, seed) for i in range(homes))
    begin = numbers_of(Counted({}, _HOURS), Choice(), dark)
    return count([r for r in recordings if r.truth and _lives(r)], begin)


def content(numbers: Numbers) -> dict[str, Any]:
    """Return numbers as JSON takes them, rounded."""

    def rounded(values: NDArray[np.float64]) -> Any:
        return np.array([float(f"{v:.4g}") for v in values.ravel()]).reshape(values.shape).tolist()

    trust = numbers.trust
    return {
        "kinds": {
            kind: {"rise": rounded(usual.rise), "fall": rounded(usual.fall), "on": rounded(usual.on)}
            for kind, usual in numbers.kinds.items()
        },
        "hours": rounded(numbers.hours),
        "way_out": list(numbers.way_out),
        "idle": numbers.idle,
        "temper": numbers.temper,
        "trust": {
            "rates": rounded(trust.rates),
            "level": trust.level,
            "on": trust.on,
            "hours": trust.hours,
            "crossings": trust.crossings,
        },
        "dark": list(numbers.dark),
        "calibration": {name: float(f"{value:.4g}") for name, value in asdict(numbers.calibration).items()},
    }


def _lives(recording: Recording) -> bool:
    return any(len(t) for t in recording.timelines.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the asset; return the exit code."""
    parser = argparse.ArgumentParser(prog="train_context", description="Train the context filter's numbers.")
    parser.add_argument("--homes", type=int, default=HOMES, help=f"simulated homes to learn from (default {HOMES})")
    parser.add_argument("--seed", type=int, default=17, help="which simulated homes (default 17)")
    parser.add_argument("--out", type=Path, default=ASSET, help="file to write")
    parser.add_argument("--choose", action="store_true", help="print what other choices would be worth; write nothing")
    options = parser.parse_args(arguments)
    if options.homes < 1 or options.seed < 0:
        print("train_context: --homes must be at least 1 and --seed at least 0", file=sys.stderr)
        return 2
    if options.choose:
        dark = context_dark.learn(options.seed)
        counted = count_fleet(options.seed, options.homes, dark)
        judges = [context_homes.judge(options.homes + i, options.seed) for i in range(max(options.homes // JUDGES, 2))]
        print(choose([r for r in judges if r.truth], counted, dark, print))
        return 0
    found = train(options.seed, options.homes)
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
