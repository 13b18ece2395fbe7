"""Scores of forecasts: log-loss, AUC, calibration error, and intervals by bootstrap over homes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score


def losses(logit: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the log-loss of each forecast [n]."""
    return np.logaddexp(0.0, np.where(target > 0.5, -logit, logit).astype(np.float64))


def log_loss(
    logit: NDArray[np.floating], target: NDArray[np.floating], weight: NDArray[np.floating] | None = None
) -> float:
    """Return the mean log-loss."""
    return float(np.average(losses(logit, target), weights=weight))


def auc(logit: NDArray[np.floating], target: NDArray[np.floating], weight: NDArray[np.floating] | None = None) -> float:
    """Return the area under the ROC curve, nan where only one answer occurs."""
    if np.all(target == target[0]):
        return float("nan")
    return float(roc_auc_score(target, logit, sample_weight=weight))


def calibration_error(
    logit: NDArray[np.floating], target: NDArray[np.floating], weight: NDArray[np.floating] | None = None
) -> float:
    """Return the expected calibration error over 15 equally filled bins."""
    p = 1 / (1 + np.exp(-logit.astype(np.float64)))
    w = np.ones_like(p) if weight is None else weight.astype(np.float64)
    groups = np.array_split(np.argsort(p), 15)
    gaps = [
        abs(np.average(p[g], weights=w[g]) - np.average(target[g], weights=w[g])) * w[g].sum() for g in groups if len(g)
    ]
    return float(sum(gaps) / w.sum())


def interval(values: NDArray[np.float64], homes: NDArray[np.int64], seed: int, draws: int = 500) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `values` [n], homes drawn with replacement."""
    rng = np.random.default_rng(seed)
    _, index = np.unique(homes, return_inverse=True)
    sums, counts = np.bincount(index, values), np.bincount(index)
    picks = rng.integers(0, len(counts), (draws, len(counts)))
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
