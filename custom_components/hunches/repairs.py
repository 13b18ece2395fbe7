"""The fix flow of a question: do it, always do it, not now, never for this device, or why."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import current_request
from homeassistant.util import dt as dt_util

from .answers import async_accept, async_reject
from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .engine.hunches import Hunch
from .engine.policy import Question, never_automatic
from .errors import AnswerError
from .said import async_say
from .sayings import async_why
from .words import async_proof, async_summary, escape, listed, names_of

MENU: Final = ["accept", "always", "not_now", "never", "why"]


class HunchFlow(RepairsFlow):
    """Shows what a question is about and what it rests on, and carries out the answer, about what was shown."""

    _shown: tuple[str, ...] | None = None

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show in short why, and the answers."""
        return await self._async_menu("init", async_summary, MENU)

    async def async_step_why(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show all of the evidence and what would have stopped it, and the answers."""
        return await self._async_menu("why", self._async_all, [answer for answer in MENU if answer != "why"])

    async def _async_all(self, hass: HomeAssistant, hunch: Hunch, now: float) -> str:
        coordinator = self._coordinator()
        return "" if coordinator is None else await async_why(coordinator, hunch, now)

    async def _async_menu(
        self, step: str, tell: Callable[[HomeAssistant, Hunch, float], Awaitable[str]], answers: list[str]
    ) -> RepairsFlowResult:
        coordinator = self._coordinator()
        question = coordinator.question(self.issue_id, self._shown or ()) if coordinator else None
        if coordinator is None or question is None:
            return self.async_abort(reason="gone")
        placeholders = await self._async_placeholders(coordinator, question)
        now = dt_util.utcnow().timestamp()
        told = [await tell(self.hass, hunch, now) for hunch in question.hunches]
        self._shown = question.entity_ids
        placeholders["evidence"] = self._of_each(coordinator, question, told)
        entities = coordinator.home.entities if coordinator.home is not None else {}
        automatic = all(
            (entity := entities.get(hunch.entity_id)) is not None and never_automatic(entity, hunch.kind) is None
            for hunch in question.hunches
        )
        menu = [answer for answer in answers if automatic or answer != "always"]
        return self.async_show_menu(step_id=step, menu_options=menu, description_placeholders=placeholders)

    async def async_step_accept(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Do it."""
        return await self._async_answer("accepted", async_accept)

    async def async_step_always(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Do it, and from now on without asking, after showing what that would have come to until now."""
        coordinator = self._coordinator()
        question = coordinator.question(self.issue_id, self._shown or ()) if coordinator else None
        if coordinator is None or question is None:
            return self.async_abort(reason="gone")
        if user_input is not None:
            return await self._async_answer("always", async_accept, always=True)
        placeholders, told = await self._async_placeholders(coordinator, question), []
        for hunch in question.hunches:
            if (found := coordinator.proven(hunch.entity_id, hunch.kind)) is None:
                alone = await self._async_placeholders(coordinator, Question((hunch,)))
                return self.async_abort(reason="not_proven", description_placeholders=alone)
            told.append(await async_proof(self.hass, found))
        self._shown = question.entity_ids
        placeholders["proof"] = self._of_each(coordinator, question, told)
        return self.async_show_form(step_id="always", data_schema=vol.Schema({}), description_placeholders=placeholders)

    async def async_step_not_now(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Put it away for now."""
        return await self._async_answer("rejected", async_reject, never=False)

    async def async_step_never(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Never ask about this device again."""
        return await self._async_answer("never", async_reject, never=True)

    async def _async_answer(self, done: str, answer: Any, **how: bool) -> RepairsFlowResult:
        if (coordinator := self._coordinator()) is None:
            return self.async_abort(reason="gone")
        try:
            question = await answer(coordinator, self.issue_id, self._caller(), shown=self._shown, **how)
        except AnswerError as error:
            return self.async_abort(reason=error.reason, description_placeholders=error.escaped)
        except Unauthorized:
            return self.async_abort(reason="unauthorized")
        placeholders = await self._async_placeholders(coordinator, question)
        return self.async_create_entry(data={}, description=done, description_placeholders=placeholders)

    @callback
    def _coordinator(self) -> HunchesCoordinator | None:
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            coordinator: HunchesCoordinator = entry.runtime_data.coordinator
            return coordinator
        return None

    @callback
    def _caller(self) -> Context:
        """Return a context in the name of whoever sent this request; fix flows do not pass theirs on."""
        request = current_request.get()
        user = request.get(KEY_HASS_USER) if request is not None else None
        return Context(user_id=user.id if user is not None else None)

    async def _async_placeholders(self, coordinator: HunchesCoordinator, question: Question) -> dict[str, str]:
        names, say = names_of(self.hass, coordinator.home, question), await async_say(self.hass)
        return {"name": listed(names, say), "escaped_name": listed([escape(name) for name in names], say)}

    @callback
    def _of_each(self, coordinator: HunchesCoordinator, question: Question, told: list[str]) -> str:
        """Return what there is to tell of each thing in Markdown, below its name where there are several."""
        if len(told) == 1:
            return told[0]
        names = names_of(self.hass, coordinator.home, question)
        return "\n\n".join(f"**{escape(name)}**\n\n{each}" for name, each in zip(names, told, strict=True))


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that answers a hunch."""
    return HunchFlow()
