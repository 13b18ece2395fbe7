"""Scores of the trained model on simulated homes that were held out, beside its rivals on the same questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.metrics import adjusted_mutual_info_score

from custom_components.hunches.engine import features

from . import metrics, rivals, train_acceptance, train_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays
    from .networks import Acceptance
    from .train_state import Nets

MAX_RIVAL_ROWS = 150_000  # boosting on more changes nothing and takes minutes


def state(nets: Nets, rows: Arrays, held_out: Arrays, seed: int) -> dict[str, Any]:
    """Return log-loss, AUC and ECE of the model, of the model without names, and of every rival."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(rows["target"]))[:MAX_RIVAL_ROWS]
    target = held_out["target"]
    logits = dict(rivals.forecasts({k: v[some] for k, v in rows.items()}, held_out, seed))
    data = train_state.tensors(held_out)
    logits["model"] = train_state.predict(nets, data)[0].numpy()
    nameless = {**data, "tokens": torch.zeros_like(data["tokens"])}
    logits["model, names masked"] = train_state.predict(nets, nameless)[0].numpy()
    table = {name: _scores(logit, target) for name, logit in logits.items()}
    low, high = metrics.interval(metrics.losses(logits["model"], target), held_out["home"], seed)
    table["model"]["log_loss_95"] = [round(low, 4), round(high, 4)]
    return table


def embedding(nets: Nets, devices: Arrays, roles: NDArray[np.str_], centres: NDArray[np.float64]) -> dict[str, Any]:
    """Return agreement of archetypes with true roles, named and masked, and the share of nearest neighbours alike."""
    data = train_state.tensors(devices)
    homes = devices["home"]
    known = roles != ""
    found: dict[str, Any] = {}
    for name, tokens in (("named", data["tokens"]), ("masked", torch.zeros_like(data["tokens"]))):
        points = train_state.predict(nets, {**data, "tokens": tokens})[1].numpy()[known]
        labels = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        found[f"ami_{name}"] = round(float(adjusted_mutual_info_score(roles[known], labels)), 3)
        distance = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        distance[homes[known][:, None] == homes[known][None]] = np.inf  # a home's own devices do not count
        nearest = distance.argmin(axis=1)
        found[f"neighbour_has_role_{name}"] = round(float((roles[known][nearest] == roles[known]).mean()), 3)
    return found


def acceptance(nets: Nets, net: Acceptance, rows: Arrays) -> dict[str, Any]:
    """Return scores of the acceptance model and of plain rules, weighted back to how often each moment comes."""
    with torch.no_grad():
        logit = net(*train_acceptance.inputs(nets, rows)).numpy()
    yes, weight = rows["yes"], rows["weight"]
    away = rows["dynamic"][:, features.DYNAMIC.index("away")]
    asleep = rows["dynamic"][:, features.DYNAMIC.index("asleep")]
    found: dict[str, Any] = {
        "model": _scores(logit, yes, weight),
        "share_of_yes": round(float(np.average(yes, weights=weight)), 4),
    }
    for name, score in (("away or asleep", away + asleep), ("minutes on", rows["minutes"])):
        found[name] = {"auc": round(metrics.auc(score, yes, weight), 4)}
    p = 1 / (1 + np.exp(-logit))
    for bar in (0.5, 0.8, 0.9):
        over = p >= bar
        right = float((yes * weight)[over].sum() / max(weight[over].sum(), 1e-9))
        recall = float((yes * weight)[over].sum() / (yes * weight).sum())
        found[f"at_{bar}"] = {"precision": round(right, 3), "recall": round(recall, 3)}
    return found


def _scores(logit: NDArray[Any], target: NDArray[Any], weight: NDArray[Any] | None = None) -> dict[str, Any]:
    return {
        "log_loss": round(metrics.log_loss(logit, target, weight), 4),
        "auc": round(metrics.auc(logit, target, weight), 4),
        "ece": round(metrics.calibration_error(logit, target, weight), 4),
    }
