"""Faults that are brought about one at a time: full and read-only disks, spoiled files, two processes on one folder.

In all of them Home Assistant starts, says once what is wrong, and goes on; nothing that was said is lost.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from _demo.client import ClientError

from .aggregates import compare
from .evidence import FEEDBACK, MEMORY, complaints, feedback_of, memory_of
from .house import House, Visitor

if TYPE_CHECKING:
    from pathlib import Path

type Problems = list[str]

LIGHT: Final = "light.kitchen_ceiling"
_ROOM: Final = 256 * 1024
"""Bytes that the small disk has beside what is on it already, and the largest file once more: a new one lies beside."""
_END_SECONDS: Final = 60.0
_OURS: Final = ("custom_components.hunches", "custom_components/hunches/", "/.storage/hunches.", "config for hunches.")
"""What an error in the log names if it is ours; Home Assistant's own files suffer from a bad disk too."""


class Skipped(Exception):
    """This machine does not let the fault be brought about; the message says why."""


async def full_disk(house: House) -> Problems:
    """Fill the disk while an answer is given and something is learned; then make room again."""
    problems: Problems = []
    with _small_disk(house) as filler:
        async with house.at_home() as client:
            before = len((feedback_of(house.storage) or {})["answers"])
            _fill(filler)
            told = await _answer(client)
            if "could not be stored" not in told:
                problems.append(f"who answered was told: {told or 'that all is well'}")
            for _ in range(2):
                await client.learn_on()
            if (state := await client.state())["answers"] <= before:
                problems.append("the answer does not hold")
            if state["stage"] != "ready":
                problems.append(f"the integration is {state['stage']}, not ready")
            filler.unlink()
            await client.act("scan")
            await client.learn_on()
            if len((feedback_of(house.storage) or {})["answers"]) <= before:
                problems.append("the answer was not stored when there was room again")
            if max(k.usage.until for k in memory_of(house.storage).values()) < (await client.state())["until"]:
                problems.append("what was learned was not saved when there was room again")
        problems += _said(house, {"cannot be stored": 1, "cannot be saved": 1})
    return problems


async def read_only_folder(house: House) -> Problems:
    """Start on a folder that takes nothing, learn and answer."""
    problems: Problems = []
    with _read_only(house.storage):
        async with house.at_home() as client:
            await client.learn_on()
            told = await _answer(client)
            if "could not be stored" not in told:
                problems.append(f"who answered was told: {told or 'that all is well'}")
            if (stage := (await client.state())["stage"]) != "ready":
                problems.append(f"the integration is {stage}, not ready")
        problems += _said(house, {"cannot be stored": 1, "cannot be saved": 1})
    return problems


