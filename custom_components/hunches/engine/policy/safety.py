"""What may ever be done to a device, and what never, whatever the score and whoever allowed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..always_on import fold, is_gate, looks_always_on
from ..home import OFF, ON, Entity, Home
from ..hunches import KIND_OF_DOMAIN, Kind
from .heating import HEATING, SET_TEMPERATURE
from .ledger import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE_SERVICE: Final[Mapping[str, str]] = {
    "light": "turn_off",
    "switch": "turn_off",
    "fan": "turn_off",
    "media_player": "turn_off",
    "humidifier": "turn_off",
    "input_boolean": "turn_off",
    "cover": "close_cover",
    "valve": "close_valve",
    "lock": "lock",
}
"""The one service of a domain that leads to the safe side. What is not here is never done, but for two exceptions:

heating is set back (`heating.py`), and a light that is usually on by now may be switched on.
"""
_COVERINGS: Final = frozenset({"blind", "curtain", "shade", "shutter"})
"""Covers that only keep light out: the only ones that move without being asked, or that are ever opened again.

A cover of unknown class might be a gate, a window or a door.
"""


def action_for(entity: Entity, kind: Kind | None = None) -> Action | None:
    """Return what a hunch about an entity may propose, None if nothing; without a kind, towards the safe side.

    What a thermostat would be set to depends on how it stands: see `heating.setback`.
    """
    if entity.says is not None or looks_always_on(entity):
        return None  # what people named as evidence is there to be read
    if kind in HEATING:
        return Action("climate", SET_TEMPERATURE, entity.entity_id, ON) if entity.domain == "climate" else None
    if kind is Kind.USUALLY_ON_BY_NOW:
        return Action("light", "turn_on", entity.entity_id, ON) if entity.domain == "light" else None
    service = _SAFE_SERVICE.get(entity.domain)
    if service is None or kind not in (None, KIND_OF_DOMAIN.get(entity.domain)):
        return None
    return Action(entity.domain, service, entity.entity_id, OFF)


def allowable_kinds(entity: Entity) -> tuple[Kind, ...]:
    """Return the kinds that a rule about all of an entity allows; to switch it on takes one about that very kind."""
    return tuple(k for k in Kind if k is not Kind.USUALLY_ON_BY_NOW and action_for(entity, k) is not None)


_DOOR_CLASSES: Final = frozenset({"door", "garage_door", "opening"})
_DOOR_WORDS: Final = frozenset(
    fold(
        "door doors lock locks sensor contact smart schloss tür tuer türschloss kontakt serrure porte puerta porta "
        "deur slot deurslot dörr lås drzwi zamek cerradura cerrojo fechadura tranca serratura verrou capteur czujnik "
        # What joins words would make any two doors of a language one
        "a an and at by for in of on the to al das dem den der des die im vom zu zum zur au aux de du et la le les l "
        "un une con del el en las los para por y da di dei della delle dell e il lo per do dos em na no nas nos van "
        "het een voor op i od w z przy ze"
    )
)


def doors_of(home: Home, lock: Entity) -> tuple[str, ...]:
    """Return the door sensors that tell whether the door of a lock is open, in order of entity id.

    Those whose names share a telling word with the lock's ("front"), else those of its area; none if none is known.
    """
    doors = [e for e in home.evidence if e.domain == "binary_sensor" and e.device_class in _DOOR_CLASSES]

    def telling(entity: Entity) -> set[str]:
        area = set(fold(entity.area or ""))
        return set(fold(entity.name or entity.entity_id.partition(".")[2])) - _DOOR_WORDS - area

    named = [e for e in doors if telling(e) & telling(lock)]
    near = [e for e in named if e.area == lock.area] or named
    found = near or [e for e in doors if lock.area and e.area == lock.area]
    return tuple(e.entity_id for e in found)


def may_carry_out(
    entity: Entity,
    action: Action,
    *,
    asked: bool,
    kind: Kind | None = None,
    doors: Mapping[str, int] | None = None,
    allowed: frozenset[str] = frozenset(),
) -> str | None:
    """Return None if an action may be carried out now, else the reason why not, in one machine-readable word.

    `asked`: a person accepted this very proposal, or asked for it. `kind`: of the hunch that it follows. `doors`: the
    readings of `doors_of` a lock (empty: it has none; None: nobody looked, so its door may be open). `allowed`:
    entities that the user let act without being asked.
    """
    safe = action_for(entity, kind)
    if safe is None or (action.domain, action.service, action.entity_id, action.target_state) != (
        safe.domain,
        safe.service,
        safe.entity_id,
        safe.target_state,
    ):
        return "not_safe"
    if bool(action.data) != (action.service == SET_TEMPERATURE):
        return "not_safe"
    if entity.domain == "lock":
        if doors is None or any(reading != OFF for reading in doors.values()):
            return "door_may_be_open"
        if not asked and not doors:
            return "door_may_be_open"
    if not asked:
        if why := never_automatic(entity, kind):
            return why
        if entity.entity_id not in allowed:
            return "not_allowed"
    return None


def never_automatic(entity: Entity, kind: Kind | None = None) -> str | None:
    """Return why nothing is ever done to an entity without asking, whoever allows it; None if it may be allowed."""
    if action_for(entity, kind) is None:
        return "not_safe"
    if entity.domain == "cover" and not _is_covering(entity):
        return "only_when_asked"
    return None


def may_undo(entity: Entity) -> str | None:
    """Return None if an action on an entity may be taken back when a person asks for it, else the reason why not.

    Nothing is unlocked, and nothing is opened that keeps people, weather or water out.
    """
    if entity.domain == "lock":
        return "would_unlock"
    if entity.domain == "valve" or (entity.domain == "cover" and not _is_covering(entity)):
        return "would_open"
    return None


def _is_covering(entity: Entity) -> bool:
    """Return whether a cover only keeps light out, and so does all that moves with it, as far as that is told."""
    told = {one.device_class for one in entity.whole} - {None}
    return entity.device_class in _COVERINGS and told <= _COVERINGS and not is_gate(entity)
