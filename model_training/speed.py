"""What the networks cost at run time: `python -m model_training speed` prints milliseconds a device, on one core.

Every network is run over batches of 64, by the integration's own executor and by onnxruntime beside it. Features are
not part of it. It ends with 1 if encoder and decoder take longer than they may.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from custom_components.hunches.engine import features
from custom_components.hunches.engine.acceptance import N_OUTLOOK
from custom_components.hunches.engine.experts import Forecasts
from custom_components.hunches.engine.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 64
ROUNDS = 200
LIMIT = 0.1
"""Milliseconds a device that encoder and decoder may take together, in numpy on one core."""
TOGETHER = "encoder and decoder"


def main() -> int:
    """Print the table. Returns the exit code."""
    if len(sys.argv) > 1:
        print("usage: python -m model_training speed", file=sys.stderr)
        return 2
    rows = [times(Model.load(runtime=runtime)) for runtime in ("numpy", "onnxruntime")]
    print(f"{'ms a device, batches of 64':30}{'numpy':>10}{'onnxruntime':>13}{'ratio':>8}")
    for name in rows[0]:
        own, other = rows[0][name], rows[1][name]
        print(f"{name:30}{own:10.4f}{other:13.4f}{own / other:8.1f}")
    missed = rows[0][TOGETHER] > LIMIT
    print(f"limit for encoder and decoder together: {LIMIT} ms in numpy, {'missed' if missed else 'met'}")
    return int(missed)


def times(model: Model) -> dict[str, float]:
    """Return milliseconds a device by network; `TOGETHER` is what has a limit."""
    rng = np.random.default_rng(1)

    def draw(columns: int) -> np.ndarray:
        return rng.normal(0, 0.5, (BATCH, columns)).astype(np.float32)

    stable, tokens = draw(features.N_STABLE), rng.integers(0, features.N_VOCABULARY, (BATCH, features.N_TOKENS))
    dynamic, query = draw(len(features.DYNAMIC)), draw(len(features.QUERY))
    guesses = Forecasts(draw(features.N_EXPERTS), np.abs(draw(features.N_EXPERTS)))
    encoded = model.encode(stable, tokens)
    jobs: dict[str, Callable[[], object]] = {
        TOGETHER: lambda: model.predict(model.encode(stable, tokens).behaviour, dynamic, query, guesses),
        "encoder": lambda: model.encode(stable, tokens),
        "decoder": lambda: model.predict(encoded.behaviour, dynamic, query, guesses),
        "acceptance": lambda: model.accept(encoded.embedding, dynamic, draw(N_OUTLOOK)),
        "map": lambda: model.place(encoded.embedding),
    }
    return {name: _best(job) * 1000 / BATCH for name, job in jobs.items()}


def _best(job: Callable[[], object]) -> float:
    """Return the shortest of many runs in seconds: what disturbs a run only ever makes it longer."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        job()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
