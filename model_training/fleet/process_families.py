"""The families of random processes that switch a device, each with its own random parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from . import process_ranges as ranges
from .process_draw import Durations, HourProfile, chance, spread
from .process_ranges import DAY, HOUR, MINUTE
from .spans import Spans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from .process_days import Days

_CYCLES_A_DAY: Final = 60.0  # the most that an alternating process may switch


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses of a device in order of start; they may overlap. Each array is float64 [n] in Unix seconds.

    `intended`: when the use would end if nobody forgot; `ends`: when it does. `inverted`: the stretches are those
    in which the device is off.
    """

    starts: NDArray[np.float64]
    intended: NDArray[np.float64]
    ends: NDArray[np.float64]
    inverted: bool = False

    @classmethod
    def of(cls, starts: NDArray[np.float64], ends: NDArray[np.float64], *, inverted: bool = False) -> Uses:
        """Return uses that end as intended, in order of start; those without positive length are dropped."""
        real = ends > starts
        starts, ends = starts[real], ends[real]
        order = np.argsort(starts, kind="stable")
        return cls(starts[order], ends[order], ends[order], inverted)

    def keep(self, chosen: NDArray[np.bool_]) -> Uses:
        """Return the chosen uses alone (bool [n])."""
        return Uses(self.starts[chosen], self.intended[chosen], self.ends[chosen], self.inverted)

    def __len__(self) -> int:
        """Return the number of uses."""
        return int(self.starts.size)


@dataclass(frozen=True, slots=True)
class Family:
    """How one family draws a device's uses, and whether people do the switching (or else a clock or a machine)."""

    draw: Callable[[Generator, Days], Uses]
    by_hand: bool


def _rate_limit(days: Days) -> float:
    """Return the most uses a day that a recording of this length may have."""
    return max(2.0, ranges.CHANGES_BUDGET / 2 / days.length)


def _use_median(rate: float) -> tuple[float, float]:
    low, high = ranges.USE_MEDIAN
    return low, max(2 * low, min(high, ranges.USE_OF_CYCLE * DAY / max(rate, 1.0)))


def _day_counts(rng: Generator, days: Days, rate: float) -> NDArray[np.int64]:
    """Draw how many uses each day has, int64 [d]: Poisson with busy days and weekends, or nearly constant."""
    coupling = rng.uniform(0, 1.2) if chance(rng, ranges.COUPLED) else 0.0
    weekend = float(np.exp(rng.normal(0, 0.7))) if chance(rng, ranges.WEEKEND_DIFFERS) else 1.0
    mean = rate * days.busy**coupling * np.where(days.weekend, weekend, 1.0)
    if chance(rng, ranges.REGULAR):
        return np.asarray(np.floor(mean + rng.random(mean.size)), dtype=np.int64)
    shape = spread(rng, ranges.DISPERSION)
    mean = mean * rng.gamma(shape, 1 / shape, mean.size)
    return np.asarray(rng.poisson(np.minimum(mean, 5 * rate)), dtype=np.int64)


def _starts(rng: Generator, days: Days, rate: float) -> NDArray[np.float64]:
    """Draw starts from a profile over hours, sorted Unix seconds."""
    day = np.repeat(np.arange(days.midnights.size), _day_counts(rng, days, rate))
    seconds = HourProfile.draw(rng).sample(rng, day.size)
    if chance(rng, ranges.WEEKEND_DIFFERS):
        seconds = np.where(days.weekend[day], HourProfile.draw(rng).sample(rng, day.size), seconds)
    return np.sort(days.to_utc(days.midnights[day] + seconds))


def _bursts(rng: Generator, starts: NDArray[np.float64]) -> NDArray[np.float64]:
    repeats = rng.geometric(1 / (1 + spread(rng, ranges.BURST_REPEATS)), starts.size) - 1
    first = np.concatenate([[0], np.cumsum(repeats)[:-1]]) if starts.size else np.zeros(0)
    gaps = Durations.draw(rng, ranges.BURST_GAP).sample(rng, int(repeats.sum()))
    total = np.cumsum(gaps)
    before = np.append(0.0, total)[first.astype(np.int64)]  # what earlier bursts have added up to
    return np.sort(np.append(starts, np.repeat(starts - before, repeats) + total))


