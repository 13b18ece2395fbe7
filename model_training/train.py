"""Trains everything from the simulated fleet and writes the integration's assets and the report.

script/train            the context filter, the fleet, the networks, the archetypes, the map, the rooms, the report
script/train --smoke    the same path in two minutes, into a folder of its own
script/train --acceptance    what hunches are judged by, on the networks that are in the assets; the rest is kept

Every step keeps what it made in `--work`; a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from custom_components.hunches.engine import context_numbers, features
from custom_components.hunches.engine.acceptance import N_OUTLOOK
from custom_components.hunches.engine.model import ASSETS
from script.marked_block import MarksError, around

from . import (
    ROOT,
    archetypes,
    evaluate,
    export,
    machines,
    make_examples,
    model_card,
    report,
    train_acceptance,
    train_context,
    train_home,
    train_map,
    train_personal,
    train_rooms,
    train_state,
)
from . import figures as drawings
from .evaluate import part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_components.hunches.engine.model import StateModel

    from .dataset import Arrays

VERSION = 2
CONTEXT = context_numbers.ASSET.name
LIMIT_BYTES = 3_000_000
FEWEST_HOMES = 40
VALIDATION, HELD_OUT = evaluate.VALIDATION, evaluate.HELD_OUT


def main() -> int:
    """Parse the command line and train. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="the same path on a small fleet, assets kept apart")
    parser.add_argument("--acceptance", action="store_true", help="only what hunches are judged by; the rest is kept")
    parser.add_argument("--homes", type=int, default=evaluate.Options.fleet_homes, help="homes that are asked")
    parser.add_argument("--map-homes", type=int, default=14_000, help="homes whose devices the map is made of")
    parser.add_argument(
        "--proposal-homes", type=int, default=evaluate.Options.proposal_homes, help="homes that proposals are made to"
    )
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "training", help="shards and checkpoints")
    parser.add_argument("--assets", type=Path, default=None, help="where the assets go")
    parser.add_argument("--recorded", type=Path, default=None, help="folder of home bundles for the report")
    parser.add_argument("--readme", type=Path, default=None, help="file whose figures, between markers, are made anew")
    parser.add_argument("--workers", type=int, default=None, help="processes that simulate")
    parser.add_argument("--threads", type=int, default=1, help="of torch: these networks are too small for more")
    options = parser.parse_args()
    if options.smoke:
        options.homes, options.map_homes, options.proposal_homes, options.epochs = 40, 40, 40, 2
    options.assets = options.assets or (options.work / "smoke-assets" if options.smoke else ASSETS)
    if options.homes < FEWEST_HOMES:
        print(f"script/train: --homes must be {FEWEST_HOMES} or more, or no home is left to check on", file=sys.stderr)
        return 2
    torch.set_num_threads(options.threads)
    machines.join()
    try:
        if options.readme is not None:
            around(options.readme, report.BEGIN, report.END)  # before the work, not after it
        run(options)
    except (evaluate.ExamplesError, MarksError) as error:
        print(f"script/train: {error}", file=sys.stderr)
        return 2
    finally:
        machines.leave()
    return 0


def run(options: argparse.Namespace) -> None:
    """Train; where several processes share the training, all but the first only help with the networks."""
    began = time.monotonic()
    if options.acceptance:
        card = again(options)
        print(f"script/train: {card['bytes']:,} bytes in {options.assets}, {time.monotonic() - began:.0f} s")
        return
    options.assets.mkdir(parents=True, exist_ok=True)
    folder = options.work / f"fleet-{options.seed}-{options.homes}"
    portraits = options.work / f"portraits-{options.seed}-{options.map_homes}"
    if machines.first():
        # Examples hold what the context filter says, so it comes first.
        numbers = train_context.train(options.seed, 10 if options.smoke else train_context.HOMES)
        (options.assets / CONTEXT).write_bytes(model_card.as_bytes(numbers))
        make_examples.make(folder, options.homes, options.seed, options.workers, options.assets / CONTEXT)
        make_examples.make_portraits(portraits, options.map_homes, options.seed, options.workers)
        proposals = proposed(options)
    machines.wait()
    state, devices = make_examples.load(folder, "state"), make_examples.load(folder, "devices")
    roles = described(devices, part(state))[1]
    checkpoint = folder / f"state-{options.epochs}.pt"
    nets = train_state.train(
        part(state), part(state, VALIDATION), options.epochs, options.seed, np.array(roles), checkpoint=checkpoint
    )
    if machines.first():
        card = build(options, nets, proposals, make_examples.load(portraits, make_examples.PORTRAITS))
        print(f"script/train: {card['bytes']:,} bytes in {options.assets}, {time.monotonic() - began:.0f} s")
    machines.wait()


def proposed(options: argparse.Namespace) -> Arrays:
    """Return the proposals to homes of the fleet, made where they are not there yet."""
    folder = options.work / f"proposals-{options.seed}-{options.proposal_homes}"
    make_examples.make_proposals(
        folder, options.proposal_homes, options.seed, options.workers, options.assets / CONTEXT
    )
    return make_examples.load(folder, make_examples.PROPOSALS)


def described(devices: Arrays, rows: Arrays) -> tuple[list[str], list[str]]:
    """Return (names, true roles) of the device of each row."""
    order = np.argsort(devices["device"])
    index = order[np.searchsorted(devices["device"], rows["device"], sorter=order)]
    return devices["name"][index].tolist(), devices["role"][index].tolist()


