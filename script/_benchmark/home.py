"""Made homes of any size that look lived in: people with hours, rooms, devices with habits, sensors that follow them.

Nothing here is read from the simulated fleet of the training: what is measured is time, and that depends on how many
rows there are, how they are spread over entities and hours, and how often they say something new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import Entity, Home, read_state, state_name
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.timeline import Cause, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZONE: Final = "Europe/Berlin"
_OFFSET: Final = HOUR  # of winter, all year: nothing here is about change of clocks
_DEVICES_A_ROOM: Final = 6
_ROOMS: Final = ("Kitchen", "Living room", "Bedroom", "Bathroom", "Office", "Hallway", "Garage", "Attic", "Cellar")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Devices of a domain: share of all, uses a day, median minutes of a use, reports of mere attributes a change."""

    share: float
    uses: float
    minutes: float
    reports: float
    word: str


_DEVICES: Final = {
    "light": _Kind(0.46, 5.0, 40.0, 0.3, "light"),
    "switch": _Kind(0.20, 3.0, 60.0, 0.0, "plug"),
    "cover": _Kind(0.10, 1.5, 500.0, 0.5, "blind"),
    "media_player": _Kind(0.08, 3.0, 90.0, 3.0, "speaker"),
    "fan": _Kind(0.06, 1.5, 50.0, 0.0, "fan"),
    "climate": _Kind(0.05, 1.5, 240.0, 4.0, "heating"),
    "lock": _Kind(0.05, 4.0, 12.0, 0.0, "lock"),
}


@dataclass(frozen=True, slots=True)
class _Sensor:
    """Sensors of a kind: how many for each device, reports a day, and whether they report pulses of people."""

    share: float
    reports: float
    pulses: bool


_SENSORS: Final = {
    ("binary_sensor", "motion"): _Sensor(0.12, 60.0, pulses=True),
    ("binary_sensor", "door"): _Sensor(0.06, 18.0, pulses=True),
    ("binary_sensor", "window"): _Sensor(0.05, 3.0, pulses=True),
    ("sensor", "illuminance"): _Sensor(0.04, 450.0, pulses=False),
    ("sensor", "power"): _Sensor(0.02, 150.0, pulses=False),  # nothing that the integration reads
}


@dataclass(frozen=True, slots=True)
class Track:
    """The rows of one entity in order of time.

    `times`: float64 [n], Unix seconds. `places`: int64 [n], where in `texts` each state is. `changed`: bool [n],
    False for a row that reports new attributes only. `causes`: int8 [n].
    """

    entity: Entity
    times: NDArray[np.float64]
    places: NDArray[np.int64]
    texts: tuple[str, ...]
    changed: NDArray[np.bool_]
    causes: NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.times.size)

    @property
    def states(self) -> list[str]:
        """Return the text of each row."""
        return [self.texts[place] for place in self.places.tolist()]

    def timeline(self) -> Timeline:
        """Return what the integration keeps of it."""
        readings = np.array([read_state(self.entity.domain, text) for text in self.texts], dtype=np.int8)
        known = self.changed
        return Timeline.from_readings(self.times[known], readings[self.places[known]], self.causes[known])


@dataclass(frozen=True, slots=True)
class MadeHome:
    """A home and every row that was recorded of it in `days` up to `end` (Unix seconds)."""

    home: Home
    tracks: tuple[Track, ...]
    days: int
    end: float

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self.tracks))

    def recording(self) -> Recording:
        """Return what the engine is taught with: devices and evidence only."""
        watched = [t for t in self.tracks if t.entity.is_device or t.entity.is_evidence]
        return Recording(self.home, {t.entity.entity_id: t.timeline() for t in watched})


