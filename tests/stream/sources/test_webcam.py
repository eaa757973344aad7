from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.stream.sources.feeds import JumpClock

from bunraku.errors import InputError, SourceError
from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.sources import webcam
from bunraku.stream.sources.camera_mode import CameraMode, captured_s
from bunraku.stream.sources.cameras import Camera
from bunraku.stream.sources.reconnect import Retry
from bunraku.stream.sources.webcam import WebcamBackend, WebcamSource

CAMERA = Camera(2, "C920", "/dev/video2")
QUICK = Retry(first_s=1.0, factor=1.0, longest_s=1.0, jitter=0.0, give_up_s=20.0)


class FakeCapture:
    """Stands in for cv2.VideoCapture: gives ``pictures`` (None: a failure), then fails or waits."""

    opened: list[FakeCapture]
    scripts: list[list[Picture | None]]

    def __init__(self, address: int | str, api: int) -> None:
        self.address, self.api = address, api
        self.asked: list[tuple[int, float]] = []
        self.released = threading.Event()
        self._pictures = FakeCapture.scripts.pop(0) if FakeCapture.scripts else None
        self._current: Picture | None = None
        FakeCapture.opened.append(self)

    def isOpened(self) -> bool:
        return self._pictures is not None

    def set(self, what: int, value: float) -> bool:
        self.asked.append((what, value))
        return False

    def get(self, what: int) -> float:
        assert what == cv2.CAP_PROP_POS_MSEC
        return 99_970.0

    def grab(self) -> bool:
        if not self._pictures:
            return False
        self._current = self._pictures.pop(0)
        return self._current is not None

    def retrieve(self) -> tuple[bool, Picture | None]:
        return self._current is not None, self._current

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[FakeCapture]]:
    """Let captures give the scripts, one after the other; returns those that are opened."""

    def set_up(*scripts: list[Picture | None]) -> list[FakeCapture]:
        FakeCapture.opened, FakeCapture.scripts = [], list(scripts)
        return FakeCapture.opened

    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webcam, "find_camera", lambda device, platform: CAMERA)
    return set_up


def _bgr(blue: int) -> Picture:
    picture = np.zeros((12, 16, 3), np.uint8)
    picture[..., 0] = blue
    return picture


async def test_opencv_gives_rgb_at_the_time_of_the_driver(
    script: Callable[..., list[FakeCapture]],
) -> None:
    # The first is only grabbed, to see that the camera gives any.
    opened = script([_bgr(1), _bgr(200)])
    source = WebcamSource(0, size=(1280, 720), rate=60, clock=JumpClock(), retry=QUICK)
    await source.open()
    frame = await source.read()
    assert frame is not None
    assert frame.picture()[0, 0].tolist() == [0, 0, 200]
    assert frame.captured_s == pytest.approx(99.97)
    assert source.name == "webcam 0"
    await source.close()
    capture = opened[0]
    assert (capture.address, capture.api) == ("/dev/video2", cv2.CAP_V4L2)
    assert capture.released.is_set()
    # The format stands first: cameras reset the size with it.
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 60),
    ]


@pytest.mark.parametrize(("platform", "address", "api"), [
    ("darwin", 0, cv2.CAP_AVFOUNDATION), ("win32", 0, cv2.CAP_DSHOW), ("sunos", 0, cv2.CAP_ANY),
])  # fmt: skip
async def test_opencv_uses_the_native_interface(
    script: Callable[..., list[FakeCapture]],
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    address: int,
    api: int,
) -> None:
    opened = script([_bgr(1)] * 9)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(webcam, "find_camera", lambda *_: Camera(0, "FaceTime", "0"))
    source = WebcamSource(clock=JumpClock(), retry=QUICK)
    await source.open()
    frame = await source.read()
    assert frame is not None
    # No driver's clock is to be trusted there.
    assert frame.captured_s == 100
    await source.close()
    assert (opened[0].address, opened[0].api) == (address, api)
    assert opened[0].asked == []


