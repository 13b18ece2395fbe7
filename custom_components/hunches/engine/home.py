"""A home and its entities: names, kinds, areas, labels, position and time zone.

An entity that a person switches is a *device*; everything else that says something about the people in the
home is *evidence*. This module also holds the one reading of a state's text as a small integer, for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = -1
OFF: Final = 0
ON: Final = 1
ARMED_NIGHT: Final = 2
"""The only reading beyond on and off: an alarm panel that is armed for the night (1 is armed for leaving)."""

# "On" is the state that could have been forgotten: on, open, unlocked, playing.
_ON_OFF: Final = ({"on"}, {"off"})
_READINGS: Final[Mapping[str, tuple[set[str], set[str]]]] = {
    "light": _ON_OFF,
    "switch": _ON_OFF,
    "fan": _ON_OFF,
    "humidifier": _ON_OFF,
    "input_boolean": _ON_OFF,
    "media_player": ({"on", "playing", "buffering"}, {"off", "idle", "paused", "standby"}),
    "cover": ({"open", "opening"}, {"closed", "closing"}),
    "valve": ({"open", "opening"}, {"closed", "closing"}),
    "lock": ({"unlocked", "unlocking", "open", "opening"}, {"locked", "locking"}),
    "binary_sensor": _ON_OFF,
    "group": ({"on", "home", "open", "unlocked"}, {"off", "not_home", "closed", "locked"}),
    "sun": ({"above_horizon"}, {"below_horizon"}),
}
DEVICE_DOMAINS: Final = (
    "light",
    "switch",
    "fan",
    "media_player",
    "cover",
    "lock",
    "climate",
    "humidifier",
    "valve",
    "input_boolean",
)
"""Domains of what a person switches, in the order of the features' one-hot block."""

PEOPLE_DOMAINS: Final = ("person", "device_tracker")
EVIDENCE_DOMAINS: Final = (
    "binary_sensor",
    "person",
    "device_tracker",
    "zone",
    "alarm_control_panel",
    "sun",
    "sensor",
    "weather",
)
EVIDENCE_CLASSES: Final = frozenset(
    {
        "motion",
        "occupancy",
        "presence",
        "moving",
        "door",
        "garage_door",
        "window",
        "opening",
        "vibration",
        "sound",
        "light",
    }
)
"""Device classes of binary sensors that say something about the people in the home."""


class Says(StrEnum):
    """What the people of a home say that an entity tells of, whatever it is."""

    SLEEP = "sleep"
    """On while somebody sleeps."""
    PRESENCE = "presence"
    """On while somebody is at home."""
    LIGHT = "light"
    """On while it is bright."""


CHOICE_DOMAINS: Final = ("input_select", "select")
"""Domains of what is one of several words, such as the mode of a house; read only where people name it."""
_ASLEEP: Final = frozenset({
    "asleep", "bed", "bedtime", "dormir", "goodnight", "in_bed", "nacht", "nat", "natt", "night", "noc", "noche",
    "noite", "notte", "nuit", "schlaf", "schlafen", "schlafend", "schläft", "slaap", "slapen", "sleep", "sleeping",
    "sommeil", "sonno", "sover", "sovn", "sueño", "sömn",
})  # fmt: skip
"""Words of sensors and choices, in the languages of `sensors.py`, that say that people sleep."""
_SAID: Final = (
    _ASLEEP | {"on", "true", "yes", "home", "occupied", "present", "detected", "bright"},
    frozenset(
        {"off", "false", "no", "not_home", "away", "awake", "not_in_bed", "clear", "absent", "not_detected", "dark"}
    ),
)
"""What sensors say in words."""

_MISSING: Final = frozenset({"unavailable", "unknown", "", "none"})
_BRIGHT_LX: Final = 50.0


