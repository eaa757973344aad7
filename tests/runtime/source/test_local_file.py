from __future__ import annotations

import os
from pathlib import Path

import av
import pytest

from bunraku.runtime.source.local_file import ffmpeg_name


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "concat:x", "file:y.mp4", "-x.mp4", "pipe:0", "a b?.mp4", b"caf\xe9.mp4"]
)
def test_names_are_names_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(name))
    with av.open(ffmpeg_name(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with av.open(ffmpeg_name(str(path))) as container:
        assert len(list(container.decode(video=0))) == 1
