"""The one place where inputs become tensors, for training and at run time alike.

Stable inputs (the encoder's) say what a device is and how it is used; dynamic inputs (the decoder's) say what is going
on now; the query says which moment is asked about. All are float32, scaled to about [-2, 2]; the tables below give
each block's name and size in order.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .experts import EXPERTS, logit, profiles
from .home import DEVICE_DOMAINS, OFF, ON, UNKNOWN, Entity, Home
from .hunches import Context
from .localtime import DAY, HOUR, LocalTime, hour_of, weekday_of, weekend_of
from .timeline import Cause

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .context import Contexts
    from .timeline import Timeline
    from .usage import Usage, Usages

DEVICE_CLASSES: Final = (
    "outlet",
    "switch",
    "tv",
    "speaker",
    "receiver",
    "awning",
    "blind",
    "curtain",
    "door",
    "garage",
    "gate",
    "shade",
    "shutter",
    "window",
    "humidifier",
    "dehumidifier",
)
STABLE: Final[Mapping[str, int]] = {
    "profile": 48,  # log-odds of being on by weekend and hour, shrunk towards the rate
    "support": 48,  # log hours seen of each
    "starts": 24,  # root of the share of switchings on by hour
    "sun": 8,  # log-odds of being on by the sun's elevation
    "uses": 15,  # root of the share of uses by duration
    "pauses": 15,
    "rates": 12,
    "causes": 5,
    "domain": len(DEVICE_DOMAINS),
    "device_class": len(DEVICE_CLASSES),
    "home": 16,
}
DYNAMIC: Final = (
    "known",
    "on",
    "in_gap",
    "log_elapsed",
    "elapsed_to_usual",
    "changes_10min",
    "changes_1h",
    "changes_1d",
    "share_on",
    "log_quiet",
    "home_10min",
    "home_1h",
    "home_6h",
    "sin_hour",
    "cos_hour",
    "weekend",
    "elevation",
    "has_context",
    "asleep",
    "away",
    "dark",
)
QUERY: Final = (
    "log_horizon",
    "decay_3h",
    "decay_12h",
    "decay_72h",
    "sin_hour",
    "cos_hour",
    "sin_2hour",
    "cos_2hour",
    "sin_week",
    "cos_week",
    "weekend",
    "elevation",
)
N_STABLE: Final = sum(STABLE.values())
N_TOKENS: Final = 24
N_NAME_TOKENS: Final = 16
N_VOCABULARY: Final = 4096
"""Hashed character n-grams; 0 stands for none."""
REACH: Final = 6 * HOUR
"""How far back a home's activity counts, in seconds."""
_EVERYWHERE: Final = frozenset({"sun", "weather"})  # what every home has says nothing about this one
_QUIET_DOMAINS: Final = frozenset({"sun", "zone", "sensor", "weather"})


def tokens(entity: Entity) -> NDArray[np.int64]:
    """Return hashed 3- and 4-grams [24] of the name (16 places) and of area and labels (8 places), 0 where none."""
    out = np.zeros(N_TOKENS, dtype=np.int64)
    name = _grams(entity.name, N_NAME_TOKENS)
    place = _grams(" ".join(filter(None, (entity.area, *entity.labels))), N_TOKENS - N_NAME_TOKENS, salt="@")
    out[: len(name)] = name
    out[N_NAME_TOKENS : N_NAME_TOKENS + len(place)] = place
    return out


def _grams(text: str, limit: int, salt: str = "") -> list[int]:
    words = unicodedata.normalize("NFKC", text).casefold().split()
    padded = [f"<{word}>" for word in words]
    found = [w[i : i + n] for n in (4, 3) for w in padded for i in range(max(len(w) - n + 1, int(n == 3)))]
    return [zlib.crc32((salt + gram).encode()) % (N_VOCABULARY - 1) + 1 for gram in found[:limit]]


def home_inputs(home: Home) -> NDArray[np.float32]:
    """Return what kind of home it is [16]: its size, its kinds, its evidence and how far from the equator."""
    devices = home.devices
    evidence = [e for e in home.evidence if e.domain not in _EVERYWHERE]
    n = max(len(devices), 1)
    kinds = [
        sum(e.domain == domain for e in devices) / n for domain in ("light", "switch", "media_player", "cover", "lock")
    ]
    classes = {e.device_class for e in evidence}
    people = any(e.domain in {"person", "device_tracker", "zone"} for e in evidence)
    return np.array(
        [
            np.log1p(len(devices)) / 3,
            np.log1p(len(evidence)) / 3,
            *kinds,
            1 - sum(kinds),
            sum(e.area is not None for e in devices) / n,
            float("motion" in classes),
            float("occupancy" in classes),
            float(bool(classes & {"door", "opening", "window", "garage_door"})),
            float(people),
            abs(45.0 if home.latitude is None else home.latitude) / 60,
            float(home.latitude is not None and home.latitude < 0),
            float(not evidence),
        ],
        dtype=np.float32,
    )


