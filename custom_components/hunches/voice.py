"""Questions asked aloud through Assist satellites, answered with yes, no or not now, in Home Assistant's language.

A voice is not a person: what keeps people out or in is never moved on a voice alone (`engine/policy/telling.py`), and
the answer is nobody's in particular.
"""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .answers import async_accept, async_reject
from .const import CONF_SATELLITES, DOMAIN, LOGGER
from .coordinator import HunchesCoordinator
from .engine.hunches import Hunch
from .engine.policy import Question, is_quiet, not_by_voice, somebody_listens
from .errors import AnswerError
from .news import Piece, What
from .said import async_say
from .sayings import async_question, async_refusal

_ASKED: HassKey[set[str]] = HassKey(f"{DOMAIN}_asked_aloud")
ANSWER_SECONDS: Final = 45.0
"""How long an answer is waited for: the question is spoken first, which takes some seconds of these."""
SATELLITE: Final = "assist_satellite"
"""The integration of the satellites; literal, because importing it loads much else."""
_YES, _NO, _NOT_NOW = "yes", "no", "not_now"
NO_ANSWER: Final = "no_answer"


class Voice:
    """Asks aloud what is open, one thing at a time, each once, while somebody is up and at home."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: HunchesCoordinator) -> None:
        """Take what is open after a restart as asked; over a reload it is known what was."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        still = {hunch.key for hunch in coordinator.feedback.ledger.open}
        self._asked = hass.data[_ASKED] = hass.data.get(_ASKED, still) & still
        self._one = asyncio.Lock()
        self._asking: tuple[Question, asyncio.Task[str]] | None = None
        self._task: asyncio.Task[str] | None = None  # of what is asked without anybody having called for it

    @callback
    def on_piece(self, piece: Piece) -> None:
        """Fall silent about what was answered elsewhere, or became moot."""
        if piece.what in (What.ANSWERED, What.CLOSED):
            self._asked.discard(piece.hunch.key)
            if self._asking is not None and self._still_open(self._asking[0]) is None:
                self._asking[1].cancel()

    @callback
    def async_update(self) -> None:
        """Ask what was not asked yet, if this is a moment for it; what joins a question later was asked with it."""
        context, satellites = self._coordinator.data.context, self._entry.options.get(CONF_SATELLITES, ())
        home, now = self._coordinator.home, dt_util.utcnow().timestamp()
        if context is None or home is None or not satellites or not somebody_listens(context):
            return
        if is_quiet(home, self._coordinator.settings, now):
            return  # asked once they are over, if it is open still
        for question in self._coordinator.data.questions:
            keys = {hunch.key for hunch in question.hunches}
            if not keys.isdisjoint(self._asked):
                self._asked |= keys
            elif self._task is not None and not self._task.done():
                continue  # one at a time: by then everybody may be asleep, or the satellite busy
            elif self.may_ask(question) and (satellite := self._nearest(question.leader, satellites)) is not None:
                self._task = self._entry.async_create_background_task(
                    self._hass, self.async_ask(satellite, question), f"{DOMAIN} voice"
                )

    @callback
    def may_ask(self, question: Question) -> bool:
        """Return whether a question may be answered by a voice."""
        entities = self._coordinator.home.entities if self._coordinator.home is not None else {}
        return all(
            (entity := entities.get(hunch.entity_id)) is not None and not_by_voice(entity, hunch.kind) is None
            for hunch in question.hunches
        )

    @callback
    def _still_open(self, question: Question) -> Question | None:
        """Return what a question has become: in it, or in part of it, something is asked still."""
        return self._coordinator.question(question.key, question.entity_ids)

    def _nearest(self, hunch: Hunch, satellites: list[str]) -> str | None:
        """Return the satellite in the device's area, else the first that is idle; None if there is none."""
        registry = er.async_get(self._hass)

        def area(entity_id: str) -> str | None:
            entry = registry.async_get(entity_id)
            return er.async_get_effective_area_id(self._hass, entry) if entry is not None else None

        idle = [key for key in satellites if (state := self._hass.states.get(key)) and state.state == "idle"]
        here = area(hunch.entity_id)
        return next((key for key in idle if here is not None and area(key) == here), idle[0] if idle else None)

    async def async_ask(self, satellite: str, question: Question) -> str:
        """Ask a question now and carry out the answer; return it, `NO_ANSWER` if none was understood.

        One question at a time: another waits, and is not asked if it is answered meanwhile.
        """
        self._asked |= {hunch.key for hunch in question.hunches}
        async with self._one:
            asked = self._still_open(question)
            if asked is None or not self.may_ask(asked):
                return NO_ANSWER
            task = self._hass.async_create_background_task(self._async_listen(satellite, asked), f"{DOMAIN} question")
            self._asking = asked, task
            try:
                await asyncio.wait([task])
            finally:
                self._asking = None
                task.cancel()  # if it is we who are cancelled: the entry is unloaded
            answer = NO_ANSWER if task.cancelled() else task.result()
            if answer != NO_ANSWER:
                await self._async_answer(satellite, asked, answer)
            return answer

    async def _async_listen(self, satellite: str, question: Question) -> str:
        say = await async_say(self._hass)
        title, accept = await async_question(self._hass, self._coordinator.home, question)
        answers = [{"id": key, "sentences": _sentences(say(f"voice_{key}"))} for key in (_YES, _NO, _NOT_NOW)]
        data = {"question": say("voice_question", title=title, action=accept), "answers": answers}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                heard = await self._hass.services.async_call(
                    SATELLITE,
                    "ask_question",
                    {"entity_id": satellite, **data},
                    blocking=True,
                    return_response=True,
                )
        except TimeoutError:
            return NO_ANSWER
        except HomeAssistantError as error:  # busy, out of reach, or nobody said a word
            LOGGER.debug("%s heard no answer: %s", satellite, error)
            return NO_ANSWER
        answer = heard.get("id") if heard else None
        return answer if answer in (_YES, _NO, _NOT_NOW) else NO_ANSWER

    async def _async_answer(self, satellite: str, question: Question, answer: str) -> None:
        """Carry out an answer about what is left of a question, in one or in parts, and say what came of a yes."""
        shown = question.entity_ids
        left: Question | None = self._still_open(question) or question
        try:
            while left is not None:
                if answer == _YES:
                    await async_accept(self._coordinator, left.key, Context(), shown=shown)
                else:
                    await async_reject(self._coordinator, left.key, Context(), never=False, shown=shown)
                left = self._still_open(question)
            if answer != _YES:
                return
            message = (await async_say(self._hass))("voice_done")
        except AnswerError as error:
            message = await async_refusal(self._hass, error)
        try:
            await self._hass.services.async_call(
                SATELLITE, "announce", {"entity_id": satellite, "message": message, "preannounce": False}, blocking=True
            )
        except HomeAssistantError as error:
            LOGGER.debug("%s cannot say it: %s", satellite, error)


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text that parts them by bars."""
    return [sentence for part in text.split("|") if (sentence := part.strip())]
