"""A reload leaves nothing behind: no listener, task, timer, thread or object of ours, however often it is done."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from types import FunctionType

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hunches.const import DOMAIN

from .conftest import PORCH, Script, SetUp, coordinator_of, later, settled

RELOADS = 100
WARM_UP = 5
NOISE = 3
"""Home Assistant's own files, for one, are saved a while after they change: then there is a timer for each."""
_OURS = "custom_components.hunches."


@dataclass(frozen=True)
class Census:
    """How many there are of what could be left behind."""

    listeners: dict[str, int]
    tasks: list[str]
    timers: list[str]
    threads: list[str]
    objects: dict[str, int]
    """By class, and functions by their own name: a closure is how a listener is left where nobody counts them."""
    issues: int


async def census(hass: HomeAssistant) -> Census:
    await settled(hass)
    await asyncio.sleep(0)
    gc.collect()
    timers = [handle for handle in hass.loop._scheduled if not handle.cancelled()]
    kinds = (thing if isinstance(thing, FunctionType) else type(thing) for thing in gc.get_objects())
    return Census(
        dict(hass.bus.async_listeners()),
        sorted(task.get_name() for task in asyncio.all_tasks() if not task.done()),
        sorted(str(getattr(timer._callback, "__qualname__", timer._callback)) for timer in timers),
        sorted({thread.name.rstrip("0123456789") for thread in threading.enumerate()}),
        dict(Counter(f"{k.__module__}.{k.__qualname__}" for k in kinds if f"{k.__module__}.".startswith(_OURS))),
        len(ir.async_get(hass).issues),
    )


def left(before: Census | None, after: Census) -> list[str]:
    """Return what there is more of than before, but for what comes and goes by itself."""
    assert before is not None
    found = []
    for field in fields(Census):
        earlier, later_on = counted(getattr(before, field.name)), counted(getattr(after, field.name))
        found += [
            f"{field.name} {key}: {earlier[key]} -> {later_on[key]}"
            for key in sorted(earlier.keys() | later_on.keys())
            if later_on[key] - earlier[key] > NOISE
        ]
    return found


def counted(value: dict[str, int] | list[str] | int) -> Counter[str]:
    return Counter({"": value} if isinstance(value, int) else value)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_a_hundred_reloads(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    before = None
    for number in range(WARM_UP + RELOADS):
        if number == WARM_UP:
            before = await census(porch)
        await reload(porch, entry)
        await settled(porch)
        forget(script)
    assert left(before, await census(porch)) == []


async def test_reloads_while_it_learns(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    before = None

    def slowly(progress: Callable[[int, int], None]) -> None:
        for done in range(20):
            progress(done, 20)
            go_on.wait(0.005)

    go_on = threading.Event()
    script.before_learning = slowly
    for number in range(WARM_UP + 25):
        if number == WARM_UP:
            await settled(porch)  # what the script is told while it learns is the test's to keep
            forget(script)
            before = await census(porch)
        await reload(porch, entry)
        await asyncio.sleep(0.01 * (number % 5))
    await settled(porch)
    forget(script)
    assert left(before, await census(porch)) == []


async def test_reloads_with_everything_under_way(
    porch: HomeAssistant, script: Script, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """A look and a learning are due, a hunch is open, and its device changes."""
    entry = await set_up()
    before = None
    for number in range(WARM_UP + 25):
        if number == WARM_UP:
            before = await census(porch)
        porch.states.async_set(PORCH, "on", {"friendly_name": f"Porch light {number % 2}"})
        coordinator = coordinator_of(entry)
        await coordinator._relearn.async_call()
        await coordinator._look.async_call()
        coordinator.async_learn()
        await reload(porch, entry)
        await settled(porch)
        forget(script)
    del coordinator
    await later(porch, freezer, 61)
    forget(script)
    assert left(before, await census(porch)) == []


async def test_unloading_leaves_what_there_was_before(porch: HomeAssistant, script: Script, set_up: SetUp) -> None:
    entry = await set_up()
    assert await porch.config_entries.async_unload(entry.entry_id)
    before = await census(porch)
    assert not any(DOMAIN in name for name in (*before.tasks, *before.timers))
    assert not before.issues
    for _ in range(10):
        assert await porch.config_entries.async_setup(entry.entry_id)
        await settled(porch)
        assert await porch.config_entries.async_unload(entry.entry_id)
        forget(script)
    assert left(before, await census(porch)) == []


def forget(script: Script) -> None:
    """Let the script forget what it was told: that is the test's to keep, not the integration's."""
    for told in (script.homes, script.learned, script.noted, script.heard, script.said, script.kept):
        told.clear()
