"""Names that no training has seen, and names that tell nothing."""

from __future__ import annotations

import pytest

from custom_components.hunches.engine.home import Entity
from model_training.evaluate_names import AREAS, THINGS, finnish, nameless, translated
from model_training.fleet import words
from model_training.fleet.roles import BY_NAME
from model_training.fleet.words import useless


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Lampada cucina", "Valo Keittiö"), ("Living room TV", "Olohuone Televisio"), ("Plug 1", "Pistorasia 1")],
)
def test_names_are_put_into_finnish(name: str, expected: str) -> None:
    assert finnish(name) == expected


def test_every_room_and_thing_that_has_words_is_in_the_tables() -> None:
    general = words.things("light", 0)
    named = {role for role in BY_NAME if words.things(role, 0) != general}
    assert named <= set(THINGS)
    assert all(words.areas(kind, 0) for kind in AREAS)


def test_finnish_is_a_language_of_its_own() -> None:
    """None of its words is a word of the fleet's ten languages."""
    known = {
        part.casefold()
        for table, of in ((THINGS, words.things), (AREAS, words.areas))
        for key in table
        for language in range(len(words.LANGUAGES))
        for word in of(key, language)
        for part in word.split()
    }
    assert not known & {part.casefold() for name in (*THINGS.values(), *AREAS.values()) for part in name.split()}


def test_renaming_keeps_what_the_device_is() -> None:
    lamp = Entity("light.porch", "Porch light", "Porch", None, ("outside",))
    assert translated(lamp).entity_id == lamp.entity_id
    assert translated(lamp).name == "Kuistin valo"
    assert nameless(lamp).name == "First Light"
    assert nameless(lamp).area is None
    assert nameless(Entity("media_player.x", "TV")).name == "Media player 1"


@pytest.mark.parametrize("name", ["First Light", "Plug 12", "0x00158d0001abcdef", "TRADFRI bulb E27 WS 3", ""])
def test_useless(name: str) -> None:
    assert useless(name)


@pytest.mark.parametrize("name", ["Porch light", "Kitchen Lamp", "Lights", "Fernseher"])
def test_telling(name: str) -> None:
    assert not useless(name)
