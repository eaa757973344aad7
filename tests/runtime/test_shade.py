from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.runtime.shade import Shade
from bunraku.runtime.source.plate import RemovedShadow
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_FOOT, RIGHT_FOOT

TALL, STEP = 50.0, 4.0
SIZE = 320, 240
"""Width and height of the photo."""
LEFT, RIGHT, TRUNK = (180.0, 200.0), (120.0, 200.0), (150.0, 60.0)
REST = np.zeros((3, 2), np.float32)


def person() -> Array:
    landmarks = np.zeros((LANDMARKS, 4), np.float32)
    landmarks[:, :2] = TRUNK
    landmarks[list(LEFT_FOOT), :2], landmarks[list(RIGHT_FOOT), :2] = LEFT, RIGHT
    return landmarks


def removed(*boxes: tuple[int, int, int, int]) -> RemovedShadow:
    """A shadow that takes half of the light from boxes: left, top, right, bottom in its map."""
    depth = np.zeros((SIZE[1] // 4, SIZE[0] // 4, 3), np.float32)
    for left, top, right, bottom in boxes:
        depth[top:bottom, left:right] = np.log(2.0)
    return RemovedShadow(depth, TALL, STEP / 2 - 0.5, STEP / 2 - 0.5, (STEP, STEP))


def thrown(shadow: RemovedShadow, moves: Array, size: tuple[int, int] = SIZE) -> Picture:
    picture = np.full((size[1], size[0], 3), 200, np.uint8)
    Shade.of(shadow, person()).throw(picture, moves)
    return picture


AT_LEFT, AT_RIGHT, ON_WALL = (44, 48, 52, 52), (26, 48, 34, 52), (34, 10, 40, 20)


def test_at_rest_all_of_it_is_where_it_was() -> None:
    picture = thrown(removed(AT_LEFT, AT_RIGHT, ON_WALL), REST)
    for left, top, right, bottom in (AT_LEFT, AT_RIGHT, ON_WALL):
        assert (
            np.abs(
                picture[top * 4 + 4 : bottom * 4 - 4, left * 4 + 4 : right * 4 - 4] - 100.0
            ).max()
            <= 1
        )
        beside = picture[top * 4 : bottom * 4, right * 4 + 4 : right * 4 + 8]
        assert (beside == 200).all()


def test_light_that_was_taken_comes_back_up_to_rounding() -> None:
    random = np.random.default_rng(2)
    shadow = removed()
    shadow.depth[20:50, 20:60] = random.uniform(0.0, 1.2, (30, 40, 3)).astype(np.float32)
    shadow.depth[:] = cv2.GaussianBlur(shadow.depth, (0, 0), 2.0)
    photo = thrown(shadow, REST).astype(int)
    rows, columns = np.arange(240), np.arange(320)
    y, x = (np.clip((i - 1.5) / 4, 0, None) for i in (rows, columns))
    top, left = y.astype(int), x.astype(int)
    down, right = np.minimum(top + 1, 59), np.minimum(left + 1, 79)
    fy, fx = (y - top)[:, None, None], (x - left)[None, :, None]
    d = shadow.depth
    upper = d[top][:, left] * (1 - fx) + d[top][:, right] * fx
    lower = d[down][:, left] * (1 - fx) + d[down][:, right] * fx
    expected = 200.0 * np.exp(-(upper * (1 - fy) + lower * fy))
    assert np.abs(photo - expected).max() <= 3.0  # parts are multiplied, each in 255ths


def darkest(picture: Picture) -> tuple[float, float]:
    """The middle of what is dark: x and y."""
    rows, columns = np.nonzero(picture[..., 0] < 150)
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize(("box", "number"), [(AT_LEFT, 0), (AT_RIGHT, 1)])
def test_on_the_floor_it_goes_along_with_the_nearer_foot(
    box: tuple[int, int, int, int], number: int
) -> None:
    moves = REST.copy()
    moves[number] = 14, 6
    before, after = (darkest(thrown(removed(box), m)) for m in (REST, moves))
    assert np.allclose(np.subtract(after, before), (14, 6), atol=0.5)
    moves[:] = moves[::-1] if number == 0 else 0.0
    moves[number] = 0.0
    assert darkest(thrown(removed(box), moves)) == before


def test_on_the_wall_it_goes_along_with_the_trunk_and_fades_sooner() -> None:
    shadow, moves = removed(ON_WALL), REST.copy()
    moves[2, 0] = 4
    before, after = (darkest(thrown(shadow, m)) for m in (REST, moves))
    assert np.allclose(np.subtract(after, before), (4, 0), atol=0.5)
    levels = []
    for far in (0.0, 0.05, 0.08, 0.2):
        moves[2] = far * TALL * STEP, 0.0
        levels.append(int(thrown(shadow, moves).min()))
    assert levels == sorted(levels)
    assert levels[0] <= 101
    assert levels[-1] == 200


@pytest.mark.parametrize("aside", [-90.0, 0.0, 7.0, 130.0])
def test_all_that_is_dark_is_darkened_within_the_picture_and_across_it(aside: float) -> None:
    shadow = removed(*((3 * k, 2 * k, 3 * k + 3, 2 * k + 4) for k in range(25)))
    shade, moves = Shade.of(shadow, person()), REST + np.array((aside, 0.3 * aside), np.float32)
    picture = np.random.default_rng(3).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    expected = picture.copy()
    for fallen in shade.falls(picture.shape[:2], moves):
        light, below = fallen.light[fallen.part], expected[fallen.place]
        left = light if fallen.levels is None else fallen.levels[light]
        below[:] = np.rint(below * (left / 255.0))
    shade.throw(picture, moves)
    np.testing.assert_array_equal(picture, expected)


def test_it_fades_with_the_distance() -> None:
    levels = []
    for far in (0.1, 0.2, 0.3, 0.4, 0.5):
        moves = np.array([[far * TALL * STEP, 0.0]] * 3, np.float32)
        levels.append(int(thrown(removed(AT_RIGHT), moves, (480, 240)).min()))
    assert levels == sorted(set(levels))
    assert levels[0] <= 101
    assert levels[-1] == 200


def test_a_foot_that_is_lifted_throws_none() -> None:
    shadow, moves = removed(AT_LEFT, AT_RIGHT), REST.copy()
    moves[0, 1] = -0.15 * TALL * STEP
    assert darkest(thrown(shadow, moves)) == darkest(thrown(removed(AT_RIGHT), REST))


def test_a_foot_that_is_set_down_leaves_the_others_as_it_is() -> None:
    """In the photo the left one is in the air."""
    landmarks, moves = person(), REST.copy()
    landmarks[list(LEFT_FOOT), 1] -= 60
    moves[0, 1] = 60
    shade = Shade.of(removed(AT_RIGHT), landmarks)
    pictures = [np.full((240, 320, 3), 200, np.uint8) for _ in range(2)]
    shade.throw(pictures[0], REST)
    shade.throw(pictures[1], moves)
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert pictures[0].min() <= 101


def test_what_the_edge_of_the_photo_cuts_goes_on_when_it_is_moved_inwards() -> None:
    shadow = removed((26, 50, 34, 60))
    moves = np.array([[0, -16]] * 3, np.float32)
    assert thrown(shadow, moves)[-1, 120].max() <= 101


def test_a_window_of_the_photo_shows_the_same() -> None:
    shadow = removed(AT_LEFT, AT_RIGHT)
    small = np.full((100, 100, 3), 200, np.uint8)
    Shade.of(shadow, person(), (100, 40, 0.5)).throw(small, np.full((3, 2), 4.0, np.float32))
    whole = thrown(shadow, np.full((3, 2), 8.0, np.float32))[40:240, 100:300]
    mean = whole.reshape(100, 2, 100, 2, 3).mean((1, 3))
    assert np.abs(small - mean).mean() < 0.3
    assert np.abs(small - mean).max() < 16


def test_no_shadow_changes_nothing_nor_does_one_outside_of_the_picture() -> None:
    assert (thrown(removed(), REST) == 200).all()
    landmarks = person()
    far = np.full((60, 60, 3), 200, np.uint8)
    Shade.of(removed(AT_LEFT), landmarks, (0, 0, 1.0)).throw(far, REST)
    assert (far == 200).all()
