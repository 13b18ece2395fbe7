"""What people read and hear, in the language of their Home Assistant."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations

from custom_components.hunches.const import DOMAIN, EVENT_ACTED
from custom_components.hunches.engine.hunches import Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.policy import Question
from custom_components.hunches.errors import AnswerError
from custom_components.hunches.logbook import async_describe_events
from custom_components.hunches.sayings import async_question, async_refusal
from custom_components.hunches.words import async_evidence

from .conftest import PORCH, Script, SetUp, settled

NOW = 1_795_348_800.0  # 2026-11-22 12:00 UTC


def hunch() -> Hunch:
    """Return one that has been on for two days and five minutes."""
    seen = Evidence(NOW - 173_100, (30.0, 95.0), 23.25, 0.004, 40.0, "porch light", Context(NOW, 0.1, 0.97, 0.9))
    return Hunch(NOW, PORCH, Kind.STILL_ON, "light.turn_off", 0.9, seen)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["On since 2026-11-20 03:55, that is 2 d", "Usual at this hour: <1%"]),
        ("en-GB", ["On since 2026-11-20 03:55, that is 2 d", "Usual at this hour: <1%"]),
        ("de", ["An seit 20.11.2026, 03:55, das sind 2 Tg.", "Um diese Zeit üblich: <1\u00a0%"]),
        ("fr", ["En marche depuis 20/11/2026 à 03:55, soit 2 j", "Habituel à cette heure\u00a0: <1\u00a0%"]),
        ("es", ["En marcha desde 20/11/2026, 03:55, es decir, 2 d", "Habitual a esta hora: <1\u00a0%"]),
        ("it", ["Acceso dalle 03:55 del 20/11/2026, cioè da 2 g", "Abituale a quest'ora: <1%"]),
        ("nl", ["Aan sinds 20-11-2026 03:55, dat is 2 d", "Gebruikelijk op dit uur: <1%"]),
        ("pl", ["Włączone od 20.11.2026 03:55, czyli od 2 d", "Typowe o tej porze: <1%"]),
        ("pt", ["Ligado desde 20/11/2026, 03:55, ou seja, há 2 d", "Habitual a esta hora: <1%"]),
        ("xx", ["On since 2026-11-20 03:55, that is 2 d", "Usual at this hour: <1%"]),  # not translated: English
    ],
)
async def test_evidence(hunches_allowed: object, hass: HomeAssistant, language: str, lines: list[str]) -> None:
    hass.config.language = language
    found = (await async_evidence(hass, hunch(), NOW)).splitlines()
    assert [found[0], found[4]] == [f"- {line}" for line in lines]
    assert not any("{" in line for line in found)
    assert found[5].endswith("porch light") == (language in ("en", "en-GB", "xx"))
    title, accept = await async_question(hass, None, Question((hunch(),)))
    assert PORCH in title
    assert accept
    both, _ = await async_question(hass, None, Question((hunch(), replace(hunch(), entity_id="light.hall"))))
    assert re.search(rf"{PORCH} \w+ light\.hall\b", both), both
    refusal = await async_refusal(hass, AnswerError("not_by_voice", "Porch"))
    assert "Porch" in refusal


async def test_the_logbook(hunches_allowed: object, hass: HomeAssistant) -> None:
    hass.config.language = "de"
    await async_evidence(hass, hunch(), NOW)  # as by the time that anything is done, texts have been asked for
    assert async_get_cached_translations(hass, "de", "common", DOMAIN)
    described = {}
    async_describe_events(hass, lambda domain, event, how: described.update({event: how}))
    data = {"entity_id": PORCH, "kind": "still_on", "action": "light.turn_off", "reason": "An seit 22:10"}
    entry = described[EVENT_ACTED](Event(EVENT_ACTED, data))
    assert entry["message"].endswith("weil jemand die Vermutung angenommen hat: An seit 22:10")


async def test_entities_are_named_in_the_homes_language(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    porch.config.language = "de"
    await set_up()
    await settled(porch)
    state = porch.states.get("sensor.hunches_offene_vermutungen")
    assert state is not None
    assert state.name == "Hunches Offene Vermutungen"
    assert state.state == "1"
