from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import assert_close, gradients

from bunraku.kernels import sample_texture
from bunraku.kernels.texture import reference

NAMES = ("atlas", "parts", "u", "v")


@pytest.mark.parametrize(
    "wanted", [NAMES, ("atlas",), ("parts",), ("u",), ("v",), ("atlas", "parts"), ("atlas", "v")]
)
@pytest.mark.parametrize("one_hot", [False, True])
def test_gradients_equal_the_reference_in_float64(
    wanted: tuple[str, ...], one_hot: bool, inputs: Callable[..., Any]
) -> None:
    atlas, parts, u, v = inputs(b=2, k=4, c=5, h=6, w=5, height=7, width=6)
    if one_hot:
        parts = (parts == parts.max(1, keepdims=True)).astype(np.float32)
    arrays = dict(zip(NAMES, (atlas, parts, u, v), strict=True))
    result, fast = gradients(sample_texture, arrays, wanted, torch.float32)
    expected, exact = gradients(reference.sample_texture, arrays, wanted, torch.float64)
    assert_close(result, expected)
    for ours, theirs in zip(fast, exact, strict=True):
        assert_close(ours, theirs)


def test_small_weights_can_be_left_out_of_the_gradients_too(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = (torch.from_numpy(array) for array in inputs())
    parts[:, 0] = 0.01
    atlas.requires_grad_()
    result = sample_texture(atlas, parts, u, v, minimum_weight=0.01)
    (gradient,) = torch.autograd.grad(result.sum(), atlas)
    assert not gradient[:, 0].any()
    assert gradient[:, 1:].any()


def test_takes_what_training_gives_it(inputs: Callable[..., Any]) -> None:
    """Slices of a softmax, channels-last memory, bfloat16 from autocast."""
    atlas, parts, u, v = (torch.from_numpy(array) for array in inputs())
    expected = sample_texture(atlas, parts, u, v)
    sliced = torch.cat((parts[:, :1], parts), 1)[:, 1:]
    strided = u.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(sample_texture(atlas, sliced, strided, v), expected)
    rounded = atlas.bfloat16().requires_grad_()
    result = sample_texture(rounded, parts, u, v)
    (gradient,) = torch.autograd.grad(result.float().sum(), rounded)
    assert result.dtype == torch.bfloat16
    assert gradient.dtype == torch.bfloat16


def test_a_second_derivative_is_refused(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = (torch.from_numpy(array) for array in inputs())
    atlas.requires_grad_()
    parts.requires_grad_()
    result = sample_texture(atlas, parts, u, v)
    (first,) = torch.autograd.grad(result.square().sum(), atlas, create_graph=True)
    backward: Any = first.sum().backward
    with pytest.raises(RuntimeError, match="once_differentiable"):
        backward()
