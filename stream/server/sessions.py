"""One visitor's session, and what becomes of it. No network in here.

open ──► READY ◄──► STREAMING        a place is taken by a stream, and freed with it
           ▲ ╲        │
    resume │  ╲ lost  │ lost          the WebSocket is gone: the stream ends at once,
           │   ▼      ▼               the photos stay for a while
           └── AWAY ──┘
                │ too long away, idle, too old, server stopping: from every state
                ▼
              ENDED
"""

from __future__ import annotations

import asyncio
import math
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bunraku.stream.core.controls import Controls
from bunraku.stream.core.stats import Stats
from bunraku.stream.server.folders import PrivateFolders
from bunraku.stream.server.protocol import ByeReason, Message
from bunraku.stream.server.rate_limit import RateLimit


class State(StrEnum):
    """Where a session is; see the drawing above."""

    READY = "ready"
    STREAMING = "streaming"
    AWAY = "away"
    ENDED = "ended"


class Link(Protocol):
    """A session's WebSocket, as its session sees it."""

    def send(self, message: Message) -> None:
        """Send soon; never waits."""

    def bye(self, reason: ByeReason, text: str) -> None:
        """Say goodbye and close soon."""

    @property
    def silent_s(self) -> float:
        """Seconds since the last sign of life."""


class Running(Protocol):
    """A session's stream, as its session sees it."""

    @property
    def silent_s(self) -> float:
        """Seconds since the browser's last picture, or since it began."""

    def stats(self) -> Stats: ...

    async def close(self) -> None:
        """End it and release everything, within a few seconds."""


@dataclass(frozen=True)
class Recording:
    """A recording that is complete and can be fetched."""

    id: str
    path: Path
    name: str
    bytes: int
    seconds: float


@dataclass(eq=False)
class Session:
    """One user of the server, for as long as it remembers them."""

    id: str = field(repr=False)
    """A secret: whoever knows it is this user."""
    label: str
    """Its name in logs and lists."""
    opened_s: float
    scripted: bool
    """Made by REST alone; it never had a WebSocket."""
    offers: RateLimit
    uploads: RateLimit
    active_s: float
    """When the user last did something."""
    folders: PrivateFolders = field(repr=False)
    """Where it gets its own from."""
    state: State = State.READY
    controls: Controls = field(default_factory=Controls)
    """The photos, the operator's first, and the switches; they outlive a stream."""
    previews: dict[str, bytes] = field(default_factory=dict)
    """JPEGs of the session's own photos, by id."""
    recordings: dict[str, Recording] = field(default_factory=dict)
    link: Link | None = None
    stream: Running | None = None
    away_s: float | None = None
    """Since when it has had no WebSocket."""
    ending: bool = False
    """Goodbye is about to be said: no stream is begun any more, and the page is not told that its
    own has stopped, which it would take for an end without words."""
    pending: int = 0
    """Photos of it that are being looked at."""
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a stream is begun: one after the other."""
    _folder: Path | None = None

    @property
    def ended(self) -> bool:
        return self.state is State.ENDED

    @property
    def recorded_bytes(self) -> int:
        """Of its recordings together."""
        return sum(recording.bytes for recording in self.recordings.values())

    @property
    def silent_s(self) -> float:
        """Seconds since anything came from its browser; endless where its page has gone."""
        if self.link is None:
            return math.inf
        if self.stream is None:
            return self.link.silent_s
        return min(self.link.silent_s, self.stream.silent_s)

    def send(self, message: Message) -> None:
        """Tell the page, if there is one."""
        if self.link is not None:
            self.link.send(message)

    def notice(self, level: str, text: str) -> None:
        """Tell the user; :param level: info, warning or error."""
        self.send({"type": "notice", "level": level, "text": text})

    def send_state(self) -> None:
        """Tell the page how its switches stand."""
        if self.ending:
            return
        streaming = self.state is State.STREAMING
        self.send({"type": "state", **self.controls.as_json(), "streaming": streaming})

    def folder(self) -> Path:
        """A folder that only this user of the machine can read; removed with the session."""
        if self._folder is None:
            self._folder = self.folders.make()
        return self._folder

    def forget(self) -> None:
        """Delete everything that belongs to it."""
        self.state = State.ENDED
        self.controls = Controls()
        self.previews.clear()
        self.recordings.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
