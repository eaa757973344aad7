from __future__ import annotations

import numpy as np
import pytest

from bunraku.errors import BundleError
from bunraku.runtime.drivers.landmarks.enlarging import check_enlarging, enlarged
from bunraku.spec.arrays import Array
from bunraku.spec.surface import PART, SCORE, SCORES, U, V

TORSO = 2


def ramp(n: int) -> Array:
    """The torso on the left, nobody on the right; U runs to the right and V down, everywhere."""
    centres = (np.arange(n, dtype=np.float32) + 0.5) / n
    surface = np.zeros((1, 73, n, n), np.float32)
    surface[0, TORSO, :, : n // 2] = 1.0
    surface[0, 0] = 1.0 - surface[0, TORSO]
    surface[0, U] = centres[None, :]
    surface[0, V] = centres[:, None]
    return surface


@pytest.mark.parametrize("step", [2, 3])
def test_parts_are_the_nearest_and_places_lie_between(step: int) -> None:
    coarse, fine = ramp(8), ramp(8 * step)
    made = enlarged(coarse, 8 * step)
    assert made.shape == (1, 73, 8 * step, 8 * step)
    assert made.dtype == np.float32
    assert np.array_equal(made[:, SCORE], fine[:, SCORE])
    # The ramp goes on as it is but for the outermost half pixel, where there is nothing between.
    inner = slice(step // 2, -(step // 2))
    np.testing.assert_allclose(made[..., inner, inner], fine[..., inner, inner], atol=1e-6)
    assert made[0, U.start, 0, 0] == coarse[0, U.start, 0, 0]


def test_places_of_two_charts_are_never_mixed() -> None:
    """Two parts side by side at places far apart: each keeps its own up to the border."""
    surface = np.zeros((2, 73, 4, 4), np.float32)
    for part, columns, place in ((1, slice(0, 2), 0.1), (9, slice(2, 4), 0.9)):
        surface[:, part, :, columns] = 1.0
        surface[:, [U.start + part - 1, V.start + part - 1]] = place
    made = enlarged(surface, 8)
    part = made[:, SCORE].argmax(1)
    own = np.take_along_axis(made[:, U], part[:, None] - 1, 1)[:, 0]
    assert np.array_equal(part[1, 0], [1] * 4 + [9] * 4)
    np.testing.assert_allclose(own[:, :, :4], 0.1, atol=1e-6)
    np.testing.assert_allclose(own[:, :, 4:], 0.9, atol=1e-6)
    assert (made[:, PART].sum(1) == 1.0).all()


def test_its_own_size_is_itself() -> None:
    surface = ramp(8)
    assert enlarged(surface, 8) is surface


@pytest.mark.parametrize("size", [12, 4])
def test_sizes_that_do_not_divide_are_refused(size: int) -> None:
    message = f"gives surfaces of 8 pixels, and surfaces of {size} are needed.*--iuv-bundle"
    with pytest.raises(BundleError, match=message):
        check_enlarging(8, size)
    with pytest.raises(BundleError, match=message):
        enlarged(np.zeros((1, SCORES + 48, 8, 8), np.float32), size)
