"""New entity ids, wherever an entity is known by its old one."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import CONF_EXCLUDED, CONF_LIGHT, CONF_PRESENCE, CONF_SATELLITES, CONF_SLEEP
from .engine.home import Home
from .engine.hunches import Hunch
from .engine.policy import Ledger, Record, left, renamed
from .snapshots import members_of, with_members

_CHOSEN: Final = (CONF_EXCLUDED, CONF_SLEEP, CONF_PRESENCE, CONF_LIGHT, CONF_SATELLITES)
"""Options that hold entity ids."""


def renamed_options(options: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the options with entities' new ids; `names`: these by the old ones."""
    chosen = {key: options[key] for key in _CHOSEN if options.get(key)}
    return {**options, **{key: [names.get(one, one) for one in chosen[key]] for key in chosen}}


def renamed_home(home: Home, names: Mapping[str, str]) -> Home:
    """Return a home with entities' new ids, the same one where there are none; `names`: these by the old ones."""
    if names.keys().isdisjoint(home.entities):
        return home
    entities = (replace(e, entity_id=names.get(key, key)) for key, e in home.entities.items())
    return replace(home, entities={entity.entity_id: entity for entity in entities})


def renamed_ledger(ledger: Ledger, names: Mapping[str, str]) -> Ledger:
    """Return a ledger with entities' new ids, all at once: two may have swapped theirs."""

    def hunch(old: Hunch) -> Hunch:
        return replace(old, entity_id=names[old.entity_id]) if old.entity_id in names else old

    def record(old: Record) -> Record:
        key, before = old.hunch.entity_id, with_members(old.before, names)
        action = replace(old.action, entity_id=names.get(key, key))
        return replace(old, hunch=hunch(old.hunch), action=action, before=before)

    def key(old: str) -> str:
        kind, colon, entity_id = old.partition(":")
        return kind + colon + names.get(entity_id, entity_id)

    return replace(
        ledger,
        open=tuple(hunch(one) for one in ledger.open),
        answers=tuple(replace(a, hunch=hunch(a.hunch)) for a in ledger.answers),
        raised=tuple((moment, key(one)) for moment, one in ledger.raised),
        rules=renamed(ledger.rules, names),
        records=tuple(record(one) for one in ledger.records),
        implied=tuple(replace(one, hunch=hunch(one.hunch)) for one in ledger.implied),
    )


def entities_in(options: Mapping[str, Any]) -> set[str]:
    """Return the entities that the options name."""
    return set(chain.from_iterable(options.get(key) or () for key in _CHOSEN))


def entities_of(ledger: Ledger) -> set[str]:
    """Return the entities that a ledger names."""
    told = (ledger.answers, ledger.records, ledger.implied)
    hunches = chain(ledger.open, *((one.hunch for one in some) for some in told))
    keys = {hunch.entity_id for hunch in hunches} | {key.partition(":")[2] for _, key in ledger.raised}
    keys |= {rule.entity_id for rule in ledger.rules if rule.entity_id is not None}
    return keys | {key for record in ledger.records for key in members_of(record.before)}


@callback
def registry_ids(hass: HomeAssistant, keys: AbstractSet[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the registry's own ids, which never change, of entities, by entity id.

    `known` ones stay: these entities were meant, even if another should have that entity id by now. Entities that are
    in no registry are left out.
    """
    registry = er.async_get(hass)
    entries = {key: registry.async_get(key) for key in keys - known.keys()}
    ids = {**known, **{key: entry.id for key, entry in entries.items() if entry is not None}}
    return {key: ids[key] for key in sorted(ids.keys() & keys)}


@callback
def moved(hass: HomeAssistant, ids: Mapping[str, str]) -> dict[str, str | None]:
    """Return the new entity ids of entities that have others by now, None of those that are gone, by the old ones."""
    entries = {key: er.async_get(hass).entities.get_entry(registry_id) for key, registry_id in ids.items()}
    now = {key: entry.entity_id if entry is not None else None for key, entry in entries.items()}
    return {key: entity_id for key, entity_id in now.items() if entity_id != key}


def caught_up(ledger: Ledger, found: Mapping[str, str | None]) -> Ledger:
    """Return a ledger after entities have `moved`."""
    rules = ledger.rules
    for key, entity_id in found.items():
        if entity_id is None:
            rules = left(rules, key)
    names = {key: entity_id for key, entity_id in found.items() if entity_id is not None}
    return renamed_ledger(replace(ledger, rules=rules), names)
