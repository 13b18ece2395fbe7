"""A Home Assistant in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from .client import Client

LOG = "demo.log"
_STOP_SECONDS = 60.0


class ServerError(RuntimeError):
    """Home Assistant does not start or has ended; the message says why in one line."""


class Server:
    """Home Assistant on a configuration folder, from entering to leaving the context."""

    def __init__(self, folder: Path) -> None:
        """Start nothing yet."""
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.began = 0.0

    async def __aenter__(self) -> Self:
        """Start it."""
        with (self._folder / LOG).open("wb") as log:
            self.began = time.time()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the current folder has nothing to say about what is imported
                "-m",
                "homeassistant",
                "--config",
                str(self._folder),
                "--skip-pip",  # set-up has brought everything; nothing is fetched behind one's back
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the demo, which stops Home Assistant in good order
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it in good order, and by force after a minute."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def answers(self, client: Client) -> None:
        """Wait until it serves requests. Raises `ServerError` if it ends instead."""
        while not await client.answering():
            self.check()
            await asyncio.sleep(0.1)

    def check(self) -> None:
        """Raise `ServerError` if it has ended."""
        if self._process is None or self._process.returncode is not None:
            raise ServerError(f"Home Assistant has ended: {self._last_words()}")

    async def ended(self) -> None:
        """Wait until it ends. Raises `ServerError` then."""
        if self._process is not None:
            await self._process.wait()
        self.check()

    def _last_words(self) -> str:
        lines = (self._folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if " ERROR " in line] or [line for line in lines if line.strip()]
        return told[-1][:300] if told else "it said nothing"
