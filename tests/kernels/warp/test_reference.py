from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.kernels.harness import assert_close

from bunraku.kernels.warp.reference import warp_occlude


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1, 1), (2, 3, 7, 5, 6, 19), (1, 2, 8, 8, 8, 8)])
def test_equals_a_loop_over_pixels(
    shape: tuple[int, ...], inputs: Callable[..., Any], naive_warp: Callable[..., Any]
) -> None:
    arrays = inputs(*shape)
    result = warp_occlude(*(torch.from_numpy(array) for array in arrays))
    assert_close(result, naive_warp(*arrays))


def test_no_flow_is_the_identity_times_the_occlusion(inputs: Callable[..., Any]) -> None:
    features, _, occlusion = (torch.from_numpy(a) for a in inputs(2, 3, 6, 9, 6, 9))
    result = warp_occlude(features, torch.zeros(2, 2, 6, 9), occlusion)
    assert_close(result, features * occlusion)


def test_a_flow_of_two_pixels_reads_two_pixels_to_the_right() -> None:
    features = torch.arange(8.0).reshape(1, 1, 1, 8)
    flow = torch.zeros(1, 2, 1, 8)
    flow[:, 0] = 2 * 2 / 8  # the whole width is 2
    result = warp_occlude(features, flow, torch.ones(1, 1, 1, 8))
    torch.testing.assert_close(result.flatten(), torch.tensor([2.0, 3, 4, 5, 6, 7, 7, 7]))


def test_under_autocast_it_computes_in_float32(inputs: Callable[..., Any]) -> None:
    features, flow, occlusion = (torch.from_numpy(array) for array in inputs())
    exact = warp_occlude(features, flow, occlusion)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(warp_occlude(features, flow, occlusion), exact)
        rounded = warp_occlude(features.bfloat16(), flow, occlusion)
    assert rounded.dtype == torch.bfloat16
    assert_close(rounded, exact, torch.bfloat16)
