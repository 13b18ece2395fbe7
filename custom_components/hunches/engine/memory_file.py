"""The long memory as bytes: a line that says what follows and its hash, then NumPy's own archive of plain arrays.

Sums are float64 and times exact, so that a home restarted every day remembers the very numbers of one that never was.
An entity takes about 1.7 KB, and 5 bytes for each change before compression.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .folded import RESOLUTION, Folded
from .memory import Kept
from .usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

VERSION: Final = 1
"""To be raised when an older integration could not read the file. Fields of `Usage` come and go without that."""
_NAME: Final = b"hunches-memory"
_FIELDS: Final = tuple(field.name for field in fields(Usage))
_TICKS: Final = np.iinfo(np.uint32).max


class MemoryFileError(ValueError):
    """The bytes are not a memory that can be read; the message says why. `newer`: they are of a later version."""

    def __init__(self, reason: str, *, newer: bool = False) -> None:
        super().__init__(reason)
        self.newer = newer


def dump(kept: Mapping[str, Kept]) -> bytes:
    """Return what is kept of each entity, by key, as bytes."""
    keys = sorted(kept)
    changes = [_reaching(kept[key].changes) for key in keys]
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.frombuffer(json.dumps(keys).encode(), dtype=np.uint8),
        "lengths": np.array([len(c) for c in changes], dtype=np.uint32),
        "starts": np.array([c.start for c in changes], dtype=np.float64),
        "ticks": _concatenated([c.ticks for c in changes], np.uint32),
        "marks": _concatenated([c.marks for c in changes], np.uint8),
        **{f"usage.{name}": _column([getattr(kept[key].usage, name) for key in keys]) for name in _FIELDS},
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    body = archive.getvalue()
    return b"%s %d %s\n" % (_NAME, VERSION, hashlib.sha256(body).hexdigest().encode()) + body


def load(data: bytes) -> dict[str, Kept]:
    """Return what is kept of each entity, by key. Raises `MemoryFileError`."""
    head, _, body = data.partition(b"\n")
    words = head.split(b" ")
    if len(words) != 3 or words[0] != _NAME or not words[1].isdigit():
        raise MemoryFileError("not a memory of this integration")
    if int(words[1]) > VERSION:
        raise MemoryFileError(f"written by a newer version ({int(words[1])}, this one reads {VERSION})", newer=True)
    if hashlib.sha256(body).hexdigest().encode() != words[2]:
        raise MemoryFileError("damaged: its contents do not have the hash that it names")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            return _read(dict(archive))
    except (KeyError, ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise MemoryFileError(f"not understood: {error}") from error


def _read(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Kept]:
    keys = json.loads(arrays["keys"].tobytes())
    ends = np.cumsum(arrays["lengths"], dtype=np.int64)
    columns = {name: arrays[f"usage.{name}"] for name in _FIELDS if f"usage.{name}" in arrays}
    found = {}
    for row, (key, end, length) in enumerate(zip(keys, ends, arrays["lengths"], strict=True)):
        part = slice(int(end) - int(length), int(end))
        changes = Folded(float(arrays["starts"][row]), arrays["ticks"][part].copy(), arrays["marks"][part].copy())
        found[str(key)] = Kept(changes, _usage({name: column[row] for name, column in columns.items()}))
    return found


def _usage(values: Mapping[str, Any]) -> Usage:
    """Return aggregates from what a file has of them; a field that it does not know begins empty."""
    empty = Usage()
    known: dict[str, Any] = {}
    for name, value in values.items():
        default = getattr(empty, name)
        if np.shape(value) != np.shape(default):
            raise ValueError(f"{name} has the shape {np.shape(value)}")
        known[name] = value.copy() if np.ndim(value) else type(default)(value)
    return Usage(**known)


def _column(values: Sequence[Any]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _concatenated(parts: Sequence[NDArray[Any]], kind: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts], dtype=kind, casting="unsafe")


def _reaching(changes: Folded) -> Folded:
    """Return the part of a timeline whose times fit into a file: a clock that was wrong may lie decades back."""
    if not len(changes) or (last := int(changes.ticks[-1])) <= _TICKS:
        return changes
    first = int(changes.ticks.searchsorted(last - _TICKS))
    passed = changes.ticks[first]
    return Folded(changes.start + float(passed) / RESOLUTION, changes.ticks[first:] - passed, changes.marks[first:])
