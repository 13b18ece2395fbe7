"""The model card: what the assets are, what they were made from, and how good they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from custom_components.hunches.engine.model import CARD

if TYPE_CHECKING:
    from pathlib import Path


def read(assets: Path) -> dict[str, Any]:
    """Return the card of a folder of assets."""
    card: dict[str, Any] = json.loads((assets / CARD).read_text(encoding="utf-8"))
    return card


def write(assets: Path, card: dict[str, Any]) -> None:
    """Write the card of a folder of assets."""
    (assets / CARD).write_bytes(as_bytes(card))


def as_bytes(value: object) -> bytes:
    """Return JSON as assets are written in it: a line a value, so that changes can be read."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
