"""All sessions of a server: who is here, who may come, and who may stream. No network in here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.server.folders import PrivateFolders
from bunraku.stream.server.options import Limits
from bunraku.stream.server.protocol import ApiError, ByeReason, ErrorCode
from bunraku.stream.server.rate_limit import MINUTE_S, RateLimit
from bunraku.stream.server.sessions import Link, Session, State

_ID_BYTES = 32


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
