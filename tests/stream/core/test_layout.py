from __future__ import annotations

import numpy as np
import pytest

from bunraku.stream.core.layout import draw_mark, recordable_size, side_by_side


@pytest.mark.parametrize(
    ("size", "max_side_px", "expected"),
    [
        ((640, 480), 4096, (640, 480)),
        ((640, 480), 320, (320, 240)),
        ((8000, 1000), 4096, (4096, 512)),
        ((1, 9000), 4096, (1, 4096)),
    ],
)
def test_recordable_size(
    size: tuple[int, int], max_side_px: int, expected: tuple[int, int]
) -> None:
    assert recordable_size(*size, max_side_px) == expected


def test_a_phone_photo_becomes_what_players_take() -> None:
    width, height = recordable_size(4032, 3024, 4096)
    assert width * height <= 4096 * 2160
    assert width / height == pytest.approx(4032 / 3024, abs=1e-3)


def test_side_by_side_scales_the_clip_to_the_picture() -> None:
    driving = np.full((100, 50, 3), 10, np.uint8)
    animated = np.full((40, 60, 3), 200, np.uint8)
    both = side_by_side(driving, animated)
    assert both.shape == (40, 80, 3)
    assert (both[:, :20] == 10).all()
    assert (both[:, 20:] == 200).all()


@pytest.mark.parametrize("shape", [(720, 1280, 3), (256, 256, 3), (30, 40, 3)])
def test_mark_changes_a_corner_of_a_copy(shape: tuple[int, int, int]) -> None:
    picture = np.full(shape, 128, np.uint8)
    marked = draw_mark(picture)
    assert (picture == 128).all()
    assert (marked[shape[0] // 2 :] != picture[shape[0] // 2 :]).any()
    changed = np.argwhere((marked != picture).any(axis=2))
    if min(shape[:2]) > 100:
        assert changed[:, 0].min() > shape[0] * 0.8
        assert changed[:, 1].min() > shape[1] * 0.6
