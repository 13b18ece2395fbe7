"""What the ONNX operators compute that numpy has no function of its own for, over numpy arrays.

The meaning of each is that of operator set 18, https://onnx.ai/onnx/operators; the keyword arguments are its
attributes. None writes into its inputs, and none promotes: float32 in, float32 out. Shapes and indices that do not fit
raise what numpy raises.
"""

# numpy's stubs make Any of arithmetic on arrays whose dtype is open.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from functools import cache, reduce
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from .onnx_format import Array

Axes = tuple[int, ...]

# Interpolation of erf: beyond ±4 it is ±1 in float32; degree 15 leaves less than float32's own error.
_ERF_LIMIT: Final = 4.0
_ERF_DEGREE: Final = 15


def _ints(values: Array) -> tuple[int, ...]:
    return tuple(values.ravel().tolist())


# Arithmetic, element by element


def divide(a: Array, b: Array) -> Array:
    """Div."""
    if a.dtype.kind == "f":
        return np.divide(a, b)
    # Integers: numpy rounds down, ONNX towards zero.
    down = np.floor_divide(a, b)
    return down + ((down < 0) & (down * b != a))


def power(base: Array, exponent: Array) -> Array:
    """Pow: of the type of the base."""
    if exponent.ndim == 0 and exponent == 2:  # the square is frequent, and slow in general
        return base * base
    return np.power(base, exponent).astype(base.dtype, copy=False)


def minimum(*values: Array) -> Array:
    """Min."""
    return reduce(np.minimum, values)


def maximum(*values: Array) -> Array:
    """Max."""
    return reduce(np.maximum, values)


def clip(x: Array, least: Array | None = None, most: Array | None = None) -> Array:
    """Clip: where the limits are the wrong way round, the upper one wins."""
    if least is not None:
        x = np.maximum(x, least)
    return x if most is None else np.minimum(x, most)


# Activations


def relu(x: Array) -> Array:
    """Relu."""
    return np.maximum(x, 0)


def leaky_relu(x: Array, *, alpha: float) -> Array:
    """LeakyRelu."""
    return np.where(x < 0, x * alpha, x)


def elu(x: Array, *, alpha: float) -> Array:
    """Elu."""
    return np.where(x < 0, np.expm1(x) * alpha, x)


def sigmoid(x: Array) -> Array:
    """Sigmoid."""
    return np.divide(1, 1 + np.exp(-x))


def softplus(x: Array) -> Array:
    """Softplus: log(1 + exp(x)), in a form that does not overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


@cache
def _erf_coefficients() -> list[np.float32]:
    """Return the polynomial in u = x² / 8 - 1 that equals erf(x) / x where |x| <= 4, highest power first.

    The sizes of its coefficients sum to what erf(x) / x is at x = 0, so float32 loses nothing to cancellation.
    """
    count = _ERF_DEGREE + 1
    u = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    x = np.sqrt((u + 1) / 2) * _ERF_LIMIT
    y = np.array([math.erf(value) for value in x.tolist()]) / x
    return list(np.polyfit(u, y, _ERF_DEGREE).astype(np.float32))


def erf(x: Array) -> Array:
    """Erf: to the precision of float32 by a polynomial, exact and slow for the other types."""
    if x.dtype != np.float32:
        return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=x.dtype)
    inside = np.clip(x, -_ERF_LIMIT, _ERF_LIMIT)
    u = inside * inside * (2 / _ERF_LIMIT**2) - 1
    first, *others = _erf_coefficients()
    total = np.full_like(u, first)
    for coefficient in others:
        total *= u
        total += coefficient
    return np.clip(inside * total, -1, 1)


def softmax(x: Array, *, axis: int) -> Array:
    """Softmax."""
    powers = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    return powers / np.add.reduce(powers, axis=axis, keepdims=True)


def log_softmax(x: Array, *, axis: int) -> Array:
    """LogSoftmax."""
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


# Layers


def gemm(
    a: Array,
    b: Array,
    c: Array | None = None,
    *,
    alpha: float,
    beta: float,
    turn_a: bool,
    turn_b: bool,
) -> Array:
    """Gemm."""
    product = np.matmul(a.T if turn_a else a, b.T if turn_b else b)
    if alpha != 1:
        product *= alpha
    if c is not None:
        product += c if beta == 1 else c * beta
    return product


def layer_normalization(x: Array, scale: Array, bias: Array | None = None, *, axis: int, epsilon: float) -> Array:
    """LayerNormalization, its first output."""
    axes = tuple(range(axis % x.ndim, x.ndim))
    centred = x - mean(x, axes, keepdims=True)
    deviation = np.sqrt(mean(centred * centred, axes, keepdims=True) + epsilon)
    scaled = centred / deviation * scale
    return scaled if bias is None else scaled + bias


# Reductions


def reduction(reduced: Callable[..., Array]) -> Callable[..., Array]:
    """Return the operator of a reduction over given axes: what it makes of axes that are left out."""

    def function(x: Array, axes: Array | None = None, *, keepdims: int, noop_with_empty_axes: int) -> Array:
        if axes is not None and axes.size:
            return reduced(x, _ints(axes), keepdims=bool(keepdims))
        if noop_with_empty_axes:
            return x
        return reduced(x, tuple(range(x.ndim)), keepdims=bool(keepdims))

    return function


def total(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceSum."""
    # numpy would sum small integers in larger ones
    return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=keepdims)


