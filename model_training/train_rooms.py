"""Fits what speaks for a device being in an area: joint use, likeness and names, on simulated homes.

    python -m model_training.train_rooms [--assets DIR] [--homes 2500]

fits it anew for the encoder in DIR and writes `rooms.json` there, with its hash in the model card.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from custom_components.hunches.engine import features
from custom_components.hunches.engine.areas import candidates, placeless
from custom_components.hunches.engine.home import Entity
from custom_components.hunches.engine.localtime import DAY, LocalTime
from custom_components.hunches.engine.model import ASSETS, N_EMBEDDING
from custom_components.hunches.engine.onnx import Graph
from custom_components.hunches.engine.room_words import N_KINDS
from custom_components.hunches.engine.rooms import INPUTS, AreaGuess, Candidate, Rooms
from custom_components.hunches.engine.usage import Usage, advance

from . import model_card, parallel
from .fleet import residents, simulate
from .train_room_words import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording
    from custom_components.hunches.engine.timeline import Timeline

    from .fleet.home import SimulatedHome

Embed = Callable[[Tensor, Tensor], Tensor]
"""Stable inputs [n, S] and name tokens [n, T] → embeddings [n, 32]: the encoder."""

HOMES: Final = 2500
FIRST: Final = 100_000
"""Number of the first home: no other step has seen it, as those of the fleet end long before."""
PART: Final = 10  # homes a worker takes at once
WIDTH: Final = 32
EPOCHS: Final = 60
BATCH: Final = 256
RATE: Final = 3e-3
WEIGHT_DECAY: Final = 3e-3
DROPOUT: Final = 0.1
HELD_OUT: Final = 5  # one home in so many sets the temperature and when to stop
ENCODER: Final = "encoder.onnx"
NAMELESS: Final = 0.6  # share of questions that hide the device's name
SHORTENED: Final = 0.5  # share of homes of which only the last days are known
FEWEST_DAYS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """Which of these areas is a device in.

    `answer`: the place of the true one, or the number of areas for none of them. `home`: of which home it is.
    `named`: whether the name was told. `days`: of history. `mates`: other entities in the true area.
    """

    areas: tuple[Candidate, ...]
    embedding: NDArray[np.float32]
    answer: int
    home: int
    entity_id: str
    named: bool
    days: float
    mates: int

    @property
    def joint(self) -> float:
        """Return how many joint changes the device has with the true area, 0 where it is none of them."""
        return self.areas[self.answer].joint if self.answer < len(self.areas) else 0.0

    def guess(self, rooms: Rooms) -> AreaGuess | None:
        """Return what would be said."""
        return rooms.guess(self.areas, self.embedding)

    def right(self, guess: AreaGuess) -> bool:
        """Whether a guess is right."""
        return self.answer < len(self.areas) and self.areas[self.answer].area == guess.area


def simulated(encoder: bytes, seed: int, homes: int, first: int = FIRST, workers: int | None = None) -> list[Question]:
    """Return `questions` to so many homes of the fleet; `encoder`: the network, as it was written."""
    parts = [range(n, min(n + PART, first + homes)) for n in range(first, first + homes, PART)]
    return list(chain(*parallel.each(partial(_questions, encoder, seed), parts, "rooms", "part", workers)))


def _questions(encoder: bytes, seed: int, numbers: range) -> list[Question]:
    return questions(((n, simulate.home(n, seed)) for n in numbers), encoder_of(encoder), seed)


def questions(homes: Iterable[tuple[int, SimulatedHome]], encoder: Embed, seed: int) -> list[Question]:
    """Ask of each device with an area which it is in. Where it is alone there, "none of them" is the answer.

    `homes`: with their numbers. Only of those in whose rooms people live: the other generator deals out areas by lot,
    and nothing can tell them.
    """
    found: list[Question] = []
    for number, home in homes:
        if home.generator != residents.GENERATOR:
            continue
        recording, rng = home.recording, np.random.default_rng((seed, number))
        days = (recording.end - recording.start) / DAY
        if rng.random() < SHORTENED:
            days = float(np.exp(rng.uniform(np.log(FEWEST_DAYS), np.log(max(days, FEWEST_DAYS)))))
        found += ask(recording, encoder, number, days, rng, NAMELESS)
    return found


def ask(
    recording: Recording, encoder: Embed, number: int, days: float, rng: np.random.Generator, nameless: float
) -> Iterator[Question]:
    """Ask of each device of one home that has an area, with `days` of history; `nameless`: share without its name."""
    home = recording.home
    timelines = {key: t.since(recording.end - days * DAY) for key, t in recording.timelines.items() if len(t)}
    devices = [e for e in home.devices if e.entity_id in timelines]
    if not devices:
        return
    subjects = [Entity(e.entity_id, "", None, e.device_class) if rng.random() < nameless else e for e in devices]
    known, own = _embeddings(recording, timelines, devices, subjects, encoder)
    everyone = [*home.devices, *home.evidence]
    found = candidates(
        dict(zip(subjects, own, strict=True)),
        everyone,
        timelines,
        {e.entity_id: row for e, row in zip(devices, known, strict=True)},
        words(),
    )
    for entity, subject, embedding in zip(devices, subjects, own, strict=True):
        areas = tuple(found[entity.entity_id])
        if not entity.area or not areas:
            continue
        yield Question(
            areas,
            embedding,
            next((i for i, c in enumerate(areas) if c.area == entity.area), len(areas)),
            number,
            entity.entity_id,
            subject is entity,
            days,
            sum(e.area == entity.area and e.entity_id in timelines for e in everyone) - 1,
        )


@torch.no_grad()
def _embeddings(
    recording: Recording,
    timelines: Mapping[str, Timeline],
    devices: Sequence[Entity],
    subjects: Sequence[Entity],
    encoder: Embed,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the embeddings [n, 32] of devices, and of the same as `subjects`, all without their areas."""
    home = recording.home
    clock = LocalTime(home.time_zone, home.latitude, home.longitude)
    inputs = features.home_inputs(home)
    usages = [advance(Usage(), timelines[e.entity_id], recording.end, clock) for e in devices]
    stable = torch.from_numpy(np.stack([features.stable(e, u, inputs) for e, u in zip(devices, usages, strict=True)]))
    tokens = [torch.from_numpy(np.stack([features.tokens(placeless(e)) for e in who])) for who in (devices, subjects)]
    return encoder(stable, tokens[0]).numpy(), encoder(stable, tokens[1]).numpy()


