from __future__ import annotations

import math

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made

from bunraku.training.portrait import PLACES, SIDE, portrait, similarity


def test_similarity_by_hand() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    # A quarter turn, twice as large, five to the right.
    places = np.array([[5.0, 0.0], [5.0, 2.0], [3.0, 0.0]])
    assert similarity(points, places) == pytest.approx(np.array([[0, -2, 5], [2, 0, 0]]))


def test_similarity_undoes_itself() -> None:
    angle, scale = 0.3, 1.7
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    moved = (PLACES - 4.0) @ turn.T + [100.0, 20.0]
    back = similarity(moved, PLACES)
    assert moved @ back[:, :2].T + back[:, 2] == pytest.approx(PLACES)


@pytest.mark.parametrize("scale", [0.6, 1.0, 4.0])
def test_the_face_is_where_networks_expect_it(scale: float) -> None:
    points = made(Made()).points
    points[:, :2] = (points[:, :2] - points[:, :2].min(0)) * scale + 30 * scale
    size = int(points[:, :2].max() + 30 * scale)
    picture = np.zeros((size, size, 3), np.uint8)
    nose = np.round(points[1, :2]).astype(int)
    spot = max(round(4 * scale), 2)
    picture[nose[1] - spot : nose[1] + spot, nose[0] - spot : nose[0] + spot] = 255
    cut = portrait(picture, points)
    assert cut.shape == (SIDE, SIDE, 3)
    y, x = np.argwhere(cut[..., 0] > 127).mean(0)
    # This face is not of the average's proportions, but its nose lies between eyes and mouth.
    assert x == pytest.approx(PLACES[2, 0], abs=4.0)
    assert PLACES[0, 1] < y < PLACES[3, 1]
