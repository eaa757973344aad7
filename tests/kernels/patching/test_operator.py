from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.kernels import Rectangle, look_for, show_through
from bunraku.kernels.patching import reference
from bunraku.spec.arrays import Array

N, BOX, PATCH = 60, (-9, 14, 130), Rectangle(31, 40, 37, 51)
SIZES = [(51, 37), (24, 17), (10, 8)]


def flow(rng: np.random.Generator) -> Array:
    """Smooth, with pixels that are taken far away."""
    made = cv2.resize(rng.normal(0.0, 0.2, (6, 6, 2)), (N, N)).astype(np.float32)
    made[rng.random((N, N)) > 0.9] += 3.0
    return np.ascontiguousarray(made.transpose(2, 0, 1)[None])


@pytest.mark.parametrize("size", SIZES)
def test_looks_to_the_last_bit_where_the_plain_form_does(
    size: tuple[int, int], rng: np.random.Generator
) -> None:
    given = flow(rng), BOX, PATCH, size
    found, expected = look_for(*given), reference.look_for(*given)
    assert found.corner == expected.corner
    np.testing.assert_array_equal(found.x, expected.x)
    np.testing.assert_array_equal(found.y, expected.y)
    assert found.x.size < N * N


def test_it_holds_all_that_read_the_rectangle() -> None:
    at_rest, size = np.zeros((1, 2, N, N), np.float32), (PATCH.height, PATCH.width)
    corner, x, y = look_for(at_rest, BOX, PATCH, size)
    step = BOX[2] / N
    assert BOX[0] + corner[1] * step < PATCH.left < BOX[0] + (corner[1] + 4) * step
    assert BOX[1] + corner[0] * step < PATCH.top < BOX[1] + (corner[0] + 4) * step
    assert x.min() < 0.0 < PATCH.width < x.max()
    assert y.min() < 0.0 < PATCH.height < y.max()


def test_a_rectangle_that_nothing_reads_has_one_pixel() -> None:
    away = np.full((1, 2, N, N), 9.0, np.float32)
    assert look_for(away, BOX, PATCH, (51, 37)).x.shape == (1, 1)
    assert reference.look_for(away, BOX, PATCH, (51, 37)).x.shape == (1, 1)


def test_shows_to_the_last_bit_what_the_plain_form_does(rng: np.random.Generator) -> None:
    image, trust, warped = (
        rng.uniform(0.0, 1.0, (1, count, N, N)).astype(np.float32) for count in (3, 1, 5)
    )
    share = np.clip(rng.uniform(-1.0, 2.0, (12, 9)), 0.0, 1.0).astype(np.float32)
    expected = image.copy(), trust.copy()
    reference.show_through(*expected, warped, share, (44, 51))
    before = image.copy()
    show_through(image, trust, warped, share, (44, 51))
    np.testing.assert_array_equal(image, expected[0])
    np.testing.assert_array_equal(trust, expected[1])
    assert (image != before).any()
    assert np.array_equal(image[..., :44, :], before[..., :44, :])


def test_what_does_not_fit_is_refused(rng: np.random.Generator) -> None:
    moved = flow(rng)
    with pytest.raises(ValueError, match="flow must be"):
        look_for(moved[..., 1:], BOX, PATCH, (5, 5))
    with pytest.raises(ValueError, match="no pixels"):
        look_for(moved, BOX, PATCH, (0, 5))
    with pytest.raises(TypeError, match="flow must be float32"):
        look_for(moved.astype(np.float64), BOX, PATCH, (5, 5))
    image, trust, warped = (np.zeros((1, count, N, N), np.float32) for count in (3, 1, 5))
    share = np.zeros((9, 9), np.float32)
    with pytest.raises(ValueError, match="is not inside"):
        show_through(image, trust, warped, share, (N - 8, 0))
    with pytest.raises(ValueError, match="out must be contiguous"):
        show_through(image[..., ::-1], trust, warped, share, (0, 0))
    with pytest.raises(ValueError, match="warped must be"):
        show_through(image, trust, warped[:, 1:], share, (0, 0))
