from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close
from tests.kernels.operators import torn_flow

from bunraku.kernels import enlarge_flow
from bunraku.kernels.enlarge.tears import TORN

Array = NDArray[np.float32]


def naive(flow: Array, side: int) -> NDArray[np.float64]:
    """``[2,n,n]`` a pixel at a time in float64."""
    n = flow.shape[-1]
    result = np.zeros((2, side, side))
    for i, j in np.ndindex(side, side):
        y, x = (min(max((k + 0.5) * n / side - 0.5, 0.0), n - 1.0) for k in (i, j))
        near_y, near_x = i * n // side, j * n // side
        around = flow[:, max(near_y - 1, 0) : near_y + 2, max(near_x - 1, 0) : near_x + 2]
        if (around.max((1, 2)) - around.min((1, 2)) > TORN).any():
            result[:, i, j] = flow[:, near_y, near_x]
            continue
        top, left = int(y), int(x)
        pixels = flow[:, [top, min(top + 1, n - 1)]][:, :, [left, min(left + 1, n - 1)]]
        weights = np.outer([1 - (y - top), y - top], [1 - (x - left), x - left])
        result[:, i, j] = (pixels * weights).sum((1, 2))
    return result


@pytest.mark.parametrize(("n", "side"), [(1, 4), (2, 4), (5, 10), (9, 23), (16, 48), (12, 7)])
def test_equals_a_loop_over_pixels(n: int, side: int, rng: np.random.Generator) -> None:
    flow = torn_flow(rng, 1, n)
    assert_close(enlarge_flow(flow, side), naive(flow[0], side)[None])
    assert_close(enlarge_flow(torch.from_numpy(flow), side), naive(flow[0], side)[None])


@pytest.mark.parametrize(("n", "side"), [(8, 16), (33, 66), (33, 100), (64, 64 * 3)])
def test_a_whole_flow_is_enlarged_as_opencv_does(
    n: int, side: int, rng: np.random.Generator
) -> None:
    flow = rng.uniform(-TORN / 2, TORN / 2, (1, 2, n, n)).astype(np.float32)
    planes = [cv2.resize(plane, (side, side), interpolation=cv2.INTER_LINEAR) for plane in flow[0]]
    np.testing.assert_allclose(enlarge_flow(flow, side)[0], planes, atol=1e-7, rtol=1e-6)


def test_no_place_between_two_surfaces(rng: np.random.Generator) -> None:
    flow = rng.uniform(0.0, 0.05, (1, 2, 32, 32)).astype(np.float32)
    flow[0, 0, 10:20, 5:25] += 0.5
    flow[0, 1, :, 16:] -= 0.2
    across = enlarge_flow(flow, 64)[0, 0, 30]
    assert set(np.unique(np.sign(across - 0.25))) == {-1.0, 1.0}
    steps = np.abs(np.diff(across))
    assert ((steps < 0.1) | (steps > 0.4)).all()


def test_a_tear_in_either_direction_counts_for_both() -> None:
    flow = np.zeros((1, 2, 4, 4), np.float32)
    flow[0, 0] = np.arange(4) * 0.01
    flow[0, 1, :, 2:] = 1.0
    result = enlarge_flow(flow, 8)[0, 0, 0]
    assert result == pytest.approx([0.0, 0.0025, 0.01, 0.01, 0.02, 0.02, 0.0275, 0.03])


def test_at_its_own_size_it_is_the_flow_itself() -> None:
    flow = np.full((1, 2, 4, 4), np.inf, np.float32)
    assert enlarge_flow(flow, 4) is flow
    out = np.zeros_like(flow)
    assert enlarge_flow(flow, 4, out=out) is out
    np.testing.assert_array_equal(out, flow)
    tensor = torch.from_numpy(flow)
    assert enlarge_flow(tensor, 4) is tensor


def test_what_is_not_a_number_stays_in_its_neighbourhood(rng: np.random.Generator) -> None:
    flow = torn_flow(rng, 1, 16)
    expected = enlarge_flow(flow, 32)
    flow[0, :, 3, 4] = np.nan
    result = enlarge_flow(flow, 32)
    assert np.isnan(result[0, :, 6:8, 8:10]).all()
    far = np.ones((32, 32), bool)
    far[4:10, 6:12] = False
    np.testing.assert_array_equal(result[:, :, far], expected[:, :, far])


@pytest.mark.parametrize(
    ("shape", "side", "message"),
    [
        ((2, 4, 4), 8, r"flow must be \[B,2,n,n\], not \[2, 4, 4\]"),
        ((1, 3, 4, 4), 8, r"not \[1, 3, 4, 4\]"),
        ((1, 2, 4, 5), 8, r"not \[1, 2, 4, 5\]"),
        ((1, 2, 0, 0), 8, "cannot be enlarged to a side of 8"),
        ((1, 2, 4, 4), 0, "cannot be enlarged to a side of 0"),
    ],
)
def test_shapes_that_do_not_fit(shape: tuple[int, ...], side: int, message: str) -> None:
    flow: Any = np.zeros(shape, np.float32)
    for value in (flow, torch.from_numpy(flow)):
        with pytest.raises(ValueError, match=message):
            enlarge_flow(value, side)
