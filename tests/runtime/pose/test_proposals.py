"""Looks and judgement in made-up pictures: a person is a white square, and seen or not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from bunraku.runtime.pose.detector import MOST_PROPOSED, Detection, Detector
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.proposals import (
    LOOKS,
    MAX_SPREAD,
    MAX_SPREAD_FACED,
    MIN_PRESENCE,
    WORK_SIDE_PX,
    Look,
    judge,
    propose,
)
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS

RADIUS = 20.0


def scene(x: int, y: int, shape: tuple[int, int] = (200, 300), side: int = 11) -> Picture:
    picture = np.zeros((*shape, 3), np.uint8)
    half = side // 2
    picture[y - half : y + half + 1, x - half : x + half + 1] = 255
    return picture


def middle(picture: Picture) -> tuple[float, float] | None:
    rows, columns = np.nonzero(picture[..., 0] > 128)
    return (float(columns.mean()), float(rows.mean())) if len(rows) else None


@dataclass
class SquareDetector(Detector):
    """Proposes the square, head up as it is shown; ``only`` in one shape of picture."""

    score: float = 0.2
    only: tuple[int, int] | None = None
    shown: list[tuple[int, ...]] = field(default_factory=list)

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        self.shown.append(frame.shape[:2])
        found = middle(frame)
        if found is None or self.only not in (None, frame.shape[:2]):
            return []
        x, y = found
        points = np.array([[x, y], [x, y - RADIUS], [x, y], [x, y - RADIUS]], np.float32)
        return [Detection(self.score, np.array([x - 3, y - 9, x + 3, y - 5], np.float32), points)]


@dataclass
class SquareLandmarker(Landmarker):
    """Sees a body at the square. It wanders with the crop's angle, in crops' sides a radian."""

    presence: float = 0.9
    wander: float = 0.0
    doubts: dict[int, float] = field(default_factory=dict)
    """presence by the number of the call"""
    calls: int = 0

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        found = middle(frame) or (0.0, 0.0)
        points = np.zeros((39, 3))
        points[:, :2] = found
        points[:LANDMARKS, 0] += self.wander * roi.side * roi.angle
        points[34, 1] -= RADIUS
        presence = self.doubts.get(self.calls, self.presence)
        self.calls += 1
        out = np.ones((256, 256), np.float32) if mask else None
        return Landmarks(points, np.ones(LANDMARKS), np.zeros((LANDMARKS, 3)), presence, out, roi)


@pytest.mark.parametrize("look", [*LOOKS, Look(turn_deg=90, mirrored=True, margin=0.2)])
def test_whatever_the_look_proposals_are_in_pixels_of_the_picture(look: Look) -> None:
    (found,) = look.propose(scene(220, 60), SquareDetector())
    np.testing.assert_allclose(found.keypoints[0], [220, 60], atol=1e-4)
    assert found.roi.side == pytest.approx(2.5 * RADIUS)
    # Who is upright in the picture turned by 90 degrees is turned by -90 in the picture itself.
    assert math.cos(found.roi.angle + math.radians(look.turn_deg)) == pytest.approx(1, abs=1e-6)
    left, top, right, bottom = found.box
    assert left < right
    assert top < bottom


def test_a_margin_makes_who_fills_the_picture_smaller() -> None:
    detector = SquareDetector()
    Look(margin=0.3).propose(scene(100, 100), detector)
    assert detector.shown == [(200 + 180, 300 + 180)]


def test_what_several_looks_agree_about_comes_first() -> None:
    class Two(SquareDetector):
        def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
            found = super().propose(frame, most)
            if len(self.shown) == 1:  # one look alone is surer of somebody else
                shift = np.array([100, 0], np.float32)
                found.append(Detection(0.3, found[0].box, found[0].keypoints + shift))
            return found

    looks = [Look(), Look(mirrored=True), Look(margin=0.3)]
    first, second = propose(scene(60, 100), Two(), looks)
    assert (round(first.x), round(second.x)) == (60, 160)
    assert len(propose(scene(60, 100), Two(), looks, most=1)) == 1


def test_large_pictures_are_looked_at_smaller() -> None:
    detector = SquareDetector()
    picture = scene(1500, 300, (800, 2 * WORK_SIDE_PX * 2), side=101)
    (roi,) = propose(picture, detector, [Look()])
    assert detector.shown == [(200, WORK_SIDE_PX)]
    assert [roi.x, roi.y] == pytest.approx([1500, 300], abs=2)
    assert roi.side == pytest.approx(2.5 * RADIUS * 4)


ROI = Roi(222.0, 58.0, 80.0, 0.1)
LEVEL = Roi(222.0, 58.0, 80.0, 0.0)


def test_who_looks_the_same_every_time_is_believed() -> None:
    landmarker = SquareLandmarker(presence=MIN_PRESENCE + 0.01)
    found = judge(scene(220, 60), ROI, landmarker)
    assert found is not None
    assert found.points[0, :2].tolist() == [220, 60]
    assert found.mask is not None
    assert landmarker.calls == 6


def test_who_wanders_with_the_look_is_nobody() -> None:
    for wander, believed in ((0.5 * MAX_SPREAD / 0.15, True), (1.5 * MAX_SPREAD / 0.15, False)):
        found = judge(scene(220, 60), ROI, SquareLandmarker(wander=wander))
        assert (found is not None) == believed


@pytest.mark.parametrize(
    ("call", "presence", "calls"),
    [(0, 0.01, 1), (1, 0.4, 2), *[(i, MIN_PRESENCE - 0.01, i + 1) for i in (2, 3, 4, 5)]],
)
def test_one_look_that_sees_nobody_is_enough(call: int, presence: float, calls: int) -> None:
    landmarker = SquareLandmarker(doubts={call: presence})
    assert judge(scene(220, 60), ROI, landmarker) is None
    assert landmarker.calls == calls


def test_the_first_crop_may_be_a_bad_one() -> None:
    assert judge(scene(220, 60), ROI, SquareLandmarker(doubts={0: 0.1, 1: 0.5})) is not None


def test_the_mask_is_made_once_and_only_if_it_is_wanted() -> None:
    found = judge(scene(220, 60), ROI, SquareLandmarker(), mask=False)
    assert found is not None
    assert found.mask is None


class Witness:
    """Says whether there is a face, and counts how often it is asked."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, picture: Picture, pose: Array) -> bool:
        self.asked += 1
        assert pose.shape == (LANDMARKS, 3)
        assert pose[0, :2].round().tolist() == [220, 60]
        return self.answer


