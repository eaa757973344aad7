from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from tests.stream.server.certificates import make_certificate
from tests.stream.server.fakes import identify, plain, serving, tint

from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.tls import server_context

TOKEN = "a-token-long-enough"
Load = Callable[[str], ModuleType]


async def test_a_photo_is_looked_at_and_deleted(
    capsys: pytest.CaptureFixture[str], load_example: Load, tmp_path: Path
) -> None:
    photo, preview = tmp_path / "me.png", tmp_path / "preview.jpg"
    photo.write_bytes(plain(90))
    async with serving(ServerOptions(token=TOKEN)) as site:
        connect = load_example("server_client").connect
        report = await connect(site.origin, TOKEN, None, photo, preview)
        session = site.service.sessions.find(report["session"])
        assert not session.previews
    assert {key: report[key] for key in ("name", "width", "height", "people", "notes")} == {
        "name": "me.png",
        "width": 64,
        "height": 48,
        "people": 1,
        "notes": ["a note"],
    }
    assert preview.read_bytes().startswith(b"\xff\xd8\xff")
    assert capsys.readouterr().out == "ok: 0 of 4 sessions stream\n"


async def test_refusals_are_told_in_the_servers_words(load_example: Load, tmp_path: Path) -> None:
    photo = tmp_path / "black.png"
    photo.write_bytes(plain(0))
    connect = load_example("server_client").connect
    async with serving(ServerOptions(token=TOKEN)) as site:
        with pytest.raises(SystemExit, match=r"^no_person: No person was found in the photo\. Use"):
            await connect(site.origin, TOKEN, None, photo, None)
        with pytest.raises(SystemExit, match="unauthorized: "):
            await connect(site.origin, None, None, photo, None)


async def test_a_server_that_made_its_certificate_is_known_by_it(
    load_example: Load, tmp_path: Path
) -> None:
    photo = tmp_path / "me.png"
    photo.write_bytes(plain(90))
    tls, other = (make_certificate(tmp_path, stem=stem) for stem in ("own", "other"))
    app = make_app(ServerOptions(), stages=tint, identify=identify)
    connect = load_example("server_client").connect
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=server_context(tls))
    try:
        report = await connect(str(server.make_url("/")), None, tls.cert, photo, None)
        assert report["people"] == 1
        for wrong in (other.cert, None):
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await connect(str(server.make_url("/")), None, wrong, photo, None)
    finally:
        await server.close()


def test_without_a_server(
    capsys: pytest.CaptureFixture[str], load_example: Load, tmp_path: Path
) -> None:
    main = load_example("server_client").main
    assert main([str(tmp_path / "me.png"), "--url", "http://127.0.0.1:1"]) == 2
    assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "Does `bunraku serve` run there?\n"),
        ("127.0.0.1", "127.0.0.1 is not an address: "),
        ("http://127.0.0.1:99999", "http://127.0.0.1:99999 is not an address: "),
    ],
)
def test_no_server_is_one_line(
    capsys: pytest.CaptureFixture[str], load_example: Load, tmp_path: Path, url: str, told: str
) -> None:
    assert load_example("server_client").main([str(tmp_path / "me.png"), "--url", url]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
