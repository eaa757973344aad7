from __future__ import annotations

import logging
from pathlib import Path

import pytest
from aiohttp import web
from tests.stream.server.fakes import identify, plain, serving, tint, until
from tests.stream.server.pictures import photo

from bunraku.errors import NoPersonError, PhotoError
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.rest import SESSION_HEADER

TOKEN = "a-token-long-enough"
GUARDED = ("/api/photos", "/api/sessions", "/api/photos/x/preview", "/api/recordings/x", "/metrics")


async def test_a_script_sends_a_photo() -> None:
    async with serving() as site:
        status, told = await site.post(photo("JPEG"), name="me.jpg")
        assert status == 201
        assert {k: told[k] for k in ("name", "width", "height", "people", "half", "number")} == {
            "name": "me.jpg",
            "width": 120,
            "height": 160,
            "people": 1,
            "half": False,
            "number": 1,
        }
        assert told["box"] == [0, 0, 120]
        assert told["notes"] == ["a note"]
        status, listed = await site.get("/api/photos", told["session"])
        assert [one["id"] for one in listed["photos"]] == [told["id"]]
        path = f"/api/photos/{told['id']}/preview"
        async with site.client.get(path, headers=site.headers(told["session"])) as response:
            assert response.content_type == "image/jpeg"
            assert (await response.read()).startswith(b"\xff\xd8\xff")
        _, sessions = await site.get("/api/sessions")
        assert sessions["limit"] == 4
        assert sessions["sessions"][0]["label"] == "s1"
        assert sessions["sessions"][0]["photos"] == 1
        assert told["session"] not in str(sessions)


async def test_whoever_asks_is_there() -> None:
    async with serving() as site:
        _, told = await site.post(plain(90))
        session = site.service.sessions.find(told["session"])
        for path in ("/api/photos", f"/api/photos/{told['id']}/preview"):
            before_s = session.active_s = session.active_s - 1.0
            async with site.client.get(path, headers=site.headers(session.id)) as response:
                assert response.status == 200
            assert session.active_s > before_s


async def test_photos_of_one_are_not_there_for_another() -> None:
    async with serving() as site:
        _, mine = await site.post(plain(90))
        _, other = await site.post(plain(120))
        assert mine["session"] != other["session"]
        preview = f"/api/photos/{mine['id']}/preview"
        for session in (other["session"], None):
            assert (await site.get(preview, session))[0] == 404
            assert mine["id"] not in str(await site.get("/api/photos", session))
            path = f"/api/photos/{mine['id']}"
            async with site.client.delete(path, headers=site.headers(session)) as response:
                assert response.status == 404
        status, told = await site.get(preview, "guessed")
        assert (status, told["error"]["code"]) == (404, "session_expired")


async def test_photos_are_deleted_on_demand_and_with_their_session() -> None:
    async with serving() as site:
        _, mine = await site.post(plain(90))
        session = site.service.sessions.find(mine["session"])
        headers = site.headers(mine["session"])
        _, second = await site.post(plain(99), mine["session"])
        assert second["number"] == 2
        path = f"/api/photos/{mine['id']}"
        async with site.client.delete(path, headers=headers) as response:
            assert response.status == 204
        async with site.client.delete(path, headers=headers) as response:
            assert response.status == 404
        _, listed = await site.get("/api/photos", mine["session"])
        assert [one["number"] for one in listed["photos"]] == [1]
        session.active_s -= 1e6
        await until(lambda: session.ended)
        assert not session.previews
        assert not session.controls.photos
        status, told = await site.get("/api/photos", mine["session"])
        assert (status, told["error"]["code"]) == (404, "session_expired")


async def test_the_operators_photos_are_for_all(tmp_path: Path) -> None:
    path = tmp_path / "theirs.png"
    path.write_bytes(plain(70))
    async with serving(ServerOptions(photos=(path,))) as site:
        _, listed = await site.get("/api/photos")
        [offered] = listed["photos"]
        assert (offered["name"], offered["own"], offered["number"]) == ("theirs.png", False, 1)
        _, mine = await site.post(plain(90))
        assert mine["number"] == 2
        _, listed = await site.get("/api/photos", mine["session"])
        assert [one["own"] for one in listed["photos"]] == [False, True]
        address = f"/api/photos/{offered['id']}"
        async with site.client.get(f"{address}/preview") as response:
            assert response.status == 200
        async with site.client.delete(address, headers=site.headers(mine["session"])) as response:
            assert response.status == 403


