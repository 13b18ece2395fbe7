"""Trains the state model: encoder and decoder, on questions to simulated homes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from custom_components.hunches.engine import features

from . import machines
from .networks import EMBEDDING, KINDS, Calibration, Decoder, Encoder, Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .dataset import Arrays

BATCH = 1024
PAIRS = 256  # devices a step whose two windows should meet
LEARNING_RATE = 2e-3
TABLE_RATE = 1e-2  # of the table of name tokens
WEIGHT_DECAY = 2e-2
PLAIN_WEIGHT = 1.0  # of the head without experts
CONTRAST_TEMPERATURE = 0.4
MISNAMED = 0.15  # share of devices that carry another's name: what "Toaster" switches need not be a toaster
DROP_NAME, DROP_AREA, DROP_KIND, DROP_CONTEXT = 0.45, 0.45, 0.15, 0.3
_INPUTS = ("stable", "tokens", "dynamic", "query", "logit", "support")


class _Stateful(Protocol):
    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """What variants of the training differ in (`compare.py` holds them against each other).

    `roles`: weight of telling what a device truly is, which only a simulated fleet knows. `contrast`: weight of two
    windows of a device meeting. `average`: share of the averaged weights that a step keeps, 0 for the last step's own.
    `width`: factor on the layers' sizes. `experts`: whether the decoder may weigh simple forecasts.
    """

    roles: float = 0.3
    contrast: float = 0.08
    average: float = 0.99
    width: int = 2
    experts: bool = True


@dataclass(frozen=True, slots=True)
class Nets:
    """The trained state model."""

    encoder: Encoder
    decoder: Decoder
    calibration: Calibration

    def modules(self) -> tuple[nn.Module, ...]:
        """Return all networks."""
        return self.encoder, self.decoder, self.calibration


def tensors(rows: Arrays, names: tuple[str, ...] = _INPUTS) -> dict[str, Tensor]:
    """Return arrays as tensors, float32 (tokens int64)."""
    return {k: torch.from_numpy(rows[k]).to(torch.int64 if k == "tokens" else torch.float32) for k in names}


def train(
    rows: Arrays,
    validation: Arrays,
    epochs: int,
    seed: int,
    roles: NDArray[np.str_] | None = None,
    recipe: Recipe | None = None,
    checkpoint: Path | None = None,
) -> Nets:
    """Train on `rows`, keep the weights that do best on `validation` (other homes), and calibrate on it.

    `roles`: what the device of each row truly is, "" where nobody can say. `checkpoint`: a file that keeps the training
    after every epoch, and from which a training that was interrupted goes on.
    """
    recipe = recipe or Recipe()
    torch.manual_seed(seed)
    device = machines.device()
    nets = Nets(Encoder(recipe.width), Decoder(recipe.width, experts=recipe.experts), Calibration())
    known, answers = _answers(rows, roles)
    projection, telling = Projection(), nn.Linear(EMBEDDING, max(len(known), 1))
    modules = [nets.encoder, nets.decoder, projection, telling]
    for module in (*modules, nets.calibration):
        module.to(device)
    data = {key: value.to(device) for key, value in tensors(rows).items()}
    target = torch.from_numpy(rows["target"]).to(device)
    answers = answers.to(device)
    pairs = _windows(rows["device"], rows["stable"])
    parameters = [p for module in modules for p in module.parameters()]
    table = nets.encoder.table.weight
    # A token is seen rarely: its row learns faster and is not worn away between sightings.
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p is not table], "weight_decay": WEIGHT_DECAY},
            {"params": [table], "weight_decay": 0.0, "lr": TABLE_RATE},
        ],
        LEARNING_RATE,
    )
    steps = len(target) // (BATCH * machines.count())
    rates = [LEARNING_RATE, TABLE_RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=max(epochs * steps, 1))
    averaged = replace(nets, encoder=copy.deepcopy(nets.encoder), decoder=copy.deepcopy(nets.decoder))
    best, kept, begun = np.inf, _weights(averaged), 0
    parts: list[_Stateful] = [*modules, averaged.encoder, averaged.decoder, optimiser, schedule]
    if checkpoint is not None and checkpoint.exists():
        begun, best, kept = _resume(checkpoint, parts)
    bar = tqdm(range(begun, epochs), desc="state model", unit="epoch", disable=not machines.first())
    for epoch in bar:
        rng = np.random.default_rng((seed, epoch))
        torch.manual_seed(seed * 1000 + epoch * machines.count() + machines.rank())
        for module in modules:
            module.train()
        order = rng.permutation(len(target))[: steps * BATCH * machines.count()]
        # Machines share every step's batch; alone, a machine takes all of it.
        for index in torch.from_numpy(order).view(steps, machines.count(), BATCH)[:, machines.rank()]:
            batch = {key: value[index] for key, value in data.items()}
            loss = _state_loss(nets, _masked(batch), target[index])
            loss = loss + _device_loss(nets.encoder, projection, telling, data, answers, pairs, rng, recipe)
            optimiser.zero_grad()
            loss.backward()
            machines.average_gradients(parameters)
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            _average(averaged, nets, recipe.average)
        score = _score(averaged, validation)
        bar.set_postfix(validation=f"{score:.4f}")
        if score < best:
            best, kept = score, _weights(averaged)
        if checkpoint is not None and machines.first():
            _save(checkpoint, parts, epoch + 1, best, kept)
    nets.encoder.load_state_dict(kept[0])
    nets.decoder.load_state_dict(kept[1])
    for module in nets.modules():
        module.cpu().eval()
    calibrate(nets, validation)
    return nets


def calibrate(nets: Nets, rows: Arrays) -> None:
    """Fit the calibration per horizon to `rows`, homes that the networks were not trained on, by L-BFGS."""
    data, target = tensors(rows), torch.from_numpy(rows["target"])
    logit = _logits(nets, data)[0]
    optimiser = torch.optim.LBFGS(nets.calibration.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        fitted = nets.calibration(logit, data["query"])
        ridge = sum((p**2).sum() for p in nets.calibration.parameters())
        loss = functional.binary_cross_entropy_with_logits(fitted, target) + 1e-3 * ridge
        loss.backward()
        return loss

    optimiser.step(closure)


@torch.no_grad()
def predict(nets: Nets, data: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return (calibrated log-odds of "on" [n], embeddings [n, 32]) without dropout."""
    logit, embedding = _logits(nets, data)
    return nets.calibration(logit, data["query"]), embedding


