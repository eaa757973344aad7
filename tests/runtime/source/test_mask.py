from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.source.akimbo import akimbo

from bunraku.runtime.source.mask import core_of, guided_filter, person_mask, shrunk
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    LANDMARKS,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_SHOULDER,
    MOUTH,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_SHOULDER,
)

UNSEEN = np.zeros((LANDMARKS, 4), np.float32)


def disc(radius: float, side: int = 256) -> Array:
    y, x = np.mgrid[0:side, 0:side] - side / 2 + 0.5
    return np.asarray(x * x + y * y < radius * radius, np.float32)


def scene(radius: float) -> Picture:
    """A light disc on dark ground, with some noise."""
    noise = np.random.default_rng(0).normal(0, 4, (256, 256, 3))
    picture = 60 + 120 * disc(radius)[..., None] + noise
    return np.clip(picture, 0, 255).astype(np.uint8)


def blurred(mask: Array, sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32)


def iou(a: Array, b: Array) -> float:
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


def test_a_coarse_outline_is_drawn_to_the_edge() -> None:
    coarse = blurred(disc(77), 3)
    found = person_mask(scene(80), coarse, None, half=False, landmarks=UNSEEN)
    assert found.dtype == np.float32
    assert iou(coarse, disc(80)) < 0.92
    assert iou(found, disc(80)) > 0.945
    assert ((found > 0.02) & (found < 0.98)).mean() < 0.04  # crisp


def test_the_segmentation_counts_near_the_outline_of_half_a_body_only() -> None:
    body = blurred(disc(80), 2)
    segmentation = disc(80)
    segmentation[:, :40] = 1.0  # a chair
    segmentation[120:136, 120:136] = 0.0  # a hole
    half = person_mask(scene(80), body, segmentation, half=True, landmarks=UNSEEN)
    assert iou(half, disc(80)) > 0.98
    whole = person_mask(scene(80), body, np.zeros_like(body), half=False, landmarks=UNSEEN)
    assert iou(whole, disc(80)) > 0.98


def test_what_the_person_closes_in_is_theirs_where_the_segmentation_is_sure() -> None:
    person, picture = disc(80), scene(80)
    y, x = np.mgrid[0:256, 0:256]
    lock = (np.hypot(x - 190, y - 128) < 20).astype(np.float32)
    body = blurred(person * (1.0 - 0.85 * lock), 2)
    found = person_mask(picture, body, person, half=True, landmarks=UNSEEN)
    assert found[118:138, 180:200].min() > 0.5
    for unsure in (0.8, 0.0):  # of a gap it is sure, too
        gap = person * (1.0 - (1.0 - unsure) * lock)
        found = person_mask(picture, body, gap, half=True, landmarks=UNSEEN)
        assert found[123:133, 185:195].max() < 0.1


def test_hair_around_the_face_is_the_persons_where_the_pose_network_has_a_trace_of_it() -> None:
    landmarks = UNSEEN.copy()
    landmarks[[LEFT_EAR, RIGHT_EAR], :2] = (0.64, 0.5), (0.36, 0.5)
    landmarks[[LEFT_EYE, RIGHT_EYE], :2] = (0.55, 0.5), (0.45, 0.5)
    landmarks[list(MOUTH), :2] = 0.5, 0.6
    y, x = np.mgrid[0:256, 0:256]
    curls, other = np.hypot(x - 188, y - 96) < 18, np.hypot(x - 188, y - 200) < 18
    beside = np.hypot(x - 40, y - 60) < 18
    segmentation = np.maximum(disc(50), curls | other | beside).astype(np.float32)
    picture = np.repeat((60 + 120 * segmentation[..., None]).astype(np.uint8), 3, -1)
    body = np.maximum(disc(50), 0.15 * segmentation)
    found = person_mask(picture, body, segmentation, half=True, landmarks=landmarks)
    assert found[90:102, 182:194].min() > 0.9
    assert found[195:205, 183:193].max() < 0.1  # below the mouth
    assert found[55:65, 35:45].max() < 0.1  # too far off
    untraced = person_mask(picture, disc(50), segmentation, half=True, landmarks=landmarks)
    assert untraced[90:102, 186:194].max() < 0.1


@pytest.mark.parametrize(("shoulders", "torn"), [(1.05, False), (0.8, True)])
def test_of_shoulders_at_the_photos_edge_the_segmentation_knows_more(
    shoulders: float, torn: bool
) -> None:
    landmarks = UNSEEN.copy()
    landmarks[list(MOUTH), 1] = 0.5
    landmarks[[LEFT_SHOULDER, RIGHT_SHOULDER], 1] = shoulders
    person = disc(60)
    person[200:] = 1.0
    body = person.copy()
    body[200:, :80] = 0.0  # a shoulder that the pose network does not see
    segmentation = person.copy()
    segmentation[60:120, 200:] = 1.0  # somebody else's head
    picture = np.repeat((60 + 120 * person[..., None]).astype(np.uint8), 3, -1)
    found = person_mask(picture, body, segmentation, half=True, landmarks=landmarks)
    assert (found[210:, 20:70].mean() < 0.2) == torn
    assert found[60:120, 210:].max() < 0.1


def test_shrinking_takes_half_a_pixel() -> None:
    mask = np.zeros((20, 20), np.float32)
    mask[5:15, 5:15] = 1.0
    less = shrunk(mask)
    assert less[5, 10] == 0.5
    assert less[6, 10] == 1.0
    assert less[4, 10] == 0.0


@pytest.mark.parametrize("n", [64, 512])
def test_the_core_leaves_out_an_outline_but_no_fingers(n: int) -> None:
    fine = n // 256 or 1
    mask = np.zeros((n, n), np.float32)
    mask[n // 2 :, : n // 2] = 1.0  # a trunk that the picture ends,
    finger = slice(n // 2 + 6, n // 2 + 6 + 4 * fine)
    mask[finger, n // 2 :] = 1.0  # and a finger
    core = core_of(mask)
    assert core[n - 1, 0] == 1.0
    assert core[3 * n // 4, n // 2 - 1] < 0.1
    assert core[3 * n // 4, n // 2 - 1 - 5 * fine] == 1.0
    assert core[finger, 3 * n // 4].min() == 1.0


def test_the_filter_keeps_constants_and_smooths_where_the_guide_is_flat() -> None:
    guide = scene(80)
    assert np.allclose(guided_filter(guide, np.full((256, 256), 0.3, np.float32), 4, 1e-4), 0.3)
    noise = np.random.default_rng(1).random((256, 256), dtype=np.float32)
    flat = np.full_like(guide, 90)
    assert guided_filter(flat, noise, 4, 1e-4).std() < 0.3 * noise.std()


def test_a_gap_beside_an_arm_is_not_the_persons() -> None:
    window, mask, landmarks, gap = akimbo()
    found = person_mask(window, mask, mask, half=True, landmarks=landmarks)
    assert found[gap].mean() < 0.05
    assert found[(mask > 0.5) & ~gap].mean() > 0.95
