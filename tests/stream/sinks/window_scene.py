"""A program that test_window.py runs on a display of its own: opens windows, uses them as a person
would, and prints what it saw, a line of JSON.

Run with OpenCV that has windows; the argument is the scene's name.
"""

from __future__ import annotations

import asyncio
import ctypes
import itertools
import json
import os
import subprocess
import sys
import time
from fractions import Fraction
from typing import Any

import av
import numpy as np

from bunraku.errors import OutputError
from bunraku.spec.arrays import Picture
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.window import WindowSink

SCREEN = (800, 600)
RED, GREEN, BLUE = (220, 20, 30), (20, 200, 40), (30, 40, 210)


def frame(colour: tuple[int, int, int], *, size: tuple[int, int] = (320, 240)) -> LiveFrame:
    """One colour, with the left tenth white."""
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    picture[:, : size[0] // 10] = 255
    return LiveFrame(picture, 0, Fraction(1, 25), time.monotonic())


def grab() -> Picture:
    """What is on the screen, [600,800,3] uint8 RGB."""
    options = {"video_size": f"{SCREEN[0]}x{SCREEN[1]}", "draw_mouse": "0"}
    with av.open(os.environ["DISPLAY"], format="x11grab", options=options) as opened:
        grabbed = next(opened.decode(video=0))
        return np.asarray(grabbed.to_ndarray(format="rgb24"), np.uint8)


def hands(*words: str) -> str:
    """Use keyboard and mouse."""
    return subprocess.run(["xdotool", *words], check=True, capture_output=True, text=True).stdout


def window_id(title: str) -> str:
    return hands("search", "--name", title).split()[0]


def press_close(title: str) -> None:
    """What a window manager sends when the X is clicked; there is none here."""

    class Message(ctypes.Structure):
        _fields_ = (
            ("type", ctypes.c_int),
            ("serial", ctypes.c_ulong),
            ("send_event", ctypes.c_int),
            ("display", ctypes.c_void_p),
            ("window", ctypes.c_ulong),
            ("message_type", ctypes.c_ulong),
            ("format", ctypes.c_int),
            ("data", ctypes.c_long * 5),
            ("rest", ctypes.c_long * 12),
        )

    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    client_message, window = 33, ctypes.c_ulong(int(window_id(title)))
    message = Message(type=client_message, window=window.value, format=32)
    message.message_type = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
    message.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(display, window, 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)


async def show(sink: WindowSink, colour: tuple[int, int, int], **size: Any) -> Picture:
    """Show a colour until the screen does, and return the screen."""
    until = time.monotonic() + 20
    for attempt in itertools.count(1):
        await sink.write(frame(colour, **size))
        screen = await asyncio.to_thread(grab)
        if (np.abs(screen.astype(int) - colour).max(2) < 6).sum() > 1000:
            return screen
        assert time.monotonic() < until, "the colour does not appear"
        if attempt % 50 == 0:
            # Where no window manager is, Qt now and then misses that its window was laid open.
            hands("search", "--name", sink.title, "windowunmap", "windowmap")
    raise AssertionError


def coloured(screen: Picture, colour: tuple[int, int, int]) -> list[int]:
    """The box (left, top, right, bottom) of a colour, and how many pixels have it."""
    rows, columns = np.nonzero(np.abs(screen.astype(int) - colour).max(2) < 6)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, len(rows)]
    return [int(number) for number in box]


async def pictures() -> dict[str, Any]:
    """A small picture, another colour, a picture larger than the window, a window made larger."""
    seen: dict[str, Any] = {}
    sink = WindowSink("pictures")
    await sink.open()
    seen["small"] = coloured(await show(sink, RED), RED)
    seen["changed"] = coloured(await show(sink, GREEN), GREEN)
    seen["large"] = coloured(await show(sink, BLUE, size=(4000, 3000)), BLUE)
    hands("windowsize", "--sync", window_id("pictures"), "640", "480")
    for _ in range(20):
        await sink.write(frame(RED, size=(4000, 3000)))
        await asyncio.sleep(0.02)
    seen["resized"] = coloured(await show(sink, RED, size=(4000, 3000)), RED)
    await sink.close()
    seen["after"] = int(grab().max())
    return seen


async def keys() -> dict[str, Any]:
    """Keys arrive in the event loop, also while no picture comes."""
    heard: list[str] = []
    loop_thread: set[bool] = set()
    loop = asyncio.get_running_loop()
    came = asyncio.Event()

    def on_key(key: str) -> None:
        loop_thread.add(asyncio.get_running_loop() is loop)
        heard.append(key)
        came.set()

    sink = WindowSink("keys", on_key=on_key)
    await sink.open()
    await show(sink, RED)
    hands("windowfocus", "--sync", window_id("keys"))
    for key in ("q", "question", "3", "Escape", "Shift_L", "shift+c"):
        came.clear()
        hands("key", key)
        if key != "Shift_L":
            await asyncio.wait_for(came.wait(), 5)
    await sink.close()
    return {"heard": heard, "in_loop": list(loop_thread)}


async def closed_by_user() -> dict[str, Any]:
    """The X ends the sink; a second window opens afterwards, in the same process."""
    sink = WindowSink("closed")
    await sink.open()
    await show(sink, RED)
    gone = [sink.gone]
    press_close("closed")
    for _ in range(500):  # no frame comes
        if sink.gone:
            break
        await asyncio.sleep(0.01)
    gone.append(sink.gone)
    said = ""
    for _ in range(200):
        try:
            await sink.write(frame(RED))
        except SinkClosed as closed:
            said = str(closed)
            break
        await asyncio.sleep(0.01)
    await sink.close()
    second = WindowSink("second")
    await second.open()
    box = coloured(await show(second, GREEN), GREEN)
    await second.close()
    await second.close()
    return {"said": said, "second": box, "gone": gone}


async def impatient() -> dict[str, Any]:
    """Cancelled writes and early closes leave nothing that hangs."""
    sink = WindowSink("impatient")
    await sink.close()
    never = WindowSink("never")
    opening = asyncio.ensure_future(never.open())
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait([opening])
    await never.close()
    sink = WindowSink("impatient")
    await sink.open()
    writing = asyncio.ensure_future(sink.write(frame(RED)))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    await show(sink, GREEN)
    began = time.monotonic()
    await sink.close()
    closing_s = time.monotonic() - began
    try:
        await sink.write(frame(RED))
    except SinkClosed as closed:
        return {"said": str(closed), "closing_s": closing_s}
    return {}


async def refused() -> dict[str, Any]:
    """No usable display."""
    sink = WindowSink("refused")
    try:
        await sink.open()
    except OutputError as error:
        return {"said": str(error)}
    finally:
        await sink.close()
    return {}


if __name__ == "__main__":
    scenes = {f.__name__: f for f in (pictures, keys, closed_by_user, impatient, refused)}
    print(json.dumps(asyncio.run(scenes[sys.argv[1]]())))  # noqa: T201 - its answer
