"""What this home's own answers change: the last layer of the acceptance model, Bayesian, with the fleet as its prior.

The log-odds that the fleet's network gives are shifted by what is particular to this home, to a kind of hunch in a
situation, to one device, and to one device in a situation. Each shift is normal around nothing; how much homes and
devices differ was learned on the fleet (`model_training.train_personal`). The answers of a home narrow the shifts down:
the posterior is Laplace's (C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, algorithms
3.1 and 3.2), which costs nothing for the few hundred answers that a home gives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .situations import Situation, situation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .hunches import Hunch

UNDONE_COUNTS: Final = 5.0
"""An action that was taken back: somebody was bothered by it."""
_STEPS: Final = 60
_CLOSE: Final = 1e-9
_LOW: Final = 1.6448536
"""Standard deviations below the mean that leave 5 % under them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a home said, or showed, about one hunch: that it was right or wrong, and as how many answers it counts."""

    hunch: Hunch
    yes: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question was about: a kind of hunch, a device, and where everybody was."""

    kind: str
    entity_id: str
    situation: str

    @classmethod
    def of(cls, hunch: Hunch) -> Subject:
        """Return what a hunch is about."""
        return cls(str(hunch.kind), hunch.entity_id, situation(hunch.evidence.context))


@dataclass(frozen=True, slots=True)
class Lesson:
    """One answer: about what, the fleet's log-odds of a yes, whether it was one, and as how many answers it counts."""

    subject: Subject
    expected: float
    yes: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Prior:
    """How much log-odds differ beyond what the network explains.

    As standard deviations, `home`: between homes. `kind`: between kinds of hunch and situations in a home. `device`:
    between its devices. `moment`: between the situations of one device. `always`: how much higher they are where
    somebody ruled that this is always to be done, while nobody is up at home: who says so knows something.
    """

    home: float
    kind: float
    device: float
    moment: float
    always: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prior:
        """Read what `as_json` wrote. Raises `KeyError`, `TypeError`, `ValueError`."""
        return cls(*(float(data[name]) for name in cls.__slots__))

    def as_json(self) -> dict[str, float]:
        """Return the standard deviations by name."""
        return {name: round(float(getattr(self, name)), 4) for name in self.__slots__}

    @property
    def variance(self) -> float:
        """Return the variance of the shift of any one question."""
        return self.home**2 + self.kind**2 + self.device**2 + self.moment**2

    @property
    def stretch(self) -> float:
        """Return by how much log-odds lie further out within a home than over all homes, where shifts blur them."""
        return float(np.sqrt(1 + np.pi / 8 * self.variance))

    def judge(self, logits: NDArray[np.floating[Any]]) -> Judged:
        """Return what is known of questions [n] before any answer, given the fleet's log-odds [n]."""
        return _judged(self.stretch * logits.astype(np.float64), np.full(logits.size, self.variance))

    def covariance(self, left: Sequence[Subject], right: Sequence[Subject]) -> NDArray[np.float64]:
        """Return how the shifts of questions vary together [n, m]."""

        def same(*of: str) -> NDArray[np.bool_]:
            names: dict[tuple[str, ...], int] = {}
            a, b = (
                np.array([names.setdefault(tuple(getattr(s, n) for n in of), len(names)) for s in side], dtype=np.int64)
                for side in (left, right)
            )
            return np.equal(a[:, None], b[None, :])

        return np.asarray(
            self.home**2
            + self.kind**2 * same("kind", "situation")
            + self.device**2 * same("kind", "entity_id")
            + self.moment**2 * same("kind", "entity_id", "situation"),
            dtype=np.float64,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """Chances of a yes [n], and their lower credible bounds (5 %) [n]."""

    p: NDArray[np.float64]
    low: NDArray[np.float64]


class Personal:
    """The fleet's answer, moved by a home's lessons and by what it ruled. Immutable."""

    def __init__(
        self, prior: Prior, lessons: Sequence[Lesson] = (), always: Collection[tuple[str, str]] = frozenset()
    ) -> None:
        """Take in all lessons at once; `always`: kinds and entity ids that somebody allowed by name."""
        self._prior = prior
        self._always = frozenset(always)
        self._subjects = [lesson.subject for lesson in lessons]
        n = len(lessons)
        self._slope = np.zeros(n)
        self._root = np.zeros(n)
        self._factor = np.eye(n)
        if n:
            self._learn(lessons)

    def _learn(self, lessons: Sequence[Lesson]) -> None:
        """Find the most likely shifts by Newton's method, halving steps that overshoot (algorithm 3.1)."""
        expected = self._expected(self._subjects, np.array([lesson.expected for lesson in lessons]))
        said = np.array([float(lesson.yes) for lesson in lessons])
        weight = np.array([lesson.weight for lesson in lessons])
        covariance = self._prior.covariance(self._subjects, self._subjects)
        shift: NDArray[np.float64] = np.zeros(len(lessons))
        slope = shift
        best = -np.inf
        for _ in range(_STEPS):
            p = _sigmoid(expected + shift)
            curve = weight * p * (1 - p)
            root = np.sqrt(curve)
            factor = np.linalg.cholesky(np.eye(len(lessons)) + root[:, None] * covariance * root)
            wanted = curve * shift + weight * (said - p)
            new_slope = wanted - root * _solve(factor, root * (covariance @ wanted))
            step = 1.0
            while True:
                moved = slope + step * (new_slope - slope)
                where = covariance @ moved
                score = -0.5 * float(moved @ where) - float(
                    (weight * np.logaddexp(0.0, np.where(said > 0.5, -1.0, 1.0) * (expected + where))).sum()
                )
                if score >= best or step < 1e-4:
                    break
                step /= 2
            gained, best = score - best, max(score, best)
            slope, shift = np.asarray(moved, dtype=np.float64), np.asarray(where, dtype=np.float64)
            if gained < _CLOSE:
                break
        p = _sigmoid(expected + shift)
        self._root = np.sqrt(weight * p * (1 - p))
        self._slope = np.asarray(weight * (said - p), dtype=np.float64)
        factor = np.linalg.cholesky(np.eye(len(lessons)) + self._root[:, None] * covariance * self._root)
        self._factor = np.asarray(factor, dtype=np.float64)

    def judge(self, subjects: Sequence[Subject], logits: NDArray[np.floating[Any]]) -> Judged:
        """Return chances of a yes to questions [n], given the fleet's log-odds (algorithm 3.2).

        Without lessons the chances are the fleet's own.
        """
        prior = self._prior
        expected = self._expected(subjects, logits)
        if not self._subjects:
            return _judged(expected, np.full(logits.size, prior.variance))
        shared = prior.covariance(subjects, self._subjects)
        told = np.linalg.solve(self._factor, self._root[:, None] * shared.T)
        return _judged(
            expected + shared @ self._slope,
            np.maximum(prior.variance - (told**2).sum(axis=0), 0.0),
        )

    def _expected(self, subjects: Sequence[Subject], logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the log-odds that are expected in this home before any lesson [n]."""
        claimed = [s.situation != Situation.HOME and (s.kind, s.entity_id) in self._always for s in subjects]
        stretched: NDArray[np.float64] = self._prior.stretch * logits.astype(np.float64)
        return stretched + self._prior.always * np.array(claimed, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Household:
    """What one home's people think of hunches: whether they would say yes, and whether acting would be right."""

    yes: Personal
    right: Personal

    @classmethod
    def of(
        cls,
        yes: Prior,
        right: Prior,
        heard: Sequence[Heard] = (),
        always: Collection[tuple[str, str]] = frozenset(),
    ) -> Household:
        """Learn from all that was heard and ruled (see `Personal`).

        What older versions wrote down does not say how right the fleet found it.
        """
        known = [(h, h.hunch.evidence, Subject.of(h.hunch)) for h in heard]
        return cls(
            Personal(
                yes,
                [
                    Lesson(about, _log_odds(h.hunch.p_accept if e.p_fleet is None else e.p_fleet), h.yes, h.weight)
                    for h, e, about in known
                ],
                always,
            ),
            Personal(
                right,
                [
                    Lesson(about, _log_odds(e.p_right), h.yes, h.weight)
                    for h, e, about in known
                    if e.p_right is not None
                ],
                always,
            ),
        )


def _judged(middle: NDArray[np.float64], variance: NDArray[np.float64]) -> Judged:
    """Return the mean chance, by MacKay's approximation, and its lower bound, of normally distributed log-odds [n]."""
    return Judged(
        _sigmoid(middle / np.sqrt(1 + np.pi / 8 * variance)),
        _sigmoid(middle - _LOW * np.sqrt(variance)),
    )


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))


def _solve(factor: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.solve(factor.T, np.linalg.solve(factor, right)))


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60.0, 60.0))))
