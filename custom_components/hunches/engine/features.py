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
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from .experts import EXPERTS, logit, profiles
from .home import DEVICE_DOMAINS, OFF, ON, UNKNOWN, Entity, Home
from .localtime import DAY, HOUR, LocalTime, hour_of, weekday_of, weekend_of
from .timeline import Cause

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .hunches import Context
    from .timeline import Timeline
    from .usage import Usage

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


def stable(entity: Entity, usage: Usage, home: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the encoder's inputs [217] of one device; `home` is `home_inputs` [16]."""
    rate = usage.rate
    base = float(logit(rate))
    profile, known = profiles(usage), usage.known / HOUR
    sun = (usage.sun_on / HOUR + 2 * rate) / (usage.sun_known / HOUR + 2)
    starts, uses, pauses = usage.starts.sum(axis=0), usage.uses.sum(), usage.pauses.sum()
    days = float(usage.known.sum() / DAY)
    recent = (usage.recent[0] + 2 * HOUR * rate) / (usage.recent[1] + 2 * HOUR)
    rates = np.array(
        [
            base / 4,
            (float(logit(recent)) - base) / 4,
            np.log1p(usage.history / DAY) / 4,
            np.log1p(days) / 4,
            np.log((starts.sum() + 0.2) / (days + 1.0)) / 3,
            np.log1p(uses) / 4,
            np.log1p(pauses) / 4,
            np.log((usage.spent[1] + 600) / (uses + 1)) / 8 - 1,
            np.log((usage.spent[0] + HOUR) / (pauses + 1)) / 8 - 1,
            (usage.days_on + 0.2) / (days + 1.0),
            float(usage.history < DAY),
            float(usage.state == UNKNOWN),
        ]
    )
    domain = np.array([entity.domain == name for name in DEVICE_DOMAINS], dtype=np.float64)
    device_class = np.array([entity.device_class == name for name in DEVICE_CLASSES], dtype=np.float64)
    inputs: NDArray[np.float32] = np.concatenate(
        (
            logit(profile).ravel() / 4,
            np.log1p(known).ravel() / 4,
            np.sqrt(starts / (starts.sum() + 1)),
            logit(sun) / 4,
            np.sqrt(usage.uses / (uses + 1)),
            np.sqrt(usage.pauses / (pauses + 1)),
            rates,
            usage.causes / (usage.causes.sum() + 1),
            domain,
            device_class,
            home,
        )
    ).astype(np.float32)
    return inputs


@dataclass(frozen=True, slots=True)
class Activity:
    """What the whole home did, ready to be asked about any moment.

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

    def room(self, area: str | None, asof: float) -> NDArray[np.float64]:
        """Return whether anything is known of the area, and log minutes since anything happened there: [2]."""
        if area is None or area not in self.rooms:
            return np.zeros(2)
        return np.array([1.0, _log_quiet(self.rooms[area], asof)])

    def at(self, asof: float) -> NDArray[np.float64]:
        """Return share of devices on, log minutes since anything, log counts of 10 minutes, 1 and 6 hours: [5]."""
        states = np.array([int(t.at(asof)) for t in self.devices])
        known = states != UNKNOWN
        end = np.searchsorted(self.moments, asof, side="right")
        counts = [end - np.searchsorted(self.moments, asof - span, side="right") for span in (600.0, HOUR, REACH)]
        share = float((states == ON).sum() / max(known.sum(), 1))
        return np.array([share, _log_quiet(self.moments, asof), *(np.log1p(c) / 5 for c in counts)])


def _log_quiet(moments: NDArray[np.float64], asof: float) -> float:
    """Return log minutes since the last of `moments` before `asof`, never more than `REACH`, scaled to [0, 1]."""
    end = np.searchsorted(moments, asof, side="right")
    quiet = min(asof - float(moments[end - 1]), REACH) if end else REACH
    return float(np.log1p(quiet / 60) / 6)


def dynamic(
    timeline: Timeline,
    usage: Usage,
    asof: float,
    activity: NDArray[np.float64],
    context: Context | None,
    clock: LocalTime,
) -> NDArray[np.float32]:
    """Return the decoder's view of now [21]: the device, the home (`Activity.at`), the clock and the context."""
    seen = timeline.until(asof)
    state, since = seen.current(asof)
    elapsed = max(asof - since, 0.0)
    finished, spent = (usage.uses, usage.spent[1]) if state == ON else (usage.pauses, usage.spent[0])
    usual = (spent + HOUR) / (finished.sum() + 1)
    counts = [
        len(seen) - np.searchsorted(seen.times, asof - span, side="right") - (seen.times[:1] > asof - span).sum()
        for span in (600.0, HOUR, DAY)
    ]
    guess = (0.0, 0.0, 0.0, 0.0) if context is None else (1.0, context.p_asleep, context.p_away, context.p_dark)
    return np.array(
        [
            float(state != UNKNOWN),
            float(state == ON) - float(state == OFF),
            float(len(seen) > 0 and seen.states[-1] == UNKNOWN),
            np.log1p(elapsed / 60) / 5 - 1,
            np.clip(np.log((elapsed + 60) / usual), -6, 6) / 4,
            *(np.log1p(max(int(c), 0)) / 3 for c in counts),
            *activity,
            *_moment(asof, clock),
            *guess,
        ],
        dtype=np.float32,
    )


@lru_cache(maxsize=4)
def _moment(asof: float, clock: LocalTime) -> tuple[float, float, float, float]:
    """Return what the clock and the sky say of a moment, the same for every device: `DYNAMIC` from the hour on."""
    local = clock.local(asof)
    angle = 2 * np.pi * float(hour_of(local)) / 24
    return float(np.sin(angle)), float(np.cos(angle)), float(weekend_of(local)), float(clock.elevation(asof)) / 45


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
