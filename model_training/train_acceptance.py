"""Trains the acceptance model on top of the state model: would a proposal be answered with yes, and would it be right.

A yes is learned as the chance of one, which the fleet knows of each person: the same aim as from answers drawn, with
less noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine.acceptance import N_OUTLOOK

from .networks import Acceptance
from .proposals import given

if TYPE_CHECKING:
    from custom_components.hunches.engine.model import StateModel

    from .dataset import Arrays

BATCH = 512
EPOCHS = 1.5
"""For each of the state model's: the net is small, and so are its examples."""
LEARNING_RATE = 2e-3
BLUR = 0.5
"""Noise on embeddings, in standard deviations of theirs: without it devices are learned by heart, each of which comes
with a few dozen examples."""
HIDDEN = 0.05
"""Share of examples whose context is hidden. Homes without any evidence have one too, the clock's: none at all is
rare."""


def train(networks: StateModel, rows: Arrays, validation: Arrays, epochs: int, seed: int) -> Acceptance:
    """Train on `rows` and keep the weights of each member that do best on `validation` (other homes)."""
    torch.manual_seed(seed)
    net = Acceptance(N_OUTLOOK)
    data, checks = (tuple(map(torch.from_numpy, given(networks, part))) for part in (rows, validation))
    for number, member in enumerate(net.members):
        torch.manual_seed(seed * 1000 + number)
        _fit(member, data, _wanted(rows), checks, _wanted(validation), max(round(EPOCHS * epochs), 1), number)
    net.eval()
    return net


def _fit(
    member: nn.Module,
    data: tuple[Tensor, ...],
    answers: tuple[Tensor, Tensor],
    checks: tuple[Tensor, ...],
    checked: tuple[Tensor, Tensor],
    epochs: int,
    number: int,
) -> None:
    wanted, weight = answers
    steps = max(len(wanted) // BATCH, 1)
    spread = BLUR * data[0].std(0)
    optimiser = torch.optim.AdamW(member.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=epochs * steps)
    best, kept = np.inf, member.state_dict()
    bar = tqdm(range(epochs), desc=f"acceptance {number + 1}", unit="epoch")
    for _ in bar:
        member.train()
        for index in torch.randperm(len(wanted))[: steps * BATCH].view(steps, -1):
            embedding, dynamic, outlook = (x[index] for x in data)
            embedding = embedding + spread * torch.randn_like(embedding)
            dynamic = dynamic.clone()
            dynamic[:, -4:] *= (torch.rand(len(index), 1) > HIDDEN).float()
            loss = _loss(member(torch.cat((embedding, dynamic, outlook), dim=1)), wanted[index], weight[index])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(member.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        member.eval()
        with torch.no_grad():
            score = float(_loss(member(torch.cat(checks, dim=1)), *checked))
        bar.set_postfix(validation=f"{score:.4f}")
        if score < best:
            best, kept = score, {k: v.clone() for k, v in member.state_dict().items()}
    member.load_state_dict(kept)


def _wanted(rows: Arrays) -> tuple[Tensor, Tensor]:
    """Return what both heads are to say [n, 2], and the weight of each row [n]."""
    return torch.from_numpy(np.stack((rows["chance"], rows["right"]), axis=1)), torch.from_numpy(rows["weight"])


def _loss(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    losses = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none").sum(1)
    return (losses * weight).sum() / weight.sum()
