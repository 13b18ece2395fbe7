"""A device's use over two weeks as a row of numbers: what `realism` compares simulated and real devices by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.home import ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY, HOUR, LocalTime

from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.timeline import Timeline

WINDOW_DAYS: Final = 14
_STEP: Final = 600.0
_QUANTILES: Final = (0.1, 0.5, 0.9, 1.0)
_LEAST_KNOWN: Final = 0.3  # of a window, or it is left out: a light that is seen by night alone is known for half
_LEAST_USES: Final = 3  # of a window; below, there is nothing to tell it by

NAMES: Final = (
    "uses a day", "share on", *(f"minutes on, q{q:.0%}" for q in _QUANTILES),
    *(f"minutes off, q{q:.0%}" for q in _QUANTILES), "entropy of starts over hours", "entropy of on-time over hours",
    "likeness of neighbouring days", "share of days used", "spread of uses a day", "uses on a weekend day",
    "share of starts 0-6", "share of starts 6-10", "share of starts 10-16", "share of starts 16-20",
    "first start, spread", "last start, spread", "gaps under 10 min", "gaps under 1 h", "spread of minutes on",
    "minutes on follow the last", "uses a day follow the last",
)  # fmt: skip
"""The columns of `rows`. Minutes are logarithms."""


def gridded(on: Spans, step: float) -> Spans:
    """Return what a recorder on a grid of `step` seconds keeps: any use within a cell marks the cell."""
    return Spans.union(np.floor(on.starts / step) * step, np.ceil(on.ends / step) * step)


def sampled(on: Spans, step: float, start: float, end: float) -> Spans:
    """Return what looking every `step` seconds sees."""
    moments = np.arange(np.ceil(start / step) * step, end, step)
    lit = on.contains(moments)
    return Spans.union(moments[lit], moments[lit] + step)


def known_and_on(timeline: Timeline, end: float) -> tuple[Spans, Spans]:
    """Return when a device's state was known, and when it was known to be on."""
    ends = np.append(timeline.times[1:], end)
    known, on = timeline.states != UNKNOWN, timeline.states == ON
    return Spans.union(timeline.times[known], ends[known]), Spans.union(timeline.times[on], ends[on])


def rows(known: Spans, on: Spans, clock: LocalTime) -> NDArray[np.float64]:
    """Return [windows, columns]: a row for every two weeks that are known and used enough."""
    if not len(known):
        return np.zeros((0, len(NAMES)))
    first, last = float(known.starts[0]), float(known.ends[-1])
    found = []
    for begin in np.arange(first, last - 0.9 * WINDOW_DAYS * DAY, WINDOW_DAYS * DAY):
        end = min(begin + WINDOW_DAYS * DAY, last)
        seen, lit = known.cut(begin, end), on.cut(begin, end)
        if seen.total >= _LEAST_KNOWN * WINDOW_DAYS * DAY and len(lit) >= _LEAST_USES:
            found.append(_row(seen, lit, begin, end, clock))
    return np.array(found).reshape(-1, len(NAMES))


def _row(seen: Spans, on: Spans, begin: float, end: float, clock: LocalTime) -> list[float]:
    days = (end - begin) / DAY
    lengths, gaps = np.log(on.ends - on.starts), np.log(on.starts[1:] - on.ends[:-1])
    hours = clock.hour(on.starts)
    local = clock.local(on.starts)
    day = ((local - clock.local(begin)) // DAY).astype(np.int64).clip(0)
    counts = np.bincount(day, minlength=WINDOW_DAYS).astype(float)
    used = np.unique(day)
    earliest = np.array([hours[day == d].min() for d in used])
    latest = np.array([hours[day == d].max() for d in used])
    weekend = clock.weekday(on.starts) >= 5
    grid = np.arange(begin, end - _STEP, _STEP) + _STEP / 2
    lit = on.contains(grid)
    whole = lit[: lit.size // 144 * 144].reshape(-1, 144)
    either = (whole[1:] | whole[:-1]).sum()
    parts = np.histogram(hours, (0, 6, 10, 16, 20, 24))[0] / hours.size
    return [
        np.log(len(on) / days),
        on.total / seen.total,
        *np.quantile(lengths, _QUANTILES),
        *np.quantile(gaps, _QUANTILES),
        _entropy(hours),
        _entropy(clock.hour(grid[lit])) if lit.any() else 0.0,
        float((whole[1:] & whole[:-1]).sum() / either) if either else 0.0,
        used.size / days,
        float(counts.std() / counts.mean()),
        float(weekend.mean() * 3.5),
        *parts[:4].tolist(),
        float(earliest.std()),
        float(latest.std()),
        float((gaps < np.log(600.0)).mean()),
        float((gaps < np.log(HOUR)).mean()),
        float(lengths.std()),
        _follows(lengths),
        _follows(counts),
    ]


def _entropy(hours: NDArray[np.float64]) -> float:
    share = np.bincount(hours.astype(np.int64) % 24, minlength=24) / hours.size
    positive = share[share > 0]
    return float(-(positive * np.log(positive)).sum() / np.log(24))


def _follows(values: NDArray[np.float64]) -> float:
    """Return the correlation of each value with the one before."""
    one, other = values[:-1] - values[:-1].mean(), values[1:] - values[1:].mean()
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale > 0 else 0.0
