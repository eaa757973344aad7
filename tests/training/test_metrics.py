from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.training.metrics import (
    PSNR_MAX,
    FrameScore,
    KeypointMatch,
    Score,
    match_keypoints,
    mean_difference,
    psnr,
    score_frame,
    ssim,
)

Picture = NDArray[np.uint8]
Array = NDArray[np.float32]


def picture(seed: int, height: int = 20, width: int = 24) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def half() -> Array:
    """The left half is the person."""
    alpha = np.zeros((20, 24), np.float32)
    alpha[:, :12] = 1.0
    return alpha


def test_equal_pictures() -> None:
    p = picture(0)
    assert mean_difference(p, p) == 0.0
    assert psnr(p, p) == PSNR_MAX
    assert ssim(p, p) == pytest.approx(1.0)


def test_a_known_difference() -> None:
    p = np.full((20, 24, 3), 100, np.uint8)
    q = np.full((20, 24, 3), 151, np.uint8)
    assert mean_difference(p, q) == pytest.approx(0.2)
    assert psnr(p, q) == pytest.approx(-10.0 * math.log10(0.04))


def test_only_the_person_counts() -> None:
    p, q = picture(0), picture(1)
    q[:, :12] = p[:, :12]
    alpha = half()
    assert mean_difference(p, q, alpha) == 0.0
    assert psnr(p, q, alpha) == PSNR_MAX
    assert mean_difference(p, q, 1.0 - alpha) == pytest.approx(2.0 * mean_difference(p, q))


def test_half_transparent_pixels_count_half() -> None:
    p, q = np.zeros((20, 24, 3), np.uint8), np.zeros((20, 24, 3), np.uint8)
    q[:, :12] = 255
    alpha = np.where(half() > 0, 0.5, 1.0).astype(np.float32)
    assert mean_difference(p, q, alpha) == pytest.approx(1.0 / 3.0)


def naive_ssim(p: Picture, q: Picture) -> NDArray[np.float64]:
    """The definition, a window at a time: [h - 10, w - 10]."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    a, b = p / 255.0, q / 255.0
    height, width = p.shape[:2]
    result = np.zeros((height - 10, width - 10))
    for y in range(height - 10):
        for x in range(width - 10):
            total = 0.0
            for c in range(3):
                one, two = a[y : y + 11, x : x + 11, c], b[y : y + 11, x : x + 11, c]
                m1, m2 = (window * one).sum(), (window * two).sum()
                v1 = (window * (one - m1) ** 2).sum()
                v2 = (window * (two - m2) ** 2).sum()
                both = (window * (one - m1) * (two - m2)).sum()
                total += ((2 * m1 * m2 + 1e-4) * (2 * both + 9e-4)) / (
                    (m1**2 + m2**2 + 1e-4) * (v1 + v2 + 9e-4)
                )
            result[y, x] = total / 3
    return result


@pytest.mark.parametrize("seed", [1, 2])
def test_ssim_is_the_definition(seed: int) -> None:
    p = picture(0)
    q = np.clip(p + 0.3 * (picture(seed).astype(np.float64) - 128), 0, 255).astype(np.uint8)
    naive = naive_ssim(p, q)
    assert ssim(p, q) == pytest.approx(naive.mean(), abs=1e-9)


def landmarks(visible: int = 33) -> Array:
    points = np.zeros((33, 4), np.float32)
    points[:, 0], points[:, 1] = np.arange(33) * 7, 100.0
    points[:visible, 3] = 0.9
    return points


def test_keypoints_that_both_show() -> None:
    true, moved = landmarks(), landmarks()
    moved[:, 0] += 3.0
    moved[:, 1] -= 4.0
    match = match_keypoints(true, moved, (256, 256))
    assert (match.matched, match.expected) == (33, 33)
    assert match.akd == pytest.approx(5.0)
    assert match.mkr == 0.0


def test_missing_keypoints() -> None:
    match = match_keypoints(landmarks(20), landmarks(15), (256, 256))
    assert (match.matched, match.expected) == (15, 20)
    assert match.mkr == pytest.approx(0.25)
    # What only the generated frame shows is no fault.
    assert match_keypoints(landmarks(15), landmarks(20), (256, 256)).expected == 15


def test_keypoints_outside_of_the_picture_are_not_expected() -> None:
    assert match_keypoints(landmarks(), landmarks(), (256, 70)).expected == 10
    assert match_keypoints(landmarks(), landmarks(), (100, 256)).expected == 0


def test_nobody() -> None:
    size = (256, 256)
    lost = match_keypoints(landmarks(), None, size)
    assert (lost.matched, lost.expected, lost.akd, lost.mkr) == (0, 33, None, 1.0)
    nothing = match_keypoints(None, landmarks(), size)
    assert (nothing.expected, nothing.akd, nothing.mkr) == (0, None, None)


def test_frame_without_a_person() -> None:
    for alpha in (None, np.zeros((20, 24), np.float32)):
        frame = score_frame(picture(0), picture(1), alpha)
        assert frame.person_l1 is None
        assert frame.person_psnr is None
        assert frame.psnr == psnr(picture(0), picture(1))
        assert frame.l1 > 0.0


def test_means_of_many_frames() -> None:
    frames = [
        FrameScore(0.1, 0.9, 0.2, 20.0, KeypointMatch(30.0, 3, 4), 16.0),
        FrameScore(0.3, 0.7, None, None, KeypointMatch(10.0, 1, 1), 21.0),
        FrameScore(0.2, 0.8, 0.4, 10.0, None),
    ]
    score = Score.of(frames)
    assert score.frames == 3
    assert score.l1 == pytest.approx(0.2)
    assert score.ssim == pytest.approx(0.8)
    assert score.person_l1 == pytest.approx(0.3)
    assert score.person_psnr == pytest.approx(15.0)
    assert score.psnr == pytest.approx(18.5)
    # Every keypoint counts alike, not every frame.
    assert score.akd == pytest.approx(10.0)
    assert score.mkr == pytest.approx(0.2)


def test_no_frames_no_score() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        Score.of([])
