from __future__ import annotations

import numpy as np
import torch
from tests.kernels.operators import torn_flow
from torch.nn import functional as F

from bunraku.kernels.enlarge.reference import enlarge_flow


def test_where_nothing_is_torn_it_is_plain_interpolation(rng: np.random.Generator) -> None:
    flow = torch.from_numpy(torn_flow(rng, 2, 8)) * 0.1
    expected = F.interpolate(flow, scale_factor=2.0, mode="bilinear", align_corners=False)
    assert torch.equal(enlarge_flow(flow, 16), expected)


def test_under_autocast_it_computes_in_float32(rng: np.random.Generator) -> None:
    flow = torch.from_numpy(torn_flow(rng, 2, 8))
    exact = enlarge_flow(flow, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(enlarge_flow(flow, 16), exact)
    assert enlarge_flow(flow.bfloat16(), 16).dtype == torch.bfloat16
