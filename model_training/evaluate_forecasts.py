"""Tables of how good forecasts are: by method, by how far ahead, by days of history, and by what names tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.localtime import HOUR

from . import metrics
from .evaluate_asked import Answered, log_odds
from .evaluate_questions import CUTS
from .rivals import BOOSTED, EWMA, LINEAR, MASKED, MODEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import Model

HORIZONS: Final = {"under 1 h": 1.0, "1–6 h": 6.0, "6–24 h": 24.0, "1–3 days": 72.0, "3–7 days": np.inf}
"""Up to how many hours ahead."""


def by_method(asked: Answered, seed: int) -> dict[str, Any]:
    """Return each method's scores with the interval of its log-loss, and the model's log-loss ÷ that of rivals."""
    losses = {name: metrics.losses(logit, asked.target) for name, logit in asked.logits.items()}
    table = {
        name: metrics.scores(logit, asked.target)
        | {
            "log_loss_95": _pair(metrics.interval(losses[name], asked.homes, seed)),
            "ece_of_chance": round(metrics.calibration_floor(logit, seed), 4),
        }
        for name, logit in asked.logits.items()
    }
    ratios = {
        f"{own} ÷ {rival}": {
            "ratio": round(float(losses[own].mean() / losses[rival].mean()), 3),
            "ratio_95": _pair(metrics.ratio_interval(losses[own], losses[rival], asked.homes, seed)),
        }
        for own, rival in ((MODEL, EWMA), (MODEL, LINEAR), (MODEL, BOOSTED), (MASKED, EWMA), (MASKED, BOOSTED))
    }
    return {"methods": table, "ratios": ratios}


def by_horizon(asked: Answered) -> dict[str, Any]:
    """Return each method's scores by how far ahead was asked."""
    hours = asked.rows["horizon"] / HOUR
    found, begin = {}, 0.0
    for name, end in HORIZONS.items():
        found[name] = _scores(asked, (hours >= begin) & (hours < end))
        begin = end
    return found


def by_history(asked: Answered) -> dict[str, Any]:
    """Return each method's scores on the same questions by days of history that were left."""
    return {f"{days:g}": _scores(asked, asked.rows["cut"] == days) for days in CUTS}


def _scores(asked: Answered, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    if not chosen.any():
        return {}
    target = asked.target[chosen]
    methods = {name: metrics.scores(logit[chosen], target) for name, logit in asked.logits.items()}
    return {"questions": int(chosen.sum()), "share_on": round(float(target.mean()), 3), "methods": methods}


def by_language(asked: Answered) -> dict[str, Any]:
    """Return the model's log-loss by the language of a home's names, with and without them, and EWMA's beside it."""
    spoken = asked.rows["language"]
    found: dict[str, Any] = {}
    for name in sorted(set(spoken.tolist())):
        chosen = spoken == name
        target = asked.target[chosen]
        found[name or "none"] = {
            "homes": len(np.unique(asked.homes[chosen])),
            "questions": int(chosen.sum()),
            **{
                method: round(metrics.log_loss(asked.logits[method][chosen], target), 4)
                for method in (MODEL, MASKED, EWMA)
            },
        }
    return found


def language(model: Model, mixed: Answered, curve: Answered, seed: int) -> dict[str, Any]:
    """Return scores with own names, with the same in a language that no training saw, and with none.

    Asked of devices whose name or area any language of the fleet tells, with history cut at random, and with none: it
    is without history that names matter.
    """
    found: dict[str, Any] = {}
    for title, asked, days in (("history cut at random", mixed, None), ("no history", curve, 0.0)):
        chosen = (asked.rows["tokens"] != asked.rows["foreign"]).any(axis=1)
        if days is not None:
            chosen &= asked.rows["cut"] == days
        if not chosen.any():
            continue
        rows = {key: value[chosen] for key, value in asked.rows.items()}
        logits = {
            "own names": asked.logits[MODEL][chosen],
            "in Finnish": log_odds(model, rows, rows["foreign"]),
            "masked": asked.logits[MASKED][chosen],
        }
        losses = {name: metrics.losses(logit, rows["target"]) for name, logit in logits.items()}
        found[title] = {
            "questions": int(chosen.sum()),
            **{name: metrics.scores(logit, rows["target"]) for name, logit in logits.items()},
            "finnish_to_own_95": _pair(
                metrics.ratio_interval(losses["in Finnish"], losses["own names"], rows["home"], seed)
            ),
            "finnish_to_masked_95": _pair(
                metrics.ratio_interval(losses["in Finnish"], losses["masked"], rows["home"], seed)
            ),
        }
    return found


def _pair(values: tuple[float, float]) -> list[float]:
    return [round(v, 4) for v in values]
