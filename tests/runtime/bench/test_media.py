"""The photo and the clip that is measured with."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest

from bunraku.errors import ClipError
from bunraku.runtime.bench.media import media, read_clip


def write_clip(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            picture = np.full((48, 64, 3), 10 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def test_a_clip_is_read_up_to_a_number_of_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", 7)
    assert [f.shape for f in read_clip(path, 5)] == [(48, 64, 3)] * 5
    assert len(read_clip(path, 100)) == 7
    (tmp_path / "text.mp4").write_text("no clip")
    os.mkfifo(tmp_path / "pipe.mp4")
    for bad in ("text.mp4", "absent.mp4", "pipe.mp4"):
        with pytest.raises(ClipError):
            read_clip(tmp_path / bad, 5)


def test_a_clip_is_the_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / "a:b.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read_clip(Path("a:b.mp4"), 5)) == 3


def test_what_is_given_is_used(tmp_path: Path) -> None:
    photo, clip = tmp_path / "p.png", tmp_path / "c.mp4"
    assert media(photo, clip) == (photo, clip)
