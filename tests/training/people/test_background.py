from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.errors import InputError, PhotoError
from bunraku.training.people import background
from bunraku.training.people.background import from_picture, list_pictures, procedural, room


@pytest.mark.parametrize("kind", [kind for kind, _ in background._KINDS])
def test_every_kind_fills_the_picture(kind: background.Painter, rng: np.random.Generator) -> None:
    pixels = kind(rng, 96)
    assert pixels.shape == (96, 96, 3)
    assert np.isfinite(pixels).all()
    assert pixels.std() > 1


def test_backgrounds_repeat_with_their_seed_only() -> None:
    first, again, other = (procedural(np.random.default_rng(seed), 64) for seed in (3, 3, 4))
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_room_has_a_floor(rng: np.random.Generator) -> None:
    picture = room(rng, 128)
    assert np.abs(picture[20].mean(0) - picture[-4].mean(0)).max() > 8


def test_squares_of_pictures(tmp_path: Path, rng: np.random.Generator) -> None:
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (300, 120), (10, 200, 30)).save(tmp_path / "deep" / "wide.JPG")
    (path,) = list_pictures(tmp_path)
    square = from_picture(rng, path, 64)
    assert square.shape == (64, 64, 3)
    assert np.abs(square.mean((0, 1)) - [10, 200, 30]).max() < 4


def test_pictures_of_a_line_or_of_nothing(tmp_path: Path, rng: np.random.Generator) -> None:
    Image.new("RGB", (300, 1), (10, 200, 30)).save(tmp_path / "line.png")
    assert from_picture(rng, tmp_path / "line.png", 8).shape == (8, 8, 3)
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"torn\.jpg is not a picture"):
        from_picture(rng, tmp_path / "torn.jpg", 8)


def test_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no photo in"):
        list_pictures(tmp_path)