def fit(asked: Sequence[Question], seed: int = 1) -> dict[str, Any]:
    """Return the contents of `rooms.json`: the network of `engine.rooms`, by AdamW, stopped and tempered apart."""
    torch.manual_seed(seed)
    training = [q for q in asked if q.home % HELD_OUT]
    held_out = [q for q in asked if not q.home % HELD_OUT] or training
    rows = np.concatenate([np.stack([c.inputs for c in q.areas]) for q in training])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-2
    net = Net(torch.from_numpy(mean).float(), torch.from_numpy(scale).float())
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    packed, apart = pack(training), pack(held_out)
    best, kept = float("inf"), net.state_dict()
    for _ in range(EPOCHS):
        net.train()
        for batch in torch.randperm(len(training)).split(BATCH):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(*(part[batch] for part in packed[:-1])), packed[-1][batch])
            loss.backward()
            optimiser.step()
        schedule.step()
        net.eval()
        with torch.no_grad():
            apart_loss = float(nn.functional.cross_entropy(net(*apart[:-1]), apart[-1]))
        if apart_loss < best:
            best, kept = apart_loss, {key: value.clone() for key, value in net.state_dict().items()}
    net.load_state_dict(kept)
    with torch.no_grad():
        scores = net(*apart[:-1])
    temperatures = np.exp(np.linspace(-0.7, 0.9, 65))
    losses = [float(nn.functional.cross_entropy(scores / t, apart[-1])) for t in temperatures]
    return net.rooms(float(temperatures[int(np.argmin(losses))])).as_json()


