"""Will a hunch be accepted, and would it be right: what the fleet's network is asked.

It sees the device's embedding, the moment and the *outlook*: the kind of hunch, and what the state model and the
device's own past say of a device that stands as it does now. What this home's answers change is `personal.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import EXPERTS, Forecasts, forecast
from .features import DYNAMIC, query
from .home import OFF, ON
from .localtime import DAY, HOUR, LocalTime
from .subjects import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline
    from .usage import Usage

HORIZONS: Final = np.array([0.25, 1.0, 3.0, 8.0]) * HOUR
"""How far ahead of now the state model is asked, in seconds."""
HABITS: Final = [EXPERTS.index(name) for name in ("rate", "profile", "clock", "clock_weekend")]
N_OUTLOOK: Final = len(HORIZONS) + 1 + 2 * len(HABITS) + 2 + 2 + len(KINDS)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is asked of the state model about a device, and what its past says directly.

    `ahead`: forecasts at now + `HORIZONS` with their `ahead_query` [4, 12]. `usual`, `usual_query` [1, 12]: the
    forecast for this very moment, made from a day ago: what is usual at this hour, whatever happened since.
    `habits` [10]: how often it is on at this time, and what share of its uses (or of its pauses, if it is off) last as
    long as this one has, with supports.
    """

    ahead: Forecasts
    ahead_query: NDArray[np.float32]
    usual: Forecasts
    usual_query: NDArray[np.float32]
    habits: NDArray[np.float32]


def look_out(timeline: Timeline, usage: Usage, now: float, clock: LocalTime) -> Outlook:
    """Gather the outlook of a device at `now`; `usage` ends at `now`."""
    seen = timeline.until(now)
    state, since = seen.current(now)
    past = now - DAY
    present = forecast(seen, usage, now, np.append(now + HORIZONS, now + 1.0), clock)
    starts, ends = seen.stretches(ON if state == ON else OFF)
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
    ahead: NDArray[np.float32],
    usual: NDArray[np.float32],
    habits: NDArray[np.float32],
    rooms: NDArray[np.float64],
    kinds: NDArray[np.integer],
) -> NDArray[np.float32]:
    """Return the outlook [n, 23] as the network takes it.

    Log-odds at the four horizons [n, 4], of the usual forecast [n], the habits [n, 10], how quiet the device's area is
    [n, 2] (`Activity.room`), and which of `KINDS` it would be [n].
    """
    which = np.equal(kinds[:, None], np.arange(len(KINDS)))
    outlook: NDArray[np.float32] = np.concatenate((ahead / 4, usual[:, None] / 4, habits, rooms, which), axis=1).astype(
        np.float32
    )
    return outlook


def awake_at_home(dynamic: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the moments [n, 21] as they would be if somebody were surely up at home: what would change its mind."""
    changed = dynamic.copy()
    for name in ("asleep", "away"):
        changed[:, DYNAMIC.index(name)] = 0.0
    return changed
