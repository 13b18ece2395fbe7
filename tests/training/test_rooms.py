"""Training of rooms: questions that do not give their answers away, and a network that runs as it was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import model_training  # noqa: F401
from custom_components.hunches.engine import features
from custom_components.hunches.engine.home import Entity
from custom_components.hunches.engine.model import ASSETS
from custom_components.hunches.engine.rooms import Rooms
from model_training import train_rooms
from model_training.fleet import residents
from model_training.fleet.home import SimulatedHome
from model_training.train_rooms import Question

SEED = 5
ENCODER = train_rooms.encoder_of((ASSETS / train_rooms.ENCODER).read_bytes())


@pytest.fixture(scope="module")
def homes() -> list[SimulatedHome]:
    return [residents.simulate(index, SEED) for index in range(24)]


@pytest.fixture(scope="module")
def asked(homes: list[SimulatedHome]) -> list[Question]:
    return train_rooms.questions(enumerate(homes), ENCODER, SEED)


def test_questions_are_the_same_every_time(homes: list[SimulatedHome], asked: list[Question]) -> None:
    again = train_rooms.questions(enumerate(homes), ENCODER, SEED)
    assert len(again) == len(asked) > 40
    for one, other in zip(asked, again, strict=True):
        assert (one.entity_id, one.answer, one.named) == (other.entity_id, other.answer, other.named)
        np.testing.assert_array_equal(one.embedding, other.embedding)
        np.testing.assert_array_equal(one.areas[0].inputs, other.areas[0].inputs)


def test_the_encoder_is_never_told_the_area(homes: list[SimulatedHome]) -> None:
    seen: list[torch.Tensor] = []

    def encoder(stable: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        seen.append(tokens)
        return torch.ones(len(stable), 32)

    home = next(h for h in homes if any(e.area for e in h.recording.home.devices))
    list(train_rooms.ask(home.recording, encoder, 0, 30.0, np.random.default_rng(0), 1.0))
    for tokens in seen:
        assert not tokens[:, features.N_NAME_TOKENS :].any()
    assert seen[0].any()  # the others keep their names,
    assert not seen[1].any()  # the device that is asked about loses its own


def test_a_question_has_the_true_area_or_none(homes: list[SimulatedHome], asked: list[Question]) -> None:
    entities: list[dict[str, Entity]] = [dict(h.recording.home.entities) for h in homes]
    none = 0
    for question in asked:
        area = entities[question.home][question.entity_id].area
        names = [c.area for c in question.areas]
        assert area is not None
        assert len(names) == len(set(names)) > 0
        if question.answer < len(names):
            assert names[question.answer] == area
        else:
            none += 1
            assert area not in names
    assert 0 < none < len(asked) / 2


def test_the_engine_runs_what_was_trained(asked: list[Question]) -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([np.stack([c.inputs for c in q.areas]) for q in asked])
    torch.manual_seed(0)
    net = train_rooms.Net(
        torch.from_numpy(rows.mean(axis=0)).float(), torch.from_numpy(rows.std(axis=0) + 0.01).float()
    )
    torch.nn.init.normal_(net.use.weight, std=0.1)
    net.eval()
    rooms = net.rooms(1.3)
    some = [asked[i] for i in rng.choice(len(asked), 20, replace=False)]
    packed = train_rooms.pack(some)
    with torch.no_grad():
        p = torch.softmax(net(*packed[:-1]) / 1.3, dim=1).numpy()
    for row, question in zip(p, some, strict=True):
        k = len(question.areas)
        np.testing.assert_allclose(
            rooms.probabilities(question.areas, question.embedding), np.append(row[:k], row[-1]), atol=1e-5
        )


def test_fitting_beats_guessing_blindly(asked: list[Question], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_rooms, "EPOCHS", 25)
    rooms = Rooms.from_json(train_rooms.fit(asked))
    first = [int(rooms.probabilities(q.areas, q.embedding).argmax()) == q.answer for q in asked]
    blind = np.mean([1 / (len(q.areas) + 1) for q in asked])
    assert np.mean(first) > blind + 0.2
    score = train_rooms.score(asked, rooms.as_json())
    assert set(score) == {"answered", "right", "said"}
    assert all(0 <= value <= 1 for value in score.values())
