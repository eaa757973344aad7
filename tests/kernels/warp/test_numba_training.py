from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.kernels.harness import assert_close, gradients

from bunraku.kernels import warp_occlude
from bunraku.kernels.warp import reference
from bunraku.kernels.warp.numba_training import FEATURES

NAMES = ("features", "flow", "occlusion")


@pytest.mark.parametrize("wanted", [NAMES, ("features",), ("flow",), ("occlusion",)])
@pytest.mark.parametrize(("channels", "threads"), [(3, 1), (3, 2), (FEATURES, 2)])
def test_gradients_equal_the_reference_in_float64(
    wanted: tuple[str, ...], channels: int, threads: int, inputs: Callable[..., Any]
) -> None:
    arrays = dict(zip(NAMES, inputs(c=channels), strict=True))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        result, fast = gradients(warp_occlude, arrays, wanted, torch.float32)
    finally:
        torch.set_num_threads(before)
    expected, exact = gradients(reference.warp_occlude, arrays, wanted, torch.float64)
    assert_close(result, expected)
    for ours, theirs in zip(fast, exact, strict=True):
        assert_close(ours, theirs)


def test_a_flow_of_nothing_reads_the_pixels_themselves_and_pulls_at_them_alone() -> None:
    features = torch.arange(12.0).view(1, 1, 3, 4).requires_grad_()
    flow = torch.zeros(1, 2, 3, 4, requires_grad=True)
    result = warp_occlude(features, flow, torch.full((1, 1, 3, 4), 0.5))
    torch.testing.assert_close(result, features * 0.5)
    d_features, d_flow = torch.autograd.grad(result.sum(), (features, flow))
    torch.testing.assert_close(d_features, torch.full((1, 1, 3, 4), 0.5))
    # A pixel to the right is worth 1 more, one below 4 more; 2 units are the whole width. At the
    # border the sample stands still.
    torch.testing.assert_close(d_flow[0, 0, :, 1], torch.full((3,), 0.5 * 1.0 * 2.0))
    torch.testing.assert_close(d_flow[0, 1, 1], torch.full((4,), 0.5 * 4.0 * 1.5))
    assert not d_flow[0, 0, :, 0].any()
    assert not d_flow[0, 1, 2].any()


def test_takes_what_training_gives_it_and_hands_on_what_follows_wants(
    inputs: Callable[..., Any],
) -> None:
    features, flow, occlusion = (torch.from_numpy(array) for array in inputs(c=FEATURES))
    expected = reference.warp_occlude(features, flow, occlusion)
    strided = features.contiguous(memory_format=torch.channels_last)
    made = warp_occlude(strided, flow, occlusion)
    torch.testing.assert_close(made, expected)
    assert made.is_contiguous(memory_format=torch.channels_last)
    assert warp_occlude(features[:, :3], flow, occlusion).is_contiguous()
    rounded = features.bfloat16().requires_grad_()
    result = warp_occlude(rounded, flow, occlusion)
    (gradient,) = torch.autograd.grad(result.float().sum(), rounded)
    assert result.dtype == gradient.dtype == torch.bfloat16


def test_a_second_derivative_is_refused(inputs: Callable[..., Any]) -> None:
    features, flow, occlusion = (torch.from_numpy(array) for array in inputs())
    features.requires_grad_()
    flow.requires_grad_()
    result = warp_occlude(features, flow, occlusion)
    (first,) = torch.autograd.grad(result.square().sum(), features, create_graph=True)
    backward: Any = first.sum().backward
    with pytest.raises(RuntimeError, match="once_differentiable"):
        backward()
