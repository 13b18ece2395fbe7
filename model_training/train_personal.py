"""Learns how much homes and devices differ beyond what the acceptance model explains: the prior of `personal.py`.

Homes of the fleet answer some proposals; the standard deviations are those under which these answers best foretell what
the same home says (or what is right there) of its other proposals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar

from custom_components.hunches.engine.personal import Lesson, Personal, Prior, Subject
from custom_components.hunches.engine.situations import Situation
from custom_components.hunches.engine.subjects import KINDS

from . import metrics
from .proposals import given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from custom_components.hunches.engine.model import StateModel

    from .dataset import Arrays
    from .networks import Acceptance

ANSWERS = (5, 20)
"""So many answers a home: few and many, each half the time."""
LEAST_LEFT = 8
"""Fewer proposals left to foretell say little of a home."""
WORTH_ASKING = 0.25
"""Fleet's chance of a yes from which a proposal might be made, and answered."""
MOST_HOMES = 400
_SITUATIONS = tuple(Situation)
_BEGIN = Prior(0.5, 0.5, 0.7, 0.4, 0.0)
KNOWS = 0.9
"""Who says "always" knows of the device that it is right so often while nobody is up at home."""
OVERCLAIMS = 0.1
"""Share of the others that say so all the same: nobody counted that, but people do overstate."""
FEWEST = 3
"""Proposals of a device from which on such a share means anything."""
_LEAST, _MOST = 0.02, 3.0


@dataclass(frozen=True, slots=True)
class Respondents:
    """One home: what it answered, and what is to be foretold: subjects, the fleet's log-odds, truth, weights [n].

    `asked` [m], `left` [n]: which proposals these are.
    """

    lessons: tuple[Lesson, ...]
    subjects: tuple[Subject, ...]
    logits: NDArray[np.float64]
    truth: NDArray[np.float64]
    weight: NDArray[np.float64]
    asked: NDArray[np.int64]
    left: NDArray[np.int64]


def subjects(rows: Arrays) -> list[Subject]:
    """Return what each proposal is about."""
    return [
        Subject(str(KINDS[kind]), f"device.{about}", _SITUATIONS[here])
        for kind, about, here in zip(rows["kind"], rows["about"], rows["situation"], strict=True)
    ]


def respondents(
    rows: Arrays,
    yes: NDArray[np.floating],
    logits: NDArray[np.floating],
    truth: NDArray[np.floating],
    answers: tuple[int, ...],
    seed: int,
) -> Iterator[Respondents]:
    """Yield homes that answered as many proposals as asked for, and have others left.

    `yes` [n]: the fleet's log-odds of a yes, by which proposals are made. `logits` [n], `truth` [n]: what is to be
    foretold, from the answers given.
    """
    about, chance = subjects(rows), metrics.probabilities(yes)
    for home in np.unique(rows["home"]).tolist():
        rng = np.random.default_rng((seed, home))
        wanted = int(rng.choice(answers))
        mine = np.flatnonzero(rows["home"] == home)
        asked = rng.permutation(mine[chance[mine] >= WORTH_ASKING])[:wanted]
        left = np.setdiff1d(mine, asked)
        if len(asked) < wanted or len(left) < LEAST_LEFT:
            continue
        yield Respondents(
            tuple(Lesson(about[i], float(logits[i]), bool(rows["yes"][i])) for i in asked),
            tuple(about[i] for i in left),
            logits[left].astype(np.float64),
            truth[left].astype(np.float64),
            rows["weight"][left].astype(np.float64),
            asked,
            left,
        )


