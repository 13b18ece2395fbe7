"""More than any home has: ten thousand entities, a thousand changes a second, a device that never stops toggling."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hunches.const import DEFAULT_OPTIONS, DOMAIN, RECENT_CHANGES, Stage
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.memory import MOST_CHANGES, Kept, Memory
from custom_components.hunches.engine.memory_file import load
from custom_components.hunches.engine.usage import Usage
from custom_components.hunches.history import async_read, build_home

from .conftest import coordinator_of, settled

COMMIT = 1_000
"""Changes after which the recorder commits: it does so by the clock, which stands still in a test."""

type Add = Callable[[], Awaitable[MockConfigEntry]]


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Let the recorder commit as it does at home; in a test it would commit every single row."""
    return {"commit_interval": 5}


@pytest.fixture
def recorder_db_url(hass_fixture_setup: list[bool], tmp_path: Path) -> str:
    """Let the recorder write into a file: in memory, whoever reads would wait for it to commit."""
    assert not hass_fixture_setup
    return f"sqlite:///{tmp_path / 'home-assistant_v2.db'}"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Let nobody write down every single change."""
    for name in ("homeassistant.core", "homeassistant.components.recorder"):
        caplog.set_level(logging.WARNING, logger=name)


@pytest.fixture
def add(hunches_allowed: Recorder, hass: HomeAssistant) -> Add:
    """Return what adds the integration, with the trained model, and waits until it has learned."""

    async def add_entry() -> MockConfigEntry:
        entry = MockConfigEntry(domain=DOMAIN, title="Hunches", options=DEFAULT_OPTIONS)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settled(hass)
        return entry

    return add_entry


def memory_of(hass: HomeAssistant) -> dict[str, Kept]:
    return load(Path(hass.config.path(".storage", "hunches.memory")).read_bytes())


async def toggle(
    hass: HomeAssistant, keys: list[str], times: int, apart: float, freezer: FrozenDateTimeFactory
) -> None:
    """Let entities that are off be switched on and off in turn, so many times, so many seconds apart."""
    now = dt_util.utcnow().timestamp()
    for i in range(times):
        state = "off" if i // len(keys) % 2 else "on"
        hass.states.async_set(keys[i % len(keys)], state, timestamp=now + (i + 1) * apart)
        if i % COMMIT == COMMIT - 1:
            await get_instance(hass).async_block_till_done()
    freezer.tick(timedelta(seconds=times * apart))


async def learn(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    coordinator_of(entry).async_learn()
    await settled(hass)
    assert coordinator_of(entry).data.stage is Stage.READY


async def assert_as_recorded(hass: HomeAssistant, keys: list[str]) -> None:
    """Compare what is kept on disk with one run over everything that the recorder has."""
    home = build_home(hass)
    history = await async_read(hass, home, threading.Event())
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    kept = memory_of(hass)
    for key in keys:
        memory = Memory(home.entities[key])
        until = kept[key].usage.until
        memory.learn(history.timelines[key].until(until), until, clock)
        for name in (field.name for field in fields(Usage)):
            np.testing.assert_allclose(
                getattr(kept[key].usage, name), getattr(memory.usage, name), rtol=1e-6, err_msg=f"{key} {name}"
            )


async def test_ten_thousand_entities(add: Add, hass: HomeAssistant) -> None:
    since = dt_util.utcnow().timestamp() - 1800
    for i in range(1_000):
        attributes = {"friendly_name": f"Lamp {i}"}
        hass.states.async_set(f"light.lamp_{i}", "on" if i % 3 else "off", attributes, timestamp=since)
        hass.states.async_set(f"binary_sensor.motion_{i}", "off", {"device_class": "motion"}, timestamp=since)
    for i in range(8_000):
        hass.states.async_set(f"sensor.power_{i}", str(i), {"device_class": "power"}, timestamp=since)
    entry = await add()
    status = coordinator_of(entry).data
    assert (status.stage, status.reason) == (Stage.READY, None)
    assert (status.devices, status.evidence) == (1_000, 1_000)
    kept = memory_of(hass)
    assert len(kept) == 2_000
    assert status.timing["memory_bytes"] < 2_000 * 4 * 1024
    assert len(status.open) <= 3
    await assert_as_recorded(hass, ["light.lamp_1", "light.lamp_999", "binary_sensor.motion_500"])


async def test_a_thousand_changes_a_second(
    add: Add, hass: HomeAssistant, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """A minute of it is more than the queue holds: what had to be dropped is read from the recorder."""
    keys = [f"light.lamp_{i}" for i in range(7)]
    for key in keys:
        hass.states.async_set(key, "off")
    entry = await add()
    coordinator = coordinator_of(entry)
    learned = coordinator.data.timing["learned"]
    await toggle(hass, keys, 60_000, 0.001, freezer)
    await hass.async_block_till_done()
    live = coordinator._live
    assert len(live.recent) == RECENT_CHANGES
    assert len(live.take()) == RECENT_CHANGES
    freezer.tick(timedelta(seconds=61))
    async_fire_time_changed(hass, dt_util.utcnow())
    await settled(hass)
    assert coordinator.data.timing["learned"] != learned, "it learned anew, because something had to be dropped"
    await learn(hass, entry)
    kept = memory_of(hass)
    assert all(len(k.changes) <= MOST_CHANGES for k in kept.values())
    assert sum(k.usage.starts.sum() for k in kept.values()) == pytest.approx(30_000, rel=0.001)
    await assert_as_recorded(hass, keys)
    assert "ERROR" not in {record.levelname for record in caplog.records if "hunches" in record.name}


async def test_one_device_faster_than_can_be_held(
    add: Add, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """What was dropped between two looks must not be taken for what never was."""
    hass.states.async_set("light.broken", "off")
    entry = await add()
    for _ in range(2):
        await toggle(hass, ["light.broken"], 21_000, 0.0025, freezer)
        await hass.async_block_till_done()
        await coordinator_of(entry).async_look()
    freezer.tick(timedelta(seconds=61))
    async_fire_time_changed(hass, dt_util.utcnow())
    await settled(hass)
    await learn(hass, entry)
    assert memory_of(hass)["light.broken"].usage.starts.sum() == pytest.approx(21_000, rel=0.001)
    await assert_as_recorded(hass, ["light.broken"])


async def test_a_device_that_toggles_ten_times_a_second_for_an_hour(
    add: Add, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("light.broken", "off")
    entry = await add()
    for minute in range(60):
        await toggle(hass, ["light.broken"], 600, 0.1, freezer)
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done(wait_background_tasks=minute % 10 == 9)
    mind = coordinator_of(entry).mind
    assert mind is not None
    assert len(mind._memory["light.broken"].read()) <= 5 * MOST_CHANGES
    await learn(hass, entry)
    kept = memory_of(hass)["light.broken"]
    assert len(kept.changes) <= MOST_CHANGES
    assert kept.usage.starts.sum() == pytest.approx(18_000, rel=0.002)
    assert coordinator_of(entry).data.timing["memory_bytes"] < 64 * 1024
    await assert_as_recorded(hass, ["light.broken"])
