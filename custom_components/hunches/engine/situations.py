"""Where everybody is, in one word: what answers bind in, and what rules and shifts are told apart by."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .hunches import Context

_LIKELY: Final = 0.5


class Situation(StrEnum):
    """Nobody is at home, everybody at home is asleep, or somebody is up at home."""

    AWAY = "away"
    ASLEEP = "asleep"
    HOME = "home"


def situation(context: Context) -> Situation:
    """Return the likely situation."""
    if context.p_away >= _LIKELY:
        return Situation.AWAY
    return Situation.ASLEEP if context.p_asleep >= _LIKELY else Situation.HOME


def situations(asleep: NDArray[np.float64], away: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return the likely situations from probabilities [n], as texts [n]."""
    up = np.where(asleep >= _LIKELY, str(Situation.ASLEEP), str(Situation.HOME))
    return np.where(away >= _LIKELY, str(Situation.AWAY), up)
