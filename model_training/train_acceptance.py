"""Trains the acceptance model on top of the state model: would a proposal be answered with yes, and would it be right.

A yes is learned as the chance of one, which the fleet knows of each person: the same aim as from answers drawn, with
less noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine.acceptance import N_OUTLOOK

from .networks import Acceptance
from .proposals import given

if TYPE_CHECKING:
    from custom_components.hunches.engine.model import StateModel

    from .dataset import Arrays

BATCH = 512
EPOCHS = 6  # for each of the state model's: the net is small, and so are its examples
LEARNING_RATE = 2e-3


def train(networks: StateModel, rows: Arrays, validation: Arrays, epochs: int, seed: int) -> Acceptance:
    """Train on `rows` and keep the weights that do best on `validation` (other homes)."""
    torch.manual_seed(seed)
    epochs *= EPOCHS
    net = Acceptance(N_OUTLOOK)
    data, checks = (tuple(map(torch.from_numpy, given(networks, part))) for part in (rows, validation))
    wanted, weight = _wanted(rows)
    checked, check_weight = _wanted(validation)
    steps = max(len(wanted) // BATCH, 1)
    optimiser = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=max(epochs * steps, 1))
    best, kept = np.inf, net.state_dict()
    bar = tqdm(range(epochs), desc="acceptance", unit="epoch")
    for _ in bar:
        net.train()
        for index in torch.randperm(len(wanted))[: steps * BATCH].view(steps, -1):
            embedding, dynamic, outlook = (x[index] for x in data)
            # Homes without any evidence have a context too: the clock's. None at all is rare, so hide it rarely.
            dynamic = dynamic.clone()
            dynamic[:, -4:] *= (torch.rand(len(index), 1) > 0.05).float()
            loss = _loss(net(embedding, dynamic, outlook), wanted[index], weight[index])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        net.eval()
        with torch.no_grad():
            score = float(_loss(net(*checks), checked, check_weight))
        bar.set_postfix(validation=f"{score:.4f}")
        if score < best:
            best, kept = score, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    net.eval()
    return net


def _wanted(rows: Arrays) -> tuple[Tensor, Tensor]:
    """Return what both heads are to say [n, 2], and the weight of each row [n]."""
    return torch.from_numpy(np.stack((rows["chance"], rows["right"]), axis=1)), torch.from_numpy(rows["weight"])


def _loss(logits: tuple[Tensor, Tensor], wanted: Tensor, weight: Tensor) -> Tensor:
    losses = functional.binary_cross_entropy_with_logits(torch.stack(logits, dim=1), wanted, reduction="none").sum(1)
    return (losses * weight).sum() / weight.sum()
