from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bunraku.networks.layers import ResidualBlock, down, identity_grid, push_pull, up2


def test_identity_grid_holds_pixel_centres() -> None:
    grid = identity_grid(4)
    assert grid.shape == (1, 2, 4, 4)
    assert grid[0, 0, 2].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert torch.equal(grid[0, 1], grid[0, 0].T)


def test_up_and_down_keep_places() -> None:
    ramp = identity_grid(16)
    assert torch.allclose(up2(ramp)[..., 1:-1, 1:-1], identity_grid(32)[..., 1:-1, 1:-1])
    assert torch.allclose(down(ramp, 4), identity_grid(4))
    assert down(ramp, 1) is ramp


@pytest.mark.parametrize(("stride", "side"), [(1, 8), (2, 4)])
def test_residual_block_shapes(stride: int, side: int) -> None:
    assert ResidualBlock(3, 5, stride)(torch.rand(2, 3, 8, 8)).shape == (2, 5, side, side)


def test_push_pull_keeps_what_is_known() -> None:
    values = torch.rand(2, 3, 32, 32)
    assert torch.allclose(push_pull(values, torch.ones(2, 1, 32, 32)), values, atol=1e-5)


def test_push_pull_fills_from_near_before_far() -> None:
    weights = torch.zeros(1, 1, 32, 32)
    weights[..., 4:8, 2:6] = 1.0
    weights[..., 4:8, 26:30] = 1.0
    values = weights.clone()
    values[..., :16] *= 0.2
    filled = push_pull(values, weights)
    assert bool(torch.isfinite(filled).all())
    below = filled[0, 0, 9, 3:29]
    assert float(below[0]) < 0.45
    assert float(below[-1]) > 0.75
    assert bool((below.diff() >= 0.0).all())
    assert 0.2 - 1e-4 <= float(filled.min()) <= float(filled.max()) <= 1.0 + 1e-4


def test_push_pull_without_anything_known_is_zero() -> None:
    nothing = torch.zeros(1, 2, 32, 32)
    assert torch.equal(push_pull(nothing, nothing[:, :1]), nothing)


def test_a_strided_block_is_as_a_strided_skip() -> None:
    block = ResidualBlock(3, 8, stride=2).eval()
    x = torch.rand(2, 3, 16, 16)
    assert isinstance(block.skip, nn.Conv2d)
    skipped = F.conv2d(x, block.skip.weight, stride=2)
    wanted = F.leaky_relu(skipped + block.second(block.first(x)), 0.1)
    assert torch.allclose(block(x), wanted, atol=1e-6)
