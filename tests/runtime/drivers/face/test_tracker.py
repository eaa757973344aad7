from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import made, pose_of
from tests.runtime.drivers.face.networks import SquareFinder, square

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import FaceLandmarker, head_roi
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.spec.arrays import Array


def points_of(x: float, y: float, side: float) -> Array:
    """A face whose eyes are as far apart as the square is wide, its middle on the square's."""
    return made(middle=(x, y), unit_px=side).points


@pytest.fixture
def engine() -> SquareFinder:
    return SquareFinder(points_of)


@pytest.fixture
def finder(engine: SquareFinder) -> FaceFinder:
    return FaceFinder(FaceLandmarker(engine))


def test_points_are_in_pixels_of_the_picture(finder: FaceFinder) -> None:
    expected = made(middle=(150.0, 110.0), unit_px=41.0)
    face = finder.find(square(150, 110, 40), pose_of(expected))
    assert face is not None
    assert face.points.shape == (mesh.POINTS, 3)
    assert face.points.dtype == np.float32
    assert face.presence > 0.99
    assert np.abs(face.points[:, :2] - expected.points[:, :2]).max() < 1.5
    assert np.abs(face.points[:468, 2] - expected.points[:468, 2]).max() < 1.0


def test_a_leaning_head_is_seen_upright(finder: FaceFinder) -> None:
    leaning = made(middle=(150.0, 110.0), unit_px=41.0, roll_deg=30.0)
    roi = head_roi(pose_of(leaning))
    assert roi is not None
    assert np.degrees(roi.angle) == pytest.approx(30.0, abs=1.0)
    assert np.degrees(leaning.roi.angle) == pytest.approx(30.0, abs=1.0)
    inside = leaning.roi.points_from_frame(leaning.points[:468, :2].astype(np.float64))
    assert inside.min() > 0.1
    assert inside.max() < 0.9


def test_a_still_is_looked_at_until_the_crop_fits(engine: SquareFinder, finder: FaceFinder) -> None:
    expected = made(middle=(150.0, 110.0), unit_px=41.0)
    finder.find(square(150, 110, 40), pose_of(expected))
    assert engine.runs == 3


def test_no_face_is_none(finder: FaceFinder) -> None:
    pose = pose_of(made(middle=(150.0, 110.0), unit_px=41.0))
    assert finder.find(np.full((240, 320, 3), 20, np.uint8), pose) is None
    assert finder.find(square(150, 110, 40), np.zeros((33, 4), np.float32)) is None
    tiny = pose_of(made(middle=(150.0, 110.0), unit_px=2.0))
    assert finder.find(square(150, 110, 40), tiny) is None


def test_what_is_hardly_a_face_is_not_sure(engine: SquareFinder, finder: FaceFinder) -> None:
    picture, pose = square(150, 110, 40), pose_of(made(middle=(150.0, 110.0), unit_px=41.0))
    assert finder.is_sure(picture, pose)
    assert not finder.is_sure(np.full((240, 320, 3), 20, np.uint8), pose)
    engine.logit = 1.0
    assert finder.find(picture, pose) is not None
    assert not finder.is_sure(picture, pose)


def test_a_face_is_followed_with_one_look_a_frame(engine: SquareFinder, finder: FaceFinder) -> None:
    tracker = finder.follower()
    pose = pose_of(made(middle=(150.0, 110.0), unit_px=41.0))
    for step in range(5):
        face = tracker.track(square(150 + 3 * step, 110, 40), pose)
        assert face is not None
        assert face.points[list(mesh.RIGHT_IRIS), 0].mean() < 150 + 3 * step
    assert engine.runs == 5


def test_points_that_stray_from_the_head_are_let_go(
    engine: SquareFinder, finder: FaceFinder
) -> None:
    tracker = finder.follower()
    assert tracker.track(square(60, 110, 40), pose_of(made(middle=(60.0, 110.0), unit_px=41.0)))
    far = made(middle=(250.0, 110.0), unit_px=41.0)
    face = tracker.track(square(250, 110, 40), pose_of(far))
    assert face is not None
    assert np.abs(face.points[:, :2] - far.points[:, :2]).max() < 2.0
    assert engine.runs == 2


def test_a_face_that_is_hidden_comes_back(engine: SquareFinder, finder: FaceFinder) -> None:
    tracker = finder.follower()
    pose = pose_of(made(middle=(150.0, 110.0), unit_px=41.0))
    assert tracker.track(square(150, 110, 40), pose) is not None
    assert tracker.track(np.zeros((240, 320, 3), np.uint8), pose) is None
    assert tracker.track(square(150, 110, 40), pose) is not None
