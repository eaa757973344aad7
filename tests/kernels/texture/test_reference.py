from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from bunraku.kernels.texture.reference import sample_texture


@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 1, 1, 1), (2, 5, 3, 7, 5, 6, 9), (1, 24, 6, 4, 3, 5, 2), (3, 2, 17, 1, 6, 3, 3)],
)
def test_equals_a_loop_over_pixels(
    shape: tuple[int, ...], inputs: Callable[..., Any], naive_texture: Callable[..., Any]
) -> None:
    arrays = inputs(*shape)
    result = sample_texture(*(torch.from_numpy(array) for array in arrays))
    np.testing.assert_allclose(result.numpy(), naive_texture(*arrays), atol=2e-6)


def test_gradients_in_float64(inputs: Callable[..., Any]) -> None:
    tensors = [
        torch.from_numpy(array).double().requires_grad_()
        for array in inputs(b=1, k=2, c=2, h=4, w=3, height=3, width=2)
    ]
    assert torch.autograd.gradcheck(sample_texture, tensors)


def test_texel_centres_lie_half_a_texel_in() -> None:
    atlas = torch.arange(4.0).reshape(1, 1, 1, 1, 4)
    u = torch.tensor([0.125, 0.375, 0.5, 0.875, 0.0, 1.0, -3.0, 4.0]).reshape(1, 1, 1, 8)
    result = sample_texture(atlas, torch.ones_like(u), u, torch.full_like(u, 0.5))
    assert result.flatten().tolist() == [0.0, 1.0, 1.5, 3.0, 0.0, 3.0, 0.0, 3.0]


def test_under_autocast_it_computes_in_float32(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = (torch.from_numpy(array) for array in inputs())
    exact = sample_texture(atlas, parts, u, v)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(sample_texture(atlas, parts, u, v), exact)
        rounded = sample_texture(atlas.bfloat16(), parts, u, v)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), exact, atol=0.02, rtol=0.02)
