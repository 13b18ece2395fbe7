"""ONNX graphs in numpy, held against onnxruntime; their inputs; and which of the two runs them."""

from __future__ import annotations

import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from custom_components.hunches.engine.onnx import Graph, OnnxError

from .onnx_models import ENCODER, ENCODER_INPUTS, F64, I32, assert_same, ints, model_of, node, numbers, refused


@pytest.mark.parametrize("rows", [9, 1, 0])
def test_network_agrees_with_onnxruntime(rows: int) -> None:
    outputs = assert_same(ENCODER, {name: array[:rows] for name, array in ENCODER_INPUTS.items()})
    assert outputs["p"].shape == (rows,)


def test_inputs_and_outputs_are_told() -> None:
    graph = Graph.load(ENCODER)
    assert graph.outputs == ("p", "gelu")
    assert graph.inputs["grams"] == ("int64", ("grams_0", "grams_1"))
    assert list(graph.inputs) == list(ENCODER_INPUTS)


@pytest.mark.parametrize("runtime", ["numpy", "onnxruntime"])
def test_outputs_are_the_callers_own(runtime: str) -> None:
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in ("given", "constant")]
    nodes.append(helper.make_node("Reshape", ["given", "shape"], ["view_out"]))
    names = ("given_out", "constant_out", "view_out")
    given, constants = numbers(4), {"constant": numbers(3), "shape": ints(2, 2)}
    data = model_of(nodes, {"given": given}, dict.fromkeys(names, np.float32), constants)
    graph = Graph.load(data, runtime=runtime)
    first, kept = graph.run(given=given), given.copy()
    for name in names:
        first[name] += 1
    np.testing.assert_array_equal(given, kept)
    second = graph.run(given=given)
    for name in names:
        np.testing.assert_array_equal(second[name] + 1, first[name])


def test_values_are_let_go_when_nothing_needs_them() -> None:
    given = np.zeros(100_000, np.float32)
    nodes = [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(40)]
    graph = Graph.load(model_of(nodes, {"v0": given}, {"v40": np.float32}), runtime="numpy")
    tracemalloc.start()
    graph.run(v0=given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * given.nbytes


def test_runs_in_several_threads_at_once() -> None:
    graph = Graph.load(ENCODER, runtime="numpy")
    alone = [{k: v[i : i + 1] for k, v in ENCODER_INPUTS.items()} for i in range(9)]
    expected = [graph.run(**inputs)["p"] for inputs in alone]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda i: graph.run(**alone[i % 9])["p"], range(180)))
    for i, result in enumerate(results):
        np.testing.assert_array_equal(result, expected[i % 9])


# Inputs that do not fit


@pytest.fixture(params=["numpy", "onnxruntime"])
def graph(request: pytest.FixtureRequest) -> Graph:
    """Return a graph of fixed and named sizes, for each runtime."""
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3]),
        helper.make_tensor_value_info("i", TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info("free", TensorProto.FLOAT, [None]),
    ]
    nodes = [
        node("Gather", "x", "i", outputs=("picked",), axis=1),
        node("ReduceSum", "free", outputs=("sum",), keepdims=0),
        node("Add", "picked", "sum"),
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", "rows"])]
    model = helper.make_model(
        helper.make_graph(nodes, "test", inputs, outputs), opset_imports=[helper.make_opsetid("", 18)], ir_version=10
    )
    return Graph.load(model.SerializeToString(), runtime=request.param)


FITTING = {"x": numbers(2, 3), "i": ints(0, 2), "free": numbers(5)}


def test_inputs_that_fit(graph: Graph) -> None:
    assert graph.inputs == {
        "x": ("float32", ("rows", 3)),
        "i": ("int64", ("rows",)),
        "free": ("float32", ("?",)),
    }
    expected = FITTING["x"][:, [0, 2]] + FITTING["free"].sum()
    np.testing.assert_allclose(graph.run(**FITTING)["y"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"x": None}, "has the inputs 'free', 'i', 'x', not 'free', 'i'"),
        ({"z": numbers(1)}, "not 'free', 'i', 'x', 'z'"),
        ({"x": numbers(2, 3, dtype=F64)}, "'x' is of float64, not of float32"),
        ({"i": ints(0, 2, dtype=I32)}, "'i' is of int32, not of int64"),
        ({"x": numbers(2, 3).astype(">f4")}, "not of float32"),
        ({"x": [[1.0] * 3] * 2}, "'x' is a list, not an array"),
        ({"x": numbers(2, 4)}, "'x' has the shape (2, 4), not ('rows', 3)"),
        ({"x": numbers(6)}, "'x' has the shape (6,), not ('rows', 3)"),
        ({"i": ints(0)}, "'i' has the shape (1,), not ('rows',), 'rows' being 2"),
        ({"free": numbers(2, 2)}, "'free' has the shape (2, 2), not ('?',)"),
        ({"i": ints(0, 3)}, "3"),
        ({"i": ints(0, -4)}, "-4"),
    ],
)
def test_inputs_that_do_not_fit(graph: Graph, wrong: dict[str, Any], reason: str) -> None:
    inputs = {name: array for name, array in {**FITTING, **wrong}.items() if array is not None}
    with pytest.raises(OnnxError) as error:
        graph.run(**inputs)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_output_of_another_type_than_declared() -> None:
    inputs = {"x": numbers(2, 3)}
    graph = Graph.load(model_of([node("Neg", "x")], inputs, {"y": F64}), runtime="numpy")
    with pytest.raises(OnnxError, match="the output 'y' is of float32, not of float64"):
        graph.run(**inputs)


# Which of the two runs it


def test_onnxruntime_is_used_where_it_is_installed() -> None:
    graph = Graph.load(ENCODER)
    assert graph.runtime == "onnxruntime"
    expected = Graph.load(ENCODER, runtime="numpy").run(**ENCODER_INPUTS)
    for name, array in graph.run(**ENCODER_INPUTS).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-5, atol=1e-5)


def broken_onnxruntime() -> ModuleType:
    """Return an onnxruntime that takes no model."""

    def session(*_: object, **__: object) -> None:
        msg = "no kernel\nfor this machine"
        raise RuntimeError(msg)

    module = ModuleType("onnxruntime")
    vars(module).update(SessionOptions=SimpleNamespace, InferenceSession=session)
    return module


@pytest.mark.parametrize("module", [None, ModuleType("onnxruntime"), broken_onnxruntime()])
def test_numpy_runs_what_onnxruntime_cannot(monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    graph = Graph.load(ENCODER)
    assert graph.runtime == "numpy"
    assert graph.run(**ENCODER_INPUTS)["p"].shape == (9,)
    assert "onnxruntime cannot run the model" in refused(ENCODER, "onnxruntime")


def test_numpy_alone_does_not_touch_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "onnxruntime")
    Graph.load(ENCODER, runtime="numpy").run(**ENCODER_INPUTS)
    assert "onnxruntime" not in sys.modules


def test_unknown_runtime_is_refused() -> None:
    assert "'tensorflow' is none of auto, numpy, onnxruntime" in refused(ENCODER, "tensorflow")
