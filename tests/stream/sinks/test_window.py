"""The window on a real display: Xvfb, and OpenCV with windows from ``.venv/window``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bunraku.errors import PIP, OutputError
from bunraku.stream.sinks.window import WindowSink

SCENE = Path(__file__).with_name("window_scene.py")
SOURCE = Path(__file__).parents[3] / "src"
OPENCV = Path(sys.prefix) / "window"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen of 800 x 600."""
    reading, writing = os.pipe()
    # Without -noreset it starts anew when the last window has gone, and lets nobody in meanwhile.
    command = ["Xvfb", "-noreset", "-displayfd", str(writing), "-screen", "0", "800x600x24"]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[writing], stdout=quiet, stderr=quiet
    )
    os.close(writing)
    with server, os.fdopen(reading) as told:
        yield f":{told.readline().strip()}"
        server.terminate()


def _play(scene: str, **environment: str) -> dict[str, Any]:
    """Run a scene; nothing may be said on stderr."""
    assert (OPENCV / "cv2").is_dir(), "scripts/setup puts OpenCV with windows there"
    paths = os.pathsep.join([str(OPENCV), str(SOURCE)])
    inherited = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    ended = subprocess.run(
        [sys.executable, "-P", "-W", "error", str(SCENE), scene],
        capture_output=True,
        text=True,
        env={**inherited, "PYTHONPATH": paths, **environment},
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_shows_pictures_of_any_size(display: str) -> None:
    seen = _play("pictures", DISPLAY=display)
    # Of 320 x 240, the left 32 columns are white.
    assert seen["small"] == seen["changed"] == [32, 0, 320, 240, 288 * 240]
    left, top, right, bottom, pixels = seen["large"]
    assert (top, right, bottom) == (0, 320, 240)
    assert abs(left - 32) <= 1
    assert pixels >= 286 * 240
    left, top, right, bottom, pixels = seen["resized"]
    assert (top, right, bottom) == (0, 640, 480)
    assert abs(left - 64) <= 2
    assert seen["after"] == 0  # the window has gone


def test_hears_keys_in_the_event_loop(display: str) -> None:
    seen = _play("keys", DISPLAY=display)
    assert seen == {"heard": ["q", "?", "3", "escape", "c"], "in_loop": [True]}


def test_closed_by_the_user_and_opened_again(display: str) -> None:
    seen = _play("closed_by_user", DISPLAY=display)
    assert seen["said"] == "The window is closed."
    assert seen["gone"] == [False, True]
    assert seen["second"] == [32, 0, 320, 240, 288 * 240]


def test_closing_early(display: str) -> None:
    seen = _play("impatient", DISPLAY=display)
    assert seen["said"] == "The window is closed."
    assert seen["closing_s"] < 8


def test_no_display() -> None:
    assert _play("refused")["said"] == (
        "There is no display for a window: DISPLAY is not set. "
        "Start from a desktop session, or use --no-window."
    )


def test_a_display_that_is_not_there() -> None:
    assert _play("refused", DISPLAY=":9876")["said"] == (
        "No window can be opened on the display :9876. "
        "Start from a desktop session, or use --no-window."
    )


async def test_opencv_without_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is installed here."""
    monkeypatch.setenv("DISPLAY", ":9876")
    sink = WindowSink()
    with pytest.raises(OutputError) as caught:
        await sink.open()
    await sink.close()
    assert str(caught.value) == (
        f'OpenCV is installed without windows. Run "{PIP} uninstall -y opencv-python-headless && '
        f'{PIP} install opencv-python", or use --no-window.'
    )
