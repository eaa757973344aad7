from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import METRES, SKELETON, standing

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import (
    FEET_AT,
    Window,
    crop,
    crop_part,
    driving_window,
    measure,
    person_box,
    pixels_per_metre,
    source_framing,
    uncrop,
)
from bunraku.spec.landmarks import Bone


def person(top: float, height: float, middle: float, shape: tuple[int, int]) -> Pose:
    """A standing person with a mask as wide as the arms."""
    mask = np.zeros(shape, np.float32)
    half = round(0.16 * height)
    y0, y1 = max(0, round(top)), min(shape[0], round(top + height) + 1)
    mask[y0:y1, max(0, round(middle) - half) : round(middle) + half] = 1.0
    return standing(top, height, middle, shape, mask)


def test_window_units_are_of_pixel_edges() -> None:
    window = Window.of_box(10, 20, 100)
    points = np.array([[9.5, 19.5, -50.0, 0.5], [59.5, 69.5, 0.0, 1.0], [10.0, 119.5, 1.0, 0.0]])
    units = window.to_units(points.astype(np.float32))
    expected = [[0.0, 0.0, -0.5, 0.5], [0.5, 0.5, 0.0, 1.0], [0.005, 1.0, 0.01, 0.0]]
    assert np.allclose(units, expected, atol=1e-6)


@pytest.mark.parametrize("box", [(0, 0, 7), (-3, 5, 10), (11, -4, 1), (0, 0, 256)])
def test_whole_pixels_are_kept(box: tuple[int, int, int]) -> None:
    assert Window.of_box(*box).box == box
    assert Window.of_box(*box).snapped() == Window.of_box(*box)


def test_a_crop_of_the_same_size_is_the_pixels_themselves() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert np.array_equal(crop(picture, Window.of_box(7, 3, 32), 32), picture[3:35, 7:39])
    assert np.array_equal(
        crop(picture[..., 0], Window.of_box(7, 3, 32), 32), picture[3:35, 7:39, 0]
    )


def test_a_crop_goes_on_with_the_border() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    out = crop(picture, Window.of_box(-2, -1, 6), 6)
    assert out[0].tolist() == [0, 0, 0, 1, 2, 3]
    assert out[:, 0].tolist() == [0, 0, 4, 8, 8, 8]
    far = crop(picture, Window.of_box(50, 50, 4), 4)
    assert (far == 11).all()


@pytest.mark.parametrize("box", [(7, 3, 32), (-5, -6, 40), (30, 20, 32)])
def test_what_is_cropped_can_be_put_back(box: tuple[int, int, int]) -> None:
    values = np.random.default_rng(0).random((40, 60), dtype=np.float32)
    window = Window.of_box(*box)
    back = uncrop(np.asarray(crop(values, window, box[2]), np.float32), window, (40, 60))
    left, top, side = box
    inside = np.zeros((40, 60), bool)
    inside[max(0, top) : top + side, max(0, left) : left + side] = True
    assert np.array_equal(back[inside], values[inside])
    assert not back[~inside].any()


def test_shrinking_averages() -> None:
    picture = np.zeros((64, 64), np.float32)
    picture[:, ::2] = 1.0
    assert np.allclose(crop(picture, Window.of_box(0, 0, 64), 16), 0.5)


@pytest.mark.parametrize("box", [(0, 0, 61), (-9, 4, 90), (20, -7, 83), (3, 5, 40), (8, 8, 20)])
@pytest.mark.parametrize("rows", [(0, 40), (0, 7), (13, 29), (39, 40)])
def test_a_part_of_a_crop_is_what_the_crop_has_there(
    box: tuple[int, int, int], rows: tuple[int, int]
) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (70, 64, 3), np.uint8)
    window, columns = Window.of_box(*box), (11, 31)
    part = crop_part(picture, window, 40, rows, columns)
    whole = crop(picture, window, 40)[rows[0] : rows[1], 11:31]
    assert part.dtype == np.uint8
    assert part.shape == whole.shape
    assert np.abs(part.astype(int) - whole.astype(int)).max() <= 1
    assert (part != whole).mean() < 0.01


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