async def test_operators_photos_are_checked_at_the_start(tmp_path: Path) -> None:
    nobody, text = tmp_path / "nobody.png", tmp_path / "text.jpg"
    nobody.write_bytes(plain(0))
    text.write_text("hello")
    for path, error in ((nobody, NoPersonError), (text, PhotoError), (tmp_path, PhotoError)):
        app = make_app(ServerOptions(photos=(path,)), stages=tint, identify=identify)
        runner = web.AppRunner(app)
        with pytest.raises(error, match=path.name):
            await runner.setup()
        await runner.cleanup()


async def test_without_a_token() -> None:
    async with serving(ServerOptions(token=TOKEN)) as site:
        for path in GUARDED:
            for headers in ({}, {"Authorization": "Bearer wrong"}):
                async with site.client.get(path, headers=headers) as response:
                    assert response.status == 401
                    assert response.headers["WWW-Authenticate"].startswith("Bearer")
                    assert (await response.json())["error"]["code"] == "unauthorized"
        async with site.client.post("/api/photos", data=photo()) as response:
            assert response.status == 401
        assert (await site.post(plain(90)))[0] == 201
        async with site.client.get("/healthz") as response:
            assert await response.json() == {"status": "ok", "sessions": 0, "limit": 4}


async def test_guessing_is_slowed_down() -> None:
    async with serving(ServerOptions(token=TOKEN), wrong_tokens_per_minute=2) as site:
        wrong = {"Authorization": "Bearer wrong"}
        for expected in (401, 401, 429):
            async with site.client.get("/api/photos", headers=wrong) as response:
                assert response.status == expected
        assert 1 <= int(response.headers["Retry-After"]) <= 60


async def test_other_origins_and_names() -> None:
    async with serving() as site:
        for headers in (
            {"Origin": "https://evil.example.org"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Host": "evil.example.org"},
        ):
            async with site.client.post("/api/photos", data=b"", headers=headers) as response:
                assert response.status == 403
                assert (await response.json())["error"]["code"] == "forbidden"
                assert "Access-Control-Allow-Origin" not in response.headers
        async with site.client.get("/", headers={"Host": "evil.example.org"}) as response:
            assert response.status == 403
        async with site.client.get("/api/photos", headers={"Origin": site.origin}) as response:
            assert response.status == 200
        async with site.client.options(
            "/api/photos",
            headers={"Origin": site.origin, "Access-Control-Request-Method": "POST"},
        ) as response:
            assert response.status == 405
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_page_and_its_files() -> None:
    async with serving() as site:
        async with site.client.get("/") as response:
            assert response.status == 200
            assert response.content_type == "text/html"
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        async with site.client.get("/static/app.js") as response:
            assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
            tag = response.headers["ETag"]
            assert await response.read()
        for known, status in ((tag, 304), ('"other"', 200), ("*", 200)):
            async with site.client.get(
                "/static/app.js", headers={"If-None-Match": known}
            ) as response:
                assert (response.status, response.headers["ETag"]) == (status, tag)
        wrong = ("../app.py", "%2e%2e/server/app.py", "..%2fserver%2fapp.py", ".", "x.js", "")
        for name in (*wrong, f"{'a' * 300}.js", "a%00.js"):
            async with site.client.get(f"/static/{name}") as response:
                assert response.status == 404, name
        async with site.client.get("/nowhere") as response:
            assert response.status == 404
            assert (await response.json())["error"]["code"] == "not_found"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_mistakes_of_ours_show_no_traces(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as site:
        monkeypatch.setattr(site.service, "photos_json", lambda _: 1 / 0)
        with caplog.at_level(logging.ERROR):
            status, told = await site.get("/api/photos")
        assert (status, told["error"]["code"]) == (500, "internal")
        assert "division" not in str(told)
        assert "ZeroDivisionError" in caplog.text


async def test_the_session_of_the_header_is_bounded() -> None:
    async with serving() as site:
        headers = {SESSION_HEADER: "x" * 4000}
        async with site.client.get("/api/photos", headers=headers) as response:
            assert response.status == 404
