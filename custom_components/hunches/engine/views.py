"""What `features.py` says of one device, at many moments at once, for looking back over a stretch of history.

The same numbers in the same order, row by row, to within rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import analogs
from .experts import logit
from .features import DEVICE_CLASSES, REACH, Activity
from .home import DEVICE_DOMAINS, OFF, ON, UNKNOWN, Entity
from .localtime import DAY, HOUR, LocalTime, hour_of, weekend_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .context import Contexts
    from .timeline import Timeline
    from .usages import Usages


def stable(entity: Entity, usages: Usages, home: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the encoder's inputs [m, 217] at each moment (`features.stable`)."""
    m = usages.state.size
    rate = usages.rate[:, None]
    base = logit(rate)[:, 0]
    sun = (usages.sun_on / HOUR + 2 * rate) / (usages.sun_known / HOUR + 2)
    starts = usages.starts.sum(axis=1)
    began, uses, pauses = (a.sum(axis=1) for a in (starts, usages.uses, usages.pauses))
    days = usages.known.sum(axis=(1, 2)) / DAY
    recent = (usages.recent[:, 0] + 2 * HOUR * usages.rate) / (usages.recent[:, 1] + 2 * HOUR)
    rates = np.stack(
        (
            base / 4,
            (logit(recent) - base) / 4,
            np.log1p(usages.history / DAY) / 4,
            np.log1p(days) / 4,
            np.log((began + 0.2) / (days + 1.0)) / 3,
            np.log1p(uses) / 4,
            np.log1p(pauses) / 4,
            np.log((usages.spent[:, 1] + 600) / (uses + 1)) / 8 - 1,
            np.log((usages.spent[:, 0] + HOUR) / (pauses + 1)) / 8 - 1,
            (usages.days_on + 0.2) / (days + 1.0),
            usages.history < DAY,
            usages.state == UNKNOWN,
        ),
        axis=1,
    )
    kind = [entity.domain == name for name in DEVICE_DOMAINS] + [entity.device_class == name for name in DEVICE_CLASSES]
    inputs: NDArray[np.float32] = np.concatenate(
        (
            logit(analogs.profiles(usages)).reshape(m, -1) / 4,
            np.log1p(usages.known / HOUR).reshape(m, -1) / 4,
            np.sqrt(starts / (began + 1)[:, None]),
            logit(sun) / 4,
            np.sqrt(usages.uses / (uses + 1)[:, None]),
            np.sqrt(usages.pauses / (pauses + 1)[:, None]),
            rates,
            usages.causes / (usages.causes.sum(axis=1, keepdims=True) + 1),
            np.tile(np.array(kind, dtype=np.float64), (m, 1)),
            np.tile(home, (m, 1)),
        ),
        axis=1,
    ).astype(np.float32)
    return inputs


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all devices at `moments` [m].

    `activity` [m, 5]: `features.Activity.at`. `clock` [m, 4]: the hour on a circle, weekend, the sun. `context` [m, 4].
    `rooms` [m, 2] by area: `features.Activity.room`.
    """

    moments: NDArray[np.float64]
    activity: NDArray[np.float64]
    clock: NDArray[np.float64]
    context: NDArray[np.float64]
    rooms: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(
        cls, activity: Activity, moments: NDArray[np.float64], contexts: Contexts | None, clock: LocalTime
    ) -> Surroundings:
        """Gather them, each row from what was known at its moment; without `contexts`, nothing is known of those."""
        states = [t.at(moments) for t in activity.devices] or [np.full(moments.size, UNKNOWN, dtype=np.int8)]
        known, on = (np.sum(held, axis=0) for held in (np.not_equal(states, UNKNOWN), np.equal(states, ON)))
        end = np.searchsorted(activity.moments, moments, side="right")
        counts = [end - np.searchsorted(activity.moments, moments - s, side="right") for s in (600.0, HOUR, REACH)]
        local = clock.local(moments)
        angle = 2 * np.pi * hour_of(local) / 24
        guess = np.zeros((moments.size, 4))
        if contexts is not None:
            guess = np.stack((np.ones(moments.size), contexts.asleep, contexts.away, contexts.dark), axis=1)
        quiet = _log_quiet(activity.moments, moments)
        return cls(
            moments,
            np.stack((on / np.maximum(known, 1), quiet, *(np.log1p(c) / 5 for c in counts)), axis=1),
            np.stack((np.sin(angle), np.cos(angle), weekend_of(local), clock.elevation(moments) / 45), axis=1),
            guess,
            {
                area: np.stack((np.ones(moments.size), _log_quiet(times, moments)), axis=1)
                for area, times in activity.rooms.items()
            },
        )

    def room(self, area: str | None, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what is known of an area at some of the moments: [r, 2]."""
        found = self.rooms.get(area or "")
        return np.zeros((rows.size, 2)) if found is None else np.asarray(found[rows])


def _log_quiet(times: NDArray[np.float64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
    end = np.searchsorted(times, moments, side="right")
    last = np.concatenate(([-np.inf], times))[end]
    return np.asarray(np.log1p(np.minimum(moments - last, REACH) / 60) / 6)


def dynamic(
    timeline: Timeline, line: analogs.Line, usages: Usages, around: Surroundings, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the decoder's view [r, 21] of the moments `rows` (`features.dynamic`); `usages` has a row for each."""
    asofs = around.moments[rows]
    _, state, since = line.current(asofs)
    elapsed = np.maximum(asofs - since, 0.0)
    on = state == ON
    finished = np.where(on, usages.uses.sum(axis=1), usages.pauses.sum(axis=1))
    usual = (np.where(on, usages.spent[:, 1], usages.spent[:, 0]) + HOUR) / (finished + 1)
    seen = np.searchsorted(timeline.times, asofs, side="right")
    counts = [
        seen - np.searchsorted(timeline.times, asofs - span, side="right") - (timeline.times[0] > asofs - span)
        for span in (600.0, HOUR, DAY)
    ]
    gap = (seen > 0) & (timeline.states[np.maximum(seen - 1, 0)] == UNKNOWN)
    found: NDArray[np.float32] = np.concatenate(
        (
            np.stack(
                (
                    state != UNKNOWN,
                    on.astype(np.float64) - (state == OFF),
                    gap,
                    np.log1p(elapsed / 60) / 5 - 1,
                    np.clip(np.log((elapsed + 60) / usual), -6, 6) / 4,
                    *(np.log1p(np.maximum(c, 0)) / 3 for c in counts),
                ),
                axis=1,
            ),
            around.activity[rows],
            around.clock[rows],
            around.context[rows],
        ),
        axis=1,
    ).astype(np.float32)
    return found
