"""Only what the recorder has on disk is aggregated: a crash must not take from it what is remembered here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.hunches.const import EVENT_ACTED, Stage
from custom_components.hunches.engine.recorded import Contexts
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.history import History, async_read

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


async def test_what_happens_while_history_is_read_is_aggregated_next_time(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """By then it is known who did it: the row may have been read after the events that tell."""
    entry = await set_up()
    coordinator = coordinator_of(entry)
    began = dt_util.utcnow().timestamp()

    async def read_while_it_happens(*arguments: Any) -> History:
        freezer.tick(60)
        ours = Context()
        coordinator.teacher.causes.add(ours, Cause.OURS)
        porch.bus.async_fire(EVENT_ACTED, {}, context=ours)
        porch.states.async_set(PORCH, "off", {"friendly_name": "Porch light"}, context=ours)
        await get_instance(porch).async_block_till_done()
        with patch("custom_components.hunches.history.tables.Tables.contexts", return_value=Contexts()):
            return await async_read(*arguments)

    with patch("custom_components.hunches.teaching.async_read", read_while_it_happens):
        coordinator.async_learn()
        await settled(porch)
    usage = coordinator.teacher.memory.kept[PORCH].usage
    assert usage.until == began
    assert not usage.ours
    assert script.noted[-1][0] == PORCH, "the mind knows all the same"
    freezer.tick(60)
    coordinator.async_learn()
    await settled(porch)
    usage = coordinator.teacher.memory.kept[PORCH].usage
    assert usage.until == began + 120
    assert usage.ours
    assert usage.causes.sum() == 0
