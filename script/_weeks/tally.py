"""Counts, week by week, what was asked, answered and done, and how much of it was right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custom_components.hunches.engine.bundle import format_time
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.wilson import wilson

if TYPE_CHECKING:
    from custom_components.hunches.engine.hunches import Hunch
    from custom_components.hunches.engine.policy import Ledger, Record

WORTH_FINDING = 1800.0
"""Seconds for which something has to stay on, unwanted, to be counted as missed."""


@dataclass
class Asked:
    """One hunch: whether nobody wanted the device so, what became of it, and whether it was asked with another."""

    hunch: Hunch
    right: bool
    answer: str = "open"
    joined: bool = False


@dataclass
class Done:
    """One action that nobody was asked about: whether nobody wanted the device so."""

    record: Record
    right: bool


@dataclass
class Tally:
    """What came of weeks that began at `begin` (Unix seconds); `forgotten`: what could have been found."""

    begin: float
    weeks: int
    forgotten: list[tuple[str, float, float]]
    asked: list[Asked] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    late: int = 0

    def end(self, ledger: Ledger) -> None:
        """Take what became of each hunch from the ledger."""
        answers = {(given.hunch.key, given.hunch.time): str(given.answer) for given in ledger.answers}
        for one in self.asked:
            one.answer = answers.get((one.hunch.key, one.hunch.time), "open")

    def week(self, number: int | None = None) -> dict[str, Any]:
        """Return the counts of a week, from 0 on, or of all weeks."""
        asked = [one for one in self.asked if number in (None, self._week(one.hunch.time))]
        done = [one for one in self.done if number in (None, self._week(one.record.time))]
        missed = [row for row in self.forgotten if number in (None, self._week(row[1]))]
        right, acted = sum(one.right for one in asked), sum(one.right for one in done)
        share, low, high = wilson(right, len(asked)) if asked else (None, None, None)
        return {
            "hunches": len(asked),
            "questions": sum(not one.joined for one in asked),
            "right": right,
            "precision": share,
            "between": [low, high],
            "wrong": len(asked) - right,
            "answers": dict(Counter(one.answer for one in asked)),
            "done": len(done),
            "done_right": acted,
            "forgotten": len(missed),
            "found": sum(self._is_found(*row) for row in missed),
        }

    def words(self, number: int | None = None) -> str:
        """Return a week, or all of them, in one line."""
        found = self.week(number)
        name = "in all " if number is None else f"week {number + 1} "
        answers = ", ".join(f"{count} {answer}" for answer, count in sorted(found["answers"].items()))
        precision = "" if found["precision"] is None else f" = {found['precision']:.0%}"
        weeks = self.weeks if number is None else 1
        return (
            f"{name}: {found['right']} of {found['hunches']} hunches right{precision}, "
            f"{found['wrong'] / weeks:.2f} wrong a week; {answers or 'no answers'}; "
            f"{found['done_right']} of {found['done']} actions right; "
            f"{found['found']} of {found['forgotten']} forgotten things found"
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "weeks": [self.week(number) for number in range(self.weeks)],
            "all": self.week(),
            "late": self.late,
            "asked": [{**one.hunch.as_json(), "right": one.right, "answer": one.answer} for one in self.asked],
            "done": [
                {
                    "time": format_time(one.record.time),
                    "hunch": one.record.hunch.key,
                    "right": one.right,
                    "outcome": str(one.record.outcome),
                }
                for one in self.done
            ],
        }

    def _week(self, moment: float) -> int:
        return min(int((moment - self.begin) // (7 * DAY)), self.weeks - 1)

    def _is_found(self, entity_id: str, start: float, end: float) -> bool:
        moments = [(one.hunch.entity_id, one.hunch.time) for one in self.asked]
        moments += [(one.record.hunch.entity_id, one.record.time) for one in self.done]
        return any(key == entity_id and start <= moment <= end for key, moment in moments)
