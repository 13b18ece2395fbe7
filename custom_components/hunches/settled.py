"""How a device comes to rest after an action or its undoing, and waiting until it does."""

import asyncio
from collections.abc import Callable, Iterable

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from .engine.home import UNKNOWN, read_state
from .engine.policy import Record, is_done
from .snapshots import alike, snapshot, thermostat_of


class Settled:
    """Waits until an entity has come to rest as wanted; `members`: of a group, which may rest later than it does."""

    def __init__(
        self, hass: HomeAssistant, entity_id: str, rests: Callable[[State], bool], members: Iterable[str] = ()
    ) -> None:
        """Wait for nothing yet."""
        self._hass = hass
        self._entity_id = entity_id
        self._followed = [entity_id, *members]
        self._rests = rests
        self._reached = asyncio.Event()
        self._undo: CALLBACK_TYPE | None = None

    async def __aenter__(self) -> asyncio.Event:
        self._undo = async_track_state_change_event(self._hass, self._followed, self._on_state)
        return self._reached

    async def __aexit__(self, *_: object) -> None:
        if self._undo is not None:
            self._undo()

    @callback
    def _on_state(self, _: Event[EventStateChangedData]) -> None:
        state = self._hass.states.get(self._entity_id)
        if state is not None and self._rests(state):
            self._reached.set()


def wanted_of(record: Record, *, undo: bool) -> int:
    """Return the reading that a device is to take; `UNKNOWN` where only its settings are to change."""
    if undo:
        return read_state(record.hunch.entity_id.partition(".")[0], record.before.get("state", ""))
    return UNKNOWN if record.action.data else record.action.target_state


def is_back(record: Record, state: State) -> bool:
    """Return whether a device reads as it did before an action, and is set as then in what the action changed."""
    before, now = record.before, snapshot(state)
    changed = [name for name, _ in record.action.data]
    return read_state(state.domain, state.state) == read_state(state.domain, before["state"]) and alike(
        {name: before.get(name) for name in changed}, {name: now.get(name) for name in changed}
    )


def is_echo(record: Record, old: State, new: State, *, undo: bool) -> bool:
    """Return whether a change only tells how a device does as told: it locks, it dims, it has taken a degree.

    Its reading stays, so that history does not ask who made such a change.
    """
    reading = read_state(new.domain, new.state)
    if reading != read_state(old.domain, old.state):
        return False
    return is_back(record, new) if undo else is_done(record, reading, thermostat_of(new))
