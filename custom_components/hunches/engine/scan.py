"""A home as the model knows it, and one look at it: the context, and what seems to have been forgotten.

`Mind` joins the engine's rooms: memory → usage → embedding → archetype, and at each look context → outlook →
acceptance → candidates. What may be shown of these is the policy's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import acceptance, features, habits
from .bundle import Recording
from .context import Tracker
from .evidence import WHOLE
from .experts import Forecasts
from .home import Entity, Home
from .hunches import Context, Evidence, Hunch
from .localtime import DAY, LocalTime
from .memory import Kept, Memory
from .model import Archetype, Model, sigmoid
from .personal import Heard, Household, Subject
from .policy import action_for
from .rooms import AreaGuess
from .situations import Situation, situation
from .subjects import KINDS, NOTHING, kinds
from .timeline import Timeline
from .usage import advance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .context_filter import Correction
    from .usage import Usage

_REACH: Final = DAY + features.REACH
"""Seconds for which a look takes account of what the whole home did."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at a home: its context, and candidates for hunches, best first."""

    context: Context
    candidates: tuple[Hunch, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is known of a device since the last learning. `embedding` [32], `place` on the map [2]."""

    entity: Entity
    embedding: NDArray[np.float32]
    archetype: Archetype
    place: tuple[float, float]
    area_guess: AreaGuess | None
    history_days: float

    def as_json(self) -> dict[str, Any]:
        """Return what `script/replay devices` writes."""
        return {
            "entity_id": self.entity.entity_id,
            "embedding": [round(float(x), 5) for x in self.embedding],
            "archetype": self.archetype.as_json(),
            "map": [round(x, 4) for x in self.place],
            "area_guess": self.area_guess and self.area_guess.as_json(),
            "history_days": round(self.history_days, 2),
        }


class Mind:
    """A home as the model knows it. Not thread-safe; slow calls say so."""

    def __init__(
        self,
        model: Model,
        home: Home,
        corrections: Sequence[Correction] = (),
        kept: Mapping[str, Kept] | None = None,
    ) -> None:
        """Know a home by its registry, what its people have stated so far, and `kept` memories by entity id.

        `learn` comes next.
        """
        self.home = home
        self._model = model
        self._clock = LocalTime(home.time_zone, home.latitude, home.longitude)
        self._inputs = features.home_inputs(home)
        self._memory = {
            e.entity_id: Memory.of(e, (kept or {}).get(e.entity_id)) for e in (*home.devices, *home.evidence)
        }
        self._learned: float | None = None
        self._portraits: tuple[Portrait, ...] | None = ()
        self._tracker: Tracker | None = None
        self._corrections = tuple(corrections)
        self._household = Household.of(model.priors.yes, model.priors.right)

    def learn(
        self,
        timelines: Mapping[str, Timeline],
        until: float,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Take in history up to `until`. Slow: for an executor.

        May be called again with overlapping history; nothing counts twice. `progress` is told (done, of).
        """
        for done, (key, memory) in enumerate(self._memory.items()):
            memory.learn(timelines.get(key, Timeline.empty()).until(until), until, self._clock)
            if progress:
                progress(done + 1, len(self._memory))
        known = self._recent(until)
        if self._tracker is None:
            start = min((float(t.times[0]) for t in known.values() if len(t)), default=until)
            self._tracker = Tracker(self.home, known, start, self._corrections)
        self._tracker.step(known, until)
        self._tracker.fold()
        self._learned, self._portraits = until, None

    def note(self, entity_id: str, moment: float, state: str, cause: int = 0) -> None:
        """Take in one live change, in order of time."""
        if memory := self._memory.get(entity_id):
            memory.note(moment, state, cause)

    def knows(self, entity_id: str, moment: float) -> bool:
        """Return whether what an entity did at a moment (Unix seconds) is taken in by now."""
        memory = self._memory.get(entity_id)
        return memory is not None and moment <= max(memory.end, memory.usage.until)

    def keep(self) -> dict[str, Kept]:
        """Return what is worth keeping over a restart, by entity id: all that was learned up to the last `learn`."""
        return {key: kept for key, memory in self._memory.items() if len((kept := memory.keep()).changes)}

    def heed(self, heard: Sequence[Heard], always: Collection[tuple[str, str]] = frozenset()) -> None:
        """Let all that this home said so far move the odds; `always`: what is allowed by name (`policy.named`)."""
        self._household = Household.of(self._model.priors.yes, self._model.priors.right, heard, always)

    def correct(self, corrections: Sequence[Correction]) -> None:
        """Let these be all that the people of the home have stated, in the order in which they did.

        What is new counts from the next dawn on. If something was taken back, the next look follows all of history
        anew, which is slow: what was learned from it cannot be told apart.
        """
        before, self._corrections = self._corrections, tuple(corrections)
        if self._tracker is None or self._corrections == before:
            return
        if self._corrections[: len(before)] == before:
            for correction in self._corrections[len(before) :]:
                self._tracker.correct(correction)
        else:
            self._tracker = None

    def describe(self) -> list[dict[str, Any]]:
        """Return what is known of every device since the last `learn`, as `script/replay devices` writes it.

        Slow when asked for the first time after it: every device is held against every entity to find its room. A look
        needs none of it.
        """
        if self._portraits is None and self._learned is not None:
            until = self._learned
            self._portraits = self._describe({key: t.until(until) for key, t in self.timelines().items()})
        return [portrait.as_json() for portrait in self._portraits or ()]

    def recording(self) -> Recording:
        """Return the home and all that is known of its last weeks, what was noted among it."""
        return Recording(self.home, self.timelines())

    def look(self, now: float, only: frozenset[str] | None = None) -> Scan:
        """Look at the home at `now` (Unix seconds); `only` restricts the devices looked at."""
        known = self._recent(now)
        if self._tracker is None:
            self._tracker = Tracker(self.home, known, now, self._corrections)
        context = self._tracker.step(known, now)
        subjects = [
            one for one in self._subjects(known, context, now) if only is None or one[0].entity.entity_id in only
        ]
        if not subjects:
            return Scan(context, ())
        reach = now - _REACH
        activity = features.Activity.of(self.home, {key: t.since(reach) for key, t in known.items()})
        views = [_View.of(memory, kind, memory.read(), now, self._clock) for memory, kind in subjects]
        hunches = self._judge(views, activity, context, now)
        return Scan(context, tuple(sorted(hunches, key=lambda h: (-h.p_accept, h.entity_id))))

    def _subjects(self, known: Mapping[str, Timeline], context: Context, now: float) -> Iterator[tuple[Memory, int]]:
        """Yield the devices that are worth a thought as they stand, and the kind of hunch that each could give."""
        moment, asleep, away = (np.array([x]) for x in (now, context.p_asleep, context.p_away))
        for key, memory in self._memory.items():
            if memory.entity.is_device and len(known[key]):
                state = known[key].states[-1:]
                kind = int(kinds(memory.entity, memory.usage, state, moment, asleep, away, self._clock)[0])
                if kind != NOTHING:
                    yield memory, kind

    def timelines(self) -> dict[str, Timeline]:
        """Return what is held of every entity's changes, the live ones included, by entity id."""
        return {key: memory.read() for key, memory in self._memory.items()}

    def _recent(self, now: float) -> dict[str, Timeline]:
        """Return of every entity's changes what a look at `now` takes, for most of them those of a day or two."""
        if self._tracker is None:
            return self.timelines()
        since = min(now - _REACH, self._tracker.since)
        return {
            key: memory.read() if memory.entity.domain in WHOLE else memory.read(since)
            for key, memory in self._memory.items()
        }

    def _judge(self, views: list[_View], activity: features.Activity, context: Context, now: float) -> list[Hunch]:
        """Run the networks once over all views; one hunch each."""
        n, clock = len(views), self._clock
        stable = np.stack([features.stable(v.entity, v.usage, self._inputs) for v in views])
        encoded = self._model.encode(stable, np.stack([features.tokens(v.entity) for v in views]))
        embedding, behaviour = encoded.embedding, encoded.behaviour
        here = features.Surroundings.of(activity, now, context, clock)
        dynamic = np.stack([features.dynamic(v.timeline, v.usage, here) for v in views])
        yesterday = features.Surroundings.of(activity, now - DAY, None, clock)
        past = np.stack([features.dynamic(v.timeline, v.usage, yesterday) for v in views])
        horizons = len(acceptance.HORIZONS)
        forecasts = Forecasts(
            np.concatenate([v.outlook.ahead.logit for v in views] + [v.outlook.usual.logit for v in views]),
            np.concatenate([v.outlook.ahead.support for v in views] + [v.outlook.usual.support for v in views]),
        )
        logits = self._model.predict(
            np.concatenate((np.repeat(behaviour, horizons, axis=0), behaviour)),
            np.concatenate((np.repeat(dynamic, horizons, axis=0), past)),
            np.concatenate([v.outlook.ahead_query for v in views] + [v.outlook.usual_query for v in views]),
            forecasts,
        )
        ahead, usual = logits[: n * horizons].reshape(n, horizons), logits[n * horizons :]
        rooms = np.stack([activity.room(v.entity.area, now) for v in views])
        outlook = acceptance.compose(
            ahead, usual, np.stack([v.outlook.habits for v in views]), rooms, np.array([v.kind for v in views])
        )
        found = self._model.accept(embedding, dynamic, outlook)
        if_home = self._model.accept(embedding, acceptance.awake_at_home(dynamic), outlook)
        stands = situation(context)
        abouts = [Subject(str(KINDS[v.kind]), v.entity.entity_id, stands) for v in views]
        at_home = [Subject(about.kind, about.entity_id, Situation.HOME) for about in abouts]
        archetypes = self._model.archetypes.assign(embedding)
        said = _Said(
            self._household.yes.judge(abouts, found.yes).p,
            self._household.right.judge(abouts, found.right).low,
            sigmoid(found.yes),
            sigmoid(found.right),
            None if stands is Situation.HOME else self._household.yes.judge(at_home, if_home.yes).p,
            sigmoid(usual),
            [archetype.title for archetype in archetypes],
        )
        return [self._hunch(view, now, context, said, i) for i, view in enumerate(views)]

    def _hunch(self, view: _View, now: float, context: Context, said: _Said, i: int) -> Hunch:
        kind = KINDS[view.kind]
        action = action_for(view.entity, kind)
        assert action is not None  # noqa: S101 (subjects without one were left out)
        evidence = Evidence(
            since=view.since,
            usual_minutes=habits.usual_minutes(view.timeline),
            usual_off_hour=habits.usual_off_hour(view.timeline, now, self._clock),
            p_on=float(said.p_on[i]),
            history_days=view.usage.history / DAY,
            archetype=said.archetypes[i],
            context=context,
            p_fleet=float(said.p_fleet[i]),
            p_right=float(said.p_right[i]),
            p_if_home=None if said.p_if_home is None else float(said.p_if_home[i]),
        )
        return Hunch(
            now,
            view.entity.entity_id,
            kind,
            f"{action.domain}.{action.service}",
            float(said.p_accept[i]),
            evidence,
            float(said.p_low[i]),
        )

    def _describe(self, known: Mapping[str, Timeline]) -> tuple[Portrait, ...]:
        memories = [m for _, m in sorted(self._memory.items()) if m.entity.is_device]
        if not memories:
            return ()
        stable = np.stack([features.stable(m.entity, m.usage, self._inputs) for m in memories])
        embeddings = self._model.embed(stable, np.stack([features.tokens(m.entity) for m in memories]))
        archetypes, places = self._model.archetypes.assign(embeddings), self._model.place(embeddings)
        guesses = self._rooms([m.entity for m in memories], stable, known)
        return tuple(
            Portrait(
                m.entity,
                embedding,
                archetype,
                (float(place[0]), float(place[1])),
                guesses[m.entity.entity_id],
                m.usage.history / DAY,
            )
            for m, embedding, archetype, place in zip(memories, embeddings, archetypes, places, strict=True)
        )

    def _rooms(
        self, devices: Sequence[Entity], stable: NDArray[np.float32], known: Mapping[str, Timeline]
    ) -> dict[str, AreaGuess | None]:
        """Return for each device the area it seems to be in, whatever its own is said to be."""
        # Few homes ask for it, and it is slow: what it takes is loaded then, wherever that is
        from .areas import candidates, placeless  # noqa: PLC0415

        rooms, everyone = self._model.rooms, [m.entity for m in self._memory.values()]
        points = self._model.embed(stable, np.stack([features.tokens(placeless(e)) for e in devices]))
        embeddings = {e.entity_id: point for e, point in zip(devices, points, strict=True)}
        asked = dict(zip(devices, points, strict=True))
        found = candidates(asked, everyone, known, embeddings, rooms.words)
        return {key: rooms.guess(areas, embeddings[key]) for key, areas in found.items()}


@dataclass(frozen=True, slots=True)
class _Said:
    """What is thought of n views: see `Hunch` and `Evidence`."""

    p_accept: NDArray[np.float64]
    p_low: NDArray[np.float64]
    p_fleet: NDArray[np.float64]
    p_right: NDArray[np.float64]
    p_if_home: NDArray[np.float64] | None
    p_on: NDArray[np.float64]
    archetypes: list[str]


@dataclass(frozen=True, slots=True)
class _View:
    """One device as it stands at the moment of looking, and which of `KINDS` it could give."""

    entity: Entity
    kind: int
    timeline: Timeline
    usage: Usage
    since: float
    outlook: acceptance.Outlook

    @classmethod
    def of(cls, memory: Memory, kind: int, timeline: Timeline, now: float, clock: LocalTime) -> _View:
        usage = advance(memory.usage, timeline, now, clock)
        return cls(
            memory.entity,
            kind,
            timeline.until(now),
            usage,
            timeline.current(now)[1],
            acceptance.look_out(timeline, usage, now, clock),
        )
