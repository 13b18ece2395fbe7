"""What the options choose to leave out and to read as evidence; for the integration, and for a replay of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .home import Says

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .twins import Reports

SLEEP: Final = "sleep_evidence"
PRESENCE: Final = "presence_evidence"
LIGHT: Final = "light_evidence"
ENTITIES: Final = "excluded"
DEVICES: Final = "excluded_devices"
AREAS: Final = "excluded_areas"
LABELS: Final = "excluded_labels"
_SAYS: Final = ((LIGHT, Says.LIGHT), (PRESENCE, Says.PRESENCE), (SLEEP, Says.SLEEP))
"""In order of weight: what is named twice tells of the last."""


@dataclass(frozen=True, slots=True)
class Owned:
    """An entity with the device and area that it belongs to, and the labels of all three; each by its id."""

    entity_id: str
    device: str | None
    area: str | None
    labels: frozenset[str]


def named(options: Mapping[str, Any]) -> dict[str, Says]:
    """Return what people say that entities tell of, by entity id."""
    return {str(entity_id): says for key, says in _SAYS for entity_id in options.get(key) or ()}


def left_out(options: Mapping[str, Any], entities: Iterable[Owned], reports: Reports) -> frozenset[str]:
    """Return the entities that are left out: by themselves, or by their device, area or a label.

    And with them what else stands for the same things, by whichever integration: it is the thing that is meant. What
    people name as evidence is not left out with its surroundings, nor as a device: it is none then.
    """
    devices, areas, labels = (frozenset(options.get(key) or ()) for key in (DEVICES, AREAS, LABELS))
    found = {str(entity_id) for entity_id in options.get(ENTITIES) or ()}
    if devices or areas or labels:
        found |= {
            entity.entity_id
            for entity in entities
            if entity.device in devices or entity.area in areas or not labels.isdisjoint(entity.labels)
        }
    return reports.all_of(found) - named(options).keys()
