"""Gives memory back to the system that was used for a while only."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Let the C library return what it keeps of freed memory; for an executor, as it takes milliseconds.

    Learning and looking back use tens of megabytes for seconds, in whichever of the executor's threads is free. glibc
    keeps what they free for each thread apart, for ever: a night in every thread would be hundreds of megabytes. To
    trim is safe at any time: glibc locks one thread's part after the other. Where there is no such function nothing
    has to be done: musl (Home Assistant OS and Container) returns what is freed by itself.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
