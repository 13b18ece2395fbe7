"""The fleet: homes of both generators, mixed, in parallel, the same ones on every machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Final

import numpy as np

from . import processes, residents
from .home import SimulatedHome

RESIDENTS_SHARE: Final = 0.6
"""Share of homes with people in them; the other generator makes the rest. They fail differently, so both are needed."""
_CHUNK: Final = 8


def home(index: int, seed: int, weeks: int | None = None) -> SimulatedHome:
    """Return home number `index` of the fleet `seed`, recorded for `weeks` (none: for as long as its draw says)."""
    mixed = np.random.default_rng([seed, index, 0]).random()
    if mixed < RESIDENTS_SHARE:
        return residents.simulate(index, seed, weeks)
    return processes.simulate(index, seed, weeks)


def _numbered(task: tuple[int, int, int | None]) -> SimulatedHome:
    return home(*task)


def fleet(count: int, seed: int, workers: int = 2, first: int = 0, weeks: int | None = None) -> Iterator[SimulatedHome]:
    """Yield homes `first` to `first + count - 1` of the fleet `seed`, in order of their index.

    `workers` processes make them; below two, this process does. Memory stays bounded: homes are made only a few
    chunks ahead of what has been taken.
    """
    indices = range(first, first + count)
    if workers < 2:
        for index in indices:
            yield home(index, seed, weeks)
        return
    ahead = workers * 4 * _CHUNK
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for begin in range(0, count, ahead):
            tasks = [(index, seed, weeks) for index in indices[begin : begin + ahead]]
            yield from pool.imap(_numbered, tasks, chunksize=_CHUNK)
