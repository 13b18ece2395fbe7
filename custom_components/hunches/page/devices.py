"""The view "Devices": what each device is like, when it was on, and when it is expected to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
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
from ..engine.hunches import Context
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
"""Seconds for which the context of a forecast is good enough."""
_FOLLOWED: Final = 8 * DAY
"""How far back a home is followed for the context of a day ago: through all of its weeks takes ten times as long."""


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
    known = partial(outlooks.expected, coordinator.model, Recording(home, lines), coordinator.data.context)
    return await coordinator.hass.async_add_executor_job(known, entity_id, now)


async def _async_known(coordinator: HunchesCoordinator) -> tuple[Home, dict[str, Timeline]]:
    async with coordinator.lock:
        if coordinator.mind is None:
            raise AnswerError("not_ready")
        # By the ids that the mind knows: a new one is there when it has learned anew
        return coordinator.mind.home, await coordinator.hass.async_add_executor_job(coordinator.mind.timelines)


@dataclass(slots=True)
class Outlooks:
    """Forecasts for the page. The context is followed once for all devices that are looked at in a while."""

    _contexts: Contexts | None = None
    _home: Home | None = field(default=None)

    def expected(
        self, model: Model, recording: Recording, context: Context | None, entity_id: str, now: float
    ) -> dict[str, Any]:
        """Return the expected and the actual state of a device, hour by hour. Slow: for an executor.

        `context`: of the last look, None before the first.
        """
        home = recording.home
        if self._contexts is None or self._home is not home or not 0 <= now - float(self._contexts.times[-1]) < _FRESH:
            self._contexts, self._home = _contexts(recording, context, now), home
        hour = now // HOUR * HOUR
        past = [hour + (i - _HOURS) * HOUR for i in range(_HOURS)]
        ahead = [hour + i * HOUR for i in range(_HOURS)]
        queries = [Query(entity_id, now - DAY, max(start + HOUR / 2, now - DAY)) for start in past]
        queries += [Query(entity_id, now, max(start + HOUR / 2, now)) for start in ahead]
        p = forecaster.answer(model, recording, queries, self._contexts)
        line, clock = recording.timelines[entity_id], LocalTime(home.time_zone, home.latitude, home.longitude)
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


def _contexts(recording: Recording, context: Context | None, now: float) -> Contexts:
    """Return the context of a day ago, as the days before it tell, and of now."""
    since = {key: line.since(now - _FOLLOWED) for key, line in recording.timelines.items()}
    past = follow(Recording(recording.home, since), np.array([now - DAY, now]))
    if context is None:
        return past
    found = ((past.asleep, context.p_asleep), (past.away, context.p_away), (past.dark, context.p_dark))
    return Contexts(past.times, *(np.array([before[0], present]) for before, present in found))


def share_on(timeline: Timeline, start: float, end: float) -> float | None:
    """Return which part of a time (Unix seconds) a device was on, of what is known; None if nothing is."""
    among = timeline.until(end).since(start)
    if not len(among):
        return None
    lengths = np.diff(np.append(np.maximum(among.times, start), end))
    known = among.states != UNKNOWN
    total = float(lengths[known].sum())
    return None if total <= 0 else round(float(lengths[known & (among.states == ON)].sum()) / total, 3)
