"""Nothing is learned before the recorder has it on disk: a crash must not take from it what is remembered here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import HomeAssistant

from custom_components.hunches.const import Stage

from .conftest import PORCH, Script, SetUp, coordinator_of, settled

_LIMIT = 10.0


@dataclass(slots=True)
class Obstacle(RecorderTask):
    """Holds up the recorder's thread until it is told to go on, or for some seconds."""

    go_on: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def run(self, instance: Recorder) -> None:
        self.reached.set()
        self.go_on.wait(_LIMIT)


@pytest.fixture
def obstacle(porch: HomeAssistant) -> Iterator[Obstacle]:
    held_up = Obstacle()
    yield held_up
    held_up.go_on.set()


async def test_learning_waits_for_the_recorder(
    porch: HomeAssistant, script: Script, set_up: SetUp, obstacle: Obstacle
) -> None:
    entry = await set_up()
    coordinator = coordinator_of(entry)
    get_instance(porch).queue_task(obstacle)
    assert await porch.async_add_executor_job(obstacle.reached.wait, _LIMIT)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    learned = len(script.learned)
    coordinator.async_learn()
    await porch.async_block_till_done()
    assert coordinator.data.stage is Stage.READING
    assert len(script.learned) == learned
    obstacle.go_on.set()
    await settled(porch)
    assert len(script.learned) == learned + 1
    assert coordinator.data.timing["rows"] == 1


async def test_a_recorder_that_does_not_write_is_given_up(
    porch: HomeAssistant, script: Script, set_up: SetUp, obstacle: Obstacle
) -> None:
    entry = await set_up()
    coordinator = coordinator_of(entry)
    get_instance(porch).queue_task(obstacle)
    assert await porch.async_add_executor_job(obstacle.reached.wait, _LIMIT)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    learned = len(script.learned)
    with patch("custom_components.hunches.history.written.PATIENCE", 1):
        coordinator.async_learn()
        await settled(porch)
    assert len(script.learned) == learned
    assert coordinator.data.stage is Stage.READY
    assert coordinator.data.reason == "recorder_slow"
    await porch.config_entries.async_unload(entry.entry_id)


async def test_unloading_does_not_wait_for_the_recorder(
    porch: HomeAssistant, script: Script, set_up: SetUp, obstacle: Obstacle
) -> None:
    entry = await set_up()
    get_instance(porch).queue_task(obstacle)
    assert await porch.async_add_executor_job(obstacle.reached.wait, _LIMIT)
    porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"})
    coordinator_of(entry).async_learn()
    await porch.async_block_till_done()
    assert await porch.config_entries.async_unload(entry.entry_id)
    assert not obstacle.go_on.is_set(), "nobody let the recorder go on"
