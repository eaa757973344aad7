from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close

from bunraku.kernels import guide_head

Array = NDArray[np.float32]
SHIFTED = np.array([[1, 0, 0.25, 0, 1, 0, 1]], np.float32)
"""A quarter of the window's half to the right, fully believed."""


def inputs(n: int = 8) -> tuple[Array, Array]:
    """A prior of halves, and a surface that has a head at (2, 1) and an arm at (5, 5)."""
    surface = np.zeros((1, 73, n, n), np.float32)
    surface[0, 23, 1, 2] = surface[0, 16, 5, 5] = 1.0
    return np.full((1, 6, n, n), 0.5, np.float32), surface


def test_only_the_head_is_guided() -> None:
    prior, surface = inputs()
    x, y = (2 + 0.5) / 4 - 1.0, (1 + 0.5) / 4 - 1.0
    expected = prior.copy()
    expected[0, :2, 1, 2] = 0.5 * (x + 0.25), 0.5 * y
    assert_close(guide_head(prior, surface, SHIFTED), expected)
    assert_close(guide_head(*map(torch.from_numpy, (prior, surface, SHIFTED))), expected)


def test_in_place_or_anew() -> None:
    prior, surface = inputs()
    before = prior.copy()
    expected = guide_head(prior, surface, SHIFTED)
    np.testing.assert_array_equal(prior, before)
    assert guide_head(prior, surface, SHIFTED, out=prior) is prior
    np.testing.assert_array_equal(prior, expected)


@pytest.mark.parametrize("belief", [0.0, 0.5])
def test_belief_is_a_share(belief: float) -> None:
    prior, surface = inputs()
    full = guide_head(prior, surface, SHIFTED)
    head = SHIFTED.copy()
    head[0, 6] = belief
    assert_close(guide_head(prior, surface, head), prior + belief * (full - prior))


def test_both_halves_of_the_head_count() -> None:
    prior, surface = inputs()
    halves = surface.copy()
    halves[0, 23, 1, 2] = halves[0, 24, 1, 2] = 0.5
    assert_close(guide_head(prior, halves, SHIFTED), guide_head(prior, surface, SHIFTED))


def test_a_belief_that_is_not_a_number_is_none() -> None:
    prior, surface = inputs()
    head = SHIFTED.copy()
    head[0, 6] = np.nan
    np.testing.assert_array_equal(guide_head(prior, surface, head), prior)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((6, 4, 4), (1, 73, 4, 4), (1, 7)), r"prior must be \[B,6,n,n\], not \[6, 4, 4\]"),
        (((1, 5, 4, 4), (1, 73, 4, 4), (1, 7)), r"not \[1, 5, 4, 4\]"),
        (((1, 6, 4, 5), (1, 73, 4, 5), (1, 7)), r"prior must be \[B,6,n,n\], not \[1, 6, 4, 5\]"),
        (((1, 6, 4, 4), (1, 25, 4, 4), (1, 7)), r"surface must be \[1, 73, 4, 4\], not \[1, 25"),
        (((2, 6, 4, 4), (2, 73, 4, 4), (1, 7)), r"head must be \[2, 7\], not \[1, 7\]"),
        (((1, 6, 4, 4), (1, 73, 4, 4), (7,)), r"head must be \[1, 7\], not \[7\]"),
    ],
)
def test_shapes_that_do_not_fit(shapes: tuple[tuple[int, ...], ...], message: str) -> None:
    arrays: list[Any] = [np.zeros(shape, np.float32) for shape in shapes]
    with pytest.raises(ValueError, match=message):
        guide_head(*arrays)
    with pytest.raises(ValueError, match=message):
        guide_head(*map(torch.from_numpy, arrays))
