"""A server without networks, and a page without a browser."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
import cv2
import numpy as np
from aiohttp import FormData, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from bunraku.errors import NoPersonError
from bunraku.runtime.identity import Identity
from bunraku.runtime.source.report import SourceReport
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Stage
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import Limits, ServerOptions
from bunraku.stream.server.protocol import ByeReason, Message
from bunraku.stream.server.rest import SERVICE, SESSION_HEADER
from bunraku.stream.server.service import Service

ANSWER_S = 10.0
"""A server that has not answered by then has failed the test."""


@dataclass(frozen=True, eq=False)
class FakeIdentity:
    """All that ``Tint`` needs of a photo."""

    photo: Picture
    colour: tuple[int, int, int]


def identify(picture: Picture) -> tuple[Identity, SourceReport]:
    """A photo's mean colour; in a black one there is nobody."""
    height, width = picture.shape[:2]
    red, green, blue = (int(value) for value in picture.reshape(-1, 3).mean(0))
    if red + green + blue < 3:
        raise NoPersonError("No person was found in the photo.", "Use a photo of a person.")
    report = SourceReport(width, height, 1, False, (0, 0, min(width, height)), ("a note",))
    return cast(Identity, FakeIdentity(picture, (red, green, blue))), report


@dataclass(eq=False)
class Tint:
    """A stage that shows the camera's picture with its lower half in the photo's colour."""

    controls: Controls
    name: str = "blend"
    failing: bool = False

    async def run(self, frame: LiveFrame) -> None:
        if self.failing:
            raise RuntimeError("told to")
        picture = frame.picture().copy()
        identity = self.controls.identity
        if identity is not None and not self.controls.passthrough:
            picture[picture.shape[0] // 2 :] = cast(FakeIdentity, identity).colour
        frame.shown = picture

    async def close(self) -> None:
        pass


def tint(controls: Controls) -> list[Stage]:
    """The stages of a stream."""
    return [Tint(controls)]


def plain(level: int, kind: str = ".png") -> bytes:
    """A grey photo."""
    _, data = cv2.imencode(kind, np.full((48, 64, 3), level, np.uint8))
    return bytes(data)


@asynccontextmanager
async def serving(
    options: ServerOptions | None = None,
    *,
    stages: Callable[[Controls], list[Stage]] = tint,
    **limits: Any,
) -> AsyncIterator[Site]:
    """A server on a port that the system chooses, with these limits."""
    options = options or ServerOptions()
    options = replace(
        options,
        limits=Limits(**limits) if limits else options.limits,
        peer=PeerOptions(addresses=("127.0.0.1",)),
    )
    app = make_app(options, stages=stages, identify=identify)
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        yield Site(client, app, options.token)


@dataclass(eq=False)
class Site:
    """A running server, seen by its visitors."""

    client: TestClient[web.Request, web.Application]
    app: web.Application
    token: str | None = None

    @property
    def service(self) -> Service:
        return self.app[SERVICE]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.client.port}"

    def headers(self, session: str | None = None) -> dict[str, str]:
        """Token and session, as a script sends them."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return headers if session is None else {**headers, SESSION_HEADER: session}

    async def post(
        self, data: bytes, session: str | None = None, name: str = "me.png"
    ) -> tuple[int, dict[str, Any]]:
        """Send a photo; returns status and answer."""
        form = FormData()
        form.add_field("photo", io.BytesIO(data), filename=name)
        headers = self.headers(session)
        async with self.client.post("/api/photos", data=form, headers=headers) as response:
            return response.status, await response.json()

    async def get(self, path: str, session: str | None = None) -> tuple[int, Any]:
        """Status and JSON."""
        async with self.client.get(path, headers=self.headers(session)) as response:
            return response.status, await response.json()

    def page(self, **hello: Any) -> Page:
        """A visitor's page; says hello when it is entered."""
        if self.token is not None:
            hello = {"token": self.token, **hello}
        return Page(self, hello)


@dataclass(eq=False)
class Page:
    """The WebSocket of a page, and all that came over it."""

    site: Site
    hello: dict[str, Any] | None
    alive: bool = True
    """Whether it answers the server's pings."""
    received: list[dict[str, Any]] = field(default_factory=list)
    welcome: dict[str, Any] = field(default_factory=dict)
    socket: aiohttp.ClientWebSocketResponse = field(init=False)

    async def __aenter__(self) -> Self:
        headers = {"Origin": self.site.origin}
        self.socket = await self.site.client.ws_connect("/ws", headers=headers, autoping=self.alive)
        if self.hello is not None:
            await self.send("hello", **self.hello)
            self.welcome = await self.expect("welcome")
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        await self.socket.close()

    @property
    def session(self) -> str:
        return str(self.welcome["session"])

    async def send(self, kind: str, **message: Any) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **message}))

    async def expect(self, kind: str, **values: Any) -> dict[str, Any]:
        """The next message of this type in which these values stand; others are passed over."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                message = await self.socket.receive()
                if message.type is WSMsgType.PING:
                    continue
                assert message.type is WSMsgType.TEXT, (message, self.received)
                told: dict[str, Any] = json.loads(message.data)
                self.received.append(told)
                if told["type"] == kind and values.items() <= told.items():
                    return told

    async def closed(self) -> int | None:
        """The code with which the server hangs up."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                message = await self.socket.receive()
                if message.type is not WSMsgType.TEXT:
                    return self.socket.close_code
                self.received.append(json.loads(message.data))


@dataclass
class FakeLink:
    """A page's WebSocket, as its session sees it."""

    silent_s: float = 0.0
    sent: list[Message] = field(default_factory=list)
    byes: list[ByeReason] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def bye(self, reason: ByeReason, text: str) -> None:
        self.byes.append(reason)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(ANSWER_S):
        while not condition():
            await asyncio.sleep(0.01)
