from __future__ import annotations

import asyncio
import contextlib
import time

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from tests.stream.server.fakes import Page, plain, serving, until

from bunraku.stream.rtc.peer import Peer
from bunraku.stream.server import websocket
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.protocol import ByeReason
from bunraku.stream.server.sessions import State
from bunraku.stream.server.websocket import Connection

TOKEN = "a-token-long-enough"


async def test_hello_and_welcome() -> None:
    async with serving(photo_bytes=12345) as site, site.page() as page:
        welcome = page.welcome
        assert len(welcome["session"]) >= 43
        assert welcome["limits"]["photo_bytes"] == 12345
        assert welcome["ice_servers"] == []
        assert welcome["video"] == {
            "width": 640,
            "height": 480,
            "rate": 30.0,
            "max_side_px": 1280,
            "start_kbps": 1500,
            "max_kbps": 4000,
            "codec": "auto",
        }
        assert welcome["photos"] == []
        assert welcome["recording"] is True
        state = await page.expect("state")
        assert state["streaming"] is False
        await page.send("ping", t=12.5)
        assert await page.expect("pong") == {"type": "pong", "t": 12.5}


async def test_tokens() -> None:
    async with serving(ServerOptions(token=TOKEN)) as site:
        async with site.page() as page:
            assert page.welcome["session"]
        for hello in ({}, {"token": None}, {"token": "wrong"}):
            async with Page(site, None) as page:
                await page.send("hello", **hello)
                error = await page.expect("error")
                assert error["code"] == "unauthorized"
                assert await page.closed() == 4401
        assert len(site.service.sessions) == 1


async def test_a_session_id_does_not_replace_the_token() -> None:
    options = ServerOptions(token=TOKEN)
    async with serving(options) as site, site.page() as known, Page(site, None) as page:
        await page.send("hello", session=known.session)
        assert (await page.expect("error"))["code"] == "unauthorized"
        assert await page.closed() == 4401


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.org"}, {"Host": "evil.org"}])
async def test_other_origins_and_names(headers: dict[str, str]) -> None:
    async with serving() as site:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await site.client.ws_connect("/ws", headers=headers)
        assert caught.value.status == 403


async def test_plain_requests_are_no_websockets() -> None:
    async with serving() as site, site.client.get("/ws") as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "bad_message"


async def test_without_a_hello() -> None:
    async with serving(hello_s=0.1) as site:
        async with Page(site, None) as page:
            assert await page.closed() == 4408
        assert len(site.service.knocking) == 0
    async with serving() as site:
        async with Page(site, None) as page:
            await page.send("ping", t=1)
            assert (await page.expect("error"))["code"] == "bad_message"
            assert await page.closed() == 4408
        assert len(site.service.sessions) == 0
        assert len(site.service.knocking) == 0


async def test_who_says_nothing_shuts_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(knocking_each=2, hello_s=10.0) as site:
        # From this machine come all whom a proxy lets in.
        async with Page(site, None), Page(site, None):
            await until(lambda: len(site.service.knocking) == 2)
            async with site.page():
                pass
        monkeypatch.setattr(websocket, "is_loopback", lambda _: False)
        await until(lambda: not site.service.knocking)
        async with Page(site, None), Page(site, None):
            await until(lambda: len(site.service.knocking) == 2)
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await site.client.ws_connect("/ws", headers={"Origin": site.origin})
            assert caught.value.status == 503
            assert site.service.knocking.admits("192.0.2.1")
        await until(lambda: not site.service.knocking)
        async with site.page():
            pass


async def test_what_makes_no_sense_is_answered_and_survived() -> None:
    async with serving() as site, site.page() as page:
        for text in ("", "{", "[]", '{"type": "dance"}', '{"type": "offer"}', "[" * 10_000):
            await page.socket.send_str(text)
            error = await page.expect("error")
            assert error["code"] == "bad_message"
            assert error["text"]
        await page.socket.send_bytes(b"\x00\x01")
        assert (await page.expect("error"))["code"] == "bad_message"
        await page.send("hello")
        assert (await page.expect("error"))["code"] == "bad_message"
        await page.send("ping", t=1)
        await page.expect("pong")


