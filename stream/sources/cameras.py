"""Which cameras there are, and what stands in the way of opening one."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import av.device
import av.error

from bunraku.errors import SourceError
from bunraku.stream.core.output_path import mode_of

SYSFS = Path("/sys/class/video4linux")
DEV = Path("/dev")


@dataclass(frozen=True)
class Camera:
    """A camera as the system lists it."""

    # As OpenCV counts them.
    index: int
    # As a person knows it: "Integrated Camera".
    name: str
    # What FFmpeg opens: "/dev/video0", "0" (avfoundation), "video=Integrated Camera" (dshow).
    address: str


def list_cameras(platform: str = sys.platform, *, sysfs: Path = SYSFS) -> list[Camera]:
    """List the cameras; empty where there are none or the system does not say."""
    if platform == "linux":
        return _linux_cameras(sysfs)
    api = {"darwin": "avfoundation", "win32": "dshow"}.get(platform)
    if api is None:
        return []
    try:
        devices = av.device.enumerate_input_devices(api)
    except (av.error.FFmpegError, OSError, ValueError):
        return []
    found = [device for device in devices if "video" in device.media_types]
    return [
        Camera(i, d.description or d.name, str(i) if api == "avfoundation" else f"video={d.name}")
        for i, d in enumerate(found)
    ]


def _linux_cameras(sysfs: Path) -> list[Camera]:
    cameras = []
    for folder in sysfs.glob("video*"):
        number = folder.name.removeprefix("video")
        # A camera's further nodes carry its metadata, not pictures.
        if number.isdecimal() and _line(folder / "index", "0") == "0":
            name = _line(folder / "name", folder.name)
            cameras.append(Camera(int(number), name, f"/dev/{folder.name}"))
    return sorted(cameras, key=lambda camera: camera.index)


def _line(path: Path, otherwise: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or otherwise
    except OSError:
        return otherwise


def find_camera(
    device: int | str, platform: str = sys.platform, *, sysfs: Path = SYSFS, dev: Path = DEV
) -> Camera:
    """Find a camera by its number, a part of its name, or its path.

    :raises SourceError: there is none, or it may not be opened; the text lists those there are.
    """
    if isinstance(device, str) and device.isdecimal():
        device = int(device)
    cameras = list_cameras(platform, sysfs=sysfs)
    if platform == "linux":
        return _find_on_linux(device, cameras, dev)
    if isinstance(device, int):
        # Where the system lists none it may still have one; opening tells.
        for camera in cameras:
            if camera.index == device:
                return camera
        if cameras or device < 0 or platform == "win32":
            raise _no_such(device, cameras)
        return Camera(device, f"camera {device}", str(device))
    return _by_name(device, cameras)


def _find_on_linux(device: int | str, cameras: list[Camera], dev: Path) -> Camera:
    if isinstance(device, str) and "/" not in device:
        camera = _by_name(device, cameras)
        path = dev / Path(camera.address).name
    else:
        path = Path(device) if isinstance(device, str) else dev / f"video{device}"
        if not mode_of(path):
            raise _no_such(device, cameras, path)
        # /dev/v4l/by-id/... are links to the numbered ones.
        number = Path(os.path.realpath(path)).name.removeprefix("video")
        if not number.isdecimal():
            raise SourceError(f"{path} is not a camera.", _listing(cameras))
        index = int(number)
        names = {known.index: known.name for known in cameras}
        camera = Camera(index, names.get(index, f"camera {index}"), str(path))
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(
            f"Camera {device} cannot be opened: {path}: permission denied.",
            'Join the group "video" (sudo usermod -aG video $USER) and log in again.',
        )
    return camera


def _by_name(name: str, cameras: list[Camera]) -> Camera:
    wanted = name.casefold()
    exact = [camera for camera in cameras if camera.name.casefold() == wanted]
    found = exact or [camera for camera in cameras if wanted in camera.name.casefold()]
    if not found:
        raise _no_such(name, cameras)
    return found[0]


def _no_such(device: int | str, cameras: list[Camera], path: Path | None = None) -> SourceError:
    why = "" if path is None or str(path) == device else f" ({path} does not exist)"
    return SourceError(f"There is no camera {device}{why}.", _listing(cameras))


def _listing(cameras: list[Camera]) -> str:
    if not cameras:
        return "Plug one in, or take the driving frames from a file or a URL."
    return "There are: " + ", ".join(f"{camera.index} ({camera.name})" for camera in cameras) + "."


def busy(camera: Camera) -> SourceError:
    """What to say when a camera is there and may be opened, but gives no pictures."""
    return SourceError(
        f"Camera {camera.index} ({camera.name}) cannot be opened.",
        "Close other programs that use it, or unplug it and plug it in again.",
    )
