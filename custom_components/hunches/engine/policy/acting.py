"""What is carried out now without asking: rarely, towards the safe side, and only where somebody allowed it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..home import OFF, ON, UNKNOWN, Entity, Home
from ..hunches import Hunch, Kind
from ..localtime import DAY
from ..situations import situation
from .heating import HEATING, SET_TEMPERATURE, Thermostat, has_taken, is_set_back, same_setting, setback
from .ledger import Action, Answer, Ledger, Outcome, Record
from .rules import allowed_since, allowing, forbidding
from .safety import action_for, doors_of, may_carry_out
from .settings import Settings, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known of the home at `now` (Unix seconds) beside its hunches.

    `readings`: by entity id. `thermostats`: how they stand, None if out of reach. `touched`: when a person last
    changed a device or its settings, by entity id. `unable`: entities that cannot be told what a hunch would propose.
    """

    now: float
    readings: Mapping[str, int] = field(default_factory=dict)
    thermostats: Mapping[str, Thermostat | None] = field(default_factory=dict)
    touched: Mapping[str, float] = field(default_factory=dict)
    unable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """An action to be carried out, and the hunch that it follows."""

    hunch: Hunch
    action: Action


@dataclass(frozen=True, slots=True)
class Acting:
    """What to do now, what would be done in earnest (shadow), and of each other candidate why not, in one word."""

    orders: tuple[Order, ...] = ()
    shadow: tuple[Order, ...] = ()
    declined: tuple[tuple[Hunch, str], ...] = ()

    @property
    def entity_ids(self) -> frozenset[str]:
        """Return the entities that something is done to."""
        return frozenset(order.hunch.entity_id for order in self.orders)

    def only(self, may: Callable[[str], bool]) -> Acting:
        """Return the part about entities that somebody may control."""
        return Acting(
            tuple(order for order in self.orders if may(order.hunch.entity_id)),
            tuple(order for order in self.shadow if may(order.hunch.entity_id)),
            tuple((hunch, why) for hunch, why in self.declined if may(hunch.entity_id)),
        )


def surest(candidates: Iterable[Hunch]) -> tuple[Hunch, ...]:
    """Return the candidate of each entity that is surest to be right, surest first, in whatever order they came."""
    best: dict[str, Hunch] = {}
    for hunch in sorted(candidates, key=lambda h: (-h.p_low, -h.p_accept, h.key, h.action, h.time, _seen(h))):
        best.setdefault(hunch.entity_id, hunch)
    return tuple(best.values())


def is_firm(hunch: Hunch, settings: Settings) -> bool:
    """Return whether a hunch is sure enough to be acted on, and nobody would be there to mind."""
    return hunch.p_low >= settings.min_sure and _nobody_minds(hunch) >= settings.min_sure


def decide(
    home: Home,
    candidates: Sequence[Hunch],
    ledger: Ledger,
    settings: Settings,
    moment: Moment,
    firm: Mapping[str, float],
) -> Acting:
    """Decide what is carried out; changes nothing. `firm`: since when each key of a hunch has been `is_firm`."""
    orders: list[Order] = []
    declined: list[tuple[Hunch, str]] = []
    for hunch in surest(candidates):
        why, action = _weigh(home, hunch, ledger, settings, moment, firm.get(hunch.key))
        if why is None and action is not None:
            orders.append(Order(hunch, action))
        else:
            declined.append((hunch, why or "not_proposable"))
    if settings.shadow:
        return Acting(shadow=tuple(orders), declined=tuple(declined))
    if not ledger.automatic:
        off = tuple((order.hunch, "switched_off") for order in orders)
        return Acting(declined=(*declined, *off))
    return Acting(tuple(orders), declined=tuple(declined))


def _weigh(
    home: Home, hunch: Hunch, ledger: Ledger, settings: Settings, moment: Moment, firm: float | None
) -> tuple[str | None, Action | None]:
    """Return why a hunch is not acted on, or the action."""
    entity = home.entities.get(hunch.entity_id)
    if entity is None:
        return "unknown_entity", None
    action = action_for(entity, hunch.kind)
    if action is None or hunch.entity_id in moment.unable:
        return "not_proposable", None
    if hunch.action not in (action.service, action.name):
        return "not_safe", None
    if why := _not_permitted(entity, hunch, ledger, settings):
        return why, None
    if why := _untimely(hunch, ledger, settings, moment, firm):
        return why, None
    if why := _after_others(hunch, ledger, settings, moment.now):
        return why, None
    return _possible(home, entity, hunch, action, settings, moment, asked=False)


def _not_permitted(entity: Entity, hunch: Hunch, ledger: Ledger, settings: Settings) -> str | None:
    """Return why nobody wants this done; None if somebody does."""
    if hunch.entity_id in settings.excluded:
        return "excluded"
    if forbidding(ledger.rules, hunch.entity_id, hunch.kind) is not None:
        return "never"
    if allowing(ledger.rules, entity, hunch.kind) is None:
        return "not_allowed"
    here, anew = situation(hunch.evidence.context), allowed_since(ledger.rules, hunch.entity_id, hunch.kind)
    for given in ledger.answers:
        if given.hunch.key != hunch.key or situation(given.hunch.evidence.context) != here or given.time < anew:
            continue
        if given.answer is Answer.UNDONE:
            return "undone"  # never twice against a person, until the device itself is allowed anew
        if given.answer is Answer.REJECTED:
            return "rejected"
    return None