class Net(nn.Module):
    """`engine.rooms.Rooms` as it is trained."""

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.mean, self.scale = nn.Parameter(mean, requires_grad=False), nn.Parameter(scale, requires_grad=False)
        self.hidden = nn.Linear(len(INPUTS), WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        self.out = nn.Linear(WIDTH, 1)
        self.use = nn.Linear(N_EMBEDDING, N_KINDS)
        nn.init.zeros_(self.use.weight)
        nn.init.zeros_(self.use.bias)

    def forward(self, inputs: Tensor, kinds: Tensor, mask: Tensor, embedding: Tensor) -> Tensor:
        """Return scores [n, k + 1] from inputs [n, k, I], kinds [n, k, 14], mask [n, k], embedding [n, 32]."""
        hidden = torch.tanh(self.hidden((inputs - self.mean) / self.scale))
        scores = self.out(self.dropout(hidden)).squeeze(-1)
        scores = scores + (kinds * self.use(embedding)[:, None]).sum(-1) + mask
        return torch.cat((scores, torch.zeros(len(scores), 1)), dim=1)

    def rooms(self, temperature: float) -> Rooms:
        """Return the network as the engine runs it."""
        found = {key: value.double().numpy() for key, value in self.state_dict().items()}
        return Rooms(
            words(),
            found["mean"],
            found["scale"],
            found["hidden.weight"].T,
            found["hidden.bias"],
            found["out.weight"][0],
            float(found["out.bias"][0]),
            found["use.weight"].T,
            found["use.bias"],
            temperature,
        )


def pack(asked: Sequence[Question]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return inputs [n, k, I], kinds [n, k, 14], mask [n, k] (0, or -1e9 where there is no area), embedding, answer.

    The answer "none of them" is k, the place after the longest list of areas.
    """
    width = max(len(q.areas) for q in asked)
    inputs, kinds = torch.zeros(len(asked), width, len(INPUTS)), torch.zeros(len(asked), width, N_KINDS)
    mask = torch.full((len(asked), width), -1e9)
    for row, question in enumerate(asked):
        k = len(question.areas)
        inputs[row, :k] = torch.from_numpy(np.stack([c.inputs for c in question.areas]))
        kinds[row, :k] = torch.from_numpy(np.stack([c.kinds for c in question.areas]))
        mask[row, :k] = 0.0
    answer = torch.tensor([q.answer if q.answer < len(q.areas) else width for q in asked])
    return inputs, kinds, mask, torch.from_numpy(np.stack([q.embedding for q in asked])), answer


def score(asked: Sequence[Question], weights: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of questions answered, the share of these that was right, and how probable they were said."""
    rooms = Rooms.from_json(weights)
    told = [(q, guess) for q in asked if (guess := q.guess(rooms))]
    right = sum(q.right(guess) for q, guess in told)
    said = sum(guess.probability for _, guess in told)
    return {
        "answered": len(told) / max(len(asked), 1),
        "right": right / max(len(told), 1),
        "said": said / max(len(told), 1),
    }


def encoder_of(file: bytes) -> Embed:
    """Return an encoder, as it was written, as one that takes tensors."""
    graph = Graph.load(file, runtime="numpy")

    def encoder(stable: Tensor, tokens: Tensor) -> Tensor:
        return torch.from_numpy(graph.run(stable=stable.numpy(), tokens=tokens.numpy())[graph.outputs[0]])

    return encoder


def main() -> int:
    """Fit, write, and print how well it does on homes that were not fitted on. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="train_rooms", description=__doc__.splitlines()[0])
    parser.add_argument("--assets", type=Path, default=ASSETS)
    parser.add_argument("--homes", type=int, default=HOMES)
    parser.add_argument("--first", type=int, default=FIRST, help="number of the first simulated home")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    card = model_card.read(options.assets)
    asked = simulated((options.assets / ENCODER).read_bytes(), options.seed, options.homes, options.first)
    weights = fit(asked, options.seed)
    data = model_card.as_bytes(weights)
    card["assets"]["rooms.json"] = hashlib.sha256(data).hexdigest()
    card["bytes"] = sum((options.assets / name).stat().st_size for name in card["assets"] if name != "rooms.json")
    card["bytes"] += len(data)
    (options.assets / "rooms.json").write_bytes(data)
    model_card.write(options.assets, card)
    print(f"train_rooms: {len(asked)} questions, {len(data):,} bytes in {options.assets}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
