"""Reads the ONNX file format: protobuf's wire format and the messages of a model, into plain data.

Only what an inference graph of ordinary tensors uses is read; what is left out (sub-graphs, sparse and external
tensors, strings) is an error where ignoring it could change a result.

Sources: https://protobuf.dev/programming-guides/encoding and `onnx/onnx.proto3` of the ONNX project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Array = np.ndarray[Any, np.dtype[Any]]  # as `numpy.typing` says it, which is not worth loading for it

# What an attribute of a node can hold; None is a kind that is not read (a graph, several strings, ...).
AttributeValue = int | float | str | tuple[int, ...] | tuple[float, ...] | Array | None

# TensorProto.DataType of the element types that are supported
DTYPES: Mapping[int, np.dtype[Any]] = {
    1: np.dtype(np.float32),
    6: np.dtype(np.int32),
    7: np.dtype(np.int64),
    9: np.dtype(np.bool_),
    10: np.dtype(np.float16),
    11: np.dtype(np.float64),
}

ANY_SIZE = "?"  # a dimension of an input that has neither a size nor a name

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # wire types
_LONGEST_VARINT = 10  # bytes
_LONGEST_QUOTE = 60  # characters


class OnnxError(ValueError):
    """A graph that cannot be read or run, or inputs that do not fit it; the message is one clear line."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. An empty name among `inputs` or `outputs` is an optional one that is left out."""

    operator: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, AttributeValue]

    def __str__(self) -> str:
        """Name the node for an error message."""
        name = self.name or next(iter(self.outputs), "")
        return f"{self.operator} node {quote(name)}"


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output: its element type and its shape of sizes and names, None where not declared."""

    name: str
    dtype: np.dtype[Any] | None
    shape: tuple[int | str, ...] | None


@dataclass(slots=True)
class Model:
    """The content of an ONNX file. Nodes stand in an order in which they can be run."""

    opsets: dict[str, int] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    graphs: int = 0
    functions: int = 0


def quote(name: str) -> str:
    """Return a name from a file as it may stand in a message: quoted, on one line, not too long."""
    return repr(name if len(name) <= _LONGEST_QUOTE else name[:_LONGEST_QUOTE] + "…")


def read_model(data: bytes) -> Model:
    """Read a serialized ModelProto.

    Raises `OnnxError` when the bytes are not one, or hold a tensor that is not supported.
    """
    model = Model()
    for item in _items(memoryview(data)):
        match item.number:
            case 7:
                model.graphs += 1
                _read_graph(item.message(), model)
            case 8:
                domain, version = _read_opset(item.message())
                model.opsets[domain] = version
            case 25:
                model.functions += 1
    if model.graphs != 1:
        raise OnnxError(f"not an ONNX model: it holds {model.graphs} graphs instead of one")
    return model


class _Item(NamedTuple):
    """One field of a message as it stands on the wire."""

    number: int
    wire: int
    value: int
    data: memoryview

    def _expect(self, wire: int) -> None:
        if self.wire != wire:
            raise OnnxError(f"not an ONNX model: field {self.number} has wire type {self.wire}, not {wire}")

    def message(self) -> memoryview:
        self._expect(_LENGTH)
        return self.data

    def text(self) -> str:
        try:
            return str(self.message(), "utf-8")
        except UnicodeDecodeError:
            raise OnnxError(f"not an ONNX model: field {self.number} is not UTF-8 text") from None

    def integer(self) -> int:
        self._expect(_VARINT)
        return _signed(self.value)

    def integers(self) -> list[int]:
        """Return one integer, or several when they are packed."""
        if self.wire == _VARINT:
            return [_signed(self.value)]
        data, position, values = self.message(), 0, []
        while position < len(data):
            value, position = _varint(data, position)
            values.append(_signed(value))
        return values

    def numbers(self, dtype: str) -> Array:
        """Return one little-endian floating-point number, or several when they are packed."""
        stored = np.dtype(dtype)
        if self.wire != (_FIXED32 if stored.itemsize == 4 else _FIXED64):
            self._expect(_LENGTH)
        return _from_buffer(self.data, stored)


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Read a base-128 integer of at most 64 bits: its value and the position behind it."""
    value = 0
    for index, byte in enumerate(data[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position + index + 1
    raise OnnxError("not an ONNX model: it ends, or goes astray, within a number")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _items(data: memoryview) -> Iterator[_Item]:
    """Yield the fields of one message."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire, value = key >> 3, key & 7, 0
        start = position
        match wire:
            case 0:
                value, position = _varint(data, position)
                start = position
            case 1:
                position += 8
            case 2:
                length, start = _varint(data, position)
                position = start + length
            case 5:
                position += 4
            case _:
                number = 0
        if number == 0:
            raise OnnxError("not an ONNX model: the bytes are not protobuf")
        if position > len(data):
            raise OnnxError(f"the file is cut short: {position - len(data)} bytes of field {number} are missing")
        yield _Item(number, wire, value, data[start:position])


def _from_buffer(data: memoryview, stored: np.dtype[Any]) -> Array:
    """Copy little-endian numbers into an aligned array of the machine's own byte order."""
    if len(data) % stored.itemsize:
        raise OnnxError(f"{len(data)} bytes are no whole number of {stored.name} values")
    return np.frombuffer(data, stored).astype(stored.newbyteorder("="), copy=True)


def _read_opset(data: memoryview) -> tuple[str, int]:
    domain, version = "", 0
    for item in _items(data):
        match item.number:
            case 1:
                domain = item.text()
            case 2:
                version = item.integer()
    return domain, version


def _read_graph(data: memoryview, model: Model) -> None:
    for item in _items(data):
        match item.number:
            case 1:
                model.nodes.append(_read_node(item.message()))
            case 5:
                name, values = _read_tensor(item.message())
                model.constants[name] = values
            case 11:
                model.inputs.append(_read_value(item.message()))
            case 12:
                model.outputs.append(_read_value(item.message()))
            case 15:
                raise OnnxError("the model holds a sparse initializer, which is not supported")


def _read_node(data: memoryview) -> Node:
    operator = domain = name = ""
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, AttributeValue] = {}
    for item in _items(data):
        match item.number:
            case 1:
                inputs.append(item.text())
            case 2:
                outputs.append(item.text())
            case 3:
                name = item.text()
            case 4:
                operator = item.text()
            case 5:
                key, value = _read_attribute(item.message())
                attributes[key] = value
            case 7:
                domain = item.text()
    return Node(operator, domain, name, tuple(inputs), tuple(outputs), attributes)


def _read_attribute(data: memoryview) -> tuple[str, AttributeValue]:
    name, kind = "", 0
    # One slot for each kind, since the kind may follow the value and the value may be left out when it is zero.
    number, integer, text, tensor = 0.0, 0, "", None
    numbers: list[float] = []
    integers: list[int] = []
    for item in _items(data):
        match item.number:
            case 1:
                name = item.text()
            case 2:
                number = float(item.numbers("<f4")[-1]) if item.data else 0.0
            case 3:
                integer = item.integer()
            case 4:
                text = item.text()
            case 5:
                tensor = _read_tensor(item.message())[1]
            case 7:
                numbers.extend(item.numbers("<f4").tolist())
            case 8:
                integers.extend(item.integers())
            case 20:
                kind = item.integer()
    values: dict[int, AttributeValue] = {
        1: number,
        2: integer,
        3: text,
        4: tensor,
        6: tuple(numbers),
        7: tuple(integers),
    }
    return name, values.get(kind)


def _read_value(data: memoryview) -> Value:
    name, dtype, shape = "", None, None
    for item in _items(data):
        match item.number:
            case 1:
                name = item.text()
            case 2:
                dtype, shape = _read_type(item.message())
    return Value(name, dtype, shape)


def _read_type(
    data: memoryview,
) -> tuple[np.dtype[Any] | None, tuple[int | str, ...] | None]:
    """Read a TypeProto; what is no tensor of a supported element type has no type here."""
    dtype, shape = None, None
    for kind in _items(data):
        if kind.number != 1:
            continue
        for item in _items(kind.message()):
            match item.number:
                case 1:
                    dtype = DTYPES.get(item.integer())
                case 2:
                    dims = (d for d in _items(item.message()) if d.number == 1)
                    shape = tuple(_read_dimension(d.message()) for d in dims)
    return dtype, shape


def _read_dimension(data: memoryview) -> int | str:
    size: int | str = ANY_SIZE
    for item in _items(data):
        match item.number:
            case 1:
                size = item.integer()
            case 2:
                size = item.text() or ANY_SIZE
    return size


@dataclass(slots=True)
class _StoredTensor:
    """A TensorProto as it is stored: its values stand in one of three places, depending on the writer."""

    name: str = ""
    dtype: np.dtype[Any] | None = None
    shape: list[int] = field(default_factory=list)
    raw: memoryview | None = None
    numbers: list[Array] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    external: bool = False

    def array(self) -> Array:
        """Return the values in their shape, read-only."""
        row = self._row()
        if any(size < 0 for size in self.shape) or math.prod(self.shape) != row.size:
            raise OnnxError(f"the tensor {quote(self.name)} has {row.size} values, not those of its shape")
        try:
            array = row.reshape(self.shape)
        except (OverflowError, ValueError) as error:  # too many dimensions, or too large ones beside a zero
            raise OnnxError(f"the tensor {quote(self.name)} has a shape that numpy refuses: {error}") from None
        array.setflags(write=False)
        return array

    def _row(self) -> Array:
        dtype = self.dtype
        if self.external or dtype is None:
            what = "is kept in another file" if self.external else "has an element type"
            raise OnnxError(f"the tensor {quote(self.name)} {what}, which is not supported")
        if self.raw is not None:
            stored = np.dtype(np.uint8) if dtype == np.bool_ else dtype.newbyteorder("<")
            return _from_buffer(self.raw, stored).astype(dtype, copy=False)
        row: Array
        if dtype in (np.float32, np.float64):
            row = np.concatenate([np.empty(0, dtype), *self.numbers]).astype(dtype, copy=False)
            return row
        try:
            # float16 is stored as its bits
            row = np.array(self.integers, np.uint16 if dtype == np.float16 else dtype).view(dtype)
        except OverflowError:
            raise OnnxError(f"the tensor {quote(self.name)} holds a value that is no {dtype}") from None
        return row


def _read_tensor(data: memoryview) -> tuple[str, Array]:
    """Read a TensorProto: its name and its values, read-only."""
    tensor = _StoredTensor()
    for item in _items(data):
        match item.number:
            case 1:
                tensor.shape.extend(item.integers())
            case 2:
                tensor.dtype = DTYPES.get(item.integer())
            case 4 | 10:
                tensor.numbers.append(item.numbers("<f4" if item.number == 4 else "<f8"))
            case 5 | 7:
                tensor.integers.extend(item.integers())
            case 8:
                tensor.name = item.text()
            case 9:
                tensor.raw = item.message()
            case 13 | 14:  # where its file is, and whether it is in one
                tensor.external = tensor.external or item.number == 13 or item.integer() != 0
    return tensor.name, tensor.array()
