"""The habits behind the roles: from a home's people, rooms and sky to one device's use.

A habit draws its own parameters, so that two kitchens differ as two homes do; called twice with different draws it
gives the use before and after a change of habits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from . import habits_days as days
from . import habits_machines as machines
from . import habits_rooms as rooms
from .roles import Role
from .use import Use
from .world import World

Habit = Callable[[np.random.Generator, World, Role, int], Use]

HABITS: Final[dict[str, Habit]] = {
    "light": rooms.light, "attended": rooms.stays_used, "music": rooms.music, "short": rooms.short,
    "burst": rooms.burst, "porch": days.porch, "night_light": days.night_light, "decoration": days.decoration,
    "laundry": machines.laundry, "dishwasher": machines.dishwasher, "steady": machines.steady,
    "fridge": machines.fridge, "aquarium": machines.aquarium, "charger": days.charger,
    "thermostat": days.thermostat, "heater": machines.heater, "cooling": machines.cooling,
    "overnight": days.overnight, "purifier": days.purifier, "blind": days.blind, "garage_door": days.garage_door,
    "lock": days.lock, "watering": machines.watering, "mode": days.mode, "anything": machines.anything,
}  # fmt: skip
