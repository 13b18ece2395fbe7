"""How a device comes to be on and off: the few ways in which people and clocks use things.

Each function returns a `Use`. Forgetting lives here: what is left on stays on until somebody who is awake at home
notices, comes into the room, or a timer ends it; those stretches are unwanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine.bundle import Interval

from . import calibration as c
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .people import Presence
    from .world import World

_SOON: Final = 1200.0
REASONS: Final = ("left", "asleep", "room", "forgot")


@dataclass(frozen=True, slots=True)
class Use:
    """When a device was on, whether a machine switched it on and off (bool [n] each), and when that was unwanted."""

    on: Spans
    auto_on: NDArray[np.bool_]
    auto_off: NDArray[np.bool_]
    unwanted: tuple[Interval, ...] = ()


class Log:
    """Collects a device's uses in order of time."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._rows: list[tuple[float, float, bool, bool]] = []
        self._unwanted: list[Interval] = []

    def add(self, start: float, end: float, auto_on: bool = False, auto_off: bool = False) -> None:
        """Add one use; one that begins before the last has ended lengthens it."""
        if end <= start:
            return
        if self._rows and start <= self._rows[-1][1]:
            before = self._rows[-1]
            if end > before[1]:
                self._rows[-1] = (before[0], end, before[2], auto_off)
            return
        self._rows.append((start, end, auto_on, auto_off))

    def unwanted(self, start: float, end: float, reason: str) -> None:
        """Add a stretch that nobody wanted, unless it is short."""
        if end - start >= c.UNWANTED_LEAST_SECONDS:
            self._unwanted.append(Interval(start, end, reason))

    def use(self) -> Use:
        """Return what was collected."""
        rows = self._rows
        return Use(
            Spans(np.array([r[0] for r in rows]), np.array([r[1] for r in rows])),
            np.array([r[2] for r in rows], dtype=np.bool_),
            np.array([r[3] for r in rows], dtype=np.bool_),
            tuple(self._unwanted),
        )


