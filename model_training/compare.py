"""Holds variants of the state model against each other: which one is trained on everything.

    python -m model_training compare [--homes 4000] [--seeds 3] [--work DIR] [--out model_training/reports]

Every variant is trained from every seed on the same training homes and scored on the same validation homes; the
held-out homes are not touched. A run that was interrupted goes on where it stopped. Writes `variants.md` and
`variants.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_mutual_info_score

from . import ROOT, archetypes, evaluate, make_examples, metrics, rivals, train_state
from .evaluate import part, windows
from .train import described
from .train_state import Recipe

if TYPE_CHECKING:
    from .dataset import Arrays

VARIANTS: Final = {
    "full": Recipe(width=1),
    "without the task of telling roles": Recipe(width=1, roles=0.0),
    "without contrast between windows": Recipe(width=1, contrast=0.0),
    "twice as wide": Recipe(),
    "without simple forecasts to weigh": Recipe(width=1, experts=False),
}
"""What is compared; all but the named part as in the first. The winner is the recipe that is trained by default."""
BOOSTED: Final = "boosted trees, no names"
SETTLED: Final = 14 * 86400.0  # history from which a question tells what names cost, in seconds


def main() -> int:
    """Parse the command line, compare, and write the table. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="compare", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--homes", type=int, default=evaluate.Options.fleet_homes)
    parser.add_argument("--seed", type=int, default=1, help="of the fleet")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each variant")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "training")
    parser.add_argument("--out", type=Path, default=evaluate.REPORTS)
    parser.add_argument("--workers", type=int, default=None)
    options = parser.parse_args()
    if options.homes < 20 or options.seeds < 1:
        print("compare: --homes must be 20 or more and --seeds 1 or more", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    folder = options.work / f"fleet-{options.seed}-{options.homes}"
    make_examples.make(folder, options.homes, options.seed, options.workers)
    rows, devices = make_examples.load(folder, "state"), make_examples.load(folder, "devices")
    kept = folder / f"variants-{options.epochs}.json"
    found: dict[str, list[dict[str, float]]] = json.loads(kept.read_text()) if kept.exists() else {}
    for seed in range(1, options.seeds + 1):
        for name in (*VARIANTS, BOOSTED):
            if len(found.get(name, [])) >= seed:
                continue
            score = _score(name, rows, devices, options.epochs, seed)
            print(f"{name}, seed {seed}: {json.dumps(score)}", flush=True)
            found.setdefault(name, []).append(score)
            kept.write_text(json.dumps(found))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "variants.json").write_text(json.dumps(found, indent=1) + "\n")
    text = table(found, options.homes, options.epochs)
    (options.out / "variants.md").write_text(text)
    print(text)
    return 0


def _score(name: str, rows: Arrays, devices: Arrays, epochs: int, seed: int) -> dict[str, float]:
    training, validation = part(rows), part(rows, evaluate.VALIDATION)
    # Half of the validation homes choose the epoch and calibrate, the other half score.
    choose = validation["home"] % 20 == evaluate.VALIDATION
    chooses, scores = ({key: value[m] for key, value in validation.items()} for m in (choose, ~choose))
    began = time.process_time()
    found: dict[str, float] = {}
    if name == BOOSTED:
        trees = HistGradientBoostingClassifier(
            max_iter=300, learning_rate=0.08, max_leaf_nodes=31, l2_regularization=1.0, random_state=seed
        ).fit(rivals.everything(training), training["target"])
        seconds, logit = time.process_time() - began, trees.decision_function(rivals.everything(scores))
    else:
        roles = np.array(described(devices, training)[1])
        nets = train_state.train(training, chooses, epochs, seed, roles, VARIANTS[name])
        seconds, logit = time.process_time() - began, train_state.predict(nets, train_state.tensors(scores))[0].numpy()
        found = _embedding(nets, training, scores, devices, seed)
    settled = scores["history"] >= SETTLED
    return {
        "log_loss": round(metrics.log_loss(logit, scores["target"]), 4),
        "log_loss_settled": round(metrics.log_loss(logit[settled], scores["target"][settled]), 4),
        "ece": round(metrics.calibration_error(logit, scores["target"]), 4),
        **found,
        "seconds": round(seconds),
    }


def _embedding(nets: train_state.Nets, rows: Arrays, others: Arrays, devices: Arrays, seed: int) -> dict[str, float]:
    """Return how far archetypes, fitted on training homes, agree with true roles on others: named and masked."""
    own, other = windows(rows), windows(others)
    centres, _ = archetypes.cluster(train_state.predict(nets, train_state.tensors(own))[1].numpy(), seed)
    role = np.array(described(devices, other)[1])
    found = {}
    for name, keep in (("ami_named", 1), ("ami_masked", 0)):
        points = train_state.predict(nets, train_state.tensors({**other, "tokens": other["tokens"] * keep}))[1].numpy()
        labels = archetypes.nearest(points, centres)
        found[name] = round(float(adjusted_mutual_info_score(role[role != ""], labels[role != ""])), 3)
    return found


def table(found: dict[str, list[dict[str, float]]], homes: int, epochs: int) -> str:
    """Return the comparison as Markdown: means over seeds, and the spread between them."""
    columns = ("log_loss", "log_loss_settled", "ece", "ami_named", "ami_masked", "seconds")
    about = (
        f"{homes} simulated homes, {epochs} epochs, scored on validation homes that chose nothing. Mean over seeds ± "
        "their standard deviation; settled: two weeks of history or more; AMI: of archetypes with true roles; s: of "
        "processor."
    )
    shipped = next((name for name, recipe in VARIANTS.items() if recipe == Recipe()), "none of these")
    lines = [
        f"# Variants of the state model\n\n{about} What is trained and ships: {shipped}.\n",
        "| variant | seeds | log-loss | settled | ECE | AMI named | AMI masked | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, scores in found.items():
        cells = []
        for column in columns:
            values = [score[column] for score in scores if column in score]
            digits = 0 if column == "seconds" else 3 if column.startswith("ami") else 4
            spread = f" ± {np.std(values):.{digits}f}" if len(values) > 1 and column != "seconds" else ""
            cells.append(f"{np.mean(values):.{digits}f}{spread}" if values else "–")
        lines.append(f"| {name} | {len(scores)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
