"""What a home's entities say about its people: which signal each entity is, and its features minute by minute.

Every signal is optional: a home may have any of them, several of one kind, or none. Kinds are recognised from
domain, device class and the words of name and area; the numbers of a kind are only a start, since
`routine.py` fits them to each home.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ARMED_NIGHT, EVIDENCE_CLASSES, ON, UNKNOWN, Entity, Home
from .timeline import Cause, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTE: Final = 60.0
RISE, FALL, KNOWN, ON_WEIGHT, OFF_WEIGHT = range(5)
"""Columns of a signal's features: switched on, switched off (0 or 1), minutes in which it was known, and
weights (effective minutes) with which its being on or off counts."""
FEATURES: Final = 5

NEAR: Final = 180.0
"""A way out that moved within so many seconds may be how someone left or came."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of signal usually does while people are moving, quiet, asleep and away, in this order.

    `rise`, `fall`: chance per minute that it switches on, off; None where that is not an act of a person.
    `on`: share of the time it is on; None where being on says nothing. `weight`: how much one minute of being on
    or off counts (minutes in a row say nearly the same thing). `fade`: minutes after which "off" has lost most of
    its weight. `stuck`: minutes after which "on" begins to lose its own.
    """

    rise: tuple[float, float, float, float] | None = None
    fall: tuple[float, float, float, float] | None = None
    on: tuple[float, float, float, float] | None = None
    weight: float = 0.0
    fade: float = np.inf
    stuck: float = np.inf


KINDS: Final[Mapping[str, Kind]] = {
    "motion": Kind((0.12, 0.02, 0.002, 0.0004), None, (0.30, 0.12, 0.03, 0.02), 0.1, 20, 60),
    "seat": Kind((0.03, 0.02, 0.001, 0.0003), (0.03, 0.015, 0.001, 0.0003), (0.25, 0.55, 0.08, 0.04), 0.05, 30, 240),
    "bed": Kind((0.010, 0.008, 0.004, 0.0003), (0.012, 0.006, 0.004, 0.0003), (0.06, 0.12, 0.80, 0.05), 0.1, 60, 840),
    "bedroom": Kind((0.03, 0.015, 0.006, 0.0004), (0.03, 0.01, 0.005, 0.0004), (0.15, 0.15, 0.4, 0.05), 0.05, 30, 600),
    "entrance": Kind((0.010, 0.003, 0.0005, 0.0004), (0.010, 0.003, 0.0005, 0.0004)),
    "door": Kind((0.03, 0.006, 0.0015, 0.0003), (0.03, 0.006, 0.0015, 0.0003)),
    "opening": Kind((0.03, 0.005, 0.0007, 0.0002), (0.03, 0.005, 0.0007, 0.0002)),
    "window": Kind((0.004, 0.001, 0.0002, 0.0001), (0.004, 0.001, 0.0002, 0.0001)),
    "light": Kind((0.015, 0.005, 0.0006, 0.0003), (0.015, 0.005, 0.0008, 0.0003), (0.35, 0.40, 0.12, 0.15), 0.03, 60, 300),
    "media": Kind((0.008, 0.004, 0.0003, 0.0002), (0.008, 0.004, 0.0006, 0.0002), (0.25, 0.50, 0.10, 0.05), 0.04, 60, 300),
    "switch": Kind((0.010, 0.002, 0.0004, 0.0004), (0.008, 0.002, 0.0006, 0.0006)),
    "lock": Kind((0.006, 0.001, 0.0003, 0.0003), (0.006, 0.002, 0.0005, 0.0003)),
    "cover": Kind((0.004, 0.001, 0.0004, 0.0003), (0.004, 0.001, 0.0004, 0.0003)),
    "presence": Kind(None, None, (0.96, 0.96, 0.97, 0.04), 0.25),
    "armed_away": Kind(None, None, (0.004, 0.004, 0.004, 0.35), 0.2),
    "armed_night": Kind(None, None, (0.004, 0.02, 0.35, 0.01), 0.2),
}


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to watch: the entities behind it (on while any of them is), its kind, and which reading is on."""

    kind: str
    entity_ids: tuple[str, ...]
    on: int = ON


@dataclass(frozen=True, slots=True)
class Signals:
    """All signals of a home, and the entities that a person passes to leave it (empty if none is known)."""

    signals: tuple[Signal, ...]
    ways_out: tuple[str, ...]
    surely_out: bool


