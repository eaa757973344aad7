from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.test_slipping import SIDE, cloth, pose_of

from bunraku.runtime.drivers.body.face_points import FACE, face_middle
from bunraku.runtime.drivers.body.head_size import SIZES, HeadSize, sized_head
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.looking import Looked
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_SHOULDER

WHOLE = Window.of_box(0, 0, SIDE)


def middle() -> Vectors:
    """(x, y) of the face."""
    return face_middle(pose_of().landmarks[FACE, :2])


def about(size: float, tilt_deg: float = 0.0) -> Array:
    """``[2, 3]``: larger and tilted about the face."""
    x, y = map(float, middle())
    return np.asarray(cv2.getRotationMatrix2D((x, y), tilt_deg, size))


def seen(size: float, tilt_deg: float = 0.0, light: int = 0) -> Picture:
    """The driver of the calibration with a head that is larger and tilted."""
    warped = cv2.warpAffine(
        cloth() // 2 + 60, about(size, tilt_deg), (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped + np.uint8(light), np.uint8)


def located(frame: Picture, pose: Pose, *, calibrated: bool = False) -> Located:
    looked = Looked.at(frame, WHOLE)
    return Located(pose.landmarks, pose.landmarks, None, pose, looked, calibrated)


def learnt() -> HeadSize:
    size = HeadSize()
    assert size.follow(located(seen(1.0), pose_of(mask=True), calibrated=True), 0.0) == 1.0
    return size


def found(frame: Picture, pose: Pose | None = None) -> float:
    """What is seen of a frame a while after the calibration."""
    return learnt().follow(located(frame, pose or pose_of()), 5.0)


@pytest.mark.parametrize("size", [0.88, 1.0, 1.12])
def test_a_head_is_as_large_as_it_is_seen(size: float) -> None:
    assert found(seen(size)) == pytest.approx(size, abs=0.02)


def test_landmarks_that_have_grown_with_the_head_are_left_alone() -> None:
    pose = pose_of()
    landmarks, world = sized_head(pose.landmarks, 1.12), pose.world.copy()
    world[FACE] *= 1.12
    assert found(seen(1.12), replace(pose, landmarks=landmarks, world=world)) == pytest.approx(
        1.0, abs=0.03
    )


def test_a_head_may_be_tilted() -> None:
    pose, turn = pose_of(), about(1.0, 12.0)
    landmarks, world = pose.landmarks.copy(), pose.world.copy()
    landmarks[FACE, :2] = landmarks[FACE, :2] @ turn[:, :2].T + turn[:, 2]
    tilted = replace(pose, landmarks=landmarks, world=world)
    assert found(seen(1.1, 12.0), tilted) == pytest.approx(1.1, abs=0.02)


def test_light_does_not_enlarge() -> None:
    assert found(seen(1.08, light=12)) == pytest.approx(1.08, abs=0.02)


def test_who_looks_otherwise_keeps_the_size_of_the_landmarks() -> None:
    assert found(cloth(7)) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("across", [(1.0, 0.0), (0.0, 1.0)])
def test_what_grows_in_one_way_alone_has_turned(across: tuple[float, float]) -> None:
    grow = np.diag(1.0 + 0.14 * np.array(across))
    x = middle() - grow @ middle()
    still = seen(1.0)
    turned = cv2.warpAffine(still, np.column_stack([grow, x]), (SIDE, SIDE), borderMode=2)
    assert found(np.asarray(turned, np.uint8)) == pytest.approx(1.0, abs=0.01)


def test_no_head_is_far_from_its_landmarks() -> None:
    assert found(seen(1.6)) <= SIZES[1] * 1.001


def test_a_head_beyond_the_frame_keeps_the_size_of_the_landmarks() -> None:
    landmarks = pose_of().landmarks.copy()
    landmarks[:, 1] -= 200.0
    assert found(seen(1.1), replace(pose_of(), landmarks=landmarks)) == 1.0


def test_what_is_seen_comes_in_softly() -> None:
    size = learnt()
    first, then = (size.follow(located(seen(1.12), pose_of()), t) for t in (0.03, 2.0))
    assert 1.01 < first < 1.06 < then


def test_nothing_is_known_before_a_calibration_and_after_a_reset() -> None:
    size = learnt()
    size.reset()
    for one in (size, HeadSize()):
        assert one.follow(located(seen(1.1), pose_of()), 1.0) == 1.0
    nothing = replace(located(seen(1.1), pose_of()), looked=None)
    assert learnt().follow(nothing, 1.0) == 1.0


def test_a_larger_head_keeps_its_face_where_it_is() -> None:
    landmarks = pose_of().landmarks
    larger = sized_head(landmarks, 1.1)
    faces = larger[FACE, :3], landmarks[FACE, :3]
    middles = face_middle(faces[0]), face_middle(faces[1])
    assert np.allclose(middles[0], middles[1], atol=1e-3)
    spreads = [np.linalg.norm(face - at) for face, at in zip(faces, middles, strict=True)]
    assert spreads[0] / spreads[1] == pytest.approx(1.1, abs=1e-4)
    assert np.array_equal(larger[LEFT_SHOULDER:], landmarks[LEFT_SHOULDER:])
