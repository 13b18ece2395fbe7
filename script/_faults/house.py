"""The home that is killed: the demo's, on a Home Assistant with little else, so that it starts quickly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from _demo.client import Client, ClientError
from _demo.configuration import listen, prepare
from _demo.homes import OWN_HOME, present
from _demo.server import LOG, Server

TOKEN_FILE: Final = "hunches_faults_token"  # noqa: S105 (the name of a file)
_YAML: Final = """\
config:
api:
diagnostics:
sun:
hunches_faults:
logger:
  default: warning
recorder:
  purge_keep_days: 36500
  auto_purge: false
  commit_interval: 0
"""
_ANSWER_SECONDS: Final = 120.0
_END_SECONDS: Final = 60.0


class Victim(Server):
    """A Home Assistant that can be killed."""

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        assert self._process is not None  # noqa: S101 (only used inside the context)
        return self._process.pid

    def kill(self) -> None:
        """Kill it (-9) unless it has ended."""
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until the killed process is gone, and with it its hold on the configuration folder."""
        assert self._process is not None  # noqa: S101
        async with asyncio.timeout(_END_SECONDS):
            await self._process.wait()


class Visitor(Client):
    """A user who is logged in for ever: a log-in by password takes long, and hundreds of them longer."""

    async def enter(self, token: str) -> None:
        """Be logged in. Raises `ClientError`."""
        self.tokens = {"access_token": token}
        try:
            await self._connect()
        except (aiohttp.ClientError, KeyError, TypeError) as error:
            raise ClientError(f"log-in: {error}") from error

    async def state(self) -> dict[str, Any]:
        """Return how far the integration is, and how much it knows."""
        try:
            found: dict[str, Any] = await self.command("hunches_faults/state")
        except ClientError as error:
            if "Unknown command" not in str(error):
                raise
            return {"stage": "absent"}
        return found

    async def act(self, service: str, **data: Any) -> Any:
        """Call an action of the integration and return its response. Raises `ClientError`."""
        answer = await self.request("POST", f"/api/services/hunches/{service}?return_response", json=data)
        return answer["service_response"]

    async def reload(self) -> None:
        """Reload the integration. Raises `ClientError`."""
        (entry,) = await self.command("config_entries/get", domain="hunches")
        await self.request("POST", f"/api/config/config_entries/entry/{entry['entry_id']}/reload")

    async def learned(self, seconds: float = _ANSWER_SECONDS) -> dict[str, Any]:
        """Wait until the integration has learned and looked, and return its state."""
        async with asyncio.timeout(seconds):
            while True:
                state = await self.state()
                if state["stage"] == "ready" and state["looked"]:
                    return state
                await asyncio.sleep(0.05)

    async def learn_on(self, seconds: float = _ANSWER_SECONDS) -> None:
        """Let the integration learn on as it does at night, and wait until it has."""
        before = (await self.state())["timing"]["learned"]
        async with asyncio.timeout(seconds):
            while True:
                await self.command("hunches_faults/learn")
                await asyncio.sleep(0.5)
                state = await self.state()
                if state["stage"] == "ready" and state["timing"]["learned"] != before:
                    return


class House:
    """A configuration folder with the demo home, and the Home Assistants that run on it, one after the other."""

    def __init__(self, folder: Path, port: int) -> None:
        """Use a folder, which `prepare` fills."""
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.storage = folder / ".storage"

    @property
    def prepared(self) -> bool:
        """Whether a home is there already."""
        return (self.folder / TOKEN_FILE).is_file()

    @property
    def token(self) -> str:
        """Return what logs the user in."""
        return (self.folder / TOKEN_FILE).read_text(encoding="utf-8")

    @property
    def log(self) -> str:
        """Return what the last Home Assistant said."""
        return (self.folder / LOG).read_text(encoding="utf-8", errors="replace")

    @property
    def entities(self) -> list[str]:
        """Return the home's entity ids."""
        return sorted(json.loads((self.folder / "hunches_demo.json").read_text(encoding="utf-8"))["entities"])

    def listen(self) -> None:
        """Let the Home Assistants to come listen on this house's port."""
        listen(self.folder, self.port)

    @asynccontextmanager
    async def at_home(self) -> AsyncIterator[Visitor]:
        """Run Home Assistant until the integration has learned, be logged in, and stop it in good order in the end."""
        async with Victim(self.folder) as server, Visitor(self.url) as client:
            await server.answers(client)
            server.check()
            await client.enter(self.token)
            await client.learned()
            yield client

    async def prepare(self, yaml: str = _YAML) -> None:
        """Write the home, let Home Assistant and the integration see it for the first time, and stop in good order."""
        prepare(present(OWN_HOME, time.time()), self.folder, self.port)
        component = Path(__file__).parent / "custom_components" / "hunches_faults"
        (self.folder / "custom_components" / "hunches_faults").symlink_to(component)
        (self.folder / "configuration.yaml").write_text(yaml, encoding="utf-8")
        async with Victim(self.folder) as server, Visitor(self.url) as client:
            await server.answers(client)
            await client.welcome()
            await client.started()
            await client.add("hunches_demo")
            await client.add("hunches")
            await client.learned()
            token = await client.command("auth/long_lived_access_token", client_name="faults", lifespan=365)
        (self.folder / TOKEN_FILE).write_text(token, encoding="utf-8")
