"""Drivers who come close, leave, come back, turn round at once, and change places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.people import REST, SCALE, standing

from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.keeping import EASE_S, Keeper, Kept, lean_since
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import MIRRORED

RIG = Rig(REST)
PHOTO = RIG.stance(standing(), SCALE)
SURE = np.ones(33, np.float32)
OWN = standing()[[11, 12], :2].mean(0)
TRUNK = 0.45 * SCALE
ROOM = Bounds((20.0, 20.0), (236.0, 236.0))
CUT = Bounds((20.0, float(OWN[1]) - 10.0), (236.0, 236.0), (0.85, 1.8), np.pi / 3)
STEP_S = 0.04


def follow(*frames: Array | None, bounds: Bounds = ROOM, step_s: float = STEP_S) -> list[Kept]:
    """What is kept of frames; None is one without a person."""
    keeper, result = Keeper(), []
    for number, frame in enumerate(frames):
        if frame is None:
            keeper.lost(number * step_s)
        else:
            result.append(keeper.keep(frame, SURE, PHOTO, bounds, number * step_s))
    return result


def shoulders(kept: Kept) -> Array:
    return np.asarray(kept.landmarks[[11, 12], :2].mean(0), np.float32)


def scaled(landmarks: Array, factor: float) -> Array:
    result = landmarks.copy()
    result[:, :3] *= factor
    result[:, :2] += OWN - result[[11, 12], :2].mean(0)
    return result


def test_a_bowed_head_stays_in_the_photo() -> None:
    driver = standing()
    driver[:, 0] += 30.0 - driver[11:13, 0].mean()  # near the left edge
    driver[:11, 0] -= 60.0
    far, (low, high) = driver[:11, :2].mean(0), (12.0, 244.0)
    assert far[0] < 0.0
    bounds = replace(ROOM, head_low=(low, low), head_high=(high, np.inf))
    for mirrored in (False, True):
        frame = driver.copy()
        if mirrored:
            frame[:, 0] = 255.0 - frame[:, 0]
        (kept,) = follow(frame, bounds=bounds)
        face = kept.landmarks[:11, :2].mean(0)
        face += (kept.scale - 1.0) * (face - np.array(kept.about))
        assert face[0] == pytest.approx(high - 1.0 if mirrored else low, abs=1.1)
        bent = kept.landmarks[:11, :2].mean(0) - shoulders(kept)
        assert bent[0] == pytest.approx(60.0 if mirrored else -60.0, rel=0.3)


def test_a_driver_within_bounds_is_left_alone() -> None:
    for landmarks in (standing(), standing(middle=150.0, hips=130.0), scaled(standing(), 1.2)):
        (kept,) = follow(landmarks)
        assert kept.scale == 1.0
        assert np.allclose(kept.landmarks, landmarks, atol=1e-3)
        still = np.repeat(np.eye(4, dtype=np.float32)[None, :3], 3, 0)
        assert kept.scaled(still) is still


@pytest.mark.parametrize(
    ("comes", "bones", "whole"),
    [(1.5, 1.25, 1.2), (3.6, 1.25, 1.44), (0.6, 0.8, 0.75), (0.1, 0.8, 0.625)],
)
def test_who_comes_close_is_a_larger_person_not_one_of_long_limbs(
    comes: float, bones: float, whole: float
) -> None:
    (kept,) = follow(scaled(standing(), comes))
    arm = kept.landmarks[13, :3] - kept.landmarks[11, :3]
    assert np.linalg.norm(arm) == pytest.approx(
        bones * np.linalg.norm(standing()[13, :3] - standing()[11, :3]), rel=1e-3
    )
    assert kept.scale == pytest.approx(whole, rel=1e-3)
    still = np.repeat(np.eye(4, dtype=np.float32)[None, :3], 2, 0)
    grown = kept.scaled(still)
    assert np.allclose(grown[0, :, :3], whole * np.eye(3), atol=1e-3)
    assert np.allclose(grown[0, :2] @ [*OWN, 0.0, 1.0], OWN, atol=1e-2)


def test_the_size_follows_slowly() -> None:
    keeper = Keeper()
    keeper.keep(standing(), SURE, PHOTO, ROOM, 0.0)
    sizes = [
        keeper.keep(scaled(standing(), 1.8), SURE, PHOTO, ROOM, 0.04 * k).scale
        for k in range(1, 40)
    ]
    assert sizes[0] == 1.0
    assert np.diff(sizes).min() >= 0.0
    assert np.diff(sizes).max() < 0.15
    assert sizes[-1] == pytest.approx(1.44, rel=0.02)


def test_a_driver_who_walks_aside_stays_in_the_photo() -> None:
    frames = [standing(middle=128.0 + 12.0 * k) for k in range(20)]
    kept = follow(*frames)
    assert np.allclose(shoulders(kept[4]), shoulders(follow(frames[4])[0]), atol=1e-3)
    assert shoulders(kept[-1])[0] == pytest.approx(236.0)
    assert np.abs(np.diff([shoulders(k)[0] for k in kept])).max() < 13.0


def test_who_is_cut_by_the_photos_edge_neither_rises_nor_shrinks_nor_hangs_upside_down() -> None:
    (kept,) = follow(standing(hips=60.0), bounds=CUT)
    assert shoulders(kept)[1] == pytest.approx(OWN[1] - 10.0)
    (kept,) = follow(scaled(standing(), 0.5), bounds=CUT)
    width = np.linalg.norm(kept.landmarks[11, :3] - kept.landmarks[12, :3])
    assert width * kept.scale == pytest.approx(0.85 * 0.36 * SCALE, rel=1e-3)
    hanging = standing()
    hanging[:, :2] = 2.0 * OWN - hanging[:, :2]
    hanging[0, 0] += 1.0
    (kept,) = follow(hanging, bounds=CUT)
    points = kept.landmarks[:, :3].astype(np.float64)
    assert abs(lean_since(PHOTO.points, points)) == pytest.approx(np.pi / 3, rel=1e-2)
    (free,) = follow(hanging)
    assert np.allclose(free.landmarks, hanging, atol=1e-3)


def test_who_comes_back_elsewhere_gets_there_in_one_movement() -> None:
    there = standing(middle=200.0)
    kept = follow(standing(), None, None, None, *[there] * 20)
    ways = np.array([shoulders(k)[0] for k in kept])
    assert np.diff(ways).min() >= -1e-3
    assert np.diff(ways).max() < 20.0  # of 72 pixels
    arrived = int(np.ceil(EASE_S / STEP_S)) + 1
    assert np.allclose(ways[arrived:], shoulders(follow(there)[0])[0], atol=1e-3)


def test_who_comes_back_larger_grows_in_that_movement() -> None:
    near = scaled(standing(), 1.7)
    steps = round(EASE_S / STEP_S) + 1
    kept = follow(standing(), None, *[near] * steps)
    sizes = [k.size * k.scale for k in kept]
    assert sizes[-1] == pytest.approx(1.7, rel=0.01)
    assert np.diff(sizes).max() < 0.2
    assert (np.diff(sizes) >= 0.0).all()


def test_a_jump_is_eased_and_what_is_fast_is_not() -> None:
    jump = follow(standing(), *[standing(middle=200.0)] * 3)
    assert 128.0 < shoulders(jump[1])[0] < 150.0
    fast = [standing(middle=128.0 + 0.25 * TRUNK * k) for k in range(5)]
    for kept, frame in zip(follow(*fast), fast, strict=True):
        assert np.allclose(kept.landmarks, frame, atol=1e-3)


def test_frames_far_apart_are_stills() -> None:
    kept = follow(standing(), standing(middle=200.0), step_s=1.0)
    assert np.allclose(kept[1].landmarks, standing(middle=200.0), atol=1e-3)


def swapped(landmarks: Array) -> Array:
    return landmarks[list(MIRRORED)]


def test_left_and_right_changed_for_a_frame_are_not_believed() -> None:
    facing, back = standing(), swapped(standing())
    kept = follow(facing, back, back, facing)
    assert all(np.allclose(k.landmarks, facing, atol=1e-3) for k in kept)


def test_who_turned_round_is_turned_at_once_and_never_folded() -> None:
    facing, back = standing(), swapped(standing())
    kept = follow(facing, *[back] * 8)
    widths = [k.landmarks[11, 0] - k.landmarks[12, 0] for k in kept]
    assert np.abs(widths).min() == pytest.approx(np.abs(widths).max(), rel=1e-3)
    assert widths[-1] == pytest.approx(-widths[0], rel=1e-3)
    assert np.count_nonzero(np.diff(np.sign(widths))) == 1


def test_two_drivers_who_cross_are_one_person_who_goes_over() -> None:
    """The tracker takes the other for the first: places jump, and the person walks there."""
    first = [standing(middle=100.0 + 3.0 * k) for k in range(8)]
    second = [standing(middle=200.0 - 3.0 * k) for k in range(12)]
    ways = [shoulders(k)[0] for k in follow(*first, *second)]
    assert np.abs(np.diff(ways)).max() < 22.0
    assert ways[-1] == pytest.approx(shoulders(follow(second[-1])[0])[0], abs=1e-2)


def test_another_photo_and_a_reset_begin_anew() -> None:
    keeper, other = Keeper(), RIG.stance(standing(middle=60.0), SCALE)
    keeper.keep(standing(), SURE, PHOTO, ROOM, 0.0)
    there = standing(middle=210.0)
    assert np.allclose(keeper.keep(there, SURE, other, ROOM, 0.04).landmarks, there, atol=1e-3)
    keeper.reset()
    assert np.allclose(
        keeper.keep(standing(), SURE, other, ROOM, 0.08).landmarks, standing(), atol=1e-3
    )
    assert np.allclose(keeper.keep(there, SURE, other, ROOM, 0.0).landmarks, there, atol=1e-3)


def test_landmarks_in_one_place_are_survived() -> None:
    heap = np.full((33, 4), 128.0, np.float32)
    for kept in follow(standing(), heap, standing()):
        assert np.isfinite(kept.landmarks).all()
        assert np.isfinite(kept.scale)
