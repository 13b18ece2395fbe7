"""The recorder's side: what was recorded of a home, read as the engine's timelines, and what is kept of it."""

from .long_memory import LongMemory
from .reader import History, HistoryUnavailable, async_read
from .registry import build_home

__all__ = ["History", "HistoryUnavailable", "LongMemory", "async_read", "build_home"]
