"""IUV images as clips."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from tests.runtime.drivers.iuv_images.people import Iuv, facing
from tests.videos import Video, write_videos

from bunraku.errors import InputError
from bunraku.runtime.drivers.iuv_images.reading import IuvImages

PEOPLE = [facing(left=2 * k) for k in range(5)]


def write_clip(path: Path, codec: str, pixels: str, images: list[Iuv], **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=10, options=options))
        stream.width, stream.height, stream.pix_fmt = 100, 200, pixels
        for iuv in images:
            rgb = np.ascontiguousarray(iuv[..., ::-1])
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixels)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "options"),
    [
        ("iuv.mkv", "ffv1", "bgr0", {}),
        ("iuv.mp4", "libx264rgb", "rgb24", {"qp": "0"}),
        ("iuv.mov", "png", "rgb24", {}),
    ],
)
def test_clips_without_loss(
    tmp_path: Path, name: str, codec: str, pixels: str, options: dict[str, str]
) -> None:
    images = IuvImages(write_clip(tmp_path / name, codec, pixels, PEOPLE, **options))
    assert images.count is None
    for index in (0, 1, 1, 3, 4, 2):
        np.testing.assert_array_equal(images.frame(index), PEOPLE[index])
    with pytest.raises(InputError, match="holds 5 IUV images"):
        images.frame(5)
    assert images.count == 5


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tells of open files on Linux")
def test_the_file_is_let_go_of(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "iuv.mkv", "ffv1", "bgr0", PEOPLE)

    def held() -> int:
        links = Path("/proc/self/fd").iterdir()
        return sum(link.exists() and link.resolve() == clip for link in links)

    images = IuvImages(clip)
    other = images.another()
    assert held() == 2
    np.testing.assert_array_equal(other.frame(3), PEOPLE[3])
    images.close()
    assert held() == 1
    np.testing.assert_array_equal(images.frame(2), PEOPLE[2])
    del images, other
    assert held() == 0


def test_clips_whose_pixels_are_no_rgb(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "iuv.mp4", "libx264", "yuv420p", PEOPLE)
    with pytest.raises(InputError, match=r"keeps its pictures as yuv420p, which blurs"):
        IuvImages(clip)


def test_rgb_with_loss(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "iuv.mp4", "libx264rgb", "rgb24", PEOPLE, crf="30")
    with pytest.raises(InputError, match=r"loss"):
        IuvImages(clip)


@pytest.mark.parametrize(
    ("data", "told"), [(b"", "is empty"), (b"no clip at all" * 50, "is not a clip that can be")]
)
def test_what_is_no_clip(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "iuv.mkv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"iuv\.mkv {told}"):
        IuvImages(path)


@pytest.mark.parametrize("name", ["a:b.mkv", "concat:x.mkv", "-x.mkv"])
def test_names_are_names_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_clip(tmp_path / "iuv.mkv", "ffv1", "bgr0", PEOPLE).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(IuvImages(name).frame(1), PEOPLE[1])


def test_places_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"pipe is a pipe, .* Save it to a file first\."):
        IuvImages(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"^http://host/iuv\.mkv is an address, and IUV images"):
        IuvImages("http://host/iuv.mkv")
    with pytest.raises(InputError, match=r"is a device, not a clip of IUV images"):
        IuvImages("/dev/zero")


def test_a_cover_is_not_the_clip(tmp_path: Path) -> None:
    videos = [Video("png", (100, 200), 1), Video("libx264", (100, 200))]
    path = write_videos(tmp_path / "iuv.mov", videos)
    with pytest.raises(InputError, match="keeps its pictures as yuv420p"):
        IuvImages(path)  # the film's, not the cover's RGB


def test_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "iuv.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(InputError, match="has no video stream"):
        IuvImages(path)
