from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from tests.stream.fakes import FakeClock
from tests.stream.server.certificates import make_certificate

from bunraku.stream.server.auth import AccessControl
from bunraku.stream.server.options import Limits, ServerOptions
from bunraku.stream.server.protocol import ApiError, ErrorCode

TOKEN = "a-token-long-enough"


def access(clock: FakeClock | None = None, **options: object) -> AccessControl:
    chosen = ServerOptions(**options)  # type: ignore[arg-type]
    return AccessControl(chosen, clock or FakeClock())


def request(*headers: tuple[str, str]) -> web.Request:
    return make_mocked_request("GET", "/api/photos", headers=CIMultiDict(headers))


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:8090", "127.0.0.1", "localhost:9000", "LOCALHOST", "localhost."),
        *("[::1]:8090", "192.168.1.7:8090", "puppet.example.org"),
    ],
)
def test_known_hosts(host: str) -> None:
    made = access(origins=("https://puppet.example.org",), token=TOKEN)
    made.check_host(request(("Host", host)))


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example.org", "localhost.evil.org", "127.0.0.1.evil.org", "", "a@127.0.0.1"),
        *("127.0.0.1/x", "127.0.0.1:port", "127.0.0.1, evil.org", "[::1", "1.2.3"),
    ],
)
def test_foreign_hosts(host: str) -> None:
    with pytest.raises(ApiError) as caught:
        access().check_host(request(("Host", host)))
    assert (caught.value.status, caught.value.code) == (403, ErrorCode.FORBIDDEN)


def test_no_host_or_two() -> None:
    for headers in ([], [("Host", "localhost"), ("Host", "evil.org")]):
        with pytest.raises(ApiError):
            access().check_host(request(*headers))


def test_names_of_the_certificate(tmp_path: Path) -> None:
    tls = make_certificate(tmp_path, "puppet.lan", "*.puppets.org")
    made = access(tls=tls, token=TOKEN)
    made.check_host(request(("Host", "puppet.lan:8090")))
    made.check_host(request(("Host", "a.puppets.org")))
    for foreign in ("puppets.org", "a.b.puppets.org", "evil.org"):
        with pytest.raises(ApiError):
            made.check_host(request(("Host", foreign)))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8090", "127.0.0.1:8090"),
        ("http://localhost", "localhost:80"),
        ("http://[::1]:8090", "[::1]:8090"),
        ("https://puppet.example.org", "127.0.0.1:8090"),
    ],
)
def test_own_origins(origin: str, host: str) -> None:
    made = access(origins=("https://puppet.example.org",), token=TOKEN)
    made.check_origin(request(("Host", host), ("Origin", origin)))


@pytest.mark.parametrize(
    "origin",
    [
        *("http://localhost:3000", "https://127.0.0.1:8090", "http://127.0.0.1", "null", ""),
        *("http://puppet.example.org", "https://puppet.example.org.evil.org", "http://evil.org"),
        "http://127.0.0.1:8090.evil.org",
    ],
)
def test_foreign_origins(origin: str) -> None:
    made = access(origins=("https://puppet.example.org",), token=TOKEN)
    with pytest.raises(ApiError) as caught:
        made.check_origin(request(("Host", "127.0.0.1:8090"), ("Origin", origin)))
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("site", "passes"), [("none", True), ("same-origin", True), ("cross-site", False)]
)
def test_without_an_origin_the_browser_tells_the_site(site: str, passes: bool) -> None:
    asked = request(("Host", "127.0.0.1:8090"), ("Sec-Fetch-Site", site))
    if passes:
        access().check_origin(asked)
    else:
        with pytest.raises(ApiError):
            access().check_origin(asked)


def test_token() -> None:
    made = access(token=TOKEN)
    made.check_bearer(request(("Authorization", f"Bearer {TOKEN}")))
    made.check_bearer(request(("Authorization", f"bearer  {TOKEN} ")))
    for wrong in ("", "Bearer", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"):
        with pytest.raises(ApiError) as caught:
            made.check_bearer(request(("Authorization", wrong)))
        assert (caught.value.status, caught.value.code) == (401, ErrorCode.UNAUTHORIZED)


def test_tokens_of_other_alphabets_are_wrong() -> None:
    for wrong in ("gehäkelt", "\udcff", "x" * 10_000):
        with pytest.raises(ApiError) as caught:
            access(token=TOKEN).check_token(wrong, None)
        assert caught.value.status == 401


def test_no_token_is_asked_for_where_there_is_none() -> None:
    access().check_bearer(request(("Authorization", "Bearer anything")))


async def test_wrong_tokens_have_to_wait() -> None:
    clock = FakeClock()
    made = access(clock, token="short", limits=Limits(wrong_tokens_per_minute=3))
    for _ in range(3):
        with pytest.raises(ApiError) as caught:
            made.check_token("wrong", "10.0.0.1")
        assert caught.value.status == 401
    with pytest.raises(ApiError) as caught:
        made.check_token("short", "10.0.0.1")  # the right one tells a guesser nothing now
    assert caught.value.status == 429
    assert caught.value.retry_s == 60.0
    made.check_token("short", "10.0.0.2")
    await clock.advance(60.0)
    made.check_token("short", "10.0.0.1")


def test_wrong_tokens_lock_nobody_out_who_has_a_long_one() -> None:
    made = access(token=TOKEN, limits=Limits(wrong_tokens_per_minute=1))
    for status in (401, 429):
        with pytest.raises(ApiError) as caught:
            made.check_token("wrong", "10.0.0.1")
        assert caught.value.status == status
        made.check_token(TOKEN, "10.0.0.1")


def test_a_missing_token_is_no_guess() -> None:
    made = access(token=TOKEN, limits=Limits(wrong_tokens_per_minute=1))
    for _ in range(5):
        with pytest.raises(ApiError) as caught:
            made.check_token(None, "10.0.0.1")
        assert caught.value.status == 401


def test_who_has_no_token_is_asked_for_it_while_others_guess() -> None:
    made = access(token=TOKEN, limits=Limits(wrong_tokens_per_minute=1))
    for token, status in (("wrong", 401), ("wrong", 429), (None, 401), ("", 401)):
        with pytest.raises(ApiError) as caught:
            made.check_token(token, "10.0.0.1")
        assert caught.value.status == status
