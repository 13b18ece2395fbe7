"""The life itself, in the harness of Home Assistant's tests: it is collected by `script/weeks`, and by nobody else."""

from __future__ import annotations

import json
import logging
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from _demo.configuration import prepare
from _demo.custom_components.hunches_demo.const import DOMAIN as DEMO
from _demo.custom_components.hunches_demo.const import FILLED
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed

import custom_components
from _weeks.household import Household
from _weeks.plan import Plan
from _weeks.tally import WORTH_FINDING, Tally
from custom_components.hunches import coordinator as coordinating
from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN
from custom_components.hunches.coordinator import HunchesCoordinator
from custom_components.hunches.engine.home import Home, state_name
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Kind
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.policy import action_for
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.settings import settings_from

if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder

    from custom_components.hunches.engine.policy import Settings
    from model_training.fleet.home import SimulatedHome

WEEK = 7 * DAY
STEP = 300.0
"""Seconds between two moments at which time-driven things happen; states change at their own times in between."""
SWITCH = f"switch.{DOMAIN}_automatic_actions"


@pytest.fixture
def simulated(plan: Plan) -> Any:
    """Return the home, and when which hunch would be right (`simulate.right`)."""
    return pickle.loads(plan.home.read_bytes())  # noqa: S301 (`script/weeks` wrote it a moment ago)


@pytest.fixture
def home(simulated: Any) -> SimulatedHome:
    """Return the home."""
    found: SimulatedHome = simulated[0]
    return found


@pytest.fixture(autouse=True)
def begin(plan: Plan, home: SimulatedHome, freezer: FrozenDateTimeFactory) -> float:
    """Return when people begin to live with the integration (Unix seconds); it is then when Home Assistant starts."""
    logging.disable(logging.INFO)  # the harness keeps all that is logged
    for name in ("asyncio", "homeassistant.loader"):  # to one, every step of time is a slow task
        logging.getLogger(name).setLevel(logging.ERROR)
    begin: float = home.recording.end - plan.weeks * WEEK
    freezer.move_to(_date(begin))
    return begin


@pytest.fixture
def hass_config_dir(plan: Plan, home: SimulatedHome, begin: float) -> str:
    """Return a configuration folder with the home's past in it, as `script/demo` makes it."""
    folder = prepare(home.recording.until(begin), plan.folder, port=0).folder
    custom_components.__path__.append(str(folder / "custom_components"))
    return str(folder)


