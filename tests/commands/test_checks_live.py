"""What doctor says of cameras, windows and connections, with and without them."""

from __future__ import annotations

import pytest

from bunraku.commands import checks_live
from bunraku.commands.checks import Check, Status
from bunraku.errors import PIP
from bunraku.stream.sources.cameras import Camera


def _named(name: str) -> Check:
    return next(check for check in checks_live.live_checks() if check.name == name)


def test_cameras_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Camera(0, "Integrated", "/dev/video0"), Camera(2, "USB", "/dev/video2")]
    monkeypatch.setattr("bunraku.stream.sources.cameras.list_cameras", lambda: found)
    assert _named("cameras") == Check("cameras", Status.OK, "0 Integrated, 2 USB")
    found.clear()
    assert _named("cameras").status is Status.ABSENT


def test_a_window_needs_opencv_with_one_and_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.currentUIFramework", str)
    check = _named("window")
    assert check.status is Status.ABSENT
    assert check.fix == checks_live.WINDOW_FIX
    monkeypatch.setattr("cv2.currentUIFramework", lambda: "QT6")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "no display" in _named("window").found
    monkeypatch.setenv("DISPLAY", ":7")
    assert _named("window") == Check("window", Status.OK, "OpenCV with QT6")


@pytest.mark.parametrize(
    ("version", "status"),
    [("1.16.0", Status.OK), ("1.16.9", Status.OK), ("2.0.0", Status.ABSENT), (None, Status.BROKEN)],
)
def test_an_aiortc_that_cannot_be_tuned_is_told(
    monkeypatch: pytest.MonkeyPatch, version: str | None, status: Status
) -> None:
    monkeypatch.setattr(checks_live, "version_of", lambda name: version)
    check = _named("aiortc")
    assert check.status is status
    assert (check.fix is None) == (status is Status.OK)


def test_the_virtual_camera_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_live, "version_of", {"aiortc": "1.16.0"}.get)
    assert _named("virtual camera").fix == f"{PIP} install 'bunraku[virtualcam]'"
    monkeypatch.setattr(checks_live, "version_of", lambda name: "1.16.0")
    assert _named("virtual camera").status is Status.OK