async def spoiled_memory(house: House) -> Problems:
    """Put half of it, another program's file and a newer version's in place of the memory, then in place of both."""
    whole = (house.storage / MEMORY[0]).read_bytes()
    spoiled = {
        "half": whole[: len(whole) // 2],
        "foreign": b"SQLite format 3\0" + bytes(4096),
        "newer": whole.replace(b"hunches-memory 1 ", b"hunches-memory 2 ", 1),
    }
    problems: Problems = []
    for name, content in spoiled.items():
        for files in (MEMORY[:1], MEMORY):
            for file in files:
                (house.storage / file).write_bytes(content)
            async with house.at_home() as client:
                await client.learn_on()
            found = [*_said(house, {"cannot be used": len(files)}), *compare(house.folder).problems]
            if (house.storage / "hunches.memory.unreadable").read_bytes() != content:
                found.append("it was not set aside")
            problems += [f"{name}, {len(files)} of 2: {problem}" for problem in found]
    return problems


async def spoiled_answers(house: House) -> Problems:
    """Put something else in place of the answers; the other copy knows them all."""
    whole = (house.storage / FEEDBACK[0]).read_bytes()
    known = len((feedback_of(house.storage) or {})["answers"])
    spoiled = {"half": whole[: len(whole) // 2], "foreign": b"[1, 2, 3]", "empty": b""}
    problems: Problems = []
    for name, content in spoiled.items():
        (house.storage / FEEDBACK[0]).write_bytes(content)
        async with house.at_home() as client:
            state = await client.state()
            await _answer(client)
        known += 1
        found = _said(house, {"cannot be used": 1})
        if state["answers"] < known - 1:
            found.append(f"{state['answers']} answers are known, {known - 1} were given")
        if (house.storage / f"{FEEDBACK[0]}.unreadable").read_bytes() != content:
            found.append("it was not set aside")
        problems += [f"{name}: {problem}" for problem in found]
    newer = (house.storage / FEEDBACK[0]).read_bytes().replace(b'"version":1,', b'"version":7,', 1)
    (house.storage / FEEDBACK[0]).write_bytes(newer)
    async with house.at_home() as client:
        state = await client.state()
        await _answer(client)
    problems += [f"newer: {problem}" for problem in _said(house, {"written by a newer version": 1})]
    if state["answers"] < known:
        problems.append(f"newer: {state['answers']} answers are known, {known} were given")
    if (house.storage / f"{FEEDBACK[0]}.version7").read_bytes() != newer:
        problems.append("newer: the file was not kept as it was")
    return problems


async def two_processes(house: House) -> Problems:
    """Start a second Home Assistant on the same folder: it is refused, and the first goes on."""
    problems: Problems = []
    async with house.at_home() as client:
        command = (sys.executable, "-P", "-m", "homeassistant", "--config", str(house.folder), "--skip-pip")
        second = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            async with asyncio.timeout(_END_SECONDS):
                said = (await second.communicate())[0].decode(errors="replace")
        finally:
            with suppress(ProcessLookupError):
                second.kill()
        if second.returncode != 1 or "already running" not in said:
            problems.append(f"the second one ended with {second.returncode}: {said.strip()[-200:]}")
        if told := await _answer(client):
            problems.append(f"the first one refused an answer: {told}")
        await client.learn_on()
    return [*problems, *_said(house, {})]


SCENARIOS: Final[Mapping[str, Callable[[House], Awaitable[Problems]]]] = {
    "a full disk": full_disk,
    "a read-only folder": read_only_folder,
    "a spoiled memory": spoiled_memory,
    "spoiled answers": spoiled_answers,
    "two processes": two_processes,
}


async def _answer(client: Visitor) -> str:
    """Answer a hunch with "not now"; return what one is told if that is refused, else nothing."""
    hunch = await client.command("hunches_faults/propose", entity_id=LIGHT)
    data = {"domain": "hunches", "service": "reject", "service_data": {"hunch": hunch["hunch"]}}
    try:
        await client.command("call_service", **data, return_response=True)
    except ClientError as error:
        return str(error)
    return ""


def _said(house: House, counts: Mapping[str, int]) -> Problems:
    """Return what is wrong with the log: each of these has to be said so often, and no other error of ours."""
    lines = [line for line in house.log.splitlines() if "custom_components.hunches]" in line]
    found = [
        f"'{text}' is said {count} times, not {often}"
        for text, often in counts.items()
        if (count := sum(text in line for line in lines)) != often
    ]
    expected = (*counts, "Error during service call")  # what the caller is told is logged by Home Assistant too
    return found + [
        line
        for line in complaints(house.log)
        if any(ours in line for ours in _OURS) and not any(text in line for text in expected)
    ]


@contextmanager
def _small_disk(house: House) -> Iterator[Path]:
    """Let `.storage` lie on a small disk of its own; the name of a file that may fill it is returned."""
    kept = house.folder / ".storage.kept"
    shutil.copytree(house.storage, kept)
    sizes = [path.stat().st_size for path in kept.iterdir()]
    size = sum(sizes) + max(sizes) + 4096 * len(sizes) + _ROOM
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(house.storage))
    try:
        shutil.copytree(kept, house.storage, dirs_exist_ok=True)
        yield house.storage / "filler"
        (house.storage / "filler").unlink(missing_ok=True)
        shutil.copytree(house.storage, kept, dirs_exist_ok=True)
    finally:
        subprocess.run(["umount", str(house.storage)], check=True)
        shutil.copytree(kept, house.storage, dirs_exist_ok=True)
        shutil.rmtree(kept)


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Let nobody write into a folder, not even root."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Skipped("only root may mount a disk")
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Skipped(f"no disk can be mounted here: {done.stderr.strip()}")


def _fill(filler: Path) -> None:
    """Leave not one byte free."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
