"""What ``bunraku doctor`` looks at for ``live`` and ``serve``: cameras, window, connections."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from bunraku.commands.checks import Check, Status, version_of
from bunraku.errors import PIP

WINDOW_FIX = f"{PIP} uninstall -y opencv-python-headless && {PIP} install opencv-python"


def live_checks() -> Iterator[Check]:
    """Run them all; what is missing here leaves `bunraku animate` as it is."""
    yield _cameras()
    yield _window()
    yield _virtual_camera()
    yield _connections()


def _cameras() -> Check:
    from bunraku.stream.sources.cameras import list_cameras

    found = list_cameras()
    if not found:
        return Check("cameras", Status.ABSENT, "none is seen", "connect one, for `bunraku live`")
    text = ", ".join(f"{camera.index} {camera.name}" for camera in found)
    return Check("cameras", Status.OK, text)


def _window() -> Check:
    import cv2

    framework = cv2.currentUIFramework()
    if not framework:
        return Check("window", Status.ABSENT, "OpenCV has no display in it", WINDOW_FIX)
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        fix = "start from a desktop session, for `bunraku live` with a window"
        return Check("window", Status.ABSENT, f"OpenCV with {framework}, but no display", fix)
    return Check("window", Status.OK, f"OpenCV with {framework}")


def _virtual_camera() -> Check:
    version = version_of("pyvirtualcam")
    if version is None:
        fix = f"{PIP} install 'bunraku[virtualcam]'"
        return Check("virtual camera", Status.ABSENT, "pyvirtualcam is not installed", fix)
    return Check("virtual camera", Status.OK, f"pyvirtualcam {version}")


def _connections() -> Check:
    from bunraku.stream.rtc.low_latency import KNOWN_VERSIONS

    version = version_of("aiortc")
    if version is None:
        return Check("aiortc", Status.BROKEN, "not installed", f"{PIP} install aiortc")
    if version.rpartition(".")[0] in KNOWN_VERSIONS:
        return Check("aiortc", Status.OK, version)
    fix = f"{PIP} install 'aiortc=={KNOWN_VERSIONS[-1]}.*'"
    return Check("aiortc", Status.ABSENT, f"{version}: works, but with more delay", fix)
