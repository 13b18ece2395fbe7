"""Lists for people in the forms: what was found in the home, by area, and the rules that hold."""

from collections.abc import Iterable, Sequence
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .engine.home import Entity, Home
from .engine.policy import Rule, Verdict
from .said import Say, async_say
from .words import escape, name_of, plain

_NAMES: Final = 6
"""Names that are listed of one area; of more, their number is."""
_AREAS: Final = 30


async def async_found(hass: HomeAssistant, home: Home) -> str:
    """Return what was found in a home as a Markdown list, an area a line."""
    say = await async_say(hass)
    areas: dict[str, tuple[list[Entity], list[Entity]]] = {}
    for which, entities in enumerate((home.devices, home.evidence)):
        for entity in entities:
            areas.setdefault(entity.area or "", ([], []))[which].append(entity)
    listed = sorted(areas.items(), key=lambda item: (not item[0], item[0].casefold()))
    lines = []
    for area, (devices, evidence) in listed[:_AREAS]:
        parts = [_names(hass, home, devices, say)] if devices else []
        if evidence:
            parts.append(say("found_evidence", names=_names(hass, home, evidence, say)))
        lines.append(f"- **{escape(area) or say('no_area')}**: {'; '.join(parts)}")
    if len(listed) > _AREAS:
        lines.append(f"- {say('more_areas', count=str(len(listed) - _AREAS))}")
    return "\n".join(lines)


def _names(hass: HomeAssistant, home: Home, entities: Sequence[Entity], say: Say) -> str:
    names = " · ".join(escape(name_of(hass, home, entity.entity_id)) for entity in entities[:_NAMES])
    return say("and_more", names=names, count=str(len(entities) - _NAMES)) if len(entities) > _NAMES else names


async def async_rules(hass: HomeAssistant, home: Home | None, rules: Iterable[Rule]) -> list[str]:
    """Return each rule in words, in order."""
    say = await async_say(hass)
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])

    def what(rule: Rule) -> str:
        kind = texts.get(f"component.{DOMAIN}.selector.kind.options.{rule.kind}", "") if rule.kind is not None else ""
        if rule.entity_id is None:
            return say("rule_home", kind=kind)
        name = plain(name_of(hass, home, rule.entity_id))
        return say("rule_kind", name=name, kind=kind) if kind else name

    return [say("rule_allow" if rule.verdict is Verdict.ALLOW else "rule_forbid", what=what(rule)) for rule in rules]
