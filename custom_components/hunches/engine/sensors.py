"""Which signal each entity of a home is: what it can say of the people there.

Kinds are recognised from domain, device class and the words of name and area, softly: a kind is only where a home
begins, `routine.py` finds out what each signal really does there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .home import ARMED_NIGHT, EVIDENCE_CLASSES, ON, Entity, Home, Says


@dataclass(frozen=True, slots=True)
class Kind:
    """What counts of a kind of signal; how often it does what is trained (`context_numbers.py`).

    `rise`, `fall`: whether switching on, off may be an act of a person. `stays`: whether what it is now says which of
    them can come, so that one who stays where they are is evidence; of others any minute may hold either. `weight`: how
    much one minute of being on or off counts (minutes in a row say nearly the same thing), 0 where being on says
    nothing. `fade`: minutes in which that weight falls to the shares that `evidence.LASTING` keeps. `stuck`: minutes
    after which "on" begins to lose the rest. `one_sided`: being off says nothing. `settles`: whether what it is now
    bears on which state can begin now, however long it has been so: somebody is there, or nobody.
    """

    rise: bool = True
    fall: bool = True
    stays: bool = False
    weight: float = 0.0
    fade: float = np.inf
    stuck: float = np.inf
    one_sided: bool = False
    settles: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "motion": Kind(fall=False, weight=0.1, fade=20, stuck=60),
    "outdoors": Kind(fall=False),
    "seat": Kind(stays=True, weight=0.05, fade=30, stuck=240, settles=True),
    "bed": Kind(weight=0.1, fade=60, stuck=840),
    "bedroom": Kind(weight=0.05, fade=30, stuck=600, settles=True),
    "entrance": Kind(),
    "door": Kind(),
    "opening": Kind(),
    "window": Kind(),
    "light": Kind(weight=0.03, fade=60, stuck=300),
    "media": Kind(weight=0.04, fade=60, stuck=300, settles=True),
    "switch": Kind(),
    "lock": Kind(),
    "cover": Kind(),
    "presence": Kind(rise=False, fall=False, weight=0.25, settles=True),
    "armed_away": Kind(rise=False, fall=False, weight=0.2, one_sided=True),
    "armed_night": Kind(rise=False, fall=False, weight=0.2, one_sided=True),
}
"""Weights and times are chosen. "Off" has to fade where "on" persists; an alarm that is not armed says nothing, for
many leave without arming it. Seats stay and settle; for beds that did harm in simulated homes whose mats fall silent.
Lamps, which are left on, and motion, which is over at once, settle nothing."""
_TELLS: Final = (
    "presence", "armed_away", "armed_night", "entrance", "bed", "bedroom", "motion", "seat", "door", "opening", "lock",
    "media", "light", "switch", "cover", "window", "outdoors",
)  # fmt: skip
MOST_SIGNALS: Final = 32
"""Signals that are watched; of more, the last in order of what they usually tell are left out."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to watch: the entities behind it (on while any of them is), its kind, and which reading is on."""

    kind: str
    entity_ids: tuple[str, ...]
    on: int = ON


@dataclass(frozen=True, slots=True)
class Signals:
    """All signals of a home, and the entities that a person passes to leave it (empty if none is known)."""

    signals: tuple[Signal, ...]
    ways_out: tuple[str, ...]
    surely_out: bool


