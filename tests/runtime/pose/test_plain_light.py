"""People in light of one colour, whom the networks know in grey alone."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.pose.scenes import FRAME, Scene, SceneDetector, SceneLandmarker

from bunraku.runtime.pose.detector import MOST_PROPOSED, Detection
from bunraku.runtime.pose.plain_light import LEAST_SPAN, in_plain_light
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Array, Picture

BLUE: Picture = np.zeros_like(FRAME)
BLUE[..., 2] = np.linspace(0, 90, BLUE.shape[1]).astype(np.uint8)


def test_light_of_one_colour_becomes_grey_from_black_to_white() -> None:
    grey = in_plain_light(BLUE)
    assert grey.shape == BLUE.shape
    assert (np.ptp(grey, axis=2) == 0).all()
    assert grey.min() == 0
    assert grey.max() == 255
    assert (np.diff(grey[0, :, 0].astype(int)) >= 0).all()


def test_a_picture_of_next_to_nothing_stays_that() -> None:
    noise = np.random.default_rng(1).integers(0, 3, FRAME.shape).astype(np.uint8)
    assert np.ptp(in_plain_light(noise)) <= 255.0 / LEAST_SPAN * 2 + 1


class GreyAlone(SceneDetector):
    """Sees people where no channel is another."""

    def detect(self, frame: Picture, depth: int = 2, first: int = 0) -> list[Detection]:
        return [] if np.ptp(frame, axis=2).any() else super().detect(frame, depth, first)

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        return []


@pytest.mark.parametrize("face", [True, False])
def test_who_is_known_in_grey_alone_needs_a_face_there(scene: Scene, face: bool) -> None:
    asked: list[Picture] = []

    def shows_face(picture: Picture, pose: Array) -> bool:
        asked.append(picture)
        return face

    tracker = PoseTracker(GreyAlone(scene), SceneLandmarker(scene), shows_face=shows_face)
    assert tracker.observe(BLUE) is None
    pose = tracker.observe_in_plain_light(BLUE)
    assert (pose is not None) == face
    assert np.array_equal(asked[-1], in_plain_light(BLUE))
    if pose is not None:
        assert pose.landmarks[0, :2].tolist() == [300, 200]
        assert pose.mask is not None
    without = PoseTracker(GreyAlone(scene), SceneLandmarker(scene))
    assert without.observe_in_plain_light(BLUE) is None
