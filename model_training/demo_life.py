"""The life of the demo home's family: where everybody is from minute to minute, and what they do to devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from custom_components.hunches.engine.localtime import LocalTime

ZONE = "Europe/Berlin"
LATITUDE, LONGITUDE = 52.5, 13.4
FIRST_DAY = datetime(2026, 9, 7, tzinfo=ZoneInfo(ZONE))  # a Monday
DAYS = 42
FORGETFUL = 0.02
"""How often a device that is on is overlooked by the last one to leave or to go to bed."""

ENTITIES: dict[str, tuple[str, str | None, str | None]] = {
    "light.hallway": ("Hallway light", "Hallway", None),
    "light.coat_rack": ("Coat rack light", "Hallway", None),
    "light.kitchen_ceiling": ("Kitchen ceiling light", "Kitchen", None),
    "light.kitchen_counter": ("Counter lights", "Kitchen", None),
    "light.living_room": ("Living room light", "Living room", None),
    "light.reading_lamp": ("Reading lamp", "Living room", None),
    "light.bedroom": ("Bedroom light", "Bedroom", None),
    "light.bedside": ("Bedside lamp", "Bedroom", None),
    "light.mia": ("Mia's light", "Mia's room", None),
    "light.mia_stars": ("Mia's <b>*star*</b> projector ✨", "Mia's room", None),
    "light.bathroom": ("Bathroom light", "Bathroom", None),
    "light.desk": ("Desk lamp", "Office", None),
    "light.porch": ("Porch light", "Garden", None),
    "light.garage": ("Garage light", "Garage", None),
    "fan.bathroom": ("Bathroom fan", "Bathroom", None),
    "switch.coffee_machine": ("Coffee machine", "Kitchen", "outlet"),
    "switch.monitor": ("Monitor", "Office", "outlet"),
    "switch.fridge": ("Fridge", "Kitchen", "outlet"),
    "media_player.tv": ("Living room TV", "Living room", "tv"),
    "media_player.radio": ("Kitchen radio", "Kitchen", "speaker"),
    "cover.garage_door": ("Garage door", "Garage", "garage"),
    "cover.blinds": ("Living room blinds", "Living room", "blind"),
    "lock.front_door": ("Front door lock", "Hallway", None),
    "climate.living_room": ("Heating", "Living room", None),
    "binary_sensor.front_door": ("Front door", "Hallway", "door"),
    "binary_sensor.hallway_motion": ("Hallway motion", "Hallway", "motion"),
    "binary_sensor.kitchen_motion": ("Kitchen motion", "Kitchen", "motion"),
    "binary_sensor.living_room_motion": ("Living room motion", "Living room", "motion"),
    "binary_sensor.bathroom_motion": ("Bathroom motion", "Bathroom", "motion"),
    "binary_sensor.bed_anna": ("Bed, Anna's side", "Bedroom", "occupancy"),
    "binary_sensor.bed_tom": ("Bed, Tom's side", "Bedroom", "occupancy"),
    "person.anna": ("Anna", None, None),
    "person.tom": ("Tom", None, None),
}
"""Entity id -> name, area, device class."""

RESTING = {"lock": "locked", "cover": "closed", "person": "home"}
"""State of a domain at rest, "off" for all others."""

LIGHT_OF = {
    "kitchen": "light.kitchen_ceiling",
    "living_room": "light.living_room",
    "bedroom": "light.bedroom",
    "mia": "light.mia",
    "bathroom": "light.bathroom",
    "office": "light.desk",
    "garage": "light.garage",
}
"""Room -> the light that is switched on by who comes in when it is dark there."""
DEVICES_OF = {
    "kitchen": ("light.kitchen_counter", "switch.coffee_machine", "media_player.radio"),
    "living_room": ("light.reading_lamp", "media_player.tv"),
    "mia": ("light.mia_stars",),
    "bathroom": ("fan.bathroom",),
    "office": ("switch.monitor",),
}
DIM = frozenset({"bathroom", "garage", "office"})
"""Rooms that need light by day too."""
SENSED = ("kitchen", "living_room", "bathroom")


@dataclass
class World:
    """The home as it is at one minute, and all that ever changed in it."""

    rng: np.random.Generator
    states: dict[str, str]
    rows: list[tuple[float, str, str, str]] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=lambda: {"anna": "bed", "tom": "bed", "mia": "mia_bed"})
    off_at: dict[str, float] = field(default_factory=dict)
    now: float = 0.0
    dark: bool = True

    def put(self, entity_id: str, state: str, cause: str = "") -> None:
        """Change a state a few seconds later than the last change."""
        if self.states.get(entity_id) != state:
            self.now += float(self.rng.integers(2, 6))
            self.states[entity_id] = state
            self.rows.append((self.now, entity_id, state, cause))

    def chance(self, probability: float) -> bool:
        """Return whether something of a probability happens."""
        return bool(self.rng.random() < probability)

    def by_hand(self) -> str:
        """Return who is recorded as the cause: a person where the app was used, nobody for a wall switch."""
        return "person" if self.chance(0.25) else ""

    def use(self, entity_id: str, minutes: float, state: str = "on") -> None:
        """Switch something on that will be switched off after about so many minutes."""
        self.put(entity_id, state, self.by_hand())
        self.off_at[entity_id] = self.now + 60.0 * minutes * float(self.rng.uniform(0.7, 1.3))

    def stop(self, entity_id: str) -> None:
        """Bring something to rest."""
        self.off_at.pop(entity_id, None)
        self.put(entity_id, RESTING.get(entity_id.partition(".")[0], "off"), self.by_hand())


def light_up(world: World, room: str) -> None:
    """Switch the light of a room on where it is needed."""
    if room in LIGHT_OF and (world.dark or room in DIM):
        world.put(LIGHT_OF[room], "on", world.by_hand())


def round_up(world: World) -> None:
    """Go through the home, bring to rest what is on, and overlook something now and then."""
    for devices in (
        *((light,) for light in LIGHT_OF.values()),
        *DEVICES_OF.values(),
        ("light.hallway", "light.coat_rack", "light.bedside"),
    ):
        for entity_id in devices:
            if world.states[entity_id] != "off" and not world.chance(FORGETFUL):
                world.stop(entity_id)


def walk(world: World, person: str, to: str) -> None:
    """Take a person from where they are to another room, to bed or out of the house."""
    came_from, world.where[person] = world.where[person], to
    pass_hallway(world, lit=to not in {"out", "bed"})
    if person != "mia":
        if to == "out":
            leave(world, person)
        elif came_from == "out":
            come_home(world, person)
    if came_from == "bed":
        world.put(f"binary_sensor.bed_{person}", "off")
    if came_from not in world.where.values():
        empty(world, came_from)
    light_up(world, to)
    if to in SENSED:
        world.put(f"binary_sensor.{to}_motion", "on")
        world.off_at.pop(f"binary_sensor.{to}_motion", None)
    if to == "bed":
        go_to_bed(world, person)


def pass_hallway(world: World, *, lit: bool) -> None:
    """Walk through the hallway, which its motion sensor does not always see."""
    if world.chance(0.4):
        world.put("binary_sensor.hallway_motion", "on")
        world.off_at["binary_sensor.hallway_motion"] = world.now + 90.0
        if world.dark and lit:
            light_hallway(world, 3)


def light_hallway(world: World, minutes: float) -> None:
    """Switch both lights of the hallway on, which one switch on the wall does, and off again together."""
    world.use("light.hallway", minutes)
    world.use("light.coat_rack", minutes)
    world.off_at["light.coat_rack"] = world.off_at["light.hallway"]


def empty(world: World, room: str) -> None:
    """Leave a room as the last one: most of what is on there is switched off."""
    for entity_id in (*DEVICES_OF.get(room, ()), *filter(None, [LIGHT_OF.get(room)])):
        if world.states[entity_id] != "off" and world.chance(0.9):
            world.stop(entity_id)
    if room in SENSED:
        world.off_at[f"binary_sensor.{room}_motion"] = world.now + 60.0


def go_to_bed(world: World, person: str) -> None:
    """Go to bed; the last one looks round and locks up."""
    world.put(f"binary_sensor.bed_{person}", "on")
    if all(place in {"bed", "mia_bed", "out"} for place in world.where.values()):
        round_up(world)
        if not world.chance(FORGETFUL):
            world.stop("lock.front_door")


def through_the_door(world: World) -> None:
    """Open the front door and close it again."""
    world.put("lock.front_door", "unlocked")
    world.put("binary_sensor.front_door", "on")
    world.now += float(world.rng.integers(10, 40))
    world.put("binary_sensor.front_door", "off")


def lock_up(world: World, *, at_once: bool) -> None:
    """Lock the front door from outside, or from inside after hanging up the coats.

    Always: a demo shows a home whose habits are plain. Where one time in ten it stayed unlocked, whether the unlocked
    door is worth a question hung on the hour at which the demo was started.
    """
    if at_once:
        world.stop("lock.front_door")
    else:
        world.off_at["lock.front_door"] = world.now + float(world.rng.uniform(60.0, 240.0))


def leave(world: World, person: str) -> None:
    """Leave home; the last one looks round and locks up."""
    last = all(world.where[other] == "out" for other in ("anna", "tom"))
    if last:
        world.where["mia"] = "out"
        round_up(world)
        world.off_at |= {f"binary_sensor.{room}_motion": world.now + 90.0 for room in SENSED}
    if person == "tom" and world.chance(0.5):
        world.put("cover.garage_door", "open")
        world.now += float(world.rng.integers(60, 150))
        world.put("cover.garage_door", "closed")
    else:
        through_the_door(world)
    if not world.chance(FORGETFUL):
        lock_up(world, at_once=last)
    world.put(f"person.{person}", "not_home")


def come_home(world: World, person: str) -> None:
    """Come home through the front door."""
    world.put(f"person.{person}", "home")
    through_the_door(world)
    lock_up(world, at_once=False)
    if world.dark:
        light_hallway(world, 4)
    if world.where["mia"] == "out":
        walk(world, "mia", "living_room")


def in_kitchen(world: World, hour: float) -> None:
    """Make coffee, listen to the radio, cook."""
    if 6 <= hour < 10 and world.chance(0.08):
        world.use("switch.coffee_machine", 18)
    if world.chance(0.03):
        world.use("media_player.radio", 30, "playing")
    if 17 <= hour < 20 and world.chance(0.1):
        world.use("light.kitchen_counter", 45)


def in_living_room(world: World, hour: float) -> None:
    """Watch television, read, close the blinds in the evening and open them in the morning."""
    if hour >= 18 and world.chance(0.05):
        world.use("media_player.tv", 110, "playing")
    if hour >= 18 and world.chance(0.01):
        world.use("light.reading_lamp", 60)
    if world.dark and hour >= 16:
        world.put("cover.blinds", "closed", "person")
    if not world.dark and 6 <= hour < 12:
        world.put("cover.blinds", "open", "person")


def elsewhere(world: World, hour: float) -> None:
    """Do what is done in the smaller rooms."""
    places = set(world.where.values())
    if "bathroom" in places and world.chance(0.12):
        world.use("fan.bathroom", 15)
    if "bedroom" in places and hour >= 21.5:
        world.use("light.bedside", 12)
    if "office" in places and world.states["switch.monitor"] == "off":
        world.use("switch.monitor", 240)
    if "mia" in places and hour >= 19 and world.chance(0.2):
        world.use("light.mia_stars", 40)


def habits(world: World, hour: float) -> None:
    """Do what is done in each room at an hour, a minute's chance of it."""
    places = set(world.where.values())
    if "kitchen" in places:
        in_kitchen(world, hour)
    if "living_room" in places:
        in_living_room(world, hour)
    elsewhere(world, hour)


