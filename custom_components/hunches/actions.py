"""Carries out what a person or the policy says, sees that it is done, and keeps a record of it.

A record is on disk before the device is told, so that a restart in between is noticed: what is not known to be done
is looked at again when Home Assistant is back.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, EVENT_ACTED, LOGGER, UNDONE_SECONDS
from .engine.home import DEVICE_DOMAINS, UNKNOWN, read_state, state_name
from .engine.hunches import Context as HomeContext
from .engine.hunches import Hunch
from .engine.policy import (
    Acting,
    Action,
    Answer,
    Answered,
    Due,
    Ledger,
    Moment,
    Outcome,
    Record,
    due,
    has_taken,
    is_done,
    is_pending,
)
from .engine.timeline import Cause
from .engine.told import VERIFY_SECONDS, Told
from .errors import AnswerError
from .settled import Settled, is_back, is_echo, wanted_of
from .snapshots import alike, async_restore, full_snapshot, in_unit, is_as, members_of, snapshot, thermostat_of
from .words import async_reason, name_of, plain

if TYPE_CHECKING:
    from .coordinator import HunchesCoordinator

_TOUCHED: HassKey[dict[str, float]] = HassKey(f"{DOMAIN}_touched")
"""When somebody last used each device (Unix seconds): who saves options has not taken the hand off the lamp earlier."""
_UNDER_WAY: Final = frozenset({"closing", "locking"})
"""States that already read as done, but may yet end as jammed or stopped."""
_PATIENCE: Final = 600.0
"""Seconds after which an action that a restart interrupted has failed, if its device could be reached all the time."""
_OUT_OF_REACH: Final = 3600.0
"""The same for a device that cannot be reached."""
_ECHO: Final = 120.0
"""Seconds in which a thermostat may still correct the set-point that it was told, to one that it can keep."""
_LATE: Final = 3600.0
"""Seconds in which a thermostat that sleeps between its reports may tell that it did as told, though late."""
_NEEDED: Final = {"media_player": 256, "fan": 16, "cover": 2, "valve": 2}
"""The feature that the safe service of a domain takes, as a number: to import it, its whole component is loaded."""
_FIRST_WAIT: Final = 300.0
_LONGEST_WAIT: Final = 3600.0
"""Seconds between attempts to bring heating back, which double: it is tried until it works."""


class Actions:
    """What is done to the devices of one home, and what became of it."""

    def __init__(self, coordinator: HunchesCoordinator) -> None:
        """Hold still."""
        self._coordinator = coordinator
        self._hass: HomeAssistant = coordinator.hass
        self._touched = self._hass.data.setdefault(_TOUCHED, {})
        self._told: dict[str, tuple[float, bool]] = {}
        self._running: set[str] = set()
        self._tries: dict[str, tuple[int, float]] = {}

    # What is known

    @callback
    def moment(self, now: float, readings: dict[str, int]) -> Moment:
        """Return how the home stands, for the policy."""
        climates = [key for key in readings if key.startswith("climate.")]
        return Moment(
            now=now,
            readings=readings,
            thermostats={key: thermostat_of(self._hass.states.get(key)) for key in climates},
            touched=dict(self._touched),
            unable=frozenset(key for key in readings if _is_unable(self._hass.states.get(key))),
        )

    @callback
    def reading(self, entity_id: str) -> int:
        """Return how an entity reads at this moment."""
        state = self._hass.states.get(entity_id)
        return UNKNOWN if state is None else read_state(state.domain, state.state)

    @callback
    def is_done(self, record: Record) -> bool:
        """Return whether a device stands as an action wanted it."""
        key = record.hunch.entity_id
        return is_done(record, self.reading(key), thermostat_of(self._hass.states.get(key)))

    @callback
    def failures(self) -> tuple[Record, ...]:
        """Return what did not work without anybody being told, the last of each device that is still there."""
        records = (r for r in self._coordinator.feedback.ledger.records if r.outcome is not Outcome.SHADOW)
        last = {r.hunch.entity_id: r for r in records if self._hass.states.get(r.hunch.entity_id) is not None}
        return tuple(r for r in last.values() if self._did_not_work(r) or (r.outcome is Outcome.DONE and r.detail))

    def _did_not_work(self, record: Record) -> bool:
        """Return whether a device, if it still is the integration's business, does not stand as it was told to."""
        home = self._coordinator.home
        watched = home is None or record.hunch.entity_id in home.entities
        return record.outcome is Outcome.FAILED and record.automatic and watched and not self.is_done(record)

    # What is done

    async def async_carry_out(
        self, hunch: Hunch, action: Action, context: Context | None, *, automatic: bool = False
    ) -> Record:
        """Do what a hunch proposes and see that it is done. Raises `AnswerError` and `Unauthorized`.

        The caller holds the coordinator's lock and has asked the policy.
        """
        name = name_of(self._hass, self._coordinator.home, hunch.entity_id)
        now = dt_util.utcnow().timestamp()
        state = self._hass.states.get(hunch.entity_id)
        ours = own_context(context)
        record = Record(
            id=ours.id,
            time=now,
            hunch=hunch,
            action=action,
            automatic=automatic,
            by=ours.user_id,
            before=full_snapshot(self._hass, state) if state is not None else {},
            reason=await async_reason(self._hass, hunch, now),
        )
        self._running.add(record.id)
        try:
            await self._coordinator.feedback.async_recorded(record)
            self.announce(record, ours)
            data = {"entity_id": action.entity_id, **dict(action.data)}
            call = self._hass.services.async_call(action.domain, action.service, data, blocking=True, context=ours)
            await self.async_told(record, call, name)
        except AnswerError as error:
            detail = error.detail or error.reason
            await self.async_became(record, Outcome.FAILED, detail)
            raise
        except Unauthorized:
            await self.async_became(record, Outcome.FAILED, "unauthorized")
            raise
        finally:
            self._running.discard(record.id)
        return await self.async_became(record, Outcome.DONE)

    @callback
    def announce(self, record: Record, context: Context, *, undo: bool = False) -> None:
        """Tell Home Assistant who acts in a context, and why, before anything happens in it.

        `state` in the event's data is the one that the device is to take, None where it stays: history needs it too.
        """
        key, now = record.hunch.entity_id, dt_util.utcnow().timestamp()
        wanted, state = wanted_of(record, undo=undo), None
        causes = self._coordinator.teacher.causes
        causes.add(context, Cause.OURS)
        if wanted not in (UNKNOWN, self.reading(key)):
            causes.tell(key, Told(now, wanted))
            state = state_name(key.partition(".")[0], wanted)
        self._told[key] = now, undo
        self._hass.bus.async_fire(
            EVENT_ACTED,
            {
                "entity_id": key,
                "state": state,
                "kind": str(record.hunch.kind),
                "action": record.action.name,
                "reason": record.reason,
                "automatic": record.automatic and not undo,
                "undo": undo,
                "action_id": record.id,
            },
            context=context,
            time_fired=now,
        )

    async def async_told(self, record: Record, call: Any, name: str, *, undo: bool = False) -> None:
        """Wait for a service call and until the device has come to rest. Raises `AnswerError` and `Unauthorized`."""

        def rests(state: State) -> bool:
            if undo:
                return is_as(self._hass, state, record.before)
            reading = read_state(state.domain, state.state)
            return state.state not in _UNDER_WAY and is_done(record, reading, thermostat_of(state))

        def reads(state: State) -> bool:
            if undo:
                return is_back(record, state)
            return is_done(record, read_state(state.domain, state.state), thermostat_of(state))

        entity_id, members = record.hunch.entity_id, members_of(record.before)
        try:
            async with asyncio.timeout(VERIFY_SECONDS), Settled(self._hass, entity_id, rests, members) as settled:
                # Shielded: a slow device finishes what it was told after we stopped waiting.
                await asyncio.shield(self._hass.async_create_task(call, f"{DOMAIN} {record.action.name}"))
                state = self._hass.states.get(entity_id)
                if state is None or not rests(state):
                    await settled.wait()
        except TimeoutError:
            state = self._hass.states.get(entity_id)
            if state is None or not reads(state):
                raise AnswerError("no_effect", name, plain(state.state) if state else "") from None
        except Unauthorized:
            raise
        except Exception as error:  # whatever an integration raises: the person is told, the hunch stays
            LOGGER.debug("%s for %s failed", record.action.name, entity_id, exc_info=True)
            raise AnswerError("failed", name, plain(str(error)) or type(error).__name__) from error

    async def async_became(self, record: Record, outcome: Outcome, detail: str = "") -> Record:
        """Keep what became of an action; return its record. A thermostat has rounded what it was told."""
        if outcome is Outcome.DONE and record.action.data:
            thermostat = thermostat_of(self._hass.states.get(record.hunch.entity_id))
            if thermostat is not None and has_taken(thermostat, record.action.data, record.before):
                record = replace(record, action=replace(record.action, data=thermostat.setting))
        record = replace(record, outcome=outcome, detail=detail)
        await self._coordinator.feedback.async_recorded(record)
        return record

    async def async_act(self, acting: Acting, context: Context | None) -> list[Record]:
        """Carry out what the policy decided, at the same time; return the records of what was tried.

        The caller holds the coordinator's lock.
        """
        for order in acting.shadow:
            now = dt_util.utcnow().timestamp()
            record = Record(
                id=Context().id,
                time=now,
                hunch=order.hunch,
                action=order.action,
                automatic=True,
                reason=await async_reason(self._hass, order.hunch, now),
                outcome=Outcome.SHADOW,
            )
            await self._coordinator.feedback.async_recorded(record)
        tried = await asyncio.gather(
            *(self._async_order(order.hunch, order.action, context) for order in acting.orders)
        )
        return [record for record in tried if record is not None]

    async def _async_order(self, hunch: Hunch, action: Action, context: Context | None) -> Record | None:
        """Carry out one order; a failure is logged once and shown, and the policy says when it is tried again."""
        # Since the look that this came from, seconds may have passed: a door was opened, somebody was at the lamp.
        if not self._coordinator.allows(hunch, action):
            return None
        try:
            return await self.async_carry_out(hunch, action, context, automatic=True)
        except (AnswerError, Unauthorized) as error:
            records = self._coordinator.feedback.ledger.records
            failed = [r for r in records if r.hunch.key == hunch.key and r.time >= hunch.evidence.since and r.automatic]
            log = LOGGER.warning if len(failed) == 1 else LOGGER.debug
            log("%s for %s did not work: %s", action.name, hunch.entity_id, error)
            return failed[-1] if failed else None

    # What is taken back

    async def async_take_back(self, record: Record, context: Context | None) -> None:
        """Let a device be as it was before an action, and see that it is. Raises `AnswerError` and `Unauthorized`.

        The caller holds the coordinator's lock and has asked the policy.
        """
        entity_id, ours = record.hunch.entity_id, own_context(context)
        self._running.add(record.id)
        try:
            self.announce(record, ours, undo=True)
            call = async_restore(self._hass, entity_id, record.before, ours)
            name = name_of(self._hass, self._coordinator.home, entity_id)
            try:
                await self.async_told(record, call, name, undo=True)
            except AnswerError as error:
                raise AnswerError("not_undone", name, error.detail) from error
        finally:
            self._running.discard(record.id)

    async def async_heat(self, context: HomeContext, now: float) -> None:
        """Bring back heating that was set back, when people are back or up. The caller holds the coordinator's lock."""
        records = self._coordinator.feedback.ledger.records
        thermostats = {
            r.hunch.entity_id: thermostat_of(self._hass.states.get(r.hunch.entity_id)) for r in records if r.action.data
        }
        # All at once: each takes its time, and whoever answers meanwhile waits for the lock.
        found = due(records, context, thermostats)
        await asyncio.gather(*(self._async_heat(record, what, now) for record, what in found))

    async def _async_heat(self, record: Record, what: Due, now: float) -> None:
        if what is Due.LEAVE:
            await self.async_became(record, Outcome.SUPERSEDED)
            return
        tries, last = self._tries.get(record.id, (0, 0.0))
        if tries and abs(now - last) < min(_FIRST_WAIT * 2.0 ** (tries - 1), _LONGEST_WAIT):
            return
        try:
            await self.async_take_back(record, None)
        except AnswerError as error:
            self._tries[record.id] = tries + 1, now
            if not tries:
                LOGGER.warning("%s was set back and could not be restored: %s", record.hunch.entity_id, error)
                detail = error.detail or error.reason
                await self.async_became(record, Outcome.DONE, detail)
        else:
            self._tries.pop(record.id, None)
            await self.async_became(record, Outcome.RESTORED)

    async def async_unit_changed(self, before: str, after: str) -> None:
        """Bring back what is set back, as the unit of temperature changes: nobody could tell later whose it is.

        The caller holds the coordinator's lock.
        """
        pending = [r for r in self._coordinator.feedback.ledger.records if r.action.data and is_pending(r)]
        self._running |= {record.id for record in pending}
        try:
            for record in pending:
                wanted = in_unit(record.before, before, after)
                await self._async_heat(replace(record, before=wanted), Due.RESTORE, dt_util.utcnow().timestamp())
        finally:
            self._running -= {record.id for record in pending}

    # What happens afterwards

    async def async_check(self, now: float) -> None:
        """See what became of actions that a restart interrupted. The caller holds the coordinator's lock."""
        ledger = self._coordinator.feedback.ledger
        for record in ledger.records:
            if record.outcome is not Outcome.STARTED or record.id in self._running:
                continue
            if self.is_done(record):
                await self.async_became(record, Outcome.DONE)
            else:
                unknown = self.reading(record.hunch.entity_id) == UNKNOWN
                waited = min(abs(now - record.time), abs(now - ledger.started))
                if waited >= (_OUT_OF_REACH if unknown else _PATIENCE) or (not unknown and not ledger.started):
                    await self.async_became(record, Outcome.FAILED, "interrupted")

    @callback
    def on_state(self, event: Event[EventStateChangedData], cause: Cause) -> None:
        """Take note that a device or its settings changed; `cause`: who did it."""
        new, old = event.data["new_state"], event.data["old_state"]
        if new is None or new.domain not in DEVICE_DOMAINS:
            return
        entity_id, reading = new.entity_id, read_state(new.domain, new.state)
        if reading == UNKNOWN:
            return
        known = old is not None and read_state(old.domain, old.state) != UNKNOWN
        if old is not None and known and alike(snapshot(new), snapshot(old)):
            return
        records = [r for r in self._coordinator.feedback.ledger.records if r.hunch.entity_id == entity_id]
        last = records[-1] if records else None
        if last is not None and self._is_echo(last, event, cause):
            cause = Cause.OURS
        by_hand = known and cause not in (Cause.AUTOMATION, Cause.OURS)
        if by_hand:
            self._touched[entity_id] = event.time_fired_timestamp
        if last is not None and last.id not in self._running:
            self._follow(last, new, event, by_hand=by_hand, cause=cause)

    def _is_echo(self, last: Record, event: Event[EventStateChangedData], cause: Cause) -> bool:
        """Return whether a device tells in nobody's name how it does what it was told."""
        new, old = event.data["new_state"], event.data["old_state"]
        told, undo = self._told.get(last.hunch.entity_id, (0.0, False))
        if new is None or old is None or cause not in (Cause.PHYSICAL, Cause.UNKNOWN):
            return False
        in_time = 0.0 <= event.time_fired_timestamp - told <= VERIFY_SECONDS
        return in_time and is_echo(last, old, new, undo=undo)

    def _follow(
        self, last: Record, new: State, event: Event[EventStateChangedData], *, by_hand: bool, cause: Cause
    ) -> None:
        if last.action.data and ((stands := thermostat_of(new)) is None or not stands.setting):
            return
        done = is_done(last, read_state(new.domain, new.state), thermostat_of(new))
        outcome, detail = None, ""
        ago = abs(event.time_fired_timestamp - last.time)
        in_nobodys_name = cause not in (Cause.PERSON, Cause.AUTOMATION)
        if last.action.data and in_nobodys_name and last.outcome is Outcome.FAILED and done and ago <= _LATE:
            outcome = Outcome.DONE  # else nobody would bring it back
        elif (
            last.action.data and in_nobodys_name and last.outcome is Outcome.DONE and last.detail and is_back(last, new)
        ):
            outcome = Outcome.RESTORED
        elif cause is Cause.OURS:
            outcome = Outcome.DONE if last.outcome is Outcome.FAILED and done else None  # late, but it was done
        elif last.outcome is Outcome.FAILED and done:
            outcome = Outcome.SUPERSEDED
        elif last.outcome is Outcome.SHADOW and done and not last.detail:
            outcome, detail = Outcome.SHADOW, "by_hand" if by_hand else "by_itself"
        elif last.outcome is Outcome.DONE and not done:
            at_once = ago <= UNDONE_SECONDS
            undone = at_once and by_hand and cause in (Cause.PERSON, Cause.PHYSICAL)
            outcome = Outcome.UNDONE if undone else Outcome.SUPERSEDED
            thermostat = thermostat_of(new)
            if last.action.data and ago <= _ECHO and cause is not Cause.PERSON and thermostat is not None:
                # A thermostat that is asked only now and then tells late what it made of the set-point
                outcome = Outcome.DONE if has_taken(thermostat, last.action.data, last.before) else outcome
        if outcome is not None:
            by = new.context.user_id if outcome is Outcome.UNDONE else None
            self._coordinator.config_entry.async_create_background_task(
                self._hass, self._async_followed(last, outcome, detail, by), f"{DOMAIN} aftermath"
            )

    async def _async_followed(self, record: Record, outcome: Outcome, detail: str, by: str | None) -> None:
        await self.async_became(record, outcome, detail)
        if outcome is Outcome.UNDONE:
            now = dt_util.utcnow().timestamp()
            await self._coordinator.feedback.async_answered(Answered(now, record.hunch, Answer.UNDONE, by))
        self._coordinator.show()