async def test_weeks(
    plan: Plan,
    home: SimulatedHome,
    simulated: Any,
    begin: float,
    freezer: FrozenDateTimeFactory,
    recorder_mock: Recorder,
    enable_custom_integrations: None,
    hass: HomeAssistant,
    hass_admin_user: MockUser,
) -> None:
    """Live the weeks, print each, and stop in good order."""
    await _move_in(hass, home.recording.home)
    tally = Tally(begin, plan.weeks, _forgotten(home, begin))
    people = Household(home, simulated[1], hass_admin_user.id, tally, np.random.default_rng(1))
    entry = MockConfigEntry(domain=DOMAIN, title="Hunches", options=DEFAULT_OPTIONS)

    def bar(*given: object) -> Settings:
        usual = settings_from(*given)  # type: ignore[arg-type]
        return usual if plan.min_accept is None else replace(usual, min_accept=plan.min_accept)

    with patch.object(coordinating, "settings_from", bar):
        await _add(hass, entry)
    coordinator: HunchesCoordinator = entry.runtime_data.coordinator
    print(f"\n{home.recording.home.name}, {home.style}, {len(home.roles)} devices, {len(home.answers.people)} people")
    changes = _changes(home, begin)
    for step in range(1, round(plan.weeks * WEEK / STEP) + 1):
        now = begin + step * STEP
        while changes and changes[-1][0] <= now:
            await _happen(hass, freezer, people, *changes.pop())
        await _people_do(hass, freezer, people, now)
        freezer.move_to(_date(now))
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done(wait_background_tasks=True)
        ledger = coordinator.feedback.ledger
        people.see(coordinator.questions)
        people.notice(ledger.records)
        if step % round(WEEK / STEP) == 0:
            tally.end(ledger)
            print(tally.words(step // round(WEEK / STEP) - 1), flush=True)
            if step // round(WEEK / STEP) == plan.allow_after:
                await _allow(hass, people)
    tally.end(coordinator.feedback.ledger)
    print(tally.words())
    print(f"the home's own doings: {_count(str(one.outcome) for one in coordinator.feedback.ledger.implied)}")
    if plan.out is not None:
        plan.out.write_text(json.dumps(tally.as_json(), indent=1) + "\n", encoding="utf-8")
    await hass.config_entries.async_unload(entry.entry_id)


async def _move_in(hass: HomeAssistant, home: Home) -> None:
    await hass.config.async_update(
        time_zone=home.time_zone, latitude=home.latitude or 0.0, longitude=home.longitude or 0.0
    )
    for domain in {key.partition(".")[0] for key in home.entities} & {"person", "input_boolean"}:
        await async_setup_component(hass, domain, {})
    await _add(hass, MockConfigEntry(domain=DEMO, data={FILLED: False}))


async def _add(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add a config entry, and wait until it has started."""
    entry.add_to_hass(hass)
    if not await hass.config_entries.async_setup(entry.entry_id):
        pytest.fail(f"{entry.domain} does not start: {entry.reason}")
    await hass.async_block_till_done(wait_background_tasks=True)


def _changes(home: SimulatedHome, begin: float) -> list[tuple[float, str, str, Cause]]:
    """Return what happens of itself, the last first."""
    found = []
    for key, line in home.recording.timelines.items():
        domain = key.partition(".")[0]
        for moment, state, cause in zip(line.times.tolist(), line.states, line.causes, strict=True):
            if moment > begin:
                found.append((moment, key, state_name(domain, int(state)), Cause(int(cause))))
    return sorted(found, reverse=True)


async def _happen(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    people: Household,
    moment: float,
    entity_id: str,
    state: str,
    cause: Cause,
) -> None:
    """Let an entity take a state, by somebody's hand, an automation's, or nobody's."""
    freezer.move_to(_date(moment))
    context = people.context if cause is Cause.PERSON else Context()
    if cause is Cause.AUTOMATION:
        hass.bus.async_fire(
            "automation_triggered", {"name": entity_id, "entity_id": "automation.home"}, context=context
        )
    component = hass.data[DATA_INSTANCES].get(entity_id.partition(".")[0])
    entity = component.get_entity(entity_id) if component is not None else None
    be = getattr(entity, "be", None)
    if entity is None or be is None:  # of no integration, or Home Assistant's own zone
        hass.states.async_set(entity_id, state, context=context)
        return
    entity.async_set_context(context)
    be(state)


async def _people_do(hass: HomeAssistant, freezer: FrozenDateTimeFactory, people: Household, now: float) -> None:
    """Let people answer, and switch back what they wanted on."""
    for answer in sorted(a for a in people.answers if a[0] <= now):
        people.answers.remove(answer)
        freezer.move_to(_date(answer[0]))
        await people.answer(hass, *answer[1:])
    for back in sorted(b for b in people.back if b[0] <= now):
        people.back.remove(back)
        moment, key, reading = back
        await _happen(hass, freezer, people, moment, key, state_name(key.partition(".")[0], reading), Cause.PERSON)


async def _allow(hass: HomeAssistant, people: Household) -> None:
    """Let everything be done without asking that may be, as an administrator who trusts it would."""
    await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True, context=people.context)
    for kind in Kind:
        try:
            data = {"kind": str(kind)}
            await hass.services.async_call(DOMAIN, "allow", data, blocking=True, context=people.context)
        except HomeAssistantError as error:
            print(f"  not allowed: {kind} ({error.translation_key})")


def _forgotten(home: SimulatedHome, begin: float) -> list[tuple[str, float, float]]:
    """Return what could have been found: device, from when, until when."""
    entities = home.recording.home.entities
    return [
        (key, stretch.start, stretch.end)
        for key, stretches in home.unwanted.items()
        if entities[key].domain in KIND_OF_DOMAIN and action_for(entities[key]) is not None
        for stretch in stretches
        if stretch.start >= begin and stretch.end - stretch.start >= WORTH_FINDING
    ]


def _count(words: object) -> str:
    found = list(words)  # type: ignore[call-overload]
    return ", ".join(f"{found.count(word)} {word}" for word in sorted(set(found))) or "none"


def _date(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
