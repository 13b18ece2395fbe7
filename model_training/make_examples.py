"""Simulates the fleet and asks its homes, in parallel, into shards on disk that a second run finds again."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from . import dataset
from .fleet import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

SHARD = 40  # homes a file
NAMES = ("state", "accept", "devices")


def make(folder: Path, homes: int, seed: int, workers: int | None = None) -> None:
    """Write `state-N.npz`, `accept-N.npz` and `devices-N.npz` for every `SHARD` homes; those that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [n for n in range((homes + SHARD - 1) // SHARD) if not (folder / f"{NAMES[-1]}-{n:04}.npz").exists()]
    jobs = [(folder, n, min(SHARD, homes - n * SHARD), seed) for n in todo]
    # Workers start afresh, so that no thread of torch or BLAS is copied half-way.
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for _ in tqdm(pool.map(_shard, jobs), total=len(jobs), desc="examples", unit="shard"):
            pass


def _shard(job: tuple[Path, int, int, int]) -> None:
    folder, number, count, seed = job
    found = [dataset.examples(simulate.home(n, seed), n, seed) for n in range(number * SHARD, number * SHARD + count)]
    for name in NAMES:
        rows = [home[name] for home in found if home[name]]
        arrays = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]} if rows else {}
        path = folder / f"{name}-{number:04}.npz"
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **arrays)  # type: ignore[arg-type]
        partial.replace(path)


def load(folder: Path, name: str) -> Arrays:
    """Return all shards of `name` (one of `NAMES`) joined, in order of homes."""
    parts: list[dict[str, NDArray[Any]]] = []
    for path in sorted(folder.glob(f"{name}-????.npz")):
        with np.load(path) as shard:
            if shard.files:
                parts.append({key: shard[key] for key in shard.files})
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
