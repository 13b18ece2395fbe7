"""The networks, in PyTorch: what the integration runs from ONNX was one of these.

Sizes are in one table. Shapes: n devices or queries; S, T, D, Q, E are the sizes of `engine.features`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from custom_components.hunches.engine import features
from custom_components.hunches.engine.model import N_EMBEDDING

EMBEDDING = N_EMBEDDING
ENCODER_WIDTH = 128
DECODER_WIDTHS = (96, 64)
TOKEN_WIDTH = 16
ACCEPTANCE_WIDTH = 64
N_DYNAMIC = len(features.DYNAMIC)
N_QUERY = len(features.QUERY)


class Encoder(nn.Module):
    """Stable inputs [n, S] and name tokens [n, T] → embedding [n, 32]."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(features.N_VOCABULARY, TOKEN_WIDTH)
        nn.init.normal_(self.table.weight, std=0.1)
        self.layers = nn.Sequential(
            nn.Linear(features.N_STABLE + 2 * TOKEN_WIDTH, ENCODER_WIDTH),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(ENCODER_WIDTH, ENCODER_WIDTH),
            nn.ReLU(),
            nn.Linear(ENCODER_WIDTH, EMBEDDING),
            nn.LayerNorm(EMBEDDING),
        )

    def forward(self, stable: Tensor, tokens: Tensor) -> Tensor:
        """Embed devices; name and area are summed apart, so that either may be missing."""
        mask = (tokens > 0).to(stable.dtype).unsqueeze(-1)
        rows = self.table(tokens) * mask
        split = features.N_NAME_TOKENS
        # Over the root of the number, so that a long name does not fade.
        name = rows[:, :split].sum(1) / (mask[:, :split].sum(1) + 1e-3).sqrt()
        area = rows[:, split:].sum(1) / (mask[:, split:].sum(1) + 1e-3).sqrt()
        embedding: Tensor = self.layers(torch.cat((stable, name, area), dim=1))
        return embedding


class Decoder(nn.Module):
    """The state of a device at a later moment.

    Embedding [n, 32], dynamic [n, D], query [n, Q], the experts' log-odds and supports [n, E] → log-odds of "on" [n]
    twice: by a head that weighs the experts, and by one that has only the embedding (it keeps meaning in it).
    """

    def __init__(self) -> None:
        super().__init__()
        first, second = DECODER_WIDTHS
        self.plain = nn.Sequential(
            nn.Linear(EMBEDDING + N_DYNAMIC + N_QUERY, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 1),
        )
        self.body = nn.Sequential(
            nn.Linear(EMBEDDING + N_DYNAMIC + N_QUERY + 2 * features.N_EXPERTS, first),
            nn.ReLU(),
            nn.Dropout(0.05),
            nn.Linear(first, second),
            nn.ReLU(),
        )
        self.gate = nn.Linear(second, features.N_EXPERTS)
        self.shift = nn.Linear(second, 1)
        self.sharpness = nn.Linear(second, 1)

    def forward(
        self, embedding: Tensor, dynamic: Tensor, query: Tensor, logit: Tensor, support: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return (log-odds with the experts [n], log-odds without [n])."""
        plain = self.plain(torch.cat((embedding, dynamic, query), dim=1)).squeeze(1)
        hidden = self.body(torch.cat((embedding, dynamic, query, logit / 4, support / 4), dim=1))
        weights = torch.softmax(self.gate(hidden), dim=1)
        mixed = (weights * logit).sum(1)
        sharpness = 1 + torch.tanh(self.sharpness(hidden)).squeeze(1) / 2
        return mixed * sharpness + self.shift(hidden).squeeze(1), plain


class Projection(nn.Module):
    """Embedding [n, 32] → [n, 32] of unit length, where two windows of one device should meet (InfoNCE)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(EMBEDDING, 64), nn.ReLU(), nn.Linear(64, EMBEDDING))

    def forward(self, embedding: Tensor) -> Tensor:
        """Project and normalise."""
        return nn.functional.normalize(self.layers(embedding), dim=1)


class Acceptance(nn.Module):
    """Will "turn it off?" be answered with yes: embedding [n, 32], dynamic [n, D], outlook [n, O] → log-odds [n]."""

    def __init__(self, n_outlook: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(EMBEDDING + N_DYNAMIC + n_outlook, ACCEPTANCE_WIDTH),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(ACCEPTANCE_WIDTH, ACCEPTANCE_WIDTH),
            nn.ReLU(),
            nn.Linear(ACCEPTANCE_WIDTH, 1),
        )

    def forward(self, embedding: Tensor, dynamic: Tensor, outlook: Tensor) -> Tensor:
        """Return the log-odds of a yes."""
        logit: Tensor = self.layers(torch.cat((embedding, dynamic, outlook), dim=1)).squeeze(1)
        return logit


class MapNet(nn.Module):
    """Embedding [n, 32] → place on the fleet's map [n, 2], both within about [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(EMBEDDING, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, embedding: Tensor) -> Tensor:
        """Place devices on the map."""
        place: Tensor = self.layers(embedding)
        return place
