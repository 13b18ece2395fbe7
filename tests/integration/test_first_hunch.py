"""The whole way with the trained model: recorded weeks, a light and a door forgotten, one tap."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import States, StatesMeta
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import session_scope
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import insert

from custom_components import hunches
from custom_components.hunches import coordinator
from custom_components.hunches.const import DOMAIN, Stage
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.home import state_name
from custom_components.hunches.engine.model import ASSETS
from custom_components.hunches.engine.policy import Settings
from script._demo.homes import OWN_HOME, present

from .conftest import coordinator_of, obedient, settled

if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder


def fill(hass: HomeAssistant, recording: Recording) -> None:
    """Write everything but the last change of each entity, which its live state will be."""
    with session_scope(hass=hass) as session:
        for key, timeline in recording.timelines.items():
            meta = StatesMeta(entity_id=key)
            session.add(meta)
            session.flush()
            domain = key.partition(".")[0]
            rows = [
                {"metadata_id": meta.metadata_id, "state": state_name(domain, int(state)), "last_updated_ts": moment}
                for moment, state in zip(timeline.times.tolist(), timeline.states, strict=True)
            ]
            if rows[:-1]:
                session.execute(insert(States), rows[:-1])
        get_instance(hass).states_manager.load_from_db(session)


async def move_in(hass: HomeAssistant, recording: Recording) -> None:
    """Let Home Assistant be the home of a recording."""
    await hass.config.async_update(
        time_zone=recording.home.time_zone,
        latitude=recording.home.latitude or 0.0,
        longitude=recording.home.longitude or 0.0,
    )
    await async_wait_recording_done(hass)
    await get_instance(hass).async_add_executor_job(fill, hass, recording)
    registry, areas = er.async_get(hass), ar.async_get(hass)
    for key, entity in recording.home.entities.items():
        domain, _, name = key.partition(".")
        registry.async_get_or_create(domain, "test", name, suggested_object_id=name)
        if entity.area:
            registry.async_update_entity(key, area_id=areas.async_get_or_create(entity.area).id)
        if (timeline := recording.timelines.get(key)) is None or not len(timeline):
            continue
        attributes: dict[str, Any] = {"friendly_name": entity.name, "device_class": entity.device_class}
        state, since = state_name(domain, int(timeline.states[-1])), float(timeline.times[-1])
        hass.states.async_set(key, state, attributes, timestamp=since)
    await async_wait_recording_done(hass)


@pytest.fixture
def home(hunches_allowed: Recorder, hass: HomeAssistant) -> HomeAssistant:
    """Return Home Assistant with a recorder and nobody in it yet."""
    return hass


async def test_from_history_to_a_hunch_that_one_tap_carries_out(
    home: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How sure the model has to be is tested with the model; here everything it sees is shown.
    monkeypatch.setattr(coordinator, "settings_from", lambda *_: Settings(min_accept=0.01))
    recording = present(OWN_HOME, dt_util.utcnow().timestamp())
    await move_in(home, recording)
    switched = obedient(home, "light", "turn_off", "off")
    locked = obedient(home, "lock", "lock", "locked")
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    status = coordinator_of(entry).data
    assert (status.stage, status.reason) == (Stage.READY, None)
    assert status.timing["rows"] > 5_000
    assert status.context is not None
    assert status.context.p_away > 0.5
    leaders = [question.leader for question in status.questions]
    light, lock = (next(h for h in leaders if h.entity_id.startswith(d)) for d in ("light.", "lock."))
    assert light.evidence.history_days > 20
    proven = coordinator_of(entry).proven(light.entity_id)
    assert proven is not None
    assert proven["days"] == pytest.approx(30, abs=0.1)
    hallway = ["light.coat_rack", "light.hallway"]  # on one switch, and so in one question
    for hunch, calls, done in ((light, switched, hallway), (lock, locked, [lock.entity_id])):
        assert ir.async_get(home).async_get_issue(DOMAIN, hunch.key) is not None
        await home.services.async_call(DOMAIN, "accept", {"entity_id": hunch.entity_id}, blocking=True)
        assert sorted(call.data["entity_id"] for call in calls) == done
        assert ir.async_get(home).async_get_issue(DOMAIN, hunch.key) is None
    await coordinator_of(entry).async_look()
    assert {a.hunch.key for a in coordinator_of(entry).feedback.ledger.answers} >= {light.key, lock.key}


async def test_what_a_person_states_is_learned_from_and_can_be_taken_back(
    home: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await move_in(home, present(OWN_HOME, dt_util.utcnow().timestamp()))
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    begin = dt_util.now() - timedelta(days=20)

    async def p_away() -> float:
        scan = await coordinator_of(entry).async_look()
        assert scan is not None
        return scan.context.p_away

    said = {"start": begin, "end": begin + timedelta(days=19)}
    await home.services.async_call(DOMAIN, "correct", {"state": "awake", **said}, blocking=True)
    await settled(home)
    freezer.tick(timedelta(days=1))  # a dawn lies between
    told = await p_away()
    await home.services.async_call(DOMAIN, "correct", {"state": "forget", **said}, blocking=True)
    await settled(home)
    assert await p_away() != pytest.approx(told, abs=1e-6)
    assert await home.config_entries.async_unload(entry.entry_id)


async def test_one_lamp_without_any_history(home: HomeAssistant) -> None:
    home.states.async_set("light.x", "on", {"friendly_name": "<script>| 灯 *"})
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    status = coordinator_of(entry).data
    assert (status.stage, status.reason, status.devices) == (Stage.READY, None, 1)
    [device] = await coordinator_of(entry).async_describe()
    assert device["entity_id"] == "light.x"


async def test_a_home_of_nothing(home: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert await home.config_entries.async_setup(entry.entry_id)
    await settled(home)
    status = coordinator_of(entry).data
    assert (status.stage, status.reason, status.devices) == (Stage.READY, None, 0)


async def test_an_asset_with_a_wrong_hash(home: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assets = shutil.copytree(ASSETS, tmp_path / "assets")
    with (assets / "encoder.onnx").open("ab") as file:
        file.write(b"x")
    monkeypatch.setattr(hunches, "ASSETS", assets)
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(home)
    assert not await home.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.reason is not None
    assert "encoder.onnx" in entry.reason
    assert "\n" not in entry.reason
    assert home.state is CoreState.running
