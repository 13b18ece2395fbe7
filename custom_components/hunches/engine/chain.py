"""A Markov chain through many steps: the chances of its states after each of them, without a loop over the steps.

Products of matrices are associative, so blocks of steps are multiplied side by side (a scan: Hillis and Steele 1986;
Särkkä and García-Fernández 2021 for smoothing), and only the blocks are gone through one after the other.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def through(first: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances of the states after each step, each row adding up to 1: float64 [..., n, S].

    `first` [..., S]: before the first step. `steps` [n, ..., S, S]: the (unnormalised) chances of moving from one state
    to another in each, none of which may leave every state without a way on. Rows come out in the shape of `steps`,
    the steps first: [n, ..., S].
    """
    n, *many, _, states = steps.shape
    length = max(isqrt(n), 1)
    blocks = -(-n // length)
    passed = np.empty((blocks * length, *many, states, states))
    passed[:n] = steps
    passed[n:] = np.eye(states)
    # [length, blocks, ..., S, S]: the steps of all blocks that have the same place in theirs lie together.
    passed = np.ascontiguousarray(passed.reshape(blocks, length, *many, states, states).swapaxes(0, 1))
    # A product with ones adds up faster than a sum over so few.
    all_of_it = np.ones((states * states, 1))
    for place in range(1, length):
        product = passed[place - 1] @ passed[place]
        total = product.reshape(blocks, *many, states * states) @ all_of_it
        passed[place] = product / total[..., None]
    before = np.empty((blocks, *many, 1, states))
    state = first[..., None, :]
    for block in range(blocks):
        before[block] = state
        state = state @ passed[-1, block]
        state = state / (state @ all_of_it[:states])
    found = (before @ passed)[..., 0, :].swapaxes(0, 1).reshape(blocks * length, *many, states)[:n]
    return np.asarray(found / (found @ all_of_it[:states]))