def _untimely(hunch: Hunch, ledger: Ledger, settings: Settings, moment: Moment, firm: float | None) -> str | None:
    """Return why this is not the moment; None if it is."""
    now = moment.now
    if within(now, ledger.started, settings.settle):
        return "starting"
    if _nobody_minds(hunch) < settings.min_sure:
        return "somebody_may_mind"
    if hunch.p_low < settings.min_sure:
        return "unsure"
    if hunch.evidence.history_days < settings.least_history(hunch.kind):
        return "too_new"
    if firm is None or now - firm < settings.sustain:
        return "not_sustained"
    touched = (hunch.evidence.since, moment.touched.get(hunch.entity_id, hunch.evidence.since))
    return "just_used" if any(within(now, t, settings.hands_off) for t in touched) else None


def _after_others(hunch: Hunch, ledger: Ledger, settings: Settings, now: float) -> str | None:
    """Return why what was done before stands against doing this; None if nothing does."""
    own = [r for r in ledger.records if r.hunch.entity_id == hunch.entity_id]
    if any(r.outcome is Outcome.STARTED for r in own):
        return "under_way"
    if is_set_back(own, hunch.entity_id):
        return "set_back"
    alike = [r for r in own if r.automatic and r.hunch.key == hunch.key and r.time >= hunch.evidence.since]
    if settings.shadow and any(r.outcome is Outcome.SHADOW for r in alike):
        return "recorded"
    failed = [r for r in alike if r.outcome is Outcome.FAILED]
    if len(failed) > len(settings.back_off):
        return "given_up"
    if failed and within(now, max(r.time for r in failed), settings.back_off[len(failed) - 1]):
        return "waiting"
    counted = [r for r in own if r.automatic and r.outcome is not Outcome.FAILED and within(now, r.time, DAY)]
    counted = [r for r in counted if (r.outcome is Outcome.SHADOW) == settings.shadow]
    return "enough_today" if len(counted) >= settings.actions_a_day else None


def _possible(
    home: Home, entity: Entity, hunch: Hunch, action: Action, settings: Settings, moment: Moment, *, asked: bool
) -> tuple[str | None, Action | None]:
    """Return why a device cannot or must not be switched as it stands, or the action in full."""
    reading = moment.readings.get(hunch.entity_id, UNKNOWN)
    if reading == UNKNOWN:
        return "unavailable", None
    if hunch.kind in HEATING:
        thermostat = moment.thermostats.get(hunch.entity_id)
        data = setback(thermostat, settings.bounds) if thermostat is not None else ()
        if not data:
            return "nothing_to_lower", None
        action = replace(action, data=data)
    elif not asked and reading != (OFF if action.target_state == ON else ON):
        return "moot", None
    doors = None
    if entity.domain == "lock":
        doors = {door: moment.readings.get(door, UNKNOWN) for door in doors_of(home, entity)}
    allowed = frozenset({hunch.entity_id})  # `_not_permitted` has seen the rule
    why = may_carry_out(entity, action, asked=asked, kind=hunch.kind, doors=doors, allowed=allowed)
    return (why, None) if why else (None, action)


def asked_for(home: Home, hunch: Hunch, settings: Settings, moment: Moment) -> tuple[Action | None, str | None]:
    """Return what is done when a person accepts a hunch, or None and the reason why nothing may be."""
    entity = home.entities.get(hunch.entity_id)
    action = action_for(entity, hunch.kind) if entity is not None else None
    if entity is None or action is None:
        return None, "not_safe"
    why, full = _possible(home, entity, hunch, action, settings, moment, asked=True)
    return full, why


def is_done(record: Record, reading: int, thermostat: Thermostat | None) -> bool:
    """Return whether a device stands as an action wanted it."""
    if record.action.service == SET_TEMPERATURE:
        if thermostat is None:
            return False
        if record.outcome is not Outcome.DONE:
            return has_taken(thermostat, record.action.data, record.before)
        return same_setting(thermostat.setting, record.action.data)
    return reading == record.action.target_state


def _nobody_minds(hunch: Hunch) -> float:
    """Return how likely nobody is up at home; for what is switched on, how likely nobody would be woken by it."""
    context = hunch.evidence.context
    if hunch.kind is Kind.USUALLY_ON_BY_NOW:
        return 1.0 - context.p_asleep
    return min(context.p_away + context.p_asleep, 1.0)


def _seen(hunch: Hunch) -> tuple[float, float, float, float]:
    seen = hunch.evidence
    return seen.since, seen.history_days, seen.context.p_asleep, seen.context.p_away