def _used(rng: Generator, days: Days, rate: float) -> Uses:
    rate = min(rate, _rate_limit(days))
    starts = _starts(rng, days, rate)
    if chance(rng, ranges.BURSTS) and rate < 0.2 * _rate_limit(days):
        starts = _bursts(rng, starts)
    return Uses.of(starts, starts + Durations.draw(rng, _use_median(rate)).sample(rng, starts.size))


def _poisson(rng: Generator, days: Days) -> Uses:
    return _used(rng, days, spread(rng, ranges.RATE))


def _rare(rng: Generator, days: Days) -> Uses:
    return _used(rng, days, spread(rng, ranges.RATE_RARE))


def _always_on(rng: Generator, days: Days) -> Uses:
    starts = _starts(rng, days, spread(rng, (0.01, 1.5)))
    offs = Durations.draw(rng, (10.0, 8 * HOUR)).sample(rng, starts.size)
    return Uses.of(starts, starts + offs, inverted=True)


def _until(rng: Generator, days: Days) -> Uses:
    """Draw uses that begin at some time, off at about one hour whatever the start."""
    starts = _starts(rng, days, spread(rng, (0.2, 3.0)))
    hour = rng.normal(23.0, 1.5) if chance(rng, 0.7) else rng.uniform(0, 24)
    jitter = spread(rng, (1 * MINUTE, 50 * MINUTE))
    local = starts + days.clock.offset(starts)
    ends = local + (hour * HOUR - local) % DAY + jitter * rng.standard_normal(starts.size)
    return Uses.of(starts, np.maximum(days.to_utc(ends), starts + MINUTE))


