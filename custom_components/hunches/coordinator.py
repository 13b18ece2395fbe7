"""Teaches the mind from history, shows it what happens, and lets the policy decide what is asked.

The mind is not thread-safe and not quick: it works in a thread of its own, one job at a time under one lock. A new mind
is taught beside the one in use and takes its place when it knows everything.
"""

import asyncio
import math
import random
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any

from homeassistant.const import EVENT_CALL_SERVICE, EVENT_HOMEASSISTANT_STOP, EVENT_STATE_CHANGED
from homeassistant.core import CALLBACK_TYPE, Context, CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later, async_track_time_change, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from . import issues
from .actions import Actions
from .choices import chosen_home
from .const import (
    CONF_REPAIRS,
    DOMAIN,
    LOGGER,
    LOOK_COOLDOWN,
    LOOK_INTERVAL,
    NIGHTLY_HOUR,
    RELEARN_COOLDOWN,
    STOP_PATIENCE,
    Stage,
)
from .corrections import Statement
from .data import HunchesConfigEntry, Look, Status
from .engine.context_filter import Correction
from .engine.folded import Unfolding
from .engine.home import DEVICE_DOMAINS, UNKNOWN, Home, read_state
from .engine.hunches import Context as HomeContext
from .engine.hunches import Hunch, Kind
from .engine.model import Model
from .engine.policy import Action, Ledger, Moment, Policy, Question, Settings, left_to_ask, questions
from .engine.scan import Mind, Scan
from .engine.timeline import Cause
from .feedback import Feedback
from .following import Following
from .history import HistoryUnavailable
from .history.reader import AUTOMATIC_EVENTS, Stopped
from .lessons import Lessons
from .live import Change, LiveChanges
from .own_thread import OwnThread
from .patience import Patience
from .proof import Past, Proof
from .rehearsal import note
from .renames import renamed_home
from .settings import settings_from
from .teaching import Teacher

_STARTED: HassKey[float] = HassKey(f"{DOMAIN}_started")
_FAILED = "learning_failed"


