"""What is left of the answers when somebody has some of them erased."""

from dataclasses import dataclass, replace

from .corrections import Statement, without
from .engine.policy import Ledger, is_pending


@dataclass(frozen=True, slots=True)
class Scope:
    """What is erased: what is about an entity, was before a moment (Unix seconds), or is both; everything if neither.

    What somebody allowed or forbade is no event: a moment alone does not reach it.
    """

    entity_id: str | None = None
    before: float | None = None

    def covers(self, entity_id: str, moment: float) -> bool:
        """Return whether something that happened to an entity is erased."""
        return self.entity_id in (None, entity_id) and (self.before is None or moment < self.before)


def erased(ledger: Ledger, scope: Scope) -> Ledger:
    """Return what is left of a ledger.

    An action on which something has to follow stays until it has: heating that is set back comes back.
    """
    covers = scope.covers
    records = (replace(r, erased=r.erased or covers(r.hunch.entity_id, r.time)) for r in ledger.records)
    left = replace(
        ledger,
        answers=tuple(a for a in ledger.answers if not covers(a.hunch.entity_id, a.time)),
        implied=tuple(one for one in ledger.implied if not covers(one.hunch.entity_id, one.time)),
        raised=tuple(row for row in ledger.raised if not covers(_entity_of(row[1]), row[0])),
        records=tuple(r for r in records if is_pending(r) or not r.erased),
    )
    if scope.before is not None:
        return left
    return replace(
        left,
        open=tuple(h for h in ledger.open if not covers(h.entity_id, h.time)),
        rules=tuple(r for r in ledger.rules if scope.entity_id not in (None, r.entity_id)),
        automatic=ledger.automatic and scope.entity_id is not None,
    )


def about(ledger: Ledger, entity_id: str) -> Ledger:
    """Return what a ledger says about one entity."""
    return replace(
        ledger,
        open=tuple(hunch for hunch in ledger.open if hunch.entity_id == entity_id),
        answers=tuple(given for given in ledger.answers if given.hunch.entity_id == entity_id),
        implied=tuple(one for one in ledger.implied if one.hunch.entity_id == entity_id),
        raised=tuple(row for row in ledger.raised if _entity_of(row[1]) == entity_id),
        rules=tuple(rule for rule in ledger.rules if rule.entity_id == entity_id),
        records=tuple(record for record in ledger.records if record.hunch.entity_id == entity_id),
    )


def _entity_of(key: str) -> str:
    """Return the entity of a hunch's key."""
    return key.partition(":")[2]


def unsaid(statements: tuple[Statement, ...], scope: Scope) -> tuple[Statement, ...]:
    """Return what is left of what was stated about the whole household; nothing of it is about an entity."""
    if scope.entity_id is not None:
        return statements
    return () if scope.before is None else without(statements, float("-inf"), scope.before)
