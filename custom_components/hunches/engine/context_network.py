"""The trained numbers of the context filter, and the small network that reads evidence with them.

For each step of five minutes the network gives the likelihoods of what was seen in six hidden states (somebody moving,
somebody awake and quiet, awake and still, everybody asleep, everybody out, gone for long) and the chances of moving
between them. Its inputs are the same for every home, whatever sensors it has: each signal passes through the same
layers, and their outputs are summed. `model_training/train_context.py` trains it on simulated homes through the filter.

What was seen bears on the likelihoods only, the clock and the way out on the moves only: so it is the filter that
remembers, as it must in homes unlike those it was trained on. A network that was given both learned to classify the
moment and forgot to wait.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .evidence import AGE, FALL, KNOWN, NEVER, OFF, ON, RISE, Seen
from .routine import AWAY, BINS, HOME, LABEL_OF, LABELS, STATES, STATIC, Tables, Usual
from .sensors import KINDS, Signals

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASSET: Final = Path(__file__).parent.parent / "assets" / "context.json"

NEAR: Final = 300.0
"""A way out that moved within so many seconds may be how someone left or came."""
SLEEPING, GONE = 3, slice(4, 6)

N_SHOWN: Final = 9 + 2 * STATES
"""Inputs of a signal in a step; among them what the home's own past says of it, by state."""
LASTING, PASSING = slice(9, 9 + STATES), slice(9 + STATES, 9 + 2 * STATES)
N_FIXED: Final = len(KINDS) + 1 + STATIC
"""Inputs of a signal that hold for a day: its kind, whether it is a way out, `Tables.static`."""
N_MOMENT: Final = 6 + 1 + 7 + LABELS + HOME
"""Inputs of the home in a step that bear on moves."""
N_COUNTS: Final = 3 + HOME
"""Inputs of the home in a step that bear on likelihoods, beside its signals."""
WAY: Final = slice(7, 14)
"""Of these, what says whether a way out moved."""
CROSSING: Final = np.array(
    [[float((LABEL_OF[a] == AWAY) != (LABEL_OF[b] == AWAY)) for b in range(STATES)] for a in range(STATES)]
)
N_MOVES: Final = STATES * STATES

MOST_TOLD: Final = 4.0
"""No single step speaks for or against a state more than so many nats."""
MOST_MOVED: Final = 2.0
"""No hour makes a move more or less likely than usual by more than so many nats; a way out may."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Weights: `layers`, name -> array; `clock`: [BINS, 3], what the fleet does at each half-hour of the day.

    `kinds`: what signals of each of `KINDS` usually do. `dark`: elevation of the sun, in degrees, at which a lamp is
    wanted half of the time, degrees in which that turns, and nats by which a light sensor speaks for dark that is
    bright, that is not.
    """

    layers: Mapping[str, NDArray[np.float32]]
    clock: NDArray[np.float64]
    kinds: Usual
    dark: tuple[float, float, float, float]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Numbers:
        """Read what `train_context.train` made. Raises `ValueError` if it does not fit this module."""
        layers = {name: np.array(rows, dtype=np.float32) for name, rows in content["layers"].items()}
        clock = np.array(content["clock"], dtype=np.float64)
        fits = clock.shape == (BINS, LABELS) and layers["shown"].shape[0] == N_SHOWN
        fits = fits and layers["fixed"].shape[0] == N_FIXED and layers["moment"].shape[0] == N_MOMENT
        if not fits or layers["usual"].shape != (STATES, STATES):
            msg = "context.json is of another version"
            raise ValueError(msg)
        usual = content["kinds"]
        kinds = Usual(*(np.array([usual[kind][i] for kind in KINDS], dtype=np.float64) for i in range(3)))
        dim, soft, bright, dull = (float(v) for v in content["dark"])
        return cls(layers, clock, kinds, (dim, soft, bright, dull))

    @classmethod
    def load(cls) -> Numbers:
        """Return the shipped numbers."""
        return _load(ASSET)