def mean(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceMean."""
    summed = total(x, axes, keepdims=keepdims)
    count = math.prod(x.shape[axis] for axis in axes)
    return summed / count if x.dtype.kind == "f" else divide(summed, x.dtype.type(count))


def norm(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceL2."""
    return np.sqrt(total(x * x, axes, keepdims=keepdims))


def largest(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceMax."""
    return np.maximum.reduce(x, axis=axes, keepdims=keepdims)


def smallest(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceMin."""
    return np.minimum.reduce(x, axis=axes, keepdims=keepdims)


def log_sum_exp(x: Array, axes: Axes, *, keepdims: bool) -> Array:
    """ReduceLogSumExp."""
    top = largest(x, axes, keepdims=True)
    logarithm = np.log(total(np.exp(x - top), axes, keepdims=True)) + top
    return logarithm if keepdims else np.squeeze(logarithm, axis=axes)


def arg_max(x: Array, *, axis: int, keepdims: int) -> Array:
    """ArgMax, of the first of several."""
    return np.argmax(x, axis=axis, keepdims=bool(keepdims)).astype(np.int64, copy=False)


def cumulative_sum(x: Array, axis: Array, *, exclusive: int, reverse: int) -> Array:
    """CumSum."""
    order = slice(None, None, -1 if reverse else 1)
    terms = np.moveaxis(x, axis.item(), -1)[..., order]
    sums = np.add.accumulate(terms, axis=-1, dtype=x.dtype)
    if exclusive:
        sums = np.concatenate([np.zeros_like(sums[..., :1]), sums[..., :-1]], axis=-1)
    return np.moveaxis(sums[..., order], -1, axis.item())


# Shapes and places


def concat(*values: Array, axis: int) -> Array:
    """Concat."""
    return np.concatenate(values, axis=axis)


def gather(x: Array, indices: Array, *, axis: int) -> Array:
    """Gather."""
    return np.take(x, indices, axis=axis)


def gather_elements(x: Array, indices: Array, *, axis: int) -> Array:
    """GatherElements."""
    # Indices may cover less than x: numpy wants the two to agree away from the axis.
    axis %= x.ndim
    covered = (slice(None) if i == axis else slice(n) for i, n in enumerate(indices.shape))
    return np.take_along_axis(x[tuple(covered)], indices, axis)


def squeeze(x: Array, axes: Array | None = None) -> Array:
    """Squeeze."""
    return np.squeeze(x, axis=None if axes is None else _ints(axes))


def unsqueeze(x: Array, axes: Array) -> Array:
    """Unsqueeze."""
    return np.expand_dims(x, _ints(axes))


def reshape(x: Array, shape: Array, *, allowzero: int) -> Array:
    """Reshape."""
    sizes = _ints(shape)
    if not allowzero:
        sizes = tuple(size or x.shape[i] for i, size in enumerate(sizes))
    return x.reshape(sizes)


def flatten(x: Array, *, axis: int) -> Array:
    """Flatten."""
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


def transpose(x: Array, *, perm: Axes | None = None) -> Array:
    """Transpose."""
    return np.transpose(x, perm)


def expand(x: Array, shape: Array) -> Array:
    """Expand."""
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, _ints(shape)))


def tile(x: Array, repeats: Array) -> Array:
    """Tile."""
    if repeats.shape != (x.ndim,):
        raise ValueError(f"{repeats.size} repeats for {x.ndim} dimensions")
    return np.tile(x, _ints(repeats))


def cut(x: Array, starts: Array, ends: Array, axes: Array | None = None, steps: Array | None = None) -> Array:
    """Slice."""
    first = _ints(starts)
    along = range(len(first)) if axes is None else _ints(axes)
    strides = (1,) * len(first) if steps is None else _ints(steps)
    places = [slice(None)] * x.ndim
    for start, end, axis, step in zip(first, _ints(ends), along, strides, strict=True):
        # Going backwards from before the start, ONNX begins at the first value, where Python finds none.
        places[axis] = slice(max(start, -x.shape[axis]) if step < 0 else start, end, step)
    return x[tuple(places)]


def split(x: Array, sizes: Array | None = None, *, axis: int, num_outputs: int) -> tuple[Array, ...]:
    """Split: into given sizes, or into equal ones of which the last may be smaller."""
    length = x.shape[axis]
    if sizes is None:
        most = -(-length // num_outputs)
        ends = [min(most * (i + 1), length) for i in range(num_outputs)]
    else:
        ends = list(accumulate(_ints(sizes)))
    bounds = [0, *ends]
    if len(ends) != num_outputs or bounds != sorted(bounds) or ends[-1] != length:
        raise ValueError(f"{length} values do not split as asked into {num_outputs}")
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, slice(start, end))] for start, end in pairwise(bounds))


# Constants and types


def identity(x: Array) -> Array:
    """Identity."""
    return x


def shape_of(x: Array, *, start: int, end: int | None = None) -> Array:
    """Shape."""
    return np.array(x.shape[start:end], dtype=np.int64)


def cast(x: Array, *, dtype: np.dtype[Any]) -> Array:
    """Cast."""
    return x.astype(dtype, copy=False)


def constant(*, value: Array) -> Array:
    """Constant."""
    return value


def constant_of_shape(shape: Array, *, value: Array | None = None) -> Array:
    """ConstantOfShape."""
    fill = np.zeros((), np.float32) if value is None else value.reshape(())
    return np.full(_ints(shape), fill, dtype=fill.dtype)


def arithmetic_range(start: Array, limit: Array, step: Array) -> Array:
    """Range."""
    count = max(math.ceil((limit.item() - start.item()) / step.item()), 0)
    return (start + np.arange(count, dtype=start.dtype) * step).astype(start.dtype, copy=False)


def einsum(*values: Array, equation: str) -> Array:
    """Einsum."""
    return np.asarray(np.einsum(equation, *values))
