"""The networks, in PyTorch: what the integration runs from ONNX was one of these.

Sizes are in one table. Shapes: n devices or queries; S, T, D, Q, E are the sizes of `engine.features`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from custom_components.hunches.engine import features
from custom_components.hunches.engine.model import N_EMBEDDING

EMBEDDING = N_EMBEDDING
BEHAVIOUR = 32
YOUTH_DAYS = 4.0  # of history, after which a name counts for a third in forecasts
ENCODER_WIDTH = 128
DECODER_WIDTHS = (96, 64)
TOKEN_WIDTH = 16
ACCEPTANCE_WIDTH = 96
ACCEPTANCE_MEMBERS = 4
HOME_WIDTH = 96
HOME_HEADS = 4
_OFFSETS = dict(zip(features.STABLE, np.cumsum([0, *features.STABLE.values()]).tolist(), strict=False))
KINDS = slice(_OFFSETS["domain"], _OFFSETS["home"])  # of the stable inputs: what kind of device it is
N_KINDS = KINDS.stop - KINDS.start
DAYS_KNOWN = _OFFSETS["rates"] + 2  # where the stable inputs say how long a device has been known
N_DYNAMIC = len(features.DYNAMIC)
N_QUERY = len(features.QUERY)


class Encoder(nn.Module):
    """Stable inputs [n, S] and name tokens [n, T] → embedding [n, 32] and behaviour [n, 32].

    The embedding says what a device is and what it is like. The behaviour is what forecasts rest on: a device's own
    past, and its embedding only while that past is short (`YOUTH_DAYS`), since names and kinds suggest habits that the
    device at hand need not have.
    """

    def __init__(self, width: int = 1) -> None:
        """Make an encoder; `width` is a factor on the layers' sizes."""
        super().__init__()
        wide = width * ENCODER_WIDTH
        self.table = nn.Embedding(features.N_VOCABULARY, TOKEN_WIDTH)
        nn.init.normal_(self.table.weight, std=0.1)
        self.layers = nn.Sequential(
            nn.Linear(features.N_STABLE + 2 * TOKEN_WIDTH, wide),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(wide, wide),
            nn.ReLU(),
            nn.Linear(wide, EMBEDDING),
            nn.LayerNorm(EMBEDDING),
        )
        self.habits = nn.Sequential(
            nn.Linear(features.N_STABLE - N_KINDS + EMBEDDING, wide),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(wide, wide),
            nn.ReLU(),
            nn.Linear(wide, BEHAVIOUR),
            nn.LayerNorm(BEHAVIOUR),
        )

    def forward(self, stable: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Embed devices; name and area are summed apart, so that either may be missing."""
        mask = (tokens > 0).to(stable.dtype).unsqueeze(-1)
        rows = self.table(tokens) * mask
        split = features.N_NAME_TOKENS
        # Over the root of the number, so that a long name does not fade.
        name = rows[:, :split].sum(1) / (mask[:, :split].sum(1) + 1e-3).sqrt()
        area = rows[:, split:].sum(1) / (mask[:, split:].sum(1) + 1e-3).sqrt()
        embedding: Tensor = self.layers(torch.cat((stable, name, area), dim=1))
        days = torch.exp(4 * torch.clamp(stable[:, DAYS_KNOWN : DAYS_KNOWN + 1], 0.0, 2.0)) - 1
        young = torch.exp(-days / YOUTH_DAYS)
        own_past = torch.cat((stable[:, : KINDS.start], stable[:, KINDS.stop :]), dim=1)
        behaviour: Tensor = self.habits(torch.cat((own_past, young * embedding), dim=1))
        return embedding, behaviour


class Decoder(nn.Module):
    """The state of a device at a later moment.

    Embedding [n, 32], behaviour [n, 32], dynamic [n, D], query [n, Q], the experts' log-odds and supports [n, E] →
    log-odds of "on" [n] twice: by a head that weighs the experts, and by one that has only the embedding (it keeps
    meaning in it).
    """

    def __init__(self, width: int = 1, *, experts: bool = True) -> None:
        """Make a decoder; `width` is a factor on the layers' sizes, `experts` whether the first head has them."""
        super().__init__()
        first, second = (width * size for size in DECODER_WIDTHS)
        self.experts = experts
        self.plain = nn.Sequential(
            nn.Linear(EMBEDDING + N_DYNAMIC + N_QUERY, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 1),
        )
        self.body = nn.Sequential(
            nn.Linear(BEHAVIOUR + N_DYNAMIC + N_QUERY + 2 * features.N_EXPERTS, first),
            nn.ReLU(),
            nn.Dropout(0.05),
            nn.Linear(first, second),
            nn.ReLU(),
        )
        self.gate = nn.Linear(second, features.N_EXPERTS)
        self.shift = nn.Linear(second, 1)
        self.sharpness = nn.Linear(second, 1)

    def forward(
        self, embedding: Tensor, behaviour: Tensor, dynamic: Tensor, query: Tensor, logit: Tensor, support: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return (log-odds with the experts [n], log-odds without [n])."""
        plain = self.plain(torch.cat((embedding, dynamic, query), dim=1)).squeeze(1)
        return self.weigh(behaviour, dynamic, query, logit, support), plain

    def weigh(self, behaviour: Tensor, dynamic: Tensor, query: Tensor, logit: Tensor, support: Tensor) -> Tensor:
        """Return log-odds with the experts [n]."""
        if not self.experts:
            logit, support = torch.zeros_like(logit), torch.zeros_like(support)
        hidden = self.body(torch.cat((behaviour, dynamic, query, logit / 4, support / 4), dim=1))
        weights = torch.softmax(self.gate(hidden), dim=1)
        mixed = (weights * logit).sum(1)
        sharpness = 1 + torch.tanh(self.sharpness(hidden)).squeeze(1) / 2
        weighed: Tensor = mixed * sharpness + self.shift(hidden).squeeze(1)
        return weighed


class Calibration(nn.Module):
    """Log-odds [n] and query [n, Q] → log-odds [n], stretched and shifted by how far ahead is asked.

    Both are straight lines between `KNOTS`, hours ahead, over the logarithm of the horizon; they begin as no change.
    """

    KNOTS = (0.5, 4.0, 16.0, 48.0, 120.0)

    def __init__(self) -> None:
        super().__init__()
        knots = torch.from_numpy(features.scaled_horizon(np.array(self.KNOTS))).float()
        self.register_buffer("knots", knots)
        self.stretch = nn.Parameter(torch.zeros(len(self.KNOTS)))
        self.shift = nn.Parameter(torch.zeros(len(self.KNOTS)))

    def forward(self, logit: Tensor, query: Tensor) -> Tensor:
        """Calibrate."""
        knots = torch.as_tensor(self.knots)
        at = query[:, features.QUERY.index("log_horizon")].unsqueeze(1)
        # How far each stretch between two knots has been passed, from 0 to 1: a piecewise line is a sum of these.
        passed = torch.clamp((at - knots[:-1]) / (knots[1:] - knots[:-1]), 0.0, 1.0)
        stretch = self.stretch[0] + (passed * (self.stretch[1:] - self.stretch[:-1])).sum(1)
        shift = self.shift[0] + (passed * (self.shift[1:] - self.shift[:-1])).sum(1)
        calibrated: Tensor = logit * torch.exp(stretch) + shift
        return calibrated


class Home(nn.Module):
    """What homes are like, from their devices.

    Embeddings [h, n, 32], which of them there are [h, n] (1 or 0), `features.home_inputs` [h, 16] → [h, 32]. Mean,
    maximum and attention over the devices, so that neither their order nor their number is fixed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Linear(EMBEDDING, HOME_HEADS)
        self.layers = nn.Sequential(
            nn.Linear((2 + HOME_HEADS) * EMBEDDING + features.STABLE["home"], HOME_WIDTH),
            nn.ReLU(),
            nn.Linear(HOME_WIDTH, EMBEDDING),
            nn.LayerNorm(EMBEDDING),
        )

    def forward(self, devices: Tensor, present: Tensor, home: Tensor) -> Tensor:
        """Embed homes."""
        there = present.unsqueeze(2)
        absent = (there - 1) * 1e4
        mean = (devices * there).sum(1) / (there.sum(1) + 1e-6)
        most = (devices + absent).amax(dim=1)
        weights = torch.softmax(self.attention(devices) + absent, dim=1)
        attended = (weights.transpose(1, 2) @ devices).flatten(1)
        embedding: Tensor = self.layers(torch.cat((mean, most, attended, home), dim=1))
        return embedding


class Projection(nn.Module):
    """Embedding [n, 32] → [n, 32] of unit length, where two windows of one device should meet (InfoNCE)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(EMBEDDING, 64), nn.ReLU(), nn.Linear(64, EMBEDDING))

    def forward(self, embedding: Tensor) -> Tensor:
        """Project and normalise."""
        return nn.functional.normalize(self.layers(embedding), dim=1)


class Acceptance(nn.Module):
    """A proposal: embedding [n, 32], dynamic [n, D], outlook [n, O] → log-odds of a yes and of being right [n] each.

    The mean of `ACCEPTANCE_MEMBERS` networks that learned apart: each errs elsewhere.
    """

    def __init__(self, n_outlook: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Linear(EMBEDDING + N_DYNAMIC + n_outlook, ACCEPTANCE_WIDTH),
                nn.ReLU(),
                nn.Dropout(0.2),
                nn.Linear(ACCEPTANCE_WIDTH, ACCEPTANCE_WIDTH),
                nn.ReLU(),
                nn.Linear(ACCEPTANCE_WIDTH, 2),
            )
            for _ in range(ACCEPTANCE_MEMBERS)
        )

    def forward(self, embedding: Tensor, dynamic: Tensor, outlook: Tensor) -> tuple[Tensor, Tensor]:
        """Return (log-odds of a yes, log-odds of being right)."""
        given = torch.cat((embedding, dynamic, outlook), dim=1)
        logits = torch.stack([member(given) for member in self.members]).mean(dim=0)
        return logits[:, 0], logits[:, 1]


class MapNet(nn.Module):
    """Embedding [n, 32] → place on the fleet's map [n, 2], both within about [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(EMBEDDING, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, embedding: Tensor) -> Tensor:
        """Place devices on the map."""
        place: Tensor = self.layers(embedding)
        return place
