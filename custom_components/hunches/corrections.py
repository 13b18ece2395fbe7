"""What people state about the whole household ("I was away"): one statement for any moment, the newest.

A statement takes the place of what was said before about the same time; the rest of what was said stands.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from .engine.context_filter import LABELS, Correction

STATES: Final = LABELS
"""What can be stated; "home" leaves open whether asleep."""
MAX_CORRECTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Statement:
    """A correction, and who made it: the id of a user, None for an automation."""

    correction: Correction
    by: str | None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {**asdict(self.correction), "by": self.by}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Statement:
        """Return what was stored; raise `LookupError`, `TypeError` or `ValueError`."""
        start, end, by = float(row["start"]), float(row["end"]), row["by"]
        if not start < end:
            msg = "the end has to come after the start"
            raise ValueError(msg)
        return cls(Correction(start, end, str(row["label"]), float(row["stated"])), None if by is None else str(by))


def without(statements: tuple[Statement, ...], start: float, end: float) -> tuple[Statement, ...]:
    """Return what is left of statements when nothing is said about `start` to `end`, Unix seconds."""
    found: list[Statement] = []
    for statement in statements:
        said = statement.correction
        if said.end <= start or said.start >= end:
            found.append(statement)
            continue
        if said.start < start:
            found.append(replace(statement, correction=replace(said, end=start)))
        if said.end > end:
            found.append(replace(statement, correction=replace(said, start=end)))
    return tuple(found)


def stated(statements: tuple[Statement, ...], new: Statement) -> tuple[Statement, ...]:
    """Return statements in the order in which they were made, with a new one; beyond the limit the oldest go."""
    return (*without(statements, new.correction.start, new.correction.end), new)[-MAX_CORRECTIONS:]
