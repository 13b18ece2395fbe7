"""A mind that looks back: it learns as `scan.Mind` does, and then sees a whole stretch of looks at once.

What it sees at each moment is what a mind that lived then would have seen, to within rounding: every number rests on
what was known by that moment alone. Only the words of the evidence wait until a hunch is raised.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from . import acceptance, analogs, features, habits
from .context import Contexts, Tracker
from .distinct import distinct
from .experts import Forecasts
from .folded import rounded_up
from .home import Entity, Home
from .hunches import Evidence, Hunch
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
class _Seen:
    """What it takes to put one candidate into words: its timeline, and its row of what the networks were given."""

    timeline: Timeline
    embedding: NDArray[np.float32]
    dynamic: NDArray[np.float32]
    outlook: NDArray[np.float32]


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
        self._seen: dict[tuple[str, float], _Seen] = {}

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
    ) -> list[Scan]:
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
        self._seen.clear()
        looked_at = [
            (memory, rows, which[rows])
            for memory, which in self._kinds(known, moments, contexts)
            if (rows := np.flatnonzero(which != NOTHING)).size
        ]
        candidates: list[list[Hunch]] = [[] for _ in range(moments.size)]
        if looked_at:
            start = min(float(known[memory.entity.entity_id].times[0]) for memory, _, _ in looked_at)
            now = _Present.of(self.home, known, moments, contexts, start, self._clock)

            def judge(some: Sequence[_LookedAt]) -> Iterator[tuple[str, NDArray[np.int64]]]:
                for portion in _portions(some):
                    seen = [self._view(one, known[one[0].entity.entity_id], moments) for one in portion]
                    yield from self._collect(seen, self._judge(seen, now), contexts, candidates, least)

            # What holds for so long is seen by one in every few looks; those between matter beside such a one alone.
            some = _some(moments, sustain)
            likely = dict(judge([_at(one, some) for one in looked_at]))
            beside = [_at(one, _beside(some, likely.get(one[0].entity.entity_id))) for one in looked_at]
            deque(judge(beside), maxlen=0)
        best_first = [sorted(hunches, key=lambda h: (-h.p_accept, h.entity_id)) for hunches in candidates]
        return [
            Scan(contexts.at(float(moment)), tuple(hunches))
            for moment, hunches in zip(moments, best_first, strict=True)
        ]

    def tell(self, hunch: Hunch) -> Hunch:
        """Return a candidate of the last `look_back` with all of its evidence."""
        seen = self._seen[hunch.entity_id, hunch.time]
        known = seen.timeline.until(hunch.time)
        p_if_home = None
        if situation(hunch.evidence.context) is not Situation.HOME:
            changed = acceptance.awake_at_home(seen.dynamic[None])
            p_if_home = float(sigmoid(self._model.accept(seen.embedding[None], changed, seen.outlook[None]).yes)[0])
        evidence = replace(
            hunch.evidence,
            usual_minutes=habits.usual_minutes(known),
            usual_off_hour=habits.usual_off_hour(known, hunch.time, self._clock),
            archetype=self._model.archetypes.assign(seen.embedding[None])[0].title,
            p_if_home=p_if_home,
        )
        return replace(hunch, evidence=evidence)

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

    def _collect(
        self, seen: list[_View], judged: _Judged, contexts: Contexts, found: list[list[Hunch]], least: float
    ) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Add a hunch without words where a view is likely enough; yield each device and the rows at which it is."""
        priors = self._model.priors
        yes, right = priors.yes.judge(judged.fleet.yes), priors.right.judge(judged.fleet.right)
        p_on = sigmoid(judged.usual)
        first = 0
        for view in seen:
            moments = contexts.times[view.rows]
            _, _, since = view.line.current(moments)
            rows = slice(first, first + view.rows.size)
            likely = np.flatnonzero(yes.p[rows] >= least)
            yield view.entity.entity_id, view.rows[likely]
            for i in likely.tolist():
                row, moment, kind = first + i, float(moments[i]), KINDS[view.kinds[i]]
                action = action_for(view.entity, kind)
                evidence = Evidence(
                    since=float(since[i]),
                    usual_minutes=None,
                    usual_off_hour=None,
                    p_on=float(p_on[row]),
                    history_days=float(view.usages.history[i]) / DAY,
                    archetype="",
                    context=contexts.at(moment),
                    p_fleet=float(yes.p[row]),
                    p_right=float(right.p[row]),
                )
                found[view.rows[i]].append(
                    Hunch(
                        moment,
                        view.entity.entity_id,
                        kind,
                        action.name if action else "",
                        float(yes.p[row]),
                        evidence,
                        float(right.low[row]),
                    )
                )
                self._seen[view.entity.entity_id, moment] = _Seen(
                    view.timeline, judged.embedding[row], judged.dynamic[row], judged.outlook[row]
                )
            first += view.rows.size


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


def _beside(some: NDArray[np.bool_], likely: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Return the other moments [m]: those that have one of some before or after them at which it was `likely`."""
    if likely is None or not likely.size:
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