@pytest.mark.parametrize("faced", [True, False])
def test_a_face_settles_what_the_looks_disagree_about(faced: bool) -> None:
    spread = (MAX_SPREAD + MAX_SPREAD_FACED) / 2
    witness = Witness(faced)
    found = judge(scene(220, 60), LEVEL, SquareLandmarker(wander=spread / 0.15), True, witness)
    assert (found is not None) == faced
    assert witness.asked == 1


def test_with_a_face_one_look_may_err_but_no_two() -> None:
    for doubts, believed in (({4: 0.1}, True), ({3: 0.1, 5: 0.1}, False)):
        found = judge(scene(220, 60), ROI, SquareLandmarker(doubts=doubts), True, Witness(True))
        assert (found is not None) == believed


def test_a_face_does_not_make_up_for_looks_that_see_another_body() -> None:
    wander = 1.2 * MAX_SPREAD_FACED / 0.15
    assert (
        judge(scene(220, 60), LEVEL, SquareLandmarker(wander=wander), True, Witness(True)) is None
    )


def test_nobody_is_asked_about_faces_where_there_is_no_doubt() -> None:
    witness = Witness(False)
    assert judge(scene(220, 60), ROI, SquareLandmarker(), True, witness) is not None
    hopeless = SquareLandmarker(presence=MIN_PRESENCE - 0.01)
    assert judge(scene(220, 60), ROI, hopeless, True, witness) is None
    assert witness.asked == 0
