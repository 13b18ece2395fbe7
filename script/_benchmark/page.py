"""Home Assistant's history page, as a client that keeps asking what the page asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from _demo.client import Client

_EVERY = 1.0
_ENTITIES = 20


class Page:
    """An open history page: a day of twenty entities, asked for once a second until the context is left."""

    def __init__(self, url: str, entity_ids: Sequence[str]) -> None:
        """Open it by entering the context."""
        self.answers: list[float] = []
        """Seconds that each answer took since the list was emptied last."""
        self._client = Client(url)
        self._entity_ids = list(entity_ids[:_ENTITIES])
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Log in and begin to ask."""
        await self._client.log_in()
        self._task = asyncio.create_task(self._ask())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._client.__aexit__(kind, error, trace)

    async def _ask(self) -> None:
        while True:
            began = time.perf_counter()
            await self._client.command(
                "history/history_during_period",
                start_time=(datetime.now(UTC) - timedelta(days=1)).isoformat(),
                entity_ids=self._entity_ids,
                minimal_response=True,
                no_attributes=True,
                significant_changes_only=False,
            )
            self.answers.append(time.perf_counter() - began)
            await asyncio.sleep(_EVERY)