def build(options: argparse.Namespace, nets: train_state.Nets, proposals: Arrays, devices: Arrays) -> dict[str, Any]:
    """Fit what stands on the embeddings, write the assets, score them on held-out homes, and write card and report."""
    seed = options.seed
    networks, parity = export.state(nets)
    judging, worst = accepting(options, export.written(networks), proposals)
    training, others = part(devices), part(devices, HELD_OUT)
    points, elsewhere = embed(nets, training), embed(nets, others)
    centres, temperature = archetypes.cluster(points, seed)
    labels = archetypes.nearest(points, centres)
    titles = archetypes.titles(labels, training["name"].tolist(), training["role"].tolist(), len(centres))
    uses = archetypes.uses(labels, training["stable"], len(centres))
    everyone = np.concatenate((points, embed(nets, part(devices, VALIDATION))))
    chart, fidelity = train_map.train(everyone, seed, 200 if options.smoke else train_map.STEPS)
    rng = np.random.default_rng(seed)
    home, home_scores = train_home.train(
        train_home.Homes.of(training, points, labels, rng),
        train_home.Homes.of(others, elsewhere, archetypes.nearest(elsewhere, centres), rng),
        len(centres),
        seed,
    )
    asked = train_rooms.simulated(
        networks[train_rooms.ENCODER], seed, 40 if options.smoke else train_rooms.HOMES, workers=options.workers
    )
    rooms = train_rooms.fit(asked, seed)
    drawn, off = export.others(home, chart)
    files = {
        "archetypes.json": model_card.as_bytes(archetypes.describe(centres, temperature, titles, uses)),
        CONTEXT: (options.assets / CONTEXT).read_bytes(),
        "rooms.json": model_card.as_bytes(rooms),
        **networks,
        **drawn,
        **judging,
    }
    card: dict[str, Any] = {
        "version": VERSION,
        "n_stable": features.N_STABLE,
        "n_outlook": N_OUTLOOK,
        "assets": _hashes(files),
        "bytes": sum(map(len, files.values())),
        "operators": sorted(export.OPERATORS),
        "data": {
            "homes": options.homes,
            "map_homes": options.map_homes,
            "proposal_homes": options.proposal_homes,
            "map_devices": len(everyone),
            "seed": seed,
            "epochs": options.epochs,
            "source": "simulated only: model_training/fleet; no real home was trained on",
        },
        "metrics": {
            "parity": max(parity, worst, off),
            "map": {"layout_reproduced": round(fidelity, 3)},
            "home": home_scores,
        },
    }
    _write(options.assets, files, card)
    judge(options)
    return card


def accepting(options: argparse.Namespace, networks: StateModel, proposals: Arrays) -> tuple[dict[str, bytes], float]:
    """Return the assets that hunches are judged by, and the largest difference that the exported network showed."""
    checks = part(proposals, VALIDATION)
    net = train_acceptance.train(networks, part(proposals), checks, options.epochs, options.seed)
    priors = train_personal.train(networks, net, checks, options.seed)
    files, worst = export.acceptance(net)
    personal = model_card.as_bytes({name: prior.as_json() for name, prior in priors.items()})
    return files | {"personal.json": personal}, worst


def again(options: argparse.Namespace) -> dict[str, Any]:
    """Train what hunches are judged by on the networks that are in the assets, and score it; the rest is kept."""
    evaluate.earlier(options.assets, report_folder(options))  # before the work, not after it
    card = model_card.read(options.assets)
    kept = {name: (options.assets / name).read_bytes() for name in card["assets"] if name not in evaluate.JUDGING}
    files, worst = accepting(options, export.written(kept), proposed(options))
    card["n_outlook"] = N_OUTLOOK
    card["assets"] = _hashes(kept | files)
    card["bytes"] = sum(map(len, (kept | files).values()))
    card["data"]["proposal_homes"] = options.proposal_homes
    card["metrics"]["parity"] = max(card["metrics"]["parity"], worst)
    _write(options.assets, files, card)
    judge(options)
    return card


def report_folder(options: argparse.Namespace) -> Path:
    """Return where the report goes."""
    work: Path = options.work
    return work / "smoke-report" if options.smoke else evaluate.REPORTS


def judge(options: argparse.Namespace) -> None:
    """Score the assets as they were written, and write the report and the card's figures."""
    wanted = evaluate.Options(
        options.recorded,
        options.work,
        options.homes,
        options.proposal_homes,
        options.seed,
        options.assets,
        unseen=not options.smoke,
        room_homes=20 if options.smoke else evaluate.Options.room_homes,
        hunch_homes=1 if options.smoke else evaluate.Options.hunch_homes,
        context_homes=1 if options.smoke else evaluate.Options.context_homes,
        workers=options.workers,
    )
    out = report_folder(options)
    if options.acceptance:
        found = evaluate.again(wanted, out)
    else:
        found, seen = evaluate.run(wanted)
        found["pictures"] = drawings.draw(found, seen, out)
    report.write(found, out)
    if options.readme is not None:
        report.update(options.readme, found)
    evaluate.enter(options.assets, found)
    print(report.reached(found))


def embed(nets: train_state.Nets, rows: Arrays) -> np.ndarray:
    """Return the embeddings [n, 32] of portraits."""
    data = train_state.tensors(rows, ("stable", "tokens"))
    with torch.no_grad():
        return nets.encoder(data["stable"], data["tokens"])[0].numpy()  # type: ignore[no-any-return]


def _write(folder: Path, files: Mapping[str, bytes], card: dict[str, Any]) -> None:
    """Write the assets; scoring them, which follows, takes minutes more."""
    if card["bytes"] > LIMIT_BYTES:
        raise SystemExit(f"assets take {card['bytes']:,} bytes, more than {LIMIT_BYTES:,}")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    model_card.write(folder, card)
    print(f"script/train: the assets are in {folder}; the report follows")


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


if __name__ == "__main__":
    sys.exit(main())
