from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bunraku.errors import ClipError
from bunraku.stream.clip.reader import ClipFrame, ClipReader

MakeClip = Callable[..., Path]


def _read(path: Path, *window: int) -> tuple[list[ClipFrame], ClipReader]:
    with ClipReader(path) as reader:
        return list(reader.frames(*window)), reader


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.mov", "clip.ts", "clip.avi"])
def test_reads_containers(make_clip: MakeClip, name: str) -> None:
    frames, reader = _read(make_clip(name))

    assert [frame.index for frame in frames] == list(range(6))
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert np.allclose(
        [f.image[40, 40].mean() for f in frames], [20 + 8 * i for i in range(6)], atol=4
    )
    steps = np.diff([frame.time_s for frame in frames])
    assert np.allclose(steps, 0.04, atol=2e-3)
    assert reader.unreadable == 0
    assert reader.loss_s is None


def test_frames_are_rgb(make_clip: MakeClip) -> None:
    frames, _ = _read(make_clip())
    red, green, blue = frames[0].image[4, 4].astype(int)
    assert red > 200
    assert green < 40
    assert blue < 40


def test_variable_frame_rate_is_kept(make_clip: MakeClip) -> None:
    times_ms = [0, 40, 50, 300, 333]
    frames, _ = _read(make_clip("clip.mkv", times_ms=times_ms))
    assert [round(frame.time_s * 1000) for frame in frames] == times_ms


@pytest.mark.parametrize(("rotation", "corner"), [
    (0, (4, 4)), (90, (-5, 4)), (180, (-5, -5)), (270, (4, -5)),
])  # fmt: skip
def test_rotation_is_applied(make_clip: MakeClip, rotation: int, corner: tuple[int, int]) -> None:
    frames, _ = _read(make_clip(rotation=rotation))
    image = frames[0].image
    assert image.shape == ((48, 64, 3) if rotation % 180 == 0 else (64, 48, 3))
    assert image[corner][0] > 200
    assert image[corner][1] < 40


def test_a_photo_with_exif_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    Image.new("RGB", (64, 48), (30, 60, 200)).save(tmp_path / "photo.jpg", exif=exif)
    frames, _ = _read(tmp_path / "photo.jpg")
    assert len(frames) == 1
    assert np.allclose(frames[0].image[20, 20], (30, 60, 200), atol=6)


def test_pixels_become_square(make_clip: MakeClip) -> None:
    frames, _ = _read(make_clip(aspect=Fraction(3, 2)))
    assert frames[0].image.shape == (48, 96, 3)


def test_window_of_frames(make_clip: MakeClip) -> None:
    frames, reader = _read(make_clip(), 2, 4)
    assert [frame.index for frame in frames] == [2, 3]
    assert reader.loss_s is None


def test_expected_frames_and_rate(make_clip: MakeClip) -> None:
    for name in ("clip.mp4", "clip.mkv"):
        with ClipReader(make_clip(name)) as reader:
            assert reader.expected_frames == 6
            assert abs(reader.rate - 25) < 1


def test_start_past_the_end(make_clip: MakeClip) -> None:
    with pytest.raises(ClipError, match="has 6 frames, numbered from 0; frame 6 is past its end"):
        _read(make_clip(), 6)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"no\.mp4 does not exist\. Check the path of the clip\."):
        ClipReader(tmp_path / "no.mp4")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="is a folder, not a clip"):
        ClipReader(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(ClipError, match=r"clip\.mp4 is empty\. Copy or export it again\."):
        ClipReader(tmp_path / "clip.mp4")


def test_not_a_clip(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("Dear diary, " * 100)
    with pytest.raises(ClipError, match="is not a clip that can be read"):
        ClipReader(tmp_path / "clip.mp4")


def test_lost_header(make_clip: MakeClip) -> None:
    path = make_clip(frames=40)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ClipError, match="its header is damaged"):
        ClipReader(path)


def test_no_video_stream(tmp_path: Path, make_clip: MakeClip) -> None:
    sound = tmp_path / "sound.m4a"
    with av.open(str(make_clip(audio="aac"))) as source, av.open(str(sound), "w", "mp4") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with pytest.raises(ClipError, match=r"has no video stream\. Use a clip with pictures in it\."):
        ClipReader(sound)


def test_no_frame_that_decodes(make_clip: MakeClip) -> None:
    path = make_clip(options={"movflags": "faststart"})
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    path.write_bytes(data[:start] + bytes(len(data) - start))
    with pytest.raises(ClipError, match="holds no frame that can be decoded"):
        _read(path)


def test_zero_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.y4m"
    path.write_text("YUV4MPEG2 W64 H48 F25:1\n")
    with pytest.raises(ClipError, match="Check that it plays elsewhere, or export it again"):
        _read(path)


def test_corrupt_tail_gives_what_decodes(make_clip: MakeClip) -> None:
    path = make_clip(frames=40, size=(160, 120), options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    for i in range(len(data) * 8 // 10, len(data)):
        data[i] = (i * 7 + 3) % 256
    path.write_bytes(data)

    frames, reader = _read(path)
    assert 10 < len(frames) < 40
    assert reader.unreadable > 0
    assert reader.loss_s is not None


def test_cut_tail_gives_what_decodes(make_clip: MakeClip) -> None:
    path = make_clip("clip.mp4", frames=40, size=(160, 120), options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-900])

    frames, reader = _read(path)
    assert 5 < len(frames) < 40
    assert reader.loss_s is not None
    assert reader.expected_frames == 40


def test_failing_container_is_given_up(
    make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __init__(self, container: Any) -> None:
            self.container = container
            self.read = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self.container, name)

        def demux(self) -> Iterator[Any]:
            packets = self.container.demux()
            for _ in range(3 - self.read):
                self.read += 1
                yield next(packets)
            raise av.error.InvalidDataError(1, "broken", "clip.mp4")

    with ClipReader(make_clip(options={"bf": "0"})) as reader:
        monkeypatch.setattr(reader, "_container", Failing(reader._container))
        frames = list(reader.frames())
    assert len(frames) == 3
    assert reader.unreadable > 0


def test_size_that_changes_mid_clip(tmp_path: Path, make_clip: MakeClip) -> None:
    # MPEG transport streams may be joined end to end, whatever is in them.
    joined = tmp_path / "joined.ts"
    with joined.open("wb") as target:
        for name, size in (("a.ts", (64, 48)), ("b.ts", (48, 64))):
            with make_clip(name, size=size).open("rb") as part:
                shutil.copyfileobj(part, target)

    frames, reader = _read(joined)
    assert len(frames) >= 11
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert reader.resized >= 5
    pts = [frame.pts for frame in frames]
    assert pts == sorted(set(pts))
