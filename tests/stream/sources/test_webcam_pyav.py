from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import av.error
import pytest
from tests.stream.sources.feeds import JumpClock

from bunraku.errors import SourceError
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.sources import webcam
from bunraku.stream.sources.camera_mode import CameraMode
from bunraku.stream.sources.cameras import Camera
from bunraku.stream.sources.webcam import WebcamBackend, WebcamSource
from bunraku.stream.sources.webcam_pyav import asked_options

CAMERA = Camera(2, "C920", "/dev/video2")


def _av_open(monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | Path) -> list[dict[str, Any]]:
    """Let av.open fail, or open a clip instead of a camera; returns what it was asked."""
    asked: list[dict[str, Any]] = []
    left, real_open = list(outcomes), av.open

    def fake_open(address: str, mode: str, **asking: Any) -> Any:
        asked.append({"address": address, **asking})
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return real_open(str(outcome))

    monkeypatch.setattr(av, "open", fake_open)
    return asked


async def test_pyav_reads_a_camera(
    monkeypatch: pytest.MonkeyPatch,
    make_clip: Callable[..., Path],
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webcam, "find_camera", lambda device, platform: CAMERA)
    refused = av.error.ArgumentError(22, "Invalid argument", "/dev/video2")
    asked = _av_open(monkeypatch, refused, make_clip(frames=4))
    clock = JumpClock(0.05)
    source = WebcamSource(2, size=(1920, 1080), rate=30, backend=WebcamBackend.PYAV, clock=clock)
    await source.open()
    frame = await source.read()
    assert frame is not None
    assert frame.picture().shape == (48, 64, 3)
    assert 0 <= frame.captured_s <= 0.05
    await source.close()
    assert [ask["address"] for ask in asked] == ["/dev/video2"] * 2
    assert {ask["format"] for ask in asked} == {"v4l2"}
    wanted = {"video_size": "1920x1080", "framerate": "30"}
    assert asked[0]["options"].items() >= (wanted | {"input_format": "mjpeg"}).items()
    # A camera without Motion JPEG is asked for its own format.
    assert asked[1]["options"].items() >= wanted.items()
    assert "input_format" not in asked[1]["options"]


@pytest.mark.parametrize(("error", "message", "tries"), [
    (av.error.FileNotFoundError(2, "No such file", "x"), "no camera C920 any more", 1),
    (av.error.OSError(19, "No such device", "x"), "no camera C920 any more", 1),
    (OSError(16, "Device or resource busy"), "Close other programs", 1),
    (av.error.PermissionError(13, "Permission denied", "x"), "permission denied", 1),
    (av.error.OSError(5, "Input/output error", "x"), "Close other programs", 4),
])  # fmt: skip
def test_pyav_tells_what_stands_in_the_way(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str, tries: int
) -> None:
    asked = _av_open(monkeypatch, *[error] * 4)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SourceError, match=message):
        WebcamBackend.PYAV.connect(CAMERA, CameraMode((640, 480), 30), SystemClock())
    assert len(asked) == tries


def test_pyav_without_cameras_on_this_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    # This machine's FFmpeg has no avfoundation, just as others have no v4l2.
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SourceError, match=r"opens no cameras on darwin\. Use the OpenCV backend"):
        WebcamBackend.PYAV.connect(CAMERA, CameraMode(), SystemClock())


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_less_and_less_is_asked(platform: str) -> None:
    asked = asked_options(platform, CameraMode((1280, 720), 59.94))
    assert asked[0]["video_size"] == "1280x720"
    assert asked[0]["framerate"] == "59.94"
    assert "video_size" not in asked[-1]
    assert "framerate" not in asked[-1]
    assert all(len(a) >= len(b) for a, b in itertools.pairwise(asked))
    assert len({str(ask) for ask in asked}) == len(asked)
