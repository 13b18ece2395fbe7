"""The same code over the past: which hunches would have been raised, what would have been done, and what came of it.

Raising looks at nothing later than its own moment; only the aftermath, which is scoring, reads on from there.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from .aftermath import Aftermath, Scorer
from .hunches import Kind
from .localtime import DAY, HOUR, LocalTime
from .policy import Ledger, Moment, Outcome, Record, Rule, Thermostat, Verdict, action_for, takes_own_rule
from .timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from .bundle import Recording
    from .home import Home
    from .hunches import Hunch
    from .policy import Order, Policy

FIRST_LOOK: Final = DAY
"""Seconds of history before the first look: below that a home is not known at all."""
NIGHT_HOUR: Final = 4.0
"""Local hour of the nightly learning."""
STEP: Final = 300.0
"""Seconds between looks. A home looks every minute; hunches are about hours."""


class Looked(Protocol):
    """What there was to see at one moment (`scan.Scan`)."""

    @property
    def candidates(self) -> tuple[Hunch, ...]:
        """Return the candidates at that moment."""


class Watcher(Protocol):
    """A mind that can be led through a recording, night by night (`lookback.Lookback`)."""

    def learn(self, timelines: Mapping[str, Timeline], until: float) -> None:
        """Take in what happened since the last learning, up to `until`."""

    def look_back(
        self, timelines: Mapping[str, Timeline], moments: NDArray[np.float64], least: float, sustain: float
    ) -> Iterable[Looked]:
        """Return the candidates at each of `moments` that are `least` likely, each from what was known by then.

        Of those that are so for fewer than `sustain` seconds, some may be left out.
        """

    def tell(self, hunch: Hunch) -> Hunch:
        """Return a candidate of the last looks with all of its evidence."""


@dataclass(frozen=True, slots=True)
class Found:
    """A hunch that would have been asked, and what became of it.

    `acted`: carried out without asking instead. `joined`: in a question that another hunch had begun.
    """

    hunch: Hunch
    aftermath: Aftermath
    acted: bool = False
    joined: bool = False

    @property
    def outcome(self) -> str:
        """Return done, anyway, contradicted or left."""
        return self.aftermath.outcome


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was found between two learnings, and up to when (Unix seconds) that is."""

    until: float
    found: tuple[Found, ...]


def looked_at(recording: Recording, begin: float = -math.inf, step: float = STEP) -> tuple[float, float]:
    """Return from when to when (Unix seconds) a replay looks at a recording."""
    first = math.ceil(max(recording.start + FIRST_LOOK, begin) / step) * step
    return first, max(first, recording.end)


def replay(
    mind: Watcher,
    recording: Recording,
    policy: Policy,
    *,
    begin: float = -math.inf,
    step: float = STEP,
    nights: int = 1,
) -> Iterator[Found]:
    """Yield each hunch that would have been asked, in order of time (see `stretches`)."""
    for stretch in stretches(mind, recording, policy, begin=begin, step=step, nights=nights):
        yield from stretch.found


def stretches(
    mind: Watcher,
    recording: Recording,
    policy: Policy,
    *,
    begin: float = -math.inf,
    step: float = STEP,
    nights: int = 1,
) -> Iterator[Stretch]:
    """Go through a recording from one learning to the next; each step is a piece of work of its own.

    The mind learns once a day of history is there (or at `begin`, if that is later), then at four o'clock every
    `nights` nights; it looks every `step` seconds. What the home did by itself, and what nobody answered, ends
    hunches as it would have; nobody answers them, as nobody saw them. With a policy in shadow mode, what would have
    been done if everything were allowed is found too.
    """
    now, end = looked_at(recording, begin, step)[0], recording.end
    clock = LocalTime(recording.home.time_zone)
    course = _Course(recording, policy, now)
    learned = -math.inf
    while now <= end:
        mind.learn(_between(recording, learned, now), now)
        learned, night = now, now
        for _ in range(nights):
            night = next_night(clock, night)
        after = math.ceil(night / step) * step
        looks_until = min(after, math.floor(end / step) * step + step)
        moments = np.asarray(np.arange(now, looks_until, step), dtype=np.float64)
        last = float(moments[-1])
        news, settings = _between(recording, learned, last), policy.settings
        looks = mind.look_back(news, moments, settings.keep_accept, settings.sustain)
        found = [one for moment, look in zip(moments.tolist(), looks, strict=True) for one in course.see(moment, look)]
        # Words are for what was found alone, while the mind still knows that night.
        yield Stretch(last, tuple(replace(one, hunch=mind.tell(one.hunch)) for one in found))
        now = after


