"""Waits until the recorder has written what it has heard, so that nothing is learned that a crash would take back."""

import asyncio
import threading
from typing import Final

from homeassistant.core import HomeAssistant

from .line import ready
from .trouble import SLOW, HistoryUnavailable, Stopped

PATIENCE: Final = 30
"""Seconds after which a recorder that writes nothing is given up: a backup or a purge may hold it up for minutes."""
_TICK: Final = 1.0


async def async_written(hass: HomeAssistant, stopped: threading.Event) -> None:
    """Wait until all that has happened up to now is in the recorder's database.

    Returns at once where nobody writes: reading will say why. Raises `HistoryUnavailable`, and `Stopped` soon after
    `stopped` is set.
    """
    try:
        writing = ready(hass).async_get_commit_future()
    except HistoryUnavailable:
        return
    if writing is None:
        return
    for _ in range(PATIENCE):
        if (await asyncio.wait((writing,), timeout=_TICK))[0]:
            return
        if stopped.is_set():
            raise Stopped
    raise HistoryUnavailable(SLOW, "it has not written for a while what it has heard")
