"""The only place that decides what may be shown to a person and what may be done to a device.

Nothing here knows how likely a hunch is to be right: candidates carry that. The policy is the bar they have to
clear, and the list of what is never done whatever the score.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from .always_on import fold, is_gate, looks_always_on
from .home import OFF, ON, Entity, Home
from .hunches import KIND_OF_DOMAIN, Context, Hunch
from .localtime import DAY, HOUR, LocalTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WRONG_COSTS: Final = 2.0
"""How many missed hunches one wrong hunch costs. Showing pays when p > N / (N + 1): from two thirds on.

A wrong question costs a glance and some trust, a missed one a night of light or an unlocked door; nothing is ever done
on this bar alone.
"""


class Answer(StrEnum):
    """What became of a hunch."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """A person said "not now"."""
    NEVER = "never"
    ALWAYS = "always"
    EXPIRED = "expired"
    SETTLED = "settled"
    """The home did it by itself."""
    UNDONE = "undone"
    """Carried out, and taken back by a person."""
    WITHDRAWN = "withdrawn"
    """It became moot: nothing to ask any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a hunch: when (Unix seconds), which, and by whom (a user id, None if nobody in particular)."""

    time: float
    hunch: Hunch
    answer: Answer
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the policy, each with its reason. Times in seconds, quiet hours in local hours of day."""

    min_accept: float = WRONG_COSTS / (WRONG_COSTS + 1.0)
    """Least probability of being accepted, from the stated cost of a wrong hunch."""
    max_open: int = 3
    """Open at once: more than three is a list to work through, and lists are ignored."""
    a_day: int = 4
    """Raised in any 24 hours: a home's lights are switched a few times a day; more hunches than that are noise."""
    cool_down: float = 12 * HOUR
    """Quiet about the same thing after an answer: at most one question an evening and one a morning."""
    settle: float = 600.0
    """Quiet after a start: integrations take minutes to report true states."""
    sustain: float = 300.0
    """How long a candidate must hold: outlasts a walk to the bin and the delay of a motion sensor."""
    quiet_hours: tuple[float, float] | None = None
    """Local hours between which nothing new is raised; none by default: hunches about a sleeping home are useful."""
    excluded: frozenset[str] = frozenset()
    """Entity ids that are never asked about."""
    expire: float = 12 * HOUR
    """Unanswered for this long, a hunch is dropped: after half a day it is about another day."""
    linger: float = 900.0
    """How long an open hunch may stand without support before it is withdrawn, so that it does not flicker."""
    moot_cool_down: float = HOUR
    """Quiet after a hunch went without a person's answer: long enough not to flicker, short enough to be of use."""
    refrain: float = 30 * DAY
    """How long one "not now" binds in that situation; it doubles with each further one."""

    @property
    def keep_accept(self) -> float:
        """Least probability at which an open hunch stays: lower than for raising one (hysteresis)."""
        return 0.75 * self.min_accept


