from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bunraku.runtime.pose.roi import Roi, crop, paste, to_network

rois = st.builds(
    Roi,
    st.floats(-50, 700),
    st.floats(-50, 500),
    st.floats(8, 900),
    st.floats(-math.pi, math.pi),
)


@given(rois)
def test_points_go_to_the_frame_and_back(roi: Roi) -> None:
    unit = np.array([[0, 0], [1, 0], [0.5, 0.5], [0.2, 1.3]])
    np.testing.assert_allclose(roi.points_from_frame(roi.points_to_frame(unit)), unit, atol=1e-9)


@given(rois, st.integers(2, 300))
def test_the_matrix_takes_pixel_centres_where_points_go(roi: Roi, size: int) -> None:
    pixels = np.array([[0, 0], [size - 1, 0], [1, size - 1]], float)
    by_matrix = pixels @ roi.pixel_matrix(size)[:, :2].T + roi.pixel_matrix(size)[:, 2]
    by_points = roi.points_to_frame((pixels + 0.5) / size)
    np.testing.assert_allclose(by_matrix, by_points, atol=1e-6)


def test_around_a_leaning_person() -> None:
    centre, rim = np.array([100.0, 200.0]), np.array([140.0, 160.0])  # up and to the right
    roi = Roi.around(centre, rim)
    assert roi.angle == pytest.approx(math.radians(45))
    assert roi.side == pytest.approx(2.5 * math.hypot(40, 40))
    # In the crop the person stands upright: the rim lies straight above the centre.
    np.testing.assert_allclose(roi.points_from_frame(rim[None]), [[0.5, 0.1]], atol=1e-9)


def test_a_crop_of_the_same_size_is_the_picture() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(crop(frame, Roi(31.5, 31.5, 64, 0), 64), frame)


def test_outside_of_the_frame_is_black() -> None:
    frame = np.full((40, 40, 3), 200, np.uint8)
    out = crop(frame, Roi(-100, -100, 50, 0), 32)
    assert out.max() == 0
    assert crop(frame, Roi(-1000, 0, 1600, 0), 32).shape == (32, 32, 3)


@pytest.mark.parametrize("scale", [1, 2.4, 3.7, 8.2])
@pytest.mark.parametrize("angle", [0, 0.4, -2])
def test_a_shrunk_crop_shows_things_where_they_are(scale: float, angle: float) -> None:
    """A disc at a known place of a smooth picture, at any factor of shrinking."""
    size, side = 64, int(64 * scale)
    y, x = np.mgrid[: side * 2, : side * 2]
    at = np.array([side * 0.9, side * 1.1])
    blob = 255 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * (4 * scale) ** 2))
    frame = np.repeat(blob[..., None], 3, axis=2).astype(np.uint8)
    roi = Roi(side * 1.0, side * 1.0, side, angle)
    weight = crop(frame, roi, size)[..., 0].astype(float)
    rows, columns = np.mgrid[:size, :size] + 0.5
    seen = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum() / size
    np.testing.assert_allclose(seen, roi.points_from_frame(at[None])[0], atol=0.15 / size)


def test_shrinking_averages_noise_away() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (800, 800, 3), np.uint8)
    assert crop(noise, Roi(400, 400, 800, 0), 100).std() < 0.3 * noise.std()


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_a_mask_comes_back_to_its_place(angle: float) -> None:
    roi = Roi(70, 50, 80, angle)
    frame = np.zeros((120, 160, 3), np.uint8)
    cv2.circle(frame, (80, 55), 20, (255, 255, 255), -1)
    mask = np.asarray(crop(frame, roi, 256)[..., 0] / 255, np.float32)
    back = paste(mask, roi, 120, 160)
    assert back.shape == (120, 160)
    assert back.dtype == np.float32
    assert np.mean(np.abs(back - frame[..., 0] / 255)) < 0.003


def test_a_mask_outside_of_the_frame_is_empty() -> None:
    assert paste(np.ones((8, 8), np.float32), Roi(-500, 0, 100, 0), 20, 30).sum() == 0


def test_planes_are_filled_in_order_and_range() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 1] = (255, 0, 51)
    out = np.empty((3, 2, 3), np.float32)
    to_network(image, out, 2 / 255, -1)
    np.testing.assert_allclose(out[:, 0, 1], [1, -1, -0.6], atol=1e-6)
    assert out[:, 1].max() == -1


def test_a_square_lies_around_points_in_their_own_directions() -> None:
    """A rectangle of 40 by 20 around (100, 60), turned by 90 degrees to the right, is 20 by 40."""
    corners = np.array([[-20.0, -10.0], [20.0, -10.0], [20.0, 10.0], [-20.0, 10.0]])
    turned = np.stack([-corners[:, 1], corners[:, 0]], 1) + (100.0, 60.0)
    roi = Roi.upright(turned, math.pi / 2, 1.5, forward=0.25)
    # Up is to the right there; a quarter of 40 pixels.
    assert (roi.x, roi.y) == pytest.approx((110.0, 60.0))
    assert (roi.side, roi.angle) == pytest.approx((60.0, math.pi / 2))
    assert Roi.upright(corners, 0.0, 2.0) == Roi(0.0, 0.0, 80.0, 0.0)
