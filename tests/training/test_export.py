"""Exported networks compute what was trained, in both runtimes, from few operators."""

import onnx
import pytest
import torch
from torch import nn

from custom_components.hunches.engine.acceptance import N_OUTLOOK
from model_training import export
from model_training.networks import Acceptance, Calibration, Decoder, Encoder, Home, MapNet
from model_training.train_state import Nets


def _nets() -> Nets:
    torch.manual_seed(1)
    nets = Nets(Encoder(), Decoder(), Calibration())
    for parameter in nets.calibration.parameters():
        nn.init.normal_(parameter, std=0.3)  # a calibration that does something
    return nets


def test_parity_over_random_and_extreme_inputs_and_few_operators() -> None:
    made = export.state(_nets()), export.acceptance(Acceptance(N_OUTLOOK)), export.others(Home(), MapNet())
    graphs = {name: data for files, _ in made for name, data in files.items()}
    worst = max(off for _, off in made)
    assert 0 < worst <= export.PARITY
    assert sum(map(len, graphs.values())) < 1_500_000
    for data in graphs.values():
        assert {node.op_type for node in onnx.load_from_string(data).graph.node} <= export.OPERATORS


def test_a_network_that_computes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net = MapNet()
    data = export._written(net, {"embedding": torch.randn(3, 32)}, ("place",), [{0: torch.export.Dim("n")}])
    export._check(net, data, [{"embedding": torch.randn(5, 32)}], ("place",))
    with torch.no_grad():
        next(net.parameters()).add_(0.01)
    with pytest.raises(export.ParityError, match="place: the exported network is off"):
        export._check(net, data, [{"embedding": torch.randn(5, 32)}], ("place",))


def test_an_operator_that_is_not_on_the_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "OPERATORS", frozenset({"Gemm"}))
    with pytest.raises(export.ParityError, match="not on the list: Relu"):
        export._written(MapNet(), {"embedding": torch.randn(3, 32)}, ("place",), [{0: torch.export.Dim("n")}])