def read_state(domain: str, state: str) -> int:
    """Return a state's text as `ON`, `OFF`, `ARMED_NIGHT` or `UNKNOWN`.

    People and trackers are on while they are at home, `zone.home` while anybody is in it, an illuminance
    sensor while it is bright, climate in any mode but off, a choice while it says that people sleep.
    """
    state = state.lower()
    if state in _MISSING:
        return UNKNOWN
    match domain:
        case "climate":
            return OFF if state == "off" else ON
        case "person" | "device_tracker":
            return ON if state == "home" else OFF
        case "alarm_control_panel":
            if state == "armed_night":
                return ARMED_NIGHT
            return ON if state in {"armed_away", "armed_vacation"} else OFF
        case "input_select" | "select":
            # Whatever it says beside these, people do not sleep
            return ON if state == "on" or not _ASLEEP.isdisjoint(state.split()) else OFF
        case "zone":
            return _measured(state, 1.0)
        case "sensor":
            return _measured(state, _BRIGHT_LX)
    on, off = _READINGS.get(domain, _ON_OFF)
    if state in on:
        return ON
    return OFF if state in off else UNKNOWN


def _measured(state: str, least: float) -> int:
    """Return how a number reads, which is on from `least` on, or the word of a sensor that tells none."""
    try:
        number = float(state)
    except ValueError:
        on, off = _SAID
        return ON if state in on else (OFF if state in off else UNKNOWN)
    if math.isnan(number):  # "nan" is a number to `float`
        return UNKNOWN
    return ON if number >= least else OFF


_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "media_player": ("off", "playing"),
    "cover": ("closed", "open"),
    "valve": ("closed", "open"),
    "lock": ("locked", "unlocked"),
    "climate": ("off", "heat"),
    "person": ("not_home", "home"),
    "device_tracker": ("not_home", "home"),
    "zone": ("0", "1"),
    "sun": ("below_horizon", "above_horizon"),
    "sensor": ("0", "100"),
    "alarm_control_panel": ("disarmed", "armed_away"),
}


def state_name(domain: str, reading: int) -> str:
    """Return the text that `read_state` would read as `reading`: what a bundle is written with."""
    if reading == UNKNOWN:
        return "unavailable"
    if reading == ARMED_NIGHT:
        return "armed_night"
    return _NAMES.get(domain, ("off", "on"))[reading]


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of a home, as its registries describe it; `says`: what people say that it tells of.

    `twins`: the same thing, as other integrations report it. `members`: what a group consists of; one that is counted
    has none that is.
    """

    entity_id: str
    name: str = ""
    area: str | None = None
    device_class: str | None = None
    labels: tuple[str, ...] = ()
    says: Says | None = None
    twins: tuple[Entity, ...] = ()
    members: tuple[Entity, ...] = ()

    @property
    def domain(self) -> str:
        """Return the part of the entity id before the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def whole(self) -> tuple[Entity, ...]:
        """Return the entity and all that is switched with it."""
        return self, *self.twins, *(one for member in self.members for one in member.whole)

    @property
    def is_device(self) -> bool:
        """Whether a person switches it, and not only to tell something."""
        return self.says is None and self.domain in DEVICE_DOMAINS

    @property
    def is_evidence(self) -> bool:
        """Whether it only tells what people do: motion, doors, beds, presence, the sun, brightness."""
        if self.says is not None:
            return True
        match self.domain:
            case "binary_sensor":
                return self.device_class is None or self.device_class in EVIDENCE_CLASSES
            case "zone":
                return self.entity_id == "zone.home"
            case "sensor":
                return self.device_class == "illuminance"
        return self.domain in EVIDENCE_DOMAINS


@dataclass(frozen=True, slots=True)
class Home:
    """A home: where it is, and its entities by entity id."""

    name: str
    time_zone: str = "UTC"
    latitude: float | None = None
    longitude: float | None = None
    entities: Mapping[str, Entity] = field(default_factory=dict)
    source: str = ""
    licence: str = ""

    @property
    def devices(self) -> tuple[Entity, ...]:
        """Everything that a person switches, in order of entity id."""
        return tuple(e for _, e in sorted(self.entities.items()) if e.is_device)

    @property
    def evidence(self) -> tuple[Entity, ...]:
        """Everything that only tells what people do, in order of entity id."""
        return tuple(e for _, e in sorted(self.entities.items()) if e.is_evidence)
