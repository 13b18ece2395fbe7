"""Trains the numbers of the context filter (`assets/context.json`) on simulated homes, through the filter itself.

`python -m model_training.train_context --homes 600` writes the asset. Twice over: first with what homes would have
learned of themselves from a flawed truth, then with what the filter so trained really learns in them.
The loss is the log-loss of awake, asleep and away in every five-minute step of windows of two days, after a run-up.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from custom_components.hunches.engine.context_filter import STEP, Correction, Filter
from custom_components.hunches.engine.context_network import (
    ASSET,
    N_COUNTS,
    N_MOMENT,
    N_SHOWN,
    Numbers,
    counts,
    moment,
    read,
    shown,
)
from custom_components.hunches.engine.evidence import KNOWN, Seen
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.routine import (
    ASLEEP,
    AWAKE,
    AWAY,
    BINS,
    LABELS,
    STATES,
    Sums,
    Usual,
    labels_of,
    sums,
)
from custom_components.hunches.engine.sensors import KINDS

from . import context_dark
from .context_homes import home as simulate
from .context_model import HIDDEN, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

HOMES: Final = 360
"""Simulated homes at full size."""
ROUNDS: Final = ((3, 5e-3), (4, 4e-3))
"""Epochs and rate of learning: while homes are told what they should have learned, then while they learn themselves."""
DAYS: Final = (4.0, 28.0)
WINDOW, RUN_UP = 384, 72  # steps
BATCH: Final = 4
LEAST_STEPS, LEAST_SIGNALS = 60, 3  # of each state, for a signal to tell of its kind; of such signals
CORRECTED: Final = 0.3  # share of homes whose users say what held, of some days
QUIET_STEPS, OUT_SECONDS = 5, 8 * 3600.0  # how told homes split awake and away at first


def labels(recording: Recording, high: NDArray[np.floating[Any]]) -> NDArray[np.int8]:
    """Return what held at each of `high`: 0 awake, 1 asleep, 2 away."""
    out = np.full(high.size, AWAKE, dtype=np.int8)
    for interval in recording.truth:
        held = (high > interval.start) & (high <= interval.end)
        out[held] = ASLEEP if interval.label == "asleep" else AWAY
    return out


def clock_of(recordings: Sequence[Recording]) -> NDArray[np.float64]:
    """Return the share of homes that are awake, asleep and away at each local half-hour: [BINS, 3]."""
    counts = np.full((BINS, LABELS), 1.0)
    for recording in recordings:
        local = LocalTime(recording.home.time_zone)
        high = np.arange(recording.start, recording.end, 900.0)
        bins = (local.hour(high) * 2).astype(np.int64)
        np.add.at(counts, (bins, labels(recording, high)), 1.0)
    smooth = counts + np.roll(counts, 1, axis=0) + np.roll(counts, -1, axis=0)
    return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Example:
    """A home as the network reads it.

    `shown` float16 [steps, signals, N_SHOWN], `known` float16 [steps, signals], `home` [steps, N_MOMENT], `counted`
    [steps, N_COUNTS], `fixed` [days, signals, N_FIXED]; `day` and `label` of each step.
    """

    shown: Tensor
    known: Tensor
    home: Tensor
    counted: Tensor
    fixed: Tensor
    day: Tensor
    label: Tensor


class Watched(Filter):
    """A filter that keeps what it read."""

    def __init__(self, recording: Recording, numbers: Numbers, corrections: Sequence[Correction] = ()) -> None:
        self.kept: list[tuple[NDArray[Any], ...]] = []
        super().__init__(recording.home, recording.start, numbers, corrections)
        self._recording = recording

    def _read(self, seen: Seen, high: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        home = moment(self.signals, seen, high, self.moments(high), self.tables)
        table = self.tables
        x = shown(seen.signals, table.says, table.static).transpose(1, 0, 2).astype(np.float16)
        known = (seen.signals[..., KNOWN] * seen.present[:, None]).T.astype(np.float16)
        self.kept.append((x, known, home, counts(seen, table), self._fixed))
        return self._answer(seen, home)

    def _answer(self, seen: Seen, home: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return read(self._numbers, seen, self._fixed, self.tables, home)


class Told(Watched):
    """A filter that is told what held on the days before, instead of finding it out; with flaws, if `rng` is given."""

    def __init__(self, recording: Recording, numbers: Numbers, rng: Generator | None) -> None:
        super().__init__(recording, numbers)
        flaw = float(rng.choice([0.0, 0.05, 0.15, 0.3])) if rng else 0.0
        self._stated_all = rng is not None and not flaw and rng.random() < CORRECTED
        self._edges: list[tuple[float, float, int]] = []
        for interval in recording.truth:
            label = ASLEEP if interval.label == "asleep" else AWAY
            if rng and rng.random() < flaw:
                label = int(rng.integers(LABELS))
            shift = rng.normal(0, 1200.0, 2) if rng else np.zeros(2)
            self._edges.append((interval.start + shift[0], interval.end + shift[1], label))

    def _answer(self, seen: Seen, home: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rows = home.shape[0]
        return np.ones((rows, STATES)), np.broadcast_to(np.full((STATES, STATES), 1 / STATES), (rows, STATES, STATES))

    def counts(self) -> Sums:
        """Return what all days showed."""
        total = self._old
        for kept in self._kept:
            total = total.plus(kept.sums, fade=1.0)
        return total

    def _look_again(self, which: list[int]) -> None:
        for i in which:
            kept = self._kept[i]
            high = (kept.step + 1 + np.arange(kept.moves.shape[0])) * STEP
            label = np.full(high.size, AWAKE)
            since = np.zeros(high.size)
            for start, end, held in self._edges:
                inside = (high > start) & (high <= end)
                label[inside] = held
                since[inside] = high[inside] - start
            # What the truth leaves open: awake is called moving, quiet or still by the last event.
            quiet = np.arange(high.size) - np.maximum.accumulate(
                np.where(kept.day.events.any(axis=0), np.arange(high.size), -99)
            )
            state = np.zeros((high.size, STATES))
            awake = np.where(quiet == 0, 0, np.where(quiet < QUIET_STEPS, 1, 2))
            away = np.where(since < OUT_SECONDS, 4, 5)
            hidden = np.where(label == AWAKE, awake, np.where(label == ASLEEP, 3, away))
            state[np.arange(high.size), hidden] = 1.0
            kept.sums = sums(kept.day, state, np.full(high.size, self._stated_all))


def corrections_of(recording: Recording, rng: Generator) -> list[Correction]:
    """Return what a user might have said on some days of a home, an hour after each stretch; mostly nothing."""
    if rng.random() >= CORRECTED:
        return []
    chance = rng.uniform(0.05, 1.0)
    found, before = [], recording.start
    for interval in sorted(recording.truth, key=lambda i: i.start):
        if interval.start > before and rng.random() < chance:
            found.append(Correction(before, interval.start, "awake", interval.start + 3600.0))
        if rng.random() < chance:
            found.append(Correction(interval.start, interval.end, interval.label, interval.end + 3600.0))
        before = max(before, interval.end)
    return found


def example(recording: Recording, watch: Watched) -> Example | None:
    """Return what the network reads of the first days of a home; None if that is next to nothing."""
    days = float(np.exp(np.random.default_rng(int(recording.end)).uniform(*np.log(DAYS))))
    end = min(recording.end, recording.start + days * 86400.0)
    first, last = watch.step, int(end // STEP)
    if last - first < RUN_UP + 100 or not watch.signals.signals:
        return None
    watch.advance(recording.timelines, last)
    high = (first + 1 + np.arange(last - first)) * STEP
    day = np.repeat(np.arange(len(watch.kept)), [len(k[0]) for k in watch.kept])
    parts = [np.concatenate([k[i] for k in watch.kept]) for i in range(4)]
    fixed = np.stack([k[4] for k in watch.kept])
    return Example(
        torch.from_numpy(parts[0]),
        torch.from_numpy(parts[1]),
        torch.from_numpy(parts[2]),
        torch.from_numpy(parts[3]),
        torch.from_numpy(fixed),
        torch.from_numpy(day),
        torch.from_numpy(labels(recording, high).astype(np.int64)),
    )


def log_chances(network: Network, whole: Example, steps: int, first: Tensor) -> Tensor:
    """Return the log chances of awake, asleep, away in the first `steps` of a home, begun at `first` [1, 4]: [n, 3]."""
    part = slice(0, steps)
    daily = network.daily(whole.fixed)
    found: Tensor = network(
        whole.shown[part].float()[None],
        daily[whole.day[part]][None],
        whole.known[part].float()[None],
        whole.home[part][None],
        whole.counted[part][None],
        first,
    )
    return found[0]


def _batch(examples: Sequence[Example], chosen: Sequence[tuple[int, int]], network: Network) -> tuple[Tensor, Tensor]:
    """Return the loss-ready log chances [b, t, 3] and labels [b, t] (-1 where there is no loss) of some windows."""
    most = max(examples[i].shown.shape[1] for i, _ in chosen)
    x = torch.zeros(len(chosen), WINDOW + RUN_UP, most, N_SHOWN)
    known = torch.zeros(x.shape[:3])
    fixed = torch.zeros(*x.shape[:3], HIDDEN[0] + 2)
    home = torch.zeros(*x.shape[:2], N_MOMENT)
    counted = torch.zeros(*x.shape[:2], N_COUNTS)
    label = torch.full(x.shape[:2], -1)
    for row, (i, start) in enumerate(chosen):
        e = examples[i]
        n, s = min(e.label.numel() - start, WINDOW + RUN_UP), e.shown.shape[1]
        part = slice(start, start + n)
        x[row, :n, :s], known[row, :n, :s] = e.shown[part].float(), e.known[part].float()
        home[row, :n], counted[row, :n], label[row, :n] = e.home[part], e.counted[part], e.label[part]
        fixed[row, :n, :s] = network.daily(e.fixed)[e.day[part]]
        if start:
            label[row, :RUN_UP] = -1
    first = torch.full((len(chosen), STATES), 1 / STATES)
    return network(x, fixed, known, home, counted, first), label


def fit(network: Network, examples: Sequence[Example], epochs: int, rate: float, seed: int, say: Callable[[str], None]
        ) -> None:  # fmt: skip
    """Train the network on windows of the examples, in place."""
    generator = np.random.default_rng([seed, epochs])
    optimizer = torch.optim.Adam(network.parameters(), lr=rate, weight_decay=1e-5)
    steps = epochs * max(sum(1 + e.label.numel() // WINDOW for e in examples) // BATCH, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1, pct_start=0.15)
    done = 0
    for epoch in range(epochs):
        windows = []
        for i, e in enumerate(examples):
            start = -int(generator.integers(WINDOW))
            while start < e.label.numel() - RUN_UP - 50:
                windows.append((i, max(start, 0)))
                start += WINDOW
        order = sorted(range(len(windows)), key=lambda k: (examples[windows[k][0]].shown.shape[1], generator.random()))
        batches = [order[k : k + BATCH] for k in range(0, len(order), BATCH)]
        total, began = 0.0, time.perf_counter()
        for b in generator.permutation(len(batches)):
            if done >= steps:
                break
            log_p, label = _batch(examples, [windows[k] for k in batches[b]], network)
            loss = nn.functional.nll_loss(log_p.reshape(-1, LABELS), label.reshape(-1), ignore_index=-1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            total += float(loss.detach())
        say(f"epoch {epoch + 1} of {epochs}: log-loss {total / len(batches):.4f}, {time.perf_counter() - began:.0f} s")


def kinds_of(told: Sequence[Told]) -> Usual:
    """Return what signals of each kind do while homes are awake, asleep and away, from homes of which that is known.

    Each signal has a level of its own; what a kind's signals share is the pattern.
    """
    usual = Usual.unknown(len(KINDS))
    found: dict[int, list[NDArray[np.float64]]] = {}
    for watch in told:
        counts = watch.counts()
        for i, signal in enumerate(watch.signals.signals):
            found.setdefault(KINDS.index(signal.kind), []).append(counts.of_signals[i])
    for kind, rows in found.items():
        on, off, events = np.array(rows).transpose(1, 0, 2)
        known = on + off
        seen = labels_of(known.reshape(-1, STATES)).min(axis=1) > LEAST_STEPS
        if seen.sum() < LEAST_SIGNALS:
            continue
        on, known, events = on[seen], known[seen], events[seen]
        rate = (events.sum(axis=1, keepdims=True) + 0.5) / known.sum(axis=1, keepdims=True)
        pattern = np.exp(np.log((events + 0.5) / (known * rate + 0.5)).mean(axis=0))
        share = (on + on.sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)) / (known + 1.0)
        usual.share[kind] = np.clip(share.mean(axis=0), 0.005, 0.995)
        usual.pattern[kind] = pattern / pattern.mean()
        usual.level[kind] = np.exp(np.log(rate).mean())
    return usual


def content(network: Network, clock: NDArray[np.float64], kinds: Usual, dark: list[float]) -> dict[str, Any]:
    """Return the asset's content."""
    usual = {
        kind: [np.round(kinds.share[i], 5).tolist(), np.round(kinds.pattern[i], 5).tolist(), float(kinds.level[i])]
        for i, kind in enumerate(KINDS)
    }
    layers = {name: np.round(value.detach().double().numpy(), 5).tolist() for name, value in network.w.items()}
    return {"layers": layers, "clock": np.round(clock, 5).tolist(), "kinds": usual, "dark": dark}


