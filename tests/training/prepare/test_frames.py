from __future__ import annotations

from pathlib import Path

import pytest
from tests.training.prepare.people import empty, walk, write_film, write_pictures

from bunraku.errors import ClipError
from bunraku.training.prepare.frames import Frames


@pytest.mark.parametrize(
    ("fps", "rate_fps", "indices"),
    [
        (30, 10.0, [0, 3, 6, 9]),
        (10, 10.0, list(range(10))),
        (5, 10.0, list(range(10))),
        (25, 10.0, [0, 3, 5, 8]),
    ],
)
def test_frames_at_the_rate(tmp_path: Path, fps: int, rate_fps: float, indices: list[int]) -> None:
    film = write_film(tmp_path / "a.mkv", walk(10), fps)
    frames = Frames(film, rate_fps)
    found = list(frames)
    assert [frame.index for frame in found] == indices
    assert found[1].time_s == pytest.approx(indices[1] / fps, abs=2e-3)
    assert found[0].picture.shape == (240, 320, 3)
    assert frames.notes == []


def test_a_film_that_was_cut_short_is_told(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", walk(20))
    content = film.read_bytes()
    film.write_bytes(content[: len(content) * 2 // 5])
    frames = Frames(film, 10.0)
    found = list(frames)
    assert 4 <= len(found) <= 8
    (note,) = (note for note in frames.notes if "early" in note)
    assert note == f"it ends early: {len(found) / 10:.1f} s of 2.0 s could be read"


def test_pictures_are_25_a_second(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "a", empty(11))
    (folder / "5.png").write_bytes(b"torn")
    frames = Frames(folder, 5.0)
    assert [frame.index for frame in frames] == [0, 10]
    assert frames.notes == ["1 unreadable"]


def test_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "a", empty(1))
    (folder / "0.png").write_bytes(b"")
    with pytest.raises(ClipError, match="a holds no picture that can be read"):
        list(Frames(folder, 5.0))
    (tmp_path / "b.mp4").write_bytes(b"nothing of a clip")
    with pytest.raises(ClipError, match=r"b\.mp4 is not a clip that can be read"):
        list(Frames(tmp_path / "b.mp4", 5.0))
