"""A household: its people, and when each of them sleeps, is awake at home and is away.

The survey tables say how days look; lasting personal routines, drawn from the same tables, say that most of one
person's days look alike. Shifts, trips, holidays, outings and guests are laid over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import holidays
import numpy as np

from . import calibration as c
from .spans import Spans
from .tables import CLUSTERS, FIRST_HOUR, QUARTERS, chain, cluster_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.localtime import LocalTime

ASLEEP: Final = 0
HOME: Final = 1
AWAY: Final = 2
DAY: Final = 86400.0
_MINUTE: Final = 60.0
_SHORTEST: Final = 240.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What one person does: from `starts[i]` on, `states[i]`; `end` closes the last. Unix seconds."""

    starts: NDArray[np.float64]
    states: NDArray[np.int8]
    end: float

    @property
    def ends(self) -> NDArray[np.float64]:
        """Return when each stretch ends."""
        return np.append(self.starts[1:], self.end)

    def spans(self, *states: int) -> Spans:
        """Return when the person is in any of `states`."""
        keep = np.isin(self.states, states)
        return Spans.union(self.starts[keep], self.ends[keep])

    def at(self, moments: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return the state at each moment."""
        return self.states[np.maximum(np.searchsorted(self.starts, moments, side="right") - 1, 0)]

    def overlay(self, spans: Spans, state: int, only: int | None = None) -> Plan:
        """Return the plan with `state` during `spans`, or only where it was `only` before."""
        if not len(spans):
            return self
        times = np.unique(np.concatenate([self.starts, spans.starts, spans.ends]))
        times = times[(times >= self.starts[0]) & (times < self.end)]
        states = self.at(times)
        inside = spans.contains(times)
        if only is not None:
            inside &= states == only
        return _merged(times, np.where(inside, state, states).astype(np.int8), self.end)


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a household; `bedroom` numbers the bedroom, `guest` people come and go.

    `lies`: minutes awake in bed before and after sleep, medians.
    """

    plan: Plan
    child: bool
    guest: bool
    bedroom: int
    driver: bool
    phone: bool
    forgetful: float
    night_trips: float
    lies: tuple[float, float] = (10.0, 3.0)
    naps_on_sofa: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """When the whole home is empty, asleep, or has somebody awake in it."""

    away: Spans
    asleep: Spans
    awake: Spans
    start: float
    end: float

    def attention(self, moment: float, seconds: float) -> float:
        """Return when somebody will have been awake at home for `seconds` after `moment` (the end if never)."""
        i = int(np.searchsorted(self.awake.ends, moment, side="right"))
        starts, ends = self.awake.starts, self.awake.ends
        left = seconds
        while i < len(self.awake):
            begin = max(float(starts[i]), moment)
            if ends[i] - begin > left:
                return begin + left
            left -= float(ends[i]) - begin
            i += 1
        return self.end


def _log_uniform(rng: np.random.Generator, pair: c.Pair) -> float:
    return float(np.exp(rng.uniform(*np.log(pair))))


def _merged(times: NDArray[np.float64], states: NDArray[np.int8], end: float) -> Plan:
    new = np.append(True, states[1:] != states[:-1])
    return Plan(times[new], states[new], end)


def _to_utc(local: NDArray[np.float64], clock: LocalTime) -> NDArray[np.float64]:
    guess = local - clock.offset(local)
    return np.asarray(np.maximum.accumulate(local - clock.offset(guess)))


def _routine_days(rng: np.random.Generator, cluster: int, weekend: bool, calm: int = 5) -> NDArray[np.int8]:
    """Return one typical day of a cluster: the calmest of a few."""
    days = chain(rng, calm, cluster, weekend)
    calmest: NDArray[np.int8] = days[int(np.argmin((np.diff(days, axis=1) != 0).sum(axis=1)))]
    return calmest


def _usual_night(rng: np.random.Generator, cluster: int, weekend: bool, draws: int = 15) -> tuple[int, int] | None:
    """Return the quarters in which people of a cluster usually get up and go to bed; None if few sleep at night."""
    days = chain(rng, draws, cluster, weekend)
    days = days[(days[:, 0] == ASLEEP) & (days[:, -1] == ASLEEP) & (days != ASLEEP).any(axis=1)]
    if len(days) < draws / 2:
        return None
    up, bed = _night(days)
    return int(np.median(up)), int(np.median(bed))


def _night(days: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last quarter of each day [n, QUARTERS] that was not slept through."""
    awake = days != ASLEEP
    return np.argmax(awake, axis=1), QUARTERS - 1 - np.argmax(awake[:, ::-1], axis=1)


def _kept(days: NDArray[np.int8], night: tuple[int, int] | None) -> NDArray[np.int8]:
    """Return days [n, QUARTERS] whose night begins and ends as usual; who got up later is at home meanwhile."""
    if night is None:
        return days
    quarter = np.arange(QUARTERS)
    first, last = (part[:, None] for part in _night(days))
    awake = np.where((quarter < first) | (quarter > last), np.int8(HOME), days)
    return np.where((quarter >= night[0]) & (quarter <= night[1]), awake, np.int8(ASLEEP))


def _cluster(rng: np.random.Generator, age: int, weekend: bool) -> int:
    shares = np.cumsum(cluster_shares(weekend)[age])
    return min(int(np.searchsorted(shares, rng.random() * shares[-1])), CLUSTERS - 1)


def _plan(
    rng: np.random.Generator,
    age: int,
    first_day: int,
    days: int,
    weekdays: NDArray[np.int64],
    change: int,
    clock: LocalTime,
    earlier: float,
) -> Plan:
    """Return a person's days; `weekdays` [days] of the week, habits change at day `change` (`days`: never).

    `earlier`: hours by which everything of this person comes earlier (children's bedtimes).
    """
    weekend = weekdays >= 5
    fresh = np.empty((days, QUARTERS), dtype=np.int8)
    regularity = rng.uniform(*c.REGULARITY)
    routine = rng.random(days) < regularity
    shift = rng.normal(0, _log_uniform(rng, c.PERSONAL_SHIFT_MINUTES), 2) * _MINUTE - earlier * 3600.0
    keeps = rng.uniform(*c.HOURS_KEPT)
    jitter = np.exp(rng.uniform(*np.log(c.ROUTINE_JITTER_MINUTES))) * _MINUTE
    offsets = np.zeros(days, dtype=np.int64)
    if rng.random() < c.SHIFT_WORK:
        rota = rng.choice(c.SHIFT_HOURS, int(rng.integers(2, 5)))
        offsets = np.where(weekend, 0, rota[(np.arange(days) + first_day) // 7 % rota.size])
    phase = np.zeros(days)
    for era, (begin, stop) in enumerate(((0, change), (change, days))):
        if begin >= stop:
            continue
        for is_weekend in (False, True):
            rows = np.flatnonzero((weekend == is_weekend) & (np.arange(days) >= begin) & (np.arange(days) < stop))
            if not rows.size:
                continue
            cluster = _cluster(rng, age, is_weekend)
            fresh[rows] = chain(rng, rows.size, cluster, is_weekend)
            fresh[rows[routine[rows]]] = _routine_days(rng, cluster, is_weekend)
            if rng.random() < c.SECOND_ROUTINE:
                which = rng.random(7) < 0.4
                second = rows[routine[rows] & which[weekdays[rows]]]
                fresh[second] = _routine_days(rng, _cluster(rng, age, is_weekend), is_weekend)
            kept = rows[rng.random(rows.size) < keeps]
            fresh[kept] = _kept(fresh[kept], _usual_night(rng, cluster, is_weekend))
            phase[rows] = shift[era] + rng.uniform(0, 900)
    for hours in np.unique(offsets[offsets != 0]):
        rows = np.flatnonzero(offsets == hours)
        fresh[rows] = np.roll(fresh[rows], int(hours) * 4, axis=1)
    # one draw for the whole day (late to bed, late to rise), one for each moment of it
    before = np.concatenate([[np.int8(ASLEEP)], fresh.ravel()[:-1]]).reshape(days, QUARTERS)
    day, quarter = np.nonzero(fresh != before)
    noise = np.where(routine[day], jitter, 450.0)
    times = (day + first_day) * DAY + FIRST_HOUR * 3600.0 + quarter * 900.0 + phase[day]
    times += rng.normal(0, 1, days)[day] * 0.5 * noise + rng.normal(0, 1, day.size) * noise
    times = np.maximum.accumulate(times)
    start = first_day * DAY + FIRST_HOUR * 3600.0
    times = np.concatenate([[start], np.maximum(times, start)])
    states = np.concatenate([[np.int8(ASLEEP)], fresh[day, quarter]])
    end = (first_day + days) * DAY + FIRST_HOUR * 3600.0
    keep = (np.append(times[1:], end) - times >= _SHORTEST) & (times < end)
    keep[0] = True
    utc = _to_utc(np.append(times[keep], end), clock)
    return _merged(utc[:-1], states[keep], float(utc[-1]))


def _outings(rng: np.random.Generator, plan: Plan, a_day: float, minutes: float, sigma: float) -> Plan:
    """Lay outings over the waking hours at home, at `a_day` a day; `minutes` is their median length."""
    home = plan.spans(HOME).longer(1800.0)
    count = rng.poisson(a_day * (plan.end - float(plan.starts[0])) / DAY)
    if not count or not len(home):
        return plan
    which = rng.integers(0, len(home), count)
    lengths = np.exp(rng.normal(np.log(minutes * _MINUTE), sigma, count))
    starts = home.starts[which] + rng.random(count) * (home.ends - home.starts)[which]
    return plan.overlay(Spans.union(starts, starts + lengths), AWAY, only=HOME)


def _absences(rng: np.random.Generator, start: float, end: float, a_month: float) -> Spans:
    count = rng.poisson(a_month * (end - start) / (30 * DAY))
    begin = rng.uniform(start, end, count) // DAY * DAY + rng.uniform(7, 20, count) * 3600.0
    days = np.minimum(np.exp(rng.normal(np.log(c.ABSENCE_DAYS[0]), c.ABSENCE_DAYS[1], count)), c.ABSENCE_MOST_DAYS)
    return Spans.union(begin, begin + np.maximum(days, 0.8) * DAY)


def _guest(rng: np.random.Generator, plans: list[Plan], a_week: float) -> Plan:
    """Return the plan of guests: away, but for visits while somebody is at home; asleep when the first host is."""
    host = plans[0]
    home = host.spans(HOME).longer(2 * 3600.0)
    start = float(host.starts[0])
    plan = Plan(np.array([start]), np.array([AWAY], dtype=np.int8), host.end)
    count = min(int(rng.poisson(a_week * (host.end - start) / (7 * DAY))), len(home))
    if not count:
        return plan
    which = np.sort(rng.choice(len(home), count, replace=False))
    begin = home.starts[which] + rng.random(count) * 0.4 * (home.ends - home.starts)[which]
    stays = rng.random(count) < c.GUESTS_STAY
    late = home.ends[which] - rng.uniform(0, 1800, count)
    finish = np.where(stays, begin + rng.uniform(14, 40, count) * 3600.0, late)
    visits = Spans.union(begin, finish)
    plan = plan.overlay(visits, HOME)
    plan = plan.overlay(host.spans(ASLEEP), ASLEEP, only=HOME)
    return plan.overlay(host.spans(AWAY), AWAY)


def _naps(rng: np.random.Generator, plan: Plan, clock: LocalTime) -> Plan:
    """Lay naps over the afternoons at home."""
    days = int((plan.end - float(plan.starts[0])) / DAY)
    chosen = np.flatnonzero(rng.random(days) < rng.uniform(*c.NAPS_A_DAY))
    local = clock.local(plan.starts[:1])[0] // DAY * DAY + chosen * DAY
    begin = _to_utc(local + rng.uniform(*c.NAP_HOURS) * 3600.0 + rng.normal(0, 2400, chosen.size), clock)
    minutes = np.exp(rng.normal(np.log(c.NAP_MINUTES[0]), c.NAP_MINUTES[1], chosen.size))
    ends = begin + minutes * _MINUTE
    calm = plan.spans(HOME).longer(3600.0)
    inside = calm.contains(begin - 600.0) & calm.contains(ends + 600.0)
    return plan.overlay(Spans.union(begin[inside], ends[inside]), ASLEEP, only=HOME)


@lru_cache(maxsize=1024)
def _public_holidays(country: str, year: int) -> frozenset[int]:
    """Return a year's public holidays as days since 1970-01-01."""
    epoch = date(1970, 1, 1).toordinal()
    return frozenset(day.toordinal() - epoch for day in holidays.country_holidays(country, years=year))


def _weekdays(rng: np.random.Generator, first_day: int, days: int, zone: str) -> NDArray[np.int64]:
    """Return the weekday of each day (0: Monday); public holidays are Sundays, for most households."""
    every = np.arange(first_day, first_day + days)
    weekdays = (every + 3) % 7
    country = c.COUNTRIES.get(zone)
    if country is None or rng.random() >= c.HOLIDAYS_KEPT:
        return weekdays
    years = (1970 + np.unique(every / 365.2425).astype(np.int64)).tolist()
    free = frozenset().union(*(_public_holidays(country, year) for year in {*years, years[-1] + 1}))
    return np.where(np.isin(every, list(free)), 6, weekdays)


def _joined(several: list[Spans]) -> Spans:
    return Spans.union(np.concatenate([s.starts for s in several]), np.concatenate([s.ends for s in several]))


def household(
    rng: np.random.Generator, size: int, first_day: int, days: int, clock: LocalTime, change: int
) -> tuple[Person, ...]:
    """Return the people of a home over `days` local days from `first_day` (days since 1970-01-01, from 04:00).

    `size`: 1-5 residents; guests come on top. `change`: the day at which routines change (`days`: never).
    """
    weekdays = _weekdays(rng, first_day, days, clock.zone)
    adults = size if size < c.CHILD_FROM or rng.random() < c.ADULTS_ONLY else int(rng.choice([1, 2, 2, 2]))
    base_age = int(rng.choice(len(c.ADULT_AGES), p=c.ADULT_AGES))
    plans: list[Plan] = []
    for number in range(size):
        child = number >= adults
        age = 0 if child else (base_age if number < 2 else int(rng.integers(0, 2)))
        earlier = rng.uniform(0.5, 2.0) if child else 0.0
        plan = _plan(rng, age, first_day, days, weekdays, change, clock, earlier)
        if not child:
            outings = np.exp(rng.uniform(*np.log(c.OUTINGS_A_DAY)))
            plan = _outings(rng, plan, float(outings), *c.OUTING_MINUTES)
            if rng.random() < c.WORK_TRIPS:
                plan = plan.overlay(
                    _absences(rng, float(plan.starts[0]), plan.end, rng.uniform(*c.WORK_TRIPS_A_MONTH)), AWAY
                )
            if rng.random() < c.NAPPERS:
                plan = _naps(rng, plan, clock)
        plans.append(plan)
    start, end = float(plans[0].starts[0]), min(plan.end for plan in plans)
    together = _absences(rng, start, end, c.ABSENCES_A_MONTH * float(rng.random()) ** 2)
    weekly = rng.uniform(*c.FAMILY_OUTINGS_A_WEEK)
    trips = _outings(rng, plans[0], weekly / 7, 120.0, 0.7).spans(AWAY)
    for number, plan in enumerate(plans):
        joined = plan.overlay(together, AWAY)
        if size > 1:
            joined = joined.overlay(trips, AWAY, only=HOME) if rng.random() < 0.8 else joined
        plans[number] = joined
    alone = _joined([p.spans(ASLEEP, HOME) for p in plans[:adults]]).outside(start, end)
    couple = adults >= 2 and rng.random() < 0.8
    people = []
    for number, plan in enumerate(plans):
        child = number >= adults
        if child:
            plan = plan.overlay(alone, AWAY)  # a child is never at home alone  # noqa: PLW2901
        bedroom = 0 if number == 0 or (number == 1 and couple) else number - int(couple)
        people.append(
            Person(
                Plan(plan.starts, plan.states, end),
                child,
                False,
                bedroom,
                not child and rng.random() < 0.7,
                not child or rng.random() < 0.3,
                float(np.exp(rng.normal(0, 0.5))) * (1.6 if child else 1.0),
                float(rng.uniform(*c.NIGHT_TRIPS)),
                (_log_uniform(rng, c.LIES_MINUTES[0]), _log_uniform(rng, c.LIES_MINUTES[1])),
                bool(rng.random() < c.NAP_ON_SOFA),
            )
        )
    if rng.random() < c.GUEST_HOMES:
        plan = _guest(rng, plans, float(rng.uniform(*c.GUESTS_A_WEEK)))
        people.append(Person(Plan(plan.starts, plan.states, end), False, True, 0, False, False, 1.0, 0.2))
    return tuple(people)


def presence(people: tuple[Person, ...], start: float, end: float) -> Presence:
    """Return when the home as a whole is away, asleep or has somebody awake, within [start, end)."""
    at_home = [p.plan.spans(ASLEEP, HOME) for p in people]
    awake = [p.plan.spans(HOME) for p in people]
    up = _joined(awake).cut(start, end)
    away = _joined(at_home).outside(start, end)
    asleep = _joined([away, up]).outside(start, end)
    return Presence(away, asleep, up, start, end)
