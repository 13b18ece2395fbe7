"""Fits how strongly joint use, likeness and names speak for a device being in an area, on simulated homes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from custom_components.hunches.engine import features, routines
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import LocalTime
from custom_components.hunches.engine.usage import Usage, advance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .fleet.home import SimulatedHome
    from .networks import Encoder

Question = tuple["NDArray[np.float64]", int, float]
"""Inputs of each area [k, 5], the index of the true one (k for none of them), joint changes of the best."""


def questions(homes: Iterable[SimulatedHome], encoder: Encoder, seed: int) -> list[Question]:
    """Ask of each device with an area which it is in; for one in five its own area is hidden from the candidates."""
    rng = np.random.default_rng(seed)
    found: list[Question] = []
    for simulated in homes:
        home, timelines = simulated.recording.home, simulated.recording.timelines
        embeddings = _embeddings(home, simulated, encoder)
        everyone = [*home.devices, *home.evidence]
        for entity in home.devices:
            if not entity.area or entity.entity_id not in embeddings:
                continue
            nameless = Entity(entity.entity_id, "", None, entity.device_class)
            asked = nameless if rng.random() < 0.5 else entity
            areas = routines.candidates(asked, everyone, timelines, embeddings)
            if rng.random() < 0.2:
                areas = [c for c in areas if c.area != entity.area]
            if areas:
                right = next((i for i, c in enumerate(areas) if c.area == entity.area), len(areas))
                found.append((np.stack([c.inputs for c in areas]), right, max(c.joint for c in areas)))
    return found


def fit(asked: list[Question]) -> dict[str, float]:
    """Return the weights of `routines.guess_area`: a multinomial logit, by L-BFGS with a small ridge."""
    width = max(len(inputs) for inputs, _, _ in asked) + 1
    x = torch.zeros(len(asked), width, len(routines.ROOM_INPUTS) + 1)
    mask = torch.full((len(asked), width), -1e9)
    right = torch.zeros(len(asked), dtype=torch.long)
    for row, (inputs, answer, _) in enumerate(asked):
        k = len(inputs)
        x[row, :k, :-1] = torch.from_numpy(inputs)
        x[row, k, -1] = 1.0
        mask[row, : k + 1] = 0.0
        right[row] = answer
    weights = torch.zeros(x.shape[2], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ weights + mask, right) + 1e-3 * (weights**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return dict(zip((*routines.ROOM_INPUTS, "none"), (round(float(w), 5) for w in weights.detach()), strict=True))


def score(asked: list[Question], weights: Mapping[str, float]) -> dict[str, float]:
    """Return the share of questions answered, and of these the share that was right."""
    told, good = 0, 0
    for inputs, answer, joint in asked:
        areas = [routines.Candidate(str(i), row, joint) for i, row in enumerate(inputs)]
        guess = routines.guess_area(areas, weights)
        told += guess is not None
        good += guess is not None and guess.area == str(answer)
    return {"answered": told / max(len(asked), 1), "right": good / max(told, 1)}


@torch.no_grad()
def _embeddings(home: Home, simulated: SimulatedHome, encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    inputs, recording = features.home_inputs(home), simulated.recording
    known = [e for e in home.devices if len(recording.timelines.get(e.entity_id, ()))]
    if not known:
        return {}
    usages = [advance(Usage(), recording.timelines[e.entity_id], recording.end, clock) for e in known]
    stable = np.stack([features.stable(e, u, inputs) for e, u in zip(known, usages, strict=True)])
    tokens = np.stack([features.tokens(e) for e in known])
    points = encoder(torch.from_numpy(stable), torch.from_numpy(tokens)).numpy()
    return {e.entity_id: point for e, point in zip(known, points, strict=True)}
