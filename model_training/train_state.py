"""Trains the state model: encoder and decoder, on questions to simulated homes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine import features

from .networks import Decoder, Encoder, Projection

if TYPE_CHECKING:
    from .dataset import Arrays

BATCH = 1024
PAIRS = 256  # devices a step whose two windows should meet
LEARNING_RATE = 2e-3
TABLE_RATE = 1e-2  # of the table of name tokens
WEIGHT_DECAY = 1e-4
PLAIN_WEIGHT = 1.0  # of the head without experts
CONTRAST_WEIGHT = 0.08
CONTRAST_TEMPERATURE = 0.4
MISNAMED = 0.15  # share of devices that carry another's name: what "Toaster" switches need not be a toaster
DROP_NAME, DROP_AREA, DROP_KIND, DROP_CONTEXT = 0.45, 0.45, 0.15, 0.3
_INPUTS = ("stable", "tokens", "dynamic", "query", "logit", "support")
_OFFSETS = dict(zip(features.STABLE, np.cumsum([0, *features.STABLE.values()]), strict=False))


@dataclass(frozen=True, slots=True)
class Nets:
    """The trained state model."""

    encoder: Encoder
    decoder: Decoder


def tensors(rows: Arrays, names: tuple[str, ...] = _INPUTS) -> dict[str, Tensor]:
    """Return arrays as tensors, float32 (tokens int64)."""
    return {k: torch.from_numpy(rows[k]).to(torch.int64 if k == "tokens" else torch.float32) for k in names}


def train(rows: Arrays, validation: Arrays, epochs: int, seed: int) -> Nets:
    """Train on `rows` and keep the weights that do best on `validation` (other homes)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    nets = Nets(Encoder(), Decoder())
    projection = Projection()
    parameters = [*nets.encoder.parameters(), *nets.decoder.parameters(), *projection.parameters()]
    table = nets.encoder.table.weight
    others = [p for p in parameters if p is not table]
    # A token is seen rarely: its row learns faster and is not worn away between sightings.
    optimiser = torch.optim.AdamW(
        [
            {"params": others, "weight_decay": WEIGHT_DECAY},
            {"params": [table], "weight_decay": 0.0, "lr": TABLE_RATE},
        ],
        LEARNING_RATE,
    )
    data, target = tensors(rows), torch.from_numpy(rows["target"])
    checks, checked = tensors(validation), torch.from_numpy(validation["target"])
    pairs = _windows(rows["device"], data["stable"])
    steps = len(target) // BATCH
    rates = [LEARNING_RATE, TABLE_RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=max(epochs * steps, 1))
    best, kept = np.inf, None
    bar = tqdm(range(epochs), desc="state model", unit="epoch")
    for _ in bar:
        nets.encoder.train(), nets.decoder.train()
        order = torch.from_numpy(rng.permutation(len(target))[: steps * BATCH]).view(steps, BATCH)
        for index in order:
            batch = {key: value[index] for key, value in data.items()}
            loss = _state_loss(nets, _masked(batch), target[index])
            loss = loss + CONTRAST_WEIGHT * _contrast(nets.encoder, projection, data, pairs, rng)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
        score = float(functional.binary_cross_entropy_with_logits(predict(nets, checks)[0], checked))
        bar.set_postfix(validation=f"{score:.4f}")
        if score < best:
            best = score
            kept = [{k: v.clone() for k, v in net.state_dict().items()} for net in (nets.encoder, nets.decoder)]
    if kept:
        nets.encoder.load_state_dict(kept[0])
        nets.decoder.load_state_dict(kept[1])
    nets.encoder.eval(), nets.decoder.eval()
    return nets


@torch.no_grad()
def predict(nets: Nets, data: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return (log-odds of "on" [n], embeddings [n, 32]) without dropout."""
    nets.encoder.eval(), nets.decoder.eval()
    logits, embeddings = [], []
    for at in range(0, len(data["stable"]), 8192):
        part = {key: value[at : at + 8192] for key, value in data.items()}
        embedding = nets.encoder(part["stable"], part["tokens"])
        embeddings.append(embedding)
        logits.append(nets.decoder(embedding, part["dynamic"], part["query"], part["logit"], part["support"])[0])
    return torch.cat(logits), torch.cat(embeddings)


def _state_loss(nets: Nets, batch: dict[str, Tensor], target: Tensor) -> Tensor:
    embedding = nets.encoder(batch["stable"], batch["tokens"])
    mixed, plain = nets.decoder(embedding, batch["dynamic"], batch["query"], batch["logit"], batch["support"])
    loss = functional.binary_cross_entropy_with_logits
    return loss(mixed, target) + PLAIN_WEIGHT * loss(plain, target)


def _masked(batch: dict[str, Tensor], times: int = 1) -> dict[str, Tensor]:
    """Hide names, areas, kinds and the context at random, each apart: homes lack them too.

    `times`: into how many equal parts the batch falls that are to be masked alike.
    """
    tokens, stable, dynamic = batch["tokens"].clone(), batch["stable"].clone(), batch["dynamic"].clone()
    n = len(tokens) // times

    def kept(share: float) -> Tensor:
        return (torch.rand(n, 1) > share).repeat(times, 1)

    others = torch.cat([torch.randperm(n) + i * n for i in range(times)])
    tokens = torch.where(kept(MISNAMED), tokens, tokens[others])
    split = features.N_NAME_TOKENS
    tokens[:, :split] *= kept(DROP_NAME).long()
    tokens[:, split:] *= kept(DROP_AREA).long()
    kinds = slice(int(_OFFSETS["domain"]), int(_OFFSETS["home"]))
    stable[:, kinds] *= kept(DROP_KIND).float()
    dynamic[:, -4:] *= kept(DROP_CONTEXT).float()
    return {**batch, "tokens": tokens, "stable": stable, "dynamic": dynamic}


def _windows(device: np.ndarray, stable: Tensor) -> list[np.ndarray]:
    """Return for each device with two windows or more the rows at which its windows begin."""
    changed = np.append(True, (stable[1:] != stable[:-1]).any(dim=1).numpy())
    first = np.flatnonzero(changed)
    order = first[np.argsort(device[first], kind="stable")]
    return [g for g in np.split(order, np.flatnonzero(np.diff(device[order])) + 1) if len(g) > 1]


def _contrast(
    encoder: Encoder,
    projection: Projection,
    data: dict[str, Tensor],
    pairs: list[np.ndarray],
    rng: np.random.Generator,
) -> Tensor:
    """InfoNCE (van den Oord et al., 2018) between two windows of a device, against the other devices of the batch."""
    if len(pairs) < PAIRS:
        return torch.zeros(())
    chosen = [rng.choice(pairs[i], 2, replace=False) for i in rng.choice(len(pairs), PAIRS, replace=False)]
    index = torch.from_numpy(np.stack(chosen))
    both = {key: data[key][index.T.reshape(-1)] for key in ("stable", "tokens", "dynamic")}
    # Masked alike, or the two windows could only agree on what neither name nor kind says.
    masked = _masked(both, times=2)
    points = projection(encoder(masked["stable"], masked["tokens"]))
    scores = points[:PAIRS] @ points[PAIRS:].T / CONTRAST_TEMPERATURE
    answer = torch.arange(PAIRS)
    return (functional.cross_entropy(scores, answer) + functional.cross_entropy(scores.T, answer)) / 2
