from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.fringe import LEAST_PX, MOST, with_fringe
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Picture

TALL = 200
ROWS, COLUMNS = slice(30, 230), slice(100, 160)
WALL, HAIR = (150, 160, 170), (40, 30, 25)


def person() -> NDArray[np.uint8]:
    mask = np.zeros((260, 260), np.uint8)
    mask[ROWS, COLUMNS] = 1
    return mask


def before_a_wall(tiled: bool = False) -> Picture:
    """Someone dark before a wall with grain, or with tiles of all kinds."""
    rng = np.random.default_rng(4)
    wall = rng.normal(0.0, 1.0, (260, 260, 1)) + np.array(WALL)
    if tiled:
        tiles = rng.integers(130, 200, (65, 65, 3)).astype(np.uint8)
        wall = cv2.resize(tiles, (260, 260), interpolation=cv2.INTER_NEAREST)
    picture = np.clip(wall, 0, 255).astype(np.uint8)
    picture[ROWS, COLUMNS] = HAIR
    return np.asarray(picture, np.uint8)


def theirs(picture: Picture, mask: NDArray[np.uint8] | None = None) -> NDArray[np.bool_]:
    found = with_fringe(picture, person() if mask is None else mask, TALL)
    return np.asarray(found > 0)


def test_beside_a_sharp_edge_the_background_stays() -> None:
    away = distance_to(person() > 0)
    for tiled in (False, True):
        found = theirs(before_a_wall(tiled))
        assert found[away <= LEAST_PX].all()
        beside = (away > LEAST_PX + 3.0) & (away <= MOST * TALL)
        assert found[beside].mean() < 0.01


def test_a_soft_edge_is_theirs_as_far_as_it_goes() -> None:
    picture = before_a_wall()
    away = distance_to(person() > 0)[..., None]
    share = np.clip(1.0 - away / 6.0, 0.0, 1.0)
    soft = (picture + (np.array(HAIR) - picture) * share).astype(np.uint8)
    found = theirs(soft)
    assert found[share[..., 0] > 0.1].all()


def test_what_the_outline_has_missed_is_theirs() -> None:
    mask = person()
    mask[40:200, 153:] = 0  # seven of the person's own pixels
    assert theirs(before_a_wall(), mask)[ROWS, COLUMNS].all()


def strand(picture: Picture, end: int) -> NDArray[np.bool_]:
    """Draw a curved strand from the person's left side up to a column."""
    columns = np.arange(end, 101)
    rows = 80 + np.rint(6.0 * np.sin(columns / 9.0)).astype(int)
    picture[rows, columns] = np.array(HAIR) // 2 + np.array(WALL) // 2
    drawn = np.zeros(picture.shape[:2], np.bool_)
    drawn[rows, columns] = True
    return drawn


def test_strands_of_hair_are_theirs_and_lines_that_go_on_are_not() -> None:
    picture = before_a_wall()
    hair = strand(picture, 80)
    picture[150:152, :100] = HAIR  # a shelf
    picture[190:192, :100] = np.array(WALL) - 14  # a crack in the wall
    found = theirs(picture)
    assert found[hair].all()
    assert not found[[150, 151, 190, 191], :90].any()


def test_who_leaves_nothing_to_compare_with_has_a_wide_rim() -> None:
    mask = np.zeros((60, 60), np.uint8)
    mask[3:57, 3:57] = 1
    picture = np.full((60, 60, 3), 90, np.uint8)
    rim = distance_to(mask > 0) <= MOST * TALL
    assert np.array_equal(theirs(picture, mask), rim)
