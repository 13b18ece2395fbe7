"""All questions of an evaluation, and what the model and its rivals answer to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.experts import Forecasts

from . import dataset, evaluate_devices, evaluate_questions, evaluate_recorded, parallel
from .fleet import simulate
from .rivals import MASKED, MODEL, Rivals

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import Model

    from .dataset import Arrays
    from .evaluate_store import Store

HELD_OUT = 0
"""Homes that no training sees, by their number modulo ten."""
ASKED = 5
"""Training homes that rivals are calibrated on, by their number modulo twenty."""
_BATCH = 8192


@dataclass(frozen=True, slots=True)
class Answered:
    """Questions (`rows`) and log-odds of "on" [n] by method: the model's and each rival's."""

    rows: Arrays
    logits: dict[str, NDArray[np.float64]]

    @property
    def target(self) -> NDArray[np.float32]:
        """Return what came true [n]."""
        return self.rows["target"]

    @property
    def homes(self) -> NDArray[np.int64]:
        """Return the home of each question [n]."""
        return self.rows["home"]


def log_odds(model: Model, rows: Arrays, tokens: NDArray[np.integer] | None = None) -> NDArray[np.float64]:
    """Return the model's log-odds of "on" [n]; `tokens` stand in for the names' own."""
    names = rows["tokens"] if tokens is None else tokens
    found = []
    for at in range(0, len(names), _BATCH):
        cut = slice(at, at + _BATCH)
        behaviour = model.encode(rows["stable"][cut], names[cut].astype(np.int64)).behaviour
        guesses = Forecasts(rows["logit"][cut], rows["support"][cut])
        found.append(model.predict(behaviour, rows["dynamic"][cut], rows["query"][cut], guesses))
    return np.concatenate(found).astype(np.float64)


def fleet(store: Store, homes: int, seed: int, workers: int | None = None) -> dict[str, Arrays]:
    """Return "mixed" and "curve" (`evaluate_questions.simulated`) of held-out homes, and "training" of others."""

    def make() -> Arrays:
        found: dict[str, list[Arrays]] = {"mixed": [], "curve": [], "training": []}
        numbers = [n for n in range(homes) if n % 10 == HELD_OUT or n % 20 == ASKED]
        for n, (mixed, curve) in zip(
            numbers, parallel.each(partial(_asked, seed), numbers, "asking homes", "home", workers), strict=True
        ):
            if n % 20 == ASKED:
                found["training"].append(mixed)
            else:
                found["mixed"].append(mixed)
                found["curve"].append(curve)
        return _flat({name: evaluate_questions.stack(filter(None, rows)) for name, rows in found.items()})

    return _unflat(store.get("asked", (homes, seed), make))


def _asked(seed: int, number: int) -> tuple[Arrays, Arrays]:
    home = simulate.home(number, seed)
    mixed, curve = evaluate_questions.simulated(home.recording, dataset.picked(home, number, seed), number, seed)
    if mixed:
        mixed["language"] = np.full(len(mixed["target"]), home.language, dtype="U8")
    return mixed, curve


def portraits(store: Store, homes: int, seed: int) -> Arrays:
    """Return the portraits of all devices of held-out homes (`evaluate_devices`)."""

    def make() -> Arrays:
        numbers = tqdm(range(HELD_OUT, homes, 10), desc="portraits", unit="home")
        return evaluate_questions.stack(
            filter(None, (evaluate_devices.portraits(simulate.home(n, seed), n) for n in numbers))
        )

    return store.get("portraits", (homes, seed), make)


def recorded(store: Store, folder: Path, recording: bundle.Recording, seed: int) -> Arrays:
    """Return the questions to a home bundle: those of its `queries.csv`, else drawn; empty if none can be asked."""
    path = folder / "queries.csv"
    own = evaluate_recorded.queries(path) if path.exists() else evaluate_questions.drawn(recording, seed)
    files = [p for p in sorted(folder.iterdir()) if p.suffix in {".csv", ".gz", ".json"}]
    inputs = [seed, *(hashlib.sha256(p.read_bytes()).hexdigest() for p in files)]
    return store.get(f"home-{folder.name}", inputs, lambda: evaluate_questions.recorded(recording, own))


def answered(
    store: Store, model: Model, asked: Mapping[str, Arrays], examples: Arrays, training: Arrays, seed: int
) -> dict[str, Answered]:
    """Return the answers to every set of questions; rivals are fitted on `examples` and `training`."""

    def make() -> Arrays:
        fitted = Rivals.fit(examples, training, seed)
        return _flat({name: fitted.forecasts(rows) for name, rows in tqdm(asked.items(), desc="rivals", unit="set")})

    prints = [hashlib.sha256(rows["logit"].tobytes()).hexdigest() for rows in (examples, training, *asked.values())]
    rivals = _unflat(store.get("rivals", (seed, *asked, *prints), make))
    return {
        name: Answered(
            rows,
            {
                **rivals[name],
                MODEL: log_odds(model, rows),
                MASKED: log_odds(model, rows, np.zeros_like(rows["tokens"])),
            },
        )
        for name, rows in asked.items()
    }


def _flat(sets: Mapping[str, Arrays]) -> Arrays:
    return {f"{name}/{key}": value for name, arrays in sets.items() for key, value in arrays.items()}


def _unflat(arrays: Arrays) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    for name, value in arrays.items():
        of, _, key = name.partition("/")
        found.setdefault(of, {})[key] = value
    return found
