"""How well asleep, away and dark are told, as figures for the report: F1, calibration, and what corrections bring.

Recorded homes that carry truth, each beside two rules; held-out simulated homes of three sorts; and, as no recorded
home says when lamps are needed, darkness under held-out skies of the fleet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from custom_components.hunches.engine.localtime import DAY

from . import evaluate_context, metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

    from .evaluate_context import Score

LABELS: Final = ("asleep", "away")
_RULES: Final = ("asleep_clock", "asleep_quiet", "away_quiet")


def home(recording: Recording, seed: int) -> dict[str, Any] | None:
    """Return one recorded home's figures; None without labels.

    `asleep`, `away`: F1 of the filter, `…_95` its interval, days of the recording drawn with replacement; of the rules
    `asleep_clock` and so on. `log_loss` of awake, asleep or away; `ece_…`: calibration error. `stated`: the same of a
    filter that is told of every stretch an hour after its end what it was, and answers from what it was told by then.
    """
    times = evaluate_context.grid(recording)
    if not times.size:
        return None
    plain = evaluate_context.score(recording, times)
    told = evaluate_context.score(recording, times, evaluate_context.stated(recording))
    days = (times // DAY).astype(np.int64)
    found: dict[str, Any] = _figures([plain])
    found |= {name: round(value, 3) for name, value in zip(_RULES, plain.f1, strict=False)}
    for place, label in enumerate(LABELS):
        found[f"{label}_95"] = _interval(plain.said[place] >= 0.5, plain.so[place], days, seed)
    return found | {"stated": _figures([told])}


def summary(homes: Mapping[str, Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Return the means over homes, with intervals (homes drawn with replacement), and the worst home of the filter."""

    def mean(key: str, of: Sequence[Mapping[str, Any]]) -> float:
        return round(float(np.mean([one[key] for one in of])), 3)

    every, numbered = list(homes.values()), np.arange(len(homes))
    own = (*LABELS, "log_loss", "ece_asleep", "ece_away")
    found: dict[str, Any] = {"homes": len(every)} | {key: mean(key, every) for key in (*own, *_RULES)}
    for label in LABELS:
        values = np.array([one[label] for one in every])
        found[f"{label}_95"] = [round(v, 3) for v in metrics.interval(values, numbered, seed)]
        found[f"worst_{label}"] = round(float(values.min()), 3)
    told = [one["stated"] for one in every]
    return found | {"stated": {key: mean(key, told) for key in own}}


def simulated(count: int, seed: int) -> dict[str, Any]:
    """Return the same of `count` held-out simulated homes of each sort; `tenth_…`: one home in ten is below."""
    found: dict[str, Any] = {}
    for sort, recordings in evaluate_context.held_out(count):
        plain, told = (evaluate_context.scored(recordings, told=told) for told in (False, True))
        if not plain:
            continue
        found[sort] = {"homes": len(plain), **_figures(plain), "stated": _figures(told)}
        for place, label in enumerate(LABELS):
            values = np.array([one.f1[3 + place] for one in plain])
            found[sort][f"{label}_95"] = [round(v, 3) for v in metrics.interval(values, np.arange(len(values)), seed)]
            found[sort][f"tenth_{label}"] = round(float(np.quantile(values, 0.1)), 3)
    return found


def dark() -> dict[str, dict[str, float]]:
    """Return how well darkness is told without and with a light sensor, beside the share of the time that it is dark.

    `sun_down`: how often "the sun is down" is right, `right`: how often what is said at one half is.
    """
    found = {}
    for name, seen in evaluate_context.darkness().items():
        found[name] = {
            "share": round(float(seen.so.mean()), 3),
            "log_loss": round(seen.log_loss, 4),
            "ece": round(evaluate_context.calibration_error(seen.said, seen.so), 4),
            "right": round(float(((seen.said >= 0.5) == seen.so).mean()), 3),
            "sun_down": round(float((seen.down == seen.so).mean()), 3),
        }
    return found


def _figures(scores: Sequence[Score]) -> dict[str, float]:
    """Return means over homes of F1 and log-loss, and the calibration error of all their moments together."""
    said, so = (np.concatenate([getattr(one, which) for one in scores], axis=1) for which in ("said", "so"))
    f1 = np.mean([one.f1[3:] for one in scores], axis=0)
    found = {label: round(float(f1[place]), 3) for place, label in enumerate(LABELS)}
    found["log_loss"] = round(float(np.mean([one.log_loss for one in scores])), 3)
    for place, label in enumerate(LABELS):
        found[f"ece_{label}"] = round(evaluate_context.calibration_error(said[place], so[place]), 3)
    return found


def _interval(said: NDArray[np.bool_], so: NDArray[np.bool_], days: NDArray[np.int64], seed: int) -> list[float] | None:
    """Return the 95 % interval of F1, days drawn with replacement."""
    right = 2.0 * (said & so)
    return metrics.share_interval(right, right + (said != so), days, seed)
