"""What is not HTTP, over real sockets: answered, told in one line, and nothing more."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.stream.server.certificates import make_certificate
from tests.stream.server.processes import TOKEN, server
from yarl import URL

_ANSWER_S = 10.0
_HOST = b"Host: 127.0.0.1\r\n"
_POST = b"POST /api/photos HTTP/1.1\r\n" + _HOST + f"Authorization: Bearer {TOKEN}\r\n".encode()
_FORM = _POST + b"Content-Type: multipart/form-data; boundary=x\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    "garbage": b"\x00\x01garbage\r\n\r\n",
    "every byte": bytes(range(256)) * 4,
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    "long header": b"GET / HTTP/1.1\r\n" + _HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "no header": b"GET / HTTP/1.1\r\n" + _HOST + b"no colon\r\n\r\n",
    "secret": b"GET / HTTP/1.1\r\nAuthorization: Bearer\x00 " + TOKEN.encode() + b"\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\n" + _HOST + b"\r\n",
    "address": b"GET http://[::1 HTTP/1.1\r\n" + _HOST + b"\r\n",
    "length": _POST + b"Content-Length: -5\r\n\r\n",
    "two lengths": _FORM + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n--x--",
    "chunk": _FORM + _CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "later chunk": _FORM + _CHUNKED + b"3\r\n--x\r\nzz\r\nabc\r\n0\r\n\r\n",
    "after a request": b"GET /healthz HTTP/1.1\r\n" + _HOST + b"\r\n\x00garbage\r\n\r\n",
}


def ask(port: int, sent: bytes) -> bytes:
    """What a server answers to these bytes, until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), _ANSWER_S) as connection:
        connection.sendall(sent)
        answer = b""
        try:
            while data := connection.recv(2**16):
                answer += data
        except ConnectionResetError:  # it did not wait for the rest
            pass
        return answer


def end(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """The lines of the log."""
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=_ANSWER_S)
    assert process.returncode == 0
    return [json.loads(line) for line in log.splitlines()]


def test_what_is_not_http_is_a_line() -> None:
    with server() as (process, url):
        port = URL(url).port
        assert port is not None
        for name, sent in MALFORMED.items():
            assert b" 400 " in ask(port, sent), name
        healthy = b"GET /healthz HTTP/1.0\r\n" + _HOST + b"\r\n"
        assert b" 200 " in ask(port, healthy)
        lines = end(process)
    assert {line["level"] for line in lines} == {"info"}
    assert not [line for line in lines if "trace" in line]
    told = [line for line in lines if line["event"] == "malformed request"]
    assert len(told) >= len(MALFORMED) - 4  # what a browser sends to the wrong port is no news
    assert all(line["remote"] == "127.0.0.1" and line["why"].isidentifier() for line in told)
    assert TOKEN not in str(lines)


def test_what_is_not_tls_is_no_news(tmp_path: Path) -> None:
    tls = make_certificate(tmp_path, "localhost")
    with server(tls.cert, tls.key) as (process, url):
        port = URL(url).port
        assert port is not None
        for sent in (b"GET / HTTP/1.1\r\n\r\n", bytes(100), bytes.fromhex("16030100c801"), b""):
            with socket.create_connection(("127.0.0.1", port), _ANSWER_S) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(100)
        lines = end(process)
    assert [line["event"] for line in lines] == ["ready", "stopping", "stopped"]


@pytest.mark.parametrize("host", ["[::1]", "::1", "localhost"])
def test_a_server_is_found_under_the_address_it_tells(host: str) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    with server(host=host) as (process, url):
        told = URL(url)
        assert (told.scheme, told.host) == ("http", host.strip("[]"))
        assert told.host is not None
        assert told.port is not None
        with socket.create_connection((told.host, told.port), _ANSWER_S) as connection:
            request = f"GET /healthz HTTP/1.0\r\nHost: {told.host_port_subcomponent}\r\n\r\n"
            connection.sendall(request.encode())
            assert b" 200 " in connection.recv(100)
        end(process)
