from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
import pyvirtualcam
import pyvirtualcam.camera
from numpy.typing import NDArray

from bunraku.errors import InputError, MissingExtraError, OutputError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.virtual_camera import VirtualCameraSink


class FakeBackend:
    """What pyvirtualcam asks of a platform's driver."""

    made: ClassVar[list[FakeBackend]] = []

    def __init__(self, **asked: Any) -> None:
        self.asked = asked
        self.sent: list[NDArray[np.uint8]] = []
        self.unplugged = self.closed = False
        self.made.append(self)

    def close(self) -> None:
        self.closed = True

    def send(self, frame: NDArray[np.uint8]) -> None:
        if self.unplugged:
            raise RuntimeError("device is gone")
        self.sent.append(frame.copy())

    def device(self) -> str:
        return "fake"

    def native_fourcc(self) -> int | None:
        return None


@pytest.fixture
def backend() -> Iterator[type[FakeBackend]]:
    """pyvirtualcam with this one driver."""
    real = dict(pyvirtualcam.camera.BACKENDS)
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.register_backend("fake", FakeBackend)
    FakeBackend.made.clear()
    yield FakeBackend
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.camera.BACKENDS.update(real)


def _frame(width: int = 64, height: int = 48) -> LiveFrame:
    picture = np.full((height, width, 3), (200, 100, 50), np.uint8)
    return LiveFrame(picture, 0, Fraction(1, 25), 0.0)


async def test_feeds_pictures_of_one_size(backend: type[FakeBackend]) -> None:
    sink = VirtualCameraSink("my camera", size=(64, 48), rate=25)
    await sink.open()
    await sink.write(_frame())
    await sink.write(_frame(48, 64))
    await sink.close()
    await sink.close()

    (camera,) = backend.made
    assert (camera.asked["width"], camera.asked["height"], camera.asked["fps"]) == (64, 48, 25)
    assert camera.asked["device"] == "my camera"
    assert camera.asked["fourcc"] == int.from_bytes(b"raw ", "little")  # RGB
    first, second = (sent.reshape(48, 64, 3) for sent in camera.sent)
    assert (first == (200, 100, 50)).all()
    assert second[24, 32].tolist() == [200, 100, 50]
    assert second[24, 2].tolist() == [0, 0, 0]  # a bar
    assert camera.closed
    assert (sink.name, sink.notice) == ("virtual camera my camera", None)


async def test_a_camera_that_goes_away(backend: type[FakeBackend]) -> None:
    sink = VirtualCameraSink()
    await sink.open()
    backend.made[0].unplugged = True
    with pytest.raises(SinkClosed, match="virtual camera takes no more pictures: device is gone"):
        await sink.write(_frame())
    await sink.close()
    assert backend.made[0].closed


async def test_closed_before_it_was_opened() -> None:
    sink = VirtualCameraSink()
    with pytest.raises(SinkClosed, match="is not open"):
        await sink.write(_frame())
    await sink.close()


async def test_no_such_camera() -> None:
    """The true driver, where there is no device."""
    sink = VirtualCameraSink("/dev/video98")
    with pytest.raises(
        OutputError, match=r"virtual camera /dev/video98 cannot be opened:"
    ) as caught:
        await sink.open()
    await sink.close()
    assert "\n" not in str(caught.value)
    assert caught.value.hint is not None
    if sys.platform == "linux":
        assert "modprobe v4l2loopback" in caught.value.hint


def test_without_pyvirtualcam(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pyvirtualcam":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'bunraku\[virtualcam\]'"):
        VirtualCameraSink()


@pytest.mark.parametrize("numbers", [{"size": (0, 480)}, {"rate": 0}, {"rate": float("nan")}])
def test_numbers_that_make_no_sense(numbers: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be above 0"):
        VirtualCameraSink(**numbers)
