"""Scores the shipped model beside its rivals on homes that no training saw, and writes the report.

    python -m model_training evaluate [--homes DIR] [--fleet-homes N] [--seed S] [--assets DIR] [--out DIR]

Held-out homes of the simulated fleet are asked, and every home bundle in DIR: by its `queries.csv`, or by questions
drawn with the seed. All answers come from the assets as they ship. What is slow to make is kept in `--work`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from custom_components.hunches.engine import bundle, context_numbers, features
from custom_components.hunches.engine.model import ASSETS, AssetError, Model
from script.marked_block import MarksError, around

from . import (
    ROOT,
    context_scores,
    evaluate_acceptance,
    evaluate_areas,
    evaluate_asked,
    evaluate_embedding,
    evaluate_forecasts,
    evaluate_hunches,
    evaluate_realism,
    evaluate_recorded,
    evaluate_replayed,
    evaluate_unseen,
    figures,
    make_examples,
    model_card,
    report,
    speed,
)
from .evaluate_asked import Answered
from .evaluate_store import Store
from .fleet import realism

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

REPORTS = ROOT / "model_training" / "reports"
FEWEST_HOMES = 40
HELD_OUT, VALIDATION = evaluate_asked.HELD_OUT, 1  # homes by their number modulo ten
NEEDED = frozenset({"dark", "speed"})
"""Figures of every evaluation that older ones did not have."""
JUDGING = ("acceptance.onnx", "personal.json")
"""Assets that nothing else rests on: they can be trained, and scored, without the rest."""


class ExamplesError(ValueError):
    """Examples on disk were made by other code."""


@dataclass(frozen=True)
class Options:
    """What to evaluate: the fleet by size and seed, and home bundles in `homes`.

    `unseen`: with the two short trainings for unseen kinds of devices. `room_homes`: simulated homes whose devices'
    rooms are asked for. `hunch_homes`: simulated homes that are lived through for a week, to count hunches.
    `context_homes`: simulated homes of each sort whose people are followed. `realism_homes`: those that are held
    against recorded ones.
    """

    homes: Path | None = None
    work: Path = ROOT / "build" / "training"
    fleet_homes: int = 4000
    proposal_homes: int = 6400
    seed: int = 1
    assets: Path = ASSETS
    unseen: bool = True
    room_homes: int = 150
    hunch_homes: int = 150
    context_homes: int = 30
    realism_homes: int = realism.COUNT
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What figures are drawn from.

    `devices`: held-out ones. `places` [m, 2] and `archetypes` [m] of the fleet's training devices, and the archetypes'
    `titles`. `answers` by set of questions.
    """

    devices: evaluate_embedding.Embedded
    places: NDArray[np.float32]
    archetypes: NDArray[np.int64]
    titles: tuple[str, ...]
    answers: dict[str, Answered]