def _is_unable(state: State | None) -> bool:
    """Return whether an entity lacks what turns it off or closes it: a loudspeaker that can only be paused."""
    needed = _NEEDED.get(state.domain, 0) if state is not None else 0
    features = state.attributes.get(ATTR_SUPPORTED_FEATURES) if state is not None else None
    return isinstance(features, int) and needed & ~features != 0


def own_context(context: Context | None) -> Context:
    """Return a context of our own, in the caller's name if there is one.

    So permissions are the caller's, and history knows the action as ours.
    """
    if context is None:
        return Context()
    return Context(user_id=context.user_id, parent_id=context.id)


async def async_leave(hass: HomeAssistant, ledger: Ledger) -> list[Record]:
    """Bring back heating that is still set back, as nobody will any more; return the records of what is back."""
    restored = []
    for record in ledger.records:
        entity_id = record.hunch.entity_id
        thermostat = thermostat_of(hass.states.get(entity_id))
        if thermostat is None or thermostat.mode == "off":  # whoever turned it off meant it
            continue
        if record.action.data and record.outcome is Outcome.DONE and is_done(record, UNKNOWN, thermostat):
            try:
                await async_restore(hass, entity_id, record.before, Context())
            except Exception as error:  # noqa: BLE001 - whatever an integration raises: nobody else will tell
                LOGGER.warning("%s was set back and could not be restored: %s", entity_id, error)
            else:
                restored.append(replace(record, outcome=Outcome.RESTORED, detail=""))
    return restored
