"""The people of the simulated home: they see hunches, and answer as the fleet's people do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.engine.home import OFF, ON

from .tally import Asked, Done, Tally

if TYPE_CHECKING:
    from custom_components.hunches.engine.hunches import Hunch
    from custom_components.hunches.engine.policy import Question, Record
    from model_training.fleet.home import SimulatedHome

_READING = 600.0
"""Mean seconds until somebody who answers does; exponential."""
_NOTICING = 180.0
"""Seconds until somebody who wanted something on has it on again."""


@dataclass
class Household:
    """What the people of a home have been asked, and what they are about to answer and to switch back.

    `right`: when carrying out a hunch would be, by entity id and kind.
    """

    home: SimulatedHome
    right: Mapping[tuple[str, str], Sequence[tuple[float, float]]]
    user_id: str
    tally: Tally
    chance: np.random.Generator
    answers: list[tuple[float, str, dict[str, object]]] = field(default_factory=list)
    back: list[tuple[float, str, int]] = field(default_factory=list)
    _seen: set[tuple[str, float]] = field(default_factory=set)
    _noticed: set[str] = field(default_factory=set)

    @property
    def context(self) -> Context:
        """Return what tells Home Assistant that a person does something."""
        return Context(user_id=self.user_id)

    def see(self, questions: tuple[Question, ...]) -> None:
        """Look at what is asked; decide about each new question whether and what to answer, and when.

        Who wants any of it on says no to all. What joins later is in a question that was decided about.
        """
        for question in questions:
            new = [hunch for hunch in question.hunches if (hunch.key, hunch.time) not in self._seen]
            asked = [one.hunch.time for one in self.tally.asked if not one.joined]
            known = len(new) < len(question.hunches)
            for hunch in new:
                self._seen.add((hunch.key, hunch.time))
                joined = known or hunch is not question.leader
                self.tally.asked.append(Asked(hunch, self.is_right(hunch, hunch.time), joined=joined))
            if known:
                continue
            hunch, label = question.leader, self._label(question.leader.time)
            right = all(self.is_right(one, one.time) for one in question.hunches)
            chances = self.home.answers.chances(
                hunch.entity_id, hunch.time, asked, unwanted=right, away=label == "away", asleep=label == "asleep"
            )
            answer = int(self.chance.choice(len(chances), p=np.array(chances) / sum(chances)))
            service, data = (
                ("accept", {}),
                ("reject", {}),
                ("reject", {"never": True}),
                ("", {}),
            )[answer]
            if service:
                moment = hunch.time + float(self.chance.exponential(_READING))
                self.answers.append((moment, service, {"hunch": hunch.key, **data}))

    def notice(self, records: tuple[Record, ...]) -> None:
        """See what was done without asking; have it as it was if it was wanted so."""
        for record in records:
            if not record.automatic or record.id in self._noticed:
                continue
            self._noticed.add(record.id)
            right = self.is_right(record.hunch, record.time)
            self.tally.done.append(Done(record, right))
            if not right and not record.action.data:  # heating comes back by itself
                back = ON if record.action.target_state == OFF else OFF
                self.back.append((record.time + _NOTICING, record.hunch.entity_id, back))

    async def answer(self, hass: HomeAssistant, service: str, data: dict[str, object]) -> None:
        """Give an answer; it may come too late."""
        try:
            await hass.services.async_call(DOMAIN, service, data, blocking=True, context=self.context)
        except HomeAssistantError:
            self.tally.late += 1

    def is_right(self, hunch: Hunch, moment: float) -> bool:
        """Return whether it would be right to do at a moment what a hunch proposes."""
        stretches = self.right.get((hunch.entity_id, str(hunch.kind)), ())
        i = bisect_right(stretches, moment, key=itemgetter(0)) - 1
        return i >= 0 and moment < stretches[i][1]

    def _label(self, moment: float) -> str | None:
        """Return where everybody is: "away", "asleep", or None."""
        return next((i.label for i in self.home.recording.truth if i.start <= moment < i.end), None)
