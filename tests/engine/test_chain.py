"""A chain gone through in blocks is the chain gone through step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from custom_components.hunches.engine.chain import through


def one_by_one(first: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go through the steps in order, of one chain."""
    found, state = [], first
    for step in steps:
        state = state @ step
        state = state / state.sum()
        found.append(state)
    return np.array(found)


@given(st.integers(1, 300), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_blocks_give_what_steps_give(count: int, states: int, seed: int) -> None:
    """Of any length, whatever its steps weigh: evidence makes them tiny by any factor."""
    rng = np.random.default_rng(seed)
    steps = rng.random((count, states, states)) + 1e-6
    steps *= np.exp(rng.uniform(-30, 0, (count, 1, states))) * 10.0 ** rng.integers(-150, 100, (count, 1, 1))
    first = rng.dirichlet(np.ones(states))
    np.testing.assert_allclose(through(first, steps), one_by_one(first, steps), rtol=1e-9)


def test_many_chains_side_by_side() -> None:
    """Each is its own."""
    rng = np.random.default_rng(1)
    steps, first = rng.random((50, 3, 4, 4)), rng.dirichlet(np.ones(4), 3)
    found = through(first, steps)
    assert found.shape == (50, 3, 4)
    for chain in range(3):
        np.testing.assert_allclose(found[:, chain], one_by_one(first[chain], steps[:, chain]), rtol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 1440])
def test_a_way_that_is_all_but_shut(count: int) -> None:
    """A state that is stated not to hold, for hours, leaves no division by nothing."""
    steps = np.tile(np.array([[0.9, 0.1], [0.1, 0.9]]) * [1.0, 1e-12], (count, 1, 1))
    found = through(np.array([1e-12, 1.0]), steps)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, one_by_one(np.array([1e-12, 1.0]), steps), rtol=1e-9)


def test_no_steps() -> None:
    """Nothing comes of nothing."""
    assert through(np.array([0.5, 0.5]), np.empty((0, 2, 2))).shape == (0, 2)