@dataclass(frozen=True, slots=True)
class _Life:
    """The hours of a household: Unix seconds of each day's [days] waking, leaving, coming back and going to bed."""

    wake: NDArray[np.float64]
    leave: NDArray[np.float64]
    back: NDArray[np.float64]
    bed: NDArray[np.float64]

    @classmethod
    def of(cls, rng: np.random.Generator, first: float, days: int) -> _Life:
        midnight = first + DAY * np.arange(days)
        wake = midnight + HOUR * rng.normal(6.8, 0.4, days)
        out = rng.random(days) < 0.75
        leave = wake + HOUR * rng.uniform(0.8, 2.0, days)
        return cls(
            wake,
            leave,
            np.where(out, leave + HOUR * rng.uniform(5.0, 9.0, days), leave),
            midnight + HOUR * rng.normal(22.7, 0.5, days),
        )

    def moments(self, rng: np.random.Generator, count: int, evening: float) -> NDArray[np.float64]:
        """Return sorted moments at which somebody is up and at home; `evening`: the share of them before bed."""
        day = rng.integers(0, self.wake.size, count)
        late = self.bed[day] - HOUR * rng.exponential(1.8, count)
        early = self.wake[day] + HOUR * rng.exponential(0.8, count)
        moments = np.where(rng.random(count) < evening, late, early)
        away = (moments > self.leave[day]) & (moments < self.back[day])
        moments[away] = (self.back[day] + HOUR * rng.exponential(1.0, count))[away]
        return np.sort(moments)


