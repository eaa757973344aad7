from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bunraku.runtime.pose.landmarks import (
    SIZE,
    Landmarker,
    heat_around,
    mask_of,
    next_roi,
    refine,
    sigmoid,
)
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.landmarks import LANDMARKS

COLD = np.full((39, 64, 64), -50, np.float32)


def said(
    unit: np.ndarray, heatmap: np.ndarray = COLD, presence: float = 0.9
) -> dict[str, np.ndarray]:
    """What the network answers for landmarks [39,2] in units of the crop."""
    values = np.zeros((39, 5), np.float32)
    values[:, :2] = unit * SIZE
    values[:, 2] = -64
    values[:, 3] = 2.0
    world = np.zeros((39, 3), np.float32)
    world[:, 0] = 1
    mask = np.full((1, 1, SIZE, SIZE), -1000, np.float32)
    mask[..., 64:192, 64:192] = 1000
    return {
        "landmarks": values.reshape(1, -1),
        "presence": np.full((1, 1), presence, np.float32),
        "mask": mask,
        "heatmap": heatmap[None],
        "world": world.reshape(1, -1),
    }


def refined(unit: np.ndarray, heatmap: np.ndarray) -> None:
    refine(unit, heat_around(heatmap, (unit * 64).astype(np.int64)))


@pytest.fixture
def unit() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 0.9, (39, 2))


def test_a_crop_becomes_frame_pixels_and_metres(engine: Any, unit: np.ndarray) -> None:
    roi = Roi(100, 60, 128, math.pi / 2)  # the person lies with the head to the right
    frame = np.zeros((200, 300, 3), np.uint8)
    found = Landmarker(engine(lambda image: said(unit))).run(frame, roi)
    # A quarter turn clockwise: right in the crop is down in the frame, down is left.
    expected = np.stack([100 - (unit[:, 1] - 0.5) * 128, 60 + (unit[:, 0] - 0.5) * 128], axis=1)
    np.testing.assert_allclose(found.points[:, :2], expected, atol=1e-4)
    np.testing.assert_allclose(found.points[:, 2], -64 / SIZE * 128)
    np.testing.assert_allclose(found.world, np.tile([0, 1, 0], (LANDMARKS, 1)), atol=1e-6)
    np.testing.assert_allclose(found.visibility, 1 / (1 + math.exp(-2)))
    assert found.presence == pytest.approx(0.9)
    assert found.roi is roi


def test_the_mask_is_made_only_on_request(engine: Any, unit: np.ndarray) -> None:
    landmarker = Landmarker(engine(lambda image: said(unit)))
    frame, roi = np.zeros((200, 300, 3), np.uint8), Roi(100, 60, 128, 0)
    assert landmarker.run(frame, roi, mask=False).mask is None
    mask = landmarker.run(frame, roi).mask
    assert mask is not None
    assert mask.mean() == pytest.approx(0.25, abs=1e-6)


def test_the_network_sees_the_crop_in_rgb(engine: Any, unit: np.ndarray) -> None:
    fake = engine(lambda image: said(unit))
    frame = np.zeros((256, 256, 3), np.uint8)
    frame[:128, :, 0] = 255  # the upper half is red
    Landmarker(fake).run(frame, Roi(127.5, 127.5, 256, 0))
    (image,) = fake.images
    np.testing.assert_array_equal(image[0, :, 10, 10], [1, 0, 0])
    assert image[0, :, 200].max() == 0


def test_heat_moves_a_landmark_and_cold_leaves_it() -> None:
    heatmap = COLD.copy()
    heatmap[0, 20, 31] = 10  # row 20, column 31
    heatmap[1, 40, 40] = 10  # more than three cells away from landmark 1
    heatmap[2, 20, 30] = -0.1  # lukewarm
    unit = np.tile([30.2 / 64, 21.8 / 64], (39, 1))
    before = unit.copy()
    refined(unit, heatmap)
    np.testing.assert_allclose(unit[0], [31 / 64, 20 / 64], atol=1e-6)
    np.testing.assert_array_equal(unit[1:], before[1:])


