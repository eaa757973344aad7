from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.operators import WARP

from bunraku.kernels import warp_occlude, warp_occlude_scales

ATLAS = np.zeros((1, 3, 2, 4, 4), np.float32)
PARTS = np.zeros((1, 3, 5, 5), np.float32)
FLOW = np.zeros((1, 2, 5, 5), np.float32)
OCCLUSION = np.zeros((1, 1, 5, 5), np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ATLAS, FLOW, OCCLUSION), r"features must be \[B,C,h,w\], not \[1, 3, 2, 4, 4\]"),
        ((PARTS, OCCLUSION, OCCLUSION), r"flow must be \[B,2,H,W\], not \[1, 1, 5, 5\]"),
        ((PARTS, FLOW, FLOW), r"occlusion must be \[1, 1, 5, 5\], not \[1, 2, 5, 5\]"),
        ((np.concatenate([PARTS, PARTS]), FLOW, OCCLUSION), "differ in batch"),
        ((PARTS[:, :, :0], FLOW, OCCLUSION), "have no pixels"),
    ],
)
def test_shapes_of_warps_that_do_not_fit(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        warp_occlude(*arguments)
    with pytest.raises(ValueError, match=message):
        warp_occlude(*(torch.from_numpy(array) for array in arguments))


def test_several_scales_are_each_warped(rng: np.random.Generator) -> None:
    call = WARP.call(rng, (2, 3, 7, 5, 6, 19))
    features, flow, occlusion = call.arrays
    small = (features[:, :1], flow[..., :4], occlusion[..., :4])
    out = np.full((2, 3, 6, 19), np.nan, np.float32)
    both = warp_occlude_scales(
        [features, small[0]], [flow, small[1]], [occlusion, small[2]], out=[out, None]
    )
    assert both[0] is out
    np.testing.assert_array_equal(out, warp_occlude(*call.arrays))
    np.testing.assert_array_equal(both[1], warp_occlude(*small))
    assert warp_occlude_scales([], [], []) == []
    with pytest.raises(ValueError, match="zip"):
        warp_occlude_scales([features], [flow], [])
