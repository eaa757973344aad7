"""The real networks on the example photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.runtime.engines.present import int8_weight_bits
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseNetworks, PoseTracker, Roi, Segmenter
from bunraku.runtime.pose.landmarks import SIZE, Landmarker
from bunraku.runtime.pose.turned import observe_upright, turn_picture
from bunraku.spec.arrays import Picture

NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP = 0, 11, 12, 23, 24


@pytest.fixture(scope="module")
def tracker(pose_networks: PoseNetworks) -> PoseTracker:
    return PoseTracker.load(pose_networks)


def test_the_person_of_the_photo_is_found(tracker: PoseTracker, photo: Picture) -> None:
    pose = tracker.observe(photo)
    assert pose is not None
    assert pose.presence > 0.9
    x, y = pose.landmarks[:, 0], pose.landmarks[:, 1]
    assert x[LEFT_SHOULDER] > x[RIGHT_SHOULDER]  # faces the camera
    assert y[NOSE] < y[[LEFT_SHOULDER, RIGHT_SHOULDER]].min()
    assert y[[LEFT_SHOULDER, RIGHT_SHOULDER]].max() < y[[LEFT_HIP, RIGHT_HIP]].min()
    assert pose.mask is not None
    middle = pose.landmarks[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP], :2].mean(0)
    assert pose.mask[int(middle[1]), int(middle[0])] > 0.9
    assert pose.mask[:4, :4].max() < 0.1


def test_landmarks_move_with_the_picture(tracker: PoseTracker, photo: Picture) -> None:
    first = tracker.observe(photo)
    shifted = np.ascontiguousarray(np.roll(photo, 24, axis=1))
    second = tracker.observe(shifted)
    assert first is not None
    assert second is not None
    assert first.roi is not None
    body = slice(LEFT_SHOULDER, RIGHT_HIP + 1)
    moved = second.landmarks[body, :2] - first.landmarks[body, :2]
    assert np.abs(np.median(moved, axis=0) - [24, 0]).max() < 0.01 * first.roi.side


def test_a_still_person_is_tracked_from_a_bad_crop(tracker: PoseTracker, photo: Picture) -> None:
    still = tracker.observe(photo)
    assert still is not None
    assert still.roi is not None
    roi = still.roi
    bad = Roi(roi.x + 0.05 * roi.side, roi.y, 1.1 * roi.side, roi.angle + 0.1)
    pose = tracker.estimate(photo, bad)
    difference = np.linalg.norm(pose.landmarks[:, :2] - still.landmarks[:, :2], axis=1)
    assert np.median(difference) < 0.02 * roi.side


def test_tracking_keeps_a_still_person_still(tracker: PoseTracker, photo: Picture) -> None:
    random = np.random.default_rng(0)
    tracker.reset()
    seen = []
    for k in range(12):
        noise = random.normal(scale=3, size=photo.shape)
        noisy = np.clip(photo + noise, 0, 255).astype(np.uint8)
        pose = tracker.track(noisy, k / 30)
        assert pose is not None
        assert pose.roi is not None
        seen.append(pose.landmarks[LEFT_SHOULDER : RIGHT_HIP + 1, :2] / pose.roi.side)
    assert np.std(seen[4:], axis=0).mean() < 0.002


def test_nobody_is_found_in_noise(tracker: PoseTracker) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (180, 240, 3), np.uint8)
    assert tracker.observe(noise) is None
    tracker.reset()
    assert tracker.track(noise, 0.0) is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_photo_is_seen_as_the_upright_one_is(
    tracker: PoseTracker, photo: Picture, degrees: int
) -> None:
    upright = tracker.observe(photo)
    found = observe_upright(turn_picture(photo, degrees), tracker.observe)
    assert upright is not None
    assert found is not None
    assert found.turned_deg == degrees
    assert np.array_equal(found.picture, photo)
    np.testing.assert_array_equal(found.pose.landmarks, upright.landmarks)


def test_who_is_too_dim_for_the_detector_is_found_by_the_landmarks(
    tracker: PoseTracker, photo: Picture
) -> None:
    dim = cv2.GaussianBlur(photo, (0, 0), 14).astype(np.uint8)
    assert not any(
        tracker.estimate(dim, d.roi, mask=False).presence > 0.5 for d in tracker.detect(dim)
    )
    upright, suspected = tracker.observe(photo), tracker.observe(dim)
    assert upright is not None
    assert suspected is not None
    assert upright.roi is not None
    apart = np.linalg.norm(suspected.landmarks[:, :2] - upright.landmarks[:, :2], axis=1)
    assert np.median(apart) < 0.05 * upright.roi.side
    tracker.reset()
    seen = [tracker.track(dim, k / 30) for k in range(8)]
    assert seen[-1] is not None


def test_the_two_masks_agree(
    tracker: PoseTracker, pose_networks: PoseNetworks, photo: Picture
) -> None:
    pose = tracker.observe(photo)
    assert pose is not None
    assert pose.mask is not None
    mask = Segmenter.load(pose_networks).segment(photo)
    both = ((mask > 0.5) & (pose.mask > 0.5)).sum() / ((mask > 0.5) | (pose.mask > 0.5)).sum()
    assert both > 0.8


def test_without_the_mask_landmarks_are_the_same_to_the_bit(
    pose_networks: PoseNetworks, photo: Picture
) -> None:
    landmarker = Landmarker.load(pose_networks, EngineFactory(threads=1))
    height, width = photo.shape[:2]
    roi = Roi(width / 2, height / 2, max(height, width), 0.1)
    whole, quick = (landmarker.run(photo, roi, mask) for mask in (True, False))
    assert np.array_equal(whole.points, quick.points)
    assert np.array_equal(whole.world, quick.world)
    assert whole.presence == quick.presence


@pytest.mark.skipif(int8_weight_bits() is None, reason="this processor has no 8-bit arithmetic")
@pytest.mark.parametrize("library", ["onnxruntime", "openvino"])
def test_in_8_bits_landmarks_stay_within_half_a_pixel_of_the_crop(
    library: str, pose_networks: PoseNetworks, photo: Picture
) -> None:
    pytest.importorskip(library)
    exact = Landmarker.load(pose_networks, EngineFactory(threads=1))
    short = Landmarker.load(pose_networks, EngineFactory(f"{library}:int8", threads=1))
    height, width = photo.shape[:2]
    random, off = np.random.default_rng(2), []
    for _ in range(12):
        side = max(height, width) * random.uniform(0.9, 1.4)
        roi = Roi(width / 2, height / 2, side, random.uniform(-0.3, 0.3))
        told, given = (network.run(photo, roi, mask=False) for network in (exact, short))
        apart = np.linalg.norm(given.points[:33, :2] - told.points[:33, :2], axis=1)
        off.append(apart[told.visibility > 0.5] * SIZE / side)
        assert abs(given.presence - told.presence) < 0.05
    most = (
        1.0 if int8_weight_bits() == 8 else 1.5
    )  # weights of 7 bits are rounded to twice the step
    assert 0 < np.concatenate(off).mean() < 0.5 * most
    assert np.percentile(np.concatenate(off), 95) < 1.5 * most
    with_mask = [network.run(photo, roi).points for network in (exact, short)]
    assert np.abs(np.subtract(*with_mask)).max() < 0.05, "a photo keeps its digits"
