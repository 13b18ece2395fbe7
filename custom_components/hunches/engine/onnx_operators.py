"""The fixed list of ONNX operators that are supported: for each, its function, its inputs and its attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import onnx_functions as functions
from .onnx_format import DTYPES, AttributeValue, Node, OnnxError, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPSET: Final = 18

Arguments = dict[str, Any]

_ONE: Final = (1, 1)
_TWO: Final = (2, 2)
_ANY: Final = (1, 1 << 16)


def _unchanged(_node: Node, attributes: Arguments) -> Arguments:
    return attributes


@dataclass(frozen=True, slots=True)
class Operator:
    """How to run one operator.

    `function` takes the inputs in order, None for one that is left out, and the arguments that `prepare` makes, by
    name. It returns an array, or a tuple of arrays when `several`.
    `inputs`: the smallest and the largest number of inputs. `optional`, `required`: the attributes that are
    understood, with the type of each; `optional` may give a default instead of a type.
    `prepare` turns attributes into arguments, once, when a graph is loaded; it raises `OnnxError` for a value that is
    not supported.
    """

    function: Callable[..., Any]
    inputs: tuple[int, int] = _ONE
    optional: Mapping[str, AttributeValue | type] = field(default_factory=dict)
    required: Mapping[str, type] = field(default_factory=dict)
    prepare: Callable[[Node, Arguments], Arguments] = _unchanged
    several: bool = False

    def bind(self, node: Node) -> Callable[..., Any]:
        """Return the function of a node: its inputs in, its output or a tuple of its outputs out.

        Raises `OnnxError` when the node has inputs, outputs or attributes that are not understood.
        """
        least, most = self.inputs
        if not least <= len(node.inputs) <= most or not all(node.inputs[:least]):
            raise OnnxError(f"the {node} has the inputs {quote(', '.join(node.inputs))}, which do not fit it")
        if not node.outputs or (len(node.outputs) > 1 and not self.several):
            raise OnnxError(f"the {node} has {len(node.outputs)} outputs, which is not supported")
        arguments = self.prepare(node, self._arguments(node))
        return partial(self.function, **arguments) if arguments else self.function

    def _arguments(self, node: Node) -> Arguments:
        arguments = {k: v for k, v in self.optional.items() if not isinstance(v, type)}
        known = {**self.optional, **self.required}
        for name, value in node.attributes.items():
            kind = known.get(name)
            expected = kind if isinstance(kind, type) else type(kind)
            if kind is None or not isinstance(value, expected):
                raise OnnxError(f"the {node} has an attribute {quote(name)} that is not supported")
            arguments[name] = value
        missing = self.required.keys() - arguments.keys()
        if missing:
            raise OnnxError(f"the {node} lacks its attribute {quote(min(missing))}")
        return arguments


def _only(**supported: int) -> Callable[[Node, Arguments], Arguments]:
    """Return a `prepare` that drops attributes of which one value alone is supported."""

    def prepare(node: Node, attributes: Arguments) -> Arguments:
        for name, value in supported.items():
            if attributes[name] != value:
                raise OnnxError(f"the {node} has {name} = {attributes[name]}, which is not supported")
        return {name: value for name, value in attributes.items() if name not in supported}

    return prepare


def _gemm_arguments(_node: Node, attributes: Arguments) -> Arguments:
    return {
        "alpha": attributes["alpha"],
        "beta": attributes["beta"],
        "turn_a": bool(attributes["transA"]),
        "turn_b": bool(attributes["transB"]),
    }


def _split_arguments(node: Node, attributes: Arguments) -> Arguments:
    count = len(node.outputs)
    if any(node.inputs[1:]) == ("num_outputs" in attributes) or (attributes.get("num_outputs", count) != count):
        raise OnnxError(f"the {node} has {count} outputs, but does not tell how to make them")
    return {**attributes, "num_outputs": count}


def _cast_arguments(node: Node, attributes: Arguments) -> Arguments:
    dtype = DTYPES.get(attributes["to"])
    if dtype is None:
        raise OnnxError(f"the {node} casts to element type {attributes['to']}, which is not supported")
    return {"dtype": dtype}


def _constant_arguments(node: Node, attributes: Arguments) -> Arguments:
    if len(attributes) != 1:
        raise OnnxError(f"the {node} has {len(attributes)} values instead of one")
    name, value = attributes.popitem()
    if not isinstance(value, np.ndarray):
        value = np.array(value, dtype=np.float32 if "float" in name else np.int64)
        value.setflags(write=False)
    return {"value": value}


def _reduction(reduced: Callable[..., Any]) -> Operator:
    defaults = {"keepdims": 1, "noop_with_empty_axes": 0}
    return Operator(functions.reduction(reduced), (1, 2), defaults)


OPERATORS: Final[Mapping[str, Operator]] = {
    "Abs": Operator(np.absolute),
    "Add": Operator(np.add, _TWO),
    "And": Operator(np.logical_and, _TWO),
    "ArgMax": Operator(
        functions.arg_max,
        optional={"axis": 0, "keepdims": 1, "select_last_index": 0},
        prepare=_only(select_last_index=0),
    ),
    "Cast": Operator(functions.cast, required={"to": int}, prepare=_cast_arguments),
    "Clip": Operator(functions.clip, (1, 3)),
    "Concat": Operator(functions.concat, _ANY, required={"axis": int}),
    "Constant": Operator(
        functions.constant,
        (0, 0),
        {
            "value": np.ndarray,
            "value_float": float,
            "value_floats": tuple,
            "value_int": int,
            "value_ints": tuple,
        },
        prepare=_constant_arguments,
    ),
    "ConstantOfShape": Operator(functions.constant_of_shape, optional={"value": np.ndarray}),
    "Cos": Operator(np.cos),
    "CumSum": Operator(functions.cumulative_sum, _TWO, {"exclusive": 0, "reverse": 0}),
    "Div": Operator(functions.divide, _TWO),
    "Einsum": Operator(functions.einsum, _ANY, required={"equation": str}),
    "Elu": Operator(functions.elu, optional={"alpha": 1.0}),
    "Equal": Operator(np.equal, _TWO),
    "Erf": Operator(functions.erf),
    "Exp": Operator(np.exp),
    "Expand": Operator(functions.expand, _TWO),
    "Flatten": Operator(functions.flatten, optional={"axis": 1}),
    "Floor": Operator(np.floor),
    "Gather": Operator(functions.gather, _TWO, {"axis": 0}),
    "GatherElements": Operator(functions.gather_elements, _TWO, {"axis": 0}),
    "Gemm": Operator(
        functions.gemm,
        (2, 3),
        {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0},
        prepare=_gemm_arguments,
    ),
    "Greater": Operator(np.greater, _TWO),
    "GreaterOrEqual": Operator(np.greater_equal, _TWO),
    "Identity": Operator(functions.identity),
    "IsNaN": Operator(np.isnan),
    "LayerNormalization": Operator(
        functions.layer_normalization,
        (2, 3),
        {"axis": -1, "epsilon": 1e-5, "stash_type": 1},
        prepare=_only(stash_type=1),
    ),
    "LeakyRelu": Operator(functions.leaky_relu, optional={"alpha": 0.01}),
    "Less": Operator(np.less, _TWO),
    "LessOrEqual": Operator(np.less_equal, _TWO),
    "Log": Operator(np.log),
    "LogSoftmax": Operator(functions.log_softmax, optional={"axis": -1}),
    "MatMul": Operator(np.matmul, _TWO),
    "Max": Operator(functions.maximum, _ANY),
    "Min": Operator(functions.minimum, _ANY),
    "Mul": Operator(np.multiply, _TWO),
    "Neg": Operator(np.negative),
    "Not": Operator(np.logical_not),
    "Or": Operator(np.logical_or, _TWO),
    "Pow": Operator(functions.power, _TWO),
    "Range": Operator(functions.arithmetic_range, (3, 3)),
    "Reciprocal": Operator(np.reciprocal),
    "ReduceL2": _reduction(functions.norm),
    "ReduceLogSumExp": _reduction(functions.log_sum_exp),
    "ReduceMax": _reduction(functions.largest),
    "ReduceMean": _reduction(functions.mean),
    "ReduceMin": _reduction(functions.smallest),
    "ReduceSum": _reduction(functions.total),
    "Relu": Operator(functions.relu),
    "Reshape": Operator(functions.reshape, _TWO, {"allowzero": 0}),
    "Shape": Operator(functions.shape_of, optional={"start": 0, "end": int}),
    "Sigmoid": Operator(functions.sigmoid),
    "Sin": Operator(np.sin),
    "Slice": Operator(functions.cut, (3, 5)),
    "Softmax": Operator(functions.softmax, optional={"axis": -1}),
    "Softplus": Operator(functions.softplus),
    "Split": Operator(
        functions.split,
        (1, 2),
        {"axis": 0, "num_outputs": int},
        prepare=_split_arguments,
        several=True,
    ),
    "Sqrt": Operator(np.sqrt),
    "Squeeze": Operator(functions.squeeze, (1, 2)),
    "Sub": Operator(np.subtract, _TWO),
    "Tanh": Operator(np.tanh),
    "Tile": Operator(functions.tile, _TWO),
    "Transpose": Operator(functions.transpose, optional={"perm": tuple}),
    "Unsqueeze": Operator(functions.unsqueeze, _TWO),
    "Where": Operator(np.where, (3, 3)),
}
