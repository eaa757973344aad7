"""Who else is in a made-up picture: heads in places, of which the networks are sure or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from bunraku.runtime.pose.detector import MOST_PROPOSED, SURE_SCORE, Detection, Detector
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks, Pose, pose_of
from bunraku.runtime.pose.others import tell_apart
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_EAR, LEFT_HIP, RIGHT_EAR, RIGHT_HIP

PICTURE: Picture = np.tile(np.array([[[250, 0, 0]], [[0, 0, 0]]], np.uint8), (150, 600, 1))
RADIUS = 100.0
HEAD_Y, HIPS_Y = 60.0, 140.0


def landmarks(x: float, roi: Roi, presence: float, mask: bool) -> Landmarks:
    points = np.zeros((39, 3))
    points[:, :2] = x, HEAD_Y
    points[[LEFT_EAR, RIGHT_EAR], 0] = x + 12, x - 12
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
    hidden: dict[float, float] = field(default_factory=dict)
    """whom the detector sees only when who stands at another place is painted over"""
    drawn_to: dict[float, float] = field(default_factory=dict)
    """who is taken for another as long as the picture shows that one's trunk"""
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
            if x not in self.hidden or not shows(frame, self.hidden[x])
        ]

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        self.looks += 1
        other = self.drawn_to.get(roi.x)
        x = self.at.get(roi.x, roi.x) if other is None or not shows(frame, other) else other
        return landmarks(x, roi, self.presence, mask)


def shows(picture: Picture, x: float) -> bool:
    """Whether the picture has its stripes where somebody's trunk is."""
    return bool(np.ptp(picture[int(HEAD_Y) + 40 : int(HIPS_Y) - 10, int(x), 0]) > 0)


def person(x: float) -> Pose:
    return pose_of(landmarks(x, Roi(x, HIPS_Y, 250, 0), 0.9, True), PICTURE)


def found(crowd: Crowd, face: bool | None = None) -> list[float]:
    def shows_face(picture: Picture, pose: Array) -> bool:
        assert pose.shape == (LANDMARKS, 3)
        return bool(face)

    witness = None if face is None else shows_face
    others = tell_apart(PICTURE, person(100), crowd, crowd, witness).others
    assert all(pose.mask is not None for pose in others)
    return [float(pose.landmarks[0, 0]) for pose in others]


def test_who_is_alone_is_not_looked_at_again() -> None:
    crowd = Crowd([(100, 0.9), (105, 0.2)])
    assert found(crowd) == []
    assert crowd.looks == 0


def test_the_others_are_looked_at_twice_each() -> None:
    crowd = Crowd([(100, 0.9), (250, 0.9), (400, 0.8)])
    assert found(crowd) == [250, 400]
    assert crowd.looks == 4 + 1  # and the person, without them


def test_who_stands_close_is_found_without_those_who_are_known() -> None:
    crowd = Crowd([(140, 0.9), (250, 0.9), (290, 0.8)])
    crowd.drawn_to = {140: 100, 290: 250}
    crowd.hidden = {140: 100}
    assert sorted(found(crowd, face=True)) == [140, 250, 290]
    assert (PICTURE[0::2, :, 0] == 250).all()  # the picture itself stays


def test_the_persons_mask_is_what_it_is_without_the_others() -> None:
    class Going(Crowd):
        """The mask goes over to whoever stands at 140."""

        def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
            seen = super().run(frame, roi, mask)
            if seen.mask is not None and not shows(frame, 140):
                seen.mask[:, 140:] = 0.0
            return seen

    crowd = Going([(100, 0.9), (140, 0.9)])
    alone, others = tell_apart(PICTURE, person(100), crowd, crowd, lambda picture, pose: True)
    assert [pose.landmarks[0, 0] for pose in others] == [140]
    before = person(100).mask
    assert before is not None
    assert alone.mask is not None
    assert (alone.mask <= before).all()
    assert alone.mask.sum() < 0.9 * before.sum()


def test_a_person_who_is_hardly_seen_without_the_others_keeps_the_mask() -> None:
    crowd = Crowd([(140, 0.9)], presence=0.7)
    mine = person(100)
    alone, others = tell_apart(PICTURE, mine, crowd, crowd, lambda picture, pose: True)
    assert others
    assert alone is mine


def test_a_head_that_is_painted_over_is_nobodys() -> None:
    """The network sees a body in what is left of the person."""
    assert found(Crowd([(150, 0.9)], at={150: 85}), face=True) == []


def test_a_head_that_its_own_mask_leaves_out_is_nobodys() -> None:
    """A ball in the person's hand is a head, the person's legs are its body."""

    class Headless(Crowd):
        def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
            seen = super().run(frame, roi, mask)
            if seen.mask is not None:
                seen.mask[:] = 0.0
            return seen

    assert found(Headless([(250, 0.9)]), face=True) == []
    assert found(Crowd([(250, 0.9)]), face=True) == [250]


@pytest.mark.parametrize(("face", "seen"), [(True, [140.0]), (False, []), (None, [])])
def test_a_head_in_the_persons_mask_needs_a_face(face: bool | None, seen: list[float]) -> None:
    assert found(Crowd([(140, 0.9)]), face) == seen
    assert found(Crowd([(140, SURE_SCORE - 0.1)]), face) == []


@pytest.mark.parametrize(("presence", "seen"), [(0.9, []), (0.99, [130.0])])
def test_whose_mask_the_person_has_is_a_piece_of_the_person_unless_clearly_seen(
    presence: float, seen: list[float]
) -> None:
    """A collar held up beside the face is a head; a child in the arms is one."""
    assert found(Crowd([(130, 0.9)], presence=presence), face=True) == seen


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
