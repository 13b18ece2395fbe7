"""Runs ONNX graphs: in numpy, or in onnxruntime where that can be imported already.

Home Assistant's own images have no onnxruntime, so numpy has to do. An operator outside a fixed list is an error when
a graph is loaded, whichever of the two then runs it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from .onnx_format import ANY_SIZE, Array, Model, Node, OnnxError, quote, read_model
from .onnx_operators import OPERATORS, OPSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    _Execute = Callable[[Sequence[Array]], Sequence[Array]]

__all__ = ["Graph", "OnnxError"]

_RUNTIMES: Final = ("auto", "numpy", "onnxruntime")
_ONNX_DOMAINS: Final = ("", "ai.onnx")

# Computed once when they are applied to a constant, so that weights may be stored as float16 or transposed.
_FOLDED: Final = frozenset({"Cast", "Constant", "Identity", "Transpose"})

_LEFT_OUT: Final = 0  # the place of an optional input that is left out

# What numpy raises for arrays that do not fit an operation.
_RUN_ERRORS: Final = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX graph that is ready to run.

    `inputs`: name -> (dtype name, shape). A size in a shape is a number, or a name that stands for the same number
    in all inputs of one run, or "?" for any number. `outputs`: names, in order. `runtime`: "numpy" or "onnxruntime".
    """

    inputs: Mapping[str, tuple[str, tuple[int | str, ...]]]
    outputs: tuple[str, ...]
    runtime: str
    _execute: _Execute = field(repr=False)

    @classmethod
    def load(cls, data: bytes, *, runtime: str = "auto") -> Graph:
        """Load a serialized model and check that each of its operators is supported.

        `runtime`: "numpy"; "onnxruntime", an error where it is not to be had; or "auto": onnxruntime where it can be
        imported and takes the model, else numpy. This blocks (imports, tens of milliseconds): not for an event loop.
        Raises `OnnxError`.
        """
        if runtime not in _RUNTIMES:
            raise OnnxError(f"the runtime {quote(runtime)} is none of {', '.join(_RUNTIMES)}")
        model = read_model(data)
        inputs = _inputs(model)
        program = _compile(model, inputs)
        outputs = tuple(output.name for output in program.outputs)
        used = "numpy"
        execute: _Execute = program.run
        if runtime != "numpy":
            try:
                execute = _start_onnxruntime(data, tuple(inputs), outputs)
                used = "onnxruntime"
            except Exception as error:  # whatever a foreign library makes of being loaded
                if runtime != "auto":
                    raise OnnxError(f"onnxruntime cannot run the model: {_one_line(error)}") from error
        return cls(MappingProxyType(inputs), outputs, used, execute)

    def run(self, /, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Compute all outputs from all inputs.

        The arrays must have the dtypes and shapes of `inputs`; they are not changed, and the outputs share no memory
        with them. Numbers that overflow or are not defined become inf or nan, silently. Safe in several threads.
        Raises `OnnxError` for inputs that do not fit.
        """
        if inputs.keys() != self.inputs.keys():
            raise OnnxError(f"the graph has the inputs {_listed(self.inputs)}, not {_listed(inputs)}")
        sizes: dict[str, int] = {}
        for name, (dtype, shape) in self.inputs.items():
            _check_input(name, inputs[name], dtype, shape, sizes)
        results = self._execute([inputs[name] for name in self.inputs])
        return dict(zip(self.outputs, results, strict=True))


def _check_input(
    name: str,
    array: object,
    dtype: str,
    shape: tuple[int | str, ...],
    sizes: dict[str, int],
) -> None:
    """Raise `OnnxError` when an input does not fit; `sizes` keeps what the names in shapes stand for."""
    if not isinstance(array, np.ndarray):
        raise OnnxError(f"the input {quote(name)} is a {type(array).__name__}, not an array")
    if array.dtype != dtype:
        raise OnnxError(f"the input {quote(name)} is of {array.dtype}, not of {dtype}")
    fits = array.ndim == len(shape)
    for size, wanted in zip(array.shape, shape, strict=False):
        if isinstance(wanted, str) and wanted != ANY_SIZE:
            fits = fits and sizes.setdefault(wanted, size) == size
        else:
            fits = fits and wanted in (size, ANY_SIZE)
    if not fits:
        known = "".join(f", {quote(key)} being {size}" for key, size in sizes.items())
        raise OnnxError(f"the input {quote(name)} has the shape {array.shape}, not {shape}{known}")


def _inputs(model: Model) -> dict[str, tuple[str, tuple[int | str, ...]]]:
    """Return the dtype and shape of each input that has to be given."""
    inputs: dict[str, tuple[str, tuple[int | str, ...]]] = {}
    for value in model.inputs:
        # One that is a constant too has that for its default, and is never given another value here.
        if value.name in model.constants:
            continue
        if value.dtype is None or value.shape is None or value.name in ("", *inputs):
            raise OnnxError(f"the input {quote(value.name)} is not declared once, with a supported type and a shape")
        inputs[value.name] = (value.dtype.name, value.shape)
    return inputs


class _Output(NamedTuple):
    """An output of a graph, and the place of its value."""

    place: int
    name: str
    dtype: np.dtype[Any]


class _Step(NamedTuple):
    """One node, bound: the places of the values that it reads, makes, and is the last to need."""

    function: Callable[..., Any]
    reads: tuple[int, ...]
    makes: tuple[int, ...]
    done: tuple[int, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class _Program:
    """A graph for numpy: every value has a place in a list, which starts with the constants alone."""

    values: Sequence[Array | None]
    inputs: tuple[int, ...]
    outputs: tuple[_Output, ...]
    steps: tuple[_Step, ...]

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        values = list(self.values)
        for place, array in zip(self.inputs, inputs, strict=True):
            values[place] = array
        with np.errstate(all="ignore"):
            for function, reads, makes, done, node in self.steps:
                try:
                    result = function(*[values[place] for place in reads])
                except _RUN_ERRORS as error:
                    raise OnnxError(f"the {node} cannot be run: {_one_line(error)}") from error
                if type(result) is tuple:
                    for place, array in zip(makes, result, strict=True):
                        values[place] = array
                else:
                    values[makes[0]] = result
                for place in done:
                    values[place] = None
        # Copies, since a value may be a view of an input or a constant, or a bare number.
        results = [np.array(values[output.place], order="C") for output in self.outputs]
        for array, output in zip(results, self.outputs, strict=True):
            if array.dtype != output.dtype:
                raise OnnxError(f"the output {quote(output.name)} is of {array.dtype}, not of {output.dtype}")
        return results


class _Compiler:
    """Gives each value of a graph its place and each node its function, node by node."""

    def __init__(self, constants: Mapping[str, Array], inputs: Iterable[str]) -> None:
        self.values: list[Array | None] = [None]
        self.places: dict[str, int] = {"": _LEFT_OUT}
        self.steps: list[_Step] = []
        self._turned: dict[int, int] = {}
        for name, array in constants.items():
            self._place(name, array)
        self.inputs = tuple(self._place(name, None) for name in inputs)

    def _place(self, name: str, array: Array | None) -> int:
        """Give a new value a place. One that is left out gets a place that has no name."""
        if name:
            if name in self.places:
                raise OnnxError(f"the model makes {quote(name)} twice")
            self.places[name] = len(self.values)
        self.values.append(array)
        return len(self.values) - 1

    def find(self, name: str, user: str) -> int:
        """Return the place of a value that exists by now."""
        place = self.places.get(name)
        if place is None:
            raise OnnxError(f"the {user} needs {quote(name)}, which nothing before it makes")
        return place

    def add(self, node: Node) -> None:
        """Add a node behind those that are there."""
        operator = OPERATORS.get(node.operator) if node.domain in _ONNX_DOMAINS else None
        if operator is None:
            of = f" of {quote(node.domain)}" if node.domain else ""
            raise OnnxError(f"the operator {quote(node.operator)}{of} is not supported")
        node, reads = self._turn(node, [self.find(name, str(node)) for name in node.inputs])
        function = operator.bind(node)
        constants = [self.values[place] for place in reads]
        if node.operator in _FOLDED and all(array is not None for array in constants):
            try:
                with np.errstate(all="ignore"):
                    folded = np.asarray(function(*constants), order="C")
            except _RUN_ERRORS as error:
                raise OnnxError(f"the {node} cannot be run: {_one_line(error)}") from error
            folded.setflags(write=False)
            self._place(node.outputs[0], folded)
        else:
            makes = tuple(self._place(name, None) for name in node.outputs)
            self.steps.append(_Step(function, tuple(reads), makes, (), node))

    def _turn(self, node: Node, reads: list[int]) -> tuple[Node, list[int]]:
        """Transpose constant weights of a Gemm now instead of in each run."""
        if node.operator != "Gemm" or node.attributes.get("transB") != 1 or len(reads) < 2:
            return node, reads
        first, weights, *others = reads
        array = self.values[weights]
        if array is None:
            return node, reads
        if weights not in self._turned:
            turned = np.asarray(array.T, order="C")
            turned.setflags(write=False)
            self._turned[weights] = self._place("", turned)
        attributes = {**node.attributes, "transB": 0}
        return replace(node, attributes=attributes), [first, self._turned[weights], *others]


def _compile(model: Model, inputs: Iterable[str]) -> _Program:
    """Turn a model into a program; raises `OnnxError` where something in it is not supported."""
    opset = model.opsets.get("", model.opsets.get("ai.onnx"))
    if opset != OPSET:
        raise OnnxError(f"the model is of operator set {opset}, but {OPSET} is the one that is supported")
    if model.functions:
        raise OnnxError("the model has functions of its own, which are not supported: inline them")
    compiler = _Compiler(model.constants, inputs)
    for node in model.nodes:
        compiler.add(node)
    if not model.outputs:
        raise OnnxError("the model has no outputs")
    outputs = []
    for value in model.outputs:
        if value.dtype is None or not value.name:
            raise OnnxError(f"the output {quote(value.name)} has no name, or no type that is supported")
        outputs.append(_Output(compiler.find(value.name, "list of outputs"), value.name, value.dtype))
    needed = {output.place for output in outputs}
    steps: list[_Step] = []
    for step in reversed(compiler.steps):
        touched = {*step.reads, *step.makes}
        done = (place for place in touched - needed if compiler.values[place] is None)
        steps.append(step._replace(done=tuple(done)))
        needed |= touched
    steps.reverse()
    # A constant that nothing reads any more (it was cast or transposed) would only take memory.
    values = [array if place in needed else None for place, array in enumerate(compiler.values)]
    return _Program(tuple(values), compiler.inputs, tuple(outputs), tuple(steps))


def _start_onnxruntime(data: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> _Execute:
    """Make a session of onnxruntime, which is imported only now: it costs time and memory."""
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    # The graphs are small: threads would cost more than they save, and compete with Home Assistant's own.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def execute(arrays: Sequence[Array]) -> Sequence[Array]:
        try:
            results: Sequence[Array] = session.run(outputs, dict(zip(inputs, arrays, strict=True)))
        except Exception as error:  # its exceptions have no common base of their own
            raise OnnxError(f"onnxruntime failed: {_one_line(error)}") from error
        return results

    return execute


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(map(quote, names))) or "none"
