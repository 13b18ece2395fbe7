"""What we told devices to do, so that a report that comes late and in nobody's name is known as ours.

Home Assistant forgets five seconds after a call who made it. What a slow device reports after that looks like a hand
on its switch. One rule, for live changes and for the recorder's.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from math import inf, nextafter
from typing import TYPE_CHECKING, Final

from .home import UNKNOWN, read_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERIFY_SECONDS: Final = 15.0
"""How long a device may take to do as told, from the event of our action on."""


@dataclass(frozen=True, slots=True)
class Told:
    """A device was told at a moment (Unix seconds) to take a reading that it did not have."""

    moment: float
    reading: int


class Expected:
    """The changes by which one device answers what it was told.

    The first change to the wanted reading in time is the answer, whoever it names; it is ours if it names nobody.
    What comes after it, or too late, or to another reading, is not.
    """

    def __init__(self, told: Iterable[Told] = ()) -> None:
        """Expect what follows from these, in order of time."""
        self._open = deque(told)

    def __bool__(self) -> bool:
        """Whether anything is expected still."""
        return bool(self._open)

    def add(self, told: Told) -> None:
        """Expect one more; it was told last."""
        self._open.append(told)

    def is_ours(self, moment: float, reading: int, *, nameless: bool) -> bool:
        """Take note of a change of reading, in order of time; return whether it is ours though it does not say so.

        `nameless`: nothing tells who made it, neither its own context nor an event of that.
        """
        while self._open and self._open[0].moment + VERIFY_SECONDS < moment:
            self._open.popleft()
        answered = [told for told in self._open if told.moment <= moment and told.reading == reading]
        for told in answered:
            self._open.remove(told)
        return nameless and bool(answered)


def told_by(events: Iterable[tuple[float, str | None]]) -> dict[str, tuple[Told, ...]]:
    """Return what events of ours told each device, by entity id and in order of time.

    `events`: the moment of each and its data, as the recorder keeps them; those that tell nothing are passed over.
    """
    found: dict[str, list[Told]] = {}
    for moment, text in sorted(events, key=lambda event: event[0]):
        try:
            data = json.loads(text or "null")
            entity_id, state = str(data["entity_id"]), str(data["state"] or "")
        except (ValueError, TypeError, KeyError):
            continue
        if (reading := read_state(entity_id.partition(".")[0], state)) != UNKNOWN:
            found.setdefault(entity_id, []).append(Told(moment, reading))
    return {entity_id: tuple(told) for entity_id, told in found.items()}


def reach_back(told: Sequence[Told], since: float) -> float:
    """Return from when on (Unix seconds) changes must be read to know which of those after `since` is an answer."""
    for one in reversed(told):
        if one.moment <= since <= one.moment + VERIFY_SECONDS:
            since = nextafter(one.moment, -inf)
    return since
