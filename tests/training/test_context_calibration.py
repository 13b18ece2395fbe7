"""How sure the context filter may be: what was held is found again, and nothing is learned from nothing."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine.context_numbers import Calibration
from model_training.context_calibration import Judged, fit


@pytest.mark.parametrize("real", [Calibration(0.6, 0.06), Calibration(1.3, 0.0)])
def test_what_holds_is_found_again(real: Calibration) -> None:
    rng = np.random.default_rng(0)
    homes = []
    for _ in range(6):
        said = rng.dirichlet((0.3, 0.3, 0.3), 4000)
        draws = rng.random((len(said), 1)) > real.of(said).cumsum(axis=1)
        homes.append(Judged(said, np.minimum(draws.sum(axis=1), 2)))
    found = fit(homes)
    assert found.power == pytest.approx(real.power, abs=0.05)
    assert found.lapse == pytest.approx(real.lapse, abs=0.02)


def test_each_home_counts_the_same() -> None:
    sure, unsure = np.tile([0.98, 0.01, 0.01], (100, 1)), np.arange(100) % 2
    right, wrong = Judged(sure, np.zeros(100, dtype=np.int64)), Judged(sure, unsure)
    longer = Judged(np.tile(sure, (50, 1)), np.tile(unsure, 50))
    assert fit([right, wrong]) == fit([right, longer])
    assert fit([right, wrong]).of(sure[0])[0] < 0.85


def test_without_homes_nothing_is_learned() -> None:
    assert fit([]) == Calibration()
