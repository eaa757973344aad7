from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.smoothing import Smoother, mix_masks, relative_matrix
from bunraku.spec.landmarks import LANDMARKS

STEP_S = 1 / 30
ROI = Roi(100, 100, 256, 0)


def landmarks(points: np.ndarray, mask: np.ndarray | None = None, roi: Roi = ROI) -> Landmarks:
    return Landmarks(points, np.full(LANDMARKS, 0.8), np.zeros((LANDMARKS, 3)), 0.9, mask, roi)


def test_a_standing_person_trembles_less_in_all_that_is_given() -> None:
    random = np.random.default_rng(0)
    smoother = Smoother()
    raw = random.normal(scale=0.4, size=(120, 39, 3)) + 100
    out = [smoother(landmarks(p), k * STEP_S) for k, p in enumerate(raw)]
    points = np.stack([o.points for o in out])[30:]
    assert points[:, :LANDMARKS].std(0).mean() < 0.2
    assert points[:, LANDMARKS:].std(0).mean() < 0.1  # the crop stands even stiller
    assert out[-1].presence == 0.9
    assert out[-1].mask is None
    assert out[-1].roi is ROI


def test_forgets_at_reset() -> None:
    smoother = Smoother()
    mask = np.full((256, 256), 0.5, np.float32)
    smoother(landmarks(np.zeros((39, 3)), mask), 0.0)
    smoother.reset()
    out = smoother(landmarks(np.ones((39, 3)), mask * 0), STEP_S)
    np.testing.assert_array_equal(out.points, np.ones((39, 3)))
    assert out.mask is not None
    assert out.mask.max() == 0


def test_sure_pixels_change_at_once_and_unsure_ones_slowly() -> None:
    new = np.array([0.0, 0.5, 1.0], np.float32)
    before = np.array([1.0, 1.0, 0.0], np.float32)
    np.testing.assert_allclose(mix_masks(new, before, 0.7), [0, 0.85, 1], atol=0.02)
    np.testing.assert_array_equal(mix_masks(new, before, 0.0), new)


def test_mixing_stays_between_the_two() -> None:
    steps = np.linspace(0, 1, 101, dtype=np.float32)
    new, before = np.meshgrid(steps, steps)
    out = mix_masks(new, before, 0.7)
    assert np.all(out >= np.minimum(new, before) - 1e-6)
    assert np.all(out <= np.maximum(new, before) + 1e-6)


def test_the_old_mask_is_moved_to_where_the_person_was() -> None:
    """A person that stands still under a crop that moves: the unsure edge must not smear."""
    smoother = Smoother()
    still = np.zeros((39, 3))
    _y, x = np.mgrid[:256, :256]
    soft = np.clip((x - 100) / 40, 0, 1).astype(np.float32)
    smoother(landmarks(still, soft), 0.0)
    moved = np.clip((x - 80) / 40, 0, 1).astype(np.float32)  # the same edge seen from 20 px on
    out = smoother(landmarks(still, moved, Roi(120, 100, 256, 0)), STEP_S)
    assert out.mask is not None
    np.testing.assert_allclose(out.mask[:, :230], moved[:, :230], atol=1e-4)


@pytest.mark.parametrize("time_s", [-1.0, 5.0])
def test_an_old_mask_is_forgotten_after_a_gap(time_s: float) -> None:
    smoother = Smoother()
    half, still = np.full((256, 256), 0.5, np.float32), np.zeros((39, 3))
    smoother(landmarks(still, half * 2), 0.0)
    out = smoother(landmarks(still, half), time_s)
    assert out.mask is not None
    np.testing.assert_array_equal(out.mask, half)


def test_relative_matrix_goes_through_the_frame() -> None:
    before, now = Roi(10, 20, 100, 0.3), Roi(15, 18, 130, -0.2)
    pixel = np.array([40.0, 70.0])
    frame = now.pixel_matrix(256)[:, :2] @ pixel + now.pixel_matrix(256)[:, 2]
    expected = before.points_from_frame(frame[None])[0] * 256 - 0.5
    matrix = relative_matrix(before, now, 256)
    np.testing.assert_allclose(matrix[:, :2] @ pixel + matrix[:, 2], expected, atol=1e-9)
