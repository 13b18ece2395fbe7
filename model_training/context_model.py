"""The network of `engine/context_network.py`, and the filter on top of it, in torch: for training.

It begins as a plain hidden Markov model that believes what each home's own past and the fleet's counts say; what is
trained is how far to believe which signal when, and how likely each move is.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from custom_components.hunches.engine.context_network import (
    CROSSING,
    LASTING,
    MOST_MOVED,
    MOST_TOLD,
    N_COUNTS,
    N_FIXED,
    N_MOMENT,
    N_MOVES,
    N_SHOWN,
    PASSING,
    WAY,
)
from custom_components.hunches.engine.routine import STATES
from custom_components.hunches.engine.sensors import KINDS

HIDDEN: Final = (20, 20, 24, 24)
"""Widths: of a signal's two layers, of what is made of all signals, of what moves depend on."""
TRUST: Final = (-2.5, 0.0)
"""Where trust in a home's own past begins: being on or off says the same step after step, an event is news."""
SURELY: Final = frozenset({"presence", "armed_away", "armed_night"})
"""Kinds whose state is believed from the start: it is meant to say who is home."""
USUAL: Final = (  # where the usual moves begin, log odds against staying; moving, quiet, still, asleep, out, gone
    (0.0, -1.5, -5.0, -6.0, -4.0, -7.0),
    (-2.0, 0.0, -3.0, -4.5, -5.0, -7.0),
    (-3.0, -3.0, 0.0, -4.5, -5.5, -7.0),
    (-4.5, -5.0, -6.0, 0.0, -7.0, -8.0),
    (-4.0, -5.0, -6.0, -7.0, 0.0, -5.0),
    (-6.0, -7.0, -7.0, -8.0, -6.0, 0.0),
)
SIMPLY: Final = ((2.0, 0.5, -1.0, -2.0, -2.5, -3.0), (0.5, 0.0, -0.5, -0.5, -0.5, -0.5))  # what events say at first
IDLE: Final = (-1.0, -0.3, 0.0, 0.0, 0.0, 0.0)  # what silence says at first
SHARE: Final = ((1.0,) * 6, (1.0,) * 6)  # how far each state believes what the home's own past says of it
WAYS: Final = (3.0, 1.5, 0.7, -0.5, -0.3, 1.0, -1.0)  # by how much the inputs `WAY` favour leaving and coming


class Network(nn.Module):
    """The network of `engine/context_network.py`, and the filter on top, in torch."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = HIDDEN
        sizes = {
            "shown": (N_SHOWN, a), "fixed": (N_FIXED, a), "signal": (a, b), "trust": (b, 2), "direct": (b, STATES),
            "pooled": (b, c), "counted": (N_COUNTS, c), "out": (c, STATES), "simply": (N_COUNTS, STATES),
            "moment": (N_MOMENT, d), "moves": (d, N_MOVES),
        }  # fmt: skip
        small = {"out", "direct", "trust", "moves", "simply"}
        self.w = nn.ParameterDict()
        for name, (rows, columns) in sizes.items():
            scale = 0.05 if name in small else (1.5 / rows) ** 0.5
            self.w[name] = nn.Parameter(torch.randn(rows, columns) * scale)
        for name, size in {"signal_bias": a, "pooled_bias": b, "counted_bias": c, "moment_bias": d}.items():
            self.w[name] = nn.Parameter(torch.zeros(size))
        self.w["trust_bias"] = nn.Parameter(torch.tensor(TRUST))
        surely = [[1.5, 0.0] if kind in SURELY else [0.0, 0.0] for kind in KINDS]
        self.w["reliance"] = nn.Parameter(torch.tensor(surely))
        self.w["usual"] = nn.Parameter(torch.tensor(USUAL))
        self.w["simply"].data[:2] += torch.tensor(SIMPLY)
        self.w["idle"] = nn.Parameter(torch.tensor(IDLE))
        self.w["share"] = nn.Parameter(torch.tensor(SHARE))
        self.w["way"] = nn.Parameter(torch.tensor(WAYS))

    def daily(self, fixed: Tensor) -> Tensor:
        """Return what holds of signals for a day as `forward` takes it: [..., N_FIXED] -> [..., HIDDEN[0] + 2]."""
        w = self.w
        return torch.cat((fixed @ w["fixed"] + w["signal_bias"], fixed[..., : len(KINDS)] @ w["reliance"]), dim=-1)

    def forward(self, x: Tensor, fixed: Tensor, known: Tensor, home: Tensor, counted: Tensor, first: Tensor) -> Tensor:
        """Return log chances of awake, asleep, away: [b, t, 3].

        x [b, t, s, N_SHOWN], fixed [b, t, s, HIDDEN[0] + 2] (of `daily`), known [b, t, s], home [b, t, N_MOMENT],
        counted [b, t, N_COUNTS], first [b, STATES].
        """
        w = self.w
        hidden = torch.relu(x @ w["shown"] + fixed[..., : HIDDEN[0]])
        signal = torch.relu(hidden @ w["signal"] + w["pooled_bias"]) * known[..., None]
        pooled = torch.log1p(signal.sum(dim=2))
        trust = (
            nn.functional.softplus(signal @ w["trust"] + w["trust_bias"] + fixed[..., HIDDEN[0] :]) * known[..., None]
        )
        lasting = (trust[..., :1] * x[..., LASTING]).sum(dim=2)
        passing = (trust[..., 1:] * x[..., PASSING]).sum(dim=2)
        hidden = torch.relu(pooled @ w["pooled"] + counted @ w["counted"] + w["counted_bias"])
        says = hidden @ w["out"] + pooled @ w["direct"] + counted @ w["simply"] + w["idle"]
        says = says + lasting * w["share"][0] + passing * w["share"][1]
        says = MOST_TOLD * torch.tanh(says / MOST_TOLD)
        hidden = torch.relu(home @ w["moment"] + w["moment_bias"])
        moves = MOST_MOVED * torch.tanh((hidden @ w["moves"]).unflatten(-1, (STATES, STATES)) / MOST_MOVED)
        crossing = (home[..., WAY] @ w["way"])[..., None, None] * torch.tensor(CROSSING, dtype=torch.float32)
        chances = torch.softmax(w["usual"] + moves + crossing, dim=-1)
        likelihood = torch.exp(says - says.amax(dim=-1, keepdim=True))
        states = _scan(first, chances * likelihood[:, :, None, :])
        three = torch.stack((states[..., :3].sum(dim=-1), states[..., 3], states[..., 4:].sum(dim=-1)), dim=-1)
        return torch.log(three.clamp_min(1e-7))


def _scan(first: Tensor, moves: Tensor, block: int = 24) -> Tensor:
    """Return the states [b, t, STATES] after each of `moves` [b, t, STATES, STATES], in blocks as the engine does."""
    b, t = moves.shape[:2]
    parts = moves.reshape(b, t // block, block, STATES, STATES)
    products = [parts[:, :, 0]]
    for k in range(1, block):
        product = products[-1] @ parts[:, :, k]
        products.append(product / product.amax(dim=(-2, -1), keepdim=True).detach())
    state, begun = first[:, None, :], []
    for k in range(t // block):
        begun.append(state)
        state = state @ products[-1][:, k]
        state = state / state.sum(dim=-1, keepdim=True)
    within = torch.stack(products, dim=2)  # b, blocks, block, 4, 4
    states = (torch.stack(begun, dim=1)[:, :, None] @ within)[..., 0, :].reshape(b, t, STATES)
    return states / states.sum(dim=-1, keepdim=True)