def fit(homes: list[Respondents]) -> Prior:
    """Return the prior under which the answers of `homes` best foretell the rest."""
    chosen = homes[:MOST_HOMES]
    if not chosen:
        return _BEGIN

    def loss(logs: NDArray[np.float64]) -> float:
        prior = _prior(logs)
        total = weight = 0.0
        for home in chosen:
            p = np.clip(Personal(prior, home.lessons).judge(home.subjects, home.logits).p, 1e-6, 1 - 1e-6)
            said = np.where(home.truth > 0.5, p, 1 - p)
            total -= float((home.weight * np.log(said)).sum())
            weight += float(home.weight.sum())
        return total / weight

    begin = np.log([_BEGIN.home, _BEGIN.kind, _BEGIN.device, _BEGIN.moment])
    found = minimize(loss, begin, method="Nelder-Mead", options={"maxfev": 120, "xatol": 0.02, "fatol": 1e-6})
    return _prior(found.x)


def _prior(logs: NDArray[np.float64]) -> Prior:
    """Return the prior of logarithms of its standard deviations [4]."""
    home, kind, device, moment = (round(x, 4) for x in np.clip(np.exp(logs), _LEAST, _MOST).tolist())
    return Prior(home, kind, device, moment, always=0.0)


def claims(rows: Arrays, logits: NDArray[np.floating], truth: NDArray[np.floating], seed: int) -> Iterator[Respondents]:
    """Yield devices of which somebody said "always" to a right proposal, with the other ones while nobody is up."""
    about = subjects(rows)
    quiet = np.flatnonzero(rows["situation"] != _SITUATIONS.index(Situation.HOME))
    keys = np.stack((rows["about"], rows["kind"]), axis=1)[quiet]
    _, which = np.unique(keys, axis=0, return_inverse=True)
    for device in range(int(which.max(initial=-1)) + 1):
        mine = quiet[which == device]
        right, weight = rows["right"][mine], rows["weight"][mine]
        rng = np.random.default_rng((seed, int(rows["about"][mine[0]]), int(rows["kind"][mine[0]])))
        knows = np.average(right, weights=weight) >= KNOWS or rng.random() < OVERCLAIMS
        if mine.size < FEWEST or not right.any() or not knows:
            continue
        asked = int(rng.choice(mine[right > 0.5]))
        left = mine[mine != asked]
        yield Respondents(
            (Lesson(about[asked], float(logits[asked]), yes=True),),
            tuple(about[i] for i in left),
            logits[left].astype(np.float64),
            truth[left].astype(np.float64),
            rows["weight"][left].astype(np.float64),
            np.array([asked]),
            left,
        )


def claimed(respondents: Respondents) -> frozenset[tuple[str, str]]:
    """Return what somebody allowed by name."""
    return frozenset((lesson.subject.kind, lesson.subject.entity_id) for lesson in respondents.lessons)


def fit_always(prior: Prior, devices: list[Respondents]) -> Prior:
    """Return the prior with what an "always" is worth, so that it foretells best what was right where one was said."""
    if not devices:
        return prior

    def loss(always: float) -> float:
        told, total = replace(prior, always=always), 0.0
        for device in devices:
            p = Personal(told, device.lessons, claimed(device)).judge(device.subjects, device.logits).p
            said = np.where(device.truth > 0.5, p, 1 - p)
            total -= float((device.weight * np.log(np.maximum(said, 1e-6))).sum())
        return total

    found = minimize_scalar(loss, bounds=(0.0, 8.0), method="bounded", options={"xatol": 0.01})
    return replace(prior, always=round(float(found.x), 4))


def train(networks: StateModel, net: Acceptance, rows: Arrays, seed: int) -> dict[str, Prior]:
    """Return the priors of a `yes` and of what is `right`, from proposals to homes that the networks have not seen."""
    with torch.no_grad():
        yes, right = (logit.numpy() for logit in net(*map(torch.from_numpy, given(networks, rows))))
    priors = {}
    for name, logits, truth in (("yes", yes, rows["yes"]), ("right", right, rows["right"])):
        prior = fit(list(respondents(rows, yes, logits, truth, ANSWERS, seed)))
        priors[name] = fit_always(prior, list(claims(rows, logits, truth, seed)))
    return priors
