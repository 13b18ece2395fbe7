"""Long pieces of work have a thread of their own, which gives back what each used, on whatever C library."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.own_thread import OwnThread, async_own_thread

pytestmark = pytest.mark.usefixtures("ended_threads")


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"{DOMAIN}_")]


async def test_jobs_follow_each_other_in_one_thread_that_ends(hass: HomeAssistant) -> None:
    trimmed: list[int] = []
    library = SimpleNamespace(malloc_trim=trimmed.append, madvise=lambda *_: 0)
    with patch("ctypes.CDLL", return_value=library):
        async with async_own_thread(hass) as thread:
            used = {await thread.run(threading.current_thread) for _ in range(5)}
            assert used == set(ours())
            assert len(used) == 1
            assert await thread.run(divmod, 7, 2) == (3, 1)
    assert trimmed == [0] * 6
    for one in used:
        one.join(10)
    assert not ours()


@pytest.mark.parametrize("library", [{"return_value": object()}, {"side_effect": OSError}, {"side_effect": TypeError}])
async def test_a_c_library_that_cannot_trim_is_left_alone(hass: HomeAssistant, library: dict[str, Any]) -> None:
    with patch("ctypes.CDLL", **library):
        async with async_own_thread(hass) as thread:
            assert await thread.run(len, "abc") == 3


async def test_a_job_that_fails_is_told_and_its_thread_ends(hass: HomeAssistant) -> None:
    with pytest.raises(ZeroDivisionError):
        async with async_own_thread(hass) as thread:
            await thread.run(divmod, 1, 0)
    for one in ours():
        one.join(10)
    assert not ours()


async def test_a_thread_that_goes_on_ends_when_it_is_closed(hass: HomeAssistant) -> None:
    thread = OwnThread(hass)
    used = await thread.run(threading.current_thread)
    assert await thread.run(threading.current_thread) is used
    thread.async_close()
    thread.async_close()
    await hass.async_add_executor_job(used.join, 10)
    assert not ours()


async def test_what_comes_after_the_end_is_done_all_the_same(hass: HomeAssistant) -> None:
    thread = OwnThread(hass)
    thread.async_close()
    assert await thread.run(divmod, 7, 2) == (3, 1)
    assert not ours()