def stable(entity: Entity, usage: Usage | Usages, home: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the encoder's inputs [..., 217] of one device at one moment or several; `home` is `home_inputs` [16]."""
    rate = np.asarray(usage.rate)
    base = logit(rate)
    known, starts = usage.known / HOUR, usage.starts.sum(axis=-2)
    sun = (usage.sun_on / HOUR + 2 * rate[..., None]) / (usage.sun_known / HOUR + 2)
    began, uses, pauses, causes = (a.sum(axis=-1) for a in (starts, usage.uses, usage.pauses, usage.causes))
    days = usage.known.sum(axis=(-2, -1)) / DAY
    recent = (usage.recent[..., 0] + 2 * HOUR * rate) / (usage.recent[..., 1] + 2 * HOUR)
    rates = np.stack(
        (
            base / 4,
            (logit(recent) - base) / 4,
            np.log1p(usage.history / DAY) / 4,
            np.log1p(days) / 4,
            np.log((began + 0.2) / (days + 1.0)) / 3,
            np.log1p(uses) / 4,
            np.log1p(pauses) / 4,
            np.log((usage.spent[..., 1] + 600) / (uses + 1)) / 8 - 1,
            np.log((usage.spent[..., 0] + HOUR) / (pauses + 1)) / 8 - 1,
            (usage.days_on + 0.2) / (days + 1.0),
            np.less(usage.history, DAY),
            np.equal(usage.state, UNKNOWN),
        ),
        axis=-1,
    )
    kind = [entity.domain == name for name in DEVICE_DOMAINS] + [entity.device_class == name for name in DEVICE_CLASSES]
    always = np.concatenate((np.array(kind, dtype=np.float64), home))
    inputs: NDArray[np.float32] = np.concatenate(
        (
            logit(profiles(usage)).reshape(*rate.shape, -1) / 4,
            np.log1p(known).reshape(*rate.shape, -1) / 4,
            np.sqrt(starts / (began + 1)[..., None]),
            logit(sun) / 4,
            np.sqrt(usage.uses / (uses + 1)[..., None]),
            np.sqrt(usage.pauses / (pauses + 1)[..., None]),
            rates,
            usage.causes / (causes + 1)[..., None],
            np.broadcast_to(always, (*rate.shape, always.size)),
        ),
        axis=-1,
    ).astype(np.float32)
    return inputs


@dataclass(frozen=True, slots=True)
class Activity:
    """What the whole home did, ready to be asked about any moments [...] (Unix seconds).

    `moments`: float64 [n], sorted times at which somebody or something did something. `rooms`: the same by area.
    `devices`: timelines of what can be on.
    """

    moments: NDArray[np.float64]
    rooms: Mapping[str, NDArray[np.float64]]
    devices: tuple[Timeline, ...]

    @classmethod
    def of(cls, home: Home, timelines: Mapping[str, Timeline]) -> Activity:
        """Gather the activity of a home; the sun, the weather, opening states and what we did are not activity."""
        by_area: dict[str, list[NDArray[np.float64]]] = {}
        for entity in home.entities.values():
            if entity.entity_id in timelines and entity.domain not in _QUIET_DOMAINS:
                timeline = timelines[entity.entity_id]
                moments = timeline.times[1:][timeline.causes[1:] != Cause.OURS]
                by_area.setdefault(entity.area or "", []).append(moments)
        rooms = {area: np.sort(np.concatenate(parts)) for area, parts in by_area.items()}
        moments = np.sort(np.concatenate([*rooms.values(), np.zeros(0)]))
        rooms.pop("", None)
        return cls(moments, rooms, tuple(timelines[e.entity_id] for e in home.devices if e.entity_id in timelines))

    def room(self, area: str | None, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return whether anything is known of the area, and log minutes since anything happened there: [..., 2]."""
        if area is None or area not in self.rooms:
            return np.zeros((*np.shape(moments), 2))
        quiet = _log_quiet(self.rooms[area], moments)
        return np.stack((np.ones_like(quiet), quiet), axis=-1)

    def at(self, moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return share of devices on, log minutes since anything, log counts of 10 minutes, 1 and 6 hours: [..., 5]."""
        asof = np.asarray(moments)
        states = np.array([t.at(asof) for t in self.devices], dtype=np.int8).reshape(-1, *asof.shape)
        known, on = (states != UNKNOWN).sum(axis=0), (states == ON).sum(axis=0)
        end = np.searchsorted(self.moments, asof, side="right")
        counts = [end - np.searchsorted(self.moments, asof - span, side="right") for span in (600.0, HOUR, REACH)]
        quiet = _log_quiet(self.moments, asof)
        return np.stack((on / np.maximum(known, 1), quiet, *(np.log1p(c) / 5 for c in counts)), axis=-1)


def _log_quiet(times: NDArray[np.float64], moments: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return log minutes since the last of `times` before `moments` [...], at most of `REACH`, scaled to [0, 1]."""
    end = np.searchsorted(times, moments, side="right")
    last = np.concatenate(([-np.inf], times))[end]
    return np.asarray(np.log1p(np.minimum(moments - last, REACH) / 60) / 6)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all devices of a home at `moments` [...], Unix seconds.

    `seen` [..., 13]: `Activity.at`, the hour on a circle, weekend, the sun, and the context: `DYNAMIC` from "share_on".
    """

    moments: NDArray[np.float64]
    seen: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        activity: Activity,
        moments: NDArray[np.float64] | float,
        context: Context | Contexts | None,
        clock: LocalTime,
    ) -> Surroundings:
        """Gather what was known at `moments`; of the context, one for all of them or one for each, perhaps nothing."""
        asof = np.asarray(moments, dtype=np.float64)
        local = clock.local(asof)
        angle = 2 * np.pi * hour_of(local) / 24
        told: list[Any] = [np.sin(angle), np.cos(angle), weekend_of(local), clock.elevation(asof) / 45]
        if context is None:
            told += (0.0, 0.0, 0.0, 0.0)
        elif isinstance(context, Context):
            told += (1.0, context.p_asleep, context.p_away, context.p_dark)
        else:
            told += (1.0, context.asleep, context.away, context.dark)
        parts = [np.broadcast_to(part, asof.shape) for part in told]
        return cls(asof, np.concatenate((activity.at(asof), np.stack(parts, axis=-1)), axis=-1))

    def at(self, rows: NDArray[np.int64]) -> Surroundings:
        """Return those of some of the moments."""
        return Surroundings(self.moments[rows], self.seen[rows])


def dynamic(timeline: Timeline, usage: Usage | Usages, around: Surroundings) -> NDArray[np.float32]:
    """Return the decoder's view [..., 21] of a device at the moments of `around`; `usage` as of each of them."""
    asof = around.moments
    state, since = timeline.stands(asof)
    on = state == ON
    elapsed = np.maximum(asof - since, 0.0)
    finished = np.where(on, usage.uses.sum(axis=-1), usage.pauses.sum(axis=-1))
    usual = (np.where(on, usage.spent[..., 1], usage.spent[..., 0]) + HOUR) / (finished + 1)
    seen = np.searchsorted(timeline.times, asof, side="right")
    opening = timeline.times[0] if len(timeline) else -np.inf  # is no change
    counts = [
        seen - np.searchsorted(timeline.times, asof - span, side="right") - (opening > asof - span)
        for span in (600.0, HOUR, DAY)
    ]
    own = (
        state != UNKNOWN,
        on.astype(np.float64) - (state == OFF),
        (seen > 0) & (timeline.at(asof) == UNKNOWN),
        np.log1p(elapsed / 60) / 5 - 1,
        np.clip(np.log((elapsed + 60) / usual), -6, 6) / 4,
        *(np.log1p(np.maximum(count, 0)) / 3 for count in counts),
    )
    found: NDArray[np.float32] = np.concatenate((np.stack(own, axis=-1), around.seen), axis=-1).astype(np.float32)
    return found


def scaled_horizon(hours: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the first of the query's numbers: hours ahead, on a logarithmic scale."""
    return np.asarray(np.log(np.asarray(hours) + 0.05) / 3)


def query(asof: NDArray[np.float64] | float, targets: NDArray[np.float64], clock: LocalTime) -> NDArray[np.float32]:
    """Return what is asked [m, 12]: how far ahead of `asof` (one or [m]), and each target's time of day and week."""
    hours = np.maximum(targets - asof, 1.0) / HOUR
    local = clock.local(targets)
    hour = hour_of(local)
    day = 2 * np.pi * hour / 24
    week = 2 * np.pi * (weekday_of(local) + hour / 24) / 7
    columns = (
        scaled_horizon(hours),
        np.exp(-hours / 3),
        np.exp(-hours / 12),
        np.exp(-hours / 72),
        np.sin(day),
        np.cos(day),
        np.sin(2 * day),
        np.cos(2 * day),
        np.sin(week),
        np.cos(week),
        weekend_of(local),
        clock.elevation(targets) / 45,
    )
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)


N_EXPERTS: Final = len(EXPERTS)
