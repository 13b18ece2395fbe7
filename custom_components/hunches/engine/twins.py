"""One physical thing counts once, whoever reports it.

A switch that a person shows as a light, a fan or a lock (`switch_as_x`) is that and no switch beside it. And what two
integrations report is two devices, since each belongs to one config entry; they have an address in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from .home import DEVICE_DOMAINS, Entity

DRIVERS: Final[Mapping[str, str]] = {"generic_thermostat": "heater", "generic_hygrostat": "humidifier"}
"""Helpers that switch a device on and off all day, and the option that names it: nobody forgets what is theirs."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An entity as the registries know it, as far as that tells what it stands for.

    `device`: the id of its device. `device_class`, `name`: as its integration reports it. `has_area`: it has one, or
    its device has. `has_own_name`: a person named it, or its device. `created`: Unix seconds. `wraps`: the entity that
    it is shown instead of.
    """

    entity_id: str
    registry_id: str = ""
    device: str | None = None
    device_class: str | None = None
    name: str = ""
    has_area: bool = False
    has_own_name: bool = False
    created: float = 0.0
    wraps: str | None = None

    @property
    def domain(self) -> str:
        """Return the part of the entity id before the dot."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Reports:
    """What a home's integrations report: entities, and the ids of two devices each that are the same thing.

    Entities of other devices may be left out if they neither wrap one nor are wrapped. What is disabled, or only
    configures or diagnoses, is not among them; what is hidden is.
    """

    entities: tuple[Reported, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    def once(self, entities: Mapping[str, Entity], known: Callable[[str], bool]) -> dict[str, Entity]:
        """Return the entities, by id, with one of each thing (see `twins`): it has the labels of all, and knows them.

        What a person says of one of them by a label ("never off") is said of the thing, and so is what a name tells.
        """
        found = dict(entities)
        for key, stays in self.twins(entities, known).items():
            left, twin = found[stays], found.pop(key)
            labels = tuple(sorted({*left.labels, *twin.labels}))
            found[stays] = replace(left, labels=labels, twins=(*left.twins, twin))
        return found

    def twins(self, counted: Collection[str], known: Callable[[str], bool]) -> dict[str, str]:
        """Return those of `counted` that stand for the same thing as another of them, each with the one that stays.

        What stays is what a person shows it as; else what has an area; else what a person named; else what has a
        state now (`known`); else what was registered first. One always stays.
        """
        told = {entity.entity_id: entity for entity in self.entities}
        found: dict[str, str] = {}
        for thing in self._things():
            present = [told.get(key, Reported(key)) for key in thing if key in counted]
            if len(present) > 1:
                stays = min(present, key=lambda e: _order(e, known)).entity_id
                found |= {e.entity_id: stays for e in present if e.entity_id != stays}
        return found

    def all_of(self, keys: Collection[str]) -> frozenset[str]:
        """Return entity ids with those of everything that stands for the same things."""
        found = set(keys)
        return frozenset(found.union(*(thing for thing in self._things() if not found.isdisjoint(thing))))

    def _things(self) -> Iterator[Sequence[str]]:
        """Yield the entity ids of each thing; no two of one device, but for what wraps another."""
        by_device: defaultdict[str, list[Reported]] = defaultdict(list)
        for entity in self.entities:
            if entity.device is not None and entity.wraps is None:
                by_device[entity.device].append(entity)
        things = _Things()
        for one, other in sorted(self.pairs):
            for left, right in _alike(by_device[one], by_device[other]):
                if things.devices(left).isdisjoint(things.devices(right)):
                    things.join(left.entity_id, right.entity_id)
        for entity in self.entities:
            if entity.wraps is not None:
                things.join(entity.wraps, entity.entity_id)
        return things.members()


class _Things:
    """Entities joined into things, each named by one of its entities."""

    def __init__(self) -> None:
        self._thing: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._devices: dict[str, set[str]] = {}

    def devices(self, entity: Reported) -> set[str]:
        """Return the devices of all that is the same as an entity."""
        return self._devices.setdefault(self._name(entity.entity_id), {str(entity.device)})

    def join(self, one: str, other: str) -> None:
        first, second = self._name(one), self._name(other)
        if first != second:
            for key in self._members[second]:
                self._thing[key] = first
            self._members[first] += self._members.pop(second)
            self._devices[first] = self._devices.get(first, set()) | self._devices.pop(second, set())

    def members(self) -> Iterator[Sequence[str]]:
        yield from self._members.values()

    def _name(self, key: str) -> str:
        if key not in self._thing:
            self._thing[key], self._members[key] = key, [key]
        return self._thing[key]


def same_things(devices: Iterable[tuple[str, str, Iterable[tuple[str, str]]]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of devices of different config entries that have an address in common, by id.

    `devices`: id, config entry and addresses (kind and value) of each.
    """
    by_address: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for device, entry, addresses in devices:
        for kind, value in addresses:
            by_address[kind, value.casefold()].append((device, entry))
    return tuple(
        {
            (min(one, other), max(one, other)): None
            for (_, address), sharing in by_address.items()
            if len(sharing) > 1 and address.strip("0f:-. ")  # an address of nothing but zeros is none
            for (one, entry), (other, another) in combinations(sharing, 2)
            if entry != another
        }
    )


def _alike(left: Iterable[Reported], right: Iterable[Reported]) -> Iterator[tuple[Reported, Reported]]:
    """Yield the entities of two devices that are the same: the only one of its kind on each, else by name."""
    here, there = _by(left, lambda e: e.domain), _by(right, lambda e: e.domain)
    for domain in sorted(here.keys() & there.keys()):
        one, other = here[domain], there[domain]
        if len(one) == len(other) == 1 and _may_be_alike(one[0], other[0]):
            yield one[0], other[0]
            continue
        classes, others = _by(one, lambda e: e.device_class or ""), _by(other, lambda e: e.device_class or "")
        for kind in sorted(classes.keys() & others.keys()):
            yield from _by_name(classes[kind], others[kind])


def _may_be_alike(one: Reported, other: Reported) -> bool:
    """Whether two entities of a domain may be the same: of what people switch, often only one side knows the class."""
    classes = {one.device_class, other.device_class}
    return len(classes) == 1 or (None in classes and one.domain in DEVICE_DOMAINS)


def _by_name(left: list[Reported], right: list[Reported]) -> Iterator[tuple[Reported, Reported]]:
    if len(left) == len(right) == 1:
        yield left[0], right[0]
        return
    here, there = _by(left, lambda e: e.name.casefold()), _by(right, lambda e: e.name.casefold())
    for name in sorted(here.keys() & there.keys()):
        if len(here[name]) == len(there[name]) == 1:
            yield here[name][0], there[name][0]


def _by(entities: Iterable[Reported], key: Callable[[Reported], str]) -> Mapping[str, list[Reported]]:
    found: defaultdict[str, list[Reported]] = defaultdict(list)
    for entity in entities:
        found[key(entity)].append(entity)
    return found


def _order(entity: Reported, known: Callable[[str], bool]) -> tuple[bool, bool, bool, bool, float, str, str]:
    """Return what sorts first what should stay; the same whenever Home Assistant starts."""
    return (
        entity.wraps is None,
        not entity.has_area,
        not entity.has_own_name,
        not known(entity.entity_id),
        entity.created,
        entity.registry_id,
        entity.entity_id,
    )
