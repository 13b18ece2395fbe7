"""Values in order, each once, as NumPy finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from custom_components.hunches.engine.distinct import distinct


@pytest.mark.parametrize("values", [[], [3.0], [2.5, -1.0, 2.5, 7.0, -1.0], [4, 4, 4], [9, 1, 8, 1]])
def test_each_value_comes_once_and_in_order(values: list[Any]) -> None:
    found = distinct(np.array(values))
    assert found.dtype == np.array(values).dtype
    assert found.tolist() == np.unique(values).tolist()
