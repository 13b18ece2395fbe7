"""Values in order, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Number = TypeVar("Number", np.float64, np.int64, np.int8)


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Return what `np.unique` does for numbers, without all of `numpy.ma`, which that brings into memory for good."""
    found = np.sort(values)
    return np.asarray(found[np.concatenate(([True], found[1:] != found[:-1]))[: found.size]])