def make(devices: int, days: int, end: float, *, rows: int | None = None, left_on: float = 0.2) -> MadeHome:
    """Return a home of so many devices, and of sensors and people to go with them, that is always the same.

    `rows`: how many rows to have recorded (what is usual for the devices and days if None). `left_on`: share of
    the devices that are on at the end.
    """
    rng = np.random.default_rng(devices)
    pace = 1.0 if rows is None else 0.9 * rows / (days * _usual_rows(devices))
    first = np.floor((end + _OFFSET) / DAY) * DAY - _OFFSET - (days - 1) * DAY
    life = _Life.of(rng, first, days)
    rooms = tuple(_room(i) for i in range(max(devices // _DEVICES_A_ROOM, 2)))
    tracks = [
        *_devices(rng, life, rooms, devices, pace, left_on, end),
        *_people(life, end),
        *_sensors(rng, life, rooms, devices, pace, end),
    ]
    if rows is not None:
        tracks = _filled(rng, tracks, rows, first, end)
    home = Home("Benchmark", ZONE, 52.5, 13.4, {track.entity.entity_id: track.entity for track in tracks})
    return MadeHome(home, tuple(tracks), days, end)


def _usual_rows(devices: int) -> float:
    """Return the rows that a home leaves in a day."""
    switched = devices * sum(kind.share * kind.uses * (2.0 + kind.reports) for kind in _DEVICES.values())
    return switched + sum(_count(s, devices) * s.reports * (2 if s.pulses else 1) for s in _SENSORS.values())


def _count(kind: _Sensor, devices: int) -> int:
    return max(round(devices * kind.share), 1)


def _room(number: int) -> str:
    floor, place = divmod(number, len(_ROOMS))
    return _ROOMS[place] + (f" {floor + 1}" if floor else "")


def _devices(
    rng: np.random.Generator,
    life: _Life,
    rooms: Sequence[str],
    count: int,
    pace: float,
    left_on: float,
    end: float,
) -> Iterator[Track]:
    bounds = np.cumsum([kind.share for kind in _DEVICES.values()])
    kinds = list(_DEVICES.items())
    for number in range(count):
        domain, kind = kinds[min(int(np.searchsorted(bounds, (number * 0.618) % 1.0)), len(kinds) - 1)]
        room = rooms[number % len(rooms)]
        area = None if number % 10 == 9 else room
        entity = Entity(f"{domain}.{kind.word}_{number}", f"{room} {kind.word} {number}", area)
        uses = rng.poisson(pace * kind.uses * rng.lognormal(-0.18, 0.6) * life.wake.size) + 1
        starts = life.moments(rng, uses, rng.beta(2, 1))
        times, on = _uses(starts, 60.0 * kind.minutes * rng.lognormal(0.0, 0.8, uses), end)
        if rng.random() < left_on and times.size > 1:
            times, on = times[:-1], on[:-1]
        yield _switched(rng, entity, times, on, kind.reports)


def _uses(
    starts: NDArray[np.float64], lengths: NDArray[np.float64], end: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the changes that uses make, the first of them to off: when [n], and whether to on [n]."""
    keep = starts < end - 1200.0
    starts, lengths = starts[keep], lengths[keep]
    ends = np.minimum(starts + np.maximum(lengths, 5.0), end - 600.0)
    if starts.size > 1:
        ends[:-1] = np.minimum(ends[:-1], starts[1:] - 5.0)
    kept = ends > starts + 1.0
    times = np.stack((starts[kept], ends[kept]), axis=1).ravel()
    opening = (times[0] if times.size else end) - HOUR
    return np.concatenate(([opening], times)), np.arange(times.size + 1) % 2 == 1


def _switched(
    rng: np.random.Generator, entity: Entity, times: NDArray[np.float64], on: NDArray[np.bool_], reports: float
) -> Track:
    """Return the track of a device, with rows that report attributes only while it is on."""
    places = on.astype(np.int64)
    causes = rng.choice(
        np.array([Cause.PHYSICAL, Cause.PERSON, Cause.AUTOMATION], np.int8), times.size, p=(0.4, 0.35, 0.25)
    )
    changed = np.ones(times.size, dtype=np.bool_)
    counts = np.where(on, rng.poisson(2 * reports, times.size), 0)[:-1]
    if counts.sum():
        which = np.repeat(np.arange(counts.size), counts)
        extra = times[which] + rng.uniform(0.05, 0.95, which.size) * np.diff(times)[which]
        order = np.argsort(np.concatenate((times, extra)), kind="stable")
        changed = np.concatenate((changed, np.zeros(extra.size, np.bool_)))[order]
        places, causes = (np.concatenate((part, part[which]))[order] for part in (places, causes))
        times = np.concatenate((times, extra))[order]
    name = partial(state_name, entity.domain)
    return Track(entity, times.round(6), places, (name(0), name(1)), changed, causes)


def _people(life: _Life, end: float) -> Iterator[Track]:
    out = life.back > life.leave
    times, away = _uses(life.leave[out], (life.back - life.leave)[out], end)
    for number, person in enumerate(("Kim", "Alex", "Robin")):
        for domain in ("person", "device_tracker"):
            entity = Entity(f"{domain}.{person.lower()}", person)
            yield _sensed(entity, times + 20.0 * number, (~away).astype(np.int64), ("not_home", "home"))
    yield _sensed(Entity("zone.home", "Home"), times + 1.0, (~away).astype(np.int64), ("0", "3"))


def _sensors(
    rng: np.random.Generator, life: _Life, rooms: Sequence[str], devices: int, pace: float, end: float
) -> Iterator[Track]:
    for (domain, device_class), kind in _SENSORS.items():
        for number in range(_count(kind, devices)):
            room = rooms[number % len(rooms)]
            entity = Entity(f"{domain}.{device_class}_{number}", f"{room} {device_class}", room, device_class)
            count = rng.poisson(pace * kind.reports * life.wake.size) + 1
            if kind.pulses:
                times, on = _uses(life.moments(rng, count, 0.6), 60.0 * rng.lognormal(0.3, 0.8, count), end)
                yield _sensed(entity, times, on.astype(np.int64), ("off", "on"))
            else:
                first = float(life.wake[0] // DAY * DAY)
                yield _measured(entity, rng.uniform(first, end - 600.0, count), rng)


def _measured(entity: Entity, times: NDArray[np.float64], rng: np.random.Generator) -> Track:
    """Return a sensor that reports numbers which follow the sun, at these times in any order."""
    times = np.unique(times.round(6))
    daylight = np.maximum(np.sin(2 * np.pi * ((times + _OFFSET) % DAY / DAY - 0.25)), 0.0)
    values = (800.0 * daylight * rng.lognormal(0.0, 0.3, times.size) + 3.0).round(1)
    known, places = np.unique(values, return_inverse=True)
    return _sensed(entity, times, places, tuple(str(value) for value in known.tolist()))


def _sensed(entity: Entity, times: NDArray[np.float64], places: NDArray[np.int64], texts: tuple[str, ...]) -> Track:
    n = times.size
    return Track(entity, times.round(6), places, texts, np.ones(n, np.bool_), np.zeros(n, np.int8))


def _filled(rng: np.random.Generator, tracks: list[Track], rows: int, first: float, end: float) -> list[Track]:
    """Return the tracks with exactly so many rows: meters that the integration does not read take up the difference."""
    meters = [track for track in tracks if track.entity.device_class == "power"]
    rest = [track for track in tracks if track.entity.device_class != "power"]
    missing = max(rows - sum(map(len, rest)), len(meters))
    counts = np.diff(np.linspace(0, missing, len(meters) + 1).astype(int))
    return rest + [
        _measured(meter.entity, np.linspace(first, end - 600.0, count) + rng.uniform(0.0, 0.5, count), rng)
        for meter, count in zip(meters, counts.tolist(), strict=True)
    ]
