"""Rules that people made: what may be done without asking, and what may neither be asked about nor done.

Nothing is allowed by default. A rule that forbids wins over every rule that allows, so that a "never" can be trusted
until somebody takes it back. Among rules that allow, one about an entity wins over one about a kind in the whole home:
it is the one that is named as the reason, and only it lifts what that entity's own past forbids. Some devices take a
rule about themselves (`takes_own_rule`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ..always_on import works_alone
from ..hunches import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..home import Entity


class Verdict(StrEnum):
    """What a rule says."""

    ALLOW = "allow"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class Rule:
    """What somebody (`by`: a user id, None if nobody in particular) ruled at `time` (Unix seconds).

    About one entity, one kind of hunch, or one kind of one entity; never about everything. Raises `ValueError`.
    """

    verdict: Verdict
    entity_id: str | None
    kind: Kind | None
    time: float
    by: str | None = None

    def __post_init__(self) -> None:
        """Refuse a rule about everything."""
        if self.entity_id is None and self.kind is None:
            raise ValueError("a rule is about an entity or a kind")

    def covers(self, entity_id: str | None, kind: Kind | None) -> bool:
        """Return whether everything that another scope is about is also what this rule is about."""
        return self.entity_id in (None, entity_id) and self.kind in (None, kind)


Rules = tuple[Rule, ...]


def with_rule(rules: Rules, rule: Rule) -> Rules:
    """Return the rules with one more, in place of those of the same scope and verdict.

    One that forbids ends those that allow what it is about: taken back, it leaves nothing allowed behind.
    """
    kept = (
        old
        for old in rules
        if not (old.verdict is rule.verdict and (old.entity_id, old.kind) == (rule.entity_id, rule.kind))
        and not (
            rule.verdict is Verdict.FORBID and old.verdict is Verdict.ALLOW and rule.covers(old.entity_id, old.kind)
        )
    )
    return (*kept, rule)


def without_rule(rules: Rules, verdict: Verdict, entity_id: str | None, kind: Kind | None) -> Rules:
    """Return the rules without those of exactly this verdict and scope."""
    return tuple(r for r in rules if (r.verdict, r.entity_id, r.kind) != (verdict, entity_id, kind))


def forbidding(rules: Iterable[Rule], entity_id: str | None, kind: Kind | None) -> Rule | None:
    """Return a rule that forbids an entity's hunches of a kind; None if there is none."""
    found = (r for r in rules if r.verdict is Verdict.FORBID and r.covers(entity_id, kind))
    return max(found, key=_weight, default=None)


def takes_own_rule(entity: Entity) -> bool:
    """Return whether a rule for the whole home allows nothing about an entity.

    What works with nobody beside it, a charger or a washing machine, is not to be cut off unthinkingly; and what a
    helper stands for, a holiday or a guest, nobody but its owner knows.
    """
    return entity.domain == "input_boolean" or works_alone(entity)


def allowing(rules: Iterable[Rule], entity: Entity, kind: Kind) -> Rule | None:
    """Return the rule by which an entity's hunches of a kind may be acted on without asking; None: they may not.

    To switch something on takes a rule about that very entity and kind.
    """
    rules = tuple(rules)
    if forbidding(rules, entity.entity_id, kind) is not None:
        return None
    found = (r for r in rules if r.verdict is Verdict.ALLOW and r.covers(entity.entity_id, kind))
    if kind is Kind.USUALLY_ON_BY_NOW or takes_own_rule(entity):
        found = (r for r in found if r.entity_id is not None)
    if kind is Kind.USUALLY_ON_BY_NOW:
        found = (r for r in found if r.kind is not None)
    return max(found, key=_weight, default=None)


def allowed_since(rules: Iterable[Rule], entity_id: str, kind: Kind) -> float:
    """Return when an entity's hunches of a kind were last allowed by a rule about it; minus infinity: never."""
    rules = tuple(rules)
    if forbidding(rules, entity_id, kind) is not None:
        return float("-inf")
    own = (r for r in rules if r.verdict is Verdict.ALLOW and r.entity_id == entity_id and r.covers(entity_id, kind))
    if kind is Kind.USUALLY_ON_BY_NOW:
        own = (r for r in own if r.kind is not None)
    return max((r.time for r in own), default=float("-inf"))


def renamed(rules: Rules, names: Mapping[str, str]) -> Rules:
    """Return the rules with entities' new ids; `names`: these by the old ones."""
    return tuple(replace(r, entity_id=names.get(r.entity_id or "", r.entity_id)) for r in rules)


def of_things(rules: Rules, things: Mapping[str, str], groups: Mapping[str, str]) -> Rules:
    """Return the rules with what forbids one of a thing's entities about the one by which it goes.

    `things`: these by the others. What is allowed stays with the entity that was named. `groups`: those that count, by
    their members. What forbids a member forbids its group too, unless the group was ruled on later.
    """
    found = rules
    for rule in rules:
        key = rule.entity_id or ""
        if rule.verdict is Verdict.FORBID and (thing := things.get(key)) is not None:
            found = with_rule(tuple(r for r in found if r is not rule), replace(rule, entity_id=thing))
        elif rule.verdict is Verdict.FORBID and (group := groups.get(key)) is not None:
            since = max((r.time for r in found if r.entity_id == group), default=float("-inf"))
            found = found if since >= rule.time else with_rule(found, replace(rule, entity_id=group))
    return found


def left(rules: Rules, entity_id: str) -> Rules:
    """Return the rules after an entity is gone: another that takes its id later is not allowed anything by that."""
    return tuple(r for r in rules if not (r.entity_id == entity_id and r.verdict is Verdict.ALLOW))


def _weight(rule: Rule) -> tuple[bool, bool, float, str]:
    return rule.entity_id is not None, rule.kind is not None, rule.time, rule.by or ""


def named(rules: Iterable[Rule]) -> frozenset[tuple[str, str]]:
    """Return what somebody allowed by name: kinds and entity ids. A kind for the whole home names nothing."""
    return frozenset(
        (str(kind), rule.entity_id)
        for rule in rules
        if rule.verdict is Verdict.ALLOW and rule.entity_id is not None
        for kind in (Kind if rule.kind is None else (rule.kind,))
    )
