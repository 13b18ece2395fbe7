"""How people are told: without waking anybody, aloud only while somebody is up, and nothing risky on a voice alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..situations import Situation, situation
from .safety import never_automatic

if TYPE_CHECKING:
    from ..home import Entity
    from ..hunches import Context, Hunch, Kind

_NOT_BY_VOICE: Final = frozenset({"lock", "valve"})
"""Domains that keep people or water out or in: a voice may be anybody's, a guest's, a child's or the television's."""
_LISTENS: Final = 0.5


def wakes_nobody(hunch: Hunch) -> bool:
    """Return whether a message about a hunch has to be silent: everybody at home seems to be asleep."""
    return situation(hunch.evidence.context) is Situation.ASLEEP


def somebody_listens(context: Context) -> bool:
    """Return whether somebody is more likely than not up and at home, so that a question may be asked aloud."""
    return 1.0 - min(context.p_away + context.p_asleep, 1.0) > _LISTENS


def not_by_voice(entity: Entity, kind: Kind) -> str | None:
    """Return why a hunch may not be accepted by voice, None if it may.

    What is never done without asking is not done on a voice alone either: nobody knows whose it is.
    """
    if entity.domain in _NOT_BY_VOICE:
        return "not_by_voice"
    return never_automatic(entity, kind)
