"""Measures how long the integration holds up the event loop, for `script/benchmark`.

Three views. *Stretch*: from entering code of the integration on the loop's thread until leaving it, whatever that code
calls meanwhile, by the clock and in processor time (other programs do not count there). *Lateness*: how much later than
asked a timer fires, whoever is to blame. *Collection*: the longest garbage collection, which stops every thread.
"""

import asyncio
import gc
import sys
import threading
from dataclasses import dataclass, field
from time import perf_counter, thread_time, time
from types import CodeType
from typing import Any

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

_OURS = "custom_components/hunches/"
_TOOL = sys.monitoring.PROFILER_ID
_TICK = 0.005


@dataclass(slots=True)
class Probe:
    """What was measured since `start`, in seconds, and when Home Assistant had started, in Unix seconds."""

    started: float | None = None
    stretch: float = 0.0
    stretch_by_clock: float = 0.0
    stretch_in: str = ""
    lateness: float = 0.0
    collection: float = 0.0
    _depth: int = 0
    _entered: tuple[float, float] = (0.0, 0.0)
    _collecting: float = 0.0
    _thread: int = 0
    _task: asyncio.Task[None] | None = field(default=None)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to measure."""
        self.stretch = self.stretch_by_clock = self.lateness = self.collection = 0.0
        self.stretch_in, self._depth = "", 0
        gc.callbacks.append(self._collect)
        self._thread = threading.get_ident()
        self._task = loop.create_task(self._tick())
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "hunches_demo")
        events = monitoring.events
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(_TOOL, event, self._enter)
        for event in (events.PY_RETURN, events.PY_YIELD):
            monitoring.register_callback(_TOOL, event, self._leave)
        monitoring.register_callback(_TOOL, events.PY_THROW, self._thrown)
        monitoring.register_callback(_TOOL, events.PY_UNWIND, self._unwound)
        monitoring.set_events(
            _TOOL,
            events.PY_START
            | events.PY_RESUME
            | events.PY_RETURN
            | events.PY_YIELD
            | events.PY_THROW
            | events.PY_UNWIND,
        )

    def stop(self) -> None:
        """Stop measuring."""
        gc.callbacks.remove(self._collect)
        sys.monitoring.set_events(_TOOL, 0)
        sys.monitoring.free_tool_id(_TOOL)
        if self._task is not None:
            self._task.cancel()

    async def _tick(self) -> None:
        while True:
            asked = perf_counter() + _TICK
            await asyncio.sleep(_TICK)
            self.lateness = max(self.lateness, perf_counter() - asked)

    def _enter(self, code: CodeType, _: int) -> Any:
        if _OURS not in code.co_filename:
            return sys.monitoring.DISABLE  # never asked about this code again
        if threading.get_ident() == self._thread:
            if self._depth == 0:
                self._entered = thread_time(), perf_counter()
            self._depth += 1
        return None

    def _leave(self, code: CodeType, _: int, __: object) -> Any:
        if _OURS not in code.co_filename:
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread and self._depth:
            self._depth -= 1
            if self._depth == 0:
                used, began = self._entered
                self.stretch_by_clock = max(self.stretch_by_clock, perf_counter() - began)
                if (took := thread_time() - used) > self.stretch:
                    self.stretch, self.stretch_in = took, code.co_qualname
        return None

    def _collect(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = perf_counter()
        else:
            self.collection = max(self.collection, perf_counter() - self._collecting)

    def _thrown(self, code: CodeType, offset: int, _: BaseException) -> None:
        if _OURS in code.co_filename:
            self._enter(code, offset)

    def _unwound(self, code: CodeType, offset: int, _: BaseException) -> None:
        if _OURS in code.co_filename:
            self._leave(code, offset, None)


_PROBE: HassKey[Probe] = HassKey("hunches_demo_probe")


@callback
def set_up(hass: HomeAssistant) -> None:
    """Offer the probe, and note when Home Assistant has started."""
    probe = hass.data[_PROBE] = Probe()

    @callback
    def started(_: Event) -> None:
        probe.started = time()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, started)
    websocket_api.async_register_command(hass, measure)


@websocket_api.websocket_command(
    {vol.Required("type"): "hunches_demo/measure", vol.Required("action"): vol.In(("start", "stop", "read"))}
)
@websocket_api.require_admin
@callback
def measure(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Start or stop the probe; send what it has measured."""
    probe = hass.data[_PROBE]
    if message["action"] == "start":
        probe.start(hass.loop)
    elif message["action"] == "stop":
        probe.stop()
    connection.send_result(
        message["id"],
        {
            "started": probe.started,
            "stretch": probe.stretch,
            "stretch_by_clock": probe.stretch_by_clock,
            "stretch_in": probe.stretch_in,
            "lateness": probe.lateness,
            "collection": probe.collection,
        },
    )
