"""Names in a language that no training has seen, and names that tell nothing: the same devices, called otherwise.

Finnish is unrelated to all ten languages of the fleet and shares no word with them. Its n-grams fall on rows of the
hashed table that other words have trained, as those of any new language would. Words of rooms and things are put into
it through English; numbers, codes and what is in no table stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .fleet import words

if TYPE_CHECKING:
    from custom_components.hunches.engine.home import Entity

AREAS: Final = {
    "kitchen": "Keittiö",
    "living room": "Olohuone",
    "bathroom": "Kylpyhuone",
    "toilet": "Vessa",
    "bedroom": "Makuuhuone",
    "child's room": "Lastenhuone",
    "hall": "Eteinen",
    "office": "Työhuone",
    "dining room": "Ruokailuhuone",
    "garage": "Autotalli",
    "laundry": "Kodinhoitohuone",
    "basement": "Kellari",
    "garden": "Puutarha",
    "outside": "Ulkona",
}
THINGS: Final = {
    "light": "Valo",
    "floor lamp": "Jalkalamppu",
    "bedside lamp": "Yöpöydän lamppu",
    "desk lamp": "Pöytälamppu",
    "counter light": "Työtason valo",
    "night light": "Yövalo",
    "porch light": "Kuistin valo",
    "garden light": "Pihavalo",
    "decoration": "Jouluvalot",
    "tv": "Televisio",
    "speaker": "Kaiutin",
    "computer": "Tietokone",
    "coffee machine": "Kahvinkeitin",
    "kettle": "Vedenkeitin",
    "microwave": "Mikroaaltouuni",
    "cooker": "Uuni",
    "shower": "Suihku",
    "hair dryer": "Hiustenkuivaaja",
    "washing machine": "Pesukone",
    "dryer": "Kuivausrumpu",
    "dishwasher": "Astianpesukone",
    "fridge": "Jääkaappi",
    "router": "Reititin",
    "aquarium": "Akvaario",
    "charger": "Laturi",
    "thermostat": "Termostaatti",
    "heater": "Lämmitin",
    "air conditioner": "Ilmastointi",
    "fan": "Tuuletin",
    "exhaust fan": "Liesituuletin",
    "air purifier": "Ilmanpuhdistin",
    "humidifier": "Ilmankostutin",
    "blind": "Kaihdin",
    "garage door": "Autotallin ovi",
    "door lock": "Ulko-oven lukko",
    "watering": "Kastelu",
    "mode": "Lomatila",
    "other plug": "Pistorasia",
}
NOTHING: Final = {"light": "First Light", "switch": "Plug 1"}
"""Names that say the domain and nothing else; of any other domain: its own name and a number."""


@lru_cache(maxsize=1)
def _finnish() -> dict[str, str]:
    """Return for each English phrase, in lower case, its Finnish."""
    found: dict[str, str] = {}
    for table, english in ((THINGS, words.things), (AREAS, words.areas)):
        for key, finnish in table.items():
            for phrase in english(key, 0):
                found.setdefault(phrase.casefold(), finnish)
    return found


@lru_cache(maxsize=100_000)
def finnish(name: str) -> str:
    """Return a name with the phrases that any language of the fleet knows put into Finnish."""
    tokens, out, phrases = words.english(name).split(" "), [], _finnish()
    while tokens:
        longest = next((n for n in range(len(tokens), 0, -1) if " ".join(tokens[:n]) in phrases), 0)
        out.append(phrases[" ".join(tokens[:longest])] if longest else tokens[0])
        tokens = tokens[max(longest, 1) :]
    return " ".join(out)


def translated(entity: Entity) -> Entity:
    """Return the entity with its name and area in Finnish."""
    return replace(entity, name=finnish(entity.name), area=entity.area and finnish(entity.area))


def nameless(entity: Entity) -> Entity:
    """Return the entity with a name that tells nothing, no area and no device class: what is left is its use."""
    name = NOTHING.get(entity.domain, f"{entity.domain.replace('_', ' ').capitalize()} 1")
    return replace(entity, name=name, area=None, device_class=None)
