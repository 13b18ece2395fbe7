"""Exports networks to ONNX, opset 18, and checks that what was written computes what was trained."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from custom_components.hunches.engine import features
from custom_components.hunches.engine.acceptance import N_OUTLOOK
from custom_components.hunches.engine.model import StateModel
from custom_components.hunches.engine.onnx import Graph

from .networks import BEHAVIOUR, EMBEDDING, Acceptance, Home, MapNet
from .train_state import Nets

OPSET = 18
PARITY = 1e-5
"""Largest difference, beside that much of the value itself: float32 cannot tell more of a number than its size."""
OPERATORS = frozenset({
    "Add", "Cast", "Clip", "Concat", "Div", "Exp", "Gather", "Gemm", "Greater", "LayerNormalization", "MatMul", "Mul",
    "Neg", "ReduceMax", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Slice", "Softmax", "Sqrt", "Squeeze", "Sub",
    "Tanh", "Transpose", "Unsqueeze",
})  # fmt: skip
"""All that a graph may be made of; the integration's own executor knows these and more."""
ENCODED = ("device_embedding", "behaviour")  # torch names the table's look-up "embedding"
_TRIALS = ((1, 1.0), (2, 1.0), (64, 1.0), (257, 3.0), (64, 30.0), (64, 0.0))  # rows, scale of the inputs


class ParityError(ValueError):
    """An exported network computes something else than the trained one."""


class Forecaster(nn.Module):
    """The decoder as it ships: the head that weighs the experts, calibrated."""

    def __init__(self, nets: Nets) -> None:
        """Wrap trained networks."""
        super().__init__()
        self.decoder, self.calibration = nets.decoder, nets.calibration

    def forward(self, behaviour: Tensor, dynamic: Tensor, query: Tensor, logit: Tensor, support: Tensor) -> Tensor:
        """Return log-odds of "on" [n]."""
        mixed = self.decoder.weigh(behaviour, dynamic, query, logit, support)
        calibrated: Tensor = self.calibration(mixed, query)
        return calibrated


Files = dict[str, bytes]


def state(nets: Nets) -> tuple[Files, float]:
    """Return encoder and decoder as ONNX files by name, and the largest difference that either showed."""
    d, x = len(features.DYNAMIC), features.N_EXPERTS
    tokens = (features.N_TOKENS, features.N_VOCABULARY)
    return _joined(
        {
            "encoder": _export(nets.encoder, {"stable": features.N_STABLE, "tokens": tokens}, ENCODED),
            "decoder": _export(
                Forecaster(nets),
                {"behaviour": BEHAVIOUR, "dynamic": d, "query": len(features.QUERY), "logit": x, "support": x},
                ("logit_on",),
            ),
        }
    )


def acceptance(net: Acceptance) -> tuple[Files, float]:
    """Return the acceptance model, likewise."""
    inputs = {"embedding": EMBEDDING, "dynamic": len(features.DYNAMIC), "outlook": N_OUTLOOK}
    return _joined({"acceptance": _export(net, inputs, ("logit_yes", "logit_right"))})


def others(home: Home, chart: MapNet) -> tuple[Files, float]:
    """Return what describes homes and the map, likewise."""
    return _joined({"home": _export_home(home), "map": _export(chart, {"embedding": EMBEDDING}, ("place",))})


def written(files: Mapping[str, bytes]) -> StateModel:
    """Return encoder and decoder as they were written, to train what stands on them."""
    return StateModel({name: Graph.load(files[f"{name}.onnx"]) for name in ("encoder", "decoder")})


def _joined(made: Mapping[str, tuple[bytes, float]]) -> tuple[Files, float]:
    return {f"{name}.onnx": data for name, (data, _) in made.items()}, max(worst for _, worst in made.values())


def _export(
    net: nn.Module, inputs: Mapping[str, int | tuple[int, int]], outputs: tuple[str, ...]
) -> tuple[bytes, float]:
    """Return (ONNX file for any number of rows, largest difference); `inputs`: columns, or (columns, vocabulary)."""

    def draw(rows: int, scale: float) -> dict[str, Tensor]:
        return {
            name: scale * torch.randn(rows, size)
            if isinstance(size, int)
            else torch.randint(0, size[1] if scale else 1, (rows, size[0]))
            for name, size in inputs.items()
        }

    rows = torch.export.Dim("n", min=1, max=1 << 20)
    data = _written(net, draw(3, 1.0), outputs, [{0: rows} for _ in inputs])
    return data, _check(net, data, [draw(n, scale) for n, scale in _TRIALS], outputs)


def _export_home(net: Home) -> tuple[bytes, float]:
    def draw(homes: int, devices: int, scale: float) -> dict[str, Tensor]:
        return {
            "devices": scale * torch.randn(homes, devices, EMBEDDING),
            "present": torch.ones(homes, devices),
            "inputs": scale * torch.randn(homes, features.STABLE["home"]),
        }

    homes = torch.export.Dim("homes", min=1, max=1 << 16)
    devices = torch.export.Dim("devices", min=1, max=1 << 16)
    shapes = [{0: homes, 1: devices}, {0: homes, 1: devices}, {0: homes}]
    data = _written(net, draw(3, 5, 1.0), ("home_embedding",), shapes)
    return data, _check(net, data, [draw(1, n, scale) for n, scale in _TRIALS], ("home_embedding",))


def _written(
    net: nn.Module, inputs: Mapping[str, Tensor], outputs: tuple[str, ...], shapes: Sequence[Mapping[int, object]]
) -> bytes:
    net.eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter deprecates parts of itself
        program = torch.onnx.export(
            net,
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=[dict(shape) for shape in shapes],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # noqa: S101 (the exporter returns None only when it writes a file)
    model = program.model_proto
    if unknown := {node.op_type for node in model.graph.node} - OPERATORS:
        raise ParityError(f"{outputs[0]}: operators that are not on the list: {', '.join(sorted(unknown))}")
    return _bare(model)


def _check(net: nn.Module, data: bytes, trials: list[dict[str, Tensor]], outputs: tuple[str, ...]) -> float:
    """Return the largest difference between torch, numpy and onnxruntime. Raises `ParityError` beyond `PARITY`."""
    worst = 0.0
    graphs = [Graph.load(data, runtime=runtime) for runtime in ("numpy", "onnxruntime")]
    for inputs in trials:
        with torch.no_grad():
            answers = net(*inputs.values())
        given: dict[str, NDArray[np.generic]] = {key: value.numpy() for key, value in inputs.items()}
        for graph in graphs:
            found = graph.run(**given)
            for name, answer in zip(outputs, answers if isinstance(answers, tuple) else (answers,), strict=True):
                expected = answer.numpy()
                worst = max(worst, float((np.abs(found[name] - expected) / (1 + np.abs(expected))).max()))
    if not worst <= PARITY:
        raise ParityError(f"{outputs[0]}: the exported network is off by {worst:.1e}")
    return worst


def _bare(model: onnx.ModelProto) -> bytes:
    """Return the model without the exporter's notes: stack traces name files of the machine that trained it."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("value_info")
    data: bytes = model.SerializeToString(deterministic=True)
    return data
