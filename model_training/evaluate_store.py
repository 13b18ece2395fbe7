"""What is slow to make is made once and kept: questions, portraits and rivals, each by what it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import ROOT

if TYPE_CHECKING:
    from .dataset import Arrays

_SOURCES = (
    "custom_components/hunches/engine/*.py",
    "model_training/fleet/*.py",
    "model_training/fleet/*.csv",
    "model_training/dataset.py",
    *(f"model_training/evaluate_{name}.py" for name in ("asked", "devices", "names", "questions")),
    "model_training/rivals.py",
)


@lru_cache(maxsize=1)
def sources() -> str:
    """Return a digest of all code that questions, portraits and rivals depend on."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in _SOURCES for p in ROOT.glob(pattern)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Store:
    """Arrays in a folder, under a name and a digest of what they were made from; older ones of a name are removed."""

    folder: Path

    def get(self, name: str, inputs: Iterable[object], make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of `name`, made anew if the code or `inputs` have changed."""
        key = hashlib.sha256("\n".join([sources(), *map(str, inputs)]).encode()).hexdigest()[:16]
        path = self.folder / f"{name}-{key}.npz"
        if path.exists():
            with np.load(path) as found:
                return {key: found[key] for key in found.files}
        arrays = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob(f"{name}-{'?' * 16}.npz"):
            old.unlink()
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **arrays)  # type: ignore[arg-type]
        partial.replace(path)
        return arrays
