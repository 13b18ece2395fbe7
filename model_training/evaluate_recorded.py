"""Recorded homes that the model has never seen: forecasts beside each home's best rival, and asleep and away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine.bundle import BundleError, Recording, rows
from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.forecaster import Query

from . import evaluate_context, metrics
from .rivals import MASKED, MODEL, OWN_PAST, SIMPLE

if TYPE_CHECKING:
    from .evaluate_asked import Answered


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


def _mean(values: list[float]) -> float:
    return round(float(np.nanmean(values)), 4)


def context(recording: Recording) -> dict[str, float] | None:
    """Return F1 of asleep and away for the filter and two rules; None without labels."""
    times = evaluate_context.grid(recording)
    if not times.size:
        return None
    asleep, away = (evaluate_context.truth(recording, times, label) for label in ("asleep", "away"))
    rule, found = evaluate_context.rules(recording, times), follow(recording, times)
    compared = {
        "asleep": (found.asleep >= 0.5, asleep),
        "away": (found.away >= 0.5, away),
        "asleep_clock": (rule["clock"][0], asleep),
        "asleep_quiet": (rule["quiet"][0], asleep),
        "away_quiet": (rule["quiet"][1], away),
    }
    return {name: round(evaluate_context.f1(said, so), 3) for name, (said, so) in compared.items()}


def context_summary(homes: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the means over homes, and the worst home of the filter."""
    keys = next(iter(homes.values()))
    mean = {key: round(float(np.mean([home[key] for home in homes.values()])), 3) for key in keys}
    return mean | {f"worst_{key}": min(home[key] for home in homes.values()) for key in ("asleep", "away")}
