"""Heads that a side of the photo, or its upper edge, cuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted, source_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.runtime.drivers.body.tether import Tether
from bunraku.spec.arrays import Array

FIT = fitted(OUTLINE)
FACE = PERSON[:11, :2].mean(0)
CHEEK = 10
"""Columns from the middle of the face to the photo's side."""
FREE, FIXED = Bounds((0.0, 0.0), (255.0, 255.0)), Bounds((128.0, 0.0), (128.0, 255.0))


def tether(side: str) -> Tether:
    """Of a photo that ends through the head there."""
    width = int(FACE[0]) + CHEEK if side == "right" else N
    left = int(FACE[0]) - CHEEK if side == "left" else 0
    return Tether.of(source_of(street((N, width - left)), -left), FIT)


def moved(x: float, y: float = 0.0, scale: float = 1.0) -> Kept:
    landmarks = PERSON.copy()
    landmarks[:, :2] += np.array([x, y], np.float32)
    about = landmarks[[11, 12], :2].mean(0)
    return Kept(landmarks, 1.0, scale, (float(about[0]), float(about[1])))


def face(kept: Kept) -> Array:
    """Where its middle is in the end."""
    about = np.array(kept.about, np.float32)
    middle = about + np.float32(kept.scale) * (kept.landmarks[:11, :2].mean(0) - about)
    return np.asarray(middle, np.float32)


@pytest.mark.parametrize(("side", "way"), [("left", 40.0), ("right", -40.0)])
@pytest.mark.parametrize("bounds", [FREE, FIXED])
def test_a_cut_head_stays_near_the_side(side: str, way: float, bounds: Bounds) -> None:
    kept = moved(way)
    held = tether(side).hold(kept, bounds)
    assert 0.0 < abs(face(held)[0] - FACE[0]) < 15.0
    assert np.sign(face(held)[0] - FACE[0]) == np.sign(way)
    shoulders = held.landmarks[11:13, 0].mean() - kept.landmarks[11:13, 0].mean()
    heads = held.landmarks[:11, 0].mean() - kept.landmarks[:11, 0].mean()
    if bounds is FREE:
        assert shoulders == pytest.approx(heads)
    towards = moved(-way)
    assert tether(side).hold(towards, bounds) is towards


def test_a_trunk_that_may_not_go_along_stays() -> None:
    kept = moved(0.0)
    kept.landmarks[:11, 0] -= 40.0
    held = tether("right").hold(kept, FIXED)
    assert np.array_equal(held.landmarks[11:], kept.landmarks[11:])
    assert 0.0 < FACE[0] - face(held)[0] < 15.0


def test_who_has_grown_is_held_as_near() -> None:
    grown = tether("right").hold(moved(-40.0, scale=1.4), FREE)
    assert face(grown)[0] == pytest.approx(face(tether("right").hold(moved(-40.0), FREE))[0])


def test_a_head_that_the_upper_edge_cuts_does_not_sink() -> None:
    source = source_of(street((N, N)))
    window = replace(source.framing.window, cy=source.framing.window.cy - (FACE[1] - CHEEK))
    cut = replace(source, framing=replace(source.framing, window=window))
    held = Tether.of(cut, FIT).hold(moved(0.0, 40.0), FREE)
    assert 0.0 < face(held)[1] - FACE[1] < 15.0


def test_a_head_within_the_photo_goes_where_it_likes() -> None:
    kept = moved(-40.0, 30.0)
    assert Tether.of(source_of(street((N, N))), FIT).hold(kept, FREE) is kept
