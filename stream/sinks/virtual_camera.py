"""A virtual camera: other programs (video calls, OBS) see the live picture as a webcam."""

from __future__ import annotations

import sys
from typing import Any

from bunraku.errors import PIP, InputError, MissingExtraError, OutputError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.fixed_size import SizeFitter
from bunraku.stream.sinks.threaded import ThreadedSink

_FIXES = {
    "linux": "Load one with: sudo modprobe v4l2loopback devices=1 exclusive_caps=1 "
    'card_label=Bunraku (package "v4l2loopback-dkms").',
    "darwin": "Install OBS Studio and start its virtual camera once.",
    "win32": "Install OBS Studio; it brings one.",
}


class VirtualCameraSink(ThreadedSink):
    """Feeds a virtual camera of one size, through pyvirtualcam."""

    def __init__(
        self,
        device: str | None = None,
        *,
        size: tuple[int, int] = (1280, 720),
        rate: float = 30.0,
    ) -> None:
        """Choose the camera.

        :param device: such as "/dev/video10" or "OBS Virtual Camera"; None takes the first one.
        :param size: (width, height) that programs see; pictures are fitted in with black bars.
        :raises InputError: a number is not above 0.
        :raises MissingExtraError: pyvirtualcam is not installed.
        """
        try:
            import pyvirtualcam  # noqa: F401 - told before networks are loaded
        except ImportError as exc:
            raise MissingExtraError(
                "A virtual camera needs pyvirtualcam.", f"Run: {PIP} install 'bunraku[virtualcam]'"
            ) from exc
        if not (min(size) > 0 and rate > 0):
            raise InputError("Size and rate of a virtual camera must be above 0.")
        self._device, self._rate = device, rate
        self._fitter = SizeFitter(size)
        super().__init__("virtual camera")
        self._camera: Any = None

    @property
    def name(self) -> str:
        return f"virtual camera {self._device}" if self._device else "virtual camera"

    def _open(self) -> None:
        """Open the camera.

        :raises OutputError: there is no such camera, or another program feeds it.
        """
        import pyvirtualcam

        assert self._fitter.size is not None
        width, height = self._fitter.size
        try:
            self._camera = pyvirtualcam.Camera(
                width=width,
                height=height,
                fps=self._rate,
                fmt=pyvirtualcam.PixelFormat.RGB,
                device=self._device,
            )
        except (RuntimeError, OSError, ValueError) as exc:
            reason = " ".join(str(exc).split()).rstrip(".")
            raise OutputError(
                f"The {self.name} cannot be opened: {reason}.",
                _FIXES.get(sys.platform, "See pyvirtualcam's list of supported cameras."),
            ) from exc

    def _write(self, frame: LiveFrame) -> None:
        if self._camera is None:
            raise SinkClosed(f"The {self.name} is not open.")
        picture = self._fitter.fit(frame.shown_picture())
        try:
            self._camera.send(picture)
        except (RuntimeError, OSError) as exc:
            raise SinkClosed(f"The {self.name} takes no more pictures: {exc}.") from exc

    def _finish(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()
