"""Trains the acceptance model on top of the state model: the chance that "turn it off?" is answered with yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine.acceptance import N_OUTLOOK

from .networks import Acceptance
from .train_state import Nets

if TYPE_CHECKING:
    from .dataset import Arrays

BATCH = 512
EPOCHS = 4  # for each of the state model's: the net is small, and so are its examples
LEARNING_RATE = 2e-3


@torch.no_grad()
def inputs(nets: Nets, rows: Arrays) -> tuple[Tensor, Tensor, Tensor]:
    """Return (embedding [n, 32], dynamic [n, D], outlook [n, O]) of acceptance rows, as `engine.scan` makes them."""
    t = {key: torch.from_numpy(value) for key, value in rows.items() if key != "home"}
    embedding, behaviour = nets.encoder(t["stable"], t["tokens"].long())

    def forecast(*given: Tensor) -> Tensor:
        calibrated: Tensor = nets.calibration(nets.decoder.weigh(behaviour, *given), given[1])
        return calibrated

    ahead = torch.stack(
        [
            forecast(t["dynamic"], *(t[name][:, k] for name in ("ahead_query", "ahead_logit", "ahead_support")))
            for k in range(t["ahead_query"].shape[1])
        ],
        dim=1,
    )
    usual = forecast(*(t[name] for name in ("past_dynamic", "usual_query", "usual_logit", "usual_support")))
    outlook = torch.cat((ahead / 4, usual.unsqueeze(1) / 4, t["habits"], t["room"]), dim=1)
    return embedding, t["dynamic"], outlook


def train(nets: Nets, rows: Arrays, validation: Arrays, epochs: int, seed: int) -> Acceptance:
    """Train on `rows` and keep the weights that do best on `validation` (other homes)."""
    torch.manual_seed(seed)
    epochs *= EPOCHS
    net = Acceptance(N_OUTLOOK)
    data, checks = inputs(nets, rows), inputs(nets, validation)
    yes, weight = torch.from_numpy(rows["yes"]), torch.from_numpy(rows["weight"])
    checked, check_weight = torch.from_numpy(validation["yes"]), torch.from_numpy(validation["weight"])
    steps = max(len(yes) // BATCH, 1)
    optimiser = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=max(epochs * steps, 1))
    best, kept = np.inf, net.state_dict()
    bar = tqdm(range(epochs), desc="acceptance", unit="epoch")
    for _ in bar:
        net.train()
        for index in torch.randperm(len(yes))[: steps * BATCH].view(steps, -1):
            embedding, dynamic, outlook = (x[index] for x in data)
            # Homes without any evidence have a context too: the clock's. None at all is rare, so hide it rarely.
            dynamic = dynamic.clone()
            dynamic[:, -4:] *= (torch.rand(len(index), 1) > 0.05).float()
            logit = net(embedding, dynamic, outlook)
            losses = functional.binary_cross_entropy_with_logits(logit, yes[index], reduction="none")
            loss = (losses * weight[index]).sum() / weight[index].sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        net.eval()
        with torch.no_grad():
            losses = functional.binary_cross_entropy_with_logits(net(*checks), checked, reduction="none")
            score = float((losses * check_weight).sum() / check_weight.sum())
        bar.set_postfix(validation=f"{score:.4f}")
        if score < best:
            best, kept = score, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    net.eval()
    return net