async def test_20_megabytes_are_refused() -> None:
    async with serving() as site, site.page() as page:
        with contextlib.suppress(ConnectionError):
            await page.socket.send_str("x" * 20_000_000)
        async with asyncio.timeout(5):
            message = await page.socket.receive()
            while message.type is WSMsgType.TEXT:
                message = await page.socket.receive()
        assert page.socket.close_code in (1006, 1009)
        await until(lambda: all(s.state is State.AWAY for s in site.service.sessions))
        async with site.page() as again:
            assert again.welcome


async def test_too_many_messages() -> None:
    async with serving(messages_per_second=5) as site, site.page() as page:
        for _ in range(20):
            await page.send("ping", t=1)
        assert await page.closed() == 4429
        assert page.received[-1]["code"] == "too_many_requests"


async def test_offers_that_are_none() -> None:
    async with serving(offers_per_minute=4) as site, site.page() as page:
        await page.send("offer", id=1, sdp="v=0")
        error = await page.expect("error")
        assert (error["code"], error["id"]) == ("no_photo", 1)
        await site.post(plain(90), page.session)
        await page.send("offer", id=2, sdp="v=0", photo="guess")
        assert (await page.expect("error", id=2))["code"] == "no_photo"
        await page.send("offer", id=3, sdp="v=0\r\nnonsense")
        assert (await page.expect("error", id=3))["code"] == "bad_offer"
        await page.send("offer", id=4, sdp="\0" * 1000)
        assert (await page.expect("error", id=4))["code"] == "bad_offer"
        await page.send("offer", id=5, sdp="v=0")
        assert (await page.expect("error", id=5))["code"] == "too_many_offers"
        assert site.service.sessions.streaming == 0  # a refused offer keeps no place


async def test_offers_that_fail_by_a_mistake_of_ours_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as site, site.page() as page:
        await site.post(plain(90), page.session)
        monkeypatch.setattr(Peer, "answer", lambda *_: 1 / 0)
        await page.send("offer", id=1, sdp="v=0")
        assert (await page.expect("error", id=1))["code"] == "internal"
        assert site.service.metrics.offers.labels("internal")._value.get() == 1


async def test_commands_before_the_stream() -> None:
    async with serving() as site, site.page() as page:
        await site.post(plain(90), page.session)
        await site.post(plain(120), page.session)
        await page.send("command", name="mirror", on=True)
        await page.expect("state", mirror=True)
        _, listed = await site.get("/api/photos", page.session)
        await page.send("command", name="photo", number=2)
        await page.expect("state", photo=listed["photos"][1]["id"])
        await page.send("command", name="photo", number=7)
        error = await page.expect("error")
        assert "no photo 7" in error["text"]
        await page.send("command", name="record", on=True)
        assert (await page.expect("error"))["text"] == "There is nothing to record."


async def test_coming_back_within_the_grace() -> None:
    async with serving() as site:
        async with site.page() as page:
            _, photo = await site.post(plain(90), page.session)
            await page.send("command", name="mirror", on=True)
            await page.expect("state", mirror=True)
        session = site.service.sessions.find(page.session)
        await until(lambda: session.state is State.AWAY)
        async with site.page(session=page.session) as again:
            assert again.session == page.session
            assert [one["id"] for one in again.welcome["photos"]] == [photo["id"]]
            assert again.welcome["photos"][0]["own"] is True
            await again.expect("state", mirror=True)


async def test_coming_back_too_late() -> None:
    async with serving(grace_s=0.2) as site:
        async with site.page() as page:
            _, photo = await site.post(plain(90), page.session)
            session = site.service.sessions.find(page.session)
        await until(lambda: session.ended)
        path = f"/api/photos/{photo['id']}/preview"
        assert (await site.get(path, page.session))[0] == 404
        async with site.page(session=page.session) as again:
            assert again.session != page.session
            assert again.welcome["photos"] == []


async def test_the_same_session_twice() -> None:
    async with (
        serving() as site,
        site.page() as first,
        site.page(session=first.session) as second,
    ):
        assert second.session == first.session
        bye = await first.expect("bye")
        assert bye["reason"] == "replaced"
        assert await first.closed() == 4000
        await second.send("ping", t=1)
        await second.expect("pong")
        assert site.service.sessions.find(second.session).state is State.READY


