"""Examples: the same every time, and finite."""

from __future__ import annotations

import numpy as np

import model_training  # noqa: F401
from model_training import dataset
from model_training.fleet.home import SimulatedHome


def test_examples_are_the_same_every_time(home: SimulatedHome) -> None:
    first, second = dataset.examples(home, 3, 1), dataset.examples(home, 3, 1)
    for name, arrays in first.items():
        for key, values in arrays.items():
            np.testing.assert_array_equal(values, second[name][key], err_msg=f"{name}.{key}")


def test_inputs_are_finite_and_of_a_sensible_size(home: SimulatedHome) -> None:
    for name, arrays in dataset.examples(home, 3, 1).items():
        for key, values in arrays.items():
            if values.dtype.kind == "f":
                assert np.isfinite(values).all(), f"{name}.{key}"
            if key in {"stable", "dynamic", "query", "habits", "room"}:
                assert np.abs(values).max() < 8, f"{name}.{key}"
