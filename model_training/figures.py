"""Pictures of the report: reliability, errors by horizon and history, recorded homes, and the fleet's map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np

from . import metrics, report_recorded
from .evaluate_devices import is_light, outdoors
from .rivals import BOOSTED, EWMA, LINEAR, MASKED, MODEL, OWN_PAST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

    from .evaluate import Seen

DPI: Final = 80
ISLANDS: Final = 14  # archetypes whose titles are written on the map
_COLOURS: Final = {MODEL: "#b5179e", MASKED: "#e39ad4", BOOSTED: "#2b6cb0", LINEAR: "#2f855a", EWMA: "#b7791f"}


def draw(found: Mapping[str, Any], seen: Seen, folder: Path) -> dict[str, str]:
    """Write all pictures into `folder`. Returns file name → caption, in order."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 (only after its backend has been chosen)

    folder.mkdir(parents=True, exist_ok=True)
    captions: dict[str, str] = {}

    def keep(name: str, figure: Figure, caption: str) -> None:
        figure.tight_layout()
        figure.savefig(folder / name, dpi=DPI, metadata={"Software": None})
        plt.close(figure)
        captions[name] = caption

    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4))
    _reliability(axes[0], seen, ("mixed",), (MODEL, BOOSTED, LINEAR, EWMA), "simulated, held out")
    homes = tuple(name for name in seen.answers if name not in {"mixed", "curve"})
    if homes:
        _reliability(axes[1], seen, homes, (MODEL, OWN_PAST[4], EWMA), f"{len(homes)} recorded homes together")
    keep("reliability.png", figure, "Forecasts and what came true, in 15 equally filled bins; log-odds on both axes")

    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    _lines(axes[0], found["by_horizon"], "how far ahead", (MODEL, BOOSTED, LINEAR, EWMA))
    _lines(axes[1], found["by_history"], "days of history, the same questions", (MODEL, MASKED, BOOSTED, LINEAR, EWMA))
    keep("horizon_history.png", figure, "Log-loss on held-out simulated homes by how far ahead and by days of history")

    if "recorded" in found:
        figure, axis = plt.subplots(figsize=(8, 3.6))
        _homes(axis, found["recorded"]["homes"])
        keep(
            "homes.png", figure, "Recorded homes: the model's log-loss ÷ that of the home's best rival, 95 % over days"
        )

    figure, axis = plt.subplots(figsize=(7.4, 6.2))
    _map_on_time(figure, axis, seen)
    keep("map_on_time.png", figure, "The map, held-out devices coloured by typical on-time (grey: hardly ever used)")
    figure, axis = plt.subplots(figsize=(7.4, 6.2))
    _map_archetypes(axis, seen)
    keep("map_archetypes.png", figure, f"The fleet's map by archetype, with the titles of the {ISLANDS} largest")
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.6))
    _map_outdoors(axes[0], seen)
    _direction(axes[1], seen, found["embedding"]["on_time"])
    keep(
        "islands.png",
        figure,
        "Left: lights on the map; porch lights that are called “First Light” (crosses) land among those with telling"
        " names as far as their use tells. Right: on-time along the embedding's first principal direction",
    )
    return captions


def _reliability(axis: Axes, seen: Seen, sets: tuple[str, ...], methods: tuple[str, ...], title: str) -> None:
    target = np.concatenate([seen.answers[name].target for name in sets])
    for method in methods:
        logit = np.concatenate([seen.answers[name].logits[method] for name in sets])
        said, came, filled = metrics.reliability(logit, target)
        came = (came * filled + 0.5) / (filled + 1)
        axis.plot(_log_odds(said), _log_odds(came), marker="o", ms=3, lw=1, label=method, color=_COLOURS.get(method))
    ends = np.array([0.001, 0.999])
    axis.plot(_log_odds(ends), _log_odds(ends), color="0.7", lw=0.8, zorder=0)
    ticks = np.array([0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
    axis.set_xticks(_log_odds(ticks), [f"{t:g}" for t in ticks])
    axis.set_yticks(_log_odds(ticks), [f"{t:g}" for t in ticks])
    axis.set(xlabel="forecast", ylabel="came true", title=title)
    axis.legend(fontsize=7)


def _log_odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p / (1 - p)))


