from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.photos import turned_palm

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.sizing import LEAST, MOST, sized
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
