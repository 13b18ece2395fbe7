"""A thread for one long piece of work, so that the memory which it used for a while goes back to the system.

Learning and looking back use tens of megabytes for seconds, again and again. In Home Assistant's executor that would
be in another thread each time, and glibc keeps what a thread frees for each of them apart: after a month was looked
back on, hundreds of megabytes that nobody uses.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant

from .const import DOMAIN

type Run = Callable[..., asyncio.Future[Any]]
"""Runs a function with arguments in the thread; its jobs follow each other."""


@asynccontextmanager
async def async_own_thread(hass: HomeAssistant) -> AsyncIterator[Run]:
    """Run jobs in a thread of their own, and give back what they used; it ends with its last job."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=DOMAIN)
    try:
        yield partial(hass.loop.run_in_executor, pool)
        await hass.loop.run_in_executor(pool, _give_back)
    finally:
        pool.shutdown(wait=False)  # a job that nobody waits for any longer is its last


def _give_back() -> None:
    """Let the C library return what it keeps of freed memory.

    To trim is safe at any time: glibc locks one thread's part after the other, for milliseconds. Where there is no
    such function nothing has to be done: musl (Home Assistant OS and Container) returns large pieces by itself.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
