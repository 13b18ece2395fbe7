"""What the model has to beat, fitted on the same homes and asked the same questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from custom_components.hunches.engine.experts import EXPERTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays


def _profile_inputs(rows: Arrays) -> NDArray[np.float64]:
    """Return what a profile knows: rate, profile, decaying persistence, the state and the horizon."""
    logit = rows["logit"][:, [EXPERTS.index(n) for n in ("rate", "profile", "markov")]]
    dynamic, query = rows["dynamic"], rows["query"]
    return np.column_stack((logit, dynamic[:, :4], query, dynamic[:, 1:2] * query[:, 1:4])).astype(np.float64)


def _all_inputs(rows: Arrays) -> NDArray[np.float64]:
    """Return everything but names."""
    parts = ("stable", "dynamic", "query", "logit", "support")
    return np.concatenate([rows[key] for key in parts], axis=1).astype(np.float32)


def forecasts(rows: Arrays, held_out: Arrays, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return log-odds of "on" for the held-out rows by each rival."""
    logit = held_out["logit"].astype(np.float64)
    found = {
        "device rate": logit[:, EXPERTS.index("rate")],
        "hour × weekend, decaying (EWMA)": logit[:, EXPERTS.index("profile")],
        "persistence decaying to the profile": logit[:, EXPERTS.index("markov")],
        "survival (semi-Markov)": logit[:, EXPERTS.index("survival")],
    }
    scaler = StandardScaler().fit(_profile_inputs(rows))
    linear = LogisticRegression(max_iter=400).fit(scaler.transform(_profile_inputs(rows)), rows["target"])
    found["logistic regression on profiles"] = linear.decision_function(scaler.transform(_profile_inputs(held_out)))
    boosted = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.08, max_leaf_nodes=31, l2_regularization=1.0, random_state=seed
    ).fit(_all_inputs(rows), rows["target"])
    found["fleet HistGradientBoosting, no names"] = boosted.decision_function(_all_inputs(held_out))
    return found
