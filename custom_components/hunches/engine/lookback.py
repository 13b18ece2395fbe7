"""A mind that looks back: it learns as `scan.Mind` does, and then sees a whole stretch of looks at once.

What it sees at each moment is what a mind that lived then would have seen, to within rounding: every number rests on
what was known by that moment alone. Only the words of the evidence wait until a hunch is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from . import acceptance, analogs, features, habits
from .context import Contexts, Tracker
from .distinct import distinct
from .experts import Forecasts
from .folded import rounded_up
from .home import Entity, Home
from .hunches import Context, Evidence, Hunch
from .localtime import DAY, LocalTime
from .memory import Memory
from .model import Accepted, Model, sigmoid
from .policy import action_for
from .scan import Scan
from .situations import Situation, situation
from .subjects import KINDS, NOTHING, kinds
from .timeline import Timeline
from .usage import Usages, usages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .context_filter import Correction

    _LookedAt = tuple[Memory, NDArray[np.int64], NDArray[np.int64]]
    """A device, the moments at which it could give a hunch (rows of the stretch), and which of `KINDS`."""

_ROWS: Final = 1024
"""Views that go through the networks at a time."""


@dataclass(frozen=True, slots=True)
class _View:
    """One device at those moments, `rows` [r] of the stretch, at which it could give one of `KINDS`, `kinds` [r]."""

    entity: Entity
    timeline: Timeline
    line: analogs.Line
    usages: Usages
    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the networks say of n views: log-odds [n] of the fleet, of being on as usual, and what they were given."""

    fleet: Accepted
    usual: NDArray[np.float32]
    embedding: NDArray[np.float32]
    dynamic: NDArray[np.float32]
    outlook: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Likely:
    """What n candidates of a stretch are made of once somebody looks at them.

    As objects, those of a night would count as many long-lived ones, and every few nights the garbage collector would
    hold up all of Home Assistant to go through its whole memory.

    `at`: rows of the stretch. `who`: places among the devices looked at. `kind`: of `KINDS`. `since`: from when on the
    device was as it was, `history`: how long it had been known, in seconds. `p_on`, `yes`, `right`, `low`: see `Hunch`
    and `Evidence`. `embedding`, `dynamic`, `outlook`: what the networks were given.
    """

    at: NDArray[np.int64]
    who: NDArray[np.int64]
    kind: NDArray[np.int64]
    since: NDArray[np.float64]
    history: NDArray[np.float64]
    p_on: NDArray[np.float64]
    yes: NDArray[np.float64]
    right: NDArray[np.float64]
    low: NDArray[np.float64]
    embedding: NDArray[np.float32]
    dynamic: NDArray[np.float32]
    outlook: NDArray[np.float32]

    def of(self, chosen: NDArray[np.int64]) -> _Likely:
        """Return some of them."""
        return _Likely(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @classmethod
    def all(cls, parts: Sequence[_Likely]) -> _Likely:
        """Return those of all parts, in their order."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen in a stretch: the contexts at its moments, the devices looked at, and what is likely of them."""

    contexts: Contexts
    devices: tuple[tuple[Entity, Timeline], ...]
    likely: _Likely | None


class Lookback:
    """A home as the model would have known it, night by night. Not thread-safe; every call is slow."""

    def __init__(self, model: Model, home: Home, corrections: Sequence[Correction] = ()) -> None:
        """Know a home by its registry and what its people have stated; `learn` comes next."""
        self.home = home
        self._model = model
        self._clock = LocalTime(home.time_zone, home.latitude, home.longitude)
        self._inputs = features.home_inputs(home)
        self._memory = {e.entity_id: Memory(e) for e in (*home.devices, *home.evidence)}
        self._corrections = tuple(corrections)
        self._tracker: Tracker | None = None
        self._until = 0.0
        self._seen: _Seen | None = None

    def learn(self, timelines: Mapping[str, Timeline], until: float) -> None:
        """Take in history up to `until`, as `Mind.learn` does."""
        for key, memory in self._memory.items():
            memory.learn(timelines.get(key, Timeline.empty()).until(until), until, self._clock)
        known = {key: memory.read() for key, memory in self._memory.items()}
        if self._tracker is None:
            start = min((float(t.times[0]) for t in known.values() if len(t)), default=until)
            self._tracker = Tracker(self.home, known, start, self._corrections)
        self._tracker.step(known, until)
        self._until = until

    def look_back(
        self,
        timelines: Mapping[str, Timeline],
        moments: NDArray[np.float64],
        least: float = 0.0,
        sustain: float = 0.0,
    ) -> Iterator[Scan]:
        """Return what there was to see at each of `moments` [m]: in order, none before the last learning.

        They lie evenly on a grid of `analogs.CELL` seconds. `timelines` hold at least all that happened up to the last
        of them. Candidates below a probability of `least` are left out; evidence has no words yet (`tell`). `sustain`:
        seconds for which a candidate has to hold to bear on anything. Of those that hold for less, some are left out.
        """
        if self._tracker is None:
            msg = "nothing has been learned yet"
            raise ValueError(msg)
        known = {key: self._extended(memory, timelines.get(key)) for key, memory in self._memory.items()}
        contexts = self._tracker.steps(known, moments)
        looked_at = [
            (memory, rows, which[rows])
            for memory, which in self._kinds(known, moments, contexts)
            if (rows := np.flatnonzero(which != NOTHING)).size
        ]
        devices = tuple((memory.entity, known[memory.entity.entity_id]) for memory, _, _ in looked_at)
        parts: list[_Likely] = []
        none = np.zeros(0, dtype=np.int64)
        if looked_at:
            start = min(float(timeline.times[0]) for _, timeline in devices)
            now = _Present.of(self.home, known, moments, contexts, start, self._clock)
            places = {entity.entity_id: place for place, (entity, _) in enumerate(devices)}

            def judge(some: Sequence[_LookedAt]) -> Iterator[_Likely]:
                for portion in _portions(some):
                    seen = [self._view(one, known[one[0].entity.entity_id], moments) for one in portion]
                    who = [places[view.entity.entity_id] for view in seen]
                    yield self._likely(seen, who, self._judge(seen, now), moments, least)

            # What holds for so long is seen by one in every few looks; those between matter beside such a one alone.
            some = _some(moments, sustain)
            parts += judge([_at(one, some) for one in looked_at])
            reached = [np.concatenate([none, *(part.at[part.who == i] for part in parts)]) for i in range(len(devices))]
            parts += judge([_at(one, _beside(some, rows)) for one, rows in zip(looked_at, reached, strict=True)])
        self._seen = _Seen(contexts, devices, _Likely.all(parts) if parts else None)
        return _scans(self._seen, moments)

    def tell(self, hunch: Hunch) -> Hunch:
        """Return a candidate of the last `look_back` with all of its evidence. Raises `KeyError` if it is none."""
        timeline, seen = self._of(hunch)
        known = timeline.until(hunch.time)
        p_if_home = None
        if situation(hunch.evidence.context) is not Situation.HOME:
            changed = acceptance.awake_at_home(seen.dynamic)
            p_if_home = float(sigmoid(self._model.accept(seen.embedding, changed, seen.outlook).yes)[0])
        evidence = replace(
            hunch.evidence,
            usual_minutes=habits.usual_minutes(known),
            usual_off_hour=habits.usual_off_hour(known, hunch.time, self._clock),
            archetype=self._model.archetypes.assign(seen.embedding)[0].title,
            p_if_home=p_if_home,
        )
        return replace(hunch, evidence=evidence)

    def _of(self, hunch: Hunch) -> tuple[Timeline, _Likely]:
        """Return the timeline of a candidate's device, and what the candidate alone is made of."""
        if (seen := self._seen) is not None and (likely := seen.likely) is not None:
            for who, (entity, timeline) in enumerate(seen.devices):
                if entity.entity_id == hunch.entity_id:
                    this = (likely.who == who) & (seen.contexts.times[likely.at] == hunch.time)
                    if this.any():
                        return timeline, likely.of(np.flatnonzero(this))
        raise KeyError(hunch.key)

    def _extended(self, memory: Memory, history: Timeline | None) -> Timeline:
        """Return what was learned, and what `history` says came after it."""
        known = memory.read()
        later = Timeline.empty() if history is None else history.after(self._until)
        # Rounded as in a memory, but never to before it happened.
        later = Timeline.from_readings(rounded_up(later.times), later.states, later.causes)
        return known.followed_by(later)

    def _kinds(
        self, known: Mapping[str, Timeline], moments: NDArray[np.float64], contexts: Contexts
    ) -> Iterator[tuple[Memory, NDArray[np.int64]]]:
        """Yield for each device which of `KINDS` it could give at each of the moments."""
        for key, memory in self._memory.items():
            if memory.entity.is_device and len(known[key]):
                states = known[key].at(moments)
                found = kinds(memory.entity, memory.usage, states, moments, contexts.asleep, contexts.away, self._clock)
                yield memory, found

    def _view(self, looked_at: _LookedAt, timeline: Timeline, moments: NDArray[np.float64]) -> _View:
        memory, rows, which = looked_at
        line = analogs.Line.of(timeline, float(moments[rows[-1]]))
        return _View(
            memory.entity, timeline, line, usages(memory.usage, timeline, moments[rows], self._clock), rows, which
        )

    def _judge(self, seen: list[_View], now: _Present) -> _Judged:
        """Run the networks once over all moments of all views, in their order."""
        clock, m = self._clock, len(acceptance.HORIZONS)
        encoded = self._model.encode(
            np.concatenate([features.stable(v.entity, v.usages, self._inputs) for v in seen]),
            np.concatenate([np.tile(features.tokens(v.entity), (v.rows.size, 1)) for v in seen]),
        )
        rows = np.concatenate([view.rows for view in seen])
        dynamic = np.concatenate([features.dynamic(v.timeline, v.usages, now.here.at(v.rows)) for v in seen])
        past = np.concatenate([features.dynamic(v.timeline, v.usages, now.yesterday.at(v.rows)) for v in seen])
        present = [analogs.forecasts(v.line, v.usages, now.ahead, v.rows, clock) for v in seen]
        before = [analogs.forecasts(v.line, v.usages, now.usual, v.rows, clock) for v in seen]
        logits = self._model.predict(
            np.concatenate((np.repeat(encoded.behaviour, m, axis=0), encoded.behaviour)),
            np.concatenate((np.repeat(dynamic, m, axis=0), past)),
            np.concatenate((now.ahead_query[rows].reshape(-1, now.ahead_query.shape[2]), now.usual_query[rows])),
            Forecasts(
                np.concatenate([_flat(f.logit[:, :m]) for f in present] + [_flat(f.logit) for f in before]),
                np.concatenate([_flat(f.support[:, :m]) for f in present] + [_flat(f.support) for f in before]),
            ),
        )
        ahead, usual = logits[: rows.size * m].reshape(-1, m), logits[rows.size * m :]
        habit = np.concatenate([_habits(v, f, now.here.moments) for v, f in zip(seen, present, strict=True)])
        rooms = np.concatenate([now.activity.room(view.entity.area, now.here.moments[view.rows]) for view in seen])
        outlook = acceptance.compose(ahead, usual, habit, rooms, np.concatenate([view.kinds for view in seen]))
        accepted = self._model.accept(encoded.embedding, dynamic, outlook)
        return _Judged(accepted, usual, encoded.embedding, dynamic, outlook)

    def _likely(
        self, seen: list[_View], who: Sequence[int], judged: _Judged, moments: NDArray[np.float64], least: float
    ) -> _Likely:
        """Return what is likely enough of some views; `who`: the places of their devices among all."""
        priors = self._model.priors
        yes, right = priors.yes.judge(judged.fleet.yes), priors.right.judge(judged.fleet.right)
        found = _Likely(
            np.concatenate([view.rows for view in seen]),
            np.repeat(np.array(who, dtype=np.int64), [view.rows.size for view in seen]),
            np.concatenate([view.kinds for view in seen]),
            np.concatenate([view.line.current(moments[view.rows])[2] for view in seen]),
            np.concatenate([view.usages.history for view in seen]),
            sigmoid(judged.usual),
            yes.p,
            right.p,
            right.low,
            judged.embedding,
            judged.dynamic,
            judged.outlook,
        )
        return found.of(np.flatnonzero(yes.p >= least))


def _scans(seen: _Seen, moments: NDArray[np.float64]) -> Iterator[Scan]:
    """Yield what there was to see at each of the moments, the best candidates first."""
    likely = seen.likely
    order = np.argsort(likely.at, kind="stable") if likely is not None else np.zeros(0, dtype=np.int64)
    ends = np.searchsorted(likely.at[order], np.arange(moments.size + 1)) if likely is not None else None
    for row, moment in enumerate(moments.tolist()):
        context = seen.contexts.at(moment)
        hunches: list[Hunch] = []
        if likely is not None and ends is not None:
            hunches = [_hunch(seen, likely, i, context) for i in order[ends[row] : ends[row + 1]].tolist()]
        yield Scan(context, tuple(sorted(hunches, key=lambda h: (-h.p_accept, h.entity_id))))


def _hunch(seen: _Seen, likely: _Likely, i: int, context: Context) -> Hunch:
    """Return a candidate, without words."""
    entity, kind = seen.devices[int(likely.who[i])][0], KINDS[likely.kind[i]]
    action, p_fleet = action_for(entity, kind), float(likely.yes[i])
    evidence = Evidence(
        since=float(likely.since[i]),
        usual_minutes=None,
        usual_off_hour=None,
        p_on=float(likely.p_on[i]),
        history_days=float(likely.history[i]) / DAY,
        archetype="",
        context=context,
        p_fleet=p_fleet,
        p_right=float(likely.right[i]),
    )
    moment = float(seen.contexts.times[likely.at[i]])
    name = action.name if action else ""
    return Hunch(moment, entity.entity_id, kind, name, p_fleet, evidence, float(likely.low[i]))


@dataclass(frozen=True, slots=True)
class _Present:
    """What is the same for all devices at the moments of a stretch [m]: now, and a day before."""

    activity: features.Activity
    here: features.Surroundings
    yesterday: features.Surroundings
    ahead: analogs.Asked
    ahead_query: NDArray[np.float32]
    usual: analogs.Asked
    usual_query: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        home: Home,
        known: Mapping[str, Timeline],
        moments: NDArray[np.float64],
        contexts: Contexts,
        start: float,
        clock: LocalTime,
    ) -> _Present:
        reach = float(moments[0]) - DAY - features.REACH
        activity = features.Activity.of(home, {key: t.since(reach) for key, t in known.items()})
        offsets = (*acceptance.HORIZONS.tolist(), 1.0)
        past, horizons = moments - DAY, acceptance.HORIZONS
        return cls(
            activity,
            features.Surroundings.of(activity, moments, contexts, clock),
            features.Surroundings.of(activity, past, None, clock),
            analogs.Asked.of(moments, offsets, horizons.size, start, clock),
            np.stack([features.query(moments, moments + horizon, clock) for horizon in horizons], axis=1),
            analogs.Asked.of(past, (DAY,), 1, start, clock),
            features.query(past, moments, clock),
        )


