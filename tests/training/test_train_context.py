"""The context filter's training: the torch network is the engine's, and a short training gives a usable asset."""

from __future__ import annotations

import numpy as np
import torch

from custom_components.hunches.engine.context import follow
from custom_components.hunches.engine.context_filter import STEP, Filter
from custom_components.hunches.engine.context_network import Numbers
from custom_components.hunches.engine.routine import Usual, labels_of
from custom_components.hunches.engine.sensors import KINDS
from model_training import context_homes
from model_training.context_model import Network
from model_training.train_context import Watched, clock_of, content, example, log_chances, train


def test_torch_and_the_engine_read_evidence_alike() -> None:
    torch.manual_seed(0)
    network = Network()
    for weight in network.w.values():
        weight.data += 0.1 * torch.randn_like(weight)
    recording = context_homes.contacts(3, 1)
    numbers = Numbers.of(content(network, clock_of([recording]), Usual.unknown(len(KINDS)), [9.8, 2.6, -0.4, 2.7]))
    watch = Watched(recording, numbers)
    first = watch.state
    found = example(recording, watch)
    assert found is not None
    steps = found.label.numel() // 24 * 24
    with torch.no_grad():
        said = log_chances(network, found, steps, torch.tensor(first[None], dtype=torch.float32)).exp().numpy()
    plain = Filter(recording.home, recording.start, numbers)
    states = plain.advance(recording.timelines, int(recording.start // STEP) + steps)
    told = labels_of(states)
    np.testing.assert_allclose(said, told, atol=0.02)
    assert np.abs(said - told).mean() < 2e-3  # inputs are kept in half precision


def test_a_short_training_gives_numbers_that_answer() -> None:
    found = train(5, homes=8, say=lambda _: None)
    assert train(5, homes=8, say=lambda _: None) == found
    recording = context_homes.contacts(1, 2)
    answer = follow(recording, np.arange(recording.start, recording.end, 3600.0), numbers=Numbers.of(found))
    assert np.isfinite(answer.asleep).all()


def test_damage_leaves_truth_and_order() -> None:
    rng = np.random.default_rng(0)
    whole = context_homes.contacts(7, 2)
    for _ in range(20):
        worse = context_homes.damage(whole, rng)
        assert worse.truth == whole.truth
        assert worse.timelines
        assert set(worse.timelines) == set(worse.home.entities)
        for timeline in worse.timelines.values():
            assert (np.diff(timeline.times) > 0).all()
            assert (np.diff(timeline.states) != 0).all()


def test_a_home_is_the_same_every_time() -> None:
    one, other = context_homes.home(4, 9), context_homes.home(4, 9)
    assert list(one.timelines) == list(other.timelines)
    for key, timeline in one.timelines.items():
        np.testing.assert_array_equal(timeline.times, other.timelines[key].times)
