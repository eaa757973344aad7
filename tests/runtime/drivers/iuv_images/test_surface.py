"""IUV images as surfaces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.runtime.drivers.iuv_images.people import facing, in_mirror

from bunraku.networks.densepose import densepose_from_iuv
from bunraku.runtime.drivers.iuv_images.charts import convert
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.source.window import Window

WHOLE = Window.of_box(0, 0, 200)


def test_a_window_of_whole_pixels_is_the_image_itself() -> None:
    iuv = facing(shape=(200, 200), left=50)
    surface = sample(iuv, WHOLE, 200)
    parts, u, v = convert(iuv)
    ours = np.stack([parts, np.rint(255 * u), np.rint(255 * v)], -1).astype(np.uint8)
    expected = densepose_from_iuv(torch.from_numpy(ours[None])).numpy()
    assert surface.dtype == np.float32
    np.testing.assert_array_equal(surface[:, :25], expected[:, :25])
    np.testing.assert_allclose(surface, expected, atol=0.5 / 255 + 1e-6)


def test_pixels_are_taken_whole() -> None:
    iuv = np.zeros((4, 4, 3), np.uint8)
    iuv[:, 2:] = (24, 100, 100)
    surface = sample(iuv, Window.of_box(0, 0, 4), 3)
    assert set(np.unique(surface[:, :25])) == {0.0, 1.0}
    np.testing.assert_array_equal(surface[0, 24], [[0, 1, 1]] * 3)
    assert (surface[:, :25].sum(1) == 1).all()


def test_beyond_the_image_is_background() -> None:
    iuv = np.full((10, 10, 3), (2, 128, 128), np.uint8)
    surface = sample(iuv, Window.of_box(-5, -5, 20), 20)
    inside = np.zeros((20, 20))
    inside[5:15, 5:15] = 1
    np.testing.assert_array_equal(surface[0, 2], inside)
    np.testing.assert_array_equal(surface[0, 0], 1 - inside)
    assert sample(iuv, Window.of_box(40, 40, 8), 8)[0, 0].all()


def test_a_mirror_is_the_image_of_the_mirrored_picture() -> None:
    iuv = facing(left=20, shape=(200, 160))
    window = Window.of_box(10, 3, 150)
    looked_at = sample(iuv, window, 75, mirrored=True)
    np.testing.assert_allclose(looked_at, sample(in_mirror(iuv), window, 75), atol=0.01)


@pytest.mark.parametrize("part", [2, 23])
def test_values_that_wrapped_are_brought_back(part: int) -> None:
    iuv = np.zeros((40, 40, 3), np.uint8)
    iuv[..., 0] = part
    v = np.linspace(60, -16, 40)[:, None].repeat(40, 1)
    iuv[..., 1] = 128
    iuv[..., 2] = np.rint(v).astype(np.int64) % 256
    assert iuv[-1, 0, 2] > 200
    clipped = iuv.copy()
    clipped[..., 2] = np.rint(v.clip(0))
    window = Window.of_box(0, 0, 40)
    np.testing.assert_allclose(sample(iuv, window, 40), sample(clipped, window, 40), atol=1e-6)
