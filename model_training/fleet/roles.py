"""The roles that a device can play in a home, and the ranges from which its habits are drawn.

`Hours` are bumps of use over the day: (hour, width in hours, height). All ranges are chosen around published
durations (`calibration`: CREST for lights; programmes and short uses from the summaries of REFIT 20, UK-DALE 2 and
IDEAL 65) and left wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .calibration import Pair

Kinds = tuple[tuple[str, str | None, float], ...]
Hours = tuple[tuple[float, float, float], ...]

LIGHT: Final[Kinds] = (("light", None, 0.85), ("switch", None, 0.1), ("switch", "switch", 0.05))
LAMP: Final[Kinds] = (("light", None, 0.65), ("switch", "outlet", 0.3), ("switch", None, 0.05))
PLUG: Final[Kinds] = (("switch", "outlet", 0.8), ("switch", None, 0.2))
MORNING_EVENING: Final[Hours] = ((7.0, 1.5, 1.0), (19.5, 3.0, 0.7))
EVENING: Final[Hours] = ((20.5, 2.5, 1.0),)
MEALS: Final[Hours] = ((7.5, 1.2, 1.0), (12.5, 1.3, 0.7), (18.5, 1.5, 1.0))
ALL_DAY: Final[Hours] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """What a device is for. `behaviour` names a function of `habits`; ranges are per home.

    `weight`: how common it is; `most`: how many of them a home may have (per room for `each_room`).
    `chance`: that a stay in the room (or an occasion) is used; `per_day`: uses a day; `minutes`: median of a use;
    `stay_minutes`: the shortest stay worth switching on for; `forget`, `patience`: factors on the home's own;
    `evenings`: share that burns all evening wherever people are; `by_motion`: whether a motion sensor may switch it.
    """

    name: str
    rooms: tuple[str, ...]
    kinds: Kinds
    behaviour: str
    weight: float
    most: int = 1
    hours: Hours = ALL_DAY
    chance: Pair = (0.6, 1.0)
    per_day: Pair = (0.5, 3.0)
    minutes: Pair = (5.0, 60.0)
    stay_minutes: Pair = (0.0, 0.0)
    forget: float = 1.0
    patience: float = 1.0
    evenings: float = 0.0
    by_motion: bool = False


ROLES: Final[tuple[Role, ...]] = (
    Role("kitchen light", ("kitchen",), LIGHT, "light", 6, 2, chance=(0.8, 1.0), by_motion=True),
    Role("living room light", ("living room",), LIGHT, "light", 6, 2, chance=(0.5, 1.0), stay_minutes=(0, 5),
         patience=2.0, evenings=0.2),
    Role("bathroom light", ("bathroom", "toilet"), LIGHT, "light", 5, 2, chance=(0.85, 1.0), forget=1.3,
         by_motion=True),
    Role("bedroom light", ("bedroom",), LIGHT, "light", 5, 3, chance=(0.4, 1.0), by_motion=True),
    Role("hall light", ("hall",), LIGHT, "light", 4, 2, chance=(0.5, 1.0), forget=1.4, by_motion=True),
    Role("office light", ("office",), LIGHT, "light", 3, 1, chance=(0.6, 1.0), stay_minutes=(0, 5), by_motion=True),
    Role("dining light", ("dining room",), LIGHT, "light", 2, 1, chance=(0.7, 1.0)),
    Role("child's light", ("child's room",), LIGHT, "light", 3, 3, chance=(0.6, 1.0), forget=1.6),
    Role("utility light", ("garage", "basement", "laundry"), LIGHT, "light", 3, 3, chance=(0.85, 1.0),
         forget=2.5, by_motion=True),
    Role("floor lamp", ("living room", "bedroom", "office"), LAMP, "light", 5, 3, EVENING, (0.5, 1.0),
         stay_minutes=(1, 8), patience=3.0, evenings=0.4),
    Role("bedside lamp", ("bedroom", "child's room"), LAMP, "light", 4, 3, ((22.0, 2.0, 1.0), (7.0, 1.5, 0.6)),
         (0.4, 1.0), patience=2.0),
    Role("desk lamp", ("office", "child's room", "living room"), LAMP, "light", 3, 2, chance=(0.3, 0.9),
         stay_minutes=(5, 20)),
    Role("counter light", ("kitchen",), LAMP, "light", 2, 1, MEALS, (0.3, 0.9), forget=1.3),
    Role("night light", ("child's room", "hall", "bathroom", "bedroom"), LAMP, "night_light", 2, 2),
    Role("porch light", ("outside",), LIGHT, "porch", 5, 2),
    Role("garden light", ("garden", "outside"), LIGHT, "porch", 2, 2),
    Role("decoration", ("living room", "outside", "garden", "hall"), LAMP, "decoration", 3, 3),
    Role("tv", ("living room", "bedroom", "child's room"),
         (("media_player", None, 0.4), ("media_player", "tv", 0.3), ("switch", "outlet", 0.3)), "attended", 6, 2,
         ((8.0, 1.5, 0.4), (13.0, 2.5, 0.5), (20.0, 3.0, 1.0)), (0.5, 1.3), stay_minutes=(1, 8), patience=4.0),
    Role("speaker", ("kitchen", "living room", "bathroom", "office"),
         (("media_player", None, 0.6), ("media_player", "speaker", 0.25), ("switch", "outlet", 0.15)), "music", 4, 3,
         MORNING_EVENING, (0.2, 0.9), stay_minutes=(1, 6), patience=3.0),
    Role("computer", ("office", "living room", "child's room"), PLUG, "attended", 4, 2,
         ((10.0, 2.5, 1.0), (15.0, 3.0, 1.0), (20.0, 2.0, 0.6)), (0.4, 1.0), stay_minutes=(2, 12), forget=3.0,
         patience=4.0),
    Role("coffee machine", ("kitchen",), PLUG, "burst", 4, 1, ((7.3, 1.2, 1.0), (14.5, 1.5, 0.35)), (0.7, 1.0),
         (0.6, 4.0), (1.0, 40.0), forget=2.0),
    Role("kettle", ("kitchen",), PLUG, "short", 4, 1, ((7.5, 1.5, 1.0), (13.0, 3.0, 0.5), (19.0, 2.5, 0.6)), (0.7, 1.0),
         (1.0, 12.0), (1.0, 3.2)),
    Role("microwave", ("kitchen",), PLUG, "short", 3, 1, MEALS, (0.7, 1.0), (0.5, 7.0), (0.8, 4.0)),
    Role("cooker", ("kitchen",), PLUG, "burst", 2, 1, MEALS, (0.7, 1.0), (0.2, 2.0), (6.0, 45.0), forget=0.6),
    Role("shower", ("bathroom",), PLUG, "short", 1, 1, MORNING_EVENING, (0.7, 1.0), (0.2, 2.0), (4.0, 12.0)),
    Role("hair dryer", ("bathroom", "bedroom"), PLUG, "burst", 1, 1, MORNING_EVENING, (0.7, 1.0), (0.1, 1.0),
         (2.0, 12.0)),
    Role("washing machine", ("laundry", "bathroom", "kitchen", "basement"), PLUG, "laundry", 4, 1, minutes=(35, 160)),
    Role("dryer", ("laundry", "basement", "bathroom"), PLUG, "laundry", 2, 1, minutes=(40, 150)),
    Role("dishwasher", ("kitchen",), PLUG, "dishwasher", 4, 1, minutes=(40, 160)),
    Role("fridge", ("kitchen", "garage", "basement"), PLUG, "fridge", 4, 2),
    Role("router", ("hall", "living room", "office", "basement"), PLUG, "steady", 4, 2),
    Role("aquarium", ("living room", "child's room"), PLUG, "aquarium", 1, 1),
    Role("charger", ("bedroom", "garage", "office", "hall"), PLUG, "charger", 3, 2, minutes=(60, 420)),
    Role("thermostat", ("living room", "bedroom", "bathroom", "office"), (("climate", None, 1.0),), "thermostat", 5, 5),
    Role("heater", ("bathroom", "office", "bedroom", "living room"),
         (("switch", "outlet", 0.7), ("climate", None, 0.3)), "heater", 3, 2, MORNING_EVENING, (0.3, 0.95),
         stay_minutes=(2, 15), forget=1.5),
    Role("air conditioner", ("bedroom", "living room", "office"), (("climate", None, 0.8), ("switch", "outlet", 0.2)),
         "cooling", 2, 2, chance=(0.4, 0.95), patience=3.0, stay_minutes=(5, 20), forget=1.2),
    Role("fan", ("bedroom", "living room", "office"), (("fan", None, 0.8), ("switch", "outlet", 0.2)), "cooling", 3, 2,
         chance=(0.3, 0.95), patience=3.0, stay_minutes=(2, 15), forget=1.5),
    Role("exhaust fan", ("bathroom", "toilet", "kitchen"), (("fan", None, 0.7), ("switch", None, 0.3)), "burst", 3, 2,
         MORNING_EVENING, (0.7, 1.0), (0.5, 4.0), (5.0, 45.0), forget=2.0),
    Role("air purifier", ("bedroom", "living room", "child's room"), (("fan", None, 0.6), ("switch", "outlet", 0.4)),
         "purifier", 2, 2),
    Role("humidifier", ("bedroom", "child's room", "living room"),
         (("humidifier", "humidifier", 0.5), ("humidifier", None, 0.3), ("switch", "outlet", 0.2)), "overnight", 2, 2),
    Role("blind", ("living room", "bedroom", "kitchen", "child's room", "office"),
         (("cover", "shutter", 0.4), ("cover", "blind", 0.3), ("cover", "curtain", 0.15), ("cover", None, 0.15)),
         "blind", 4, 6),
    Role("garage door", ("garage",), (("cover", "garage", 0.85), ("cover", None, 0.15)), "garage_door", 4, 1,
         forget=0.5),
    Role("door lock", ("hall", "kitchen", "garage"), (("lock", None, 1.0),), "lock", 4, 2),
    Role("watering", ("garden", "outside"), (("valve", "water", 0.4), ("switch", None, 0.6)), "watering", 1, 2,
         minutes=(5, 45)),
    Role("mode", ("living room",), (("input_boolean", None, 1.0),), "mode", 2, 3),
    Role("other plug", ("living room", "bedroom", "kitchen", "office", "garage"), PLUG, "anything", 3, 3),
)  # fmt: skip

BY_NAME: Final = {role.name: role for role in ROLES}