def reason_at(presence: Presence, moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 0 where everybody has left soon after a moment, 1 where everybody sleeps, 2 otherwise."""
    soon = moments + _SOON
    gone = presence.away.contains(soon)
    asleep = presence.asleep.contains(soon)
    return np.where(gone, 0, np.where(asleep, 1, 2))


@dataclass(frozen=True, slots=True)
class Temper:
    """How one device is treated: chances to forget it (leaving, asleep, room), whether it is kept on on purpose
    while away and at night, seconds until a timer switches it off (inf: none), and the notice of who forgot it."""

    forget: NDArray[np.float64]
    keep_away: bool
    keep_night: bool
    timer: float
    notice: float


def attended(
    rng: np.random.Generator,
    world: World,
    room: int,
    wanted: NDArray[np.float64],
    limit: NDArray[np.float64],
    temper: Temper,
) -> Use:
    """Return the use of a thing that is on while somebody is in its room.

    `wanted`: for each time that the room is occupied, when somebody would switch it on (nan: not); `limit`: after
    how many seconds they would switch it off although they stay (inf: not).
    """
    log = Log()
    spans = world.occupied[room]
    if not len(spans):
        return log.use()
    n = len(spans)
    people = np.array([p.forgetful for p in world.people])[world.left_by[room]]
    why = reason_at(world.presence, spans.ends)
    chance = np.minimum(temper.forget[why] * people, 0.9)
    forgets = (rng.random(n) < chance).tolist()
    reasons = why.tolist()
    notices = (rng.random(n) < c.NOTICE_ON_ENTRY).tolist()
    delays = (temper.notice * np.exp(rng.normal(0, c.NOTICE_MINUTES[1], n))).tolist()
    patience = (world.patience * np.exp(rng.normal(0, 0.7, n))).tolist()
    lags = np.exp(rng.normal(0.7, 0.8, n)).tolist()
    starts, ends = spans.starts.tolist(), spans.ends.tolist()
    wants, limits = wanted.tolist(), limit.tolist()
    attention = world.presence.attention
    on = False
    since = due = 0.0
    bad = -1.0  # since when it has been on unwanted; below zero: it is wanted
    why_bad = ""
    auto = False
    for i in range(n):
        a, b = starts[i], ends[i]
        want = wants[i]
        wish = want == want  # noqa: PLR0124  (not nan)
        if on and due <= a:
            log.add(since, due, auto_off=auto)
            if bad >= 0:
                log.unwanted(bad, due, why_bad)
            on, bad = False, -1.0
        if on and bad >= 0:
            if wish or notices[i]:
                log.unwanted(bad, a, why_bad)
                bad = -1.0
                if not wish:
                    log.add(since, min(a + lags[i] * 3.0, b))
                    on = False
        elif not on and wish:
            on, since = True, want
        if not on:
            continue
        if bad < 0 and since >= a and since + limits[i] < b:
            log.add(since, since + limits[i])
            on = False
            continue
        gap = (starts[i + 1] if i + 1 < n else world.end) - b
        if bad >= 0 or gap <= patience[i]:
            if bad < 0:
                due = float("inf")
            continue
        reason = reasons[i]
        timed = max(since, b - 3600.0) + temper.timer
        kept = (reason == 0 and temper.keep_away) or (reason == 1 and temper.keep_night)
        if kept or forgets[i]:
            delay = delays[i] if reason != 2 else delays[i] * 3.0  # noqa: PLR2004  (leaving a room: nobody is looking)
            due = attention(b, delay)
            auto = timed < due
            due = max(min(due, timed), b)
            if not kept:
                bad, why_bad = b, REASONS[reason]
            continue
        log.add(since, b + min(lags[i], gap * 0.5))
        on = False
    if on:
        due = min(due, world.end)
        log.add(since, due)
        if bad >= 0:
            log.unwanted(bad, due, why_bad)
    return log.use()


def occasions(
    rng: np.random.Generator,
    world: World,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    temper: Temper,
    auto: tuple[bool, bool] = (False, False),
    reason: str | None = None,
    watched: NDArray[np.bool_] | None = None,
) -> Use:
    """Return the use of a thing that is meant to be on from each start to its end, but may be forgotten then.

    `watched`: where nobody can forget (somebody is beside it, or it ends by itself); `reason`: why it was unwanted
    (by default: what the household does at that time).
    """
    log = Log()
    if not starts.size:
        return log.use()
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    why = reason_at(world.presence, ends)
    forgets = rng.random(starts.size) < np.minimum(temper.forget[why], 0.9)
    if watched is not None:
        forgets &= ~watched[order]
    if auto[1]:
        forgets[:] = False
    delays = temper.notice * np.exp(rng.normal(0, c.NOTICE_MINUTES[1], starts.size))
    busy = -1.0
    rows = zip(starts.tolist(), ends.tolist(), why.tolist(), forgets.tolist(), delays.tolist(), strict=True)
    for start, end, cause, forgotten, delay in rows:
        if start <= busy or end <= start:
            continue
        busy = end
        if not forgotten:
            log.add(start, end, *auto)
            continue
        due = world.presence.attention(end + 60.0, delay)
        timed = end + temper.timer
        busy = max(min(due, timed), end)
        log.add(start, busy, auto[0], timed < due)
        log.unwanted(end, busy, reason or REASONS[cause])
    return log.use()


def by_clock(on: Spans) -> Use:
    """Return the use of a thing that only a machine switches."""
    return Use(on, np.ones(len(on), dtype=np.bool_), np.ones(len(on), dtype=np.bool_))


def by_hand(on: Spans) -> Use:
    """Return the use of a thing that people switch and never forget."""
    return Use(on, np.zeros(len(on), dtype=np.bool_), np.zeros(len(on), dtype=np.bool_))


def spliced(before: Use, after: Use, moment: float, end: float) -> Use:
    """Return one use up to `moment` and another one from it on: habits that change."""
    parts = []
    for use, (low, high) in ((before, (-np.inf, moment)), (after, (moment, end))):
        a, b = np.maximum(use.on.starts, low), np.minimum(use.on.ends, high)
        keep = b > a
        parts.append((a[keep], b[keep], use.auto_on[keep], use.auto_off[keep]))
    (a0, b0, i0, o0), (a1, b1, i1, o1) = parts
    if a0.size and a1.size and a1[0] <= b0[-1]:
        b0 = b0.copy()
        b0[-1], o0 = b1[0], np.append(o0[:-1], o1[0])
        a1, b1, i1, o1 = a1[1:], b1[1:], i1[1:], o1[1:]
    unwanted = [Interval(i.start, min(i.end, moment), i.label) for i in before.unwanted if i.start < moment]
    unwanted += [Interval(max(i.start, moment), i.end, i.label) for i in after.unwanted if i.end > moment]
    on = Spans(np.concatenate([a0, a1]), np.concatenate([b0, b1]))
    return Use(on, np.concatenate([i0, i1]), np.concatenate([o0, o1]), tuple(i for i in unwanted if i.end > i.start))


def held(use: Use, spans: Spans) -> Use:
    """Return the use of a device that is also on during `spans`: stuck, or left alone for days on purpose."""
    on = Spans.union(np.append(use.on.starts, spans.starts), np.append(use.on.ends, spans.ends))
    if not len(use.on):
        return by_hand(on)
    first = np.minimum(np.searchsorted(use.on.starts, on.starts), len(use.on) - 1)
    last = np.maximum(np.searchsorted(use.on.starts, on.ends) - 1, 0)
    return Use(on, use.auto_on[first], use.auto_off[last], use.unwanted)
