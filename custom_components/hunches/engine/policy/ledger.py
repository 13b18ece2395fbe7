"""What the policy has to remember: open hunches, answers, rules, and what was done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..localtime import DAY
from .rules import Rule, Rules, Verdict, with_rule
from .settings import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..hunches import Hunch


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
class Action:
    """A service call and the reading it leads to. `data`: what else it says, numbers by name in order of name."""

    domain: str
    service: str
    entity_id: str
    target_state: int
    data: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """Return the action as people write it."""
        return f"{self.domain}.{self.service}"


class Outcome(StrEnum):
    """What became of an action."""

    STARTED = "started"
    """Told to the device; whether it did is not known yet."""
    DONE = "done"
    FAILED = "failed"
    SHADOW = "shadow"
    """It would have been done."""
    UNDONE = "undone"
    RESTORED = "restored"
    """Set back, and brought back when people were back."""
    SUPERSEDED = "superseded"
    """The device has been changed since, by somebody or something else."""


@dataclass(frozen=True, slots=True)
class Record:
    """One action: which, when it was begun (Unix seconds), on what hunch, and what became of it.

    `before`: the device's state and settings until then, as the integration keeps them. `automatic`: nobody was
    asked. `by`: the user who asked for it. `detail`: in words, for people. `erased`: nobody wants it to be kept for
    longer than it is pending.
    """

    id: str
    time: float
    hunch: Hunch
    action: Action
    automatic: bool
    by: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict, hash=False)
    reason: str = ""
    outcome: Outcome = Outcome.STARTED
    detail: str = ""
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Implied:
    """What the home did by itself about a hunch that nobody answered, and when that was seen (Unix seconds).

    `outcome`: one word of `implied.JUDGED`.
    """

    time: float
    hunch: Hunch
    outcome: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to show now. `declined` says of each candidate that is not shown why, in one machine-readable word.

    `raised`: each begins a question. `joined`: what is asked with these, or with what is open already.
    """

    raised: tuple[Hunch, ...]
    kept: tuple[Hunch, ...]
    withdrawn: tuple[tuple[Hunch, Answer], ...]
    declined: tuple[tuple[Hunch, str], ...]
    joined: tuple[Hunch, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Open hunches, answers, what was raised when, rules, actions, what the home did by itself, and when we started.

    `raised`: one a question, since it is these that are counted. `automatic`: the master switch of all that is done
    without asking.
    """

    open: tuple[Hunch, ...] = ()
    answers: tuple[Answered, ...] = ()
    raised: tuple[tuple[float, str], ...] = ()
    started: float = 0.0
    rules: Rules = ()
    records: tuple[Record, ...] = ()
    automatic: bool = False
    implied: tuple[Implied, ...] = ()

    def decided(self, decision: Decision, now: float) -> Ledger:
        """Return the ledger after a decision of `Policy.judge` was carried out at `now`."""
        gone = tuple(Answered(now, hunch, answer) for hunch, answer in decision.withdrawn)
        raised = tuple((moment, key) for moment, key in self.raised if within(now, moment, DAY))
        return replace(
            self,
            open=decision.kept + decision.raised + decision.joined,
            answers=self.answers + gone,
            raised=raised + tuple((now, hunch.key) for hunch in decision.raised),
        )

    def answered(self, answer: Answered) -> Ledger:
        """Return the ledger after an answer: its hunch is no longer open, and "never" and "always" become rules."""
        hunch = answer.hunch
        still = tuple(h for h in self.open if h.key != hunch.key)
        rules = self.rules
        if (rule := rule_of(answer)) is not None:
            rules = with_rule(rules, rule)
        return replace(self, open=still, answers=(*self.answers, answer), rules=rules)

    def rated(self, answer: Answered) -> Ledger:
        """Return the ledger after an answer to what is done already: what is open now is another question."""
        return replace(self, answers=(*self.answers, answer))

    @property
    def unasked(self) -> dict[tuple[str, float], Record]:
        """Return what was done without asking, or would have been, by the key and the moment of its hunch."""
        return {(r.hunch.key, r.hunch.time): r for r in self.records if r.automatic}

    def implying(self, found: Iterable[Implied]) -> Ledger:
        """Return the ledger with what the home did by itself; nothing counts twice."""
        implied = {stretch(one.hunch): one for one in (*found, *self.implied)}
        return replace(self, implied=tuple(sorted(implied.values(), key=lambda one: one.time)))

    def recorded(self, record: Record) -> Ledger:
        """Return the ledger with an action, in place of what was known of it; without what is erased and over."""
        old = next((old for old in self.records if old.id == record.id), None)
        if old is None:
            return replace(self, records=(*self.records, record))
        record = replace(record, erased=record.erased or old.erased)
        now = () if record.erased and not is_pending(record) else (record,)
        at = self.records.index(old)
        return replace(self, records=self.records[:at] + now + self.records[at + 1 :])


def is_pending(record: Record) -> bool:
    """Return whether something has to follow on an action yet: its end, or that heating comes back."""
    return record.outcome is Outcome.STARTED or (record.outcome is Outcome.DONE and bool(record.action.data))


def stretch(hunch: Hunch) -> tuple[str, float]:
    """Return what all hunches of one kind about one use of a device have in common: their key, and its beginning."""
    return hunch.key, hunch.evidence.since


def rule_of(answer: Answered) -> Rule | None:
    """Return the rule that an answer makes; None for those that make none."""
    hunch = answer.hunch
    if answer.answer is Answer.NEVER:
        return Rule(Verdict.FORBID, hunch.entity_id, None, answer.time, answer.by)
    if answer.answer is Answer.ALWAYS:
        return Rule(Verdict.ALLOW, hunch.entity_id, hunch.kind, answer.time, answer.by)
    return None
