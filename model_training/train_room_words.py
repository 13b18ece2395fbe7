"""What names say of the kind of room: fitted to the fleet's words in all their languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn

from custom_components.hunches.engine.features import N_VOCABULARY
from custom_components.hunches.engine.room_words import KINDS, N_KINDS, Words, grams

from .fleet.roles import ROLES
from .fleet.words import LANGUAGES, USELESS, areas, things

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Phrase = tuple[str, NDArray[np.float64]]

RIDGE: Final = 2e-4
STEPS: Final = 200
_USUAL_ROOM: Final = 0.5  # share of a role's devices in the first of its rooms, the others share the rest
_EMPTY: Final = ("Room 1", "Room 2", "Room 3", "Upstairs", "Downstairs", "Annexe")


@lru_cache(maxsize=1)
def words() -> Words:
    """Return the log-odds of each kind of room that n-grams give, by logistic regression with a ridge."""
    phrases = list(_phrases())
    target = torch.tensor(np.stack([kinds for _, kinds in phrases]), dtype=torch.float32)
    found = [grams(text) for text, _ in phrases]
    row = np.repeat(np.arange(len(found)), [f.size for f in found])
    value = np.concatenate([np.full(f.size, 1 / np.sqrt(f.size)) for f in found if f.size])
    used, column = np.unique(np.concatenate(found), return_inverse=True)
    x = torch.zeros(len(found), used.size)
    x[row, column] = torch.tensor(value, dtype=torch.float32)
    usual = target.mean(0) + 1e-3
    bias = (usual / usual.sum()).log()
    table = torch.zeros(used.size, N_KINDS, requires_grad=True)
    optimiser = torch.optim.LBFGS([table], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        scores = x @ table + bias
        loss = nn.functional.cross_entropy(scores, target) + RIDGE * (table**2).mean(1).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    full = np.zeros((N_VOCABULARY, N_KINDS))
    full[used] = table.detach().double().numpy()
    return Words.from_json(Words(full, bias.double().numpy()).as_json())  # as it ships


def _phrases() -> Iterator[Phrase]:
    """Yield names of areas, of devices and of both together, with the probability of each kind of room."""
    for language in range(len(LANGUAGES)):
        for kind in KINDS:
            for area in areas(kind, language):
                yield area, _spread((kind,))
                yield f"{area} 2", _spread((kind,))
        for role in ROLES:
            for thing in things(role.name, language):
                yield thing, _spread(role.rooms)
                for kind in role.rooms:
                    area = areas(kind, language)[0]
                    yield f"{area} {thing}", _spread((kind,))
                    yield f"{thing} {area}", _spread((kind,))
    yield from _empty()


def _empty() -> Iterator[Phrase]:
    """Yield names that tell nothing."""
    usual = np.sum([role.weight * _spread(role.rooms) for role in ROLES], axis=0)
    usual /= usual.sum()
    for area in _EMPTY:
        yield area, usual
    for number in range(1, 6):
        hexes = {"hex6": f"{number * 7919:06x}", "hex16": f"00158d{number * 7919:010x}"}
        for pattern in (pattern for patterns in USELESS.values() for pattern in patterns):
            yield pattern.format(n=number, **hexes), usual


def _spread(rooms: tuple[str, ...]) -> NDArray[np.float64]:
    found = np.zeros(N_KINDS)
    for place, room in enumerate(rooms):
        if room in KINDS:
            found[KINDS.index(room)] += _USUAL_ROOM if place == 0 else (1 - _USUAL_ROOM) / (len(rooms) - 1)
    total = found.sum()
    return found / total if total else np.full(N_KINDS, 1 / N_KINDS)
