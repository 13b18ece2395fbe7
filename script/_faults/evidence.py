"""What a killed Home Assistant left on disk, and what must be there: every answer that was acknowledged, once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from custom_components.hunches.engine.memory_file import MemoryFileError, load

if TYPE_CHECKING:
    from pathlib import Path

    from custom_components.hunches.engine.memory import Kept

FEEDBACK: Final = ("hunches.feedback", "hunches.feedback.copy")
MEMORY: Final = ("hunches.memory", "hunches.memory.previous")
_APART: Final = 1e-3
_OTHERS: Final = re.compile(r"\[(homeassistant\.components\.(camera|ffmpeg|recorder|stream)|haffmpeg)\b")
"""Whose errors in the log have nothing to do with us: this machine has no cameras; an unclean end is the recorder's."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a hunch: the moment at which the hunch was raised tells it apart from all others."""

    time: float
    entity_id: str
    answer: str


@dataclass(slots=True)
class Promises:
    """What Home Assistant has said yes to, and what was under way when it was killed.

    `learned`: Unix seconds up to which aggregates were said to be saved.
    """

    answers: list[Given] = field(default_factory=list)
    unsure_answers: list[Given] = field(default_factory=list)
    statements: list[float] = field(default_factory=list)
    unsure_statements: list[float] = field(default_factory=list)
    learned: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Promises:
        """Return what was kept."""
        return cls(
            [Given(**given) for given in row["answers"]],
            [Given(**given) for given in row["unsure_answers"]],
            list(row["statements"]),
            list(row["unsure_statements"]),
            row["learned"],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What is on disk: answers and statements in the file that will be read, and what is broken.

    `saved`: when the memory was saved last, in nanoseconds. `parts`: files that are half written, or wholly but not yet
    in place.
    """

    answers: int
    statements: int
    saved: int
    parts: frozenset[str]
    problems: tuple[str, ...]


def look(storage: Path, promises: Promises) -> Found:
    """Return what a killed Home Assistant left in `.storage`, with a line for each promise that was broken."""
    problems: list[str] = []
    feedback = feedback_of(storage)
    if feedback is None:
        problems.append("no file of answers can be read")
        feedback = {"answers": [], "corrections": []}
    problems += _answers(feedback, promises)
    kept = memory_of(storage)
    learned = max((k.usage.until for k in kept.values()), default=0.0)
    if learned < promises.learned:
        problems.append(
            f"the memory on disk is {promises.learned - learned:.3f} s older than what was said to be saved"
        )
    return Found(
        len(feedback["answers"]),
        len(feedback["corrections"]),
        latest.stat().st_mtime_ns if (latest := storage / MEMORY[0]).exists() else 0,
        frozenset(path.name for path in storage.glob("hunches.*.part")),
        tuple(problems),
    )


def feedback_of(storage: Path) -> dict[str, Any] | None:
    """Return the answers that the next start will read; None if there are none that can be read."""
    for name in FEEDBACK:
        try:
            content = json.loads((storage / name).read_text(encoding="utf-8"))
            return dict(content["data"])
        except OSError, ValueError, KeyError, TypeError:
            continue
    return None


def memory_of(storage: Path) -> dict[str, Kept]:
    """Return the memory that the next start will read."""
    for name in MEMORY:
        try:
            return load((storage / name).read_bytes())
        except OSError, MemoryFileError:
            continue
    return {}


def _answers(feedback: Mapping[str, Any], promises: Promises) -> Iterator[str]:
    known = Counter(
        Given(row["hunch"]["time"], row["hunch"]["entity_id"], row["answer"]) for row in feedback["answers"]
    )
    for given in promises.answers:
        if known[given] != 1:
            yield f"{given.answer} about {given.entity_id} at {given.time:.3f} is there {known[given]} times"
    for given in promises.unsure_answers:
        if known[given] > 1:
            yield f"{given.answer} about {given.entity_id}, not acknowledged, is there {known[given]} times"
    starts = [row["start"] for row in feedback["corrections"]]
    for start in promises.statements:
        count = sum(abs(start - other) < _APART for other in starts)
        if count != 1:
            yield f"the statement about {start:.0f} is there {count} times"


def complaints(log: str) -> tuple[str, ...]:
    """Return the errors in a log that somebody has to answer for."""
    lines = log.splitlines()
    found = [line for line in lines if " ERROR " in line and not _OTHERS.search(line)]
    return tuple(line[:300] for line in found) + tuple(
        line.strip()[:300] for line in lines if line.startswith("  File ") and "/custom_components/hunches" in line
    )
