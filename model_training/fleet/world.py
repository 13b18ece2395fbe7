"""Everything about a simulated home that its devices depend on: people, rooms, occasions, sky and temper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import calibration as c
from .people import Person, Presence, household, presence
from .rooms import Room, Stays, layout, move, occupancy
from .sky import Sky, sky
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.localtime import LocalTime

_HOUR = 3600.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class World:
    """A home without its devices, over [start, end) in Unix seconds.

    `occupied`: for each room when somebody awake is in it; `left_by`: who left at each end of it. `wake`, `bed`,
    `leave`, `back`: moments at which the household as a whole gets up, is asleep, has left, is back. `forget`: the
    home's forgetting as (leaving home, falling asleep, leaving a room); `patience`: seconds for which a room may
    stay empty with things on; `burns`: share of lights that burn all evening wherever people are. `change`: when
    habits change (`end`: never). `sweeps`: whether an automation switches things off when everybody has left, is in
    bed.
    """

    start: float
    end: float
    clock: LocalTime
    sky: Sky
    people: tuple[Person, ...]
    rooms: tuple[Room, ...]
    stays: Stays
    presence: Presence
    occupied: tuple[Spans, ...]
    left_by: tuple[NDArray[np.int64], ...]
    wake: NDArray[np.float64]
    bed: NDArray[np.float64]
    leave: NDArray[np.float64]
    back: NDArray[np.float64]
    forget: NDArray[np.float64]
    patience: float
    burns: float
    change: float
    sweeps: tuple[bool, bool]

    def days(self) -> NDArray[np.float64]:
        """Return the local midnights, as Unix seconds, of all days that the world touches."""
        first, last = self.clock.local(np.array([self.start, self.end])) // _DAY
        local = np.arange(first, last + 1) * _DAY
        return np.asarray(local - self.clock.offset(local))

    def warmth(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a rough outdoor temperature of the season in degrees Celsius, from latitude and date alone."""
        latitude = self.clock.latitude or 0.0
        phase = 2 * np.pi * (moments / (365.25 * _DAY) - 200 / 365.25)
        swing = 0.22 * latitude
        return np.asarray(27.0 - 0.38 * abs(latitude) + swing * np.cos(phase))


def _left_by(stays: Stays, room: int, spans: Spans) -> NDArray[np.int64]:
    keep = np.flatnonzero((stays.rooms == room) & ~stays.asleep)
    if not keep.size:
        return np.zeros(0, dtype=np.int64)
    order = keep[np.argsort(stays.ends[keep], kind="stable")]
    last = np.searchsorted(stays.ends[order], spans.ends, side="right") - 1
    return stays.people[order[np.maximum(last, 0)]]


def build(
    rng: np.random.Generator,
    clock: LocalTime,
    first_day: int,
    days: int,
    sizes: tuple[float, ...] = c.HOUSEHOLD_SIZES,
) -> World:
    """Return a home whose people live in it for `days` local days from `first_day` (days since 1970-01-01).

    `sizes`: shares of households of one, two … residents.
    """
    change = int(days * rng.uniform(0.25, 0.75)) if rng.random() < c.HABIT_CHANGE else days
    size = 1 + int(rng.choice(len(sizes), p=sizes))
    people = household(rng, size, first_day, days, clock, change)
    start, end = float(people[0].plan.starts[0]), people[0].plan.end
    here = presence(people, start, end)
    rooms = layout(rng, people)
    stays = move(rng, rooms, people, clock)
    occupied = tuple(occupancy(stays, room.number) for room in rooms)
    nights = here.asleep.longer(3 * _HOUR)
    gone = here.away.longer(900.0)
    temper = np.exp(rng.normal(0, c.FORGET_SIGMA, 3) * 0.5 + rng.normal(0, c.FORGET_SIGMA) * 0.85)
    return World(
        start,
        end,
        clock,
        sky(rng, clock, start, end),
        people,
        rooms,
        stays,
        here,
        occupied,
        tuple(_left_by(stays, room.number, occupied[room.number]) for room in rooms),
        nights.ends[nights.ends < end],
        nights.starts[nights.starts > start],
        gone.starts[gone.starts > start],
        gone.ends[gone.ends < end],
        np.minimum(np.array(c.FORGET) * temper, c.FORGET_MOST),
        60.0 * float(np.exp(rng.uniform(*np.log(c.PATIENCE_MINUTES)))),
        c.BURNS * float(rng.random()) ** 1.5,
        end if change >= days else start + change * _DAY,
        (bool(rng.random() < c.SWEEPS[0]), bool(rng.random() < c.SWEEPS[1])),
    )
