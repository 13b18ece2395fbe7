"""The classifier of simulated and real: blind to what is alike, sharp where it is not, one line for bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.localtime import DAY, LocalTime
from model_training.fleet import realism, residents, windows
from model_training.fleet.spans import Spans

NAMED = {
    "kettle": "Kettle",
    "microwave": "Microwave",
    "dishwasher": "Dishwasher",
    "washing machine": "Washing machine",
    "shower": "Shower",
}


def _posing_as_real(index: int, slower: float = 1.0) -> bundle.Recording:
    """Return a simulated home with the names of a real one, its appliances running `slower` times as long."""
    home = residents.simulate(index, 77)
    named = {
        key: replace(entity, name=NAMED.get(home.roles.get(key, ""), "Thing"))
        for key, entity in home.recording.home.entities.items()
    }
    timelines = dict(home.recording.timelines)
    if slower != 1.0:
        for key in home.roles:
            t = timelines[key]
            start = float(t.times[0])
            timelines[key] = replace(t, times=start + (t.times - start) * slower)
    return bundle.Recording(replace(home.recording.home, entities=named), timelines)


@pytest.fixture(scope="module")
def alike() -> realism.Table:
    return realism.table([_posing_as_real(index) for index in range(60)], 60, 1)


def test_cannot_tell_a_fleet_from_itself(alike: realism.Table) -> None:
    make = realism._models()["logistic regression"]
    auc, low, high = realism.separability(alike, make, alike.home, 0)
    assert low < auc < high
    assert 0.35 < auc < 0.65


def test_can_tell_what_runs_at_another_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realism, "_DRAWS", 10)
    other = realism.table([_posing_as_real(index, slower=0.2) for index in range(60)], 60, 1)
    make = realism._models()["boosted trees"]
    assert realism.separability(other, make, other.home, 0)[0] > 0.8


def test_a_fleet_lies_within_itself(alike: realism.Table) -> None:
    assert realism.covered(alike) > 0.8  # of few devices a kind: quantiles are rough
    far = replace(alike, x=np.where(alike.real[:, None], alike.x + 100.0, alike.x))
    assert realism.covered(far) == 0.0


def test_random_processes_are_compared_by_domain() -> None:
    t = realism.table([_posing_as_real(index) for index in range(20)], 20, 1, "processes")
    assert set(t.kind[t.real]) <= {"plug", "light"}
    assert {"plug"} <= set(t.kind[~t.real])


def test_kinds_weigh_alike_on_both_sides(alike: realism.Table) -> None:
    weight = realism.weights(alike, np.ones(len(alike.x), dtype=np.bool_))
    for kind in np.unique(alike.kind[alike.real]):
        rows = alike.kind == kind
        if not (rows & ~alike.real).any():
            assert not weight[rows].any()
        assert weight[rows & alike.real].sum() == pytest.approx(weight[rows & ~alike.real].sum(), rel=1e-6)


def test_windows_are_finite_and_named() -> None:
    clock = LocalTime("Europe/Berlin")
    starts = 1.6e9 + np.arange(40) * DAY
    rows = windows.rows(Spans.union([1.6e9 - DAY], [1.6e9 + 41 * DAY]), Spans.union(starts, starts + 3600), clock)
    assert rows.shape == (3, len(windows.NAMES))
    assert np.isfinite(rows).all()
    used = rows[:, windows.NAMES.index("share of days used")]
    assert np.all(used > 0.9)
    assert np.allclose(np.exp(rows[:, windows.NAMES.index("minutes on, q50%")]), 3600)


def test_a_home_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert realism.main(["--homes", str(tmp_path / "nowhere")]) == 2
    assert realism.main(["--homes", str(tmp_path), "--count", "40"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2
