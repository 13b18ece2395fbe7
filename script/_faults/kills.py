"""Kills Home Assistant at random moments, again and again, and looks each time what is left."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from _demo.client import ClientError
from _demo.run import say

from .evidence import Found, Promises, complaints, look
from .house import House, Victim, Visitor
from .visits import Visit, Watch, quietly

if TYPE_CHECKING:
    from pathlib import Path

PLANS: Final = (
    *("saving", "answering", "learning", "reading", "starting"),
    *("saving", "learning", "reading", "any", "saving"),
    *("answering", "learning", "reading", "saving", "starting"),
    *("learning", "saving", "reading", "answering", "any"),
)
"""When to kill, in turn: what is hard to hit is aimed at more often, and a few kills have a bit of all."""
_PROGRESS: Final = "hunches_faults.json"
_SAVING_SECONDS: Final = 0.03
_MOST_PATIENCE: Final = 240.0


@dataclass(slots=True)
class Score:
    """What has been done so far, and what was found wrong."""

    kills: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    refusals: int = 0
    saves: int = 0
    start_seconds: float = 6.0
    promises: Promises = field(default_factory=Promises)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what `load` reads."""
        return {
            "kills": self.kills,
            "stages": dict(self.stages),
            "changes": self.changes,
            "refusals": self.refusals,
            "saves": self.saves,
            "start_seconds": self.start_seconds,
            "promises": self.promises.as_json(),
            "problems": self.problems,
        }

    def save(self, folder: Path) -> None:
        """Keep it beside the home, so that a run that was interrupted can go on."""
        (folder / _PROGRESS).write_text(json.dumps(self.as_json()), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Score:
        """Return the score of an earlier run on the same folder, or an empty one."""
        if not (folder / _PROGRESS).is_file():
            return cls()
        row = json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
        promises, stages = Promises.from_json(row.pop("promises")), Counter(row.pop("stages"))
        return cls(promises=promises, stages=stages, **row)


async def kill_often(house: House, kills: int, chance: random.Random, score: Score) -> None:
    """Kill until there have been so many, and look each time; keep the score on disk too."""
    while score.kills < kills:
        before = look(house.storage, score.promises)
        stage = await kill_once(house, chance, score, before)
        found = look(house.storage, score.promises)
        left = found.parts - before.parts
        if any("memory" in name for name in left) or not found.saved:
            stage = "saving"
        elif left:
            stage = "storing an answer"
        score.kills += 1
        score.stages[stage] += 1
        score.saves += found.saved != before.saved
        wrong = (*found.problems, *complaints(house.log))
        score.problems += [f"kill {score.kills} ({stage}): {problem}" for problem in wrong]
        score.save(house.folder)
        said = score.promises
        say(
            f"kill {score.kills} of {kills}: {stage}; {len(said.answers)} answers and {len(said.statements)} statements"
            f" acknowledged, {score.saves} lives that saved, {len(score.problems)} problems"
        )
        for problem in wrong:
            print(f"  {problem}", flush=True)


async def kill_once(house: House, chance: random.Random, score: Score, before: Found) -> str:
    """Start Home Assistant, look whether it came up with everything, let things happen, kill it; return the stage."""
    plan = PLANS[score.kills % len(PLANS)]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Victim(house.folder))
        if plan == "starting":
            await asyncio.sleep(chance.uniform(0.1, 1.2 * score.start_seconds))
            server.check()
            server.kill()
            await server.gone()
            return "starting"
        client = await stack.enter_async_context(Visitor(house.url))
        watcher = await stack.enter_async_context(Visitor(house.url))
        async with asyncio.timeout(_MOST_PATIENCE):
            await server.answers(client)
            server.check()
            await client.enter(house.token)
            await watcher.enter(house.token)
        watch = Watch(watcher)
        visit = Visit(client, house.entities, score.promises, chance)
        watching = asyncio.create_task(watch.look())
        living: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_MOST_PATIENCE):
                await watch.until("reading", "learning", "ready", "waiting")
                score.start_seconds = time.time() - server.began
                _came_up(await client.state(), before, score)
                living = asyncio.create_task(visit.live())
                await _moment(plan, house, server, watch, chance, score)
        finally:
            server.kill()
            stage = watch.stage
            await server.gone()
            for job in (watching, living):
                if job is not None and (trouble := await quietly(job)):
                    score.problems.append(f"kill {score.kills + 1}: {trouble}")
        score.promises.learned = max(score.promises.learned, watch.learned)
        score.changes += visit.changes
        score.refusals += visit.refusals
        return "answering and idle" if stage == "ready" else stage


def _came_up(state: dict[str, Any], before: Found, score: Score) -> None:
    """Note what Home Assistant does not know after a start although it was on disk."""
    for name, count in (("answers", before.answers), ("statements", before.statements)):
        if state[name] < count:
            score.problems.append(f"start {score.kills + 1}: {state[name]} {name} known, {count} on disk")


async def _moment(plan: str, house: House, server: Victim, watch: Watch, chance: random.Random, score: Score) -> None:
    """Wait for the moment to kill, by plan; a strike at saving kills by itself."""
    if plan == "any":
        await asyncio.sleep(chance.uniform(0.0, 4.0))
        return
    await watch.until("ready")
    if plan == "answering":
        await asyncio.sleep(chance.uniform(0.0, 2.5))
        return
    await asyncio.sleep(chance.uniform(0.0, 1.0))
    strike = threading.Thread(target=_strike, args=(house, server, chance.uniform(0.0, _SAVING_SECONDS)), daemon=True)
    if plan == "saving":
        strike.start()
    with suppress(*([ClientError] if strike.is_alive() else [])):  # it may be struck while it is asked
        async with Visitor(house.url) as third:
            await third.enter(house.token)
            if chance.random() < 0.3:
                await third.reload()
            else:
                await third.command("hunches_faults/learn")
    if plan == "reading":
        await watch.soon("reading", "learning")
        await asyncio.sleep(chance.uniform(0.0, 0.03))
    elif plan == "learning":
        await watch.soon("learning")
        await asyncio.sleep(chance.uniform(0.0, 0.6))
    else:
        await asyncio.to_thread(strike.join, _MOST_PATIENCE)


def _strike(house: House, server: Victim, delay: float) -> None:
    """Kill Home Assistant while it saves its memory: when the new file appears, or a little later."""
    end = time.monotonic() + _MOST_PATIENCE
    while time.monotonic() < end:
        if any(house.storage.glob("hunches.memory.*.part")):
            time.sleep(delay)
            server.kill()
            return
        time.sleep(0.0005)
