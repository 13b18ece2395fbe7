"""What may be shown: which candidates are raised or join a question, which open hunches stay, how the others end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..home import OFF, ON, UNKNOWN, Home
from ..hunches import Hunch, Kind
from ..localtime import DAY
from ..situations import situation
from .acting import Acting, Moment, decide, is_firm, surest
from .heating import HEATING, is_set_back, setback
from .ledger import Answer, Decision, Ledger, stretch
from .patience import bar, passed_over
from .rules import allowed_since, forbidding
from .safety import action_for
from .settings import Settings, within
from .stopping import binds, refusals
from .telling import is_quiet
from .together import questions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .heating import Thermostat


def _rank(hunch: Hunch) -> tuple[float, str, str, float, float, float, str]:
    """Order the best first, and ties by all the rest, so that the order of the candidates does not matter."""
    seen = hunch.evidence
    return (
        *(-hunch.p_accept, hunch.key, hunch.action, hunch.time),
        *(seen.since, seen.history_days, situation(seen.context)),
    )


_LONGEST_GAP: Final = 1800.0
"""Seconds between two calls after which nothing is known of what held in between (the machine slept)."""


@dataclass(slots=True)
class Policy:
    """Decides what is shown and what is done. It remembers since when each candidate has held, and nothing else."""

    settings: Settings = field(default_factory=Settings)
    _since: dict[str, float] = field(default_factory=dict, init=False)
    _firm: dict[str, float] = field(default_factory=dict, init=False)
    _unsupported: dict[str, float] = field(default_factory=dict, init=False)
    _last: float | None = field(default=None, init=False)

    def judge(
        self,
        home: Home,
        candidates: Sequence[Hunch],
        ledger: Ledger,
        now: float,
        states: Mapping[str, int] | None = None,
        thermostats: Mapping[str, Thermostat | None] | None = None,
        unable: Collection[str] = (),
    ) -> Decision:
        """Decide what is shown at `now` (Unix seconds), given every candidate of the whole home at this moment.

        `states`: readings by entity id, so that a hunch ends the moment its device is off; without them it ends
        when it has been no candidate for `Settings.linger`. `thermostats`: how they stand, so that nobody is asked
        about one that cools, or that nothing can be lowered on. `unable`: entities that cannot be told what would be
        proposed.
        """
        if self._last is not None and not 0.0 <= now - self._last <= _LONGEST_GAP:
            self._since.clear()
            self._firm.clear()
            self._unsupported.clear()
        self._last = now
        best: dict[str, Hunch] = {}
        for hunch in sorted(candidates, key=_rank):
            if hunch.entity_id not in unable:
                best.setdefault(hunch.entity_id, hunch)
        least = bar(home, ledger.answers, self.settings, now)
        self._since = {hunch.key: self._since.get(hunch.key, now) for hunch in best.values() if hunch.p_accept >= least}
        self._firm = {
            hunch.key: self._firm.get(hunch.key, now) for hunch in surest(candidates) if is_firm(hunch, self.settings)
        }
        readings, stand = states or {}, thermostats or {}
        low = {h.key for h in (*best.values(), *ledger.open) if self._is_low(h, ledger, stand.get(h.entity_id))}
        true = low | {h.key for h in ledger.open if readings.get(h.entity_id) == _settled(h)}
        kept, withdrawn = self._review(home, best, ledger, now=now, true=true)
        moot = {hunch.entity_id for hunch, _ in withdrawn} | {
            key
            for key, hunch in best.items()
            if hunch.key in low or (key in readings and readings[key] in (UNKNOWN, _settled(hunch)))
        }
        raised, joined, declined = self._select(home, best, ledger, kept, moot=moot, now=now)
        declined += tuple((hunch, "not_proposable") for hunch in candidates if hunch.entity_id in unable)
        return Decision(raised, kept, withdrawn, declined, joined)

    def act(self, home: Home, candidates: Sequence[Hunch], ledger: Ledger, moment: Moment) -> Acting:
        """Decide what is carried out without asking, after `judge` has seen the same candidates.

        Changes nothing, so that it may be asked what it would do. What is done has no place among what is shown:
        `left_to_ask`.
        """
        return decide(home, candidates, ledger, self.settings, moment, self._firm)

    def _is_low(self, hunch: Hunch, ledger: Ledger, thermostat: Thermostat | None) -> bool:
        """Return whether heating has nothing to be lowered: it cools, is as low as it may be, or was set back.

        Set back twice, it would come back to where it was after the first time.
        """
        if hunch.kind not in HEATING:
            return False
        if is_set_back(ledger.records, hunch.entity_id):
            return True
        return thermostat is not None and not setback(thermostat, self.settings.bounds)

    def _review(
        self, home: Home, best: Mapping[str, Hunch], ledger: Ledger, *, now: float, true: Collection[str]
    ) -> tuple[tuple[Hunch, ...], tuple[tuple[Hunch, Answer], ...]]:
        """Return which open hunches stay, and how the others ended; `true`: keys of those that have come true."""
        staying: list[Hunch] = []
        withdrawn: list[tuple[Hunch, Answer]] = []
        unsupported: dict[str, float] = {}
        for hunch in sorted(ledger.open, key=_rank):
            candidate = best.get(hunch.entity_id)
            same = candidate is not None and candidate.key == hunch.key
            if not (same and candidate is not None and candidate.p_accept >= self.settings.keep_accept):
                unsupported[hunch.key] = self._unsupported.get(hunch.key, now)
            if hunch.key in true:
                withdrawn.append((hunch, Answer.SETTLED))
            elif (
                self._forbidden(home, hunch, ledger) is not None
                or any(h.entity_id == hunch.entity_id for h in staying)
                or now - unsupported.get(hunch.key, now) >= self.settings.linger
            ):
                withdrawn.append((hunch, Answer.WITHDRAWN))
            elif not within(now, hunch.time, self.settings.expire):
                withdrawn.append((hunch, Answer.EXPIRED))
            else:
                staying.append(hunch)
        self._unsupported = unsupported
        best_first = questions(home, staying)
        kept = {hunch.key for question in best_first[: self.settings.max_open] for hunch in question.hunches}
        withdrawn += [(hunch, Answer.WITHDRAWN) for hunch in staying if hunch.key not in kept]
        return tuple(hunch for hunch in staying if hunch.key in kept), tuple(withdrawn)

    def _select(
        self,
        home: Home,
        best: Mapping[str, Hunch],
        ledger: Ledger,
        kept: tuple[Hunch, ...],
        *,
        moot: set[str],
        now: float,
    ) -> tuple[tuple[Hunch, ...], tuple[Hunch, ...], tuple[tuple[Hunch, str], ...]]:
        """Return what is raised, best first, what joins a question that is asked, and why each other candidate is not.

        Questions are counted, whoever is in them: what may join one is in it from the start.
        """
        open_now = {h.entity_id for h in kept}
        new = [hunch for hunch in best.values() if hunch.entity_id not in open_now]
        stopped, may_join = self._stopped(home, new, ledger, moot=moot, now=now)
        question = {h.entity_id: q.key for q in questions(home, (*kept, *may_join)) for h in q.hunches}
        asked, today = {question[h.entity_id] for h in kept}, sum(within(now, t, DAY) for t, _ in ledger.raised)
        raised: list[Hunch] = []
        for hunch in may_join:
            if hunch.entity_id in stopped or question[hunch.entity_id] in asked:
                continue
            why = None
            if len(asked) >= self.settings.max_open:
                why = "too_many_open"
            elif today + len(raised) >= self.settings.a_day:
                why = "too_many_today"
            if why is not None:
                stopped[hunch.entity_id] = why
                continue
            raised.append(hunch)
            asked.add(question[hunch.entity_id])
        begun = {h.entity_id for h in raised}
        joined = [h for h in may_join if question[h.entity_id] in asked and h.entity_id not in begun]
        shown = begun | {h.entity_id for h in joined}
        declined = [(h, stopped[h.entity_id]) for h in new if h.entity_id not in shown]
        return tuple(raised), tuple(joined), tuple(declined)

    def _stopped(
        self, home: Home, new: Sequence[Hunch], ledger: Ledger, *, moot: set[str], now: float
    ) -> tuple[dict[str, str], list[Hunch]]:
        """Return what keeps candidates from being raised, by entity id, and which of all may join what is asked."""
        stopped: dict[str, str] = {}
        may_join: list[Hunch] = []
        for hunch in new:
            why = self._forbidden(home, hunch, ledger)
            if why is None and hunch.entity_id in moot:
                why = "moot"
            if why is None:
                why = self._untimely(home, hunch, ledger, now)
                if why is None or self._untimely(home, hunch, ledger, now, joining=True) is None:
                    may_join.append(hunch)
            if why is not None:
                stopped[hunch.entity_id] = why
        return stopped, may_join

    def _forbidden(self, home: Home, hunch: Hunch, ledger: Ledger) -> str | None:
        """Return why a hunch may not stand at all, whatever the moment; None if it may."""
        entity = home.entities.get(hunch.entity_id)
        if entity is None:
            return "unknown_entity"
        action = action_for(entity, hunch.kind)
        if action is None:
            return "not_proposable"
        if hunch.action not in (action.service, action.name):
            return "not_safe"
        if hunch.entity_id in self.settings.excluded:
            return "excluded"
        if forbidding(ledger.rules, hunch.entity_id, hunch.kind) is not None:
            return "never"
        return None

    def _untimely(self, home: Home, hunch: Hunch, ledger: Ledger, now: float, *, joining: bool = False) -> str | None:
        """Return why a hunch may not be raised, or join a question, at this moment; None if it may.

        What joins need not have held by itself: what it joins has. Nor does silence raise its bar: one more name in a
        question costs nobody another glance.
        """
        settings = self.settings
        if hunch.p_accept < settings.min_accept or not _heating_is_odd(hunch, settings):
            return "unlikely"
        if hunch.evidence.history_days < settings.least_history(hunch.kind):
            return "too_new"
        if why := self._answered(hunch, ledger, now):
            return why
        if within(now, ledger.started, settings.settle):
            return "starting"
        if is_quiet(home, settings, now):
            return "quiet_hours"
        if joining:
            return None
        if hunch.key not in self._since:
            return "seldom_answered"
        return "not_sustained" if now - self._since[hunch.key] < settings.sustain else None

    def _answered(self, hunch: Hunch, ledger: Ledger, now: float) -> str | None:
        """Return why earlier answers about the same thing forbid to ask again; None if they do not."""
        settings = self.settings
        here, anew = situation(hunch.evidence.context), allowed_since(ledger.rules, hunch.entity_id, hunch.kind)
        noes, last_no = refusals(ledger.answers, hunch)
        cooling = asked = False
        for given in ledger.answers:
            heating = {given.hunch.kind, hunch.kind} <= HEATING and given.hunch.entity_id == hunch.entity_id
            if given.hunch.key != hunch.key and not heating:
                continue
            if given.answer is Answer.ACCEPTED and (given.hunch.key, given.hunch.time) in ledger.unasked:
                continue  # nobody was asked: somebody said that it was right
            alike = given.hunch.key == hunch.key and situation(given.hunch.evidence.context) == here
            if alike and given.answer is Answer.UNDONE and given.time >= anew:
                return "undone"  # never twice against a person
            # Heating is about hours, and being away and being asleep are easily taken for each other.
            moot = given.answer in (Answer.SETTLED, Answer.WITHDRAWN) and not heating
            cooling |= within(now, given.time, settings.moot_cool_down if moot else settings.cool_down)
            same = alike and hunch.kind is Kind.STILL_ON and stretch(given.hunch) == stretch(hunch)
            asked |= same and passed_over(given, settings)
        if asked:
            return "asked"  # who lets a lamp burn for days has seen the question, and would see it every day
        if now - last_no < binds(noes, settings):
            return "rejected"
        return "cool_down" if cooling else None


def left_to_ask(home: Home, decision: Decision, acted_on: Collection[str]) -> Decision:
    """Return a decision without what is carried out instead of being asked (entity ids): it teaches nothing.

    What joined a question that is not asked any more waits for the next look, which may raise it by itself.
    """
    if not acted_on:
        return decision
    raised, kept, joined = (
        tuple(h for h in hunches if h.entity_id not in acted_on)
        for hunches in (decision.raised, decision.kept, decision.joined)
    )
    begun = {h.key for h in (*raised, *kept)}
    asked = (q.hunches for q in questions(home, (*raised, *kept, *joined)))
    alone = {h.key for hunches in asked if begun.isdisjoint(h.key for h in hunches) for h in hunches}
    return Decision(
        raised,
        kept,
        decision.withdrawn + tuple((h, Answer.WITHDRAWN) for h in decision.kept if h.entity_id in acted_on),
        decision.declined
        + tuple((h, "carried_out") for h in (*decision.raised, *decision.joined) if h.entity_id in acted_on)
        + tuple((h, "not_sustained") for h in joined if h.key in alone),
        tuple(h for h in joined if h.key not in alone),
    )


def _heating_is_odd(hunch: Hunch, settings: Settings) -> bool:
    """Return whether heating is worth a question, if a hunch is about that: nobody is there, nor always heats so.

    Who heats every night has decided so, and would be asked every night.
    """
    if hunch.kind not in HEATING:
        return True
    seen = hunch.evidence
    usual = hunch.kind is Kind.HEATING_WHILE_ASLEEP and seen.p_on >= settings.heating_usual
    return max(seen.context.p_away, seen.context.p_asleep) >= settings.heating_sure and not usual


def _settled(hunch: Hunch) -> int:
    """Return the reading at which a hunch has come true without anybody's answer."""
    return ON if hunch.kind is Kind.USUALLY_ON_BY_NOW else OFF
