"""What a hunch is: something that seems to have been forgotten, why it seems so, and what would be done.

`scan.py` finds hunches, `policy.py` decides which may be shown, the integration shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .bundle import format_time


class Kind(StrEnum):
    """What sort of thing seems to be amiss."""

    STILL_ON = "still_on"
    STILL_OPEN = "still_open"
    STILL_UNLOCKED = "still_unlocked"
    HEATING_WHILE_AWAY = "heating_while_away"
    HEATING_WHILE_ASLEEP = "heating_while_asleep"
    USUALLY_ON_BY_NOW = "usually_on_by_now"


KIND_OF_DOMAIN = {
    "light": Kind.STILL_ON,
    "switch": Kind.STILL_ON,
    "fan": Kind.STILL_ON,
    "media_player": Kind.STILL_ON,
    "humidifier": Kind.STILL_ON,
    "input_boolean": Kind.STILL_ON,
    "cover": Kind.STILL_OPEN,
    "valve": Kind.STILL_OPEN,
    "lock": Kind.STILL_UNLOCKED,
}
"""Which hunch a forgotten device of a domain gives; climate has kinds of its own."""


@dataclass(frozen=True, slots=True)
class Context:
    """Probabilities that everybody at home is asleep, that nobody is at home, and that it is dark."""

    time: float
    p_asleep: float
    p_away: float
    p_dark: float

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay` and `script/demo` write."""
        return {
            "time": format_time(self.time),
            "p_asleep": round(self.p_asleep, 4),
            "p_away": round(self.p_away, 4),
            "p_dark": round(self.p_dark, 4),
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person can check about a hunch.

    `since`: Unix seconds of the last change. `usual_minutes`: the middle half of past uses (25th, 75th percentile),
    None without any. `usual_off_hour`: local hour by which nine of ten days saw it off for the night, None if
    there is no such hour. `p_on`: how likely the home would have it so at this moment. `history_days`: how much
    past this rests on.

    `p_fleet`, `p_right`: how likely a yes is, and how likely the action is right, before this home's own answers are
    heeded. `p_if_home`: how likely a yes would be if somebody were surely up at home, None where it is so.
    """

    since: float
    usual_minutes: tuple[float, float] | None
    usual_off_hour: float | None
    p_on: float
    history_days: float
    archetype: str
    context: Context
    p_fleet: float | None = None
    p_right: float | None = None
    p_if_home: float | None = None


@dataclass(frozen=True, slots=True)
class Hunch:
    """One hunch about one entity, as it stood at `time` (Unix seconds).

    `p_low`: the lower credible bound (5 %) of the chance that acting on it is right; 0 if that is not known.
    """

    time: float
    entity_id: str
    kind: Kind
    action: str
    p_accept: float
    evidence: Evidence
    p_low: float = 0.0

    @property
    def key(self) -> str:
        """Return what makes it the same hunch as an earlier one: its kind and its entity."""
        return f"{self.kind}:{self.entity_id}"

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay` and `script/demo` write."""
        seen = self.evidence
        return {
            "time": format_time(self.time),
            "entity_id": self.entity_id,
            "kind": str(self.kind),
            "action": self.action,
            "p_accept": round(self.p_accept, 4),
            "evidence": {
                "since": format_time(seen.since),
                "minutes": round((self.time - seen.since) / 60, 1),
                "usual_minutes": seen.usual_minutes and [round(m, 1) for m in seen.usual_minutes],
                "usual_off_hour": seen.usual_off_hour,
                "p_on": round(seen.p_on, 4),
                "history_days": round(seen.history_days, 1),
                "archetype": seen.archetype,
                "p_fleet": _rounded(seen.p_fleet),
                "p_right": _rounded(seen.p_right),
                "p_low": round(self.p_low, 4),
                "p_if_home": _rounded(seen.p_if_home),
                "p_asleep": round(seen.context.p_asleep, 4),
                "p_away": round(seen.context.p_away, 4),
                "p_dark": round(seen.context.p_dark, 4),
            },
        }


def _rounded(p: float | None) -> float | None:
    return None if p is None else round(p, 4)
