from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import assert_close, poisoned

from bunraku.kernels import channels_last, warp_occlude
from bunraku.kernels.warp import reference


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 1, 1), (2, 3, 7, 5, 6, 19), (1, 64, 32, 32, 32, 32), (3, 5, 1, 9, 40, 33)],
)
def test_innermost_channels_give_what_the_reference_gives(
    shape: tuple[int, ...], threads: int, inputs: Callable[..., Any]
) -> None:
    features, flow, occlusion = inputs(*shape)
    expected = reference.warp_occlude(*map(torch.from_numpy, (features, flow, occlusion)))
    out = poisoned((*shape[:2], *shape[4:]), np.float32)
    warp_occlude(channels_last(features), flow, occlusion, threads=threads, out=out)
    assert_close(out, expected)


@pytest.mark.parametrize("innermost", [False, True])
def test_no_flow_is_the_identity(innermost: bool, inputs: Callable[..., Any]) -> None:
    features, flow, occlusion = inputs(2, 3, 6, 9, 6, 9)
    source = channels_last(features) if innermost else features
    result = warp_occlude(source, np.zeros_like(flow), np.ones_like(occlusion))
    assert_close(result, features)


def test_no_occlusion_weight_gives_zeros(inputs: Callable[..., Any]) -> None:
    features, flow, occlusion = inputs()
    assert not warp_occlude(features, flow, np.zeros_like(occlusion)).any()


def test_any_layout_of_memory_gives_the_same(inputs: Callable[..., Any]) -> None:
    features, flow, occlusion = inputs()
    expected = warp_occlude(features, flow, occlusion)
    strided = [np.repeat(array, 2, axis=3)[..., ::2] for array in (flow, occlusion)]
    features.flags.writeable = False
    np.testing.assert_array_equal(warp_occlude(features, *strided), expected)
    wider = np.concatenate([features, features], axis=3)[..., :5]
    np.testing.assert_array_equal(warp_occlude(wider, *strided), expected)


@pytest.mark.parametrize("innermost", [False, True])
def test_nan_and_huge_flow_stay_inside_the_features(
    innermost: bool, inputs: Callable[..., Any]
) -> None:
    features, flow, occlusion = inputs()
    flow[:, 0] = np.nan
    flow[:, 1] = 1e38
    source = channels_last(features) if innermost else features
    result = warp_occlude(source, flow, np.ones_like(occlusion))
    corner = np.broadcast_to(features[:, :, -1:, :1], result.shape)
    np.testing.assert_array_equal(result, corner)
