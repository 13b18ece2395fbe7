"""What a recorder keeps of a device's true stretches: its grid, its outages, its late start, and who did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine.bundle import Interval
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN
from custom_components.hunches.engine.timeline import Cause, Timeline

from . import process_ranges as ranges
from .process_days import joined, minus
from .process_draw import chance, log_uniform, spread
from .process_ranges import DAY
from .spans import Spans

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from .process_days import Days
    from .process_families import Uses


@dataclass(frozen=True, slots=True)
class Recorder:
    """How a home is recorded.

    `step`: seconds of the grid, 0 for exact times, which passes through `phase`. `keeps_short`: a use within a cell
    is noted for one cell. `missing`: when every device is `unavailable`; `silent`: when nothing is written and the
    last state stays. `knows_causes`: it tells who changed a device.
    """

    step: float
    phase: float
    keeps_short: bool
    missing: Spans
    silent: Spans
    knows_causes: bool


def draw_recorder(rng: Generator, days: Days) -> Recorder:
    """Draw how a home is recorded."""
    shares = [share for _, share in ranges.GRIDS]
    step = ranges.GRIDS[int(rng.choice(len(ranges.GRIDS), p=shares))][0]
    missing, silent = [Spans.none()], [Spans.none()]
    for _ in range(int(rng.poisson(ranges.OUTAGES))):
        longest = min(ranges.OUTAGE_SECONDS[1], ranges.OUTAGE_LARGEST * (days.end - days.start))
        begun = rng.uniform(days.start, days.end)
        gap = Spans(np.array([begun]), np.array([begun + spread(rng, (ranges.OUTAGE_SECONDS[0], longest))]))
        (silent if chance(rng, ranges.OUTAGE_SILENT) else missing).append(gap)
    if chance(rng, ranges.NIGHT_ONLY):
        missing.append(Spans.union(days.to_utc(days.midnights + days.dawn), days.to_utc(days.midnights + days.dusk)))
    gone = joined(*missing)
    return Recorder(
        step,
        float(rng.integers(60)) if chance(rng, 0.3) else 0.0,
        chance(rng, ranges.GRID_KEEPS_SHORT),
        gone,
        minus(joined(*silent), gone),
        chance(rng, ranges.CAUSES),
    )


def on_spans(days: Days, uses: Uses) -> Spans:
    """Return when a device really is on, over the days' warm-up and recording."""
    found = Spans.union(uses.starts, uses.ends)
    return found.outside(days.begin, days.end) if uses.inverted else found.cut(days.begin, days.end)


def record(rng: Generator, days: Days, recorder: Recorder, on: Spans, *, by_hand: bool) -> Timeline:
    """Return what the recorder keeps of a device that is on in `on`."""
    first = rng.uniform(days.start, days.start + 0.7 * DAY * days.length) if chance(rng, ranges.LATE) else days.start
    missing, silent = recorder.missing, recorder.silent
    if chance(rng, ranges.DEVICE_GAPS):
        n = rng.poisson(spread(rng, ranges.DEVICE_GAPS_A_DAY) * days.length)
        begun = rng.uniform(days.start, days.end, n)
        lasts = log_uniform(rng, ranges.DEVICE_GAP_SECONDS, n)
        missing = joined(missing, Spans.union(begun, begun + lasts))
        silent = minus(silent, missing)
    on, missing, silent = (_snapped(recorder, spans) for spans in (on, missing, silent))
    first = float(_ceiling(recorder, np.array([first]))[0])

    changes = np.append(on.starts, on.ends)
    changes = changes[~(missing.contains(changes) | silent.contains(changes))]
    resumed = np.concatenate([silent.ends, missing.ends])
    times = np.concatenate([[first], changes, resumed, missing.starts])
    states = np.where(on.contains(times), ON, OFF)
    states[times.size - len(missing) :] = UNKNOWN
    if missing.contains(times[:1])[0]:
        states[0] = UNKNOWN
    causes = np.full(times.size, Cause.UNKNOWN)
    if recorder.knows_causes:
        causes[1 : 1 + changes.size] = _causes(rng, changes.size, by_hand=by_hand)
    chosen = np.flatnonzero((times >= first) & (times < days.end))
    chosen = chosen[np.argsort(times[chosen], kind="stable")]
    return Timeline.from_readings(times[chosen], states[chosen].astype(np.int8), causes[chosen].astype(np.int8))


def _causes(rng: Generator, n: int, *, by_hand: bool) -> NDArray[np.int64]:
    if not by_hand:
        return np.full(n, Cause.AUTOMATION)
    return np.where(rng.random(n) < rng.uniform(0, 1), Cause.PERSON, Cause.PHYSICAL)


def _ceiling(recorder: Recorder, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return when the recorder notes what happened at `times`: at the next point of its grid, or to the millisecond."""
    if not recorder.step:
        return np.round(times, 3)
    return np.ceil((times - recorder.phase) / recorder.step) * recorder.step + recorder.phase


def _snapped(recorder: Recorder, spans: Spans) -> Spans:
    starts, ends = _ceiling(recorder, spans.starts), _ceiling(recorder, spans.ends)
    if recorder.keeps_short:
        ends = np.maximum(ends, starts + recorder.step)
    return Spans.union(starts, ends)


def recorded_on(timeline: Timeline, end: float) -> Spans:
    """Return when a device was on as far as the recorder can tell, gaps carried over."""
    known = timeline.carried()
    on = known.states == ON
    return Spans.union(known.times[on], np.append(known.times[1:], end)[on])


def unwanted_stretches(days: Days, uses: Uses, timeline: Timeline) -> tuple[Interval, ...]:
    """Return the recorded stretches that nobody intended: clearly longer than the use was, and ended by a return."""
    if uses.inverted:
        return ()
    wanted = Spans.union(uses.starts, uses.intended)
    over = minus(Spans.union(uses.starts, uses.ends), wanted)
    if not len(over):
        return ()
    use = np.searchsorted(wanted.ends, over.starts, side="right") - 1
    least = np.maximum(ranges.FORGOTTEN_LEAST, ranges.FORGOTTEN_TIMES * (wanted.ends[use] - wanted.starts[use]))
    clear = (over.ends - over.starts >= least) & (over.ends < days.end)
    seen = Spans(over.starts[clear], over.ends[clear]).intersect(recorded_on(timeline, days.end))
    seen = seen.longer(ranges.FORGOTTEN_LEAST)
    pairs = zip(seen.starts, seen.ends, strict=True)
    return tuple(Interval(float(start), float(end), "forgot") for start, end in pairs)
