from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import METRES, SKELETON, standing

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import (
    FEET_AT,
    driving_window,
    measure,
    person_box,
    pixels_per_metre,
    source_framing,
)
from bunraku.spec.landmarks import Bone


def person(top: float, height: float, middle: float, shape: tuple[int, int]) -> Pose:
    """A standing person with a mask as wide as the arms."""
    mask = np.zeros(shape, np.float32)
    half = round(0.16 * height)
    y0, y1 = max(0, round(top)), min(shape[0], round(top + height) + 1)
    mask[y0:y1, max(0, round(middle) - half) : round(middle) + half] = 1.0
    return standing(top, height, middle, shape, mask)


def test_a_whole_person_has_room_to_move() -> None:
    framing = source_framing(person(300, 400, 500, (1000, 1200)), (1000, 1200))
    left, top, side = framing.window.box
    assert not framing.half
    assert framing.unit is Bone.TORSO
    assert (left + side / 2) == pytest.approx(500, abs=2)
    assert 1.2 < side / 400 < 1.45
    assert (700 - top) / side == pytest.approx(FEET_AT, abs=0.01)


def test_a_window_stays_in_the_photo_where_it_can() -> None:
    left, top, side = source_framing(person(10, 480, 250, (500, 800)), (500, 800)).window.box
    assert 500 <= side < 540  # larger would only lose resolution
    assert top <= 0
    assert top + side >= 500
    assert left >= 0
    left, top, side = source_framing(person(10, 480, 100, (500, 400)), (500, 400)).window.box
    assert side == 500
    assert left <= 0  # as little beyond the photo as keeps the person in
    assert left + side >= 400


def test_half_a_person_stands_on_the_lower_edge() -> None:
    shape = (601, 800)
    framing = source_framing(person(150, 1000, 400, shape), shape)
    _, top, side = framing.window.box
    assert framing.half
    assert top + side == 601
    assert top <= 150
    assert framing.unit is Bone.SHOULDERS  # the hips at 620 are outside
    assert source_framing(person(150, 800, 400, shape), shape).unit is Bone.TORSO


def test_a_person_whose_feet_end_at_the_edge_is_whole() -> None:
    assert not source_framing(person(99, 500, 400, (600, 800)), (600, 800)).half


def test_a_driver_of_another_size_and_place_is_matched() -> None:
    source = person(300, 400, 500, (1000, 1200))
    window = source_framing(source, (1000, 1200)).window
    driver = person(20, 200, 160, (240, 320))
    for unit in (Bone.TORSO, Bone.SHOULDERS):
        matched = driving_window(source, window, driver, unit)
        ours = window.to_units(source.landmarks)
        theirs = matched.to_units(driver.landmarks)
        assert np.allclose(ours[:, :2], theirs[:, :2], atol=1e-4)


def test_the_photo_itself_is_framed_as_it_is() -> None:
    source = person(300, 400, 500, (1000, 1200))
    window = source_framing(source, (1000, 1200)).window
    assert driving_window(source, window, source, Bone.TORSO) == window


def test_a_turned_away_bone_counts_at_its_length() -> None:
    facing = person(300, 400, 500, (1000, 1200))
    turned = person(300, 400, 500, (1000, 1200))
    turned.landmarks[[11, 12], 0] = 500  # shoulders in line with the view
    turned.world[11], turned.world[12] = (0, -0.5, 0.19), (0, -0.5, -0.19)
    expected, _ = measure(facing, Bone.SHOULDERS)
    assert measure(turned, Bone.SHOULDERS)[0] == pytest.approx(expected, rel=0.2)
    assert measure(turned, Bone.SHOULDERS)[0] > 5.0


def test_the_bodys_scale_is_found() -> None:
    pose = person(300, 350, 500, (1000, 1200))
    assert pixels_per_metre(pose) == pytest.approx(350 / METRES, rel=1e-3)
    pose.landmarks[3:, 3] = 0.0
    assert pixels_per_metre(pose) == 0.0  # too little is seen


def test_the_box_is_of_what_is_visible() -> None:
    shape = (400, 500)
    pose = standing(100, 200, 250, shape)
    left, top, right, bottom = person_box(pose, shape)
    assert (top, bottom) == pytest.approx((100 + 200 * SKELETON[:, 1].min(), 301.0))
    assert right - left == pytest.approx(0.28 * 200 + 1)
    pose.landmarks[:, 3] = 0.0
    assert person_box(pose, shape) == (0.0, 0.0, 500.0, 400.0)
