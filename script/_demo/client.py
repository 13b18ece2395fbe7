"""Talks to Home Assistant as a browser would: welcome, log-in, adding integrations, commands."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import aiohttp

USER = "demo"
PASSWORD = "demo"  # noqa: S105 (printed on the screen, for a home that does not exist, on this machine alone)
_START_SECONDS = 300.0


class ClientError(RuntimeError):
    """Home Assistant refused something, or is gone; the message says what in one line."""


class Client:
    """One user's connection to a Home Assistant."""

    def __init__(self, url: str) -> None:
        """Connect with `log_in` or `welcome`."""
        self.url = url
        self.tokens: dict[str, Any] = {}
        self._session = aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=300))
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._number = 0

    async def __aenter__(self) -> Self:
        """Do nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.close()
        await self._session.close()

    @property
    def client_id(self) -> str:
        """Return what the frontend calls itself."""
        return f"{self.url}/"

    async def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return the JSON of the answer. Raises `ClientError`."""
        token = self.tokens.get("access_token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._session.request(method, path, headers=headers, **arguments) as answer:
                if answer.status >= 400:
                    raise ClientError(f"{method} {path}: {answer.status} {(await answer.text())[:200]}")
                return await answer.json(content_type=None)
        except aiohttp.ClientError as error:
            raise ClientError(f"{method} {path}: {error}") from error

    async def answering(self) -> bool:
        """Return whether Home Assistant serves requests already."""
        try:
            await self.request("GET", "/manifest.json")
        except ClientError:
            return False
        return True

    async def welcome(self) -> None:
        """Make the first user, go through the rest of the welcome, and be logged in."""
        user = {"name": "Demo", "username": USER, "password": PASSWORD, "language": "en"}
        made = await self.request("POST", "/api/onboarding/users", json={**user, "client_id": self.client_id})
        await self._take(made["auth_code"])
        step = {"client_id": self.client_id, "redirect_uri": self.client_id}
        await self.request("POST", "/api/onboarding/integration", json=step)
        await self._connect()
        # The welcome makes a person of the user and three rooms; the home brings its own
        for person in (await self.command("person/list"))["storage"]:
            await self.command("person/delete", person_id=person["id"])
        for area in await self.command("config/area_registry/list"):
            await self.command("config/area_registry/delete", area_id=area["area_id"])

    async def log_in(self) -> None:
        """Be logged in as the user that `welcome` made."""
        started = {"client_id": self.client_id, "handler": ["homeassistant", None], "redirect_uri": self.client_id}
        flow = await self.request("POST", "/auth/login_flow", json=started)
        given = {"client_id": self.client_id, "username": USER, "password": PASSWORD}
        done = await self.request("POST", f"/auth/login_flow/{flow['flow_id']}", json=given)
        await self._take(done["result"])
        await self._connect()

    async def _take(self, code: str) -> None:
        form = {"client_id": self.client_id, "grant_type": "authorization_code", "code": code}
        self.tokens = await self.request("POST", "/auth/token", data=form)

    async def _connect(self) -> None:
        self._socket = await self._session.ws_connect("/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self.tokens["access_token"]})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise ClientError(f"log-in refused: {answer.get('message')}")

    async def command(self, command: str, **arguments: Any) -> Any:
        """Send a command over the web socket and return its result. Raises `ClientError`."""
        if self._socket is None:
            raise ClientError("not logged in")
        self._number += 1
        await self._socket.send_json({"id": self._number, "type": command, **arguments})
        while True:
            message = await self._socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ClientError(f"{command}: Home Assistant has hung up")
            answer = message.json()
            if answer.get("id") == self._number:
                break
        if not answer["success"]:
            raise ClientError(f"{command}: {answer['error']['message']}")
        return answer["result"]

    async def started(self) -> None:
        """Wait until Home Assistant has started completely. Raises `ClientError` after five minutes."""
        async with asyncio.timeout(_START_SECONDS):
            while (await self.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 (it is another process)
                await asyncio.sleep(0.1)

    async def add(self, domain: str) -> None:
        """Add an integration as a person would: start its flow, confirm what it asks. Raises `ClientError`."""
        path = "/api/config/config_entries/flow"
        step = await self.request("POST", path, json={"handler": domain, "show_advanced_options": False})
        while step["type"] == "form":
            if step.get("errors"):
                raise ClientError(f"{domain} cannot be added: {step['errors']}")
            step = await self.request("POST", f"{path}/{step['flow_id']}", json={})
        if step["type"] != "create_entry":
            raise ClientError(f"{domain} cannot be added: {step.get('reason') or step['type']}")
        entry = step["result"]
        if entry["state"] != "loaded":
            raise ClientError(f"{domain} does not start: {entry['reason'] or entry['state']}")
