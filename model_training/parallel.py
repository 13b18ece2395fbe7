"""Homes are independent of each other, so work on them is shared among processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from tqdm import tqdm

Job = TypeVar("Job")
Done = TypeVar("Done")

FEW = 8  # fewer jobs are done before other processes have started


def each(
    work: Callable[[Job], Done], jobs: Sequence[Job], what: str, unit: str, workers: int | None = None
) -> Iterator[Done]:
    """Yield what `work` returns for each of `jobs`, in their order, with a progress bar that says `what`.

    `work` has to be known by name in its module, as other processes look it up there; `workers`: how many, one for
    each processor if None.
    """
    if len(jobs) < FEW:
        yield from tqdm(map(work, jobs), total=len(jobs), desc=what, unit=unit)
        return
    # Workers start afresh, so that no thread of torch or BLAS is copied half-way.
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from tqdm(pool.map(work, jobs), total=len(jobs), desc=what, unit=unit)
