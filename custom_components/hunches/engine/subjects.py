"""Which kind of hunch a device could give as it stands, before anything is weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import profiles
from .home import OFF, ON
from .hunches import KIND_OF_DOMAIN, Kind
from .localtime import hour_of, weekend_of
from .policy import action_for
from .situations import Situation, situations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .home import Entity
    from .localtime import LocalTime
    from .usage import Usage

KINDS: Final = tuple(Kind)
NOTHING: Final = -1
_EXPECTED: Final = 0.4
"""Least share of past time on at this hour, by the last learning, from which a light that is off is worth a thought."""


def kinds(
    entity: Entity,
    learned: Usage,
    states: NDArray[np.integer],
    moments: NDArray[np.float64],
    asleep: NDArray[np.float64],
    away: NDArray[np.float64],
    clock: LocalTime,
) -> NDArray[np.int64]:
    """Return which of `KINDS` a device could give at each of `moments` [m], `NOTHING` where none.

    `learned`: its use up to the last learning. `states` [m]: its readings. `asleep`, `away` [m]: probabilities.
    """
    found = np.full(moments.size, NOTHING, dtype=np.int64)
    here = situations(asleep, away)
    on = states == ON
    if entity.domain == "climate":
        for kind, situation in (
            (Kind.HEATING_WHILE_AWAY, Situation.AWAY),
            (Kind.HEATING_WHILE_ASLEEP, Situation.ASLEEP),
        ):
            if action_for(entity, kind) is not None:
                found[on & (here == situation)] = KINDS.index(kind)
        return found
    forgotten = KIND_OF_DOMAIN.get(entity.domain)
    if forgotten is not None and action_for(entity, forgotten) is not None:
        found[on] = KINDS.index(forgotten)
    if action_for(entity, Kind.USUALLY_ON_BY_NOW) is not None:
        waiting = np.flatnonzero((states == OFF) & (here == Situation.HOME))
        if waiting.size:
            local = clock.local(moments[waiting])
            share = profiles(learned)[weekend_of(local).astype(np.int64), hour_of(local).astype(np.int64)]
            found[waiting[share >= _EXPECTED]] = KINDS.index(Kind.USUALLY_ON_BY_NOW)
    return found
