"""A thread for long pieces of work, so that the memory which they used for a while goes back to the system.

Learning and looking use tens of megabytes for seconds, again and again. In Home Assistant's executor that would be in
another thread each time, and glibc keeps what a thread frees for each of them apart: after a month was looked back on,
hundreds of megabytes that nobody uses. Here every job ends with giving back, which takes a millisecond.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from mmap import PAGESIZE
from typing import Final

import numpy as np
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN

_PIECE: Final = 1 << 20
"""Bytes. The first ones are asked of the system anew; glibc learns from that, and takes later ones from the end."""
_PIECES: Final = 32
_DONTNEED: Final = 4


class OwnThread:
    """A thread whose jobs follow each other; it begins with its first job."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin nothing yet."""
        self._hass = hass
        self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix=DOMAIN)

    def run[*Ts, R](self, job: Callable[[*Ts], R], *arguments: *Ts) -> asyncio.Future[R]:
        """Run a job. What comes after the end, like a last file that is written, is for Home Assistant's executor."""
        if self._pool is None:
            return self._hass.async_add_executor_job(job, *arguments)
        return self._hass.loop.run_in_executor(self._pool, _run, job, *arguments)

    @callback
    def async_close(self, _: Event | None = None) -> None:
        """Let the thread end with its last job, which nobody may wait for any longer."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None


@asynccontextmanager
async def async_own_thread(hass: HomeAssistant) -> AsyncIterator[OwnThread]:
    """Have a thread for a while."""
    thread = OwnThread(hass)
    try:
        yield thread
    finally:
        thread.async_close()


def _run[*Ts, R](job: Callable[[*Ts], R], *arguments: *Ts) -> R:
    try:
        return job(*arguments)
    finally:
        _give_back()


def _give_back() -> None:
    """Let the C library return what it keeps of freed memory.

    To trim is safe at any time: glibc locks one thread's part after the other, for milliseconds. Where there is no
    such function nothing has to be done: musl (Home Assistant OS and Container) returns large pieces by itself.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        trim = library.malloc_trim
        _give_back_end(library)
        trim(0)


def _give_back_end(library: ctypes.CDLL) -> None:
    """Return the free end of this thread's part, which trimming leaves out in all threads but the main one.

    There is no call for that: it is borrowed in pieces, and the system told of each that nothing in it is needed.
    """
    pieces = [np.empty(_PIECE, dtype=np.uint8) for _ in range(_PIECES)]
    for piece in pieces:
        first = -(-piece.ctypes.data // PAGESIZE) * PAGESIZE
        length = (piece.ctypes.data + _PIECE - first) // PAGESIZE * PAGESIZE
        library.madvise(ctypes.c_void_p(first), ctypes.c_size_t(length), _DONTNEED)
