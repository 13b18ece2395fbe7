"""What a group consists of, as Home Assistant or another integration tells it."""

from collections.abc import Set as AbstractSet

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.group import get_group_entities


@callback
def listed(hass: HomeAssistant, state: State) -> tuple[str, ...]:
    """Return the entities that a group stands for; nothing for what is not a group."""
    loaded = get_group_entities(hass).get(state.entity_id)
    if loaded is not None and loaded.group is not None:
        return tuple(loaded.group.member_entity_ids)
    members = state.attributes.get(ATTR_ENTITY_ID)
    if isinstance(members, AbstractSet):  # as Hue lists the lamps of a room
        return tuple(sorted(str(member) for member in members))
    return tuple(str(member) for member in members) if isinstance(members, list | tuple) else ()
