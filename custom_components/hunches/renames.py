"""New entity ids, wherever an entity is known by its old one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .const import CONF_EXCLUDED, CONF_LIGHT, CONF_PRESENCE, CONF_SATELLITES, CONF_SLEEP
from .engine.home import Home

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