@dataclass(frozen=True, slots=True)
class Decision:
    """What to show now. `declined` says of each candidate that is not shown why, in one machine-readable word."""

    raised: tuple[Hunch, ...]
    kept: tuple[Hunch, ...]
    withdrawn: tuple[tuple[Hunch, Answer], ...]
    declined: tuple[tuple[Hunch, str], ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the policy has to remember: open hunches, answers, what was raised when, when the integration started."""

    open: tuple[Hunch, ...] = ()
    answers: tuple[Answered, ...] = ()
    raised: tuple[tuple[float, str], ...] = ()
    started: float = 0.0

    def decided(self, decision: Decision, now: float) -> Ledger:
        """Return the ledger after a decision of `Policy.judge` was carried out at `now`."""
        gone = tuple(Answered(now, hunch, answer) for hunch, answer in decision.withdrawn)
        raised = tuple((moment, key) for moment, key in self.raised if now - moment < DAY)
        return replace(
            self,
            open=decision.kept + decision.raised,
            answers=self.answers + gone,
            raised=raised + tuple((now, hunch.key) for hunch in decision.raised),
        )

    def answered(self, answer: Answered) -> Ledger:
        """Return the ledger after an answer: the hunch is no longer open."""
        still = tuple(h for h in self.open if h.key != answer.hunch.key)
        return replace(self, open=still, answers=(*self.answers, answer))


@dataclass(frozen=True, slots=True)
class Action:
    """A service call and the reading it leads to."""

    domain: str
    service: str
    entity_id: str
    target_state: int


_SAFE_SERVICE: Final[Mapping[str, str]] = {
    "light": "turn_off",
    "switch": "turn_off",
    "fan": "turn_off",
    "media_player": "turn_off",
    "humidifier": "turn_off",
    "input_boolean": "turn_off",
    "cover": "close_cover",
    "valve": "close_valve",
    "lock": "lock",
}
"""The one service of a domain that leads to the safe side. What is not here is never done."""


def action_for(entity: Entity) -> Action | None:
    """Return what a hunch about an entity may propose, only ever towards the safe side; None if nothing."""
    service = _SAFE_SERVICE.get(entity.domain)
    if service is None or looks_always_on(entity):
        return None
    return Action(entity.domain, service, entity.entity_id, OFF)


_DOOR_CLASSES: Final = frozenset({"door", "garage_door", "opening"})
_DOOR_WORDS: Final = frozenset(
    fold(
        "door doors lock locks sensor contact smart schloss tür tuer türschloss kontakt serrure porte puerta porta "
        "deur slot dörr lås"
    )
)


def doors_of(home: Home, lock: Entity) -> tuple[str, ...]:
    """Return the door sensors that tell whether the door of a lock is open, in order of entity id.

    Those whose names share a telling word with the lock's ("front"), else those of its area; none if none is known.
    """
    doors = [e for e in home.evidence if e.domain == "binary_sensor" and e.device_class in _DOOR_CLASSES]

    def telling(entity: Entity) -> set[str]:
        area = set(fold(entity.area or ""))
        return set(fold(entity.name or entity.entity_id.partition(".")[2])) - _DOOR_WORDS - area

    named = [e for e in doors if telling(e) & telling(lock)]
    near = [e for e in named if e.area == lock.area] or named
    found = near or [e for e in doors if lock.area and e.area == lock.area]
    return tuple(e.entity_id for e in found)


def may_carry_out(
    entity: Entity,
    action: Action,
    *,
    asked: bool,
    doors: Mapping[str, int] | None = None,
    allowed: frozenset[str] = frozenset(),
) -> str | None:
    """Return None if an action may be carried out now, else the reason why not, in one machine-readable word.

    `asked`: a person accepted this very proposal. `doors`: the readings of `doors_of` a lock (empty: it has none;
    None: nobody looked, so its door may be open). `allowed`: entities that the user let act without being asked.
    """
    if action != action_for(entity):
        return "not_safe"
    if entity.domain == "lock":
        if doors is None or any(reading != OFF for reading in doors.values()):
            return "door_may_be_open"
        if not asked and not doors:
            return "door_may_be_open"
    if not asked:
        if is_gate(entity):
            return "only_when_asked"
        if entity.entity_id not in allowed:
            return "not_allowed"
    return None


def situation(context: Context) -> str:
    """Return the situation that a "not now" binds in: away, asleep or home."""
    if context.p_away >= 0.5:
        return "away"
    return "asleep" if context.p_asleep >= 0.5 else "home"


def _rank(hunch: Hunch) -> tuple[float, str, str, float, str]:
    """Order the best first, and ties by all the rest, so that the order of the candidates does not matter."""
    return -hunch.p_accept, hunch.key, hunch.action, hunch.time, situation(hunch.evidence.context)


_LONGEST_GAP: Final = 1800.0
"""Seconds between two calls after which nothing is known of what held in between (the machine slept)."""


@dataclass(slots=True)
class Policy:
    """Decides which candidates are shown. It remembers since when each has held; all else comes with the call."""

    settings: Settings = field(default_factory=Settings)
    _since: dict[str, float] = field(default_factory=dict, init=False)
    _unsupported: dict[str, float] = field(default_factory=dict, init=False)
    _last: float | None = field(default=None, init=False)

    def judge(
        self,
        home: Home,
        candidates: Sequence[Hunch],
        ledger: Ledger,
        now: float,
        states: Mapping[str, int] | None = None,
    ) -> Decision:
        """Decide what is shown at `now` (Unix seconds), given every candidate of the whole home at this moment.

        `states`: readings by entity id, so that a hunch ends the moment its device is off; without them it ends
        when it has been no candidate for `Settings.linger`.
        """
        if self._last is not None and not 0.0 <= now - self._last <= _LONGEST_GAP:
            self._since.clear()
            self._unsupported.clear()
        self._last = now
        best: dict[str, Hunch] = {}
        for hunch in sorted(candidates, key=_rank):
            best.setdefault(hunch.entity_id, hunch)
        self._since = {
            hunch.key: self._since.get(hunch.key, now)
            for hunch in best.values()
            if hunch.p_accept >= self.settings.min_accept
        }
        kept, withdrawn = self._review(home, best, ledger, now=now, states=states or {})
        gone = {hunch.entity_id for hunch, _ in withdrawn}
        moot = gone | {key for key, reading in (states or {}).items() if reading != ON}
        raised, declined = self._select(home, best, ledger, kept, moot=moot, now=now)
        return Decision(raised, kept, withdrawn, declined)

    def _review(
        self, home: Home, best: Mapping[str, Hunch], ledger: Ledger, *, now: float, states: Mapping[str, int]
    ) -> tuple[tuple[Hunch, ...], tuple[tuple[Hunch, Answer], ...]]:
        """Return which open hunches stay, and how the others ended."""
        kept: list[Hunch] = []
        withdrawn: list[tuple[Hunch, Answer]] = []
        unsupported: dict[str, float] = {}
        for hunch in sorted(ledger.open, key=_rank):
            candidate = best.get(hunch.entity_id)
            same = candidate is not None and candidate.key == hunch.key
            if not (same and candidate is not None and candidate.p_accept >= self.settings.keep_accept):
                unsupported[hunch.key] = self._unsupported.get(hunch.key, now)
            if states.get(hunch.entity_id) == OFF:
                withdrawn.append((hunch, Answer.SETTLED))
            elif (
                self._forbidden(home, hunch, ledger) is not None
                or any(h.entity_id == hunch.entity_id for h in kept)
                or len(kept) >= self.settings.max_open
                or now - unsupported.get(hunch.key, now) >= self.settings.linger
            ):
                withdrawn.append((hunch, Answer.WITHDRAWN))
            elif now - hunch.time >= self.settings.expire:
                withdrawn.append((hunch, Answer.EXPIRED))
            else:
                kept.append(hunch)
        self._unsupported = unsupported
        return tuple(kept), tuple(withdrawn)

    def _select(
        self,
        home: Home,
        best: Mapping[str, Hunch],
        ledger: Ledger,
        kept: tuple[Hunch, ...],
        *,
        moot: set[str],
        now: float,
    ) -> tuple[tuple[Hunch, ...], tuple[tuple[Hunch, str], ...]]:
        """Return what is raised, best first, and why each other candidate is not."""
        raised: list[Hunch] = []
        declined: list[tuple[Hunch, str]] = []
        open_now = {h.entity_id for h in kept}
        today = sum(now - moment < DAY for moment, _ in ledger.raised)
        for hunch in best.values():
            if hunch.entity_id in open_now:
                continue
            why = self._forbidden(home, hunch, ledger)
            if why is None and hunch.entity_id in moot:
                why = "moot"
            if why is None:
                why = self._untimely(home, hunch, ledger, now)
            if why is None and len(kept) + len(raised) >= self.settings.max_open:
                why = "too_many_open"
            if why is None and today + len(raised) >= self.settings.a_day:
                why = "too_many_today"
            if why is None:
                raised.append(hunch)
            else:
                declined.append((hunch, why))
        return tuple(raised), tuple(declined)

    def _forbidden(self, home: Home, hunch: Hunch, ledger: Ledger) -> str | None:
        """Return why a hunch may not stand at all, whatever the moment; None if it may."""
        entity = home.entities.get(hunch.entity_id)
        if entity is None:
            return "unknown_entity"
        action = action_for(entity)
        if action is None or hunch.kind != KIND_OF_DOMAIN.get(entity.domain):
            return "not_proposable"
        if hunch.action not in (action.service, f"{action.domain}.{action.service}"):
            return "not_safe"
        if hunch.entity_id in self.settings.excluded:
            return "excluded"
        if any(a.answer is Answer.NEVER and a.hunch.entity_id == hunch.entity_id for a in ledger.answers):
            return "never"
        return None

    def _untimely(self, home: Home, hunch: Hunch, ledger: Ledger, now: float) -> str | None:
        """Return why a hunch may not be raised at this moment; None if it may."""
        settings = self.settings
        if hunch.p_accept < settings.min_accept:
            return "unlikely"
        if why := self._answered(hunch, ledger, now):
            return why
        if now - ledger.started < settings.settle:
            return "starting"
        if settings.quiet_hours is not None and _within(home, settings.quiet_hours, now):
            return "quiet_hours"
        return "not_sustained" if now - self._since[hunch.key] < settings.sustain else None

    def _answered(self, hunch: Hunch, ledger: Ledger, now: float) -> str | None:
        """Return why earlier answers about the same thing forbid to ask again; None if they do not."""
        settings = self.settings
        here = situation(hunch.evidence.context)
        noes = 0
        last_no = -float("inf")
        cooling = False
        for given in ledger.answers:
            if given.hunch.key != hunch.key:
                continue
            alike = situation(given.hunch.evidence.context) == here
            if alike and given.answer is Answer.UNDONE:
                return "undone"  # never twice against a person
            if alike and given.answer is Answer.REJECTED:
                noes, last_no = noes + 1, max(last_no, given.time)
            moot = given.answer in (Answer.SETTLED, Answer.WITHDRAWN)
            cooling |= now - given.time < (settings.moot_cool_down if moot else settings.cool_down)
        if noes and now - last_no < settings.refrain * 2.0 ** (noes - 1):
            return "rejected"
        return "cool_down" if cooling else None


def _within(home: Home, hours: tuple[float, float], now: float) -> bool:
    """Return whether it is between two local hours of day, which may lie on both sides of midnight."""
    hour = float(LocalTime(home.time_zone).hour(now))
    start, end = hours
    return start <= hour < end if start <= end else hour >= start or hour < end