def automations(world: World, hour: float) -> None:
    """Switch what no person switches."""
    evening = world.dark and 15 <= hour < 23.25
    if evening != (world.states["light.porch"] == "on"):
        world.put("light.porch", "on" if evening else "off", "automation")
    heating = 6 <= hour < 22.5
    if heating != (world.states["climate.living_room"] == "heat"):
        world.put("climate.living_room", "heat" if heating else "off", "automation")


def tick(world: World, plans: dict[str, dict[int, str]], minute: int) -> None:
    """Live through one minute of a day."""
    for person, plan in plans.items():
        child_is_out = person == "mia" and world.where["mia"] == "out"  # she comes and goes with her parents
        if minute in plan and world.where[person] != plan[minute] and not child_is_out:
            walk(world, person, plan[minute])
    for entity_id, moment in list(world.off_at.items()):
        if moment <= world.now:
            world.stop(entity_id)
    habits(world, minute / 60.0)
    automations(world, minute / 60.0)
    for room in (room for room in SENSED if room in world.where.values()):  # a motion sensor loses who sits still
        sensor = f"binary_sensor.{room}_motion"
        if world.states[sensor] == "on" and world.chance(0.06):
            world.put(sensor, "off")
        elif world.states[sensor] == "off" and world.chance(0.15):
            world.put(sensor, "on")
        light_up(world, room)


