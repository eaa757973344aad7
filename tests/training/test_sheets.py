from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.errors import OutputError
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.training.sheets import (
    EMPTY_GREY,
    HEADING_PX,
    Film,
    contact_sheet,
    save_sheet,
    tile,
    tile_size,
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
        assert image.info["comment"] == SYNTHETIC_COMMENT.encode()


def test_a_sheet_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"sheet .* cannot be written"):
        save_sheet(tmp_path / "file" / "sheet.jpg", np.zeros((16, 32, 3), np.uint8))


def test_tiles_of_real_pictures_are_at_their_own_size() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 50, 3)).astype(np.uint8)
    size = tile_size(picture, 3)
    assert size == (50, 30)
    np.testing.assert_array_equal(tile(picture, *size), picture)
    sheet = contact_sheet([[picture, picture]], ["a", "b"], (), *size)
    np.testing.assert_array_equal(sheet[HEADING_PX:, 50:], picture)


@pytest.mark.parametrize(
    ("shape", "columns", "size"),
    [
        ((1024, 800), 2, (800, 1024)),
        ((2048, 1000), 2, (500, 1024)),
        ((600, 1000), 5, (819, 491)),  # five of them fill the widest film
    ],
)
def test_tiles_that_would_be_too_large(
    shape: tuple[int, int], columns: int, size: tuple[int, int]
) -> None:
    assert tile_size(np.zeros((*shape, 3), np.uint8), columns) == size


def test_a_film_keeps_the_time_of_its_frames(tmp_path: Path) -> None:
    red = np.full((20, 24, 3), (255, 0, 0), np.uint8)
    path = tmp_path / "films" / "a.webm"
    with Film(path, ["one", "two"], (24, 20)) as film:
        for pts in (7, 8, 11):
            film.write([red, red], ClipFrame(red, pts, pts, 1, Fraction(1, 10)))
    with ClipReader(path) as reader:
        frames = list(reader.frames())
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.1, 0.4], abs=0.002)
    assert frames[0].image.shape == (HEADING_PX + 20, 48, 3)


def test_a_film_that_fails_is_not_kept(tmp_path: Path) -> None:
    red = np.full((20, 24, 3), (255, 0, 0), np.uint8)

    def fail() -> None:
        with Film(tmp_path / "films" / "a.webm", ["one"], (64, 48)) as film:
            film.write([red], ClipFrame(red, 0, 0, 1, Fraction(1, 10)))
            raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        fail()
    assert list((tmp_path / "films").iterdir()) == []


def test_a_film_without_a_place(tmp_path: Path) -> None:
    (tmp_path / "films").touch()
    with pytest.raises(OutputError, match="films is no folder"):
        Film(tmp_path / "films" / "a.webm", ["one"], (24, 20))
