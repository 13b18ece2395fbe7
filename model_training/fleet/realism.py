"""Can a classifier tell simulated devices from real ones? `python -m model_training.fleet.realism --homes DIR`.

DIR holds the bundles that may be used for calibration. Each real device is a *kind* (kettle, room light …); against it
stand the simulated devices of that kind of the generator "residents", seen as the real ones were recorded: appliances
on a one-minute grid, room lights looked at every ten minutes while the sun is down. Plugs that are simply always on are
left out on both sides, since a power meter does not show them, and so are homes recorded on a coarser grid. Rows are
two weeks of one device (`windows`).

The generator "processes" knows no kinds: there lights stand against lights, plugs against plugs. It is wider than any
real home on purpose, so that it is easy to tell apart is no fault; what matters is that real devices lie within.

Each kind weighs as much among the simulated as among the real, each device of a kind alike. Folds leave out one real
home with a share of the simulated ones; the AUC is taken within each fold. The stricter figure leaves out single real
devices instead, so that the classifier may learn the habits of a home from its other devices.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.localtime import LocalTime

from . import processes, residents, windows
from .command import Parser, at_least
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.timeline import Timeline

COUNT: Final = 300
"""Homes to simulate."""
_MINUTE: Final = 60.0
_LOOK: Final = 600.0  # seconds between looks at a room's light
_DUSK: Final = -4.0  # degrees of the sun below which the room lights of the recording are seen
_MOST_ON: Final = 0.5  # share of time; an appliance above it is a plug that is always on
_WINDOWS: Final = 12  # most windows of one device
_DRAWS: Final = 500
_FOLDS: Final = 5
_ROOM: Final = "room light"
_KINDS: Final = {
    "kettle": "kettle", "microwave": "microwave", "dishwasher": "dishwasher", "washing machine": "washing machine",
    "shower": "shower", "kitchen light": "kitchen light", "bathroom light": "bathroom light", "bedroom light": _ROOM,
    "office light": _ROOM, "living room light": _ROOM, "child's light": _ROOM, "toilet light": "bathroom light",
    "light": _ROOM,
}  # fmt: skip
"""Role, or name in a real home (a light's after its room), to the kind that is compared."""
_BARE: Final = {"light": "light", "switch": "plug"}
"""Domain to the kind that is compared where devices are of no kind."""


@dataclass(frozen=True, slots=True)
class Table:
    """Windows: [n, columns] of `windows.NAMES`, and [n] kind, home and device by name, and whether it is real."""

    x: NDArray[np.float64]
    kind: NDArray[np.str_]
    home: NDArray[np.str_]
    device: NDArray[np.str_]
    real: NDArray[np.bool_]


def _real_kind(name: str, area: str | None) -> str | None:
    plain = name.casefold()
    if plain == "light" and area:
        return _KINDS.get(f"{area.casefold()} light", _ROOM)
    return _KINDS.get(plain)


def _seen(recording: Recording, key: str, kind: str, clock: LocalTime) -> tuple[Spans, Spans]:
    """Return when a device was known and on, as the real ones of its kind were recorded."""
    known, on = windows.known_and_on(recording.timelines[key], recording.end)
    if not kind.endswith("light"):
        return known, windows.gridded(on, _MINUTE)
    moments = np.arange(np.ceil(recording.start / _LOOK) * _LOOK, recording.end, _LOOK)
    dark = moments[clock.elevation(moments) < _DUSK]
    night = Spans.union(dark, dark + _LOOK)
    return known.intersect(night), windows.sampled(on, _LOOK, recording.start, recording.end).intersect(night)


def _grid(timeline: Timeline) -> float:
    """Return the grid of a recorder in seconds, as one device's changes tell it."""
    return float(np.gcd.reduce(np.rint(np.diff(timeline.times)).astype(np.int64))) if len(timeline) > 1 else 0.0


def _add(
    found: list[tuple[NDArray[np.float64], str, str, str, bool]],
    recording: Recording,
    kinds: dict[str, str],
    real: bool,
) -> None:
    home = recording.home
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    for key, kind in kinds.items():
        known, on = _seen(recording, key, kind, clock)
        light = kind.endswith("light")
        if not light and on.total > _MOST_ON * max(known.total, 1.0):
            continue
        if _grid(recording.timelines[key]) > (_LOOK if light else _MINUTE):
            continue
        rows = windows.rows(known, on, clock)
        if len(rows) > _WINDOWS:
            rows = rows[np.linspace(0, len(rows) - 1, _WINDOWS).astype(np.int64)]
        found.extend((row, kind, home.name, f"{home.name} {key}", real) for row in rows)


def table(real: Iterable[Recording], count: int, seed: int, generator: str = "residents") -> Table:
    """Return the windows of real homes and of `count` simulated ones of a generator."""
    found: list[tuple[NDArray[np.float64], str, str, str, bool]] = []
    lived_in = generator == "residents"
    for recording in real:
        devices = {e.entity_id: _real_kind(e.name, e.area) for e in recording.home.devices}
        kinds = {k: kind if lived_in else _BARE[k.split(".")[0]] for k, kind in devices.items() if kind}
        _add(found, recording, {k: kind for k, kind in kinds.items() if k in recording.timelines}, True)
    for index in range(count):
        if lived_in:
            home = residents.simulate(index, seed)
            kinds = {k: _KINDS[role] for k, role in home.roles.items() if role in _KINDS}
        else:
            home = processes.simulate(index, seed)
            kinds = {k: _BARE[k.split(".")[0]] for k in home.roles if k.split(".")[0] in _BARE}
        single = {k: kind for k, kind in kinds.items() if k not in home.groups and k not in home.same_as}
        _add(found, home.recording, single, False)
    if not found:
        return Table(np.zeros((0, len(windows.NAMES))), *(np.zeros(0, dtype=t) for t in ("U1", "U1", "U1", bool)))
    x, kind, name, device, is_real = zip(*found, strict=True)
    return Table(np.array(x), np.array(kind), np.array(name), np.array(device), np.array(is_real))


def weights(t: Table, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return [n] weights: 0 outside `rows`; the same total for real and simulated of each kind; devices alike."""
    weight = np.zeros(len(t.x))
    for kind in np.unique(t.kind[rows & t.real]):
        devices = np.unique(t.device[rows & t.real & (t.kind == kind)])
        if not (rows & ~t.real & (t.kind == kind)).any():
            continue
        for side in (t.real, ~t.real):
            chosen = np.flatnonzero(rows & side & (t.kind == kind))
            _, which, n = np.unique(t.device[chosen], return_inverse=True, return_counts=True)
            weight[chosen] = devices.size / n.size / n[which]
    return weight


def _models() -> dict[str, Callable[[], Any]]:
    return {
        "boosted trees": lambda: HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=8, l2_regularization=1.0, random_state=0
        ),
        "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)),
    }


def _fit(model: Any, t: Table, weight: NDArray[np.float64]) -> Any:
    rows = weight > 0
    scaled = weight[rows] * rows.sum() / weight[rows].sum()
    name = {"logisticregression__sample_weight": scaled} if hasattr(model, "steps") else {"sample_weight": scaled}
    return model.fit(t.x[rows], t.real[rows], **name)


def _folds(t: Table, units: NDArray[np.str_], seed: int, at_most: int) -> list[NDArray[np.bool_]]:
    """Return the held-out rows of each fold: some real units, and as large a share of the simulated homes."""
    rng = np.random.default_rng(seed)
    real, homes = rng.permutation(np.unique(units[t.real])), rng.permutation(np.unique(t.home[~t.real]))
    n = min(real.size, at_most)
    return [np.where(t.real, np.isin(units, real[fold::n]), np.isin(t.home, homes[fold::n])) for fold in range(n)]


def separability(t: Table, make: Callable[[], Any], units: NDArray[np.str_], seed: int) -> tuple[float, float, float]:
    """Return the AUC of telling real from simulated with units held out, and its 95 % interval.

    The interval resamples real devices and simulated homes within each fold.
    """
    rng = np.random.default_rng(seed)
    size = np.unique(units[t.real]).size
    parts = []
    for held in _folds(t, units, seed, min(size, _FOLDS)):
        model = _fit(make(), t, weights(t, ~held))
        weight = weights(t, held)
        rows = np.flatnonzero(weight > 0)
        if len(np.unique(t.real[rows])) == 2:  # both sides
            parts.append((rows, weight[rows], model.predict_proba(t.x[rows])[:, 1]))
    share = np.array([weight[t.real[rows]].sum() for rows, weight, _ in parts])
    draws = np.array(
        [
            [_resampled(t, rows, weight, score, rng if draw else None) for rows, weight, score in parts]
            for draw in range(_DRAWS + 1)
        ]
    )
    mean = (draws * share).sum(axis=1) / share.sum()
    low, high = np.quantile(mean[1:], (0.025, 0.975)).tolist()
    return float(mean[0]), low, high


def _resampled(
    t: Table, rows: NDArray[np.int64], weight: NDArray[np.float64], score: NDArray[np.float64],
    rng: np.random.Generator | None,
) -> float:  # fmt: skip
    times = np.ones(rows.size)
    if rng is not None:
        units = np.where(t.real[rows], t.device[rows], t.home[rows])
        names, which = np.unique(units, return_inverse=True)
        real = np.zeros(names.size, dtype=np.bool_)
        real[which[t.real[rows]]] = True
        drawn = np.zeros(names.size)
        for side in (np.flatnonzero(real), np.flatnonzero(~real)):
            drawn[side] = np.bincount(rng.integers(0, side.size, side.size), minlength=side.size)
        times = drawn[which]
    return float(roc_auc_score(t.real[rows], score, sample_weight=weight * times))


def telling(t: Table, seed: int) -> list[tuple[str, float, float, float]]:
    """Return (column, AUC lost by shuffling it, weighted medians of real and simulated), the most telling first."""
    weight = weights(t, np.ones(len(t.x), dtype=np.bool_))
    rows = weight > 0
    model = _fit(_models()["boosted trees"](), t, weight)
    lost = permutation_importance(
        model, t.x[rows], t.real[rows], scoring="roc_auc", n_repeats=3, random_state=seed, sample_weight=weight[rows]
    ).importances_mean
    found = []
    for column in np.argsort(-lost):
        middle = [_median(t.x[side & rows, column], weight[side & rows]) for side in (t.real, ~t.real)]
        found.append((windows.NAMES[column], float(lost[column]), *middle))
    return found


def covered(t: Table) -> float:
    """Return the share of real values within the simulated devices' 2.5 to 97.5 % of the same kind and column."""
    inside = []
    for kind in np.unique(t.kind[t.real]):
        real, other = (t.x[side & (t.kind == kind)] for side in (t.real, ~t.real))
        if len(other):
            low, high = np.quantile(other, (0.025, 0.975), axis=0)
            inside.append(((real >= low) & (real <= high)).ravel())
    return float(np.concatenate(inside).mean()) if inside else 0.0


def _median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


@dataclass(frozen=True, slots=True)
class Told:
    """How well one classifier tells real from simulated: AUC with its 95 % interval, `held_out` "home" or "device"."""

    held_out: str
    by: str
    auc: float
    low: float
    high: float


def told(t: Table, seed: int) -> list[Told]:
    """Return how well each classifier tells real from simulated, with real homes held out, and with real devices."""
    return [
        Told(unit, name, *separability(t, make, units, seed))
        for unit, units in (("home", t.home), ("device", t.device))
        for name, make in _models().items()
    ]


def comparable(t: Table) -> bool:
    """Whether there are real devices of two homes or more, and simulated ones beside them."""
    return np.unique(t.home[t.real]).size >= 2 and not bool(t.real.all())


def counts(t: Table, side: NDArray[np.bool_]) -> dict[str, int]:
    """Return how many homes, devices and windows one side has."""
    homes, devices = np.unique(t.home[side]).size, np.unique(t.device[side]).size
    return {"homes": homes, "devices": devices, "windows": int(side.sum())}


def main(arguments: Sequence[str] | None = None, out: Callable[[str], None] = print) -> int:
    """Print how well simulated and real devices can be told apart, and by what; return the exit code."""
    parser = Parser(prog="model_training.fleet.realism", description="Can simulated devices be told from real ones?")
    parser.add_argument("--homes", type=Path, nargs="+", required=True, help="bundles, or a folder of bundles")
    parser.add_argument("--count", type=at_least(40), default=COUNT, help="homes to simulate")
    parser.add_argument("--seed", type=at_least(0), default=1)
    parser.add_argument("--generator", choices=("residents", "processes"), default="residents")
    parser.add_argument("--kinds", action="store_true", help="also each kind alone")
    chosen = parser.parse_args(arguments)
    try:
        folders = [f for home in chosen.homes for f in ([home] if (home / "home.json").is_file() else home.iterdir())]
        real = [bundle.read(folder) for folder in sorted(folders) if (folder / "home.json").is_file()]
    except (OSError, bundle.BundleError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    t = table(real, chosen.count, chosen.seed, chosen.generator)
    if not comparable(t):
        print(f"{parser.prog}: two real homes with kettles, washing machines … or lights are needed", file=sys.stderr)
        return 2
    out(f"real: {_counted(t, t.real)}; simulated: {_counted(t, ~t.real)}")
    for one in told(t, chosen.seed):
        out(f"  AUC, real {one.held_out}s held out, {one.by:<20} {one.auc:.3f}  (95 % {one.low:.3f} to {one.high:.3f})")
    out(f"  real values within the simulated 95 %: {covered(t):.3f}")
    out("  what tells most (AUC lost when shuffled; median real, simulated)")
    for name, lost, middle, other in telling(t, chosen.seed)[:12]:
        out(f"    {name:<32} {lost:.3f}   {middle:8.3f} {other:8.3f}")
    if chosen.kinds:
        _each_kind(t, out)
    return 0


def _counted(t: Table, side: NDArray[np.bool_]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts(t, side).items())


def _each_kind(t: Table, out: Callable[[str], None]) -> None:
    for kind in np.unique(t.kind[t.real]):
        rows = t.kind == kind
        if np.unique(t.device[rows & t.real]).size > 1:
            one = Table(t.x[rows], t.kind[rows], t.home[rows], t.device[rows], t.real[rows])
            auc, low, high = separability(one, _models()["boosted trees"], one.device, 0)
            out(f"  {kind} alone, devices held out: AUC {auc:.3f} ({low:.3f} to {high:.3f})")
        out(f"  {kind}: real {_counted(t, rows & t.real)}; simulated {_counted(t, rows & ~t.real)}")
        for column, name in enumerate(windows.NAMES):
            cells = [
                "  ".join(f"{q:8.3f}" for q in np.quantile(t.x[rows & side, column], (0.1, 0.5, 0.9)))
                for side in (t.real, ~t.real)
                if (rows & side).any()
            ]
            out(f"    {name:<32} {'   |  '.join(cells)}")


if __name__ == "__main__":
    raise SystemExit(main())