def plan_day(rng: np.random.Generator, weekday: int) -> dict[str, dict[int, str]]:
    """Return each person's day: minute of the day -> where they go."""

    def about(hour: float, spread: float = 12.0) -> int:
        return int(hour * 60.0 + rng.normal(0.0, spread))

    def home(start: int, end: int, rooms: tuple[str, ...], stay: float) -> dict[int, str]:
        plan, minute = {}, start
        while minute < end:
            plan[minute] = str(rng.choice(rooms))
            minute += max(4, int(rng.exponential(stay)))
        return plan

    free = weekday >= 5
    plans: dict[str, dict[int, str]] = {}
    for person, wake, leave_at, back, sleep in (
        ("anna", 6.6, 7.9, 16.4, 22.6),
        ("tom", 6.9, 8.3, 17.6, 23.1),
        ("mia", 7.0, 24.0, 24.0, 20.2),
    ):
        up, down = about(wake + 1.3 * free), min(about(sleep + 0.6 * (weekday in {4, 5})), 1436)
        plan = {up: "bathroom", up + int(rng.integers(12, 25)): "kitchen"}
        at_home: tuple[str, ...] = ("living_room", "living_room", "kitchen", "bathroom", "bedroom")
        if person == "mia":
            at_home = ("mia", "mia", "living_room", "kitchen")
        if person == "tom" and weekday in {1, 3}:
            plan |= {about(8.4): "office", about(12.2): "kitchen", about(12.9): "office", about(17.0): "living_room"}
        elif person != "mia" and (not free or rng.random() < 0.8):
            out, home_again = (about(10.5, 25), about(13.5, 40)) if free else (about(leave_at), about(back, 20))
            plan |= home(up + 30, out, at_home, 20)
            plan |= {out: "out", home_again: "kitchen" if person == "anna" else "garage"}
            plan |= home(home_again + 12, about(18.4), at_home, 25)
        else:
            plan |= home(up + 30, about(18.3), at_home, 30)
        plan |= {about(18.5): "kitchen", about(19.3): "living_room"}
        plan |= home(about(20.1, 5), down - 25, ("living_room", "living_room", "living_room", "kitchen"), 45)
        if person == "mia":
            plan = {minute: place for minute, place in plan.items() if minute < down - 40} | {down - 40: "mia"}
        else:
            plan |= {down - 14: "bathroom", down - 6: "bedroom"}
        plans[person] = {minute: place for minute, place in plan.items() if minute < down}
        plans[person][down] = "mia_bed" if person == "mia" else "bed"
    return plans


def live(seed: int) -> World:
    """Return the world after six weeks."""
    rng = np.random.default_rng(seed)
    states = {key: RESTING.get(key.partition(".")[0], "off") for key in ENTITIES}
    states |= {"switch.fridge": "on", "binary_sensor.bed_anna": "on", "binary_sensor.bed_tom": "on"}
    world = World(rng, dict(states), now=FIRST_DAY.timestamp())
    world.rows = [(world.now, key, state, "") for key, state in states.items()]
    clock = LocalTime(ZONE, LATITUDE, LONGITUDE)
    for day in range(DAYS):
        midnight = FIRST_DAY + timedelta(days=day)
        plans = plan_day(rng, midnight.weekday())
        moments = midnight.timestamp() + 60.0 * np.arange(1440, dtype=np.float64)
        dark = clock.elevation(moments) < 4.0
        for minute in range(1440):
            world.now = max(world.now, float(moments[minute]))
            world.dark = bool(dark[minute])
            tick(world, plans, minute)
    return world
