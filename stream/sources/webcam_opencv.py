"""Cameras through OpenCV."""

from __future__ import annotations

import sys

import cv2
import numpy as np

from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.sources.camera_mode import CameraMode, captured_s
from bunraku.stream.sources.cameras import Camera, busy
from bunraku.stream.sources.reader import FeedLost

# The native interface of each platform: the others add frames of delay or open slowly.
APIS = {
    "linux": cv2.CAP_V4L2,
    "darwin": cv2.CAP_AVFOUNDATION,
    "win32": cv2.CAP_DSHOW,
}

# A camera that was unplugged fails at once and for ever; a bad frame fails once.
_MAX_FAILURES = 5


def connect(camera: Camera, mode: CameraMode, clock: Clock) -> OpenCVFeed:
    """Open a camera.

    :raises SourceError: it is busy, or gives no pictures.
    """
    # By path where there is one: OpenCV's numbers are the same only for plain ones.
    address = camera.address if camera.address.startswith("/") else camera.index
    capture = cv2.VideoCapture(address, APIS.get(sys.platform, cv2.CAP_ANY))
    if not capture.isOpened():
        capture.release()
        raise busy(camera)
    _ask(capture, mode)
    # Some cameras open while another program has them, and only then refuse.
    if not capture.grab():
        capture.release()
        raise busy(camera)
    return OpenCVFeed(capture, clock)


def _ask(capture: cv2.VideoCapture, mode: CameraMode) -> None:
    # The format first: it decides which sizes and rates there are.
    if mode.compressed:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if mode.size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.size[1])
    if mode.rate is not None:
        capture.set(cv2.CAP_PROP_FPS, mode.rate)


class OpenCVFeed:
    """An open camera."""

    live = True

    def __init__(self, capture: cv2.VideoCapture, clock: Clock) -> None:
        self._capture = capture
        self._clock = clock
        self.unreadable = 0

    def read(self) -> LiveFrame:
        for _ in range(_MAX_FAILURES):
            if self._capture.grab():
                now_s = self._clock.now()
                picture = self._picture()
                if picture is not None:
                    at_s = captured_s(self._stamp_s(), now_s)
                    return LiveFrame(picture, round(at_s * 1e6), MICROSECONDS, at_s)
            self.unreadable += 1
        raise FeedLost("it gives no more pictures")

    def _picture(self) -> Picture | None:
        try:
            taken, picture = self._capture.retrieve()
            if not taken or picture is None:
                return None
            return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        except cv2.error:
            # Half a picture from a bad cable.
            return None

    def _stamp_s(self) -> float | None:
        # Only V4L2 tells when the driver took the frame; for others it is a position from 0.
        if sys.platform != "linux":
            return None
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3

    def close(self) -> None:
        self._capture.release()