def train(seed: int, homes: int = HOMES, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Return the content of `context.json`, trained on `homes` simulated homes of the fleet `seed`."""
    torch.manual_seed(seed)
    recordings = [simulate(index, seed) for index in range(homes)]
    recordings = [r for r in recordings if r.truth and any(len(t) for t in r.timelines.values())]
    clock, dark = clock_of(recordings), context_dark.learn(seed)
    network = Network()
    rng = np.random.default_rng([seed, homes])
    kinds = Usual.unknown(len(KINDS))
    numbers = Numbers.of(content(network, clock, kinds, dark))
    told = [Told(r, numbers, None) for r in recordings]
    for recording, watch in zip(recordings, told, strict=True):
        example(recording, watch)
        watch.kept.clear()
    kinds = kinds_of(told)
    del told
    for number, (epochs, rate) in enumerate(ROUNDS):
        began = time.perf_counter()
        numbers = Numbers.of(content(network, clock, kinds, dark))
        watched = [Watched(r, numbers, corrections_of(r, rng)) if number else Told(r, numbers, rng) for r in recordings]
        found = [example(r, w) for r, w in zip(recordings, watched, strict=True)]
        examples = [e for e in found if e is not None]
        del watched, found
        steps = sum(e.label.numel() for e in examples)
        say(f"round {number + 1}: {len(examples)} homes, {steps} steps, {time.perf_counter() - began:.0f} s")
        fit(network, examples, epochs, rate, seed + number, say)
    return content(network, clock, kinds, dark)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the asset; return the exit code."""
    parser = argparse.ArgumentParser(prog="train_context", description="Train the context filter's numbers.")
    parser.add_argument("--homes", type=int, default=HOMES, help=f"simulated homes to learn from (default {HOMES})")
    parser.add_argument("--seed", type=int, default=17, help="which simulated homes (default 17)")
    parser.add_argument("--out", type=str, default=str(ASSET), help="file to write")
    options = parser.parse_args(arguments)
    if options.homes < 1 or options.seed < 0:
        print("train_context: --homes must be at least 1 and --seed at least 0", file=sys.stderr)
        return 2
    found = train(options.seed, options.homes)
    with open(options.out, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(found, file, separators=(",", ":"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
