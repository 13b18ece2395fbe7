"""What the demo writes into a recorder's database is what the integration reads out of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.hunches.engine.home import UNKNOWN
from custom_components.hunches.history import async_read
from script._demo.configuration import prepare
from script._demo.custom_components.hunches_demo.fill import FillTask
from script._demo.custom_components.hunches_demo.home import read_things
from script._demo.homes import OWN_HOME, present

NOW = 1_795_400_000.0
USER = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def filled(recorder_mock: Recorder, hass: HomeAssistant, tmp_path: Path) -> int:
    """Return the number of rows."""

    def make() -> Path:
        return prepare(present(OWN_HOME, NOW), tmp_path / "config", 8123).folder

    folder = await hass.async_add_executor_job(make)
    things = await hass.async_add_executor_job(read_things, folder)
    done = hass.loop.create_future()
    recorder_mock.queue_task(FillTask(folder, things, bytes.fromhex(USER), hass.loop, done))
    rows = await done
    await async_wait_recording_done(hass)
    return int(rows)


async def test_the_integration_reads_what_was_written(filled: int, hass: HomeAssistant) -> None:
    expected = present(OWN_HOME, NOW)
    history = await async_read(hass, expected.home, threading.Event())
    assert history.rows == filled
    for entity in (*expected.home.devices, *expected.home.evidence):
        wanted, found = expected.timelines[entity.entity_id], history.timelines[entity.entity_id]
        assert found.times.tolist() == wanted.times.tolist()
        assert found.states.tolist() == wanted.states.tolist()
        assert UNKNOWN not in found.states
        if entity.is_device:
            assert found.causes.tolist() == wanted.causes.tolist()


async def test_home_assistant_shows_it_as_its_own(filled: int, recorder_mock: Recorder, hass: HomeAssistant) -> None:
    start = dt_util.utc_from_timestamp(NOW - 5400.0)
    found = await recorder_mock.async_add_executor_job(
        lambda: get_significant_states(
            hass, start, dt_util.utc_from_timestamp(NOW), ["lock.front_door"], significant_changes_only=False
        )
    )
    states = found["lock.front_door"]
    assert [state.state for state in states] == ["locked", "unlocked"]
    assert states[-1].attributes["friendly_name"] == "Front door lock"
    assert states[-1].last_changed_timestamp == pytest.approx(NOW - 41 * 60.0)
