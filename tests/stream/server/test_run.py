from __future__ import annotations

import asyncio
import errno
import json
import select
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import aiohttp
import pytest
from aiohttp import web
from tests.stream.server.certificates import make_certificate
from tests.stream.server.fakes import identify, tint
from tests.stream.server.processes import TOKEN, server

from bunraku.errors import InputError, PhotoError
from bunraku.stream.server import run
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.run import address, bind, run_app


def read(pipe: IO[str] | None) -> str:
    assert pipe is not None
    return pipe.read()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        signal.SIGINT,
        pytest.param(
            signal.SIGHUP,
            marks=pytest.mark.skipif(
                signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="run under nohup"
            ),
        ),
    ],
)
async def test_signals_end_it_gracefully(number: signal.Signals) -> None:
    with server() as (process, url):
        async with aiohttp.ClientSession() as client, client.ws_connect(f"{url}ws") as page:
            await page.send_json({"type": "hello", "token": TOKEN})
            assert (await page.receive_json())["type"] == "welcome"
            process.send_signal(number)
            async with asyncio.timeout(10):
                while (told := await page.receive_json())["type"] != "bye":
                    pass
            assert told["reason"] == "stopping"
        assert await asyncio.to_thread(process.wait, 10) == 0
        assert read(process.stdout) == "ended\n"
        lines = [json.loads(line) for line in read(process.stderr).splitlines()]
    assert [line["event"] for line in lines if line["logger"].endswith(".run")] == [
        *("ready", "stopping", "stopped"),
    ]
    assert TOKEN not in str(lines)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts back what handles signals."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
async def test_signals_where_loops_handle_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise NotImplementedError  # as on Windows

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_signal_handler", missing)
    monkeypatch.setattr(loop, "remove_signal_handler", missing)
    stop = run._stop_event()
    signal.raise_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        await stop.wait()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.usefixtures("handlers")
async def test_nohup_is_respected() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = run._stop_event()
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signal.raise_signal(signal.SIGINT)
    async with asyncio.timeout(10):
        await stop.wait()


@pytest.mark.usefixtures("handlers")
async def test_a_second_hangup_does_not_end_it_at_once() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stop = run._stop_event()
    signal.raise_signal(signal.SIGHUP)
    async with asyncio.timeout(10):
        await stop.wait()
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL  # who is impatient says so


async def test_over_tls(tmp_path: Path) -> None:
    tls = make_certificate(tmp_path, "localhost")
    with server(tls.cert, tls.key) as (process, url):
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(tls.cert))
        trusting.check_hostname = False
        async with aiohttp.ClientSession() as client:
            async with client.get(f"{url}healthz", ssl=trusting) as response:
                assert response.status == 200
            async with client.get(f"{url}metrics", ssl=trusting) as response:
                assert response.status == 401
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0


def test_a_port_in_use() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"Port {port} of 127.0.0.1 is in use.*--port"):
            bind("127.0.0.1", port)


def test_addresses_that_are_not_ours() -> None:
    with pytest.raises(InputError, match="There is no host"):
        bind("no such host", 0)
    with pytest.raises(InputError, match="There is no host"):
        bind("a" * 70 + ".example", 0)  # longer than names can be
    with pytest.raises(InputError, match="is not an address of this machine"):
        bind("192.0.2.1", 0)


def test_a_port_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(run, "_bound", refuse)
    with pytest.raises(InputError, match=r"Port 80 may not be used by you\. Choose one above 1023"):
        bind("127.0.0.1", 80)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has it")
def test_who_reads_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_UNREAD_MS", 300)
    [listening] = bind("127.0.0.1", 0)
    with listening:
        listening.listen()
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as sender:
            sender.setblocking(False)
            with pytest.raises(TimeoutError):
                pour(sender)


def pour(sender: socket.socket) -> None:
    while select.select([], [sender], [], 20)[1]:
        sender.send(bytes(2**16))


def test_one_port_on_all_addresses_of_a_name() -> None:
    sockets = bind("localhost", 0)
    try:
        assert len({one.getsockname()[1] for one in sockets}) == 1
    finally:
        for one in sockets:
            one.close()


def test_what_is_wrong_is_said_before_engines_are_loaded(tmp_path: Path) -> None:
    def fail(_: ServerOptions) -> web.Application:
        raise AssertionError("engines were loaded")

    with pytest.raises(InputError, match="needs TLS"):
        run_app(ServerOptions(host="0.0.0.0"), fail, print)
    tls = make_certificate(tmp_path)
    tls.key.write_text("")
    with pytest.raises(InputError, match="Give PEM files"):
        run_app(ServerOptions(tls=tls, token=TOKEN), fail, print)
    for photo, told in (
        (tmp_path / "gone.jpg", r"gone\.jpg cannot be opened: No such file"),
        (tls.cert, "cert.pem: That is not a JPEG, PNG or WebP photo"),
        (tmp_path, "is a folder, not a photo"),
        (Path("/dev/zero"), "/dev/zero is a device, not a photo"),
    ):
        with pytest.raises(PhotoError, match=told):
            run_app(ServerOptions(port=0, photos=(photo,)), fail, print)


def test_nothing_to_serve_with() -> None:
    with pytest.raises(InputError, match="The server has no models"):
        make_app(ServerOptions())
    make_app(ServerOptions(), stages=tint, identify=identify)
    assert threading.active_count() < 50


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (ServerOptions(), "http://127.0.0.1:81/"),
        (ServerOptions(host="::1"), "http://[::1]:81/"),
        (ServerOptions(host="[::1]"), "http://[::1]:81/"),
        (ServerOptions(host="localhost"), "http://localhost:81/"),
        (ServerOptions(host="0.0.0.0"), f"http://{socket.gethostname()}:81/"),
    ],
)
def test_address(options: ServerOptions, shown: str) -> None:
    assert address(options, 81) == shown
