from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.kernels.harness import assert_close

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
    assert_close(result, naive_texture(*arrays))


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
    assert_close(rounded, exact, torch.bfloat16)
