"""What is asked as one: hunches that people decide about together, such as the lamps on one switch.

Each hunch keeps its own answer, record and undo. That they belong together is kept nowhere: it is read off them, here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from .heating import HEATING
from .telling import not_by_voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..home import Home
    from ..hunches import Hunch
    from .ledger import Answered, Record

SECONDS: Final = 10.0
"""Between two changes of a room that one hand made: a scene over Zigbee reaches its lamps one by one, within seconds.

Who walks from one switch to the next takes longer, or is in another room by then.
"""

AT_ONCE: Final = 60.0
"""Between the beginnings of two actions that one answer asked for; all begin at once, but for a busy machine."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """Open hunches that are asked as one, never none. First the leader: raised first, then by entity id."""

    hunches: tuple[Hunch, ...]

    @property
    def leader(self) -> Hunch:
        """Return the hunch that the others joined."""
        return self.hunches[0]

    @property
    def key(self) -> str:
        """Return what makes it the same question as an earlier one: the leader's key."""
        return self.leader.key

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """Return what it is about."""
        return tuple(hunch.entity_id for hunch in self.hunches)

    def of(self, may: Callable[[str], bool]) -> Question | None:
        """Return the part about entities that somebody may control, None if there is none."""
        part = tuple(hunch for hunch in self.hunches if may(hunch.entity_id))
        return Question(part) if part else None


def questions(home: Home, hunches: Iterable[Hunch]) -> tuple[Question, ...]:
    """Return what is asked, each hunch in one question, in the order of the first hunch of each.

    Of one kind and one action are together: heating, anywhere in the home; and what is of one domain in one area and
    was switched within `SECONDS` of another that is in it, so that a slow scene stays one. What takes more care than a
    voice is always asked alone: locks, valves, doors and gates.
    """
    given = tuple(hunches)
    place = {hunch.key: number for number, hunch in reversed(tuple(enumerate(given)))}
    found = (Question(tuple(sorted(part, key=_first))) for part in _parted(home, given, lambda hunch: hunch))
    return tuple(sorted(found, key=lambda question: min(place[hunch.key] for hunch in question.hunches)))


def asked_as_one(home: Home, ended: Iterable[Answered]) -> tuple[tuple[Answered, ...], ...]:
    """Return hunches that ended by the questions they were asked in: together, and open at the same time."""
    found: list[tuple[Answered, ...]] = []
    for part in _parted(home, ended, lambda given: given.hunch):
        group: list[Answered] = []
        until = -math.inf
        for given in sorted(part, key=lambda given: (*_first(given.hunch), given.time, given.answer)):
            if given.hunch.time >= until or any(given.hunch.key == other.hunch.key for other in group):
                found.append(tuple(group))
                group, until = [], -math.inf
            group.append(given)
            until = max(until, given.time)
        found.append(tuple(group))
    return tuple(group for group in found if group)


def done_together(home: Home, records: Iterable[Record], one: Record) -> tuple[Record, ...]:
    """Return the actions that one answer began, that one first: of one question, asked for by one caller at once."""
    if one.automatic:
        return (one,)
    near = {r.hunch: r for r in records if not r.automatic and r.by == one.by and abs(r.time - one.time) <= AT_ONCE}
    asked = next(q for q in questions(home, near | {one.hunch: one}) if one.hunch in q.hunches)
    return (one, *(near[hunch] for hunch in asked.hunches if hunch != one.hunch))


def _parted(home: Home, items: Iterable[_T], hunch_of: Callable[[_T], Hunch]) -> list[list[_T]]:
    """Return what belongs together; each part in order of when it was switched."""
    scopes: dict[tuple[str, ...], list[_T]] = {}
    for item in items:
        scopes.setdefault(_scope(home, hunch_of(item)), []).append(item)
    parts: list[list[_T]] = []
    for scope in scopes.values():
        last: float | None = None
        for item in sorted(scope, key=lambda item: hunch_of(item).evidence.since):
            hunch = hunch_of(item)
            if last is None or (hunch.kind not in HEATING and hunch.evidence.since - last > SECONDS):
                parts.append([])
            parts[-1].append(item)
            last = hunch.evidence.since
    return parts


def _scope(home: Home, hunch: Hunch) -> tuple[str, ...]:
    """Return what all hunches that may be together with one have in common, whenever they were switched."""
    entity, alike = home.entities.get(hunch.entity_id), (str(hunch.kind), hunch.action)
    if entity is None or not_by_voice(entity, hunch.kind) is not None:
        return (*alike, "", hunch.entity_id)
    if hunch.kind in HEATING:
        return alike
    return (*alike, "", hunch.entity_id) if entity.area is None else (*alike, entity.domain, entity.area)


def _first(hunch: Hunch) -> tuple[float, str, str]:
    return hunch.time, hunch.entity_id, hunch.key
