"""Sessions: who is here, who may stream, and for how long. No network in here.

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
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.core.stats import Stats
from bunraku.stream.server.folders import PrivateFolders
from bunraku.stream.server.options import Limits
from bunraku.stream.server.protocol import ApiError, ByeReason, ErrorCode, Message
from bunraku.stream.server.rate_limit import MINUTE_S, RateLimit

_ID_BYTES = 32


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


class Registry:
    """All sessions of a server."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._folders = PrivateFolders()
        self._opened = 0

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def streaming(self) -> int:
        """Places taken."""
        return sum(session.state is State.STREAMING for session in self._sessions.values())

    def open(self, photos: list[Photo], *, scripted: bool = False) -> Session:
        """A new session that is offered these photos.

        :raises ApiError: server_full: there are as many as may be.
        """
        if len(self._sessions) >= self._limits.connections:
            raise ApiError(
                429,
                ErrorCode.SERVER_FULL,
                "The server has as many visitors as it can take.",
                "Try again in a few minutes.",
                retry_s=MINUTE_S,
            )
        self._opened += 1
        now_s = self._clock.now()
        session = Session(
            id=secrets.token_urlsafe(_ID_BYTES),
            label=f"s{self._opened}",
            opened_s=now_s,
            scripted=scripted,
            offers=RateLimit(self._limits.offers_per_minute, MINUTE_S, self._clock),
            uploads=RateLimit(self._limits.uploads_per_minute, MINUTE_S, self._clock),
            active_s=now_s,
            folders=self._folders,
            controls=Controls(photos=list(photos)),
        )
        session.controls.on_change = session.send_state
        if scripted:
            session.state, session.away_s = State.AWAY, now_s
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session:
        """The session of this id.

        :raises ApiError: session_expired: there is none, or no longer.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise _expired()
        return session

    def touch(self, session: Session) -> None:
        """Its user has done something."""
        session.active_s = self._clock.now()

    def attach(self, session: Session, link: Link) -> Link | None:
        """Give a session its WebSocket; returns the one that it had until now."""
        former, session.link = session.link, link
        session.away_s = None
        session.scripted = False
        if session.state is State.AWAY:
            session.state = State.READY
        self.touch(session)
        return former

    def detach(self, session: Session, link: Link) -> bool:
        """The WebSocket is gone; False if it was not the session's any more."""
        if session.link is not link:
            return False
        session.link = None
        session.away_s = self._clock.now()
        if session.state is State.READY:
            session.state = State.AWAY
        return True

    def silent_streamer(self) -> Session | None:
        """Who must give the place up when all are taken: who has been silent longest, if that is
        long enough. Pictures are signs of life too: pages in the background answer late.
        """
        limit_s = self._limits.silent_s
        silent = [
            (silent_s, session.label, session)
            for session in self._sessions.values()
            if session.state is State.STREAMING and (silent_s := session.silent_s) >= limit_s
        ]
        return max(silent)[2] if silent else None

    def take_place(self, session: Session) -> None:
        """The session begins to stream.

        :raises ApiError: server_full: all places are taken; session_expired: it is over.
        """
        if session.ending or session.ended:
            raise _expired()
        if session.state is not State.STREAMING and self.streaming >= self._limits.sessions:
            raise ApiError(
                429,
                ErrorCode.SERVER_FULL,
                f"All {self._limits.sessions} places of this server are taken.",
                "Try again in a moment; your photos stay ready.",
                retry_s=MINUTE_S / 6,
            )
        session.state = State.STREAMING

    def free_place(self, session: Session) -> None:
        """The session streams no more."""
        if session.state is State.STREAMING:
            session.state = State.AWAY if session.link is None else State.READY
        self.touch(session)

    def overdue(self, session: Session) -> tuple[ByeReason, str] | None:
        """Why a session must end now, or None."""
        limits, now_s = self._limits, self._clock.now()
        if now_s - session.opened_s >= limits.session_s:
            minutes = f"{limits.session_s / MINUTE_S:g} minutes"
            return ByeReason.SESSION_EXPIRED, (
                f"A session lasts at most {minutes} here; its photos and recordings are deleted, "
                "one under way too."
            )
        if session.state is State.STREAMING or session.pending:
            return None
        if session.state is State.AWAY and not session.scripted:
            if session.away_s is not None and now_s - session.away_s >= limits.grace_s:
                return ByeReason.IDLE, "The page was closed."
            return None
        if now_s - session.active_s >= limits.idle_s:
            return ByeReason.IDLE, "Nothing was done for a while, so the session was ended."
        return None

    def remove(self, session: Session) -> None:
        """Forget it and everything of it."""
        self._sessions.pop(session.id, None)
        session.forget()

    def close(self) -> None:
        """Forget all of them."""
        for session in self:
            self.remove(session)
        self._folders.close()


def _expired() -> ApiError:
    return ApiError(404, ErrorCode.SESSION_EXPIRED, "That session has ended.", "Start a new one.")
