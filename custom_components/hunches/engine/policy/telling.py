"""How people are told: without waking anybody, aloud only while somebody is up, and nothing risky on a voice alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..localtime import LocalTime
from ..situations import Situation, situation
from .safety import never_automatic

if TYPE_CHECKING:
    from ..home import Entity, Home
    from ..hunches import Context, Hunch, Kind
    from .settings import Settings

_NOT_BY_VOICE: Final = frozenset({"lock", "valve"})
"""Domains that keep people or water out or in: a voice may be anybody's, a guest's, a child's or the television's."""
_LISTENS: Final = 0.5


def wakes_nobody(hunch: Hunch) -> bool:
    """Return whether a message about a hunch has to be silent: everybody at home seems to be asleep."""
    return situation(hunch.evidence.context) is Situation.ASLEEP


def somebody_listens(context: Context) -> bool:
    """Return whether somebody is more likely than not up and at home, so that a question may be asked aloud."""
    return 1.0 - min(context.p_away + context.p_asleep, 1.0) > _LISTENS


def is_quiet(home: Home, settings: Settings, now: float) -> bool:
    """Return whether `now` (Unix seconds) lies in the quiet hours, which may lie on both sides of midnight."""
    if settings.quiet_hours is None:
        return False
    hour = float(LocalTime(home.time_zone).hour(now))
    start, end = settings.quiet_hours
    return start <= hour < end if start <= end else hour >= start or hour < end


def not_by_voice(entity: Entity, kind: Kind) -> str | None:
    """Return why a hunch may not be accepted by voice, None if it may.

    What is never done without asking is not done on a voice alone either: nobody knows whose it is.
    """
    if entity.domain in _NOT_BY_VOICE:
        return "not_by_voice"
    return never_automatic(entity, kind)
