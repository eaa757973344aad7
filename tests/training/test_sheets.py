from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.training.sheets import (
    EMPTY_GREY,
    HEADING_PX,
    contact_sheet,
    iuv_colours,
    save_sheet,
    tile,
)


def test_iuv_colours_tell_parts_apart() -> None:
    densepose = np.zeros((73, 1, 25), np.float32)
    densepose[np.arange(25), 0, np.arange(25)] = 1.0
    colours = iuv_colours(densepose)
    assert colours.shape == (1, 25, 3)
    assert colours.dtype == np.uint8
    assert not colours[0, 0].any()
    assert len({tuple(c) for c in colours[0, 1:].tolist()}) == 24


def test_iuv_colours_show_u_and_v() -> None:
    densepose = np.zeros((73, 3, 3), np.float32)
    densepose[2] = 1.0
    densepose[25 + 1] = [0.0, 0.5, 1.0]
    densepose[49 + 1] = np.array([[0.0], [0.5], [1.0]])
    light = iuv_colours(densepose).astype(np.int64).sum(2)
    assert bool((np.diff(light, axis=0) > 0).all())
    assert bool((np.diff(light, axis=1) > 0).all())


@pytest.mark.parametrize("shape", [(10, 10), (100, 40), (40, 100), (700, 500)])
def test_tile_keeps_the_shape(shape: tuple[int, int]) -> None:
    result = tile(np.full((*shape, 3), 255, np.uint8), 64)
    assert result.shape == (64, 64, 3)
    white = (result == 255).all(2)
    height, width = white.any(1).sum(), white.any(0).sum()
    assert max(height, width) == 64
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.05)
    assert bool((result[~white] == EMPTY_GREY).all())


def test_rows_columns_and_gaps() -> None:
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    sheet = contact_sheet([[red, None, red], [red]], ["a", "b", "c"], side=32)
    assert sheet.shape == (HEADING_PX + 64, 96, 3)
    body = sheet[HEADING_PX:]
    assert bool((body[:32, 64:] == (255, 0, 0)).all())
    assert bool((body[:32, 32:64] == EMPTY_GREY).all())
    assert bool((body[32:, 32:] == EMPTY_GREY).all())
    assert bool((sheet[:HEADING_PX] > 200).any())  # the headings are legible


def test_row_names_stand_in_the_first_tile() -> None:
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    sheet = contact_sheet([[red, red]], names=["who"], side=64)
    assert sheet.shape == (64, 128, 3)
    assert bool((sheet[:HEADING_PX, :64].min(2) > 200).any())
    assert bool((sheet[:, 64:] == (255, 0, 0)).all())
    assert bool((sheet[HEADING_PX:, :64] == (255, 0, 0)).all())


def test_saved(tmp_path: Path) -> None:
    path = save_sheet(tmp_path / "deeper" / "sheet.jpg", np.zeros((16, 32, 3), np.uint8))
    with Image.open(path) as image:
        assert image.size == (32, 16)
