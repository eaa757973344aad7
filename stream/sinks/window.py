"""A window on the screen that shows the newest picture and hears keys."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from bunraku.errors import PIP, OutputError
from bunraku.stream.core.child_process import ChildProcess
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.orientation import resize
from bunraku.stream.core.protocols import Sink, SinkClosed
from bunraku.stream.core.worker import Worker
from bunraku.stream.sinks.window_child import HEADER

# OpenCV does not tell how large the screen is; this fits on nearly all.
_LARGEST_AT_START = (1280, 720)
_OPEN_S = 20.0
_CLOSE_S = 2.0
_CLOSED = "The window is closed."
NO_WINDOW = "or use --no-window."
"""How hints end; for commands that can do without a window."""


class WindowSink(Sink):
    """Shows each frame at once, scaled to the window; the user may resize and close it.

    The window belongs to another process; see :mod:`bunraku.stream.sinks.window_child`.
    """

    def __init__(
        self, title: str = "Bunraku", *, on_key: Callable[[str], None] | None = None
    ) -> None:
        """Choose the title.

        :param on_key: told, in the event loop, each printable character that is typed (letters as
            small ones), and "escape".
        """
        self.title = title
        self._on_key = on_key
        self._worker, self._ears = Worker("window"), Worker("window's keys")
        self._listening: asyncio.Task[None] | None = None
        self._child: ChildProcess | None = None
        self._room = _LARGEST_AT_START
        self._opened: asyncio.Future[None] | None = None
        self._shown: asyncio.Future[None] | None = None
        self._ended: str | None = "The window is not open."
        self._was_open = False
        self._closed = False

    @property
    def name(self) -> str:
        return "window"

    @property
    def gone(self) -> bool:
        return self._was_open and self._ended is not None

    async def open(self) -> None:
        """Open the window.

        :raises OutputError: OpenCV has no windows, or there is no display.
        """
        check_display()
        display = os.environ.get("DISPLAY")
        loop = asyncio.get_running_loop()
        self._opened = loop.create_future()
        child = await self._worker.run(self._start)
        self._listening = asyncio.create_task(self._ears.run(self._listen, child, loop))
        try:
            async with asyncio.timeout(_OPEN_S):
                await self._opened
        except (TimeoutError, SinkClosed):
            raise OutputError(
                f"No window can be opened{f' on the display {display}' if display else ''}.",
                f"Start from a desktop session, {NO_WINDOW}",
            ) from None
        self._ended, self._was_open = None, True

    async def write(self, frame: LiveFrame) -> None:
        """Show a frame; returns when it is on the screen.

        :raises SinkClosed: the user has closed the window.
        """
        if self._ended is not None:
            raise SinkClosed(self._ended)
        self._shown = shown = asyncio.get_running_loop().create_future()
        # If this call is cancelled, nobody else asks what became of it.
        shown.add_done_callback(lambda future: future.cancelled() or future.exception())
        await self._worker.run(self._send, frame)
        await shown

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._ended = _CLOSED
        finishing = asyncio.ensure_future(self._worker.run(self._finish))
        try:
            await asyncio.wait([finishing], timeout=_CLOSE_S)
        finally:
            if self._child is not None:
                self._child.kill()
            await finishing
            if self._listening is not None:
                await self._listening
            await self._worker.close()
            await self._ears.close()

    def _start(self) -> ChildProcess:
        """In the worker's thread, as is ``_send`` and ``_finish``."""
        try:
            self._child = child = ChildProcess("bunraku.stream.sinks.window_child")
            with contextlib.suppress(BrokenPipeError):  # it is missed when it says nothing
                child.send(json.dumps(self.title).encode() + b"\n")
        except OSError as exc:
            raise OutputError(f"No window can be opened: {exc.strerror}.") from exc
        return child

    def _send(self, frame: LiveFrame) -> None:
        picture = frame.shown_picture()
        height, width = picture.shape[:2]
        scale = min(1.0, self._room[0] / width, self._room[1] / height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        if self._child is not None:
            with contextlib.suppress(OSError):  # its last words tell why
                self._child.send(HEADER.pack(width, height), resize(picture, width, height).data)

    def _finish(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.finish(_CLOSE_S)

    def _listen(self, child: ChildProcess, loop: asyncio.AbstractEventLoop) -> None:
        """In the ears' thread, until the process ends."""
        while line := child.hear():
            loop.call_soon_threadsafe(self._heard, json.loads(line))
        loop.call_soon_threadsafe(self._heard, {"closed": True})

    def _heard(self, message: dict[str, Any]) -> None:
        assert self._opened is not None
        if "open" in message:
            _settle(self._opened)
        elif "refused" in message:
            _settle(self._opened, _refusal(message["refused"]))
        elif "shown" in message:
            width, height = message["shown"]
            if width > 0 and height > 0:  # else it is hidden at the moment
                self._room = width, height
            _settle(self._shown)
        elif "key" in message:
            if self._on_key is not None and self._ended is None:
                self._on_key(message["key"])
        else:
            self._ended = _CLOSED
            _settle(self._opened, SinkClosed(_CLOSED))
            _settle(self._shown, SinkClosed(_CLOSED))


def check_display() -> None:
    """See whether there may be a window, quickly.

    :raises OutputError: there is no display.
    """
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        raise OutputError(
            "There is no display for a window: DISPLAY is not set.",
            f"Start from a desktop session, {NO_WINDOW}",
        )


def _settle(future: asyncio.Future[None] | None, error: Exception | None = None) -> None:
    if future is None or future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _refusal(reason: str) -> OutputError:
    if reason == "headless":
        return OutputError(
            "OpenCV is installed without windows.",
            f'Run "{PIP} uninstall -y opencv-python-headless && {PIP} install opencv-python", '
            + NO_WINDOW,
        )
    return OutputError(f"No window can be opened: {reason.rstrip('.')}.")
