"""Devices that are used together: joint changes and joint on-time, against what the hours of the day alone give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from .home import ON, UNKNOWN
from .localtime import DAY, HOUR
from .timeline import Cause

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .timeline import Timeline

WINDOWS: Final = (2.0, 30.0, 300.0)
"""Changes within so many seconds of each other are joint: one switch, one person entering, one stay."""
MOST_CHANGES: Final = 192
"""So many latest changes of a device are looked at: later ones tell where it stands now."""
MOST_DAYS: Final = 60
STEP: Final = 1021.0
"""Seconds between the moments at which chance is measured; fits no recorder's grid."""
_GRAINS: Final = (3600.0, 1800.0, 900.0, 600.0, 300.0, 60.0)  # seconds of recorders that look now and then
_FEWEST_TIMES: Final = 20  # from which a grid can be told from chance
_EXACT: Final = 0.02  # seconds
_OFF_GRID: Final = 0.05  # share of times that a recorder with a grid may have off it
_SHRINK: Final = 4.0  # moments by which an hour's share is drawn towards the day's
_NEVER: Final = np.float32(1e9)
_BLOCK: Final = 64  # entities, which bounds memory
_PAIRS: Final = 65_536  # of a moment and a change near it, for the same reason


@dataclass(frozen=True, slots=True)
class Company:
    """Every entity of a home, ready to be compared with every other.

    E entities in order of `keys`, G moments spread evenly over the recording. `times`: of each entity the changes
    between two known states; `ups`: whether to on. `first`: when it was first known, [E]. `hours`: of the moments,
    [G]. `before`, `after`: seconds from each moment to the entity's last and next change, float32 [E, G]. `on`,
    `stir`: being on, and having a change within the widest window, less what is usual at that hour, of unit length,
    float32 [E, G]. `rates`: changes a second by hour of the day, [E, 24]. `windows`: `WINDOWS`, no narrower than the
    recorder sees. UTC hours do: only that the same hour is compared with itself matters. `crowd`: all `times` in one.
    """

    keys: tuple[str, ...]
    times: tuple[NDArray[np.float64], ...]
    ups: tuple[NDArray[np.bool_], ...]
    first: NDArray[np.float64]
    hours: NDArray[np.int64]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    on: NDArray[np.float32]
    stir: NDArray[np.float32]
    rates: NDArray[np.float64]
    windows: tuple[float, ...]
    crowd: Crowd

    @classmethod
    def of(cls, timelines: Mapping[str, Timeline]) -> Company:
        """Prepare a home. Outages are looked through: what changes as a radio comes back was not switched then."""
        keys = tuple(sorted(key for key, timeline in timelines.items() if len(timeline)))
        known = [timelines[key] for key in keys]
        changes = [switchings(timeline) for timeline in known]
        times = tuple(t for t, _ in changes)
        end = max((float(t.times[-1]) for t in known), default=0.0)
        start = max(min((float(t.times[0]) for t in known), default=0.0), end - MOST_DAYS * DAY)
        moments = np.arange(start + STEP / 2, end, STEP, dtype=np.float64)
        hours = (moments % DAY // HOUR).astype(np.int64)
        before, after, on, stir = (np.empty((len(keys), moments.size), np.float32) for _ in range(4))
        rates = np.zeros((len(keys), 24))
        for row, t in enumerate(times):
            before[row], after[row] = gaps(t, moments)
            rates[row] = np.bincount((t[t >= start] % DAY // HOUR).astype(np.int64), minlength=24)
        seconds = np.bincount(hours, minlength=24) * STEP
        windows = _windows(times)
        for part in blocks(len(keys)):
            states = np.stack([timeline.by_others().at(moments) for timeline in known[part]])
            on[part] = unusual((states == ON).astype(np.float32), states != UNKNOWN, hours)
            near = (np.minimum(before[part], after[part]) <= windows[-1]).astype(np.float32)
            stir[part] = unusual(near, np.isfinite(near), hours)
        return cls(
            keys,
            times,
            tuple(up for _, up in changes),
            np.array([float(t.times[0]) for t in known]),
            hours,
            before,
            after,
            on,
            stir,
            _smooth(rates) / np.maximum(_smooth(seconds[None]), STEP),
            windows,
            Crowd.of(times),
        )


@dataclass(frozen=True, slots=True)
class Crowd:
    """All changes of a home in order of time: when, and of which of its entities (rows of the company) each was, [N].

    Around a moment lie the few changes that are near it, however many entities there are that have none there.
    """

    times: NDArray[np.float64]
    who: NDArray[np.int32]

    @classmethod
    def of(cls, times: Sequence[NDArray[np.float64]]) -> Crowd:
        """Bring the changes of all entities into one order."""
        every = np.concatenate([np.zeros(0), *times])
        order = np.argsort(every, kind="stable")
        who = np.repeat(np.arange(len(times), dtype=np.int32), [t.size for t in times])
        return cls(every[order], who[order])

    def mark(
        self,
        found: NDArray[np.uint8],
        moments: NDArray[np.float64],
        places: NDArray[np.int64],
        windows: Sequence[float],
        *,
        later: bool,
    ) -> None:
        """Write how many windows each entity's nearest change, before or after each of Q moments, lies within.

        `found`: zeros; what belongs to an entity and a moment stands at `places` [Q] of the moment, Q further on for
        each entity. A change at the moment is both before and after it.
        """
        widest = windows[-1] + 1.0  # how near exactly is for the windows to say
        if later:
            first, last = self.times.searchsorted(moments), self.times.searchsorted(moments + widest)
        else:
            first, last = self.times.searchsorted(moments - widest), self.times.searchsorted(moments, side="right")
        sizes = last - first
        ends = np.cumsum(sizes)
        begins = ends - sizes
        # The nearest change is written last, and stays
        nearest = last - 1 + begins if later else first - begins
        cuts = ends.searchsorted(np.arange(_PAIRS, ends[-1:].sum(), _PAIRS)).tolist()
        for one, other in pairwise(sorted({0, *cuts, moments.size})):
            some, nth = sizes[one:other], np.arange(begins[one], ends[other - 1])
            change = np.repeat(nearest[one:other], some)
            change += -nth if later else nth
            gap = np.abs(self.times[change] - np.repeat(moments[one:other], some)).astype(np.float32)
            place = np.repeat(places[one:other], some)
            place += self.who[change] * moments.size
            found[place] = sum((gap <= window).view(np.uint8) for window in windows)


@dataclass(frozen=True, slots=True)
class Encounters:
    """The latest changes of some devices, and how far from each the next change of every entity was.

    D devices, Q changes of all of them one after the other, E entities. `rows`: the devices' places in the company,
    [D]; `starts`: where each one's changes begin, [D]; `counts`: how many it has, [D]. `when`, `hours`: of the
    changes, [Q]. `inside`, `outside`: how many of the company's windows an entity's nearest change lies within, on the
    side of the change on which the device is on, and on the other, uint8 [E, Q]. Whoever switches a lamp on comes from
    elsewhere and stays; whoever switches it off goes.
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    when: NDArray[np.float64]
    hours: NDArray[np.int64]
    inside: NDArray[np.uint8]
    outside: NDArray[np.uint8]

    @classmethod
    def of(cls, company: Company, rows: Sequence[int]) -> Encounters:
        """Look around each change of the devices in these rows."""
        when = [company.times[row][-MOST_CHANGES:] for row in rows]
        ups = np.concatenate([np.zeros(0, np.bool_), *(company.ups[row][-MOST_CHANGES:] for row in rows)])
        counts = np.array([t.size for t in when], dtype=np.int64)
        starts = np.cumsum(counts) - counts
        moments = np.concatenate([np.zeros(0), *when])
        found = np.zeros((2, len(company.keys), moments.size), np.uint8)
        inside, outside = found
        here, there = np.arange(moments.size), np.arange(moments.size) + inside.size
        for later in (False, True):
            places = np.where(ups == later, here, there)
            company.crowd.mark(found.reshape(-1), moments, places, company.windows, later=later)
        for row, start, count in zip(rows, starts, counts, strict=True):
            inside[row, start : start + count] = outside[row, start : start + count] = 0
        return cls(
            np.array(rows, dtype=np.int64),
            starts,
            counts,
            moments,
            (moments % DAY // HOUR).astype(np.int64),
            inside,
            outside,
        )

    def sums(self, values: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return for each device how many of its changes hold: [..., Q] → [..., D]."""
        found = np.zeros((*values.shape[:-1], self.counts.size))
        some = self.counts > 0
        if some.any():  # bytes hold `MOST_CHANGES`
            found[..., some] = np.add.reduceat(values.view(np.uint8), self.starts[some], axis=-1, dtype=np.uint8)
        return found

    def since(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many changes each device had from each of the moments [E] on: [E, D]."""
        parts = (self.when[start : start + n] for start, n in zip(self.starts, self.counts, strict=True))
        return np.stack([part.size - part.searchsorted(moments) for part in parts], axis=1).astype(np.float64)

    def by_hour(self) -> NDArray[np.float64]:
        """Return the number of changes of each device by hour of the day, [D, 24]."""
        device = np.repeat(np.arange(self.counts.size), self.counts)
        return np.bincount(device * 24 + self.hours, minlength=24 * self.counts.size).reshape(-1, 24).astype(np.float64)


def switchings(timeline: Timeline) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the changes between two known states that follow each other, but for ours: when, and whether to on."""
    known = timeline.states != UNKNOWN
    keep = np.flatnonzero(known[1:] & known[:-1] & (timeline.causes[1:] != Cause.OURS)) + 1
    return timeline.times[keep], timeline.states[keep] == ON


def gaps(times: NDArray[np.float64], moments: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the seconds from each moment to the last and to the next of `times` (one at the moment is both).

    Both are in order. A home has many times as many moments as an entity has times: these are looked up among those.
    """
    if not times.size:
        never = np.full(moments.shape, _NEVER)
        return never, never
    padded = np.concatenate(([-1e12], times, [1e12]))
    passed = np.bincount(moments.searchsorted(times, side="right"), minlength=moments.size + 1)
    place = np.cumsum(passed[:-1])
    after, before = padded[1:][place], padded[:-1][place]
    after -= moments
    np.subtract(moments, before, out=before)
    before[after == 0.0] = 0.0
    return before.astype(np.float32), after.astype(np.float32)


def unusual(values: NDArray[np.float32], known: NDArray[np.bool_], hours: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return `values` [E, G] less each row's mean at that hour of the day, zero where not known, of unit length."""
    share = _by_hour(values * known, known, hours)
    rest = np.where(known, values - share[:, hours], 0.0).astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", rest, rest))
    return np.asarray(rest / np.maximum(length, 1e-6)[:, None], dtype=np.float32)


def blocks(rows: int) -> Iterator[slice]:
    """Yield slices that together make up so many rows: what is made for some of them at a time stays small."""
    for first in range(0, rows, _BLOCK):
        yield slice(first, min(first + _BLOCK, rows))


def coverage(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    hours: NDArray[np.int64],
    rates: NDArray[np.float64],
    windows: Sequence[float],
    *,
    sided: bool = False,
) -> NDArray[np.float64]:
    """Return the share of moments near a change, [rows, windows, 24] by hour of the day.

    Measured at the moments, since changes come in bursts; a narrow window is met too rarely for that and is
    reckoned from the rate, at most the share of a wider one. `sided`: on one side of the moment only, on average.
    """
    found = np.empty((before.shape[0], len(windows), 24))
    for part in blocks(before.shape[0]):
        above = np.ones((part.stop - part.start, 24))
        for i in range(len(windows) - 1, -1, -1):
            window = windows[i]
            if window >= STEP / 10:
                within = (before[part] <= window, after[part] <= window)
                near = (within[0].astype(np.float32) + within[1]) / np.float32(2) if sided else within[0] | within[1]
                above = _by_hour(near.astype(np.float32), np.ones(near.shape, np.bool_), hours)
            else:
                above = np.minimum(above, 1 - np.exp(-rates[part] * window * (1 if sided else 2)))
            found[part, i] = above
    return found


def _by_hour(values: NDArray[np.float32], known: NDArray[np.bool_], hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each row's mean by hour of the day [E, 24], smoothed, and shrunk towards the row's own mean."""
    member = np.zeros((hours.size, 24), np.float32)
    member[np.arange(hours.size), hours] = 1.0
    total, count = (values @ member).astype(np.float64), (known.astype(np.float32) @ member).astype(np.float64)
    mean = total.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1.0)
    return np.asarray((_smooth(total) + _SHRINK * mean) / (_smooth(count) + _SHRINK))


def _smooth(by_hour: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(by_hour / 2 + (np.roll(by_hour, 1, axis=-1) + np.roll(by_hour, -1, axis=-1)) / 4)


def _windows(times: Sequence[NDArray[np.float64]]) -> tuple[float, ...]:
    """Return `WINDOWS`, none narrower than half of the grid to which a recorder has rounded all its times."""
    every = np.concatenate([np.zeros(0), *(t[-MOST_CHANGES:] for t in times)])
    if every.size < _FEWEST_TIMES:
        return WINDOWS
    every -= np.sort(every)[every.size // 2]
    off = (np.abs(every - grain * np.round(every / grain)) for grain in _GRAINS)
    grain = next((g for g, far in zip(_GRAINS, off, strict=True) if np.mean(far > _EXACT) < _OFF_GRID), 0.0)
    return tuple(max(window, grain / 2) for window in WINDOWS)