@torch.no_grad()
def _logits(nets: Nets, data: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    nets.encoder.eval(), nets.decoder.eval()
    logits, embeddings = [], []
    for at in range(0, len(data["stable"]), 8192):
        part = {key: value[at : at + 8192] for key, value in data.items()}
        embedding, behaviour = nets.encoder(part["stable"], part["tokens"])
        embeddings.append(embedding)
        logits.append(nets.decoder.weigh(behaviour, *(part[key] for key in _INPUTS[2:])))
    return torch.cat(logits), torch.cat(embeddings)


def _score(nets: Nets, rows: Arrays) -> float:
    device = machines.device()
    data = {key: value.to(device) for key, value in tensors(rows).items()}
    target = torch.from_numpy(rows["target"]).to(device)
    return float(functional.binary_cross_entropy_with_logits(_logits(nets, data)[0], target))


def _state_loss(nets: Nets, batch: dict[str, Tensor], target: Tensor) -> Tensor:
    encoded = nets.encoder(batch["stable"], batch["tokens"])
    mixed, plain = nets.decoder(*encoded, *(batch[key] for key in _INPUTS[2:]))
    loss = functional.binary_cross_entropy_with_logits
    return loss(mixed, target) + PLAIN_WEIGHT * loss(plain, target)


def _masked(batch: dict[str, Tensor], times: int = 1) -> dict[str, Tensor]:
    """Hide names, areas, kinds and the context at random, each apart: homes lack them too.

    `times`: into how many equal parts the batch falls that are to be masked alike.
    """
    tokens, stable, dynamic = batch["tokens"].clone(), batch["stable"].clone(), batch["dynamic"].clone()
    n = len(tokens) // times

    def kept(share: float) -> Tensor:
        return (torch.rand(n, 1, device=tokens.device) > share).repeat(times, 1)

    others = torch.cat([torch.randperm(n, device=tokens.device) + i * n for i in range(times)])
    tokens = torch.where(kept(MISNAMED), tokens, tokens[others])
    split = features.N_NAME_TOKENS
    tokens[:, :split] *= kept(DROP_NAME).long()
    tokens[:, split:] *= kept(DROP_AREA).long()
    stable[:, KINDS] *= kept(DROP_KIND).float()
    dynamic[:, -4:] *= kept(DROP_CONTEXT).float()
    return {**batch, "tokens": tokens, "stable": stable, "dynamic": dynamic}


def _answers(rows: Arrays, roles: NDArray[np.str_] | None) -> tuple[list[str], Tensor]:
    """Return the roles that occur, and each row's as its place among them, -100 where nobody can say."""
    if roles is None:
        return [], torch.full((len(rows["target"]),), -100)
    known, index = np.unique(roles, return_inverse=True)
    found = torch.from_numpy(np.where(roles == "", -100, index - int(known[0] == "")))
    return [role for role in known.tolist() if role], found


def _windows(device: NDArray[np.int64], stable: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Return for each device with two windows or more the rows at which its windows begin."""
    changed = np.append(True, (stable[1:] != stable[:-1]).any(axis=1))
    first = np.flatnonzero(changed)
    order = first[np.argsort(device[first], kind="stable")]
    return [g for g in np.split(order, np.flatnonzero(np.diff(device[order])) + 1) if len(g) > 1]


def _device_loss(
    encoder: Encoder,
    projection: Projection,
    telling: nn.Linear,
    data: dict[str, Tensor],
    answers: Tensor,
    pairs: list[NDArray[np.int64]],
    rng: np.random.Generator,
    recipe: Recipe,
) -> Tensor:
    """What makes embeddings mean something: two windows of a device should meet, and tell what it is.

    The former is InfoNCE (van den Oord et al., 2018) against the other devices of the batch, the latter cross-entropy
    over the fleet's roles; names and areas are hidden from both windows alike, or the two could only agree on what
    neither name nor kind says.
    """
    if len(pairs) < PAIRS or (not recipe.contrast and not recipe.roles):
        return torch.zeros(())
    chosen = [rng.choice(pairs[i], 2, replace=False) for i in rng.choice(len(pairs), PAIRS, replace=False)]
    index = torch.from_numpy(np.stack(chosen).T.reshape(-1))
    masked = _masked({key: data[key][index] for key in ("stable", "tokens", "dynamic")}, times=2)
    embedding, _ = encoder(masked["stable"], masked["tokens"])
    points = projection(embedding)
    scores = points[:PAIRS] @ points[PAIRS:].T / CONTRAST_TEMPERATURE
    answer = torch.arange(PAIRS, device=scores.device)
    loss = functional.cross_entropy(scores, answer) + functional.cross_entropy(scores.T, answer)
    loss = recipe.contrast * loss / 2
    if recipe.roles and bool((answers[index] >= 0).any()):
        loss = loss + recipe.roles * functional.cross_entropy(telling(embedding), answers[index], ignore_index=-100)
    return loss


def _weights(nets: Nets) -> list[dict[str, Tensor]]:
    return copy.deepcopy([nets.encoder.state_dict(), nets.decoder.state_dict()])


@torch.no_grad()
def _average(averaged: Nets, nets: Nets, keep: float) -> None:
    for slow, fast in ((averaged.encoder, nets.encoder), (averaged.decoder, nets.decoder)):
        for mean, now in zip(slow.parameters(), fast.parameters(), strict=True):
            mean.lerp_(now, 1 - keep)


def _save(path: Path, parts: Sequence[_Stateful], epoch: int, best: float, kept: list[dict[str, Tensor]]) -> None:
    partial = path.with_suffix(".partial")
    torch.save({"parts": [p.state_dict() for p in parts], "epoch": epoch, "best": best, "kept": kept}, partial)
    partial.replace(path)


def _resume(path: Path, parts: Sequence[_Stateful]) -> tuple[int, float, list[dict[str, Tensor]]]:
    saved = torch.load(path, map_location=machines.device(), weights_only=True)
    for part, state in zip(parts, saved["parts"], strict=True):
        part.load_state_dict(state)
    return int(saved["epoch"]), float(saved["best"]), saved["kept"]
