"""The survey tables that `obgeneration` carries: when people sleep, are at home, and start their machines.

Read directly from the package's files: its own generator yields one household a second, a fleet needs hundreds.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from .calibration import AGE_GROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUARTERS: Final = 96
FIRST_HOUR: Final = 4
"""The tables' day begins at 04:00."""
CLUSTERS: Final = 5
_STATES: Final = ("Sleep", "Home", "Away")


def _rows(*path: str) -> list[dict[str, str]]:
    file = resources.files("obgeneration").joinpath("data", *path)
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _kind(weekend: bool) -> str:
    return "weekend" if weekend else "weekday"


@lru_cache(maxsize=2)
def first_states(weekend: bool) -> NDArray[np.float64]:
    """Return [cluster, state] the shares of asleep, home and away at 04:00."""
    rows = _rows("occupancy_probability", _kind(weekend), f"{_kind(weekend)}_pi0.csv")
    return np.array([[float(row[state]) for state in _STATES] for row in rows])


@lru_cache(maxsize=2)
def transitions(weekend: bool) -> NDArray[np.float64]:
    """Return [cluster, quarter, from, to] the chances of moving between asleep, home and away, summed along `to`."""
    table = np.zeros((CLUSTERS, QUARTERS, 3, 3))
    for cluster in range(CLUSTERS):
        name = f"cluster_{cluster + 1:02d}_transitions.csv"
        for row in _rows("occupancy_probability", _kind(weekend), name):
            chances = [float(row[f"to_{state}"]) for state in _STATES]
            table[cluster, int(row["bin"]), _STATES.index(row["from_state"])] = chances
    return np.cumsum(table, axis=-1)


@lru_cache(maxsize=2)
def cluster_shares(weekend: bool) -> NDArray[np.float64]:
    """Return [age group, cluster] how many people of an age live by each cluster's day."""
    rows = {r["age_group"]: r for r in _rows("occupancy_probability", f"cluster_dist_by_age_{_kind(weekend)}.csv")}
    return np.array([[float(rows[age][str(c + 1)]) for c in range(CLUSTERS)] for age in AGE_GROUPS])


@lru_cache(maxsize=3)
def starts(machine: str) -> NDArray[np.float64]:
    """Return [weekday, five minutes of the day] when `machine` is started, each day's chances summed to 1.

    `machine`: "cooking", "laundry" or "dishwasher".
    """
    rows = _rows("activity_initial_probability", f"{machine}_start_time_5min_bins.csv")
    table = np.array([float(row["prob_smoothed"]) for row in rows]).reshape(7, -1)
    total = np.cumsum(table, axis=1)
    return np.asarray(total / total[:, -1:])


def chain(rng: np.random.Generator, rows: int, cluster: NDArray[np.int64] | int, weekend: bool) -> NDArray[np.int8]:
    """Return [rows, quarter] days drawn from the tables, 0 asleep, 1 at home, 2 away; `cluster` for each row."""
    which = np.broadcast_to(np.asarray(cluster), (rows,))
    table = transitions(weekend)
    draws = rng.random((QUARTERS, rows))
    shares = np.cumsum(first_states(weekend), axis=1)[which]
    state = (draws[0][:, None] > shares[:, :2]).sum(axis=1)
    days = np.empty((rows, QUARTERS), dtype=np.int8)
    days[:, 0] = state
    for quarter in range(1, QUARTERS):
        steps = table[which, quarter - 1, state]
        state = (draws[quarter][:, None] > steps[:, :2]).sum(axis=1)
        days[:, quarter] = state
    return days