def main() -> int:
    """Parse the command line, evaluate, and write the report. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--homes", type=Path, help="folder of home bundles")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "training", help="what is kept between runs")
    parser.add_argument(
        "--fleet-homes", type=int, default=Options.fleet_homes, help="homes of the fleet; one in ten is asked"
    )
    parser.add_argument("--proposal-homes", type=int, default=Options.proposal_homes, help="one in ten is asked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    parser.add_argument("--out", type=Path, default=REPORTS, help="folder of the report")
    parser.add_argument("--workers", type=int, help="processes that simulate")
    parser.add_argument("--no-unseen", action="store_true", help="leave out the two short trainings")
    parser.add_argument("--acceptance", action="store_true", help="only hunches: what else the report says is kept")
    parser.add_argument(
        "--readme", type=Path, help="file whose figures, between markers, are brought up to date, and those of the card"
    )
    given = parser.parse_args()
    if given.homes is not None and not any(given.homes.glob("*/home.json")):
        print(f"evaluate: {given.homes}: no folder with a home.json", file=sys.stderr)
        return 2
    if given.fleet_homes < FEWEST_HOMES:
        print(f"evaluate: --fleet-homes must be {FEWEST_HOMES} or more, or too few are left to ask", file=sys.stderr)
        return 2
    began = time.monotonic()
    options = Options(
        given.homes,
        given.work,
        given.fleet_homes,
        given.proposal_homes,
        given.seed,
        given.assets,
        unseen=not given.no_unseen,
        workers=given.workers,
    )
    try:
        if given.readme:
            around(given.readme, report.BEGIN, report.END)  # before the work, not after it
        if given.acceptance:
            found = again(options, given.out)
        else:
            found, seen = run(options)
            found["pictures"] = figures.draw(found, seen, given.out)
        report.write(found, given.out)
        if given.readme:
            report.update(given.readme, found)
            enter(given.assets, found)
    except (AssetError, bundle.BundleError, ExamplesError, MarksError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    print(report.reached(found))
    print(f"\nevaluate: report in {given.out}, {time.monotonic() - began:.0f} s")
    return 0


def run(options: Options) -> tuple[dict[str, Any], Seen]:
    """Evaluate. Returns (all figures, what they were made from).

    Raises `ExamplesError`, `bundle.BundleError` or `AssetError`.
    """
    homes, seed = options.fleet_homes, options.seed
    model, store = Model.load(options.assets), Store(options.work / "evaluation")
    folder = options.work / f"fleet-{seed}-{homes}"
    make_examples.make(folder, homes, seed, options.workers, options.assets / context_numbers.ASSET.name)
    state = make_examples.load(folder, "state")
    if state["stable"].shape[1] != features.N_STABLE or state["dynamic"].shape[1] != len(features.DYNAMIC):
        msg = f"{folder}: made for other features than these; remove it"
        raise ExamplesError(msg)

    recordings = recorded(options.homes) if options.homes is not None else {}
    folders = [options.homes / name for name in recordings] if options.homes is not None else []
    asked = evaluate_asked.fleet(store, homes, seed, options.workers)
    training = asked.pop("training")
    for path in folders:
        if rows := evaluate_asked.recorded(store, path, recordings[path.name], seed):
            asked[path.name] = rows
    answers = evaluate_asked.answered(store, model, asked, part(state), training, seed)
    mixed, curve = answers["mixed"], answers["curve"]
    devices = evaluate_embedding.Embedded.of(model, evaluate_asked.portraits(store, homes, seed))
    fleet = windows(part(state))
    points = model.embed(fleet["stable"], fleet["tokens"].astype(np.int64))
    found: dict[str, Any] = {
        "about": {
            "assets": model.card["assets"],
            "trained_on": model.card.get("data", {}),
            "fleet_homes": homes,
            "seed": seed,
            "held_out_homes": len(np.unique(mixed.homes)),
            "questions": len(mixed.target),
            "questions_by_history": len(curve.target),
            "share_on": round(float(mixed.target.mean()), 3),
        },
        "simulated": evaluate_forecasts.by_method(mixed, seed),
        "by_horizon": evaluate_forecasts.by_horizon(mixed),
        "by_history": evaluate_forecasts.by_history(curve),
        "language": evaluate_forecasts.language(model, mixed, curve, seed),
        "by_language": evaluate_forecasts.by_language(mixed),
        "embedding": evaluate_embedding.scores(model, devices, points, fleet["home"], seed),
        "acceptance": acceptance(options, model),
        "rooms": evaluate_areas.scores(options.assets, recordings, options.room_homes, seed),
        "dark": context_scores.dark(),
        "speed": {"limit": speed.LIMIT, "ms": milliseconds(options.assets)},
    }
    if options.unseen:
        described = make_examples.load(folder, "devices")
        found["unseen_roles"] = evaluate_unseen.roles(
            part(state), part(state, VALIDATION), part(state, HELD_OUT), described, seed
        )
    if scored := {p.name: evaluate_recorded.score(answers[p.name], seed) for p in folders if p.name in answers}:
        found["recorded"] = {
            "homes": scored,
            "mean": evaluate_recorded.summary(scored),
            "parts": evaluate_recorded.parts(scored),
        }
    if contexts := {name: told for name, home in recordings.items() if (told := context_scores.home(home, seed))}:
        found["context"] = {"homes": contexts, "mean": context_scores.summary(contexts, seed)}
        found["context_simulated"] = context_scores.simulated(options.context_homes, seed)
    if recordings:
        found["recorded_hunches"] = evaluate_replayed.scores(model, recordings)
    if told_apart := evaluate_realism.scores(recordings, seed, options.realism_homes):
        found["realism"] = told_apart
    labels = evaluate_embedding.archetypes(model, points)
    return _said(found), Seen(devices, model.place(points), labels, model.archetypes.titles, answers)


def recorded(folder: Path) -> dict[str, bundle.Recording]:
    """Return every home bundle in a folder, by name. Raises `bundle.BundleError`."""
    return {path.parent.name: bundle.read(path.parent) for path in sorted(folder.glob("*/home.json"))}


def milliseconds(assets: Path) -> dict[str, float]:
    """Return what the networks take by numpy, milliseconds a device."""
    return {name: round(ms, 4) for name, ms in speed.times(Model.load(assets, runtime="numpy")).items()}


def acceptance(options: Options, model: Model) -> dict[str, Any]:
    """Return what `evaluate_acceptance` finds in held-out homes, made where there are none yet, and hunches counted."""
    folder = options.work / f"proposals-{options.seed}-{options.proposal_homes}"
    numbers = options.assets / context_numbers.ASSET.name
    make_examples.make_proposals(folder, options.proposal_homes, options.seed, options.workers, numbers)
    rows = part(make_examples.load(folder, make_examples.PROPOSALS), HELD_OUT)
    found = evaluate_acceptance.scores(model, rows, options.seed)
    return found | {"hunches": evaluate_hunches.scores(options.assets, options.hunch_homes, workers=options.workers)}


def again(options: Options, folder: Path) -> dict[str, Any]:
    """Return the figures in `folder` with those of the acceptance model made anew.

    Raises `ExamplesError` if the others were made from other networks than those in the assets.
    """
    found, model = earlier(options.assets, folder), Model.load(options.assets)
    found["about"]["assets"] = dict(model.card["assets"])
    found["acceptance"] = acceptance(options, model)
    found.pop("recorded_hunches", None)  # of networks that are no more
    if options.homes is not None:
        found["recorded_hunches"] = evaluate_replayed.scores(model, recorded(options.homes))
    cleaned: dict[str, Any] = _said(found)
    return cleaned


def earlier(assets: Path, folder: Path) -> dict[str, Any]:
    """Return the figures in `folder`; raises `ExamplesError` if they were made from other networks than in `assets`.

    Those that hunches are judged by may be others. Figures of an older evaluation, which lacks some, are refused too.
    """
    path = folder / report.RESULTS
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if missing := sorted(NEEDED - found.keys()):
        msg = f"{path}: made before there was {', '.join(missing)}; evaluate all of them"
        raise ExamplesError(msg)
    now, before = (
        {name: digest for name, digest in digests.items() if name not in JUDGING}
        for digests in (model_card.read(assets)["assets"], found["about"]["assets"])
    )
    if now != before:
        msg = f"{path}: made from other networks than those in {assets}; evaluate all of them"
        raise ExamplesError(msg)
    return found


def enter(assets: Path, found: dict[str, Any]) -> None:
    """Write the figures into the model card of the assets that they were made from."""
    card = model_card.read(assets)
    card["metrics"] |= summary(found)
    model_card.write(assets, card)


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Return what goes into the model card: every figure of `run` but those of single homes."""
    apart = {"recorded", "context", "recorded_hunches", "about", "pictures"}
    short = {key: value for key, value in found.items() if key not in apart}
    short |= {key: found[key]["mean"] for key in ("recorded", "context") if key in found}
    if "recorded_hunches" in found:
        short["recorded_hunches"] = {bar: seen["all"] for bar, seen in found["recorded_hunches"].items()}
    return short


def _said(value: Any) -> Any:
    """Return figures with None in place of what is not a number: JSON has no other word for it."""
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_said(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def part(rows: Arrays, which: int | None = None) -> Arrays:
    """Return the rows of training homes, or of the homes set apart as `which`."""
    share = rows["home"] % 10
    keep = (share != HELD_OUT) & (share != VALIDATION) if which is None else share == which
    return {key: value[keep] for key, value in rows.items()}


def windows(rows: Arrays) -> Arrays:
    """Return one row for each device: its longest history."""
    order = np.lexsort((rows["history"], rows["device"]))
    last = np.append(np.diff(rows["device"][order]) != 0, True)
    return {key: value[order[last]] for key, value in rows.items()}


if __name__ == "__main__":
    sys.exit(main())
