"""Will a hunch be accepted: the fleet's answer, shifted by the answers of this home.

The fleet's answer comes from a network that sees the device's embedding, the moment and the *outlook*: what the state
model and the device's own past say of a device that is on now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import EXPERTS, Forecasts, forecast
from .features import query
from .home import ON
from .localtime import DAY, HOUR, LocalTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline
    from .usage import Usage

HORIZONS: Final = np.array([0.25, 1.0, 3.0, 8.0]) * HOUR
"""How far ahead of now the state model is asked, in seconds."""
HABITS: Final = [EXPERTS.index(name) for name in ("rate", "profile", "clock", "clock_weekend")]
N_OUTLOOK: Final = len(HORIZONS) + 1 + 2 * len(HABITS) + 2 + 2
_SHIFT_VARIANCE: Final = 1.0
"""Variance between devices of the log-odds of a yes beyond what the network explains: the prior of the shift."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is asked of the state model about a device that is on, and what its past says directly.

    `ahead`: forecasts at now + `HORIZONS` with their `ahead_query` [4, 12]. `usual`, `usual_query` [1, 12]: the
    forecast for this very moment, made from a day ago: what is usual at this hour, whatever happened since.
    `habits` [10]: how often it is on at this time, and what share of its uses last as long as this one has,
    with supports.
    """

    ahead: Forecasts
    ahead_query: NDArray[np.float32]
    usual: Forecasts
    usual_query: NDArray[np.float32]
    habits: NDArray[np.float32]


def look_out(timeline: Timeline, usage: Usage, now: float, clock: LocalTime) -> Outlook:
    """Gather the outlook of a device at `now`; `usage` ends at `now`."""
    seen = timeline.until(now)
    _, since = seen.current(now)
    past = now - DAY
    present = forecast(seen, usage, now, np.append(now + HORIZONS, now + 1.0), clock)
    starts, ends = seen.stretches(ON)
    lengths = ends - starts
    longer = float((lengths > now - since).sum())
    tail = (longer + 0.5) / (lengths.size + 1.0)
    habits = np.concatenate(
        (
            present.logit[-1, HABITS] / 4,
            present.support[-1, HABITS] / 4,
            [np.log(tail / (1 - tail)) / 4, np.log1p(lengths.size) / 4],
        )
    ).astype(np.float32)
    ahead_query, usual_query = _queries(now, clock)
    return Outlook(
        Forecasts(present.logit[:-1], present.support[:-1]),
        ahead_query,
        forecast(seen.until(past), usage, past, np.array([now]), clock),
        usual_query,
        habits,
    )


@lru_cache(maxsize=2)
def _queries(now: float, clock: LocalTime) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the queries of an outlook, the same for every device."""
    return query(now, now + HORIZONS, clock), query(now - DAY, np.array([now]), clock)


def compose(
    ahead: NDArray[np.float32], usual: NDArray[np.float32], habits: NDArray[np.float32], rooms: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the outlook [n, 17] as the network takes it.

    Log-odds at the four horizons [n, 4], of the usual forecast [n], the habits [n, 10], and how quiet the device's
    area is [n, 2] (`Activity.room`).
    """
    return np.concatenate((ahead / 4, usual[:, None] / 4, habits, rooms), axis=1).astype(np.float32)


def shift(logits: Sequence[float], answers: Sequence[bool]) -> float:
    """Return by how much past answers move the log-odds of a yes for this device and kind.

    Maximum a posteriori of an offset with a normal prior, by Newton's method: what was expected (`logits`, one for
    each answer) against what was said. No answers give 0.
    """
    if not answers:
        return 0.0
    expected, said = np.asarray(logits, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    offset = 0.0
    for _ in range(20):
        p = 1 / (1 + np.exp(-(expected + offset)))
        slope = float((said - p).sum()) - offset / _SHIFT_VARIANCE
        curve = float((p * (1 - p)).sum()) + 1 / _SHIFT_VARIANCE
        offset += slope / curve
    return offset