# Words are compared whole, casefolded; those ending in * are beginnings, for languages that glue words together.
_BED: Final = (
    "bed beds bedside bedsensor bett betten bett* lit cama letto säng seng sänky postel łóżko lozko кровать 床 ベッド 침대 "
    "mattress* matras* matratze* matelas colchón colchon materasso madrass* sleep sleeping asleep schlaf schläft withings"
)
_BEDROOM: Final = "bedroom* schlafzimmer* slaapkamer* chambre dormitorio habitación camera sovrum* soverom* soveværelse* sypialnia спальня 寝室"
_SEAT: Final = (
    "seat seats couch* sofa* chair* armchair* recliner sessel* stuhl* bank stoel* canapé canape fauteuil chaise sillón "
    "sillon silla poltrona divano sedia stol* soffa fotel krzesło диван кресло ソファ"
)
_WAY_OUT: Final = (
    "front frontdoor* frontdør entrance* entry* main maindoor* house outside outer exterior haustür* haustuer* hauptür* "
    "eingang* wohnungstür* wohnungstuer* voordeur* buitendeur* entrée entree porte d'entrée principal principale entrada "
    "ingresso ingång* ytterdörr* ytterdør* inngang* indgang* hoveddør* ulko-ovi ulkoovi* wejściowe wejście drzwi vchod "
    "входная вход 玄関 현관 back backdoor* hintertür* achterdeur* garage* garagentor* porch patio"
)
_INDOORS: Final = (
    "bedroom* bath* bathroom* toilet* wc kitchen* fridge* freezer* cupboard* cabinet* drawer* wardrobe* closet* shower* dresser* "
    "oven dishwasher* microwave* pantry medicine mailbox mail letterbox* briefkasten* schrank* kühlschrank* kuehlschrank* "
    "gefrier* schublade* schlafzimmer* badezimmer* küche* kueche* bad kinderzimmer* keuken* koelkast* kast badkamer* "
    "slaapkamer* lade cuisine chambre salle frigo réfrigérateur placard tiroir armoire toilettes cocina nevera armario cajón "
    "baño dormitorio cucina bagno camera armadio cassetto kök* skåp* badrum* sovrum* kylskåp* kjøkken* bad* soverom* "
    "kuchnia łazienka lodówka szafa кухня ванная холодильник nursery office study living wohnzimmer* woonkamer*"
)


def _pattern(words: str) -> re.Pattern[str]:
    parts = (re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) for w in words.casefold().split())
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)")


_IS_BED, _IS_BEDROOM, _IS_SEAT = _pattern(_BED), _pattern(_BEDROOM), _pattern(_SEAT)
_IS_WAY_OUT, _IS_INDOORS = _pattern(_WAY_OUT), _pattern(_INDOORS)


def _words(entity: Entity) -> str:
    """Return name, area and labels as one casefolded text; digits and underscores part words."""
    text = " ".join((entity.name, entity.area or "", *entity.labels)).casefold()
    return re.sub(r"[\d_]+", " ", text)


def _sensor_kind(entity: Entity) -> str | None:
    words = _words(entity)
    named = re.sub(r"[\d_]+", " ", entity.name.casefold())
    match entity.device_class:
        case "window":
            return "window"
        case "door" | "garage_door" | "opening":
            if _IS_WAY_OUT.search(words) and not _IS_INDOORS.search(named):
                return "entrance"
            return "opening" if entity.device_class == "opening" and _IS_INDOORS.search(words) else "door"
        case "light":
            return None  # tells of the day or of lamps: see `darkness`
        case "occupancy" | "presence" | None if _IS_BED.search(named):
            return "bed"
        case "occupancy" | "presence" | None if _IS_SEAT.search(named):
            return "seat"
        case "occupancy" | "presence" if _IS_BEDROOM.search(words):
            return "bedroom"
        case None:
            return "entrance" if _IS_WAY_OUT.search(words) and not _IS_INDOORS.search(named) else "opening"
        case "motion" | "moving" | "occupancy" | "presence" | "sound" | "vibration":
            return "motion"
    return None


_KIND_OF_DOMAIN: Final = {
    "light": "light",
    "media_player": "media",
    "switch": "switch",
    "fan": "switch",
    "humidifier": "switch",
    "input_boolean": "switch",
    "lock": "lock",
    "cover": "cover",
}


def kind_of(entity: Entity) -> str | None:
    """Return the kind of signal an entity is (a key of `KINDS`), None if it says nothing by itself."""
    if entity.domain == "binary_sensor":
        return _sensor_kind(entity) if entity.device_class is None or entity.device_class in EVIDENCE_CLASSES else None
    if entity.domain == "input_boolean" and _IS_BED.search(_words(entity)):
        return "bed"
    if entity.domain == "cover" and (entity.device_class == "garage" or "garage" in _words(entity)):
        return "entrance"
    return _KIND_OF_DOMAIN.get(entity.domain)


def signals_of(home: Home) -> Signals:
    """Return the signals of a home in order of entity id, people and alarm panels last."""
    entities = [e for _, e in sorted(home.entities.items())]
    kinds = [(e, kind_of(e)) for e in entities]
    found = [Signal(kind, (e.entity_id,)) for e, kind in kinds if kind is not None]
    people = [e.entity_id for e in entities if e.domain == "person" or e.entity_id == "zone.home"]
    people = people or [e.entity_id for e in entities if e.domain == "device_tracker"]
    if people:
        found.append(Signal("presence", tuple(people)))
    for entity in entities:
        if entity.domain == "alarm_control_panel":
            found.append(Signal("armed_away", (entity.entity_id,), ON))
            found.append(Signal("armed_night", (entity.entity_id,), ARMED_NIGHT))
    sure = tuple(e.entity_id for e, kind in kinds if kind == "entrance")
    unsure = tuple(e.entity_id for e, kind in kinds if kind in {"door", "lock"} and not _IS_INDOORS.search(_words(e)))
    return Signals(tuple(found), sure or unsure, bool(sure))