def test_heat_is_averaged() -> None:
    heatmap = COLD.copy()
    heatmap[0, 10, 10] = heatmap[0, 10, 12] = 10
    unit = np.full((39, 2), 11 / 64)
    refined(unit, heatmap)
    np.testing.assert_allclose(unit[0], [11 / 64, 10 / 64], atol=1e-6)


@pytest.mark.parametrize("at", [[0.0, 0.0], [63.9 / 64, 0.99], [-0.2, 0.5], [1.4, 0.5]])
def test_landmarks_at_the_border_and_beyond(at: list[float]) -> None:
    unit = np.tile(at, (39, 1))
    refined(unit, np.full((39, 64, 64), 10, np.float32))
    assert np.isfinite(unit).all()
    if not 0 <= at[0] < 1:
        np.testing.assert_array_equal(unit[0], at)  # outside of the crop there is no heat


def test_refinement_is_the_plain_loop_of_mediapipe(unit: np.ndarray) -> None:
    heatmap = np.random.default_rng(1).normal(scale=3, size=(39, 64, 64)).astype(np.float32)
    expected = unit.copy()
    for k in range(39):
        column, row = int(unit[k, 0] * 64), int(unit[k, 1] * 64)
        total = x = y = best = 0.0
        for r in range(max(0, row - 3), min(64, row + 4)):
            for c in range(max(0, column - 3), min(64, column + 4)):
                heat = 1 / (1 + math.exp(-heatmap[k, r, c]))
                total, best = total + heat, max(best, heat)
                x, y = x + c * heat, y + r * heat
        if best >= 0.5:
            expected[k] = x / 64 / total, y / 64 / total
    refined(unit, heatmap)
    np.testing.assert_allclose(unit, expected, atol=1e-9)


def test_the_next_crop_stands_on_the_two_extra_points() -> None:
    points = np.zeros((39, 3))
    points[33], points[34] = (50, 80, 0), (50, 40, 0)
    assert next_roi(points) == Roi(50, 80, 100, 0)


def test_logistic_functions_do_not_overflow() -> None:
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e5, 0, 1e5])), [0, 0.5, 1], atol=1e-30)
        logits = np.array([-2000, 0, 2000], np.float32)
        np.testing.assert_allclose(mask_of(logits), [0, 0.5, 1], atol=1e-9)
        assert logits[0] == -2000


def test_looks_one_after_the_other_share_their_input(engine: Any) -> None:
    places: list[int] = []

    def answer(image: np.ndarray) -> dict[str, np.ndarray]:
        places.append(image.ctypes.data)
        return said(np.full((39, 2), 0.5))

    fake = engine(answer)
    landmarker = Landmarker(fake)
    roi = Roi(50, 50, 60, 0.3)
    for value in (200, 20):
        landmarker.run(np.full((100, 100, 3), value, np.uint8), roi)
    assert places[0] == places[1]
    alone = engine(answer)
    Landmarker(alone).run(np.full((100, 100, 3), 20, np.uint8), roi)
    assert np.array_equal(fake.images[1], alone.images[0])
    assert not np.array_equal(fake.images[0], fake.images[1])


def test_without_the_mask_a_smaller_network_is_asked(engine: Any, unit: np.ndarray) -> None:
    whole, maskless = engine(lambda image: said(unit)), engine(lambda image: said(unit))
    landmarker = Landmarker(whole, maskless)
    frame, roi = np.zeros((64, 64, 3), np.uint8), Roi(32, 32, 64, 0)
    assert landmarker.run(frame, roi, mask=False).mask is None
    assert (len(whole.images), len(maskless.images)) == (0, 1)
    assert landmarker.run(frame, roi).mask is not None
    assert (len(whole.images), len(maskless.images)) == (1, 1)
