"""The part of a document that a command fills: what stands between two marks."""

from __future__ import annotations

from pathlib import Path


class MarksError(ValueError):
    """A document has no such marks, or cannot be read; the message says which."""


def around(path: Path, begin: str, end: str) -> tuple[str, str]:
    """Return what stands before and after a marked block. Raises `MarksError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MarksError(f"{path}: {error.strerror or error}") from error
    before, first, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise MarksError(f"{path}: no {begin} … {end} to fill")
    return before, after


def fill(path: Path, begin: str, end: str, block: str) -> None:
    """Put a block between its marks. Raises `MarksError`."""
    before, after = around(path, begin, end)
    path.write_text(f"{before}{begin}\n{block}\n{end}{after}", encoding="utf-8")
