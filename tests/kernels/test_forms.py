"""What holds for every operator: its forms agree, whatever the memory they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import Operator, Shape, assert_close, poisoned, strided
from tests.kernels.operators import OPERATORS

operators = pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
differentiable = pytest.mark.parametrize(
    "operator", [o for o in OPERATORS if o.differentiable], ids=lambda operator: operator.name
)
operators_and_shapes = pytest.mark.parametrize(
    ("operator", "shape"),
    [
        pytest.param(operator, shape, id=f"{operator.name}-{'x'.join(map(str, shape))}")
        for operator in OPERATORS
        for shape in operator.shapes
    ],
)
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@operators_and_shapes
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_arrays_give_what_the_reference_gives(
    operator: Operator, shape: Shape, threads: int, rng: np.random.Generator
) -> None:
    call = operator.call(rng, shape)
    expected = operator.reference(*call.tensors(), **call.options)
    out = poisoned(tuple(expected.shape), expected.numpy().dtype)
    result = operator.public(*call.arrays, **call.options, threads=threads, out=out)
    assert result is out
    assert_close(result, expected, expected.dtype)


@operators_and_shapes
def test_the_memory_of_the_inputs_makes_no_difference(
    operator: Operator, shape: Shape, rng: np.random.Generator
) -> None:
    call = operator.call(rng, shape)
    before = [array.copy() for array in call.arrays]
    expected = operator.public(*call.arrays, **call.options)
    for array, copy in zip(call.arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)
    result = operator.public(*map(strided, call.arrays), **call.options)
    np.testing.assert_array_equal(result, expected)


@operators
def test_tensors_give_what_the_reference_gives(
    operator: Operator, rng: np.random.Generator
) -> None:
    call = operator.call(rng, operator.shapes[-1])
    expected = operator.reference(*call.tensors(), **call.options)
    assert_close(operator.public(*call.tensors(), **call.options), expected, expected.dtype)


@operators
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_reference_is_exact_but_for_its_last_rounding(
    operator: Operator, dtype: torch.dtype, rng: np.random.Generator
) -> None:
    call = operator.call(rng, operator.shapes[-1])
    rounded = call.tensors(dtype)
    exact = [t.double() if t.is_floating_point() else t for t in rounded]
    result = operator.reference(*rounded, **call.options)
    assert result.dtype in (dtype, torch.uint8)
    assert_close(result, operator.reference(*exact, **call.options), result.dtype)


@differentiable
def test_gradients_of_the_reference(operator: Operator, rng: np.random.Generator) -> None:
    call = operator.call(rng, _small(operator))
    tensors = [tensor.requires_grad_() for tensor in call.tensors(torch.float64)]
    assert torch.autograd.gradcheck(lambda *t: operator.reference(*t, **call.options), tensors)


@differentiable
def test_gradients_in_float32_are_those_in_float64(
    operator: Operator, rng: np.random.Generator
) -> None:
    call = operator.call(rng, operator.shapes[-1])
    found = []
    for dtype in (torch.float32, torch.float64):
        tensors = [tensor.requires_grad_() for tensor in call.tensors(dtype)]
        result = operator.public(*tensors, **call.options)
        pull = torch.cos(torch.arange(result.numel(), dtype=dtype)).reshape(result.shape)
        found.append(torch.autograd.grad(result, tensors, pull))
    for single, double in zip(*found, strict=True):
        scale = float(double.abs().max())  # a gradient is a sum over many pixels
        assert_close(single / scale, double / scale, torch.float32)


@operators
def test_an_out_that_cannot_take_the_result_is_refused(
    operator: Operator, rng: np.random.Generator
) -> None:
    call = operator.call(rng, operator.shapes[-1])
    result = operator.public(*call.arrays, **call.options)
    frozen = result.copy()
    frozen.flags.writeable = False
    for out in (np.repeat(result, 2, axis=1), np.repeat(result, 2, axis=-1)[..., ::2], frozen):
        with pytest.raises(ValueError, match="out must be contiguous and writable"):
            operator.public(*call.arrays, **call.options, out=out)
    with pytest.raises(TypeError, match=r"out must be \w+, not float64"):
        operator.public(*call.arrays, **call.options, out=result.astype(np.float64))


@operators
def test_arrays_of_other_types_are_refused(operator: Operator, rng: np.random.Generator) -> None:
    call = operator.call(rng, operator.shapes[-1])
    for index, array in enumerate(call.arrays):
        arguments: list[Any] = list(call.arrays)
        arguments[index] = array.astype(np.float64)
        with pytest.raises(TypeError, match=f"must be {array.dtype}, not float64"):
            operator.public(*arguments, **call.options)
        if index:
            arguments[index] = torch.from_numpy(array)
            with pytest.raises(TypeError, match="must be a numpy array like the others"):
                operator.public(*arguments, **call.options)


@operators
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -1e9])
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_no_value_leads_out_of_the_arrays(
    operator: Operator, value: float, rng: np.random.Generator
) -> None:
    """Entries of a batch have nothing to do with each other, whatever is in one of them."""
    call = operator.call(rng, operator.shapes[-1])
    expected = operator.public(*call.arrays, **call.options)
    for index, array in enumerate(call.arrays):
        if array.dtype != np.float32:
            continue
        arguments = list(call.arrays)
        arguments[index] = array.copy()
        arguments[index][0] = value
        result = operator.public(*arguments, **call.options)
        assert result.shape == expected.shape
        if operator.name != "paste":
            np.testing.assert_array_equal(result[1:], expected[1:])


def _small(operator: Operator) -> Shape:
    """Few enough numbers for a numerical derivative."""
    return {
        "texture": (1, 2, 2, 4, 3, 3, 2),
        "warp": (1, 2, 4, 3, 3, 2),
        "enlarge": (1, 5, 10),
        "head": (1, 2),
    }[operator.name]
