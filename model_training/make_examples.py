"""Simulates the fleet and asks its homes, in parallel, into shards on disk that a second run finds again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine.context_numbers import ASSET, Numbers

from . import dataset, parallel, proposals
from .fleet import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

SHARD = 40  # homes a file, fewer in a fleet too small for all processors to share
NAMES = ("state", "devices")
PORTRAITS = "portraits"
PROPOSALS = "proposals"
FIRST = 200_000
"""Number of the first home that proposals are made to: the state model has seen none of them, so that its forecasts are
no better there than they will be."""

_Job = tuple[Path, int, range, int]  # folder, number of the shard, its homes, seed


def make(folder: Path, homes: int, seed: int, workers: int | None = None, context: Path = ASSET) -> None:
    """Write `state-N.npz` and `devices-N.npz` for every `SHARD` homes; those that exist are kept.

    `context`: the file of the context filter's numbers.
    """
    _make(partial(_examples, context), NAMES, folder, homes, seed, workers)


def make_portraits(folder: Path, homes: int, seed: int, workers: int | None = None) -> None:
    """Write `portraits-N.npz` for every `SHARD` homes: all devices, nothing asked; those that exist are kept."""
    _make(_portraits, (PORTRAITS,), folder, homes, seed, workers)


def make_proposals(folder: Path, homes: int, seed: int, workers: int | None = None, context: Path = ASSET) -> None:
    """Write `proposals-N.npz` for every `SHARD` homes from `FIRST` on; those that exist are kept."""
    _make(partial(_proposals, context), (PROPOSALS,), folder, homes, seed, workers)


def _make(
    work: Callable[[_Job], None],
    names: tuple[str, ...],
    folder: Path,
    homes: int,
    seed: int,
    workers: int | None,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    size = min(SHARD, -(-homes // parallel.FEW))
    parts = [range(first, min(first + size, homes)) for first in range(0, homes, size)]
    jobs = [
        (folder, number, part, seed)
        for number, part in enumerate(parts)
        if not (folder / f"{names[-1]}-{number:04}.npz").exists()
    ]
    for _ in parallel.each(work, jobs, names[0], "shard", workers):
        pass


def _examples(context: Path, job: _Job) -> None:
    folder, number, homes, seed = job
    numbers = Numbers.load(context)
    found = [dataset.examples(simulate.home(n, seed), n, seed, numbers) for n in homes]
    for name in NAMES:
        _write(folder / f"{name}-{number:04}.npz", [home[name] for home in found])


def _proposals(context: Path, job: _Job) -> None:
    folder, number, homes, seed = job
    numbers = Numbers.load(context)
    found = [proposals.examples(simulate.home(FIRST + n, seed), FIRST + n, seed, numbers) for n in homes]
    _write(folder / f"{PROPOSALS}-{number:04}.npz", found)


def _portraits(job: _Job) -> None:
    folder, number, homes, seed = job
    found = [dataset.portraits(simulate.home(n, seed), n) for n in homes]
    _write(folder / f"{PORTRAITS}-{number:04}.npz", found)


def _write(path: Path, parts: list[Arrays]) -> None:
    rows = [part for part in parts if part]
    arrays = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]} if rows else {}
    unfinished = path.with_suffix(".partial.npz")
    np.savez(unfinished, **arrays)  # type: ignore[arg-type]
    unfinished.replace(path)


def load(folder: Path, name: str) -> Arrays:
    """Return all shards of `name` (one of `NAMES`, `PORTRAITS` or `PROPOSALS`) joined, in order of homes."""
    parts: list[dict[str, NDArray[Any]]] = []
    for path in sorted(folder.glob(f"{name}-????.npz")):
        with np.load(path) as shard:
            if shard.files:
                parts.append({key: shard[key] for key in shard.files})
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
