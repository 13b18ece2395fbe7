"""Scores forecasts on recorded homes that the model has never seen, beside simple rivals on the same questions.

    python -m model_training.evaluate_homes --homes DIR [--assets DIR]

Each folder in DIR is a home bundle with a `queries.csv` (`entity_id,asof,target`). Only history up to `asof` is used.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

from custom_components.hunches.engine import bundle, forecaster
from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.experts import EXPERTS, forecast
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.model import ASSETS, Model
from custom_components.hunches.engine.usage import Usage, advance

from . import metrics

RIVALS = {"rate": "rate", "profile": "EWMA", "markov": "persistence", "survival": "survival"}


def main() -> int:
    """Print a line a home: log-loss of the model and of each rival, AUC, calibration error, seconds."""
    parser = argparse.ArgumentParser(prog="evaluate_homes", description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=Path, required=True)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args()
    folders = sorted(p.parent for p in options.homes.glob("*/queries.csv"))
    if not folders:
        print(f"evaluate_homes: {options.homes}: no folder with a queries.csv", file=sys.stderr)
        return 2
    model = Model.load(options.assets, runtime="numpy")
    columns = ("model", *RIVALS.values())
    print(f"{'home':16}" + "".join(f"{name:>12}" for name in columns) + f"{'to best':>9}{'AUC':>7}{'ECE':>7}{'s':>6}")
    losses, ratios = [], []
    for folder in folders:
        recording, queries = bundle.read(folder), _queries(folder / "queries.csv")
        began = time.perf_counter()
        p = np.clip(forecaster.answer(model, recording, queries), 1e-6, 1 - 1e-6)
        seconds = time.perf_counter() - began
        target = np.array([float(recording.timelines[q.entity_id].at(q.target) == 1) for q in queries])
        logit = np.log(p / (1 - p))
        found = [metrics.log_loss(logit, target)]
        found += [metrics.log_loss(rival, target) for rival in _rivals(recording, queries).T]
        losses.append(found)
        ratios.append(found[0] / min(found[1:]))
        print(
            f"{folder.name:16}"
            + "".join(f"{loss:12.4f}" for loss in found)
            + f"{ratios[-1]:9.2f}{metrics.auc(logit, target):7.3f}"
            + f"{metrics.calibration_error(logit, target):7.3f}{seconds:6.1f}"
        )
    print(f"{'mean':16}" + "".join(f"{loss:12.4f}" for loss in np.mean(losses, axis=0)) + f"{np.mean(ratios):9.2f}")
    return 0


def _queries(path: Path) -> list[forecaster.Query]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            forecaster.Query(row["entity_id"], float(row["asof"]), float(row["target"]))
            for row in csv.DictReader(lines)
        ]


def _rivals(recording: Recording, queries: list[forecaster.Query]) -> np.ndarray:
    """Return log-odds [n, 4] of the rivals, each from the same past."""
    clock = LocalTime(recording.home.time_zone, recording.home.latitude, recording.home.longitude)
    places = [EXPERTS.index(name) for name in RIVALS]
    found = np.zeros((len(queries), len(places)))
    usages: dict[str, Usage] = {}
    for i in sorted(range(len(queries)), key=lambda i: queries[i].asof):
        query = queries[i]
        timeline = recording.timelines[query.entity_id]
        usage = advance(usages.get(query.entity_id, Usage()), timeline, query.asof, clock)
        usages[query.entity_id] = usage
        found[i] = forecast(timeline, usage, query.asof, np.array([query.target]), clock).logit[0, places]
    return found


if __name__ == "__main__":
    sys.exit(main())
