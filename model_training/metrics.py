"""Scores of forecasts: log-loss, Brier, AUC, calibration, and intervals by bootstrap over homes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

BINS = 15
DRAWS = 500

Floats = NDArray[np.floating]


def probabilities(logit: Floats) -> NDArray[np.float64]:
    """Return probabilities of log-odds [n]."""
    return np.asarray(1 / (1 + np.exp(-logit.astype(np.float64))))


def losses(logit: Floats, target: Floats) -> NDArray[np.float64]:
    """Return the log-loss of each forecast [n]."""
    return np.logaddexp(0.0, np.where(target > 0.5, -logit, logit).astype(np.float64))


def log_loss(logit: Floats, target: Floats, weight: Floats | None = None) -> float:
    """Return the mean log-loss."""
    return float(np.average(losses(logit, target), weights=weight))


def brier(logit: Floats, target: Floats, weight: Floats | None = None) -> float:
    """Return the mean squared error of the probabilities."""
    return float(np.average((probabilities(logit) - target) ** 2, weights=weight))


def auc(logit: Floats, target: Floats, weight: Floats | None = None) -> float:
    """Return the area under the ROC curve, nan where only one answer occurs."""
    if not len(target) or np.all(target == target[0]):
        return float("nan")
    return float(roc_auc_score(target, logit, sample_weight=weight))


def reliability(
    logit: Floats, target: Floats, weight: Floats | None = None, bins: int = BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (mean forecast, share that came true, weight) of equally filled bins of the forecast [at most `bins`]."""
    p = probabilities(logit)
    w = np.ones_like(p) if weight is None else weight.astype(np.float64)
    groups = [g for g in np.array_split(np.argsort(p, kind="stable"), bins) if len(g)]
    said = np.array([np.average(p[g], weights=w[g]) for g in groups])
    came = np.array([np.average(target[g], weights=w[g]) for g in groups])
    return said, came, np.array([w[g].sum() for g in groups])


def calibration_error(logit: Floats, target: Floats, weight: Floats | None = None) -> float:
    """Return the expected calibration error over 15 equally filled bins."""
    said, came, filled = reliability(logit, target, weight)
    return float((np.abs(said - came) * filled).sum() / filled.sum())


def calibration_floor(logit: Floats, seed: int, draws: int = 20) -> float:
    """Return the calibration error that chance alone gives these forecasts if every one of them is right."""
    p, rng = probabilities(logit), np.random.default_rng(seed)
    return float(np.mean([calibration_error(logit, (rng.random(len(p)) < p).astype(np.float64)) for _ in range(draws)]))


def scores(logit: Floats, target: Floats, weight: Floats | None = None) -> dict[str, float]:
    """Return log-loss, Brier score, AUC and expected calibration error, rounded to four places."""
    return {
        "log_loss": round(log_loss(logit, target, weight), 4),
        "brier": round(brier(logit, target, weight), 4),
        "auc": round(auc(logit, target, weight), 4),
        "ece": round(calibration_error(logit, target, weight), 4),
    }


def _means(
    columns: list[NDArray[np.float64]], homes: NDArray[np.int64], seed: int, draws: int
) -> list[NDArray[np.float64]]:
    """Return the mean of each column [draws], over the same homes drawn with replacement."""
    _, index = np.unique(homes, return_inverse=True)
    counts = np.bincount(index)
    picks = np.random.default_rng(seed).integers(0, len(counts), (draws, len(counts)))
    asked = counts[picks].sum(axis=1)
    return [np.bincount(index, values)[picks].sum(axis=1) / asked for values in columns]


def interval(
    values: NDArray[np.float64], homes: NDArray[np.int64], seed: int, draws: int = DRAWS
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `values` [n], homes drawn with replacement."""
    low, high = np.percentile(_means([values], homes, seed, draws)[0], (2.5, 97.5))
    return float(low), float(high)


def ratio_interval(
    values: NDArray[np.float64],
    others: NDArray[np.float64],
    homes: NDArray[np.int64],
    seed: int,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """Return the 95 % interval of mean(`values`) ÷ mean(`others`), both [n] on the same questions."""
    above, below = _means([values, others], homes, seed, draws)
    low, high = np.percentile(above / below, (2.5, 97.5))
    return float(low), float(high)


def share_interval(
    part: NDArray[np.floating],
    whole: NDArray[np.floating],
    homes: NDArray[np.int64],
    seed: int,
    draws: int = DRAWS,
) -> list[float] | None:
    """Return the 95 % interval of sum(`part`) ÷ sum(`whole`), both [n], homes drawn with replacement; None of nothing.

    Draws in which there is nothing to be right about are left out.
    """
    if not whole.sum():
        return None
    above, below = _means([part.astype(np.float64), whole.astype(np.float64)], homes, seed, draws)
    some = below > 0
    low, high = np.percentile(above[some] / below[some], (2.5, 97.5))
    return [round(float(low), 3), round(float(high), 3)]
