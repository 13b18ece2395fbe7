"""The view "Devices": what each device is like, when it was on, and when it is expected to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from homeassistant.util import dt as dt_util

from ..coordinator import HunchesCoordinator
from ..engine import forecaster
from ..engine.bundle import Recording
from ..engine.context import Contexts, follow
from ..engine.forecaster import Query
from ..engine.habits import usual_minutes, usual_off_hour
from ..engine.home import ON, UNKNOWN, Home
from ..engine.localtime import DAY, HOUR, LocalTime
from ..engine.model import Model
from ..engine.timeline import Timeline
from ..errors import AnswerError
from ..words import name_of, plain
from .packing import packed
from .viewer import Viewer

DAYS: Final = (1, 3, 7, 14)
"""How many days of on-times can be asked for."""
_HOURS: Final = 24
_FRESH: Final = 600.0
"""Seconds for which the context of a forecast is good enough: following a home through its weeks takes long."""


async def async_devices(coordinator: HunchesCoordinator, viewer: Viewer) -> list[dict[str, Any]]:
    """Return what is known of every device that a viewer may see; nothing before learning. Slow at the first time."""
    home = coordinator.home
    if home is None:
        return []
    return [
        {
            "entity_id": key,
            "name": name_of(coordinator.hass, home, key),
            "area": plain(home.entities[key].area or "") or None,
            **{name: device[name] for name in ("archetype", "map", "history_days") if name in device},
        }
        for device in await coordinator.async_describe()
        if (key := device["entity_id"]) in home.entities and viewer.may_see(key)
    ]


async def async_timelines(coordinator: HunchesCoordinator, viewer: Viewer, days: int) -> dict[str, Any]:
    """Return when each device that a viewer may see was on in the last days. Raises `AnswerError`."""
    home, lines = await _async_known(coordinator)
    end = dt_util.utcnow().timestamp()
    visible = {e.entity_id: lines[e.entity_id] for e in home.devices if viewer.may_see(e.entity_id)}
    start = round(end) - days * DAY
    return await coordinator.hass.async_add_executor_job(packed, visible, start, float(round(end)))


async def async_expected(
    coordinator: HunchesCoordinator, outlooks: Outlooks, viewer: Viewer, entity_id: str
) -> dict[str, Any]:
    """Return how likely a device is on in each of the next and the last 24 hours, and how it was.

    What is expected of the last hours is what was known a day ago. Raises `AnswerError`.
    """
    home, lines = await _async_known(coordinator)
    entity = home.entities.get(entity_id)
    if entity is None or not entity.is_device or not viewer.may_see(entity_id):
        raise AnswerError("no_device", name_of(coordinator.hass, home, entity_id))
    now = dt_util.utcnow().timestamp()
    return await coordinator.hass.async_add_executor_job(
        outlooks.expected, coordinator.model, home, lines, entity_id, now
    )


async def _async_known(coordinator: HunchesCoordinator) -> tuple[Home, dict[str, Timeline]]:
    async with coordinator.lock:
        if coordinator.mind is None or coordinator.home is None:
            raise AnswerError("not_ready")
        return coordinator.home, await coordinator.hass.async_add_executor_job(coordinator.mind.timelines)


@dataclass(slots=True)
class Outlooks:
    """Forecasts for the page. The context is followed once for all devices that are looked at in a while."""

    _contexts: Contexts | None = None
    _home: Home | None = field(default=None)

    def expected(
        self, model: Model, home: Home, lines: dict[str, Timeline], entity_id: str, now: float
    ) -> dict[str, Any]:
        """Return the expected and the actual state of a device, hour by hour. Slow: for an executor."""
        recording = Recording(home, lines)
        contexts = self._contexts
        if contexts is None or self._home is not home or not 0 <= now - float(contexts.times[-1]) < _FRESH:
            contexts = follow(recording, np.array([now - DAY, now]))
            self._contexts, self._home = contexts, home
        hour = now // HOUR * HOUR
        past = [hour + (i - _HOURS) * HOUR for i in range(_HOURS)]
        ahead = [hour + i * HOUR for i in range(_HOURS)]
        queries = [Query(entity_id, now - DAY, max(start + HOUR / 2, now - DAY)) for start in past]
        queries += [Query(entity_id, now, max(start + HOUR / 2, now)) for start in ahead]
        p = forecaster.answer(model, recording, queries, contexts)
        line, clock = lines[entity_id], LocalTime(home.time_zone, home.latitude, home.longitude)
        minutes = usual_minutes(line)
        return {
            "entity_id": entity_id,
            "hour": hour,
            "past": [round(float(x), 3) for x in p[:_HOURS]],
            "was": [share_on(line, start, start + HOUR) for start in past],
            "ahead": [round(float(x), 3) for x in p[_HOURS:]],
            "usual_minutes": minutes and [round(m, 1) for m in minutes],
            "usual_off_hour": usual_off_hour(line, now, clock),
        }


def share_on(timeline: Timeline, start: float, end: float) -> float | None:
    """Return which part of a time (Unix seconds) a device was on, of what is known; None if nothing is."""
    among = timeline.until(end).since(start)
    if not len(among):
        return None
    lengths = np.diff(np.append(np.maximum(among.times, start), end))
    known = among.states != UNKNOWN
    total = float(lengths[known].sum())
    return None if total <= 0 else round(float(lengths[known & (among.states == ON)].sum()) / total, 3)
