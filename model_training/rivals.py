"""What the model has to beat: plain forecasts from a device's own past, and models fitted on the same training homes.

Names of methods are the rows of the report. A rule ("off when away") is scored as a forecast, too: each of its
cases gets the share of cases that turned out on in training homes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from custom_components.hunches.engine import features
from custom_components.hunches.engine.experts import EXPERTS, logit
from custom_components.hunches.engine.localtime import HOUR

from .evaluate_questions import NOTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

MODEL: Final = "model"
MASKED: Final = "model, names masked"
OWN_PAST: Final = (
    "device rate",
    "persistence, decaying to the rate",
    "hour of week (Laplace)",
    "hour × weekend, decaying (EWMA)",
    "persistence, decaying to the EWMA",
    "semi-Markov (survival)",
)
"""Rivals that look at nothing but the device's own past: those of which each recorded home has a best."""
SIMPLE: Final = OWN_PAST[:4]
"""The plainest of these, which recorded homes are usually held against."""
FITTED: Final = (
    "persistence, calibrated on the fleet",
    "off after N hours",
    "off when away",
    "fleet nearest neighbours",
    "logistic regression on profiles + persistence",
    "fleet boosted trees, no names",
)
EWMA: Final = OWN_PAST[3]
LINEAR: Final = FITTED[4]
BOOSTED: Final = FITTED[5]

_MOST_ROWS: Final = 150_000  # boosting on more changes nothing and takes minutes
_NEIGHBOURS_AMONG: Final = 40_000
_NEIGHBOURS: Final = 60
_HOURS: Final = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0, 48.0)
_ON: Final = features.DYNAMIC.index("on")


def own_past(rows: Arrays) -> dict[str, NDArray[np.float64]]:
    """Return log-odds of "on" [n] by each of `OWN_PAST`."""
    note = dict(zip(NOTES, rows["notes"].T, strict=True))
    rate = note["plain_rate"]
    stay = np.exp(-rows["horizon"] * note["pace"]) * (note["state"] >= 0)
    expert = {name: rows["logit"][:, i].astype(np.float64) for i, name in enumerate(EXPERTS)}
    found = (
        logit(rate),
        logit(rate + (np.maximum(note["state"], 0) - rate) * stay),
        logit(note["hour_of_week"]),
        expert["profile"],
        expert["markov"],
        expert["survival"],
    )
    return dict(zip(OWN_PAST, found, strict=True))


@dataclass(frozen=True, slots=True)
class _Linear:
    """A logistic regression with its scaling."""

    scaler: StandardScaler
    regression: LogisticRegression

    @classmethod
    def fit(cls, inputs: NDArray[np.float64], target: NDArray[np.float32]) -> _Linear:
        scaler = StandardScaler().fit(inputs)
        return cls(scaler, LogisticRegression(max_iter=400).fit(scaler.transform(inputs), target))

    def log_odds(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.regression.decision_function(self.scaler.transform(inputs)))