async def test_idle_and_too_long() -> None:
    async with serving(idle_s=0.3) as site, site.page() as page:
        await page.send("ping", t=1)
        bye = await page.expect("bye")
        assert bye["reason"] == "idle"
        assert await page.closed() == 4000
    async with serving(session_s=0.3) as site, site.page() as page:
        bye = await page.expect("bye")
        assert bye["reason"] == "session_expired"
        assert await page.closed() == 4000


async def test_more_visitors_than_may_be() -> None:
    async with serving(connections=1) as site, site.page(), Page(site, None) as other:
        await other.send("hello")
        assert (await other.expect("error"))["code"] == "server_full"
        assert await other.closed() == 4429


async def test_a_page_that_gives_no_sign_of_life() -> None:
    async with serving(heartbeat_s=0.1, dead_s=0.4, silent_s=0.2) as site:
        silent = await site.client.ws_connect("/ws", autoping=False)
        await silent.send_str('{"type": "hello"}')
        await until(lambda: len(site.service.sessions) == 1)
        [session] = site.service.sessions
        await until(lambda: session.state is State.AWAY)
        await silent.close()


async def test_a_page_that_answers_pings_stays_also_when_the_server_stalls() -> None:
    async with serving(heartbeat_s=0.05, dead_s=0.5, silent_s=0.2) as site, site.page() as page:
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.7):
                    await page.expect("bye")  # the client answers pings while it waits
            time.sleep(0.7)  # the server's loop is this one
        await page.send("ping", t=1)
        await page.expect("pong")
        assert not page.socket.closed
        assert site.service.sessions.find(page.session).state is State.READY


async def test_stopping_tells_everybody() -> None:
    async with serving() as site, site.page() as page:
        await site.post(plain(90), page.session)
        session = site.service.sessions.find(page.session)
        stopping = asyncio.create_task(site.service.stop())
        assert (await page.expect("bye"))["reason"] == "stopping"
        assert await page.closed() == 4000
        await stopping
        assert session.ended
        async with site.client.get("/healthz") as response:
            assert response.status == 503
            assert (await response.json())["status"] == "stopping"
        status, told = await site.post(plain(90))
        assert (status, told["error"]["code"]) == (503, "stopping")


async def test_a_session_ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as site, site.page() as page:
        [session] = site.service.sessions
        going = asyncio.Event()
        monkeypatch.setattr(site.service, "stop_stream", lambda _: going.wait())
        first = asyncio.create_task(site.service.end(session, ByeReason.IDLE, "Enough."))
        await until(lambda: session.ending)
        second = asyncio.create_task(site.service.end(session, ByeReason.STOPPING, "All."))
        going.set()
        await asyncio.gather(first, second)
        ended = site.service.metrics.ended
        assert [ended.labels(r)._value.get() for r in ("idle", "stopping")] == [1, 0]
        await page.expect("bye")


async def test_a_page_that_never_reads_leaves_no_socket_behind() -> None:
    async with serving() as site:
        socket = await site.client.ws_connect("/ws", headers={"Origin": site.origin})
        await socket.send_str('{"type": "hello"}')
        await until(lambda: len(site.service.sessions) == 1)
        [session] = site.service.sessions
        link = session.link
        assert isinstance(link, Connection)
        assert socket._conn is not None
        assert socket._conn.transport is not None
        socket._conn.transport.pause_reading()
        session.notice("info", "x" * 20_000_000)
        await until(lambda: link._transport.get_write_buffer_size() > 0)
        await site.service.end(session, ByeReason.IDLE, "Enough.")
        await socket.send_str('{"type": "ping", "t": 1}')
        await until(lambda: link._transport.get_write_buffer_size() == 0)
        socket._conn.transport.abort()


async def test_a_page_that_leaves_while_it_comes_in_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # As by a reload at the wrong moment.
    async def prepare_late(self: web.WebSocketResponse, request: web.BaseRequest) -> object:
        assert request.transport is not None
        request.transport.abort()
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    async with serving() as site:
        with monkeypatch.context() as patched:
            patched.setattr(web.WebSocketResponse, "prepare", prepare_late)
            with pytest.raises(aiohttp.ClientError):
                await site.client.ws_connect("/ws", headers={"Origin": site.origin})
        async with site.page() as page:
            assert page.welcome["session"]
        await until(lambda: len(site.service.sessions) == 1)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
