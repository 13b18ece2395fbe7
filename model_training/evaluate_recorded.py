"""Recorded homes that the model has never seen: forecasts beside each home's best rival, and asleep and away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.bundle import BundleError, rows
from custom_components.hunches.engine.forecaster import Query

from . import metrics
from .rivals import MASKED, MODEL, OWN_PAST, SIMPLE

if TYPE_CHECKING:
    from .evaluate_asked import Answered

CALIBRATED: Final = frozenset({"refit_20", "ukdale_2", "ideal_65", "opensmarthome"})
"""Recorded homes under a Creative Commons licence, whose summaries the fleet was calibrated on; no other's were."""
KEPT_APART: Final = "kept_apart"


def queries(path: Path) -> list[Query]:
    """Read questions: `entity_id,asof,target` in Unix seconds. Raises `BundleError`."""
    found: list[Query] = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, (key, asof, target) in rows(path, lines, ("entity_id", "asof", "target")):
            try:
                found.append(Query(key, float(asof), float(target)))
            except ValueError:
                raise BundleError(f"{path}, line {number}: not Unix seconds") from None
    return found


def score(asked: Answered, seed: int) -> dict[str, Any]:
    """Return one home's scores beside every rival's log-loss; bests of `OWN_PAST` and `SIMPLE` are picked afterwards.

    `to_best_95` is the interval of the ratio to it, days of the recording drawn with replacement.
    """
    losses = {name: metrics.losses(logit, asked.target) for name, logit in asked.logits.items()}
    rivals = {name: round(float(loss.mean()), 4) for name, loss in losses.items() if name not in {MODEL, MASKED}}
    best = min(OWN_PAST, key=lambda name: losses[name].mean())
    plain = min(SIMPLE, key=lambda name: losses[name].mean())
    low, high = metrics.ratio_interval(losses[MODEL], losses[best], asked.rows["day"], seed)
    return {
        "questions": len(asked.target),
        "share_on": round(float(asked.target.mean()), 3),
        "model": metrics.scores(asked.logits[MODEL], asked.target),
        "ece_of_chance": round(metrics.calibration_floor(asked.logits[MODEL], seed), 4),
        "rivals": rivals,
        "best_rival": best,
        "best_simple_rival": plain,
        "to_simple": round(float(losses[MODEL].mean() / losses[plain].mean()), 3),
        "to_best": round(float(losses[MODEL].mean() / losses[best].mean()), 3),
        "to_best_95": [round(low, 3), round(high, 3)],
    }


def summary(homes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean over homes, each weighing the same; `best_rival` picks one for each home, afterwards."""
    names = next(iter(homes.values()))["rivals"]
    ratios = [home["to_best"] for home in homes.values()]
    return {
        "homes": len(homes),
        "model": _mean([home["model"]["log_loss"] for home in homes.values()]),
        "auc": _mean([home["model"]["auc"] for home in homes.values()]),
        "best_rival": _mean([home["rivals"][home["best_rival"]] for home in homes.values()]),
        "best_simple_rival": _mean([home["rivals"][home["best_simple_rival"]] for home in homes.values()]),
        **{name: _mean([home["rivals"][name] for home in homes.values()]) for name in names},
        "worst_to_best": max(ratios),
        "homes_five_percent_better": sum(ratio <= 0.95 for ratio in ratios),
        "worst_ece": max(home["model"]["ece"] for home in homes.values()),
    }


def parts(homes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the means over the homes that the fleet was calibrated on, and over the others."""
    among = {name: home for name, home in homes.items() if name in CALIBRATED}
    apart = {name: home for name, home in homes.items() if name not in CALIBRATED}
    return {key: summary(some) for key, some in (("calibrated", among), (KEPT_APART, apart)) if some}


def _mean(values: list[float]) -> float:
    return round(float(np.nanmean(values)), 4)
