from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import av.device
import pytest

from bunraku.errors import SourceError
from bunraku.stream.sources.cameras import Camera, find_camera, list_cameras


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """A sysfs and a /dev with two cameras, of which the first has a node for metadata too."""
    sysfs, dev = tmp_path / "sysfs", tmp_path / "dev"
    dev.mkdir()
    for number, name, index in ((0, "Integrated Camera", 0), (1, "Integrated Camera", 1),
                                (10, "C920 HD Pro", 0)):  # fmt: skip
        folder = sysfs / f"video{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "index").write_text(f"{index}\n")
        (dev / f"video{number}").touch()
    return sysfs, dev


def _find(device: int | str, machine: tuple[Path, Path]) -> Camera:
    return find_camera(device, "linux", sysfs=machine[0], dev=machine[1])


def test_lists_cameras_without_their_other_nodes(machine: tuple[Path, Path]) -> None:
    assert list_cameras("linux", sysfs=machine[0]) == [
        Camera(0, "Integrated Camera", "/dev/video0"),
        Camera(10, "C920 HD Pro", "/dev/video10"),
    ]


def test_lists_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    assert list_cameras("linux", sysfs=tmp_path / "none") == []
    assert list_cameras("sunos") == []


@pytest.mark.parametrize(("device", "index"), [
    (0, 0), ("0", 0), (10, 10), ("c920", 10), ("Integrated Camera", 0),
])  # fmt: skip
def test_finds_by_number_and_name(
    machine: tuple[Path, Path], device: int | str, index: int
) -> None:
    assert _find(device, machine).index == index


def test_finds_by_path_and_link(machine: tuple[Path, Path]) -> None:
    link = machine[1] / "usb-C920-video-index0"
    link.symlink_to(machine[1] / "video10")
    assert _find(str(machine[1] / "video0"), machine).name == "Integrated Camera"
    assert _find(str(link), machine) == Camera(10, "C920 HD Pro", str(link))


@pytest.mark.parametrize("device", [3, "3", "/dev/nothing-here", "Logitech", -1])
def test_a_missing_camera_is_told_with_those_there_are(
    machine: tuple[Path, Path], device: int | str
) -> None:
    with pytest.raises(SourceError) as caught:
        _find(device, machine)
    assert f"There is no camera {device}" in str(caught.value)
    assert "0 (Integrated Camera), 10 (C920 HD Pro)" in str(caught.value)


def test_no_camera_at_all(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Plug one in, or take the driving frames from a file"):
        find_camera(0, "linux", sysfs=tmp_path, dev=tmp_path)


def test_what_is_no_camera(machine: tuple[Path, Path]) -> None:
    other = machine[1] / "null"
    other.touch()
    with pytest.raises(SourceError, match="null is not a camera"):
        _find(str(other), machine)


def test_permission_denied(machine: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, who may do everything.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SourceError, match=r"permission denied.*usermod -aG video"):
        _find(0, machine)


@pytest.mark.parametrize(("platform", "address"), [("darwin", "1"), ("win32", "video=@usb2")])
def test_other_platforms_ask_ffmpeg(
    monkeypatch: pytest.MonkeyPatch, platform: str, address: str
) -> None:
    devices = [
        SimpleNamespace(name="@mic", description="Microphone", media_types=["audio"]),
        SimpleNamespace(name="@usb1", description="FaceTime", media_types=["video"]),
        SimpleNamespace(name="@usb2", description="C920", media_types=["video", "audio"]),
    ]
    monkeypatch.setattr(av.device, "enumerate_input_devices", lambda api: devices)
    assert find_camera(1, platform) == Camera(1, "C920", address)
    assert find_camera("c9", platform) == Camera(1, "C920", address)
    with pytest.raises(SourceError, match=r"no camera 2\. There are: 0 \(FaceTime\), 1 \(C920\)"):
        find_camera(2, platform)


def test_a_platform_that_does_not_list_its_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(api: str) -> list[object]:
        raise ValueError(f"no container format {api!r}")

    monkeypatch.setattr(av.device, "enumerate_input_devices", refuse)
    # Opening it tells whether it is there.
    assert find_camera(1, "darwin") == Camera(1, "camera 1", "1")
    with pytest.raises(SourceError, match="no camera FaceTime"):
        find_camera("FaceTime", "darwin")