@pytest.mark.parametrize("pictures", [None, []])
async def test_a_busy_camera_is_told(
    script: Callable[..., list[FakeCapture]], pictures: list[Picture | None] | None
) -> None:
    opened = script(*([] if pictures is None else [pictures]))
    source = WebcamSource(2, clock=JumpClock(), retry=QUICK)
    with pytest.raises(SourceError, match=r"Camera 2 \(C920\) cannot be opened. Close other prog"):
        await source.open()
    await source.close()
    assert opened[0].released.is_set()


async def test_a_bad_frame_is_counted(script: Callable[..., list[FakeCapture]]) -> None:
    # OpenCV raises at the empty one.
    script([_bgr(0), None, np.zeros((0, 0, 3), np.uint8), _bgr(7)])
    source = WebcamSource(clock=JumpClock(), retry=QUICK)
    await source.open()
    assert await source.read() is not None
    assert source.missed >= 2
    await source.close()


async def test_an_unplugged_camera_goes_on_when_it_is_back(
    script: Callable[..., list[FakeCapture]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = script([_bgr(0), _bgr(1)], [_bgr(0), _bgr(2)])
    gone: list[Camera | SourceError] = [
        CAMERA,
        SourceError("There is no camera 2."),
        SourceError("There is no camera 2."),
    ]

    def find(device: int | str, platform: str) -> Camera:
        found = gone.pop(0) if gone else Camera(3, "C920", "/dev/video3")
        if isinstance(found, SourceError):
            raise found
        return found

    monkeypatch.setattr(webcam, "find_camera", find)
    clock = JumpClock()
    source = WebcamSource("C920", clock=clock, retry=QUICK)
    await source.open()
    for red in (1, 2):
        frame = await source.read()
        assert frame is not None
        assert frame.picture()[0, 0, 2] == red
    assert clock.now() == 103
    assert [capture.address for capture in opened] == ["/dev/video2", "/dev/video3"]
    assert opened[0].released.is_set()
    await source.close()


async def test_a_camera_that_stays_away_ends_it(script: Callable[..., list[FakeCapture]]) -> None:
    script([_bgr(0)])
    clock = JumpClock()
    source = WebcamSource(clock=clock, retry=QUICK)
    await source.open()
    with pytest.raises(SourceError, match=r"webcam 0 was lost .* for 20 s.* plugged in"):
        await source.read()
    await source.close()


@pytest.mark.parametrize("backend", WebcamBackend)
async def test_a_camera_that_is_not_there(backend: WebcamBackend) -> None:
    source = WebcamSource(4321, backend=backend)
    with pytest.raises(SourceError, match=r"no camera 4321 \(/dev/video4321 does not exist\)"):
        await source.open()
    await source.close()


@pytest.mark.parametrize("backend", WebcamBackend)
def test_a_device_that_is_no_camera(backend: WebcamBackend, tmp_path: Path) -> None:
    path = tmp_path / "video7"
    path.write_bytes(b"nothing")
    with pytest.raises(SourceError, match=r"Camera 7 \(fake\) cannot be opened"):
        backend.connect(Camera(7, "fake", str(path)), CameraMode(), SystemClock())


def test_motion_jpeg_for_large_or_fast_pictures() -> None:
    assert CameraMode((1280, 720)).compressed
    assert CameraMode((640, 480), 60).compressed
    assert not CameraMode((640, 480), 30).compressed
    assert not CameraMode().compressed


@pytest.mark.parametrize(("size", "rate"), [
    ((0, 480), None), ((640, -1), None), (None, 0.0), (None, -1.0), (None, float("inf")),
])  # fmt: skip
def test_impossible_modes_are_refused(size: tuple[int, int] | None, rate: float | None) -> None:
    with pytest.raises(InputError, match="A camera has no"):
        WebcamSource(size=size, rate=rate)


def test_only_plausible_times_of_capture_are_taken() -> None:
    assert captured_s(99.5, 100.0) == 99.5
    assert captured_s(100.1, 100.0) == 100.0
    assert captured_s(1.7e9, 100.0) == 100.0
    assert captured_s(0.0, 100.0) == 100.0
    assert captured_s(None, 100.0) == 100.0
