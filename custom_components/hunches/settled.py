"""Waiting until a device has come to rest."""

import asyncio
from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event


class Settled:
    """Waits until an entity has come to rest as wanted."""

    def __init__(self, hass: HomeAssistant, entity_id: str, rests: Callable[[State], bool]) -> None:
        """Wait for nothing yet."""
        self._hass = hass
        self._entity_id = entity_id
        self._rests = rests
        self._reached = asyncio.Event()
        self._undo: CALLBACK_TYPE | None = None

    async def __aenter__(self) -> asyncio.Event:
        self._undo = async_track_state_change_event(self._hass, self._entity_id, self._on_state)
        return self._reached

    async def __aexit__(self, *_: object) -> None:
        if self._undo is not None:
            self._undo()

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and self._rests(state):
            self._reached.set()
