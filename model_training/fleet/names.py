"""Names and entity ids of a simulated home, from telling ("Lampada cucina") to useless ("Plug 1", "0x00158d…")."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from . import calibration as c
from .words import LANGUAGES, USELESS, areas, sensors, things

if TYPE_CHECKING:
    import numpy as np

    from .rooms import Room

_PEOPLE = ("Anna", "Ben", "Chris", "Dana", "Elena", "Frank", "Giulia", "Hugo", "Ines", "Jan", "Kim", "Luca", "Maja")
_NO_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "æ": "ae"})
ENGLISH_SHARE = 0.3


def slug(text: str) -> str:
    """Return what Home Assistant would make of a name for an entity id."""
    plain = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "entity"


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


class Namer:
    """Draws one home's names: its language, its rooms' names, how telling its people are."""

    def __init__(self, rng: np.random.Generator, rooms: tuple[Room, ...]) -> None:
        """Draw the home's language, its areas and its habits of naming."""
        self._rng = rng
        self._language = 0 if rng.random() < ENGLISH_SHARE else int(rng.integers(len(LANGUAGES)))
        self._rooms: list[str] = []
        numbered = rng.random() < 0.05  # "Room 1": areas as useless as names can be
        for room in rooms:
            name = f"Room {room.number + 1}" if numbered else _pick(rng, areas(room.kind, self._language))
            same = sum(other.split(" ")[0] == name.split(" ")[0] and other.startswith(name) for other in self._rooms)
            self._rooms.append(f"{name} {same + 1}" if same else name)
        self._useless = rng.uniform(*c.USELESS_NAMES) ** 2 * 1.4
        self._no_area = rng.uniform(*c.MISSING_AREAS) ** 2
        self._with_room = rng.uniform(0.1, 0.95)
        self._lower = rng.random() < 0.1
        self._ids: set[str] = set()
        self._count = int(rng.integers(0, 3))
        self._people = int(rng.integers(len(_PEOPLE)))

    @property
    def language(self) -> str:
        """Return the home's language (a member of `words.LANGUAGES`)."""
        return LANGUAGES[self._language]

    def group(self, room: int) -> str:
        """Return the name of a group of lights in a room."""
        word = _pick(self._rng, things("light", self._language))
        return self._nothing("light") if self._rng.random() < self._useless else self._with(word, room)

    def area(self, room: int) -> str | None:
        """Return the area that an entity in a room is registered in, or none."""
        return None if self._rng.random() < self._no_area else self._rooms[room]

    def device(self, domain: str, role: str, room: int) -> str:
        """Return the name of a device of a role."""
        if self._rng.random() < self._useless:
            return self._nothing(domain)
        return self._with(_pick(self._rng, things(role, self._language)), room)

    def sensor(self, kind: str, room: int) -> str:
        """Return the name of a sensor."""
        if self._rng.random() < self._useless:
            return self._nothing("binary_sensor")
        return self._with(_pick(self._rng, sensors(kind, self._language)), room)

    def person(self, number: int) -> str:
        """Return the name of somebody who lives here."""
        return _PEOPLE[(self._people + number) % len(_PEOPLE)]

    def entity_id(self, domain: str, name: str, area: str | None) -> str:
        """Return an entity id that the home does not have yet."""
        told = area is not None and slug(area) not in slug(name) and self._rng.random() < 0.5
        base = f"{domain}.{slug(f'{area} {name}' if told else name)}"
        found, number = base, 1
        while found in self._ids:
            number += 1
            found = f"{base}_{number}"
        self._ids.add(found)
        return found

    def _with(self, word: str, room: int) -> str:
        place = self._rooms[room]
        name = word
        if self._rng.random() < self._with_room and slug(place) not in slug(word):
            germanic = self.language in {"en", "de", "nl", "sv", "cs"}
            first = self._rng.random() < (0.7 if germanic else 0.15)
            name = f"{place} {word}" if first else f"{word} {place}"
        if self._rng.random() < 0.06:
            name += f" {int(self._rng.integers(2, 4))}"
        name = name[:1].upper() + name[1:]
        return name.lower() if self._lower else name

    def _nothing(self, domain: str) -> str:
        self._count += 1
        number = int(self._rng.integers(0, 2**32))
        pattern = _pick(self._rng, USELESS.get(domain, USELESS[""]))
        return pattern.format(n=self._count, hex6=f"{number % 2**24:06x}", hex16=f"00158d{number:010x}")
