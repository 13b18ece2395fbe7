"""What a question is called, what a yes to it does, and why that could not be: as Repairs says it, for phone, voice."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .coordinator import HunchesCoordinator
from .engine.home import Home
from .engine.hunches import Hunch
from .engine.policy import Question, stops
from .errors import AnswerError
from .said import Said, async_say
from .words import async_evidence, async_stopping, evidence_of, listed, names_of, stopping_of, text_key


async def async_question(hass: HomeAssistant, home: Home | None, question: Question) -> tuple[str, str]:
    """Return the title of a question and what accepting it does, in Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "issues", [DOMAIN])
    head = f"component.{DOMAIN}.issues.{text_key(question)}"
    names = listed(names_of(hass, home, question), await async_say(hass))
    title = texts.get(f"{head}.title", "{name}").format(name=names)
    return title, texts.get(f"{head}.fix_flow.step.init.menu_options.accept", question.leader.action)


async def async_why(coordinator: HunchesCoordinator, hunch: Hunch, now: float) -> str:
    """Return what a hunch rests on and what would have stopped it, as a Markdown list in Home Assistant's language."""
    stopping = stops(coordinator.described, hunch, coordinator.feedback.ledger, coordinator.settings)
    hass = coordinator.hass
    return "\n".join([await async_evidence(hass, hunch, now), await async_stopping(hass, hunch, stopping)])


def why(coordinator: HunchesCoordinator, hunch: Hunch, now: float) -> list[Said]:
    """Return the same, in nobody's language yet."""
    stopping = stops(coordinator.described, hunch, coordinator.feedback.ledger, coordinator.settings)
    return [*evidence_of(hunch, now), *stopping_of(hunch, stopping)]


async def async_refusal(hass: HomeAssistant, error: AnswerError) -> str:
    """Return why nothing was done, in Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "exceptions", [DOMAIN])
    text = texts.get(f"component.{DOMAIN}.exceptions.{error.reason}.message", error.reason)
    return text.format(**(error.translation_placeholders or {}))
