from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, points_of
from tests.runtime.drivers.hands.photos import turned_palm

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.sizing import (
    LARGEST,
    LEAST,
    MOST,
    SMALLEST,
    HandSize,
    sized,
    times_larger,
)
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

WRIST = np.array([40.0, 60.0, -5.0])
LEFT = [HAND_BONES[0], *FINGER_BONES[0].ravel()]


def hand(per_metre: float, belief: float = 1.0) -> HandPose:
    return HandPose(turned_palm(), np.zeros((5, 4)), belief, per_metre=per_metre)


@pytest.fixture
def transforms() -> Array:
    moved = np.tile(np.eye(3, 4, dtype=np.float32), (len(BodyBone), 1, 1))
    moved[:, :, 3] = 7.0, -3.0, 2.0
    return moved


@pytest.fixture
def wrists() -> Vectors:
    points = np.zeros((33, 3))
    points[WRISTS[0]] = WRIST
    return points


def carried(transforms: Array, bone: int, point: Vectors) -> Vectors:
    return np.asarray(transforms[bone, :, :3] @ point + transforms[bone, :, 3])


@pytest.mark.parametrize(
    ("seen", "belief", "larger"),
    [
        (600.0, 1.0, 1.2),
        (600.0, 0.5, 1.1),
        (450.0, 1.0, 0.9),
        (2000.0, 1.0, MOST),
        (9.0, 1.0, LEAST),
    ],
)
def test_a_hand_grows_about_its_wrist(
    transforms: Array, wrists: Vectors, seen: float, belief: float, larger: float
) -> None:
    result = sized(transforms, wrists, (hand(seen, belief), None), (hand(250.0), None), 0.5)
    wrist = WRIST + transforms[0, :, 3]
    assert carried(result, HAND_BONES[0], WRIST) == pytest.approx(wrist, abs=1e-3)
    for bone in LEFT:
        tip = carried(result, bone, WRIST + (0.0, 20.0, 0.0))
        assert tip == pytest.approx(wrist + (0.0, 20.0 * larger, 0.0), abs=1e-3)
    guessed = sized(transforms, wrists, (hand(seen), None), (hand(250.0, belief), None), 0.5)
    assert guessed == pytest.approx(result)
    others = np.setdiff1d(np.arange(len(transforms)), LEFT)
    assert np.array_equal(result[others], transforms[others])


def test_unknown_hands_stay_as_large(transforms: Array, wrists: Vectors) -> None:
    for now, photo in ((hand(600.0), None), (None, hand(250.0)), (hand(0.0), hand(250.0))):
        result = sized(transforms, wrists, (now, None), (photo, None), 0.5)
        assert np.array_equal(result, transforms)


def in_photo(side: int, scale: float, deep: float = 1.0) -> HandPose:
    """A hand so large in the photo that points at the camera, if the network sees so much of its
    depth."""
    points = points_of(side) @ SHAPES[side].palm.astype(np.float32)
    points = points[:, [1, 2, 0]] * np.array([scale, scale, scale * deep], np.float32)
    none = np.zeros((2, 2), np.bool_)
    return HandPose(SHAPES[side].palm, SHAPES[side].bends, place=HandPlace(points, none, none))


def test_the_photos_own_hands_are_as_large_as_they_are_wide_or_long() -> None:
    knuckles = [100.0 * shape.joints[:, 0].astype(np.float32) for shape in SHAPES]
    shapes = SHAPES[0], SHAPES[1]
    for scale, times in (80.0, 0.8), (120.0, 1.2), (10.0, SMALLEST), (300.0, LARGEST):
        found = times_larger((in_photo(0, scale), None), shapes, knuckles)
        assert found == pytest.approx(times, rel=1e-3)
    both = times_larger((in_photo(0, 80.0), in_photo(1, 125.0)), shapes, knuckles)
    assert both == pytest.approx(1.0, rel=1e-3)
    flat = times_larger((in_photo(0, 80.0, 0.3), None), shapes, knuckles)
    assert flat == pytest.approx(0.8, rel=0.05)
    assert times_larger((hand(9.0), None), shapes, knuckles) == 1.0


def test_a_hand_has_its_own_size_beyond_the_wrist(transforms: Array) -> None:
    bone = HAND_BONES[0]
    size = HandSize.by(bone, WRIST, np.array([-0.2, 1.0]), 0.8)
    wrist = WRIST + transforms[bone, :, 3]
    moved = np.stack([wrist - (0.0, 2.0, 0.0), wrist + (0.0, 20.0, 0.0)]).astype(np.float32)
    stays, smaller = size.of(moved, transforms)
    assert stays == pytest.approx(moved[0], abs=1e-3)
    assert smaller == pytest.approx(wrist + (0.0, 16.0, 0.0), abs=1e-3)
    hidden = size.hidden(transforms[bone])
    assert hidden @ np.append(WRIST, 1.0) == pytest.approx(wrist, abs=1e-3)
    tip = hidden @ np.append(WRIST + (0.0, 20.0, 0.0), 1.0)
    assert tip == pytest.approx(wrist + (0.0, 16.0, 0.0), abs=1e-3)
    larger = HandSize.by(bone, WRIST, np.array([1.0]), 1.2)
    assert larger.hidden(transforms[bone]) == pytest.approx(transforms[bone], abs=1e-4)