@dataclass(frozen=True, slots=True)
class Rivals:
    """Rivals fitted on training homes.

    `hours`: after how many a device that is on counts as off. `off_after`, `off_when_away`: log-odds of "on" by case
    of the two rules [4].
    """

    persistence: _Linear
    profiles: _Linear
    boosted: HistGradientBoostingClassifier
    scaler: StandardScaler
    neighbours: KNeighborsClassifier
    hours: float
    off_after: NDArray[np.float64]
    off_when_away: NDArray[np.float64]

    @classmethod
    def fit(cls, examples: Arrays, asked: Arrays, seed: int) -> Rivals:
        """Fit on the training examples of the model, and, for what these do not carry, on `asked` training homes."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(examples["target"]))[:_MOST_ROWS]
        rows = {key: value[order] for key, value in examples.items()}
        boosted = HistGradientBoostingClassifier(
            max_iter=300, learning_rate=0.08, max_leaf_nodes=31, l2_regularization=1.0, random_state=seed
        ).fit(everything(rows), rows["target"])
        near = _likeness(rows)[:_NEIGHBOURS_AMONG]
        scaler = StandardScaler().fit(near)
        hours = min(_HOURS, key=lambda n: _rule_loss(_after(asked, n), asked["target"]))
        return cls(
            _Linear.fit(_persistence(asked), asked["target"]),
            _Linear.fit(_profile(rows), rows["target"]),
            boosted,
            scaler,
            KNeighborsClassifier(_NEIGHBOURS).fit(scaler.transform(near), rows["target"][:_NEIGHBOURS_AMONG]),
            hours,
            _shares(_after(asked, hours), asked["target"]),
            _shares(_away(asked), asked["target"]),
        )

    def forecasts(self, rows: Arrays) -> dict[str, NDArray[np.float64]]:
        """Return log-odds of "on" [n] by every rival."""
        seen = self.neighbours.predict_proba(self.scaler.transform(_likeness(rows)))[:, 1]
        found = (
            self.persistence.log_odds(_persistence(rows)),
            self.off_after[_after(rows, self.hours)],
            self.off_when_away[_away(rows)],
            logit((seen * _NEIGHBOURS + 0.1) / (_NEIGHBOURS + 0.5)),
            self.profiles.log_odds(_profile(rows)),
            np.asarray(self.boosted.decision_function(everything(rows))),
        )
        return {**own_past(rows), **dict(zip(FITTED, found, strict=True))}


def everything(rows: Arrays) -> NDArray[np.float32]:
    """Return all that the model gets, but names."""
    parts = ("stable", "dynamic", "query", "logit", "support")
    return np.concatenate([rows[key] for key in parts], axis=1).astype(np.float32)


def _profile(rows: Arrays) -> NDArray[np.float64]:
    """Return what a profile knows: rate, profile, decaying persistence, the state and the horizon."""
    guesses = rows["logit"][:, [EXPERTS.index(n) for n in ("rate", "profile", "markov")]]
    dynamic, query = rows["dynamic"], rows["query"]
    on = dynamic[:, _ON : _ON + 1]
    return np.column_stack((guesses, dynamic[:, :4], query, on * query[:, 1:4])).astype(np.float64)


def _likeness(rows: Arrays) -> NDArray[np.float64]:
    """Return in what moments of the fleet may be alike: the device's habits, its state, how far ahead is asked."""
    guesses = rows["logit"][:, [EXPERTS.index(n) for n in ("rate", "profile", "markov", "survival", "clock")]]
    return np.column_stack((guesses, rows["dynamic"][:, :5], rows["query"][:, :4])).astype(np.float64)


def _persistence(rows: Arrays) -> NDArray[np.float64]:
    note = dict(zip(NOTES, rows["notes"].T, strict=True))
    hours = rows["horizon"].astype(np.float64) / HOUR
    now = np.where(note["state"] < 0, 0.0, 2 * note["state"] - 1)
    rate = logit(note["plain_rate"])
    fading = [np.exp(-hours / span) for span in (1.0, 6.0, 24.0, 120.0)]
    return np.column_stack((rate, now, *(now * f for f in fading), *(rate * f for f in fading)))


def _after(rows: Arrays, hours: float) -> NDArray[np.int64]:
    """Return the case of "off after N hours": 0 unknown, 1 off now, 2 on and not due by the target, 3 on and due."""
    note = dict(zip(NOTES, rows["notes"].T, strict=True))
    due = note["elapsed"] + rows["horizon"] > hours * HOUR
    return np.asarray(np.where(note["state"] == 1, 2 + due, note["state"] + 1), dtype=np.int64)


def _away(rows: Arrays) -> NDArray[np.int64]:
    """Return the case of "off when away": 0 unknown, 1 off now, 2 on and somebody home, 3 on and nobody."""
    note = dict(zip(NOTES, rows["notes"].T, strict=True))
    away = note["away"] >= 0.5
    return np.asarray(np.where(note["state"] == 1, 2 + away, note["state"] + 1), dtype=np.int64)


def _shares(cases: NDArray[np.int64], target: NDArray[np.float32]) -> NDArray[np.float64]:
    on, asked = np.bincount(cases, target, 4), np.bincount(cases, minlength=4)
    return logit((on + 1) / (asked + 2))


def _rule_loss(cases: NDArray[np.int64], target: NDArray[np.float32]) -> float:
    chosen = _shares(cases, target)[cases]
    return float(np.logaddexp(0.0, np.where(target > 0.5, -chosen, chosen)).mean())
