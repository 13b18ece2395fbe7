"""Every language says everything, with what it has to hold, and in its own words."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hassil import Intents, recognize

from custom_components.hunches.said import Say

FOLDER = Path(__file__).resolve().parent.parent / "custom_components" / "hunches" / "translations"
LANGUAGES = ("de", "es", "fr", "it", "nl", "pl", "pt", "pt-BR")
SAME: dict[str, set[str]] = {
    "de": {"Chance", "Labels", "Status"},
    "es": {"{count} sensor"},
    "fr": {"Action", "Actions", "Menu", "Satellite", "actions"},
    "it": {"Area", "Menu", "Satellite"},
    "nl": {"Archetype", "Labels", "Menu", "Status", "{count} sensor"},
    "pl": {"Menu"},
    "pt": {"Menu", "{count} sensor"},
    "pt-BR": {"Menu", "{count} sensor"},
}
"""Texts that are the same in a language as in English, beside names and units."""


def texts(language: str) -> dict[str, str]:
    """Return all texts of a language by their dotted path."""

    def leaves(content: dict[str, Any], path: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in content.items():
            here = f"{path}.{name}" if path else name
            found |= leaves(value, here) if isinstance(value, dict) else {here: value}
        return found

    return leaves(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")), "")


ENGLISH = texts("en")


def test_these_are_the_languages() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.json")) == sorted(("en", *LANGUAGES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_or_too_much(language: str) -> None:
    assert list(texts(language)) == list(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_text_holds(language: str) -> None:
    """The same placeholders, marks of Markdown and lines as in English, each as often."""
    for path, text in texts(language).items():
        for pattern in (r"\{\w+\}", r"\*+", r"\n", r"`"):
            assert Counter(re.findall(pattern, text)) == Counter(re.findall(pattern, ENGLISH[path])), path
        assert text == text.strip(), path
        assert "  " not in text, path
        assert not re.search(r"[\"<>]", text), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_was_left_in_english(language: str) -> None:
    learned = "common.learned_"  # names of things, of which many are the same
    found = texts(language).items()
    same = {text for path, text in found if text == ENGLISH[path] and not path.startswith(learned)}
    in_words = {text for text in same if re.search(r"[^\W\d_]{3}", re.sub(r"\{\w+\}| min$", "", text))}
    assert in_words - {"Hunches"} == SAME[language]


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_what_training_wrote_is_known(language: str) -> None:
    """The titles of the archetypes, and how they are used, part by part (`Say.learned`)."""
    say = Say({f"component.hunches.{path}": "known" for path in texts(language)})
    trained = json.loads((FOLDER.parent / "assets" / "archetypes.json").read_text(encoding="utf-8"))
    for text in (*trained["titles"], *(use["words"] for use in trained["uses"])):
        assert set(say.learned(text).split(", ")) == {"known"}, text


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_one_and_many(language: str) -> None:
    """The page says one form for one thing and another for more; every form has a text to fall back on."""
    found = texts(language)
    forms = {path.removesuffix("_one") for path in found if path.endswith("_one")}
    for path in forms - {"common.page_one_by"}:  # "one by one"
        assert f"{path}_other" in found, path


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_what_people_say_to_a_satellite(language: str) -> None:
    """Sentences are plain words, some for each answer, and none means two things."""
    found = texts(language)
    said = {
        answer: [sentence.strip() for sentence in found[f"common.voice_{answer}"].split("|")]
        for answer in ("yes", "no", "not_now")
    }
    for answer, sentences in said.items():
        assert len(sentences) >= 4, answer
        for sentence in sentences:
            assert re.fullmatch(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*", sentence), sentence
    every = [sentence for sentences in said.values() for sentence in sentences]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_for_one_thing(language: str) -> None:
    """What the texts refer to by its name is called that where it is."""
    found = texts(language)
    switch = found["entity.switch.automatic_actions.name"]
    for path in (
        "options.step.init.sections.automatic.description",
        "issues.still_on.fix_flow.step.always.description",
    ):
        assert switch in found[path]
    assert found["services.rules.name"] in found["options.step.init.sections.automatic.data_description.shadow"]
    assert found["services.rules.name"] in found["services.undo.fields.action_id.description"]
    for action in ("allow", "forbid"):
        assert found[f"services.{action}.name"] in found["services.erase.fields.before.description"]
    assert found["common.page_view_actions"] in found["common.page_never_means_one"]
    assert found["common.page_view_trust"] in found["common.page_no_rules"]
    for level in ("rare", "eager"):
        described = found["options.step.init.sections.asking.data_description.sensitivity"]
        assert found[f"selector.sensitivity.options.{level}"] in described
    assert found["selector.answer.options.rejected"] in found["common.not_now"]
    assert found["services.forbid.name"] in found["exceptions.forbidden.message"]


@pytest.mark.parametrize(
    ("language", "yes", "no", "not_now"),
    [
        ("en", "Yes, please.", "No thanks.", "Not now!"),
        ("de", "Ja, bitte.", "Nein danke.", "Später."),
        ("es", "Sí, por favor.", "No, gracias.", "Ahora no."),
        ("fr", "D'accord.", "Non, merci.", "Pas maintenant."),
        ("it", "Sì, grazie.", "No grazie", "Più tardi."),
        ("nl", "Ja, graag.", "Nee, dank je.", "Niet nu."),
        ("pl", "Tak, proszę.", "Nie, dziękuję.", "Nie teraz."),
        ("pt", "Sim, por favor.", "Não, obrigada.", "Agora não."),
        ("pt-BR", "Sim, por favor.", "Não, obrigado.", "Agora não."),
    ],
)
def test_a_satellite_understands_what_people_say(language: str, yes: str, no: str, not_now: str) -> None:
    """As Home Assistant's satellites match it: capitals, commas and full stops do not matter."""
    heard = {"yes": yes, "no": no, "not_now": not_now}
    found = texts(language)
    data = [
        {"sentences": [part.strip() for part in found[f"common.voice_{key}"].split("|")], "metadata": {"answer": key}}
        for key in heard
    ]
    intents = Intents.from_dict({"language": language, "intents": {"Question": {"data": data}}})
    for key, sentence in heard.items():
        result = recognize(sentence, intents)
        assert result is not None, sentence
        assert result.intent_metadata == {"answer": key}
    assert recognize("hunches", intents) is None
