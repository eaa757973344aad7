from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.runtime.source.cells import cells_of
from bunraku.runtime.source.lines import find_edges
from bunraku.runtime.source.plate import make_plate
from bunraku.spec.arrays import Picture

SHAPE = (240, 200)
Binary = NDArray[np.uint8]


def person(x0: int = 70, x1: int = 130, y0: int = 60, y1: int = 220) -> Binary:
    hidden = np.zeros(SHAPE, np.uint8)
    hidden[y0:y1, x0:x1] = 1
    return hidden


def around(hidden: Binary) -> Binary:
    return np.asarray(cv2.dilate(hidden, np.ones((13, 13), np.uint8)), np.uint8)


def grainy(picture: NDArray[np.float64]) -> Picture:
    """With grain, and edges as soft as a camera's."""
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    soft = cv2.GaussianBlur(picture + noise, (0, 0), 0.8)
    return np.clip(soft, 0, 255).astype(np.uint8)


def room(wall: float = 100.0, slope: float = 0.0) -> Picture:
    """Two walls that meet at a column, and a floor, slanting, that begins at row 180."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    picture = np.where((x < wall)[..., None], (40.0, 30.0, 30.0), (200.0, 190.0, 170.0))
    return grainy(np.where((y > 180 + slope * (x - 100))[..., None], (150.0, 90.0, 30.0), picture))


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_floor_goes_on_behind_the_person_and_ends_the_walls(slope: float) -> None:
    hidden = person()
    edges = find_edges(room(slope=slope), hidden, around(hidden))
    assert edges[0].met
    assert abs(edges[0].way[1] / edges[0].way[0] - slope) < 0.02
    cells = cells_of(room(slope=slope), hidden, around(hidden))
    assert len({cells[100, 90], cells[100, 110], cells[200, 100]}) == 3
    assert cells[200, 90] == cells[200, 110]  # one floor, though two walls end above it


def test_a_shelf_that_ends_behind_the_person_ends_along_one_line() -> None:
    picture = np.full((*SHAPE, 3), 120.0)
    for row in range(80, 200, 30):  # four boards and what is between, all to be seen on one side
        picture[row : row + 22, :100] = (210.0, 180.0, 140.0)
    hidden = person()
    cells = cells_of(grainy(picture), hidden, around(hidden))
    behind = cells[85:190, 70:130]
    shelf = cells[100, 40]
    ends = {int((row != shelf).argmax()) for row in behind[5:80]}
    assert len(ends) == 1
    assert (cells[100:190, 125] != shelf).all()  # the other side shows none of it


def test_an_edge_beside_the_person_is_kept_where_all_is_made_up() -> None:
    hidden = person(30, 95)
    cells = cells_of(room(), hidden, around(hidden))
    assert cells[120, 97] != cells[120, 103]


def test_without_edges_all_is_one() -> None:
    hidden = person()
    plain = grainy(np.full((*SHAPE, 3), 120.0))
    assert not cells_of(plain, hidden, around(hidden)).any()
    leaves = np.random.default_rng(1).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    assert not cells_of(leaves, hidden, around(hidden)).any()


@pytest.mark.parametrize("slope", [0.0, 0.1])
@pytest.mark.parametrize("wall", [85.0, 100.0, 115.0])
def test_walls_and_floor_are_filled_as_they_are(wall: float, slope: float) -> None:
    true = room(wall, slope)
    hidden = person()
    photo = true.copy()
    photo[hidden > 0] = (255, 0, 0)
    plate = make_plate(photo, hidden.astype(np.float32)).picture
    error = np.abs(plate.astype(int) - true)[hidden > 0].mean()
    assert error < 4.0  # twice the grain; a wall carried on over the other is 20


def bookcase() -> Picture:
    """Boards, and what is between of another colour, that stand on a floor before a wall."""
    picture = np.full((*SHAPE, 3), 120.0)
    picture[80:200, :100] = (210.0, 180.0, 140.0)
    for row in (110, 150):
        picture[row : row + 8, :100] = (40.0, 30.0, 30.0)
    picture[200:] = (80.0, 60.0, 90.0)
    return grainy(picture)


@pytest.mark.parametrize("arm", [False, True])
def test_a_bookcase_whose_boards_are_seen_in_the_margin_ends_along_one_line(arm: bool) -> None:
    hidden = person(80, 130, 60)
    if arm:  # no room to see the wall between it and the trunk
        hidden[60:180, 138:146] = 1
    unclear = np.asarray(cv2.dilate(hidden, np.ones((25, 25), np.uint8)), np.uint8)
    cells = cells_of(bookcase(), hidden, unclear)
    shelf = cells[130, 40]
    assert (cells[85:195, 75] == cells[85:195, 40]).all()  # down to the floor, below all boards
    assert len(set(cells[85:195, 100])) == 1  # the wall is not divided by boards that end before it
    assert shelf not in cells[85:195, 100]
    assert cells[210, 60] == cells[210, 150] != shelf


def test_upright_edges_are_no_thing_that_ends_in_the_air() -> None:
    picture = np.full((*SHAPE, 3), 120.0)
    picture[:180, 85:115] = (40.0, 30.0, 30.0)  # a door, whose foot the person hides
    hidden = person(70, 130, 60, 200)
    cells = cells_of(grainy(picture), hidden, around(hidden))
    assert (cells[20:60, 100] == cells[20, 100]).all()
    assert len(set(cells[210:, 100])) == 1