def _lines(axis: Axes, cuts: Mapping[str, Any], label: str, methods: tuple[str, ...]) -> None:
    cuts = {name: cut for name, cut in cuts.items() if cut}
    for method in methods:
        values = [cut["methods"][method]["log_loss"] for cut in cuts.values()]
        axis.plot(range(len(cuts)), values, marker="o", ms=3, label=method, color=_COLOURS[method])
    axis.set_xticks(range(len(cuts)), list(cuts), fontsize=8)
    axis.set(xlabel=label, ylabel="log-loss", ylim=(0, None))
    axis.legend(fontsize=7)


def _homes(axis: Axes, homes: Mapping[str, Any]) -> None:
    order = sorted(homes, key=lambda name: -homes[name]["to_best"])
    for place, name in enumerate(order):
        low, high = homes[name]["to_best_95"]
        axis.plot([low, high], [place, place], color="0.6", lw=1)
        axis.plot(homes[name]["to_best"], place, "o", color=_COLOURS[MODEL])
    axis.set_yticks(range(len(order)), [report_recorded.title(name) for name in order], fontsize=8)
    axis.axvline(1.0, color="0.4", lw=0.8)
    axis.axvline(0.95, color="0.7", lw=0.8, ls=":")
    axis.set(xlabel="below 1: better than the home's best rival; dotted: the target")


def _dots(axis: Axes, places: np.ndarray, **looks: Any) -> PathCollection:
    return axis.scatter(places[:, 0], places[:, 1], **{"lw": 0, **looks})


def _frame(axis: Axes) -> None:
    axis.set_xticks([])
    axis.set_yticks([])


def _map_on_time(figure: Figure, axis: Axes, seen: Seen) -> None:
    places, seconds = seen.devices.places, seen.devices.devices["on_time"]
    known = np.isfinite(seconds)
    _dots(axis, places[~known], s=5, color="0.85")
    hours = np.log10(np.clip(seconds[known], 10, 3e5))
    drawn = _dots(axis, places[known], s=7, c=hours, cmap="viridis")
    bar = figure.colorbar(drawn, ax=axis, shrink=0.8)
    ticks = {60: "1 min", 600: "10 min", 3600: "1 h", 6 * 3600: "6 h", 86400: "1 day"}
    bar.set_ticks([float(np.log10(s)) for s in ticks], labels=list(ticks.values()))
    _frame(axis)


def _map_archetypes(axis: Axes, seen: Seen) -> None:
    places, labels = seen.places, seen.archetypes
    colours = mpl.colormaps["tab20"](np.arange(len(seen.titles)) * 7 % 20)
    _dots(axis, places, s=3, c=colours[labels])
    for k, _ in Counter(labels.tolist()).most_common(ISLANDS):
        x, y = np.median(places[labels == k], axis=0)
        box = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 1.0}
        axis.text(x, y, seen.titles[k], fontsize=8, ha="center", va="center", bbox=box)
    _frame(axis)


def _map_outdoors(axis: Axes, seen: Seen) -> None:
    roles = seen.devices.devices["role"].tolist()
    light, outside = np.array([is_light(r) for r in roles]), np.array([outdoors(r) for r in roles])
    porch = np.array([r == "porch light" for r in roles])
    places = seen.devices.places
    _dots(axis, places[~light], s=4, color="0.9")
    _dots(axis, places[light & ~outside], s=7, color="#90a4c4", label="lights indoors")
    _dots(axis, places[outside], s=11, color="#e08e00", label="lights outdoors")
    unnamed = {"s": 14, "color": "#b5179e", "marker": "x", "lw": 0.8, "label": "called “First Light”"}
    _dots(axis, seen.devices.bare_places[porch], **unnamed)
    axis.legend(fontsize=7)
    _frame(axis)


def _direction(axis: Axes, seen: Seen, numbers: Mapping[str, Any]) -> None:
    seconds = seen.devices.devices["on_time"]
    known = np.isfinite(seconds)
    points = seen.devices.named[known].astype(np.float64)
    centred = points - points.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    minutes = np.log10(np.maximum(seconds[known], 1) / 60)
    axis.scatter(along * np.sign(np.corrcoef(along, minutes)[0, 1]), minutes, s=5, lw=0, color="#2b6cb0", alpha=0.5)
    axis.set_yticks(range(-1, 5), [f"{10.0**e:g}" for e in range(-1, 5)])
    axis.set(xlabel="first principal direction", ylabel="typical on-time, minutes")
    axis.set_title(f"r = {numbers['r_by_direction'][0]:.2f}", fontsize=9)
