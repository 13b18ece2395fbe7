"""Long pieces of work have a thread of their own, which ends with them, on whatever C library."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant

from custom_components.hunches.const import DOMAIN
from custom_components.hunches.own_thread import async_own_thread


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"{DOMAIN}_")]


async def test_jobs_follow_each_other_in_one_thread_that_ends(hass: HomeAssistant) -> None:
    trimmed: list[int] = []
    with patch("ctypes.CDLL", return_value=SimpleNamespace(malloc_trim=trimmed.append)):
        async with async_own_thread(hass) as run:
            used = {await run(threading.current_thread) for _ in range(5)}
            assert used == set(ours())
            assert len(used) == 1
            assert await run(divmod, 7, 2) == (3, 1)
    assert trimmed == [0]
    for thread in used:
        thread.join(10)
    assert not ours()


@pytest.mark.parametrize("library", [{"return_value": object()}, {"side_effect": OSError}, {"side_effect": TypeError}])
async def test_a_c_library_that_cannot_trim_is_left_alone(hass: HomeAssistant, library: dict[str, Any]) -> None:
    with patch("ctypes.CDLL", **library):
        async with async_own_thread(hass) as run:
            assert await run(len, "abc") == 3


async def test_a_job_that_fails_is_told_and_its_thread_ends(hass: HomeAssistant) -> None:
    with pytest.raises(ZeroDivisionError):
        async with async_own_thread(hass) as run:
            await run(divmod, 1, 0)
    for thread in ours():
        thread.join(10)
    assert not ours()
