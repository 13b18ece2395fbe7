"""Summaries of the fleet, to hold against real homes: `python -m model_training.fleet.summary --count 50`.

`--homes DIR` adds the bundles in the folders of DIR (real homes; calibration may use only those whose licence allows).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.localtime import LocalTime

from .command import Parser, at_least
from .home import SimulatedHome
from .recorder import on_spans
from .simulate import fleet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.timeline import Timeline

_DAY: Final = 86400.0
_STEP: Final = 600.0
_QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


@dataclass(slots=True)
class Summary:
    """Figures of a set of homes, gathered one home at a time; lists have an entry for each home or device."""

    homes: int = 0
    devices: list[float] = field(default_factory=list)
    days: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    on_share: list[float] = field(default_factory=list)
    durations: list[NDArray[np.float64]] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    likeness: list[float] = field(default_factory=list)
    unwanted_share: list[float] = field(default_factory=list)
    unwanted_a_week: list[float] = field(default_factory=list)
    asleep: list[float] = field(default_factory=list)
    away: list[float] = field(default_factory=list)
    evidence: dict[str, int] = field(default_factory=dict)
    by_role: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)

    def add(self, home: SimulatedHome) -> None:
        """Take in one home."""
        recording = home.recording
        self.homes += 1
        days = max((recording.end - recording.start) / _DAY, 1e-6)
        self.days.append(days)
        self.devices.append(len(recording.home.devices))
        kinds = {f"{e.domain} {e.device_class or ''}".strip() for e in recording.home.evidence} or {"none"}
        for kind in kinds:
            self.evidence[kind] = self.evidence.get(kind, 0) + 1
        clock = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
        for label, shares in (("asleep", self.asleep), ("away", self.away)):
            if recording.truth:
                shares.append(sum(i.end - i.start for i in recording.truth if i.label == label) / days / _DAY)
        forgotten = 0
        for entity in recording.home.devices:
            timeline = recording.timelines.get(entity.entity_id)
            if timeline is None or len(timeline) == 0:
                continue
            stretches = home.unwanted.get(entity.entity_id, ())
            forgotten += len(stretches)
            self._device(timeline, recording, clock, home.roles.get(entity.entity_id, ""), stretches)
        if home.generator != "real":
            self.unwanted_a_week.append(7.0 * forgotten / days)

    def _device(
        self,
        timeline: Timeline,
        recording: Recording,
        clock: LocalTime,
        role: str,
        stretches: Sequence[bundle.Interval],
    ) -> None:
        known = timeline.carried()
        on = on_spans(timeline, recording.end)
        days = max((recording.end - float(timeline.times[0])) / _DAY, 1.0)
        changes = max(len(known) - 1, 0) / days
        lengths = on.ends - on.starts
        unwanted = sum(i.end - i.start for i in stretches) / on.total if on.total else 0.0
        self.changes.append(changes)
        self.on_share.append(on.total / days / _DAY)
        self.durations.append(lengths)
        self.unwanted_share.append(unwanted)
        grid = np.arange(recording.start, recording.end, _STEP)
        lit = on.contains(grid)
        if lit.any():
            hours = np.bincount(clock.hour(grid[lit]).astype(np.int64), minlength=24) / lit.sum()
            positive = hours[hours > 0]
            self.entropy.append(float(-(positive * np.log(positive)).sum() / np.log(24)))
            rows = lit[: lit.size // 144 * 144].reshape(-1, 144)
            either = (rows[1:] | rows[:-1]).sum()
            if either:
                self.likeness.append(float((rows[1:] & rows[:-1]).sum() / either))
        row = (changes, on.total / days / _DAY, float(np.median(lengths)) / 60 if lengths.size else 0.0, unwanted)
        self.by_role.setdefault(role, []).append(row)


def _line(name: str, values: Iterable[float], digits: int = 3) -> str:
    v = np.array(list(values))
    if not v.size:
        return f"  {name:<34} -"
    quantiles = "  ".join(f"{q:>9.{digits}f}" for q in np.quantile(v, _QUANTILES))
    return f"  {name:<34} {quantiles}   mean {v.mean():.{digits}f}"


def report(name: str, summary: Summary) -> str:
    """Return the table of one set of homes as text."""
    minutes = np.concatenate(summary.durations) / 60.0 if summary.durations else np.zeros(0)
    heads = "  ".join(f"{f'q{int(q * 100)}':>9}" for q in _QUANTILES)
    lines = [
        f"{name}: {summary.homes} homes, {int(sum(summary.devices))} devices",
        f"  {'':<34} {heads}",
        _line("devices a home", summary.devices, 1),
        _line("days of history", summary.days, 1),
        _line("changes a device a day", summary.changes),
        _line("share of time on, devices", summary.on_share),
        _line("minutes on, uses", minutes, 1),
        _line("median minutes on, devices", (float(np.median(d)) / 60 for d in summary.durations if d.size), 1),
        _line("longest on in days, devices", (float(d.max()) / _DAY for d in summary.durations if d.size)),
        _line("entropy over the hours, devices", summary.entropy),
        _line("likeness of neighbouring days", summary.likeness),
        _line("share of on-time unwanted, devices", summary.unwanted_share),
        _line("unwanted stretches a home a week", summary.unwanted_a_week, 2),
        _line("share asleep, homes", summary.asleep),
        _line("share away, homes", summary.away),
        "  homes with evidence: "
        + ", ".join(f"{kind} {n / summary.homes:.2f}" for kind, n in sorted(summary.evidence.items())),
    ]
    return "\n".join(lines)


def roles(summary: Summary) -> str:
    """Return a line for each role: devices, and the medians over devices of what they do."""
    lines = ["  role                 devices  changes/day   on-share  minutes  unwanted (mean)"]
    for role, rows in sorted(summary.by_role.items(), key=lambda item: -len(item[1])):
        table = np.array(rows)
        changes, share, minutes, _ = np.median(table, axis=0)
        lines.append(
            f"  {role:<20} {len(rows):>7} {changes:>12.2f} {share:>10.3f} {minutes:>8.1f}  {table[:, 3].mean():>8.3f}"
        )
    return "\n".join(lines)


def _real(folder: Path) -> Iterable[SimulatedHome]:
    for path in sorted(p for p in folder.iterdir() if (p / "home.json").is_file()):
        yield SimulatedHome(bundle.read(path), {}, {}, "real")


def main(arguments: Sequence[str] | None = None, out: Callable[[str], None] = print) -> int:
    """Print the summaries; return the exit code (2 for bad input)."""
    parser = Parser(prog="model_training.fleet.summary", description="Summaries of the simulated fleet.")
    parser.add_argument("--count", type=at_least(1), default=50, help="homes to simulate")
    parser.add_argument("--seed", type=at_least(0), default=1)
    parser.add_argument("--workers", type=at_least(1), default=2)
    parser.add_argument("--roles", action="store_true", help="also a line for each role")
    parser.add_argument("--homes", type=Path, help="a folder of home bundles, for comparison")
    chosen = parser.parse_args(arguments)
    groups: dict[str, Summary] = {}
    for home in fleet(chosen.count, chosen.seed, chosen.workers):
        groups.setdefault(home.generator, Summary()).add(home)
    if chosen.homes is not None:
        try:
            for home in _real(chosen.homes):
                groups.setdefault("real", Summary()).add(home)
        except (OSError, bundle.BundleError) as error:
            print(f"{parser.prog}: {error}", file=sys.stderr)
            return 2
    for name, summary in sorted(groups.items()):
        out(report(name, summary))
        if chosen.roles and name != "real":
            out(roles(summary))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
