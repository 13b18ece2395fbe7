"""Trains the home encoder: from a home's other devices, to tell what the one that is left out is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine import features

from .networks import EMBEDDING, Home

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

BATCH = 256  # homes
EPOCHS = 20
LEARNING_RATE = 3e-3
MOST_DEVICES = 24  # of a home in one step: more say little new
_DOMAINS = slice(
    sum(list(features.STABLE.values())[: list(features.STABLE).index("domain")]),
    sum(list(features.STABLE.values())[: list(features.STABLE).index("domain") + 1]),
)
_HOME = slice(features.N_STABLE - features.STABLE["home"], features.N_STABLE)


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes of two devices or more.

    Embeddings [h, n, 32], archetypes [h, n] (-1 where there is no device), kinds [h, n, domains], home inputs [h, 16].
    """

    devices: Tensor
    archetypes: Tensor
    kinds: Tensor
    inputs: Tensor

    @classmethod
    def of(
        cls, rows: Arrays, points: NDArray[np.float32], labels: NDArray[np.int64], rng: np.random.Generator
    ) -> Homes:
        """Gather devices, one a row, by their home; of more than `MOST_DEVICES` some are drawn."""
        order = np.argsort(rows["home"], kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(rows["home"][order])) + 1)
        groups = [rng.permutation(g)[:MOST_DEVICES] for g in groups if len(g) > 1]
        h, n = len(groups), MOST_DEVICES
        devices, archetypes = np.zeros((h, n, EMBEDDING), np.float32), np.full((h, n), -1)
        kinds = np.zeros((h, n, features.STABLE["domain"]), np.float32)
        for i, group in enumerate(groups):
            devices[i, : len(group)], archetypes[i, : len(group)] = points[group], labels[group]
            kinds[i, : len(group)] = rows["stable"][group, _DOMAINS]
        inputs = rows["stable"][[g[0] for g in groups], _HOME]
        return cls(*(torch.from_numpy(a) for a in (devices, archetypes, kinds, inputs)))


class Guess(nn.Module):
    """Home embedding [h, 32] and the kind of the device left out [h, domains] → log-odds of archetypes [h, k]."""

    def __init__(self, archetypes: int) -> None:
        """Make the head, for so many archetypes."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(EMBEDDING + features.STABLE["domain"], 64), nn.ReLU(), nn.Linear(64, archetypes)
        )

    def forward(self, home: Tensor, kind: Tensor) -> Tensor:
        """Guess."""
        logits: Tensor = self.layers(torch.cat((home, kind), dim=1))
        return logits


def train(homes: Homes, held_out: Homes, archetypes: int, seed: int) -> tuple[Home, dict[str, float]]:
    """Return (network, scores on other homes).

    Scores: log-loss of the archetype of the device left out, by the network that knows the home and by the same head
    without it, and how often the first guess is right.
    """
    found = [_train(homes, held_out, archetypes, seed, blind=blind) for blind in (False, True)]
    (net, loss, right), (_, blind_loss, blind_right) = found
    return net, {
        "log_loss": loss,
        "log_loss_by_kind_alone": blind_loss,
        "right": right,
        "right_by_kind_alone": blind_right,
    }


def _train(homes: Homes, held_out: Homes, archetypes: int, seed: int, *, blind: bool) -> tuple[Home, float, float]:
    torch.manual_seed(seed)
    net, head = Home(), Guess(archetypes)
    optimiser = torch.optim.AdamW([*net.parameters(), *head.parameters()], LEARNING_RATE, weight_decay=1e-2)
    steps = max(len(homes.inputs) // BATCH, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=EPOCHS * steps)
    for _ in tqdm(range(EPOCHS), desc="home encoder" + " (blind)" * blind, unit="epoch"):
        for index in torch.randperm(len(homes.inputs))[: steps * BATCH].tensor_split(steps):
            loss = functional.cross_entropy(*_ask(net, head, homes, index, blind=blind))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    net.eval()
    with torch.no_grad():
        torch.manual_seed(seed)
        logits, answer = _ask(net, head, held_out, torch.arange(len(held_out.inputs)), blind=blind)
    right = float((logits.argmax(1) == answer).float().mean())
    return net, round(float(functional.cross_entropy(logits, answer)), 4), round(right, 4)


def _ask(net: Home, head: Guess, homes: Homes, index: Tensor, *, blind: bool) -> tuple[Tensor, Tensor]:
    """Return (log-odds, archetype) of one device of each home, which is left out of what the network sees."""
    present = (homes.archetypes[index] >= 0).float()
    out = torch.multinomial(present, 1).squeeze(1)
    row = torch.arange(len(index))
    answer, kind = homes.archetypes[index][row, out], homes.kinds[index][row, out]
    present[row, out] = 0.0
    home = net(homes.devices[index], present, homes.inputs[index])
    return head(torch.zeros_like(home) if blind else home, kind), answer
