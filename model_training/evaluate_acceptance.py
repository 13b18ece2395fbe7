"""How well the shipped acceptance model tells what is right and what is accepted, in held-out simulated homes.

Beside it, on the same proposals: plain rules, a logistic regression on a home's own answers, and two ceilings that only
a simulation knows: what every person's chance of a yes really is, and what is really right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from custom_components.hunches.engine import features
from custom_components.hunches.engine.personal import Personal
from custom_components.hunches.engine.policy import Settings

from . import metrics
from .proposals import given
from .train_personal import Respondents, claimed, claims, respondents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import Accepted, Model

    from .dataset import Arrays

BARS = (0.5, 2 / 3, 0.8, 0.9)
ANSWERS = 20
BEFORE, AFTER = "model, no answers", "model, 20 answers"
_RULES = ("away or asleep", "off when away", "off after N hours")


def scores(model: Model, rows: Arrays, seed: int) -> dict[str, Any]:
    """Return scores, weighted back to how often each moment comes: of what is `right`, of a `yes`, and of `acting`."""
    said = model.accept(*given(model, rows))
    return {
        "proposals": len(rows["right"]),
        "homes": len(np.unique(rows["home"])),
        "right": _right(said.right, rows),
        "yes": _yes(model, said.yes, rows, seed),
        "acting": _acting(model, said, rows, seed),
    }


def _rules(rows: Arrays) -> dict[str, NDArray[np.floating]]:
    """Return by what the plain rules rank proposals [n]."""
    away, asleep = (rows["dynamic"][:, features.DYNAMIC.index(name)] for name in ("away", "asleep"))
    return dict(zip(_RULES, (away + asleep, away, rows["minutes"]), strict=True))


def _right(logit: NDArray[np.floating], rows: Arrays) -> dict[str, Any]:
    right, weight = rows["right"], rows["weight"]
    p = metrics.probabilities(logit)
    found: dict[str, Any] = {"share": round(float(np.average(right, weights=weight)), 4)}
    found["model"] = metrics.scores(logit, right, weight) | {"precision_at_half_recall": _precision(p, right, weight)}
    for name, score in _rules(rows).items():
        found[name] = {
            "auc": round(metrics.auc(score, right, weight), 4),
            "precision_at_half_recall": _precision(score, right, weight),
        }
    for bar in BARS:
        over = p >= bar
        hits = float((right * weight)[over].sum())
        found[f"at_{bar:.2f}"] = {
            "precision": round(hits / max(float(weight[over].sum()), 1e-9), 3),
            "recall": round(hits / float((right * weight).sum()), 3),
        }
    return found


def _precision(score: NDArray[Any], yes: NDArray[np.floating], weight: NDArray[np.floating]) -> float:
    """Return the precision at the bar above which half of what is right lies."""
    order = np.argsort(-score, kind="stable")
    found, asked = np.cumsum((yes * weight)[order]), np.cumsum(weight[order])
    at = int(np.searchsorted(found, 0.5 * found[-1]))
    return round(float(found[at] / asked[at]), 3)


def _yes(model: Model, logit: NDArray[np.floating], rows: Arrays, seed: int) -> dict[str, Any]:
    """Return how well a yes is told before any answer, and in homes that gave twenty, of what they were not asked."""
    found: dict[str, Any] = {"before": metrics.scores(logit, rows["yes"], rows["weight"])}
    by: dict[str, list[NDArray[np.floating]]] = {}
    picked: list[NDArray[np.int64]] = []
    rules = _rules(rows)
    for home in respondents(rows, logit, logit, rows["yes"], (ANSWERS,), seed):
        picked.append(home.left)
        after = Personal(model.priors.yes, home.lessons).judge(home.subjects, home.logits).p
        ways: dict[str, NDArray[np.floating]] = {
            BEFORE: home.logits,
            AFTER: np.log(after / (1 - after)),
            "home's answers alone": _alone(rows, home),
            "ceiling: what is right": rows["right"][home.left],
            "ceiling: each person's chance": rows["chance"][home.left],
            **{name: score[home.left] for name, score in rules.items()},
        }
        for name, score in ways.items():
            by.setdefault(name, []).append(score)
    if not picked:
        return found | {"homes": 0}
    rest = np.concatenate(picked)
    said, weight = rows["yes"][rest], rows["weight"][rest]
    found |= {"homes": len(picked), "left": len(rest)}
    for name, parts in by.items():
        score = np.concatenate(parts)
        full = name.startswith(("model", "home"))
        found[name] = (
            metrics.scores(score, said, weight) if full else {"auc": round(metrics.auc(score, said, weight), 4)}
        )
    return found


def _alone(rows: Arrays, home: Respondents) -> NDArray[np.floating]:
    """Return log-odds [n] from a logistic regression on nothing but this home's answers: the moment and the kind."""
    inputs = np.concatenate((rows["dynamic"], np.equal(rows["kind"][:, None], np.unique(rows["kind"]))), axis=1)
    said = rows["yes"][home.asked]
    share = (said.sum() + 0.5) / (said.size + 1)
    if said.min() == said.max():
        return np.full(home.left.size, np.log(share / (1 - share)))
    fitted = LogisticRegression(max_iter=1000).fit(inputs[home.asked], said)
    return np.asarray(fitted.decision_function(inputs[home.left]))


def _acting(model: Model, said: Accepted, rows: Arrays, seed: int) -> dict[str, Any]:
    """Return how often acting would be right where the bar for it is cleared.

    `unasked`: before anybody said anything. `always`: of devices of which somebody said so once, the other proposals.
    """
    sure = Settings().min_sure
    away, asleep = (rows["dynamic"][:, features.DYNAMIC.index(name)] for name in ("away", "asleep"))
    quiet = np.minimum(away + asleep, 1.0) >= sure
    low = model.priors.right.judge(said.right).low
    told, after = np.zeros(len(low), dtype=bool), np.zeros(len(low))
    devices = list(claims(rows, said.right, rows["right"], seed))
    for device in devices:
        judged = Personal(model.priors.right, device.lessons, claimed(device)).judge(device.subjects, device.logits)
        told[device.left], after[device.left] = True, judged.low
    return {
        "bar": sure,
        "unasked": _cleared(quiet & (low >= sure), np.ones(len(low), dtype=bool), rows),
        "devices": len(devices),
        "always": _cleared(told & quiet & (after >= sure), told, rows),
    }


def _cleared(over: NDArray[np.bool_], of: NDArray[np.bool_], rows: Arrays) -> dict[str, Any]:
    right, weight = rows["right"], rows["weight"]
    hits = float((right * weight)[over].sum())
    return {
        "proposals": int(over.sum()),
        "right": round(hits / float(weight[over].sum()), 4) if over.any() else None,
        "of_what_is_right": round(hits / max(float((right * weight)[of].sum()), 1e-9), 4),
    }
