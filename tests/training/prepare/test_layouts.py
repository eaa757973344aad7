from __future__ import annotations

from pathlib import Path

import pytest

from bunraku.errors import InputError
from bunraku.training.prepare.layouts import Clip, find_clips, pictures_of


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_ted_talks_and_taichi_as_films(tmp_path: Path) -> None:
    """train/ and test/ with one film a clip, whose names hold frame numbers."""
    names = ["train/a#000010#000074.mp4", "train/b.mp4", "test/c.webm"]
    touch(*(tmp_path / name for name in names), tmp_path / "train" / "list.csv")
    found = [clip.path.relative_to(tmp_path).as_posix() for clip in find_clips([tmp_path])]
    assert found == ["test/c.webm", "train/a#000010#000074.mp4", "train/b.mp4"]
    assert len(find_clips([tmp_path / "train"])) == 2


def test_taichi_and_iper_as_pictures(tmp_path: Path) -> None:
    """Folders of pictures, however deep: train/NAME.mp4/0.png and images_HD/001/1/2/000.jpg."""
    touch(tmp_path / "taichi" / "train" / "a#1#9.mp4" / "0000000.png")
    touch(tmp_path / "iper" / "images_HD" / "001" / "1" / "2" / "000.jpg")
    touch(tmp_path / "iper" / "train.txt")
    found = [clip.path.relative_to(tmp_path).as_posix() for clip in find_clips([tmp_path])]
    assert found == ["iper/images_HD/001/1/2", "taichi/train/a#1#9.mp4"]


def test_iuv_images_beside_a_clip_are_no_clips(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4", tmp_path / "a.iuv" / "0.png")
    touch(tmp_path / "b.mp4", tmp_path / "b.iuv.mkv")
    touch(tmp_path / "c" / "0.png", tmp_path / "c.iuv" / "0.png")
    a, b, c = find_clips([tmp_path])
    assert (a.iuv, b.iuv) == (tmp_path / "a.iuv", tmp_path / "b.iuv.mkv")
    assert c == Clip(tmp_path / "c", tmp_path / "c.iuv")


def test_pictures_beside_films_are_covers(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4", tmp_path / "a.jpg", tmp_path / ".hidden" / "b.mp4")
    assert [clip.path.name for clip in find_clips([tmp_path])] == ["a.mp4"]


def test_a_clip_that_is_named_twice_is_one(tmp_path: Path) -> None:
    touch(tmp_path / "a.bin", tmp_path / "b.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "b.mp4")
    clips = find_clips([tmp_path / "a.bin", tmp_path, tmp_path / "b.mp4"])
    assert [clip.path.name for clip in clips] == ["a.bin", "b.mp4"]


def test_places_hold_elsewhere_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "clips" / "a.mp4", tmp_path / "clips" / "a.iuv" / "0.png")
    monkeypatch.chdir(tmp_path)
    (clip,) = find_clips([Path("clips")])
    assert clip == Clip(tmp_path / "clips" / "a.mp4", tmp_path / "clips" / "a.iuv")
    monkeypatch.chdir(tmp_path / "clips")
    assert find_clips([Path("a.mp4")]) == [clip]


def test_nothing_to_prepare(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no does not exist"):
        find_clips([tmp_path / "no"])
    touch(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="There is no clip in"):
        find_clips([tmp_path])


def test_pictures_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("10.png", "9.JPG", "1.png", "x.txt", ".2.png")))
    assert [path.name for path in pictures_of(tmp_path)] == ["1.png", "9.JPG", "10.png"]
