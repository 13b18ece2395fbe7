"""How well the shipped acceptance model tells what nobody wanted on, beside two rules, in held-out simulated homes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine import acceptance, features
from custom_components.hunches.engine.experts import Forecasts

from . import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import Model

    from .dataset import Arrays

BARS = (0.5, 0.8, 0.9)


def log_odds(model: Model, rows: Arrays) -> NDArray[np.float32]:
    """Return the log-odds of a yes for acceptance rows [n], as `engine.scan` computes them."""
    n, horizons = rows["ahead_logit"].shape[:2]
    encoded = model.encode(rows["stable"], rows["tokens"].astype(np.int64))
    embedding, behaviour = encoded.embedding, encoded.behaviour
    ahead = model.predict(
        np.repeat(behaviour, horizons, axis=0),
        np.repeat(rows["dynamic"], horizons, axis=0),
        rows["ahead_query"].reshape(n * horizons, -1),
        Forecasts(rows["ahead_logit"].reshape(n * horizons, -1), rows["ahead_support"].reshape(n * horizons, -1)),
    ).reshape(n, horizons)
    past = Forecasts(rows["usual_logit"], rows["usual_support"])
    usual = model.predict(behaviour, rows["past_dynamic"], rows["usual_query"], past)
    return model.accept(embedding, rows["dynamic"], acceptance.compose(ahead, usual, rows["habits"], rows["room"]))


def scores(model: Model, rows: Arrays) -> dict[str, Any]:
    """Return scores of the model and of plain rules, weighted back to how often each moment comes.

    The rules rank moments: "off after N hours" by minutes on, "off when away" by the chance that nobody is home,
    "away or asleep" by that or that everybody is asleep.
    """
    logit = log_odds(model, rows)
    yes, weight = rows["yes"], rows["weight"]
    away = rows["dynamic"][:, features.DYNAMIC.index("away")]
    asleep = rows["dynamic"][:, features.DYNAMIC.index("asleep")]
    p = metrics.probabilities(logit)
    found: dict[str, Any] = {
        "moments": len(yes),
        "share_of_yes": round(float(np.average(yes, weights=weight)), 4),
        "model": metrics.scores(logit, yes, weight) | {"precision_at_half_recall": _precision(p, yes, weight)},
    }
    for name, score in (
        ("off after N hours", rows["minutes"]),
        ("off when away", away),
        ("away or asleep", away + asleep),
    ):
        found[name] = {
            "auc": round(metrics.auc(score, yes, weight), 4),
            "precision_at_half_recall": _precision(score, yes, weight),
        }
    for bar in BARS:
        over = p >= bar
        right = float((yes * weight)[over].sum())
        found[f"at_{bar}"] = {
            "precision": round(right / max(float(weight[over].sum()), 1e-9), 3),
            "recall": round(right / float((yes * weight).sum()), 3),
        }
    return found


def _precision(score: NDArray[Any], yes: NDArray[np.floating], weight: NDArray[np.floating]) -> float:
    """Return the precision at the bar above which half of what nobody wanted lies."""
    order = np.argsort(-score, kind="stable")
    found, asked = np.cumsum((yes * weight)[order]), np.cumsum(weight[order])
    at = int(np.searchsorted(found, 0.5 * found[-1]))
    return round(float(found[at] / asked[at]), 3)
