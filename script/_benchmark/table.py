"""The table: its lines, how cost grows, and the table as text, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"
LINEAR: Final = 1.1
"""The exponent up to which cost is called linear: what is measured wavers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `rival`: what it is held against, in the same unit and measured in the same run; None where there is nothing.
    `ratio`: value to rival. `limit`: what the value must not exceed, in its unit; None without one.
    """

    name: str
    value: float
    unit: str
    rival: float | None
    ratio: float | None
    limit: float | None

    @classmethod
    def of(
        cls, name: str, value: float, unit: str, rival: float | None, limit: float | None = None, times: float = 0.0
    ) -> Row:
        """Return a line with its ratio; `times`: the limit as a multiple of the rival, where it is one."""
        ratio = value / rival if rival else None
        if times and rival:
            limit = times * rival
        return cls(name, _round(value), unit, _round(rival), _round(ratio), _round(limit))

    @property
    def missed(self) -> bool:
        """Whether the limit is exceeded."""
        return self.limit is not None and self.value > self.limit


def _round[T: (float, float | None)](value: T) -> T:
    return value if value is None else float(f"{value:.4g}")


def growth(name: str, sizes: Sequence[float], costs: Sequence[float]) -> Row:
    """Return the exponent with which cost grows with size: the slope of a line through their logarithms."""
    slope = float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
    return Row.of(f"exponent of {name}; rival: linear", slope, "", 1.0, LINEAR)


def text(rows: Sequence[Row]) -> str:
    """Return the table for a screen, each limit that is missed marked and named first."""
    missed = [row for row in rows if row.missed]
    lines = [_missed(rows)]
    lines += [f"  MISSED {row.value:g} {row.unit} instead of {row.limit:g}: {row.name}" for row in missed]
    for row in rows:
        rival = "" if row.rival is None else f"{row.rival:.4g}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        limit = "" if row.limit is None else f"{row.limit:.4g}{' !' if row.missed else ''}"
        lines.append(f"{row.value:10.4g} {row.unit:4} {rival:>10} {ratio:>8} {limit:>10}   {row.name}")
    lines.insert(len(missed) + 1, f"{'value':>10} {'':4} {'rival':>10} {'ratio':>8} {'limit':>10}")
    return "\n".join(lines)


def markdown(rows: Sequence[Row], machine: str) -> str:
    """Return the table for a README: what has a limit, what is missed first, and the rest folded away."""
    held = sorted((row for row in rows if row.limit is not None), key=lambda row: not row.missed)
    rest = [row for row in rows if row.limit is None]
    about = f"{_missed(rows)}; they are bold and come first. A limit is in the unit of what was measured."
    lines = [about, "", *_table(held), "", f"Printed by `script/benchmark` on {machine}."]
    if rest:
        lines += ["", "<details>", f"<summary>{len(rest)} more, without a limit</summary>", "", *_table(rest), ""]
        lines += ["</details>"]
    return "\n".join(lines)


def _missed(rows: Sequence[Row]) -> str:
    return f"{sum(row.missed for row in rows)} of {sum(row.limit is not None for row in rows)} limits are missed"


def _table(rows: Sequence[Row]) -> list[str]:
    lines = ["| cost | measured | rival | ratio | limit |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "**" if row.missed else ""
        numbers = (row.value, row.rival, row.ratio, row.limit)
        value, rival, ratio, limit = ("" if n is None else f"{n:.3g}" for n in numbers)
        measured = f"{value} {row.unit}".strip()
        lines.append(f"| {row.name} | {mark}{measured}{mark} | {rival} | {ratio} | {limit} |")
    return lines


def as_json(rows: Sequence[Row]) -> str:
    """Return an array of `{name, value, unit, rival, ratio, limit}`."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"