class _Course:
    """What the policy makes of one look after another, and what the home did in between."""

    def __init__(self, recording: Recording, policy: Policy, now: float) -> None:
        self._home = recording.home
        # Nobody sees what a replay raises, so that nobody's silence means anything.
        self._policy = replace(policy, settings=replace(policy.settings, tolerance=math.inf))
        self._scorer = Scorer(recording)
        self._changes = _Changes(recording, now)
        rules = _all_allowed(recording.home, now) if policy.settings.shadow else ()
        # History does not tell set-points: each that heats is taken to be as warm as can be lowered.
        bounds = policy.settings.bounds
        warm = Thermostat("heat", bounds.highest + bounds.degrees)
        self._thermostats = {e.entity_id: warm for e in recording.home.devices if e.domain == "climate"}
        self._ledger = Ledger(started=now, rules=rules)
        self._idle = False

    def see(self, now: float, look: Looked) -> Iterator[Found]:
        """Yield what is raised or joins a question, and what is done, at one look."""
        readings = self._changes.until(now)
        idle = not (look.candidates or self._ledger.open)
        if idle and self._idle:
            return  # nothing that the policy could remember, or forget
        self._idle = idle
        decision = self._policy.judge(self._home, look.candidates, self._ledger, now, readings)
        self._ledger = self._ledger.decided(decision, now)
        for hunch in decision.raised:
            yield Found(hunch, self._scorer.aftermath(hunch))
        for hunch in decision.joined:
            yield Found(hunch, self._scorer.aftermath(hunch), joined=True)
        settings = self._policy.settings
        if settings.shadow and any(hunch.p_low >= settings.min_sure for hunch in look.candidates):
            acting = self._policy.act(
                self._home, look.candidates, self._ledger, Moment(now, readings, self._thermostats)
            )
            for order in acting.shadow:
                self._ledger = self._ledger.recorded(_record(order, now))
                yield Found(order.hunch, self._scorer.aftermath(order.hunch), acted=True)


def _all_allowed(home: Home, now: float) -> tuple[Rule, ...]:
    """Return the rules that allow whatever may be allowed: what takes a rule about itself, one device at a time."""
    kinds = tuple(Rule(Verdict.ALLOW, None, kind, now) for kind in Kind)
    usual = Kind.USUALLY_ON_BY_NOW
    lights = tuple(Rule(Verdict.ALLOW, e.entity_id, usual, now) for e in home.devices if action_for(e, usual))
    others = tuple(Rule(Verdict.ALLOW, e.entity_id, None, now) for e in home.devices if takes_own_rule(e))
    return kinds + lights + others


def _record(order: Order, now: float) -> Record:
    name = f"{now}:{order.hunch.key}"
    return Record(name, now, order.hunch, order.action, automatic=True, outcome=Outcome.SHADOW)


def _between(recording: Recording, after: float, until: float) -> dict[str, Timeline]:
    """Return what happened after one moment up to another: all of it up to there if `after` is not finite."""
    found = {}
    for key, timeline in recording.timelines.items():
        first, last = (int(i) for i in np.searchsorted(timeline.times, (after, until), side="right"))
        part = slice(first, last)
        found[key] = Timeline(timeline.times[part], timeline.states[part], timeline.causes[part])
    return found


def next_night(clock: LocalTime, moment: float) -> float:
    """Return the next time after `moment` (Unix seconds) that it is four o'clock local time."""
    midnight = float(clock.local(moment)) // DAY * DAY
    for day in range(3):
        wall = midnight + day * DAY + NIGHT_HOUR * HOUR
        guess = wall - float(clock.offset(wall - float(clock.offset(moment))))
        if guess > moment:
            return guess
    return moment + DAY


class _Changes:
    """All changes of a recording in order of time, walked once."""

    def __init__(self, recording: Recording, after: float) -> None:
        keys = [key for key in sorted(recording.timelines) if key in recording.home.entities]
        lines = [recording.timelines[key] for key in keys]
        times = np.concatenate([np.empty(0), *(t.times for t in lines)])
        order = np.argsort(times, kind="stable")
        states = np.concatenate([np.empty(0, np.int8), *(t.states for t in lines)])[order]
        which = np.repeat(np.arange(len(lines)), [len(t) for t in lines])[order]
        self._keys = keys
        self._times, self._which, self._states = times[order], which, states
        self._next = int(np.searchsorted(self._times, after, side="right"))
        self._readings = {key: int(t.at(after)) for key, t in zip(keys, lines, strict=True)}

    def until(self, moment: float) -> Mapping[str, int]:
        """Return how everything stands at `moment`, none before the last one asked for."""
        last = bisect_right(self._times, moment, self._next)  # see `Contexts.at`
        passed = slice(self._next, last)
        whose = (self._keys[i] for i in self._which[passed].tolist())
        self._readings.update(zip(whose, self._states[passed].tolist(), strict=True))
        self._next = last
        return self._readings