# Words are compared whole, without case and accents; those ending in * are beginnings, for languages that glue words
# together. English, German, French, Italian, Spanish, Dutch, the Nordic languages, Polish, Portuguese, Czech, and a
# few words of others.
_BED: Final = """
    bed beds bedside bedsensor bett* lit letto cama sang sangsensor sangen seng lozko lozka postel postele mattress*
    matras* matratze* matelas colchon materasso madrass* sleep sleeping asleep schlaf schlaft кровать 床 ベッド 침대
"""
_BEDROOM: Final = """
    bedroom* schlafzimmer* kinderzimmer* chambre camera dormitorio habitacion slaapkamer* sovrum* soverom* sypialnia
    quarto loznice спальня 寝室
"""
_SEAT: Final = """
    seat seats couch* sofa* chair* armchair* recliner sessel* stuhl* bank stoel* canape fauteuil chaise sillon silla
    divano poltrona sedia soffa* fatolj* stol stolen kanapa fotel krzeslo gauc kreslo zidle диван кресло
"""
_WAY_OUT: Final = """
    front frontdoor* entrance* entry* main maindoor* house exterior haustur* haustuer* eingang* wohnungstur*
    wohnungstuer* entree principale principal entrada rua ingresso portone voordeur* achterdeur* buitendeur*
    ytterdorr* entredorr* inngang* indgang* hoveddor* ulko wejsciowe wejscie frente vchod* predsin входная вход back
    backdoor* hintertur* garage* garagentor* garaz* 玄関 현관
"""
_INDOORS: Final = """
    bedroom* bath* bathroom* toilet* wc kitchen* fridge* freezer* cupboard* cabinet* drawer* wardrobe* closet*
    shower* dresser* oven dishwasher* microwave* pantry medicine mail* letterbox* brief* schrank* kuhlschrank*
    kuehlschrank* gefrier* schublade* schlafzimmer* kinderzimmer* badezimmer* bad kuche* kueche* chambre salle
    frigo* refrigerateur congelateur placard tiroir armoire toilettes cucina bagno camera armadio cassetto cocina
    nevera congelador armario cajon bano dormitorio keuken* koelkast* vriezer* kast* lade badkamer* slaapkamer* kok
    koks* skap* lada badrum* sovrum* kylskap* frys* soverom* kuchnia lazienka lodowk* szafk* szuflad* cozinha
    frigorifico gaveta quarto lednic* skrink* zasuvk* loznice koupelna kuchyn* nursery office study living
    wohnzimmer* woonkamer* кухня ванная холодильник
"""
_OUTDOORS: Final = """
    outside outdoor* garden* backyard driveway yard porch patio carport draussen aussen* garten* terrasse exterieur
    jardin esterno giardino portico terrazzo exterior buiten tuin oprit terras ute utomhus tradgard* altan
    farstukvist zewnatrz ogrod ganek taras jardim alpendre terraco venku zahrada zaprazi terasa
"""
_MOTION: Final = """
    motion* movement* pir bewegung* mouvement* detecteur* movimento movimiento beweging* rorelse* bevegelse* ruch*
    ruchu pohyb* presence* occupancy* anwesenheit* sonar radar mmwave движение
"""
_WINDOW: Final = "window* fenster* fenetre* finestra ventana raam ramen fonster* vindu* vindue* okno okna janela окно"
_DOOR: Final = """
    door* tur turen *tur tuer *tuer porte porta puerta deur *deur dorr *dorr dor *dor drzwi dvere gate tor дверь
"""


def _plain(text: str) -> str:
    """Return text without case, accents, digits and underscores, so that words part where people part them."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o"))
    return re.sub(r"[\d_]+", " ", "".join(c for c in text if not unicodedata.combining(c)))


def _pattern(words: str) -> re.Pattern[str]:
    parts = (re.escape(word).replace(r"\*", r"\w*") for word in _plain(words).split())
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)")


_IS_BED, _IS_BEDROOM, _IS_SEAT, _IS_WAY_OUT = (_pattern(words) for words in (_BED, _BEDROOM, _SEAT, _WAY_OUT))
_IS_INDOORS, _IS_OUTDOORS, _IS_MOTION = (_pattern(words) for words in (_INDOORS, _OUTDOORS, _MOTION))
_IS_WINDOW, _IS_DOOR = _pattern(_WINDOW), _pattern(_DOOR)


def _binary_kind(entity: Entity) -> str | None:
    name = _plain(entity.name)
    words = f"{name} {_plain(entity.area or '')} {_plain(' '.join(entity.labels))}"
    device_class = entity.device_class or _class_of(name)
    match device_class:
        case "window":
            return "window"
        case "door" | "garage_door" | "opening":
            if device_class == "opening" and _IS_WINDOW.search(name):
                return "window"
            if not _IS_INDOORS.search(name) and (device_class == "garage_door" or _IS_WAY_OUT.search(words)):
                return "entrance"
            return "opening" if device_class == "opening" and _IS_INDOORS.search(words) else "door"
        case "occupancy" | "presence" if _IS_BED.search(name):
            return "bed"
        case "occupancy" | "presence" if _IS_SEAT.search(name):
            return "seat"
        case "motion" | "moving" | "occupancy" | "presence" | "sound" | "vibration":
            if _IS_OUTDOORS.search(words):
                return "outdoors"
            rests = device_class in {"occupancy", "presence"} and not _IS_MOTION.search(name)
            return "bedroom" if rests and _IS_BEDROOM.search(words) else "motion"
    return None  # "light" tells of the day or of lamps, not of people


def _class_of(name: str) -> str:
    """Return the device class that a sensor's name suggests; most that carry none are contacts."""
    if _IS_BED.search(name) or _IS_SEAT.search(name):
        return "occupancy"
    if _IS_MOTION.search(name):
        return "motion"
    if _IS_WINDOW.search(name):
        return "window"
    return "door" if _IS_DOOR.search(name) else "opening"


