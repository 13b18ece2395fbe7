"""Markdown tables, and figures as they are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def span(values: Sequence[float]) -> str:
    """Return an interval."""
    return f"{values[0]:.3f}–{values[1]:.3f}"


def either(values: Sequence[float] | None) -> str:
    """Return an interval, or a dash where there is none."""
    return "–" if values is None else span(values)


def cell(value: object) -> str:
    """Return any value as the text of a cell."""
    return number(value) if isinstance(value, float | int) else str(value)


def number(value: float | None) -> str:
    """Return a figure with no more places than it can bear."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 and value != int(value) else f"{value:g}"
