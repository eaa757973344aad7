from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.stream.fakes import FakeClock
from tests.stream.server.fakes import FakeLink

from bunraku.stream.core.stats import Stats
from bunraku.stream.server.options import Limits
from bunraku.stream.server.protocol import ApiError, ByeReason, ErrorCode
from bunraku.stream.server.registry import Registry
from bunraku.stream.server.sessions import Session, State

LIMITS = Limits(sessions=1, connections=3, session_s=100, idle_s=20, grace_s=10, silent_s=2)


@dataclass
class FakeStream:
    silent_s: float = 0.0

    def stats(self) -> Stats:
        raise NotImplementedError

    async def close(self) -> None:
        pass


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sessions(clock: FakeClock) -> Registry:
    return Registry(LIMITS, clock)


def opened(sessions: Registry) -> tuple[Session, FakeLink]:
    session, link = sessions.open([]), FakeLink()
    sessions.attach(session, link)
    return session, link


def test_ids_are_long_and_never_shown(sessions: Registry) -> None:
    one, other = sessions.open([]), sessions.open([])
    assert one.id != other.id
    assert len(one.id) >= 43  # 256 bits
    assert one.id not in repr(one)
    assert {one.label, other.label} == {"s1", "s2"}
    assert sessions.find(one.id) is one


def test_unknown_ids(sessions: Registry) -> None:
    with pytest.raises(ApiError) as caught:
        sessions.find("guess")
    assert (caught.value.status, caught.value.code) == (404, ErrorCode.SESSION_EXPIRED)


def test_as_many_as_may_be(sessions: Registry) -> None:
    first, _, _ = (sessions.open([]) for _ in range(3))
    with pytest.raises(ApiError) as caught:
        sessions.open([])
    assert (caught.value.status, caught.value.code) == (429, ErrorCode.SERVER_FULL)
    sessions.remove(first)
    sessions.open([])


def test_places(sessions: Registry) -> None:
    one, _ = opened(sessions)
    other, _ = opened(sessions)
    sessions.take_place(one)
    sessions.take_place(one)  # a restart keeps the place
    assert sessions.streaming == 1
    with pytest.raises(ApiError) as caught:
        sessions.take_place(other)
    assert caught.value.code is ErrorCode.SERVER_FULL
    sessions.free_place(one)
    sessions.take_place(other)
    assert (one.state, other.state) == (State.READY, State.STREAMING)


def test_no_place_for_who_is_leaving(sessions: Registry) -> None:
    session, link = opened(sessions)
    session.ending = True
    with pytest.raises(ApiError) as caught:
        sessions.take_place(session)
    assert (caught.value.status, caught.value.code) == (404, ErrorCode.SESSION_EXPIRED)
    session.send_state()
    assert not link.sent
    session.ending = False
    sessions.remove(session)
    with pytest.raises(ApiError):
        sessions.take_place(session)
    assert session.ended


def test_lost_and_found_again(sessions: Registry) -> None:
    session, link = opened(sessions)
    sessions.take_place(session)
    assert sessions.detach(session, link)
    sessions.free_place(session)
    away, again = session.state, FakeLink()
    assert sessions.attach(session, again) is None
    assert (away, session.state) == (State.AWAY, State.READY)


def test_replaced_links_do_not_detach(sessions: Registry) -> None:
    session, link = opened(sessions)
    other = FakeLink()
    assert sessions.attach(session, other) is link
    assert not sessions.detach(session, link)
    assert session.link is other


async def test_grace(sessions: Registry, clock: FakeClock) -> None:
    session, link = opened(sessions)
    sessions.detach(session, link)
    await clock.advance(9.9)
    assert sessions.overdue(session) is None
    await clock.advance(0.1)
    due = sessions.overdue(session)
    assert due is not None
    assert due[0] is ByeReason.IDLE


async def test_idle_but_not_while_streaming(sessions: Registry, clock: FakeClock) -> None:
    session, _ = opened(sessions)
    sessions.take_place(session)
    await clock.advance(50.0)
    assert sessions.overdue(session) is None
    sessions.free_place(session)
    await clock.advance(19.0)
    assert sessions.overdue(session) is None
    sessions.touch(session)
    await clock.advance(19.0)
    assert sessions.overdue(session) is None
    await clock.advance(1.0)
    assert sessions.overdue(session) is not None


async def test_idle_but_not_while_a_photo_is_looked_at(
    sessions: Registry, clock: FakeClock
) -> None:
    session, _ = opened(sessions)
    session.pending = 1
    await clock.advance(30.0)
    assert sessions.overdue(session) is None


async def test_length(sessions: Registry, clock: FakeClock) -> None:
    session, _ = opened(sessions)
    sessions.take_place(session)
    await clock.advance(99.0)
    assert sessions.overdue(session) is None
    await clock.advance(1.0)
    due = sessions.overdue(session)
    assert due is not None
    assert due[0] is ByeReason.SESSION_EXPIRED


async def test_scripts_end_when_they_ask_nothing(sessions: Registry, clock: FakeClock) -> None:
    session = sessions.open([], scripted=True)
    await clock.advance(15.0)
    sessions.touch(session)
    await clock.advance(15.0)
    assert sessions.overdue(session) is None
    await clock.advance(5.0)
    assert sessions.overdue(session) is not None


def test_who_has_been_silent_longest_gives_way() -> None:
    sessions = Registry(Limits(sessions=2, silent_s=2), FakeClock())
    (one, first), (other, second) = opened(sessions), opened(sessions)
    sessions.take_place(one)
    sessions.take_place(other)
    first.silent_s, second.silent_s = 1.9, 0.1
    assert sessions.silent_streamer() is None
    first.silent_s, second.silent_s = 2.0, 3.0
    assert sessions.silent_streamer() is other
    sessions.detach(one, first)
    assert sessions.silent_streamer() is one


def test_who_sends_pictures_is_not_silent() -> None:
    sessions = Registry(Limits(sessions=1, silent_s=2), FakeClock())
    session, link = opened(sessions)
    sessions.take_place(session)
    link.silent_s = 5.0
    session.stream = FakeStream(silent_s=1.9)
    assert sessions.silent_streamer() is None
    session.stream = FakeStream(silent_s=2.0)
    assert sessions.silent_streamer() is session
    link.silent_s = 1.9
    assert sessions.silent_streamer() is None


def test_nothing_is_left_of_a_session(sessions: Registry) -> None:
    session, _ = opened(sessions)
    folder = session.folder()
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "recording.mp4").write_bytes(b"moving picture")
    session.previews["p"] = b"jpeg"
    sessions.remove(session)
    assert session.ended
    assert not folder.exists()
    assert not session.previews
    with pytest.raises(ApiError):
        sessions.find(session.id)
    assert isinstance(folder, Path)
    sessions.open([]).folder()
    sessions.close()
    assert not sessions
    assert not folder.parent.exists()