_KIND_OF_DOMAIN: Final = {
    "light": "light",
    "media_player": "media",
    "switch": "switch",
    "fan": "switch",
    "humidifier": "switch",
    "input_boolean": "switch",
    "lock": "lock",
    "cover": "cover",
}


def kind_of(entity: Entity) -> str | None:
    """Return the kind of signal an entity is (a key of `KINDS`), None if it says nothing by itself."""
    if entity.says is not None:
        return "bed" if entity.says is Says.SLEEP else None  # presence is one signal, and light is none of people
    if entity.domain == "binary_sensor":
        return _binary_kind(entity) if entity.device_class is None or entity.device_class in EVIDENCE_CLASSES else None
    if entity.domain == "input_boolean" and _IS_BED.search(_plain(entity.name)):
        return "bed"
    if entity.domain == "cover" and (entity.device_class == "garage" or "garage" in _plain(entity.name)):
        return "entrance"
    return _KIND_OF_DOMAIN.get(entity.domain)


def signals_of(home: Home) -> Signals:
    """Return the signals of a home in order of what they usually tell, then of entity id."""
    entities = [e for _, e in sorted(home.entities.items())]
    kinds = [(e, kind_of(e)) for e in entities]
    found = [Signal(kind, (e.entity_id,)) for e, kind in kinds if kind is not None]
    people = [e.entity_id for e in entities if e.domain == "person" or e.entity_id == "zone.home"]
    people = people or [e.entity_id for e in entities if e.domain == "device_tracker"]
    people += [e.entity_id for e in entities if e.says is Says.PRESENCE and e.entity_id not in people]
    if people:
        found.append(Signal("presence", tuple(people)))
    for entity in entities:
        if entity.domain == "alarm_control_panel":
            found.append(Signal("armed_away", (entity.entity_id,), ON))
            found.append(Signal("armed_night", (entity.entity_id,), ARMED_NIGHT))
    found = sorted(found, key=lambda signal: _TELLS.index(signal.kind))[:MOST_SIGNALS]
    sure = tuple(e.entity_id for e, kind in kinds if kind == "entrance")
    contacts = [e for e, kind in kinds if kind in {"door", "lock"}]
    unsure = tuple(e.entity_id for e in contacts if not _IS_INDOORS.search(_plain(f"{e.name} {e.area or ''}")))
    return Signals(tuple(found), sure or unsure, bool(sure))


def brightness(home: Home) -> tuple[str, ...]:
    """Return what measures light: illuminance sensors, binary sensors of the class light, and what people name."""
    return tuple(
        e.entity_id
        for _, e in sorted(home.entities.items())
        if e.says is Says.LIGHT
        or (e.says is None and e.domain == "sensor" and e.device_class == "illuminance")
        or (e.says is None and e.domain == "binary_sensor" and e.device_class == "light")
    )