def _slice(timeline: Timeline | None, start: float, end: float) -> Timeline | None:
    """Return the timeline from the state that held at `start` up to `end`; None if nothing is known by then."""
    if timeline is None or not len(timeline):
        return None
    times = timeline.times
    last = int(times.searchsorted(end, "right"))
    if not last:
        return None
    first = last - 1 if times[last - 1] <= start else max(int(times.searchsorted(start, "right")) - 1, 0)
    return Timeline(times[first:last], timeline.states[first:last], timeline.causes[first:last])


def _acts(changes: Timeline) -> NDArray[np.bool_]:
    """Return for each change after the first whether a person may have made it: no gap before it, no automation."""
    states, causes = changes.states, changes.causes
    made = (causes[1:] != Cause.AUTOMATION) & (causes[1:] != Cause.OURS)
    return np.asarray(made & (states[1:] != UNKNOWN) & (states[:-1] != UNKNOWN))


def _within(events: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each row whether an event lies in (low, high]."""
    return np.asarray(events.searchsorted(high, "right") > events.searchsorted(low, "right"))


def features(
    signal: Signal, timelines: Mapping[str, Timeline], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return what a signal shows in each of the stretches (low, high] of at most a minute: float64 [rows, FEATURES].

    `low` and `high` are Unix seconds in order. Only changes up to a row's `high` bear on it. None if nothing is
    known of the signal in any row.
    """
    kind = KINDS[signal.kind]
    out: NDArray[np.float64] | None = None
    for entity_id in signal.entity_ids:
        timeline = timelines.get(entity_id)
        changes = _slice(timeline, float(low[0]), float(high[-1]))
        if timeline is None or changes is None:
            continue
        if out is None:
            out = np.zeros((high.size, FEATURES))
        times, states = changes.times, changes.states
        place = np.maximum(times.searchsorted(high, "right") - 1, 0) if times.size > 1 or times[0] > high[0] else 0
        state, age = states[place], (high - times[place]) / MINUTE
        known = (state != UNKNOWN) & (age >= 0)
        if entity_id.startswith("device_tracker."):
            # A tablet on the wall is always at home: a tracker counts from its first change on.
            known &= high >= timeline.times[1] if len(timeline) > 1 else False
        on = known & (state == signal.on)
        out[:, KNOWN] = np.maximum(out[:, KNOWN], known)
        if kind.on is not None:
            late = np.exp(-np.maximum(age - kind.stuck, 0.0) / kind.stuck) if np.isfinite(kind.stuck) else 1.0
            early = np.exp(-np.maximum(age, 0.0) / kind.fade) if np.isfinite(kind.fade) else 1.0
            out[:, ON_WEIGHT] = np.maximum(out[:, ON_WEIGHT], kind.weight * on * late)
            out[:, OFF_WEIGHT] = np.maximum(out[:, OFF_WEIGHT], kind.weight * (known & ~on) * early)
        if times.size > 1 and kind.rise is not None:
            acts = _acts(changes)
            turned_on = states[1:] == signal.on
            out[:, RISE] = _within(times[1:][acts & turned_on], low, high)
            if kind.fall is not None:
                out[:, FALL] = _within(times[1:][acts & ~turned_on], low, high)
    if out is None:
        return None
    if len(signal.entity_ids) > 1:
        out[:, OFF_WEIGHT] *= out[:, ON_WEIGHT] == 0  # one person at home is somebody at home
    lasts = (high - low) / MINUTE
    out[:, KNOWN:] *= lasts[:, None]
    return out


def way_out(
    entity_ids: Sequence[str], timelines: Mapping[str, Timeline], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return per row 1 if a way out moved shortly before `high`, 0 if not, NaN if none was known: float64 [rows]."""
    near = np.full(high.size, np.nan)
    for entity_id in entity_ids:
        changes = _slice(timelines.get(entity_id), float(low[0]) - NEAR, float(high[-1]))
        if changes is None:
            continue
        times, states = changes.times, changes.states
        known = (times[0] <= high) & (states[np.maximum(times.searchsorted(high, "right") - 1, 0)] != UNKNOWN)
        moved = _within(times[1:][_acts(changes)], high - NEAR, high)
        near = np.where(known, np.fmax(near, moved), near)
    return near


def brightness(home: Home) -> tuple[str, ...]:
    """Return the entities that measure light: illuminance sensors and binary sensors of the class light."""
    return tuple(
        e.entity_id
        for _, e in sorted(home.entities.items())
        if (e.domain == "sensor" and e.device_class == "illuminance")
        or (e.domain == "binary_sensor" and e.device_class == "light")
    )
