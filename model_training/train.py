"""Trains everything from the simulated fleet and writes the integration's assets.

script/train            the fleet, the networks, the archetypes, the map, the report
script/train --smoke    the same path in two minutes, into a folder of its own
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from custom_components.hunches.engine import features
from custom_components.hunches.engine.acceptance import N_OUTLOOK
from custom_components.hunches.engine.model import ASSETS

from . import ROOT, archetypes, evaluate, export, make_examples, train_acceptance, train_map, train_rooms, train_state
from .fleet import simulate

if TYPE_CHECKING:
    from .dataset import Arrays
    from .networks import Acceptance, MapNet
    from .train_state import Nets

VERSION = 1
HELD_OUT, VALIDATION = 0, 1  # homes by their number modulo ten
LIMIT_BYTES = 3_000_000


def main() -> int:
    """Parse the command line and train. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/train", description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="the same path on a small fleet, assets kept apart")
    parser.add_argument("--homes", type=int, default=2400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "training", help="shards and checkpoints")
    parser.add_argument("--assets", type=Path, default=None, help="where the assets go")
    parser.add_argument("--workers", type=int, default=None, help="processes that simulate")
    parser.add_argument("--threads", type=int, default=1, help="of torch: these networks are too small for more")
    options = parser.parse_args()
    if options.smoke:
        options.homes, options.epochs = 80, 2
    assets = options.assets or (options.work / "smoke-assets" if options.smoke else ASSETS)
    if options.homes < 20:
        print("script/train: --homes must be 20 or more, or no home is left to check on", file=sys.stderr)
        return 2
    began = time.monotonic()
    torch.set_num_threads(options.threads)
    folder = options.work / f"fleet-{options.seed}-{options.homes}"
    make_examples.make(folder, options.homes, options.seed, options.workers)
    state, accept = make_examples.load(folder, "state"), make_examples.load(folder, "accept")

    nets = train_state.train(part(state), part(state, VALIDATION), options.epochs, options.seed)
    acceptance = train_acceptance.train(nets, part(accept), part(accept, VALIDATION), options.epochs, options.seed)
    devices = make_examples.load(folder, "devices")
    card = build(options, nets, acceptance, state, accept, devices, assets)
    print(json.dumps(card["metrics"], indent=1, ensure_ascii=False))
    print(f"script/train: {card['bytes']:,} bytes in {assets}, {time.monotonic() - began:.0f} s")
    return 0


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


def described(devices: Arrays, rows: Arrays) -> tuple[list[str], list[str]]:
    """Return (names, true roles) of the device of each row."""
    order = np.argsort(devices["device"])
    index = order[np.searchsorted(devices["device"], rows["device"], sorter=order)]
    return devices["name"][index].tolist(), devices["role"][index].tolist()


def build(
    options: argparse.Namespace,
    nets: Nets,
    acceptance: Acceptance,
    state: Arrays,
    accept: Arrays,
    devices: Arrays,
    assets: Path,
) -> dict[str, Any]:
    """Fit what stands on the embeddings, score everything on held-out homes, and write assets and card."""
    training, held_out = windows(part(state)), windows(part(state, HELD_OUT))
    points = train_state.predict(nets, train_state.tensors(training))[1].numpy()
    centres, temperature = archetypes.cluster(points, options.seed)
    labels = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    titles = archetypes.titles(labels, *described(devices, training), len(centres))
    chart, fidelity = train_map.train(points, options.seed, 200 if options.smoke else train_map.STEPS)
    numbers = range(min(options.homes, 40 if options.smoke else 300))
    asked = train_rooms.questions((simulate.home(n, options.seed) for n in numbers), nets.encoder, options.seed)
    weights = train_rooms.fit(asked[::2])

    files = {
        "archetypes.json": _json(archetypes.describe(centres, temperature, titles)),
        "rooms.json": _json(weights),
        **graphs(nets, acceptance, chart),
    }
    metrics = {
        "state": evaluate.state(nets, part(state), part(state, HELD_OUT), options.seed),
        "embedding": evaluate.embedding(nets, held_out, np.array(described(devices, held_out)[1]), centres),
        "acceptance": evaluate.acceptance(nets, acceptance, part(accept, HELD_OUT)),
        "map": {"layout_reproduced": round(fidelity, 3)},
        "area": {k: round(v, 3) for k, v in train_rooms.score(asked[1::2], weights).items()},
    }
    card: dict[str, Any] = {
        "version": VERSION,
        "n_stable": features.N_STABLE,
        "n_outlook": N_OUTLOOK,
        "assets": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        "bytes": sum(map(len, files.values())),
        "data": {
            "homes": options.homes,
            "seed": options.seed,
            "epochs": options.epochs,
            "questions": len(state["target"]),
            "devices": len(np.unique(state["device"])),
            "asks": len(accept["yes"]),
            "held_out_homes": len(np.unique(part(state, HELD_OUT)["home"])),
            "source": "simulated only: model_training/fleet; no real home was trained on",
        },
        "metrics": metrics,
    }
    if card["bytes"] > LIMIT_BYTES:
        msg = f"assets take {card['bytes']:,} bytes, more than {LIMIT_BYTES:,}"
        raise SystemExit(msg)
    assets.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (assets / name).write_bytes(data)
    (assets / "model_card.json").write_bytes(_json(card))
    return card


def graphs(nets: Nets, acceptance: Acceptance, chart: MapNet) -> dict[str, bytes]:
    """Return the four networks as ONNX files by name."""
    n = 3
    embedding, dynamic = torch.randn(n, 32), torch.randn(n, len(features.DYNAMIC))
    logit = torch.randn(n, features.N_EXPERTS)
    return {
        "encoder.onnx": export.export(
            nets.encoder,
            {
                "stable": torch.randn(n, features.N_STABLE),
                "tokens": torch.randint(0, features.N_VOCABULARY, (n, features.N_TOKENS)),
            },
            "device_embedding",  # torch names the table's look-up "embedding"
        ),
        "decoder.onnx": export.export(
            export.Forecaster(nets.decoder),
            {
                "embedding": embedding,
                "dynamic": dynamic,
                "query": torch.randn(n, len(features.QUERY)),
                "logit": logit,
                "support": logit.abs(),
            },
            "logit_on",
        ),
        "acceptance.onnx": export.export(
            acceptance,
            {"embedding": embedding, "dynamic": dynamic, "outlook": torch.randn(n, N_OUTLOOK)},
            "logit_yes",
        ),
        "map.onnx": export.export(chart, {"embedding": embedding}, "place"),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    sys.exit(main())
