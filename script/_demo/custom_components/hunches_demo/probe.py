"""Measures how long the integration holds up the event loop, for `script/benchmark`.

*Stretch*: from entering code of the integration on the loop's thread until leaving it, whatever that code calls
meanwhile, by the clock and in processor time (other programs do not count there). *Lateness*: how much later than it
was due something would have run that was due every few milliseconds, whoever is to blame. *Collection*: a garbage
collection, which stops every thread; lateness is also told apart from it.
"""

import asyncio
import ctypes
import gc
import sys
import threading
from array import array
from dataclasses import dataclass, field
from time import perf_counter, thread_time, time
from types import CodeType
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]
import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

_OURS = "custom_components/hunches/"
_BESIDE = "custom_components/hunches/engine/"  # never runs on the loop's thread but for what others there call
_TOOL = sys.monitoring.PROFILER_ID
_TICK = 0.002
_OLDEST = 2


@dataclass(slots=True)
class Probe:
    """What was measured since `start`, in seconds, and when Home Assistant had started, in Unix seconds."""

    started: float | None = None
    stretch: float = 0.0
    stretch_by_clock: float = 0.0
    stretch_in: str = ""
    collection: float = 0.0
    full_collections: int = 0
    _late: array[float] = field(default_factory=lambda: array("d"))
    _late_apart: array[float] = field(default_factory=lambda: array("d"))
    _depth: int = 0
    _last: str = ""
    _entered: tuple[float, float] = (0.0, 0.0)
    _collecting: float = 0.0
    _collected: float = 0.0
    _thread: int = 0
    _task: asyncio.Task[None] | None = field(default=None)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to measure."""
        self.stretch = self.stretch_by_clock = self.collection = self._collected = 0.0
        self.stretch_in, self._depth, self.full_collections = "", 0, 0
        self._late, self._late_apart = array("d"), array("d")
        gc.callbacks.append(self._collect)
        self._thread = threading.get_ident()
        self._task = loop.create_task(self._tick(loop))
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

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data.

        `rss`: the memory of the process at this moment, in bytes. `rss_held`: what is left once the C library has
        given back what was freed.
        """
        rss = memory()
        give_back()
        return {
            "started": self.started,
            "stretch": self.stretch,
            "stretch_by_clock": self.stretch_by_clock,
            "stretch_in": self.stretch_in,
            "collection": self.collection,
            "full_collections": self.full_collections,
            "lateness": _quantiles(self._late),
            "lateness_apart": _quantiles(self._late_apart),
            "rss": rss,
            "rss_held": memory(),
        }

    async def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + _TICK
        before = self._collected
        while True:
            await asyncio.sleep(max(due - loop.time(), 0.0))
            # Since the last time that was read, whatever ran since: a collection may begin in this loop as well.
            now, after = loop.time(), self._collected_by_now()
            collected, before = after - before, after
            while due <= now:  # a long stop makes everything late that was due meanwhile, not one thing
                self._late.append(now - due)
                self._late_apart.append(max(now - due - collected, 0.0))
                due += _TICK

    def _enter(self, code: CodeType, _: int) -> Any:
        if _BESIDE in code.co_filename or _OURS not in code.co_filename:
            return sys.monitoring.DISABLE  # never asked about this code again
        if threading.get_ident() == self._thread:
            self._last = ""
            if self._depth == 0:
                self._entered = thread_time(), perf_counter()
            self._depth += 1
        return None

    def _leave(self, code: CodeType, _: int, __: object) -> Any:
        if _BESIDE in code.co_filename or _OURS not in code.co_filename:
            return sys.monitoring.DISABLE
        if threading.get_ident() == self._thread and self._depth:
            self._depth -= 1
            self._last = self._last or code.co_qualname  # the innermost that a stretch ends in
            if self._depth == 0:
                used, began = self._entered
                self.stretch_by_clock = max(self.stretch_by_clock, perf_counter() - began)
                if (took := thread_time() - used) > self.stretch:
                    self.stretch, self.stretch_in = took, f"{code.co_qualname}, up to {self._last}"
        return None

    def _collected_by_now(self) -> float:
        # One in another thread may be over without having been told yet: the loop has its turn first.
        return self._collected + (perf_counter() - self._collecting if self._collecting else 0.0)

    def _collect(self, phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = perf_counter()
            return
        if not self._collecting:
            return  # it was running when this began to measure
        took = perf_counter() - self._collecting
        self._collecting = 0.0
        self._collected += took
        self.collection = max(self.collection, took)
        self.full_collections += told["generation"] == _OLDEST

    def _thrown(self, code: CodeType, offset: int, _: BaseException) -> None:
        if _OURS in code.co_filename and _BESIDE not in code.co_filename:
            self._enter(code, offset)

    def _unwound(self, code: CodeType, offset: int, _: BaseException) -> None:
        if _OURS in code.co_filename and _BESIDE not in code.co_filename:
            self._leave(code, offset, None)


def memory() -> int:
    """Return the resident memory of this process in bytes."""
    return int(psutil.Process().memory_info().rss)


def give_back() -> None:
    """Return freed memory to the system where the C library can, so that using it again is seen."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError, OSError:
        return


def _quantiles(late: array[float]) -> dict[str, float]:
    if not late:
        return {}
    found = np.quantile(np.array(late), (0.5, 0.99, 0.999, 1.0)).tolist()
    return dict(zip(("p50", "p99", "p99.9", "max"), found, strict=True))


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
    connection.send_result(message["id"], probe.as_json())
