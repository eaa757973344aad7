from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.kernels.plate.seams import level
from bunraku.runtime.source.texture import EDGE, HOLD, complete
from bunraku.spec.arrays import Picture


def hole_of(shape: tuple[int, int], y0: int, y1: int, x0: int, x1: int) -> NDArray[np.uint8]:
    hole = np.zeros(shape, np.uint8)
    hole[y0:y1, x0:x1] = 1
    return hole


def noise(shape: tuple[int, int]) -> Picture:
    return np.random.default_rng(0).integers(80, 160, (*shape, 3), dtype=np.uint8)


# An odd size, a hole at the edge, one in the corner, and one so small that there is no pyramid.
@pytest.mark.parametrize(
    ("shape", "hole"),
    [
        ((97, 71), (30, 97, 20, 50)),
        ((120, 90), (0, 60, 0, 40)),
        ((64, 64), (30, 33, 30, 33)),
    ],
)
def test_offsets_lead_to_what_may_be_copied(
    shape: tuple[int, int], hole: tuple[int, int, int, int]
) -> None:
    missing = hole_of(shape, *hole)
    unclear = np.maximum(missing, hole_of(shape, *hole))
    unclear[max(0, hole[0] - 3) : hole[1] + 3, max(0, hole[2] - 3) : hole[3] + 3] = 1
    found = complete(noise(shape), missing, unclear)
    assert found is not None
    places = np.indices(shape).transpose(1, 2, 0) + found.offsets
    assert (places >= 0).all()
    assert (places < np.array(shape)).all()
    inside = places[missing > 0]
    assert (unclear[inside[:, 0], inside[:, 1]] == 0).all()
    assert (found.offsets[missing == 0] == 0).all()
    assert np.isfinite(found.shade).all()


def test_a_pattern_goes_on_where_it_would_be() -> None:
    y, x = np.mgrid[0:120, 0:120]
    grey = np.where((x // 6 + y // 6) % 2, 60, 190).astype(np.uint8)
    part = np.repeat(grey[..., None], 3, 2)
    missing = hole_of((120, 120), 40, 90, 45, 80)
    hidden = part.copy()
    hidden[missing > 0] = (255, 0, 0)
    found = complete(hidden, missing, missing)
    assert found is not None
    places = np.indices((120, 120)).transpose(1, 2, 0) + found.offsets
    filled = hidden[places[..., 0], places[..., 1]] + found.shade
    assert (np.abs(filled - part)[missing > 0].max(-1) < 20).mean() > 0.8


def test_no_colour_is_added_that_is_not_around() -> None:
    part = noise((100, 100))
    missing = hole_of((100, 100), 30, 70, 30, 70)
    found = complete(part, missing, missing)
    assert found is not None
    places = np.indices((100, 100)).transpose(1, 2, 0) + found.offsets
    filled = part[places[..., 0], places[..., 1]] + found.shade
    assert filled.min() >= 79.9
    assert filled.max() <= 159.1


def test_with_too_little_around_there_is_no_completion() -> None:
    assert (
        complete(noise((60, 60)), hole_of((60, 60), 3, 57, 3, 57), np.zeros((60, 60), np.uint8))
        is None
    )
    assert (
        complete(noise((4, 50)), hole_of((4, 50), 0, 4, 20, 24), np.zeros((4, 50), np.uint8))
        is None
    )


def test_a_wall_in_the_shade_does_not_go_on_as_a_darker_thing_of_another_hue() -> None:
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    away = np.hypot(np.maximum(np.maximum(70 - x, x - 124), 0), np.maximum(30 - y, 0))
    wall = np.array((225.0, 222.0, 215.0))
    part = wall * (1.0 - 0.45 * np.exp(-away / 3.0))[..., None]
    part[:, :30] = 0.55 * wall + (35.0, 0.0, -45.0)
    part += np.random.default_rng(0).normal(0, 2, part.shape)
    missing = hole_of((120, 160), 30, 120, 70, 125)
    found = complete(part.clip(0, 255).astype(np.uint8), missing, missing)
    assert found is not None
    columns = (np.indices((120, 160))[1] + found.offsets[..., 1])[missing > 0]
    assert (columns >= 30).all()


@pytest.mark.parametrize(("step", "least", "most"), [(25.0, 15.0, 25.0), (80.0, 0.0, 1.0)])
def test_a_shade_ends_at_no_edge_and_an_edge_stays(step: float, least: float, most: float) -> None:
    picture = np.full((40, 80, 5), 120.0, np.float32)
    picture[:, :40] += np.float32(step)
    missing = hole_of((40, 80), 10, 30, 10, 30)
    pixels = np.ascontiguousarray(np.argwhere(missing), np.int32)
    offsets = np.zeros((40, 80, 2), np.int32)
    offsets[missing > 0] = (0, 40)  # of what is so much darker
    shade = np.zeros((40, 80, 3), np.float32)
    inside = np.ones_like(missing)
    level(picture, missing, inside, pixels, offsets, shade, HOLD, EDGE, 60)
    rim = shade[10, 12:28]
    assert (rim >= least).all()
    assert (rim <= most).all()
