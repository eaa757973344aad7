from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.training.sheets import (
    EMPTY_GREY,
    HEADING_PX,
    contact_sheet,
    save_sheet,
    tile,
)


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
