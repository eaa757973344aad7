from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bunraku.errors import InputError
from bunraku.stream.server.options import (
    Limits,
    ServerOptions,
    Tls,
    is_loopback,
    own_names,
    parse_host,
    parse_origin,
)

TLS = Tls(Path("cert.pem"), Path("key.pem"))
TOKEN = "a-token-long-enough"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_alone_needs_nothing(host: str) -> None:
    ServerOptions(host=host).check()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_others_need_tls_and_a_token(host: str) -> None:
    with pytest.raises(InputError, match=r"needs TLS.*openssl req -x509.*--tls-cert"):
        ServerOptions(host=host, token=TOKEN).check()
    with pytest.raises(InputError, match=r"needs a token.*--token-file"):
        ServerOptions(host=host, tls=TLS).check()
    with pytest.raises(InputError, match="at least 16 characters"):
        ServerOptions(host=host, tls=TLS, token="short").check()
    ServerOptions(host=host, tls=TLS, token=TOKEN).check()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        *(("[::1]", "::1"), ("::1", "::1"), ("[::]", "::"), ("fe80::1%eth0", "fe80::1%eth0")),
        *(("localhost", "localhost"), (" 127.0.0.1", "127.0.0.1"), ("a.b.example", "a.b.example")),
    ],
)
def test_hosts_to_listen_on(text: str, host: str) -> None:
    assert parse_host(text) == host
    assert ServerOptions(host=text).host == host


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "Give its name or address alone"),
        ("http://localhost/", "Give its name or address alone"),
        ("[localhost]", "Give its name or address alone"),
        ("::1::2", "Give its name or address alone"),
        ("localhost:9000", "Give --host localhost --port 9000"),
        ("[::1]:8080", "Give --host [::1] --port 8080"),
    ],
)
def test_hosts_that_are_none(text: str, hint: str) -> None:
    with pytest.raises(InputError, match="is not a host to listen on") as caught:
        ServerOptions(host=text)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


def test_an_origin_of_others_needs_a_token() -> None:
    with pytest.raises(InputError, match="An --origin beyond this machine needs a token"):
        ServerOptions(origins=("https://example.org",)).check()
    ServerOptions(origins=("https://example.org",), token=TOKEN).check()
    ServerOptions(origins=("http://localhost:3000",)).check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 65536},
        {"token": ""},
        {"token": " blank"},
        {"token": "gehäkelt"},
        {"token": "two\nlines"},
        {"size": (0, 480)},
        {"rate": 0.5},
        {"rate": 61.0},
        {"size": (640, 1300)},
        {"origins": ("example.org",)},
    ],
)
def test_values_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ServerOptions(**wrong).check()


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(ServerOptions(token=TOKEN))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("http://[::1]:8090", "http://[::1]:8090"),
    ],
)
def test_parse_origin(text: str, origin: str) -> None:
    assert str(parse_origin(text)) == origin


@pytest.mark.parametrize(
    "text", ["", "*", "null", "example.org", "ftp://example.org", "https://", "https://a.org/page"]
)
def test_parse_origin_refuses(text: str) -> None:
    with pytest.raises(InputError, match="is not an origin"):
        parse_origin(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "localhost.example.org", "", "::ffff:1"])
def test_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_own_names() -> None:
    assert "localhost" in own_names()
    assert "" not in own_names()


@pytest.mark.parametrize("wrong", [{"sessions": 0}, {"idle_s": -1.0}, {"photo_bytes": 2**40}])
def test_limits_refuse(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Limits(**wrong)
