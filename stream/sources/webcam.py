"""A webcam that drives the photo, through OpenCV or PyAV."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from enum import StrEnum

from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.sources import webcam_opencv, webcam_pyav
from bunraku.stream.sources.camera_mode import CameraMode
from bunraku.stream.sources.cameras import Camera, find_camera
from bunraku.stream.sources.reader import Feed
from bunraku.stream.sources.reconnect import ReconnectingSource, Retry

# Cameras take up to two seconds to expose their first picture.
FRAME_TIMEOUT_S = 5.0
RETRY = Retry(first_s=0.5, factor=1.5, longest_s=2.0, give_up_s=60.0)


class WebcamBackend(StrEnum):
    """Which library opens the camera."""

    OPENCV = "opencv"
    PYAV = "pyav"

    @property
    def connect(self) -> Callable[[Camera, CameraMode, Clock], Feed]:
        """What opens a camera; blocks, and raises SourceError."""
        return webcam_pyav.connect if self is WebcamBackend.PYAV else webcam_opencv.connect


class WebcamSource(ReconnectingSource):
    """The newest frame of a webcam. One that is unplugged and plugged in again goes on.

    Frames carry the time at which the driver took them, where it tells.
    """

    def __init__(
        self,
        device: int | str = 0,
        *,
        size: tuple[int, int] | None = None,
        rate: float | None = None,
        backend: WebcamBackend = WebcamBackend.OPENCV,
        clock: Clock | None = None,
        retry: Retry = RETRY,
        chance: random.Random | None = None,
    ) -> None:
        """``device`` is the camera's number, a part of its name, or its path.

        :raises InputError: a size or rate that no camera has.
        """
        clock = clock or SystemClock()
        mode = CameraMode(size, rate)

        def connect() -> Feed:
            # Found anew each time: a camera that comes back may have another number.
            return backend.connect(find_camera(device, sys.platform), mode, clock)

        super().__init__(
            connect,
            name=f"webcam {device}",
            retry=retry,
            frame_timeout_s=FRAME_TIMEOUT_S,
            clock=clock,
            chance=chance,
        )
