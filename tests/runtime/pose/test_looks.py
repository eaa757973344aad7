from __future__ import annotations

import numpy as np

from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.looks import MORE_LOOKS, look_again, look_in_mirror
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LEFT_WRIST, RIGHT_WRIST

PICTURE: Picture = np.zeros((100, 200, 3), np.uint8)
PICTURE[0, -1] = 1  # is at the left in a mirror
ROI = Roi(80.0, 50.0, 60.0, 0.1)
WRISTS = {LEFT_WRIST: (120.0, 40.0), RIGHT_WRIST: (60.0, 45.0)}


class TwoWrists(Landmarker):
    """Sees them where they are, the mirror's too, and errs once as it is told."""

    def __init__(self, errs_in_call: int = -1) -> None:
        self.crops: list[Roi] = []
        self._errs_in_call = errs_in_call

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        points, world = np.zeros((39, 3)), np.zeros((33, 3))
        for wrist, (x, y) in WRISTS.items():
            mirrored = bool(frame[0, 0, 0])
            number = LEFT_WRIST + RIGHT_WRIST - wrist if mirrored else wrist
            x = frame.shape[1] - 1 - x if mirrored else x
            points[number, :2] = x, y
            world[number, 0] = (x - frame.shape[1] / 2) / 100
        if len(self.crops) == self._errs_in_call:
            points += 50.0
        self.crops.append(roi)
        visibility = np.full(33, 1.0 - 0.1 * len(self.crops))
        return Landmarks(points, visibility, world, 0.9, None, roi)


def test_a_mirror_is_told_as_if_there_were_none() -> None:
    landmarker = TwoWrists()
    seen = look_in_mirror(np.ascontiguousarray(PICTURE[:, ::-1]), ROI, landmarker)
    for wrist, place in WRISTS.items():
        assert np.allclose(seen.points[wrist, :2], place)
    assert seen.world[LEFT_WRIST, 0] > 0 > seen.world[RIGHT_WRIST, 0]
    assert landmarker.crops == [Roi(119.0, 50.0, 60.0, -0.1)]
    assert seen.roi == ROI


def test_one_look_that_errs_does_not_matter() -> None:
    for errs_in_call in range(1 + len(MORE_LOOKS)):
        landmarker = TwoWrists(errs_in_call)
        first = landmarker.run(PICTURE, ROI)
        settled = look_again(PICTURE, first, landmarker)
        for wrist, place in WRISTS.items():
            assert np.allclose(settled.points[wrist, :2], place)
        assert len(landmarker.crops) == 4
        assert (settled.presence, settled.roi) == (first.presence, ROI)
        assert np.allclose(settled.visibility, 0.75)
