"""What bends a device's random process: people who are out, habits that change, and uses that are forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from . import process_ranges as ranges
from .process_draw import Durations, chance, spread
from .process_families import Family, Uses
from .process_ranges import DAY, HOUR, MINUTE
from .spans import Spans

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from .process_days import Days


def draw_uses(rng: Generator, days: Days, family: Family) -> Uses:
    """Draw one device's uses from its family, with all that happens to habits."""
    uses = family.draw(rng, days)
    if chance(rng, ranges.CHANGED):
        uses = _changed(rng, days, uses, family)
    if family.by_hand:
        uses = _bound_to_people(rng, days, uses)
    if chance(rng, ranges.EPISODES):
        uses = _in_episodes(rng, days, uses)
    if family.by_hand and not uses.inverted and chance(rng, ranges.FORGETFUL):
        uses = _forgotten(rng, days, uses)
    if chance(rng, ranges.STUCK):
        uses = _stuck(rng, days, uses)
    return uses


def _stuck(rng: Generator, days: Days, uses: Uses) -> Uses:
    """Hold one state for a while, whatever is done: the other uses of that time do not show."""
    for _ in range(int(rng.integers(*ranges.STUCK_TIMES, endpoint=True))):
        begin = rng.uniform(days.start, days.end)
        end = days.end + DAY if chance(rng, ranges.STUCK_FOR_GOOD) else begin + spread(rng, ranges.STUCK_SECONDS)
        outside = (uses.starts < begin) | (uses.starts >= end)
        kept = uses.keep(outside)
        held = np.array([begin]), np.array([end])
        if chance(rng, 0.5):
            starts, intended, ends = (
                np.append(old, new)
                for old, new in ((kept.starts, held[0]), (kept.intended, held[1]), (kept.ends, held[1]))
            )
            order = np.argsort(starts, kind="stable")
            uses = Uses(starts[order], intended[order], ends[order], uses.inverted)
        else:
            cut = kept.starts < begin
            uses = replace(
                kept,
                intended=np.where(cut, np.minimum(kept.intended, begin), kept.intended),
                ends=np.where(cut, np.minimum(kept.ends, begin), kept.ends),
            )
    return uses


def _changed(rng: Generator, days: Days, before: Uses, family: Family) -> Uses:
    """Change to other parameters of the same family, or to a stillness, at one moment."""
    moment = rng.uniform(days.start, days.end)
    kept = before.keep(before.starts < moment)
    if chance(rng, 0.15):
        return kept
    after = family.draw(rng, days)
    if after.inverted != before.inverted:
        return kept
    after = after.keep(after.starts >= moment)
    return Uses(
        np.append(kept.starts, after.starts),
        np.append(kept.intended, after.intended),
        np.append(kept.ends, after.ends),
        before.inverted,
    )


def _bound_to_people(rng: Generator, days: Days, uses: Uses) -> Uses:
    if chance(rng, ranges.DRIFTED):
        shift = rng.uniform(*ranges.DRIFT_HOURS) * HOUR * (uses.starts - days.start) / (days.end - days.start)
        uses = replace(uses, starts=uses.starts + shift, intended=uses.intended + shift, ends=uses.ends + shift)
    if chance(rng, ranges.COUPLED):
        away, asleep = spread(rng, ranges.LEAK), spread(rng, ranges.LEAK)
        kept = np.where(days.away.contains(uses.starts), away, np.where(days.asleep.contains(uses.starts), asleep, 1.0))
        uses = uses.keep(rng.random(len(uses)) < kept)
    if chance(rng, ranges.DARK):
        light = days.clock.elevation(uses.starts) > rng.uniform(-6, 10)
        uses = uses.keep(rng.random(len(uses)) < np.where(light, spread(rng, ranges.LEAK), 1.0))
    if chance(rng, ranges.BED_CUT):
        cut = _next(np.sort(np.append(days.asleep.starts, days.away.starts)), uses.starts + MINUTE)
        cut = cut + rng.normal(-2, 4) * MINUTE + 3 * MINUTE * rng.standard_normal(len(uses))
        ends = np.minimum(uses.ends, np.maximum(cut, uses.starts + MINUTE))
        uses = replace(uses, intended=ends, ends=ends)
    return uses


def _next(moments: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each time the next of the sorted moments, infinity where none follows."""
    return np.append(moments, np.inf)[np.searchsorted(moments, after, side="left")]


def _in_episodes(rng: Generator, days: Days, uses: Uses) -> Uses:
    """Keep the uses of some weeks alone."""
    mean = spread(rng, ranges.EPISODE_DAYS) * DAY
    n = int(4 * (days.end - days.begin) / mean) + 8
    edges = days.begin - mean + np.cumsum(rng.exponential(mean, n))
    return uses.keep(Spans.union(edges[0:-1:2], edges[1::2]).contains(uses.starts))


def _forgotten(rng: Generator, days: Days, uses: Uses) -> Uses:
    """Leave some uses on: for a while, until the next use ends, until people return or wake, or until some hour."""
    n = len(uses)
    left = rng.random(n) < spread(rng, ranges.FORGET)
    match int(rng.choice(4, p=(0.4, 0.25, 0.2, 0.15))):
        case 0:
            longest = spread(rng, ranges.FORGET_SECONDS)
            ends = uses.intended + Durations.draw(rng, (0.3 * longest, longest), (0.2, 1.4)).sample(rng, n)
        case 1:
            i = np.searchsorted(uses.starts, uses.intended, side="left")
            ends = np.append(uses.intended, np.inf)[i]
        case 2:
            returns = np.sort(np.append(days.asleep.ends, days.away.ends))
            ends = _next(returns, uses.intended) + rng.exponential(20 * MINUTE, n)
        case _:
            local = uses.intended + days.clock.offset(uses.intended)
            hour = rng.uniform(0, DAY)
            ends = uses.intended + (hour - local) % DAY + 20 * MINUTE * rng.standard_normal(n)
    ends = np.minimum(ends, uses.intended + ranges.USE_SECONDS[1])
    return replace(uses, ends=np.where(left, np.maximum(ends, uses.intended), uses.intended))
