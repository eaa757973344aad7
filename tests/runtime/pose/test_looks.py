from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.looks import MORE_LOOKS, look_again, look_in_mirror
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import (
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

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


class Facing(Landmarker):
    """Sees somebody as wide as it is told in each of its calls, from behind below 0."""

    def __init__(self, widths: Sequence[float]) -> None:
        self._widths = list(widths)

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        points = np.zeros((39, 3))
        points[[LEFT_HIP, RIGHT_HIP], 1] = 90.0
        width, last = self._widths.pop(0), frame.shape[1] - 1
        for left, right, part in ((LEFT_SHOULDER, RIGHT_SHOULDER, 0.5), (LEFT_HIP, RIGHT_HIP, 0.3)):
            points[left, 0], points[right, 0] = 80.0 + part * width, 80.0 - part * width
            if frame[0, 0, 0]:
                points[[left, right], 0] = last - points[[right, left], 0]
        return Landmarks(points, np.ones(33), np.zeros((33, 3)), 0.9, None, roi)


@pytest.mark.parametrize(
    ("widths", "settled"),
    [
        ((40.0, -40.0, 40.0, -40.0), 40.0),  # even: the first
        ((-40.0, 40.0, -40.0, 40.0), -40.0),
        ((-40.0, 40.0, 40.0, 40.0), 40.0),
        ((40.0, -40.0, -40.0, -40.0), -40.0),
        ((4.0, 40.0, 20.0, 42.0), 41.0),  # torn, in the first and in the third
        ((-4.0, 40.0, 40.0, 42.0), 40.0),
        ((36.0, 44.0, 40.0, 40.0), 40.0),
        ((4.0, -4.0, 8.0, -4.0), 0.0),  # from the side
    ],
)
def test_looks_from_the_front_and_from_behind_are_not_mixed(
    widths: Sequence[float], settled: float
) -> None:
    landmarker = Facing(widths)
    found = look_again(PICTURE, landmarker.run(PICTURE, ROI), landmarker)
    across = found.points[LEFT_SHOULDER, 0] - found.points[RIGHT_SHOULDER, 0]
    assert across == pytest.approx(settled)
