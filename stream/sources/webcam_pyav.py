"""Cameras through PyAV: v4l2, avfoundation, dshow."""

from __future__ import annotations

import errno
import sys

import av
import av.error
from av.container import InputContainer

from bunraku.errors import SourceError
from bunraku.stream.core.clock import Clock
from bunraku.stream.sources.av_feed import AvFeed
from bunraku.stream.sources.camera_mode import CameraMode, captured_s
from bunraku.stream.sources.cameras import Camera, busy

FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}

_TIMEOUT_S = 5.0
_NO_SUCH = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


def connect(camera: Camera, mode: CameraMode, clock: Clock) -> AvFeed:
    """Open a camera.

    :raises SourceError: it is busy or gone, or this PyAV knows no cameras on this platform.
    """
    container = _open(camera, mode)
    if not container.streams.video:
        container.close()
        raise busy(camera)
    return AvFeed(container, container.streams.video[0], clock, capture=captured_s)


def _open(camera: Camera, mode: CameraMode) -> InputContainer:
    form = FORMATS.get(sys.platform)
    if form is None or form not in _known_formats():
        raise SourceError(
            f"This PyAV opens no cameras on {sys.platform}.", "Use the OpenCV backend instead."
        )
    failure: av.error.FFmpegError | OSError | None = None
    for options in asked_options(sys.platform, mode):
        try:
            return av.open(camera.address, "r", format=form, options=options, timeout=_TIMEOUT_S)
        except (av.error.FFmpegError, OSError) as exc:
            # A camera refuses what it does not have; then less is asked of it.
            failure = exc
            if exc.errno in (errno.EBUSY, errno.EACCES, *_NO_SUCH):
                break
    if failure is not None and failure.errno in _NO_SUCH:
        raise SourceError(f"There is no camera {camera.name} any more.", "Plug it in again.")
    if failure is not None and failure.errno == errno.EACCES:
        raise SourceError(
            f"Camera {camera.index} ({camera.name}) cannot be opened: permission denied.",
            "Allow this program to use the camera in the system's settings.",
        )
    raise busy(camera) from failure


def _known_formats() -> set[str]:
    # FFmpeg lists some under several names: "video4linux2,v4l2".
    return {name for names in av.formats_available for name in names.split(",")}


def asked_options(platform: str, mode: CameraMode) -> list[dict[str, str]]:
    """What to ask of a camera, then less and less, as FFmpeg's options."""
    options = {"fflags": "nobuffer", "flags": "low_delay"}
    if platform == "win32":
        # Three frames of 1080p: more would wait there.
        options["rtbufsize"] = "20M"
    rate = {} if mode.rate is None else {"framerate": f"{mode.rate:g}"}
    if platform == "darwin" and not rate:
        # FFmpeg's own default, 29.97, is refused by most of them.
        rate = {"framerate": "30"}
    size = {} if mode.size is None else {"video_size": f"{mode.size[0]}x{mode.size[1]}"}
    packed = {"win32": {"vcodec": "mjpeg"}, "linux": {"input_format": "mjpeg"}}.get(platform, {})
    asked = [options | size | rate, options | size, options | rate, options]
    if mode.compressed and packed:
        asked.insert(0, options | size | rate | packed)
    return [each for i, each in enumerate(asked) if each not in asked[:i]]
