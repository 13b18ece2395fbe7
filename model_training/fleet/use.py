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

_SOON: Final = 1200.0  # within which leaving a room was leaving home or going to bed
_SWEEP_DELAY: Final = 30.0
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
        if end - start >= c.UNWANTED_LEAST_SECONDS[reason]:
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
    """How one device is treated.

    `forget`: chances to forget it on leaving home, falling asleep, leaving the room. `keep_away`, `keep_night`: it
    stays on on purpose then. `timer`: seconds until it switches itself off (inf: never). `notice`: median seconds,
    awake at home, until somebody notices. `patience`: seconds for which its room may be empty. `sweeps`: moments at
    which an automation switches it off as everybody has left, is in bed (none: it does not).
    """

    forget: NDArray[np.float64]
    keep_away: bool
    keep_night: bool
    timer: float
    notice: float
    patience: float
    sweeps: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]

    def swept(self, reason: int, moment: float) -> float | None:
        """Return when an automation will switch it off (none: it will not)."""
        moments = self.sweeps[reason] if reason < 2 else None
        if moments is None:
            return None
        i = int(np.searchsorted(moments, moment))
        return float(moments[i]) + _SWEEP_DELAY if i < moments.size else None

    def kept(self, reason: int) -> bool:
        """Return whether it stays on on purpose for a reason."""
        return (reason == 0 and self.keep_away) or (reason == 1 and self.keep_night)


class _Attending:
    """One device in the hands of those who come into and leave its room, in order of time."""

    def __init__(self, temper: Temper, presence: Presence) -> None:
        self.log = Log()
        self._temper = temper
        self._attention = presence.attention
        self._on = False
        self._since = self._due = 0.0
        self._auto = False
        self._bad: float | None = None  # since when it has been on unwanted
        self._why = ""

    def expire(self, moment: float) -> None:
        """Carry out what was due by a moment: somebody noticed, or a timer ran out."""
        if self._on and self._due <= moment:
            self._off(self._due, auto=self._auto)

    def enter(self, start: float, end: float, want: float, notices: bool, lag: float) -> None:
        """Somebody comes in, and would switch it on at `want` (nan: not)."""
        wish = not np.isnan(want)
        if self._on and self._bad is not None and (wish or notices):
            self.log.unwanted(self._bad, start, self._why)
            self._bad = None
            self._due = np.inf
            if not wish:
                self._off(min(start + lag, end))
        elif not self._on and wish:
            self._on, self._since, self._due = True, want, np.inf

    def stay(self, start: float, end: float, limit: float) -> None:
        """Somebody stays, and may switch it off in between."""
        if self._on and self._bad is None and self._since >= start and self._since + limit < end:
            self._off(self._since + limit)

    def leave(
        self, end: float, gap: float, reason: int, patience: float, forgets: bool, delay: float, lag: float
    ) -> None:
        """The last one leaves, for `gap` seconds."""
        if not self._on or self._bad is not None:
            return
        if gap <= patience:
            self._due = np.inf
            return
        sweep = self._temper.swept(reason, end)
        if sweep is not None:
            self._due, self._auto = sweep, True
            return
        kept = self._temper.kept(reason)
        if not kept and not forgets:
            self._off(end + min(lag, gap * 0.5))
            return
        # after leaving a room nobody is looking, and noticing takes longer than on coming home or getting up
        noticed = self._attention(end, delay if reason < 2 else c.NOTICE_ROOM_FACTOR * delay)
        timed = max(self._since, end - 3600.0) + self._temper.timer
        self._auto = timed < noticed
        self._due = max(min(noticed, timed), end)
        if not kept:
            self._bad, self._why = end, REASONS[reason]

    def _off(self, moment: float, *, auto: bool = False) -> None:
        self.log.add(self._since, moment, auto_off=auto)
        if self._bad is not None:
            self.log.unwanted(self._bad, moment, self._why)
        self._on, self._bad = False, None

    def finish(self, end: float) -> Use:
        """Return the use up to `end`."""
        self.expire(end)
        if self._on:
            self._off(end)
        return self.log.use()


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
    spans = world.occupied[room]
    n = len(spans)
    device = _Attending(temper, world.presence)
    if not n:
        return device.finish(world.end)
    why = reason_at(world.presence, spans.ends)
    people = np.array([p.forgetful for p in world.people])[world.left_by[room]]
    forgets = rng.random(n) < np.minimum(temper.forget[why] * people, c.FORGET_MOST)
    notices = rng.random(n) < c.NOTICE_ON_ENTRY
    delays = temper.notice * np.exp(rng.normal(0, c.NOTICE_MINUTES[1], n))
    patience = temper.patience * np.exp(rng.normal(0, 0.7, n))
    lags = np.exp(rng.normal(0.7, 0.8, n))
    gaps = np.append(spans.starts[1:], world.end) - spans.ends
    rows = np.column_stack([spans.starts, spans.ends, wanted, limit, gaps, patience, delays, lags]).tolist()
    choices = zip(rows, why.tolist(), forgets.tolist(), notices.tolist(), strict=True)
    for (start, end, want, most, gap, patient, delay, lag), reason, forgotten, noticed in choices:
        device.expire(start)
        device.enter(start, end, want, noticed, 3.0 * lag)
        device.stay(start, end, most)
        device.leave(end, gap, reason, patient, forgotten, delay, lag)
    return device.finish(world.end)


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
    forgets = rng.random(starts.size) < np.minimum(temper.forget[why], c.FORGET_MOST)
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
        sweep = temper.swept(cause, end)
        if sweep is not None:
            busy = sweep
            log.add(start, sweep, auto[0], True)
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


def ended_by_itself(on: Spans) -> Use:
    """Return the use of a thing that people switch on and that switches itself off."""
    return Use(on, np.zeros(len(on), dtype=np.bool_), np.ones(len(on), dtype=np.bool_))


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