def _habits(view: _View, present: Forecasts, moments: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the habits of `acceptance.look_out` [r, 10]."""
    now = moments[view.rows]
    _, state, since = view.line.current(now)
    elapsed = now - since
    longer, count = np.empty(now.size), np.empty(now.size, dtype=np.int64)
    for held in distinct(state).tolist():
        starts, ends = view.line.past[held]
        alike = state == held
        count[alike] = np.searchsorted(ends, now[alike], side="right")
        for known in distinct(count[alike]).tolist():
            lengths = np.sort(ends[:known] - starts[:known])
            these = alike & (count == known)
            longer[these] = known - np.searchsorted(lengths, elapsed[these], side="right")
    tail = (longer + 0.5) / (count + 1.0)
    last, habit = present.logit.shape[1] - 1, acceptance.HABITS
    found: NDArray[np.float32] = np.concatenate(
        (
            present.logit[:, last, habit] / 4,
            present.support[:, last, habit] / 4,
            np.stack((np.log(tail / (1 - tail)) / 4, np.log1p(count) / 4), axis=1),
        ),
        axis=1,
    ).astype(np.float32)
    return found


def _flat(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    return numbers.reshape(-1, numbers.shape[2])


def _some(moments: NDArray[np.float64], sustain: float) -> NDArray[np.bool_]:
    """Return as few of the moments [m] as see all that holds for so long, the first and the last among them."""
    apart = float(moments[1] - moments[0]) if moments.size > 1 else np.inf
    some: NDArray[np.bool_] = np.arange(moments.size) % (int(sustain // apart) + 1) == 0
    some[-1:] = True
    return some


def _beside(some: NDArray[np.bool_], likely: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the other moments [m]: those that have one of some before or after them at which it was `likely`."""
    if not likely.size:
        return np.zeros_like(some)
    places = np.flatnonzero(some)
    reached = np.isin(places, likely)
    after = places.searchsorted(np.arange(some.size))
    return np.asarray(~some & (reached[after] | reached[np.maximum(after - 1, 0)]))


def _at(looked_at: _LookedAt, moments: NDArray[np.bool_]) -> _LookedAt:
    memory, rows, which = looked_at
    return memory, rows[moments[rows]], which[moments[rows]]


def _portions(looked_at: Sequence[_LookedAt]) -> Iterator[list[_LookedAt]]:
    """Yield the devices that have any rows in portions of not many more than `_ROWS`."""
    portion: list[_LookedAt] = []
    for one in looked_at:
        if one[1].size:
            portion.append(one)
        if sum(rows.size for _, rows, _ in portion) >= _ROWS:
            yield portion
            portion = []
    if portion:
        yield portion
