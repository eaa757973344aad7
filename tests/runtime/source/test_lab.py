from __future__ import annotations

import numpy as np

from bunraku.runtime.source.lab import in_lab

PICTURE = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], np.uint8)


def test_black_white_and_red_are_where_lab_has_them() -> None:
    lab = in_lab(PICTURE, 1.0)
    assert lab.dtype == np.float32
    expected = [[0.0, 0.0, 0.0], [100.0, 0.0, 0.0], [53.24, 80.09, 67.2]]
    np.testing.assert_allclose(lab[0], expected, atol=0.1)


def test_lightness_counts_as_it_is_told() -> None:
    whole, half = in_lab(PICTURE, 1.0), in_lab(PICTURE, 0.5)
    np.testing.assert_array_equal(half[..., 0], 0.5 * whole[..., 0])
    np.testing.assert_array_equal(half[..., 1:], whole[..., 1:])
