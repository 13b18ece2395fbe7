"""What happens in the home while it is being killed: people switch things, answer hunches and state where they were."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from _demo.client import ClientError

from .evidence import Given, Promises
from .house import Visitor

MOST_STATEMENTS: Final = 190
"""The integration keeps 200."""
_STATEMENT_SECONDS: Final = 1800.0
_PAUSE_SECONDS: Final = 0.05
_SOON_SECONDS: Final = 1.0
_ASKED: Final = ("light", "fan", "media_player", "switch")
_NEVER: Final = ("fan", "media_player")
"""What may be answered with "never": nothing is asked about it from then on."""


class Visit:
    """People in a home, until they are stopped or it is killed."""

    def __init__(self, client: Visitor, entities: list[str], promises: Promises, chance: random.Random) -> None:
        """Let them be; `promises` grows with what they are told."""
        self._client = client
        self._entities = entities
        self._promises = promises
        self._chance = chance
        self.changes = 0
        self.refusals = 0

    async def live(self) -> None:
        """Do one thing after the other. Ends when Home Assistant is gone."""
        while True:
            what = self._chance.random()
            if what < 0.6:
                await self._switch()
            elif what < 0.95:
                await self._answer()
            elif what < 0.99:
                await self._client.command("hunches_faults/learn")
            else:
                await self._state()
            await asyncio.sleep(self._chance.uniform(0.0, _PAUSE_SECONDS))

    async def _switch(self) -> None:
        """Let a person switch a device, or a sensor report something."""
        key = self._chance.choice(self._entities)
        domain = key.partition(".")[0]
        if domain in _ASKED:
            service = self._chance.choice(("turn_on", "turn_off"))
            await self._client.request("POST", f"/api/services/{domain}/{service}", json={"entity_id": key})
        elif domain == "binary_sensor":
            state = self._chance.choice(("on", "off"))
            await self._client.request("POST", f"/api/states/{key}", json={"state": state})
        else:
            return
        self.changes += 1

    async def _answer(self) -> None:
        """Let a hunch be raised about a device that is on, and answer it."""
        answer = self._chance.choice(("accepted", "accepted", "rejected", "rejected", "never"))
        domains = _NEVER if answer == "never" else ("light",)
        key = self._chance.choice([e for e in self._entities if e.partition(".")[0] in domains])
        if answer == "accepted":
            await self._client.request("POST", "/api/services/light/turn_on", json={"entity_id": key})
        try:
            hunch = await self._client.command("hunches_faults/propose", entity_id=key)
        except ClientError as error:
            if "nothing has been learned yet" in str(error):
                return
            raise
        given = Given(hunch["time"], key, answer)
        self._promises.unsure_answers.append(given)
        try:
            if answer == "accepted":
                await self._client.act("accept", hunch=hunch["hunch"])
            else:
                await self._client.act("reject", hunch=hunch["hunch"], never=answer == "never")
        except ClientError as error:
            # It was settled meanwhile, or is not to be asked about: then it stands as it did
            if not _refused(error):
                raise
            self.refusals += 1
            return
        self._promises.answers.append(given)

    async def _state(self) -> None:
        """State where everybody was, about a time that nobody has stated anything about."""
        said = len(self._promises.unsure_statements)
        if said >= MOST_STATEMENTS:
            return
        # Whole half hours on from a fixed moment in the past, the same for all visits
        first = self._promises.unsure_statements[0] if said else _now() // 3600 * 3600 - 6 * 86400
        start = first + _STATEMENT_SECONDS * said
        self._promises.unsure_statements.append(start)
        state = self._chance.choice(("home", "away", "asleep"))
        try:
            await self._client.act("correct", state=state, start=_iso(start), end=_iso(start + _STATEMENT_SECONDS))
        except ClientError as error:
            if not _refused(error):
                raise
            return  # the integration was being reloaded
        self._promises.statements.append(start)


class Watch:
    """Sees through a second connection how far the integration is."""

    def __init__(self, client: Visitor) -> None:
        """Have seen nothing yet."""
        self._client = client
        self._changed = asyncio.Event()
        self.stage = "starting"
        self.learned = 0.0

    async def look(self) -> None:
        """Look again and again. Ends when Home Assistant is gone."""
        while True:
            state = await self._client.state()
            if state["stage"] != self.stage:
                self.stage = state["stage"]
                self._changed.set()
            if state["stage"] == "ready":
                self.learned = state["until"]
            await asyncio.sleep(0.002)

    async def until(self, *stages: str) -> None:
        """Wait until the integration is in one of these stages."""
        while self.stage not in stages:
            self._changed.clear()
            await self._changed.wait()

    async def soon(self, *stages: str) -> None:
        """Wait until the integration is in one of these stages, but not long: it may have been too quick to be seen."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SOON_SECONDS):
                await self.until(*stages)


async def quietly(job: asyncio.Task[None]) -> str | None:
    """Wait for the end of a job whose Home Assistant was killed; return what it was refused before, if anything."""
    job.cancel()
    with suppress(asyncio.CancelledError, ConnectionError):
        try:
            await job
        except ClientError as error:
            return str(error) if _refused(error) else None
    return None


def _refused(error: ClientError) -> bool:
    """Return whether Home Assistant has answered, and the answer was no."""
    return any(f": {code} " in str(error) for code in (400, 401, 404, 500))


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
