"""A small home with a real recorder, and a mind that says what a test wants it to say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN
from custom_components.hunches.coordinator import HunchesCoordinator
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.context_filter import Correction
from custom_components.hunches.engine.home import OFF, ON, Home, read_state
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.memory import Kept, Memory
from custom_components.hunches.engine.personal import Heard
from custom_components.hunches.engine.policy import action_for
from custom_components.hunches.engine.scan import Scan
from custom_components.hunches.engine.timeline import Timeline

if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder
    from homeassistant.core import ServiceCall
    from numpy.typing import NDArray

PORCH = "light.porch"
DOOR = "lock.front_door"
BLIND = "cover.blind"


@dataclass
class Script:
    """What the scripted mind says, and what it was told.

    It proposes every entity of `suspects` for as long as that is on (off, if it is usually on by now); `kinds`: of
    hunches that are not their domain's. `before_learning` runs in the executor.
    """

    suspects: list[str] = field(default_factory=lambda: [PORCH])
    p_accept: float = 0.95
    p_away: float = 0.97
    p_asleep: float = 0.1
    p_low: float = 0.0
    kinds: dict[str, Kind] = field(default_factory=dict)
    usual_minutes: tuple[float, float] | None = (20.0, 95.0)
    homes: list[Home] = field(default_factory=list)
    learned: list[Mapping[str, Timeline]] = field(default_factory=list)
    noted: list[tuple[str, float, str, int]] = field(default_factory=list)
    heard: list[list[tuple[str, bool]]] = field(default_factory=list)
    said: list[tuple[Correction, ...]] = field(default_factory=list)
    kept: list[Mapping[str, Kept]] = field(default_factory=list)
    before_learning: Callable[[Callable[[int, int], None]], None] = lambda progress: None
    nights: list[float] = field(default_factory=list)
    before_night: Callable[[], None] = lambda: None


class ScriptedMind:
    """Stands where the engine's mind stands, and follows a script."""

    script: Script

    def __init__(self, model: object, home: Home, corrections: Sequence[Correction], kept: Mapping[str, Kept]) -> None:
        self.home = home
        self.script.kept.append(dict(kept))
        self.memory = {key: Memory.of(entity, kept.get(key)) for key, entity in home.entities.items()}
        self.clock = LocalTime(home.time_zone, home.latitude, home.longitude)
        self.script.said.append(tuple(corrections))
        self.readings: dict[str, tuple[int, float]] = {}
        self.script.homes.append(home)

    def learn(
        self,
        timelines: Mapping[str, Timeline],
        until: float,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        assert progress is not None
        self.script.before_learning(progress)
        self.script.learned.append(timelines)
        for key, timeline in timelines.items():
            self.memory[key].learn(timeline.until(until), until, self.clock)
            self.readings[key] = self.memory[key].read().current(until)
        progress(len(timelines), len(timelines))

    def keep(self) -> dict[str, Kept]:
        return {key: memory.keep() for key, memory in self.memory.items() if len(memory.read())}

    def knows(self, entity_id: str, moment: float) -> bool:
        return moment <= max(self.memory[entity_id].end, self.memory[entity_id].usage.until)

    def note(self, entity_id: str, moment: float, state: str, cause: int = 0) -> None:
        self.memory[entity_id].note(moment, state, cause)
        self.script.noted.append((entity_id, moment, state, cause))
        self.readings[entity_id] = (read_state(entity_id.partition(".")[0], state), moment)

    def heed(self, heard: Sequence[Heard], always: Collection[tuple[str, str]] = frozenset()) -> None:
        self.script.heard.append([(one.hunch.key, one.yes) for one in heard])

    def correct(self, corrections: Sequence[Correction]) -> None:
        self.script.said.append(tuple(corrections))

    def recording(self) -> Recording:
        return Recording(self.home, {key: memory.read() for key, memory in self.memory.items()})

    def look(self, now: float, only: frozenset[str] | None = None) -> Scan:
        context = Context(now, self.script.p_asleep, self.script.p_away, 0.9)
        return Scan(context, tuple(self._hunches(now, context)))

    def timelines(self) -> dict[str, Timeline]:
        return {key: memory.read() for key, memory in self.memory.items()}

    def describe(self) -> list[dict[str, Any]]:
        archetype = {"index": 1, "title": "porch", "probability": 0.8, "use": "evenings, for two hours"}
        return [
            {
                "entity_id": e.entity_id,
                "archetype": archetype,
                "map": [0.1 * number, 0.2],
                "area_guess": None,
                "history_days": 12.3,
            }
            for number, e in enumerate(self.home.devices)
        ]

    def _hunches(self, now: float, context: Context) -> Iterator[Hunch]:
        for key in self.script.suspects:
            entity, (reading, since) = self.home.entities.get(key), self.readings.get(key, (ON - 1, now))
            kind = self.script.kinds.get(key) or KIND_OF_DOMAIN.get(key.partition(".")[0])
            wanted = OFF if kind is Kind.USUALLY_ON_BY_NOW else ON
            if entity is None or reading != wanted or (action := action_for(entity, kind)) is None or kind is None:
                continue
            evidence = Evidence(since, self.script.usual_minutes, 23.25, 0.04, 12.3, "porch", context, 0.9)
            proposal = f"{action.domain}.{action.service}"
            yield Hunch(now, key, kind, proposal, self.script.p_accept, evidence, self.script.p_low)


class ScriptedLookback(ScriptedMind):
    """Stands where the mind stands that looks back, and proposes the same for as long as it is on in the recording."""

    def __init__(self, model: object, home: Home, corrections: Sequence[Correction]) -> None:
        self.home = home
        self.lines: dict[str, Timeline] = {}

    def learn(  # type: ignore[override]
        self, timelines: Mapping[str, Timeline], until: float
    ) -> None:
        self.script.nights.append(until)
        self.lines = self._with(timelines)

    def look_back(
        self, timelines: Mapping[str, Timeline], moments: NDArray[np.float64], least: float, sustain: float
    ) -> list[Scan]:
        self.script.before_night()
        lines, found = self._with(timelines), []
        for moment in moments.tolist():
            self.readings = {key: line.current(moment) for key, line in lines.items()}
            found.append(self.look(moment))
        return found

    def tell(self, hunch: Hunch) -> Hunch:
        return hunch

    def _with(self, timelines: Mapping[str, Timeline]) -> dict[str, Timeline]:
        found = dict(self.lines)
        for key, line in timelines.items():
            old = found.get(key, Timeline.empty())
            found[key] = Timeline.from_readings(
                np.concatenate((old.times, line.times)),
                np.concatenate((old.states, line.states)),
                np.concatenate((old.causes, line.causes)),
            )
        return found


@dataclass(frozen=True)
class ScriptedArchetypes:
    """Stand where the fleet's archetypes stand."""

    centres: NDArray[np.float64] = field(default_factory=lambda: np.eye(2, 32))
    titles: tuple[str, ...] = ("fridge", "porch")


@dataclass(frozen=True)
class ScriptedModel:
    """Stands where the trained model stands."""

    runtime: str = "numpy"
    card: Mapping[str, Any] = field(default_factory=lambda: {"version": "test"})
    archetypes: ScriptedArchetypes = field(default_factory=ScriptedArchetypes)

    def place(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        return embedding[:, :2]


@pytest.fixture
def script(hunches_allowed: Recorder) -> Iterator[Script]:
    """Put a scripted mind in the place of the trained one."""
    written = Script()
    mind = type("Mind", (ScriptedMind,), {"script": written})
    with (
        patch("custom_components.hunches.teaching.Mind", mind),
        patch(
            "custom_components.hunches.hindsight.Lookback", type("Lookback", (ScriptedLookback,), {"script": written})
        ),
        patch("custom_components.hunches.Model.load", return_value=ScriptedModel()),
    ):
        yield written


AGO = 1800.0
"""Seconds for which things have been as they are when a test begins, if it does not say otherwise."""


def put(
    hass: HomeAssistant, entity_id: str, state: str, name: str | None = None, ago: float = AGO, **attributes: Any
) -> None:
    """Let an entity be in a state, by default for half an hour."""
    attributes |= {} if name is None else {"friendly_name": name}
    since = dt_util.utcnow().timestamp() - ago
    hass.states.async_set(entity_id, state, attributes, force_update=True, timestamp=since)


@pytest.fixture
def porch(script: Script, hass: HomeAssistant) -> HomeAssistant:
    """Let there be a porch light that is on, a locked door, a closed blind, and people who are away."""
    put(hass, PORCH, "on", "Porch light")
    put(hass, DOOR, "locked", "Front door")
    put(hass, BLIND, "closed", "Blind")
    put(hass, "person.ada", "not_home", "Ada")
    return hass


type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(script: Script, hass: HomeAssistant) -> SetUp:
    """Return what adds the entry with options and waits until the first look is done."""

    async def add(**options: object) -> MockConfigEntry:
        entry = MockConfigEntry(domain=DOMAIN, title="Hunches", options={**DEFAULT_OPTIONS, **options})
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await settled(hass)
        return entry

    return add


async def settled(hass: HomeAssistant) -> None:
    """Wait for everything in the background too: learning and looking are there."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def later(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass, and everything happen that is due."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass, dt_util.utcnow())
    await settled(hass)


def coordinator_of(entry: MockConfigEntry) -> HunchesCoordinator:
    """Return the coordinator of a loaded entry."""
    coordinator: HunchesCoordinator = entry.runtime_data.coordinator
    return coordinator


def obedient(hass: HomeAssistant, domain: str, service: str, becomes: str) -> list[ServiceCall]:
    """Register an action that does as told, and return its calls."""
    calls: list[ServiceCall] = async_mock_service(hass, domain, service)

    async def obey(call: ServiceCall) -> None:
        calls.append(call)
        entity_id = call.data["entity_id"]
        state = hass.states.get(entity_id)
        hass.states.async_set(entity_id, becomes, state.attributes if state else None, context=call.context)

    hass.services.async_register(domain, service, obey)
    return calls
