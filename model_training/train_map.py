"""The fleet's map: UMAP over many devices' embeddings, distilled into a network small enough to ship."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from .networks import MapNet

NEIGHBOURS = 30
STEPS = 1500
BATCH = 1024


def train(embeddings: NDArray[np.float32], seed: int, steps: int = STEPS) -> tuple[MapNet, float]:
    """Return (network, share of the layout's variance that it reproduces on a tenth held out)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap says that a fixed seed costs it its threads
        from umap import UMAP  # noqa: PLC0415 (slow to import: it compiles)

        layout = UMAP(n_neighbors=min(NEIGHBOURS, len(embeddings) - 1), min_dist=0.2, random_state=seed).fit_transform(
            embeddings
        )
    layout = np.asarray(layout, dtype=np.float32)
    layout -= (layout.max(axis=0) + layout.min(axis=0)) / 2
    layout /= np.abs(layout).max()
    torch.manual_seed(seed)
    net = MapNet()
    x, y = torch.from_numpy(embeddings), torch.from_numpy(layout)
    held = torch.arange(len(x)) % 10 == 0
    inner, outer = torch.nonzero(~held).squeeze(1), torch.nonzero(held).squeeze(1)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(steps):
        index = inner[torch.randint(len(inner), (BATCH,))]
        loss = functional.mse_loss(net(x[index]), y[index])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        rest = ((net(x[outer]) - y[outer]) ** 2).sum() / ((y[outer] - y[outer].mean(0)) ** 2).sum()
    return net, 1 - float(rest)
