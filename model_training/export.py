"""Exports networks to ONNX, opset 18, and checks that what was written computes what was trained."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from custom_components.hunches.engine.onnx import Graph

OPSET = 18
PARITY = 1e-4


def export(net: nn.Module, inputs: Mapping[str, Tensor], output: str) -> bytes:
    """Return the ONNX file of `net` for any number of rows. Raises `ValueError` if numpy computes something else."""
    net.eval()
    rows = torch.export.Dim("n", min=1, max=1 << 20)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter deprecates parts of itself
        program = torch.onnx.export(
            net,
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=[output],
            dynamic_shapes=[{0: rows} for _ in inputs],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # noqa: S101 (the exporter returns None only when it writes a file)
    data = _bare(program.model_proto)
    graph = Graph.load(data, runtime="numpy")
    with torch.no_grad():
        expected = net(*inputs.values()).numpy()
    given = {key: value.numpy() for key, value in inputs.items()}
    worst = float(np.abs(graph.run(**given)[output] - expected).max())
    if worst > PARITY:
        msg = f"{output}: the exported network is off by {worst:.1e}"
        raise ValueError(msg)
    return data


def _bare(model: onnx.ModelProto) -> bytes:
    """Return the model without the exporter's notes: stack traces name files of the machine that trained it."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("value_info")
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class Forecaster(nn.Module):
    """The decoder as it ships: only the head that weighs the experts."""

    def __init__(self, decoder: nn.Module) -> None:
        """Wrap a trained decoder."""
        super().__init__()
        self.decoder = decoder

    def forward(self, embedding: Tensor, dynamic: Tensor, query: Tensor, logit: Tensor, support: Tensor) -> Tensor:
        """Return log-odds of "on" [n]."""
        mixed: Tensor = self.decoder(embedding, dynamic, query, logit, support)[0]
        return mixed
