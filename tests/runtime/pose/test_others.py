"""Who else is in a made-up picture: heads in places, of which the networks are sure or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from bunraku.runtime.pose.detector import MOST_PROPOSED, SURE_SCORE, Detection, Detector
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks, Pose, pose_of
from bunraku.runtime.pose.others import find_others
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_HIP, RIGHT_HIP

PICTURE: Picture = np.zeros((300, 600, 3), np.uint8)
RADIUS = 100.0
HEAD_Y, HIPS_Y = 60.0, 140.0


def landmarks(x: float, roi: Roi, presence: float, mask: bool) -> Landmarks:
    points = np.zeros((39, 3))
    points[:, :2] = x, HEAD_Y
    points[11:, 1] = HEAD_Y + 30
    points[[LEFT_HIP, RIGHT_HIP], 1] = HIPS_Y
    points[33:35, :2] = (x, HIPS_Y), (x, HIPS_Y - RADIUS)
    out = np.ones((256, 256), np.float32) if mask else None
    return Landmarks(points, np.ones(LANDMARKS), np.zeros((LANDMARKS, 3)), presence, out, roi)


@dataclass
class Crowd(Detector, Landmarker):
    """People at x, with the detector's score; ``at`` is where the landmarks see them."""

    people: list[tuple[float, float]]
    at: dict[float, float] = field(default_factory=dict)
    presence: float = 0.9
    looks: int = 0

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        return [
            Detection(
                score,
                np.array([x - 9, HEAD_Y - 9, x + 9, HEAD_Y + 9], np.float32),
                np.array([[x, HIPS_Y], [x, HIPS_Y - RADIUS], [x, 90], [x, 30]], np.float32),
            )
            for x, score in self.people
        ]

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        self.looks += 1
        return landmarks(self.at.get(roi.x, roi.x), roi, self.presence, mask)


def person(x: float) -> Pose:
    return pose_of(landmarks(x, Roi(x, HIPS_Y, 250, 0), 0.9, True), PICTURE)


def found(crowd: Crowd, face: bool | None = None) -> list[float]:
    def shows_face(picture: Picture, pose: Array) -> bool:
        assert pose.shape == (LANDMARKS, 3)
        return bool(face)

    others = find_others(PICTURE, person(100), crowd, crowd, None if face is None else shows_face)
    assert all(pose.mask is not None for pose in others)
    return [float(pose.landmarks[0, 0]) for pose in others]


def test_who_is_alone_is_not_looked_at_again() -> None:
    crowd = Crowd([(100, 0.9), (105, 0.2)])
    assert found(crowd) == []
    assert crowd.looks == 0


def test_the_others_are_looked_at_twice_each() -> None:
    crowd = Crowd([(100, 0.9), (250, 0.9), (400, 0.8)])
    assert found(crowd) == [250, 400]
    assert crowd.looks == 4


def test_nobody_is_told_twice() -> None:
    assert found(Crowd([(250, 0.9), (280, 0.8)], at={280: 252})) == [250]
    assert found(Crowd([(250, 0.9)], at={250: 104})) == []  # the person, after all


@pytest.mark.parametrize(("face", "seen"), [(True, [250.0]), (False, []), (None, [])])
def test_who_is_merely_suspected_needs_a_face(face: bool | None, seen: list[float]) -> None:
    assert found(Crowd([(250, SURE_SCORE - 0.1)]), face) == seen


def test_what_the_landmarks_do_not_see_is_nobody() -> None:
    crowd = Crowd([(250, 0.9)], presence=0.3)
    assert found(crowd) == []
    assert crowd.looks == 1
