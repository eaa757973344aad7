"""A real server for a browser, in a thread of its own, with stages and photos made for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from aiohttp import web

from bunraku.errors import NoPersonError
from bunraku.runtime.canvas import Canvas
from bunraku.runtime.identity import Identity
from bunraku.runtime.source.report import SourceReport
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Stage
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.run import bind

if TYPE_CHECKING:
    import socket

MakeApp = Callable[[ServerOptions], web.Application]
PATIENCE_S = 30.0


def fake_app(options: ServerOptions) -> web.Application:
    """The server's own application with quick stages and without networks."""
    return make_app(options, stages=fake_stages, identify=fake_identify)


def fake_identify(photo: Picture) -> tuple[Identity, SourceReport]:
    """Finds one person in every photo, but nobody in one that is plain black."""
    height, width = photo.shape[:2]
    if not photo.any():
        raise NoPersonError("Nobody was found in the photo.", "Use one that shows a person.")
    side = min(width, height) // 2
    report = SourceReport(
        width, height, 1, True, (width // 4, height // 4, side), ("The light is low.",)
    )
    whole = Window.of_box(0, 0, min(width, height))
    return cast(Identity, SimpleNamespace(canvas=Canvas(photo, photo, whole))), report


def fake_stages(controls: Controls) -> list[Stage]:
    """One stage that paints the chosen photo, with a white bar that wanders through it."""
    return [_Wandering(controls)]


class _Wandering:
    name = "motion"

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    async def run(self, frame: LiveFrame) -> None:
        identity = self._controls.identity
        if identity is None or self._controls.passthrough:
            frame.shown = frame.raw
            return
        await asyncio.sleep(0.002)  # the page shows no bar of a stage that takes no time
        picture = identity.canvas.untouched()
        left = frame.index * 4 % picture.shape[1]
        picture[:, left : left + 16] = 255
        frame.shown = picture

    async def close(self) -> None:
        pass


class Served:
    """A server on a port of its own, until ``stop``; ``start`` again takes the same port."""

    def __init__(self, options: ServerOptions, make: MakeApp = fake_app) -> None:
        self._options = options
        self._make = make
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> Served:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="server")
        self._thread.start()
        assert ready.wait(PATIENCE_S)
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        """Stop as SIGTERM does: pages are told."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        if self._error is not None:
            raise self._error

    def _run(self, ready: threading.Event) -> None:
        try:
            sockets = bind("127.0.0.1", self._port)
            self._port = sockets[0].getsockname()[1]
            asyncio.run(self._serve(sockets, ready))
        except BaseException as error:  # noqa: BLE001 - raised in the test's thread
            self._error = error
        finally:
            ready.set()

    async def _serve(self, sockets: list[socket.socket], ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._make(self._options), shutdown_timeout=1.0)
        await runner.setup()
        try:
            for one in sockets:
                await web.SockSite(runner, one).start()
            ready.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()
