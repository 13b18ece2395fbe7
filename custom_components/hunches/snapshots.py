"""How a device stands, kept before an action so that exactly that can be restored."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context, HomeAssistant, State, callback
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.state import async_reproduce_state
from homeassistant.util.unit_conversion import TemperatureConverter

from .engine.policy import Thermostat
from .groups import listed

_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "light": (
        *("brightness", "color_mode", "color_temp_kelvin", "effect"),
        *("hs_color", "rgb_color", "rgbw_color", "rgbww_color", "xy_color"),
    ),
    "fan": ("percentage", "preset_mode", "oscillating", "direction"),
    "cover": ("current_position", "current_tilt_position"),
    "climate": ("temperature", "target_temp_high", "target_temp_low", "preset_mode", "fan_mode"),
    "humidifier": ("humidity", "mode"),
    "media_player": ("volume_level", "is_volume_muted", "source", "sound_mode"),
}
"""What a person adjusts on a device of a domain, beside its state; read from the attributes of that name."""
_COLOURS: Final = {
    "color_temp": "color_temp_kelvin",
    "hs": "hs_color",
    "rgb": "rgb_color",
    "rgbw": "rgbw_color",
    "rgbww": "rgbww_color",
    "xy": "xy_color",
}
"""The attribute that a light in a colour mode is told by; the others follow from it."""
_TEMPERATURES: Final = ("temperature", "target_temp_high", "target_temp_low")
"""What is told in the home's unit."""
_ROUNDING: Final = (0.01, 0.02)
"""By which part, or else by how much, two numbers may differ and be the same: devices count in steps of their own."""

_MEMBERS: Final = "members"
_UNREAD: Final = (STATE_UNAVAILABLE, STATE_UNKNOWN)

type Snapshot = dict[str, Any]
"""The state under `state`, and what is adjusted, as JSON; of a group, its members' under `members` by entity id."""


@callback
def snapshot(state: State) -> Snapshot:
    """Return how an entity stands."""
    kept = {name: state.attributes.get(name) for name in _SETTINGS.get(state.domain, ())}
    found: Snapshot = json.loads(json_bytes({k: v for k, v in kept.items() if v is not None}))
    if (colour := _COLOURS.get(found.get("color_mode", ""))) is not None:
        found = {k: v for k, v in found.items() if k == colour or k not in _COLOURS.values()}
    return {"state": state.state, **found}


@callback
def full_snapshot(hass: HomeAssistant, state: State) -> Snapshot:
    """Return how an entity stands, and each member of a group: from the group itself nobody knows which was on."""
    members = {key: snapshot(member) for key, member in _members(hass, state, {state.entity_id}).items()}
    return {**snapshot(state), _MEMBERS: members} if members else snapshot(state)


def _members(hass: HomeAssistant, group: State, seen: set[str]) -> dict[str, State]:
    """Return what a group consists of in the end; a group in it whose members cannot be read is one of these.

    Groups of Home Assistant's have members of their own domain; what else may list entities does not switch them.
    """
    found: dict[str, State] = {}
    for key in listed(hass, group):
        member = hass.states.get(key)
        if member is None or member.entity_id in seen or member.domain != group.domain or member.state in _UNREAD:
            continue
        seen.add(member.entity_id)
        found |= _members(hass, member, seen) or {member.entity_id: member}
    return found


def members_of(before: Mapping[str, Any]) -> dict[str, Snapshot]:
    """Return how each member of a group stood, by entity id; nothing of what is no group."""
    members = before.get(_MEMBERS)
    return members if isinstance(members, dict) else {}


def with_members(before: Mapping[str, Any], names: Mapping[str, str]) -> Snapshot:
    """Return a snapshot with members' new ids; `names`: these by the old ones."""
    members = {names.get(key, key): kept for key, kept in members_of(before).items()}
    return {**before, _MEMBERS: members} if members else dict(before)


@callback
def is_as(hass: HomeAssistant, state: State, before: Mapping[str, Any]) -> bool:
    """Return whether an entity stands as it did, and each member of a group, but for rounding."""
    own = {name: value for name, value in before.items() if name != _MEMBERS}
    return alike(snapshot(state), own) and all(
        (member := hass.states.get(key)) is not None and alike(snapshot(member), kept)
        for key, kept in members_of(before).items()
    )


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two snapshots are the same but for rounding."""
    return one.keys() == other.keys() and all(_alike(value, other[name]) for name, value in one.items())


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float) and isinstance(other, int | float):
        part, least = _ROUNDING
        return abs(one - other) <= max(part * max(abs(one), abs(other)), least)
    return bool(one == other)


def in_unit(before: Mapping[str, Any], old: str, new: str) -> Snapshot:
    """Return a snapshot of a thermostat with its temperatures in another unit."""
    convert = TemperatureConverter.convert
    return {k: convert(v, old, new) if k in _TEMPERATURES and v is not None else v for k, v in before.items()}


async def async_restore(hass: HomeAssistant, entity_id: str, before: Mapping[str, Any], context: Context) -> None:
    """Let an entity be as it was, or each member of a group. Raises whatever its integration raises."""
    if members := members_of(before):
        restored = (async_restore(hass, key, kept, context) for key, kept in members.items())
        for trouble in await asyncio.gather(*restored, return_exceptions=True):
            if trouble is not None:
                raise trouble
        return
    domain = entity_id.partition(".")[0]
    attributes = {name: value for name, value in before.items() if name != "state"}
    if domain != "climate":
        await async_reproduce_state(hass, State(entity_id, before["state"], attributes), context=context)
        return

    async def call(service: str, *names: str) -> None:
        """Tell it what differs, and nothing else: each setting may bring others along."""
        state = hass.states.get(entity_id)
        now = snapshot(state) if state is not None else {}
        wanted = {name: before[name] for name in names if name in before}
        if wanted and not all(_alike(value, now.get(name)) for name, value in wanted.items()):
            data = {"hvac_mode" if name == "state" else name: value for name, value in wanted.items()}
            await hass.services.async_call(
                domain, service, {"entity_id": entity_id, **data}, blocking=True, context=context
            )

    await call("set_hvac_mode", "state")
    await call("set_preset_mode", "preset_mode")
    await call("set_fan_mode", "fan_mode")
    await call("set_temperature", *_TEMPERATURES)


@callback
def thermostat_of(state: State | None) -> Thermostat | None:
    """Return how a thermostat stands, None if that is not known."""
    if state is None or state.domain != "climate" or state.state in ("unavailable", "unknown"):
        return None

    def number(name: str) -> float | None:
        value = state.attributes.get(name)
        return float(value) if isinstance(value, int | float) else None

    limits = {"minimum": number("min_temp"), "step": number("target_temp_step")}
    return Thermostat(
        mode=state.state,
        target=number("temperature"),
        low=number("target_temp_low"),
        high=number("target_temp_high"),
        **{name: value for name, value in limits.items() if value is not None},
    )