@cache
def _load(path: Path) -> Numbers:
    return Numbers.of(json.loads(path.read_text(encoding="utf-8")))


def usual_of(numbers: Numbers, signals: Signals) -> Usual:
    """Return what each signal of a home usually does in the fleet."""
    return numbers.kinds.of(np.array([KINDS.index(s.kind) for s in signals.signals], dtype=np.int64))


def fixed(signals: Signals, tables: Tables) -> NDArray[np.float32]:
    """Return what holds of each signal for a day: float32 [signals, N_FIXED]."""
    out = np.zeros((len(signals.signals), N_FIXED), dtype=np.float32)
    for i, signal in enumerate(signals.signals):
        out[i, KINDS.index(signal.kind)] = 1.0
        out[i, len(KINDS)] = float(signal.entity_ids[0] in signals.ways_out)
    out[:, len(KINDS) + 1 :] = tables.static
    return out


def shown(seen: NDArray[np.float32], says: NDArray[np.float64], static: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what signals show in each row, as the network reads it: float32 [..., rows, N_SHOWN].

    `seen`: [..., rows, COLUMNS] of `Seen.signals`. `says` [..., 4, STATES] and `static` [..., STATIC]: of `Tables`.
    """
    out = np.empty((*seen.shape[:-1], N_SHOWN), dtype=np.float32)
    says, static = says.astype(np.float32), static.astype(np.float32)
    on, off, age = seen[..., ON], seen[..., OFF], seen[..., AGE]
    log_age = np.log1p(age) / 8
    out[..., 0], out[..., 1] = on, off
    out[..., 2], out[..., 3] = seen[..., RISE], seen[..., FALL]
    out[..., 4] = log_age
    out[..., 5], out[..., 6] = np.exp(age / -15.0), np.exp(age / -120.0)
    # How unusually long it has been as it is, for this very signal: what is stuck stands out.
    for column, at in ((7, 4), (8, 6)):
        usual = on * static[..., None, at] + off * static[..., None, at + 1]
        unusual = np.minimum(np.maximum(log_age - usual, np.float32(-0.5)), np.float32(1.0))
        out[..., column] = unusual * (usual > 0)
    out[..., LASTING] = on[..., None] * says[..., None, 0, :] + off[..., None] * says[..., None, 1, :]
    event = np.maximum(seen[..., RISE], seen[..., FALL])[..., None]
    out[..., PASSING] = event * says[..., None, 2, :] + (1 - event) * says[..., None, 3, :]
    return out


@dataclass(frozen=True, slots=True)
class Moments:
    """What holds of the home in each row: hour of the local day, weekend (0 or 1), days since recording began."""

    hour: NDArray[np.float64]
    weekend: NDArray[np.float64]
    days: NDArray[np.float64]

    @property
    def bins(self) -> NDArray[np.int64]:
        """Return the half-hour of each row."""
        return (self.hour * 2).astype(np.int64) % BINS


def lasts(signals: Signals, seen: Seen) -> NDArray[np.float64]:
    """Return the last act of a way out up to each row, Unix seconds: [rows]."""
    out = np.array([s.entity_ids[0] in signals.ways_out for s in signals.signals], dtype=bool)
    none = np.full((1, seen.acts.shape[1]), NEVER)
    return np.asarray(np.concatenate((none, seen.acts[out])).max(axis=0))


def moment(
    signals: Signals, seen: Seen, high: NDArray[np.float64], moments: Moments, tables: Tables
) -> NDArray[np.float32]:
    """Return what bears on moves in each row: float32 [rows, N_MOMENT]."""
    out = np.empty((high.size, N_MOMENT), dtype=np.float32)
    angle = 2 * np.pi * moments.hour / 24
    for k in range(3):
        out[:, 2 * k], out[:, 2 * k + 1] = np.sin((k + 1) * angle), np.cos((k + 1) * angle)
    since = high - lasts(signals, seen)
    sure = float(bool(signals.ways_out) and signals.surely_out)
    unsure = float(bool(signals.ways_out) and not signals.surely_out)
    out[:, 6] = moments.weekend
    out[:, 7], out[:, 8] = sure * (since <= NEAR), unsure * (since <= NEAR)
    out[:, 9] = since <= 3 * NEAR
    out[:, 10], out[:, 11] = sure, unsure
    relied = tables.home[1] * (sure + unsure)
    out[:, 12], out[:, 13] = relied * (since <= NEAR), relied * (since > NEAR)
    out[:, 14 : 14 + LABELS] = tables.habits[moments.bins]
    out[:, 14 + LABELS :] = tables.home
    return out


def counts(seen: Seen, tables: Tables) -> NDArray[np.float32]:
    """Return what bears on likelihoods in each row beside single signals: float32 [rows, N_COUNTS]."""
    out = np.empty((seen.signals.shape[1], N_COUNTS), dtype=np.float32)
    events = np.maximum(seen.signals[..., RISE], seen.signals[..., FALL]).sum(axis=0)
    out[:, 0], out[:, 1] = events > 0, np.log1p(events)
    out[:, 2] = np.log1p(seen.signals[..., KNOWN].sum(axis=0)) / 3
    out[:, 3:] = tables.home
    return out


def read(
    numbers: Numbers, seen: Seen, holds: NDArray[np.float32], tables: Tables, home: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the likelihoods of what was seen [rows, STATES] and the chances of moving [rows, STATES, STATES].

    `holds`: of `fixed`. `home`: of `moment`.
    """
    w = numbers.layers
    rows = home.shape[0]
    here = np.flatnonzero(seen.present)
    pooled = np.zeros((rows, w["signal"].shape[1]), dtype=np.float32)
    lasting, passing = np.zeros((2, rows, STATES), dtype=np.float32)
    if here.size:
        signals = seen.signals[here]
        known = signals[..., KNOWN, None]
        x = shown(signals, tables.says[here], tables.static[here])
        at_hand = (holds @ w["fixed"] + w["signal_bias"])[here]
        hidden = x.reshape(-1, N_SHOWN) @ w["shown"]
        hidden = hidden.reshape(here.size, rows, -1)
        hidden += at_hand[:, None]
        np.maximum(hidden, 0.0, out=hidden)
        hidden = hidden.reshape(here.size * rows, -1) @ w["signal"]
        hidden += w["pooled_bias"]
        np.maximum(hidden, 0.0, out=hidden)
        hidden *= known.reshape(-1, 1)
        # What the home's own past says of a signal counts as far as the network trusts it at this moment.
        trust = (hidden @ w["trust"] + w["trust_bias"]).reshape(here.size, rows, 2)
        trust += (holds[here, : len(KINDS)] @ w["reliance"])[:, None]
        trust = np.logaddexp(trust, np.float32(0.0)) * known
        lasting = (trust[..., :1] * x[..., LASTING]).sum(axis=0)
        passing = (trust[..., 1:] * x[..., PASSING]).sum(axis=0)
        pooled = np.log1p(hidden.reshape(here.size, rows, -1).sum(axis=0))  # ten lamps tell little more than five
    counted = counts(seen, tables)
    hidden = np.maximum(pooled @ w["pooled"] + counted @ w["counted"] + w["counted_bias"], 0.0)
    says = hidden @ w["out"] + pooled @ w["direct"] + counted @ w["simply"] + w["idle"]
    says += lasting * w["share"][0] + passing * w["share"][1]
    says = (MOST_TOLD * np.tanh(says / MOST_TOLD)).astype(np.float64)
    hidden = np.maximum(home @ w["moment"] + w["moment_bias"], 0.0)
    moves = (hidden @ w["moves"]).reshape(-1, STATES, STATES)
    moves = (w["usual"] + MOST_MOVED * np.tanh(moves / MOST_MOVED)).astype(np.float64)
    moves += (home[:, WAY] @ w["way"])[:, None, None] * CROSSING
    chances = np.exp(moves - moves.max(axis=2, keepdims=True))
    return np.exp(says - says.max(axis=1, keepdims=True)), chances / chances.sum(axis=2, keepdims=True)
