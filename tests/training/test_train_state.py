"""The state model's training: it learns, forgets nothing when interrupted, and hides what homes lack."""

from pathlib import Path

import numpy as np
import pytest
import torch

from custom_components.hunches.engine import features
from model_training import metrics, train_state
from model_training.networks import DAYS_KNOWN, KINDS, Calibration, Encoder, Home
from model_training.train_state import Recipe

Arrays = dict[str, np.ndarray]


def _rows(n: int, seed: int) -> Arrays:
    """Return made-up questions whose answer is the state of now, turned over for devices of one role."""
    rng = np.random.default_rng(seed)
    device = np.repeat(np.arange(n // 4), 4)
    role = device % 2
    stable = np.repeat(rng.normal(0, 0.3, (n // 4, features.N_STABLE)), 4, axis=0).astype(np.float32)
    stable[:, DAYS_KNOWN] = 0.9
    stable[:, 0] = 2.0 * role - 1.0
    stable[:, 1] = np.tile([0, 0, 1, 1], n // 4)  # two windows of each device
    dynamic = rng.normal(0, 0.3, (n, len(features.DYNAMIC))).astype(np.float32)
    on = rng.random(n) < 0.5
    dynamic[:, 1] = 2.0 * on - 1.0
    shape = (n, features.N_EXPERTS)
    return {
        "stable": stable,
        "tokens": np.zeros((n, features.N_TOKENS), dtype=np.int16),
        "dynamic": dynamic,
        "query": rng.normal(0, 0.3, (n, len(features.QUERY))).astype(np.float32),
        "logit": rng.normal(0, 1, shape).astype(np.float32),
        "support": np.ones(shape, dtype=np.float32),
        "target": (on ^ (role == 1)).astype(np.float32),
        "device": device,
        "home": device // 8,
        "role": np.where(role == 1, "odd", "even"),
    }


def test_it_learns_what_can_be_learned_and_tells_roles_apart() -> None:
    rows, others = _rows(6144, 1), _rows(1024, 2)
    nets = train_state.train(rows, others, 6, 1, rows["role"], Recipe(average=0.9))
    logit, embedding = train_state.predict(nets, train_state.tensors(others))
    assert metrics.log_loss(logit.numpy(), others["target"]) < 0.45  # 0.69 is a coin
    points, role = embedding.numpy(), others["role"]
    same = np.linalg.norm(points[role == "odd"] - points[role == "odd"].mean(0), axis=1).mean()
    apart = np.linalg.norm(points[role == "odd"].mean(0) - points[role == "even"].mean(0))
    assert apart > same


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, others = _rows(2048, 1), _rows(512, 2)
    straight = train_state.train(rows, others, 2, 1)
    score, calls = train_state._score, []

    def fails_at_the_second(*arguments: object) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return score(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(train_state, "_score", fails_at_the_second)
    checkpoint = tmp_path / "state.pt"
    with pytest.raises(KeyboardInterrupt):
        train_state.train(rows, others, 2, 1, checkpoint=checkpoint)
    monkeypatch.setattr(train_state, "_score", score)
    resumed = train_state.train(rows, others, 2, 1, checkpoint=checkpoint)
    for module, again in zip(straight.modules(), resumed.modules(), strict=True):
        for key, value in module.state_dict().items():
            assert torch.equal(value, again.state_dict()[key]), key


def test_calibration_is_fitted_for_each_horizon() -> None:
    rng = np.random.default_rng(1)
    hours = np.where(rng.random(20_000) < 0.5, 0.5, 120.0)
    query = np.zeros((hours.size, len(features.QUERY)), dtype=np.float32)
    query[:, 0] = features.scaled_horizon(hours)
    logit = rng.normal(0, 2, hours.size)
    truth = rng.random(hours.size) < 1 / (1 + np.exp(-logit * np.where(hours < 1, 1.0, 0.4)))
    calibration = Calibration()
    optimiser = torch.optim.LBFGS(calibration.parameters(), max_iter=100, line_search_fn="strong_wolfe")
    given = torch.from_numpy(logit).float(), torch.from_numpy(query)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            calibration(*given), torch.from_numpy(truth).float()
        )
        loss.backward()
        return loss

    optimiser.step(closure)
    stretch = torch.exp(calibration.stretch.detach())
    assert float(stretch[0]) == pytest.approx(1.0, abs=0.1)
    assert float(stretch[-1]) == pytest.approx(0.4, abs=0.06)


def test_names_count_in_forecasts_only_while_the_past_is_short() -> None:
    torch.manual_seed(1)
    encoder = Encoder().eval().requires_grad_(requires_grad=False)
    stable = torch.zeros(1, features.N_STABLE)
    tokens = torch.randint(1, features.N_VOCABULARY, (2, features.N_TOKENS))
    moved = []
    for days in (0.0, 30.0):
        stable[:, DAYS_KNOWN] = np.log1p(days) / 4
        embedding, behaviour = encoder(stable.expand(2, -1), tokens)
        assert not torch.allclose(embedding[0], embedding[1], atol=1e-4)
        moved.append(float((behaviour[0] - behaviour[1]).abs().max()))
    assert moved[0] > 1e-2
    assert moved[1] < 1e-3
    kinds = stable.clone()
    kinds[:, KINDS] = 1.0
    assert torch.allclose(encoder(stable, tokens[:1])[1], encoder(kinds, tokens[:1])[1], atol=1e-3)


def test_a_home_does_not_depend_on_the_order_or_the_padding_of_its_devices() -> None:
    torch.manual_seed(1)
    net, devices, inputs = Home().eval(), torch.randn(1, 5, 32), torch.randn(1, 16)
    plain = net(devices, torch.ones(1, 5), inputs)
    shuffled = net(devices[:, torch.tensor([3, 1, 4, 0, 2])], torch.ones(1, 5), inputs)
    padded = net(torch.cat((devices, torch.randn(1, 3, 32)), dim=1), torch.tensor([[1.0] * 5 + [0.0] * 3]), inputs)
    assert torch.allclose(plain, shuffled, atol=1e-5)
    assert torch.allclose(plain, padded, atol=1e-4)
