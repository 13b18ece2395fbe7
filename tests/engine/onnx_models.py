"""Models of one node or a few, made for tests, and the comparison with onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from custom_components.hunches.engine.onnx import Graph, OnnxError

I64, I32, F64, BOOL = np.int64, np.int32, np.float64, np.bool_

RNG = np.random.default_rng(20)
Arrays = dict[str, np.ndarray]


def numbers(*shape: int, dtype: type = np.float32) -> np.ndarray:
    """Return numbers around zero."""
    return np.asarray(RNG.normal(size=shape) * 2, dtype)


def wholes(*shape: int) -> np.ndarray:
    """Return whole numbers around zero, as floats."""
    return np.asarray(np.round(numbers(*shape)))


def positive(*shape: int) -> np.ndarray:
    return np.asarray(np.abs(numbers(*shape)) + np.float32(0.1))


def truths(*shape: int) -> np.ndarray:
    return np.asarray(RNG.random(shape) < 0.5)


def ints(*values: int, dtype: type = np.int64) -> np.ndarray:
    return np.array(values, dtype)


def scalar(value: float, dtype: type = np.float32) -> np.ndarray:
    return np.array(value, dtype)


def model_of(
    nodes: list[onnx.NodeProto],
    inputs: Arrays,
    outputs: dict[str, Any],
    constants: Arrays | None = None,
    **more: Any,
) -> bytes:
    """Return a model whose inputs have the dtypes and ranks of these arrays, and whose outputs have these dtypes."""
    graph = helper.make_graph(
        nodes,
        "test",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), [f"{name}_{axis}" for axis in range(array.ndim)]
            )
            for name, array in inputs.items()
        ],
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), None)
            for name, dtype in outputs.items()
        ],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    opsets = more.pop("opset_imports", [helper.make_opsetid("", 18)])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, **more)
    return bytes(model.SerializeToString())


def assert_same(data: bytes, inputs: Arrays) -> Arrays:
    """Check that numpy computes what onnxruntime computes; return that."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    graph = Graph.load(data, runtime="numpy")
    assert graph.runtime == "numpy"
    before = {name: array.copy() for name, array in inputs.items()}
    ours = graph.run(**inputs)
    for name, theirs in zip(graph.outputs, session.run(graph.outputs, inputs), strict=True):
        assert ours[name].dtype == theirs.dtype
        assert ours[name].shape == theirs.shape
        np.testing.assert_allclose(ours[name], theirs, rtol=1e-5, atol=1e-5)
    for name, array in inputs.items():
        np.testing.assert_array_equal(array, before[name])
    return ours


class Case:
    """One node with its inputs, of which None is left out; and the dtypes of its outputs."""

    def __init__(
        self,
        operator: str,
        *inputs: np.ndarray | None,
        makes: tuple[Any, ...] = (np.float32,),
        note: str = "",
        **attributes: Any,
    ) -> None:
        self.operator = operator
        self.inputs = {f"in_{i}": array for i, array in enumerate(inputs) if array is not None}
        self.outputs = {f"out_{i}": dtype for i, dtype in enumerate(makes)}
        names = ["" if array is None else f"in_{i}" for i, array in enumerate(inputs)]
        self.node = helper.make_node(operator, names, list(self.outputs), **attributes)
        self.name = "-".join(
            filter(None, [operator, note, *(f"{k}={v}" for k, v in attributes.items() if k != "value")])
        )


def node(operator: str, *inputs: str, outputs: tuple[str, ...] = ("y",), **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, outputs, **attributes)


def encoder() -> tuple[bytes, Arrays]:
    """Return a network like the ones that ship (embeddings, masked mean, LayerNorm, softmax gate), and its inputs."""
    constants = {
        "table": numbers(64, 8),
        "last": ints(-1),
        "second": ints(1),
        "one": scalar(1),
        "half": scalar(0.5),
        "root": scalar(np.sqrt(2)),
        "w1": numbers(32, 20) / 4,
        "b1": numbers(32),
        "scale": numbers(32),
        "shift": numbers(32),
        # float16, to be cast when the graph is loaded
        "w2_half": (numbers(3, 32) / 4).astype(np.float16),
        "b2": numbers(3),
    }
    steps = """
        rows = Gather(table, grams)
        column = Unsqueeze(mask, last)
        kept = Mul(rows, column)
        summed = ReduceSum<keepdims = 0>(kept, second)
        counted = ReduceSum<keepdims = 0>(column, second)
        at_least_one = Max(counted, one)
        mean = Div(summed, at_least_one)
        joined = Concat<axis = -1>(features, mean)
        hidden = Gemm<transB = 1>(joined, w1, b1)
        normal = LayerNormalization(hidden, scale, shift)
        scaled = Div(normal, root)
        erf = Erf(scaled)
        above = Add(erf, one)
        doubled = Mul(normal, above)
        gelu = Mul(doubled, half)
        w2 = Cast<to = 1>(w2_half)
        logits = Gemm<transB = 1>(gelu, w2, b2)
        gate = Softmax(logits)
        weighed = Mul(gate, experts)
        log_odds = ReduceSum<keepdims = 0>(weighed, last)
        p = Sigmoid(log_odds)
    """
    nodes = [onnx.parser.parse_node(step) for step in steps.strip().splitlines()]
    inputs = {
        "features": numbers(9, 12),
        "grams": RNG.integers(0, 64, (9, 6)),
        "mask": truths(9, 6).astype(np.float32),
        "experts": numbers(9, 3),
    }
    return model_of(nodes, inputs, {"p": np.float32, "gelu": np.float32}, constants), inputs


ENCODER, ENCODER_INPUTS = encoder()


def refused(data: bytes, runtime: str = "numpy") -> str:
    """Return the one line that says why a model is refused."""
    with pytest.raises(OnnxError) as error:
        Graph.load(data, runtime=runtime)
    line = str(error.value)
    assert "\n" not in line
    assert 10 < len(line) < 300
    return line
