"""Counts what an integration could leave behind: listeners, tasks, threads, objects of its classes, memory."""

import asyncio
import ctypes
import gc
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FunctionType
from typing import Any

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant

_OURS = "custom_components.hunches."
_KB = 1024
_BACKGROUND_SECONDS = 120.0


@websocket_api.websocket_command({vol.Required("type"): "hunches_faults/census"})
@websocket_api.require_admin
@websocket_api.async_response
async def census(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send how many there are of each, once everything that is due has been done, and what runs in the background."""
    await hass.async_block_till_done()
    if busy := {task for task in asyncio.all_tasks() if task.get_name().startswith("hunches ")}:
        await asyncio.wait(busy, timeout=_BACKGROUND_SECONDS)
    connection.send_result(message["id"], await hass.async_add_executor_job(_count, hass, asyncio.all_tasks()))


def _count(hass: HomeAssistant, tasks: set[asyncio.Task[Any]]) -> dict[str, Any]:
    gc.collect()
    objects = Counter(
        f"{kind.__module__}.{kind.__qualname__}".removeprefix(_OURS)
        for kind in (thing if isinstance(thing, FunctionType) else type(thing) for thing in gc.get_objects())
        if f"{kind.__module__}.".startswith(_OURS)
    )
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # what is free but not given back is nobody's
    return {
        "listeners": dict(hass.bus.async_listeners()),
        "tasks": sorted(task.get_name() for task in tasks if not task.done()),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "objects": dict(objects),
        "blocks": sys.getallocatedblocks(),
        "kilobytes": _resident(),
    }


def _resident() -> int:
    """Return the memory that the process holds, by Linux's own account, in KB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // _KB