class HunchesCoordinator(DataUpdateCoordinator[Status]):
    """Keeps the mind, the policy and the open hunches of one home."""

    config_entry: HunchesConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: HunchesConfigEntry, thread: OwnThread, model: Model, feedback: Feedback
    ) -> None:
        """Hold everything still until `async_start`."""
        super().__init__(hass, LOGGER, config_entry=entry, name=DOMAIN)
        self.model = model
        self._thread = thread
        self.feedback = feedback
        self.home: Home | None = None
        self.mind: Mind | None = None
        self.lock = asyncio.Lock()
        self.unit: str = hass.config.units.temperature_unit
        self._policy = Policy(settings_from(entry.options, self.unit))
        self._live = LiveChanges()
        self.teacher = Teacher(hass, thread, model, self._policy, self._live)
        self.actions = Actions(self)
        self.following = Following(self)
        self.proof = Proof(hass, entry, model, self._past, lambda percent: self._update(proving=percent))
        self.watched: frozenset[str] = frozenset()
        self._names: dict[str, str] = {}  # of what the mind knows by earlier ids
        self._called: dict[str, str] = {}  # of everything, since the start
        """New entity ids by those of the home that is being learned, since it was looked up."""
        self._stopped = threading.Event()
        self._patience = Patience()
        self._again: CALLBACK_TYPE | None = None
        self._settling = hass.state is not CoreState.running
        self._lessons = Lessons()
        self._learning: asyncio.Task[None] | None = None
        self._undo: list[CALLBACK_TYPE] = []
        self.data = Status(open=feedback.ledger.open, questions=self.questions)
        self._look = self._debouncer(LOOK_COOLDOWN, self.async_look)
        self._relearn = self._debouncer(RELEARN_COOLDOWN, self._learn_anew)
        self._once_more = False

    def _debouncer(self, cooldown: float, job: Callable[[], Any]) -> Debouncer[Any]:
        return Debouncer(self.hass, LOGGER, cooldown=cooldown, immediate=False, function=job, background=True)

    @property
    def settings(self) -> Settings:
        """Return the numbers of the policy."""
        return self._policy.settings

    @property
    def described(self) -> Home:
        """Return the home as it was learned; before that, as the registries describe it."""
        if self.home is not None:
            return self.home
        home, _ = chosen_home(self.hass, self.config_entry.options)
        return home

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return what is asked at this moment."""
        hunches = self.feedback.ledger.open
        return questions(self.described, hunches) if hunches else ()

    def question(self, key: str, shown: Collection[str] = ()) -> Question | None:
        """Return the question in which the open hunch of a key is asked.

        Where that one is settled, or goes by another id: what is left of what was `shown` with it (entity ids).
        """
        asked = {hunch.key: question for question in self.questions for hunch in question.hunches}
        kind, _, entity_id = key.partition(":")
        keys = (f"{kind}:{one}" for one in self.now_called((entity_id, *shown)))
        return next((asked[one] for one in (key, *keys) if one in asked), None)

    def now_called(self, entity_ids: Iterable[str]) -> tuple[str, ...]:
        """Return entities' ids, each beside the one that it has by now, if it got another since the start."""
        return tuple(key for one in entity_ids for key in (one, self._called.get(one, one)))

    @property
    def repairs(self) -> bool:
        """Whether hunches are shown in Repairs."""
        return bool(self.config_entry.options.get(CONF_REPAIRS, True))

    @callback
    def renew_settings(self) -> None:
        """Take the numbers of the policy from the options and the home's units as they are by now."""
        self.unit = self.hass.config.units.temperature_unit
        self._policy.settings = settings_from(self.config_entry.options, self.unit)

    @callback
    def follow(self, old: str, new: str) -> None:
        """Know an entity by its new id at once, though the mind will only when it has learned anew.

        Else what is asked about it would be withdrawn at the next look, and what was done could not be undone.
        """
        self._names, self._called = (
            {**{first: new if last == old else last for first, last in names.items()}, old: new}
            for names in (self._names, self._called)
        )
        if self.home is not None:
            self.home = renamed_home(self.home, {old: new})
        self.watched = frozenset(new if key == old else key for key in self.watched)

    @callback
    def async_start(self, hass: HomeAssistant) -> None:
        """Begin, now that Home Assistant has started: listen, and read history in the background."""
        if self._settling:  # integrations take minutes to report true states
            hass.data[_STARTED] = dt_util.utcnow().timestamp()
        self.feedback.began(hass.data.get(_STARTED, 0.0))
        second, minute = random.randrange(60), random.randrange(30)  # not every home at the same moment
        listen = hass.bus.async_listen
        self._undo = [
            *self.following.listen(),
            listen(EVENT_STATE_CHANGED, self._on_state, event_filter=self._is_watched),
            *(listen(event, self._on_automation) for event in AUTOMATIC_EVENTS),
            listen(EVENT_CALL_SERVICE, self._on_call),
            listen(EVENT_HOMEASSISTANT_STOP, self._on_stop),
            async_track_time_interval(hass, self._on_minute, LOOK_INTERVAL, name=f"{DOMAIN} look"),
            async_track_time_change(hass, self._on_night, hour=NIGHTLY_HOUR, minute=minute, second=second),
        ]
        self.async_learn()

    async def async_stop(self) -> None:
        """Leave nothing behind: no listener, no timer, no issue, no job in an executor."""
        self._stopped.set()
        while self._undo:
            self._undo.pop()()
        self._cancel_again()
        self._look.async_shutdown()
        self._relearn.async_shutdown()
        if self._learning is not None:
            await asyncio.wait([self._learning], timeout=STOP_PATIENCE)
        await self.proof.async_stop()
        async with self.lock:
            self.mind = None
        issues.async_show(self.hass, self.home, ())
        await self.async_shutdown()

    # Learning

    @callback
    def async_learn(self) -> None:
        """Begin to read and learn everything anew in the background, unless that is under way."""
        if self._stopped.is_set() or (self._learning is not None and not self._learning.done()):
            return
        self._cancel_again()
        # To look the home up is a stretch of its own on the event loop, not one with what leads to it
        self._learning = self.config_entry.async_create_background_task(
            self.hass, self._async_learn(), f"{DOMAIN} learning", eager_start=False
        )

    @callback
    def async_learn_soon(self) -> None:
        """Learn anew once whatever is changing now has changed."""
        self._relearn.async_schedule_call()

    @callback
    def _learn_anew(self) -> None:
        """Learn because something has changed; what is learned at this moment may not know of it."""
        self._once_more = self._learning is not None and not self._learning.done()
        self.async_learn()

    async def _async_learn(self) -> None:
        try:
            await self._async_read_and_teach()
            self._patience.succeeded()
            await self.async_look()
            self.proof.async_begin()
        except HistoryUnavailable as unavailable:
            delay = self._patience.failed(unavailable.reason, f"History cannot be read ({unavailable})")
            if not self._stopped.is_set():
                self._again = async_call_later(self.hass, delay, self._on_night)
            self._update(stage=Stage.READY if self.mind else Stage.WAITING, reason=unavailable.reason)
            await self._async_unattended()
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - the home goes on without hunches, and the log says why
            self._patience.failed(repr(error), "Learning failed, trying again at night", error)
            self._update(stage=Stage.READY if self.mind else Stage.WAITING, reason=_FAILED)
            await self._async_unattended()
        finally:
            if self._once_more and not self._stopped.is_set():
                self._once_more = False
                self._relearn.async_schedule_call()

    async def _async_unattended(self) -> None:
        """Bring back heating that is set back if nobody looks: a cold home costs more than heating an empty one."""
        if self.mind is not None or self._stopped.is_set():
            return
        now = dt_util.utcnow().timestamp()
        async with self.lock:
            await self.actions.async_heat(HomeContext(now, p_asleep=0.0, p_away=0.0, p_dark=0.0), now)
        self._update()

    async def _async_read_and_teach(self) -> None:
        began = perf_counter()
        home, excluded = chosen_home(self.hass, self.config_entry.options)
        await self.proof.async_forget(*excluded)
        self.watched, self._names = frozenset(home.entities), {}
        self._update(stage=Stage.READING, done=0, devices=len(home.devices), evidence=len(home.evidence))
        heard = await self.teacher.async_read(home, excluded, self._stopped, self._progress)
        read_seconds = round(perf_counter() - began, 3)
        self._update(stage=Stage.LEARNING, done=0)
        async with self.lock:
            # The same mind learns on while the home is the one that it knows.
            known, said = self.mind is not None and home == self.mind.home, self.feedback.corrections
            mind = self.mind if known else None
            taught = await self.teacher.async_teach(mind, home, heard, said, self._stopped, self._progress)
            if taught.mind is not self.mind:
                self._lessons.anew()
            self.mind, self.home = taught.mind, renamed_home(taught.home, self._names)
            await self.feedback.async_of_things(self.home)
        kept = self.teacher.memory.kept
        starts = (kept[key].usage.start for key in home.entities if key in kept)
        since = min((start for start in starts if not math.isnan(start)), default=None)
        timing = {**taught.timing, "read_seconds": read_seconds}
        self._update(stage=Stage.READY, reason=None, since=since, timing=timing)

    @callback
    def _past(self) -> Past | None:
        """Return what the backtest goes through; None before anything was learned."""
        if (home := self.home) is None:
            return None
        kept = self.teacher.memory.kept
        changes = {key: kept[key].changes for key in home.entities if key in kept}
        return Past(home, Unfolding(changes), self.feedback.corrections, self.settings)

    def proven(self, entity_id: str, kind: Kind | None = None) -> dict[str, Any] | None:
        """Return what the backtest found for one device, of one kind or of all; None while there is nothing."""
        return self.proof.of(entity_id, kind)

    @callback
    def _progress(self, done: int, total: int) -> None:
        """Tell the listeners about every tenth part."""
        if total and (done == total or done * 10 // total != self.data.done * 10 // total):
            self._update(done=done, total=total)

    @callback
    def _update(self, **changes: Any) -> None:
        if not self._stopped.is_set():
            hunches, asked = self.feedback.ledger.open, self.questions
            self.async_set_updated_data(replace(self.data, open=hunches, questions=asked, **changes))

    @callback
    def _cancel_again(self) -> None:
        if self._again is not None:
            self._again()
            self._again = None

    # Looking

    async def async_look(self) -> Scan | None:
        """Look at the home, show what the policy lets through and do what it lets do; None while there is no mind."""
        async with self.lock:
            found = await self._async_look(None)
            return found.scan if found else None

    async def async_act(self, context: Context, may: Callable[[str], bool], *, dry_run: bool) -> Look | None:
        """Look, and carry out in a caller's name what is allowed and theirs to do (`may`, by entity id).

        `dry_run`: nothing is done, shown or kept. None while there is no mind.
        """
        async with self.lock:
            return await self._async_look(context, may, dry_run=dry_run)

    async def _async_look(
        self, context: Context | None, may: Callable[[str], bool] = lambda _: True, *, dry_run: bool = False
    ) -> Look | None:
        if self.mind is None or self.home is None or self._stopped.is_set():
            return None
        now, said = dt_util.utcnow().timestamp(), self.feedback.corrections
        moment, changes, ledger = self.actions.moment(now, self.readings()), self._live.take(), self.feedback.ledger
        see = partial(self._see, self.mind, self.home, changes, moment, ledger, said, dry_run=dry_run)
        found = await self._thread.run(see)
        found = replace(found, acting=found.acting.only(may))
        if dry_run or found.decision is None:
            return found
        decision = left_to_ask(self.home, found.decision, found.acting.entity_ids)
        await self.feedback.async_decided(decision, found.implied, now)
        timing = {**self.data.timing, "look_seconds": round(found.seconds, 4)}
        self.show(context=found.scan.context, declined=decision.declined, timing=timing)
        await self.actions.async_check(now)
        await self.actions.async_heat(found.scan.context, now)
        tried = await self.actions.async_act(found.acting, context)
        if self.feedback.ledger is not ledger:
            self.show()
        return replace(found, tried=tuple(tried))

    def _see(
        self,
        mind: Mind,
        home: Home,
        changes: list[Change],
        moment: Moment,
        ledger: Ledger,
        said: tuple[Correction, ...],
        *,
        dry_run: bool,
    ) -> Look:
        """Return what there is to see and what may be shown and done about it; runs in the thread."""
        began = perf_counter()
        note(mind, mind.home, changes)
        self._lessons.teach(mind, ledger)
        mind.correct(said)
        scan, policy = mind.look(moment.now), self._policy
        decision = None
        if not dry_run:
            decision = policy.judge(
                home, scan.candidates, ledger, moment.now, moment.readings, moment.thermostats, moment.unable
            )
        acting = policy.act(home, scan.candidates, ledger, moment)
        implied = () if dry_run else self._lessons.watch(mind, ledger, moment.now)
        return Look(scan, decision, acting, perf_counter() - began, implied)

    async def async_describe(self) -> list[dict[str, Any]]:
        """Return what is known of every device, as `script/replay devices` writes it; nothing before learning."""
        async with self.lock:
            if self.mind is None:
                return []
            return await self._thread.run(self.mind.describe)

    async def async_correct(self, statement: Statement) -> None:
        """Keep what somebody stated about the household, and tell the mind as soon as it is free."""
        await self.feedback.async_stated(statement)
        self._look_soon()

    async def async_forget(self, start: float, end: float) -> None:
        """Forget what was stated about a time (Unix seconds); the mind learns anew without it."""
        await self.feedback.async_forget(start, end)
        self._look_soon()

    @callback
    def _look_soon(self) -> None:
        # Not waited for: the mind may be busy learning for minutes. Every look tells it what holds by then.
        self.config_entry.async_create_background_task(self.hass, self.async_look(), f"{DOMAIN} look")

    @callback
    def show(self, **changes: Any) -> None:
        """Make the issues and the entities agree with the open hunches."""
        if not self._stopped.is_set():
            asked, failures = (self.questions, self.actions.failures()) if self.repairs else ((), ())
            issues.async_show(self.hass, self.home, asked, failures)
            self._update(**changes)

    @callback
    def allows(self, hunch: Hunch, action: Action) -> bool:
        """Return whether an action may be carried out without asking as everything stands at this very moment."""
        if self.home is None or self._stopped.is_set():
            return False
        moment = self.actions.moment(dt_util.utcnow().timestamp(), self.readings())
        orders = self._policy.act(self.home, [hunch], self.feedback.ledger, moment).orders
        return any(order.action == action for order in orders)

    @callback
    def readings(self) -> dict[str, int]:
        """Return how the home's entities stand at this moment, by entity id."""
        found = ((key, self.hass.states.get(key)) for key in self.watched)
        return {key: read_state(state.domain, state.state) for key, state in found if state is not None}

    # Events

    @callback
    def _is_watched(self, data: EventStateChangedData) -> bool:
        return data["entity_id"] in self.watched

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        entity_id = event.data["entity_id"]
        domain = entity_id.partition(".")[0]
        only_attributes = new is not None and old is not None and old.state == new.state
        if only_attributes and domain not in DEVICE_DOMAINS:
            return
        before, after = (UNKNOWN if state is None else read_state(domain, state.state) for state in (old, new))
        moment = new.last_changed_timestamp if new is not None else event.time_fired_timestamp
        cause = self.teacher.causes.of_change(entity_id, moment, before, after, event.context)
        self.actions.on_state(event, cause)
        text = new.state if new is not None else ""
        if only_attributes:
            return
        if not self._live.add(Change(moment, entity_id, text, cause)):
            self._relearn.async_schedule_call()  # more than can be held: what was dropped is read from the recorder
        if any(hunch.entity_id == entity_id for hunch in self.feedback.ledger.open):
            self._look.async_schedule_call()

    @callback
    def _on_automation(self, event: Event) -> None:
        self.teacher.causes.add(event.context, Cause.AUTOMATION)

    @callback
    def _on_call(self, event: Event[Any]) -> None:
        self.teacher.causes.add(event.context, Cause.UNKNOWN)  # not at the device itself, whoever it was

    @callback
    def _on_stop(self, _: Event) -> None:
        self._stopped.set()

    @callback
    def _on_night(self, _: datetime) -> None:
        self.async_learn()

    async def _on_minute(self, _: datetime) -> None:
        if self.mind is not None:
            await self.async_look()