def _pattern(rng: Generator, days: Days) -> NDArray[np.bool_]:
    """Draw on which days something is done, bool [d]: all, workdays, weekends, certain weekdays, every few days."""
    number = (days.midnights // DAY).astype(np.int64)
    match int(rng.choice(5, p=(0.5, 0.15, 0.08, 0.17, 0.1))):
        case 0:
            return np.ones(number.size, dtype=np.bool_)
        case 1:
            return ~days.weekend
        case 2:
            return days.weekend
        case 3:
            weekdays = rng.choice(7, size=int(rng.integers(1, 5)), replace=False)
            return np.asarray(np.isin(number % 7, weekdays))
        case _:
            every = int(rng.integers(2, 15))
            return np.asarray(number % every == rng.integers(every))


def _routine(rng: Generator, days: Days) -> Uses:
    """Draw a few uses a day at much the same times, each kept or skipped."""
    slots = int(rng.integers(1, 6))
    same = Durations.draw(rng, _use_median(float(slots)))
    to_hour = chance(rng, 0.3)
    starts, ends = [], []
    for _ in range(slots):
        day = days.midnights[_pattern(rng, days) & (rng.random(days.midnights.size) < rng.uniform(0.25, 1.0))]
        jitter = spread(rng, (1 * MINUTE, 100 * MINUTE))
        begun = day + rng.triangular(5, 18, 25) * HOUR + jitter * rng.standard_normal(day.size)
        if to_hour:
            lasts = spread(rng, (10 * MINUTE, 10 * HOUR)) + jitter * rng.standard_normal(day.size)
        else:
            lasts = same.sample(rng, day.size)
        begun = days.to_utc(begun)
        starts.append(begun)
        ends.append(begun + np.maximum(lasts, ranges.USE_SECONDS[0]))
    return Uses.of(np.concatenate(starts), np.concatenate(ends))


def _timer(rng: Generator, days: Days) -> Uses:
    """Draw a schedule: to the minute, or with the jitter of a presence simulation."""
    jitter = 0.0 if chance(rng, 0.6) else spread(rng, (1.0, 15 * MINUTE))
    kept = 1.0 - spread(rng, (0.001, 0.2))
    starts, ends = [], []
    for _ in range(int(rng.integers(1, 5))):
        day = days.midnights[_pattern(rng, days) & (rng.random(days.midnights.size) < kept)]
        begun = day + np.round(rng.uniform(0, 24 * 12)) * 5 * MINUTE + jitter * rng.standard_normal(day.size)
        lasts = np.ceil(spread(rng, (2.0, 16 * 60.0))) * MINUTE
        starts.append(days.to_utc(begun))
        ends.append(days.to_utc(begun + np.maximum(lasts + jitter * rng.standard_normal(day.size), MINUTE)))
    return Uses.of(np.concatenate(starts), np.concatenate(ends))


def _sun(rng: Generator, days: Days) -> Uses:
    """Draw uses from dusk, or from dawn, to the other, a fixed hour or for a time."""
    n = days.midnights.size
    by_day = chance(rng, 0.3)
    first, other = (days.dawn, days.dusk) if by_day else (days.dusk, days.dawn + DAY)
    jitter = 0.0 if chance(rng, 0.4) else spread(rng, (1 * MINUTE, 40 * MINUTE))
    begun = days.midnights + first + rng.uniform(-HOUR, 1.5 * HOUR) + jitter * rng.standard_normal(n)
    match int(rng.integers(3)):
        case 0:
            ended = days.midnights + other + rng.uniform(-HOUR, HOUR) + jitter * rng.standard_normal(n)
        case 1:
            hour = rng.uniform(12, 20) if by_day else rng.uniform(20, 26)
            ended = days.midnights + hour * HOUR + jitter * rng.standard_normal(n)
        case _:
            ended = begun + Durations.draw(rng, (10 * MINUTE, 8 * HOUR)).sample(rng, n)
    done = rng.random(n) < 1.0 - spread(rng, (0.002, 0.5))
    return Uses.of(days.to_utc(begun[done]), days.to_utc(ended[done]))


def _presence(rng: Generator, days: Days) -> Uses:
    """Draw uses for some of the stretches in which people are up and at home."""
    home = days.awake()
    n = len(home)
    delay = Durations.draw(rng, (20.0, 90 * MINUTE)).sample(rng, n)
    starts = home.starts + delay
    ends = home.ends + rng.normal(-4, 6) * MINUTE * rng.random(n)
    if chance(rng, 0.5):
        ends = np.minimum(ends, starts + Durations.draw(rng, (10 * MINUTE, 8 * HOUR)).sample(rng, n))
    done = rng.random(n) < rng.uniform(0.15, 1.0)
    if chance(rng, 0.4):
        done &= days.clock.elevation(starts) < rng.uniform(-6, 15)
    return Uses.of(starts[done], ends[done])


def _alternate(rng: Generator, days: Days, on: Durations, off: Durations, swing: float) -> Spans:
    """Draw on- and off-times in turn from `begin` to `end`; `swing` makes both longer or shorter for a while."""
    span = days.end - days.begin
    typical = float(np.median(on.sample(rng, 64)) + np.median(off.sample(rng, 64)))
    n = int(np.clip(2 * span / typical, 16, min(_CYCLES_A_DAY, _rate_limit(days)) * span / DAY))
    length = np.stack([off.sample(rng, n), on.sample(rng, n)], axis=1)
    knots = rng.standard_normal(2 + n // 20)
    length *= np.exp(swing * np.interp(np.linspace(0, knots.size - 1, n), np.arange(knots.size), knots))[:, None]
    edges = np.cumsum(length.reshape(-1))
    edges *= max(1.0, span / edges[-1])  # a cap on the number of cycles must not end the process early
    edges += days.begin - rng.random() * edges[1]
    return Spans.union(edges[0::2], edges[1::2])


def _renewal(rng: Generator, days: Days) -> Uses:
    on = Durations.draw(rng, (20.0, 4 * DAY))
    off = Durations.draw(rng, (3 * MINUTE, 4 * DAY))
    found = _alternate(rng, days, on, off, spread(rng, (0.0, 1.0)))
    return Uses.of(found.starts, found.ends)


def _weeks(rng: Generator, days: Days) -> Uses:
    on, off = (Durations.draw(rng, (0.3 * DAY, 20 * DAY), (0.4, 1.5)) for _ in range(2))
    found = _alternate(rng, days, on, off, 0.0)
    return Uses.of(found.starts, found.ends, inverted=chance(rng, 0.5))


def _cycler(rng: Generator, days: Days) -> Uses:
    """Draw a machine that cycles all day, or while it is asked to."""
    on = Durations.draw(rng, (3 * MINUTE, 40 * MINUTE), (0.02, 0.3))
    off = Durations.draw(rng, (8 * MINUTE, 3 * HOUR), (0.02, 0.4))
    found = _alternate(rng, days, on, off, spread(rng, (0.0, 0.3)))
    if chance(rng, 0.6):
        asked = (_routine if chance(rng, 0.5) else _presence)(rng, days)
        found = found.intersect(Spans.union(asked.starts, asked.ends))
    return Uses.of(found.starts, found.ends)


def _markov(rng: Generator, days: Days) -> Uses:
    """Draw memoryless switching at hourly rates, drawn at once.

    One uniform number a step decides for both states: below the chance of going on the device is on afterwards,
    above one minus the chance of going off it is off, and in between it stays as it was.
    """
    step = float(rng.choice((300.0, 600.0, 900.0)))
    grid = np.arange(days.begin, days.end, step, dtype=np.float64)
    local = (grid + days.clock.offset(grid)) % DAY
    on_mean, off_mean = spread(rng, (10 * MINUTE, 2 * DAY)), spread(rng, (15 * MINUTE, 3 * DAY))
    ups = step / off_mean * HourProfile.draw(rng).rate(local) * rng.uniform(1, 4)
    downs = step / on_mean * (HourProfile.draw(rng).rate(local) * 3 if chance(rng, 0.5) else np.ones(grid.size))
    ups, downs = np.minimum(ups, 0.5), np.minimum(downs, 0.5)
    draw = rng.random(grid.size)
    decided = np.flatnonzero((draw < ups) | (draw > 1 - downs))
    state = draw[decided] < ups[decided]
    moments = grid[decided] + step * rng.random(decided.size)
    new = np.append(True, state[1:] != state[:-1]) if state.size else state
    moments, state = moments[new], state[new]
    ends = np.append(moments[1:], days.end + DAY)
    return Uses.of(moments[state], ends[state])


def _left(rng: Generator, days: Days) -> Uses:
    """Draw something that is opened and shut, and left either way: a contact on a machine's door, a lamp at its plug.

    Each touch is short and then leaves one of the two states, at odds that hold for a while and then change.
    """
    starts = _starts(rng, days, min(spread(rng, ranges.LEFT_TOUCHES), _rate_limit(days)))
    if chance(rng, ranges.BURSTS):
        starts = _bursts(rng, starts)
    n = starts.size
    if not n:
        return Uses.of(starts, starts)
    mean = spread(rng, ranges.LEFT_ODDS_HOLD)
    changes = np.cumsum(rng.exponential(mean, int(4 * (days.end - days.begin) / mean) + 8))
    epoch = np.searchsorted(changes, starts - days.begin)
    left = rng.random(n) < rng.beta(*ranges.LEFT_ODDS, int(epoch.max()) + 1)[epoch]
    before = np.append(chance(rng, 0.5), left[:-1])
    following = np.append(starts[1:], days.end + DAY)
    touched = np.minimum(starts + Durations.draw(rng, ranges.LEFT_SECONDS).sample(rng, n), following)
    # While it is touched it is the other way; then it stays as it was left until the next touch.
    begun, ended = np.concatenate((starts[~before], touched[left])), np.concatenate((touched[~before], following[left]))
    found = Spans.union(begun, ended)
    return Uses.of(found.starts, found.ends)


FAMILIES: Final[Mapping[str, Family]] = {
    "poisson": Family(_poisson, by_hand=True),
    "rare": Family(_rare, by_hand=True),
    "routine": Family(_routine, by_hand=True),
    "timer": Family(_timer, by_hand=False),
    "until": Family(_until, by_hand=True),
    "sun": Family(_sun, by_hand=False),
    "presence": Family(_presence, by_hand=True),
    "renewal": Family(_renewal, by_hand=True),
    "markov": Family(_markov, by_hand=True),
    "left": Family(_left, by_hand=True),
    "cycler": Family(_cycler, by_hand=False),
    "weeks": Family(_weeks, by_hand=False),
    "always_on": Family(_always_on, by_hand=False),
}
"""Every family by the name that `process_ranges.FAMILIES` gives its share to."""
