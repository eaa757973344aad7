from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.face.faces import Made, made

from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.training.features import Features
from bunraku.training.judge import Judge
from bunraku.training.likeness import Look
from bunraku.training.watchers import Watchers

WHOLE = Window.of_box(0, 0, 256)


class Faces:
    def look(self, _picture: Picture, _pose: Array) -> NDArray[np.float32]:
        return made(Made()).points


class Likeness:
    """Sees the share of the picture that is the person."""

    def look(self, _picture: Picture, alpha: Array | None) -> Look:
        share = np.array([0.0 if alpha is None else alpha.mean()], np.float32)
        return Look(Features(()), share)

    def face(self, _picture: Picture, points: NDArray[np.float32]) -> Array:
        return points[0, :2]


class Keypoints:
    def find(self, _picture: Picture) -> Array:
        return np.full((33, 4), 7.0, np.float32)


@pytest.fixture
def picture() -> Picture:
    made = np.zeros((256, 256, 3), np.uint8)
    made[64:128, 64:128, 0] = 255
    return made


def test_the_judge_alone(judge: Judge, picture: Picture) -> None:
    sight = Watchers(judge).see(picture, picture, WHOLE, mask=False)
    assert sight.landmarks is not None
    assert sight.landmarks[0, :2] == pytest.approx([95.5, 95.5])
    assert (sight.mask, sight.face, sight.look, sight.portrait) == (None, None, None, None)
    assert Watchers(judge).see(picture, picture, WHOLE, mask=True).mask is not None


def test_everybody_looks(judge: Judge, picture: Picture) -> None:
    watchers = Watchers(judge, Faces(), Likeness(), Keypoints())
    sight = watchers.see(picture, picture, WHOLE, mask=False)
    assert sight.look is not None
    assert float(sight.look.person[0]) == pytest.approx(1 / 16)  # likeness asks for the mask
    assert sight.portrait is not None
    assert sight.landmarks is not None
    assert (sight.landmarks == 7.0).all()
    assert sight.seen is not None
    assert sight.seen.landmarks[0, 0] == pytest.approx(95.5)  # faces are where the judge sees them


def test_nobody(judge: Judge) -> None:
    empty = np.zeros((256, 256, 3), np.uint8)
    sight = Watchers(judge, Faces(), Likeness()).see(empty, empty, WHOLE, mask=True)
    unseen = (sight.seen, sight.landmarks, sight.mask, sight.face, sight.portrait)
    assert all(part is None for part in unseen)
    assert sight.look is not None
