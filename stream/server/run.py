"""Running the server until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bunraku.errors import InputError
from bunraku.stream.core.signals import HANGUP, stop_signals
from bunraku.stream.server.app import make_app
from bunraku.stream.server.logs import ACCESS, AccessLogger, http_logger, told
from bunraku.stream.server.memory import keep_arenas_few
from bunraku.stream.server.options import ServerOptions, is_loopback
from bunraku.stream.server.photo_worker import open_photo
from bunraku.stream.server.tls import server_context

if TYPE_CHECKING:
    from bunraku.runtime.models import Models

log = logging.getLogger(__name__)

MakeApp = Callable[[ServerOptions], web.Application]

_BACKLOG = 128
_SHUTDOWN_S = 5.0
_UNREAD_MS = 30_000
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def run_server(
    options: ServerOptions, load: Callable[[], Models], on_ready: Callable[[str], None]
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; then every session is told, recordings are completed,
    and this returns. A second signal ends the process at once.

    :param load: loads the models, after all else that can go wrong has been tried.
    :param on_ready: told the address once visitors can come.
    :raises InputError: the options are not safe, the port is in use, the certificate is not one.
    :raises PhotoError: a photo cannot be used.
    :raises BunrakuError: the models cannot be loaded.
    """
    keep_arenas_few()
    run_app(options, lambda chosen: make_app(chosen, load()), on_ready)


def run_app(options: ServerOptions, make: MakeApp, on_ready: Callable[[str], None]) -> None:
    """``run_server`` with an application of any making, as tests and benchmarks want it."""
    options.check()
    ssl_context = None if options.tls is None else server_context(options.tls)
    with ExitStack() as stack:
        sockets = [stack.enter_context(one) for one in bind(options.host, options.port)]
        for path in options.photos:
            open_photo(path, options.limits)  # not only when the engines are there
        app = make(options)
        port = sockets[0].getsockname()[1]

        async def serve() -> None:
            stop = _stop_event()
            runner = web.AppRunner(
                app,
                access_log_class=AccessLogger,
                access_log=logging.getLogger(ACCESS),
                logger=http_logger(),
                keepalive_timeout=30.0,
                shutdown_timeout=_SHUTDOWN_S,
            )
            await runner.setup()
            try:
                for one in sockets:
                    site = web.SockSite(runner, one, ssl_context=ssl_context, backlog=_BACKLOG)
                    try:
                        await site.start()
                    except OSError as error:  # another was quicker while the models loaded
                        raise _bind_error(options.host, port, error) from error
                log.info("ready", extra=told(host=options.host, port=port, tls=bool(options.tls)))
                on_ready(address(options, port))
                await stop.wait()
                log.info("stopping")
            finally:
                await runner.cleanup()
            log.info("stopped")

        asyncio.run(serve())


def address(options: ServerOptions, port: int) -> str:
    """Where a browser finds the server."""
    host = options.host
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"{options.scheme}://{f'[{host}]' if ':' in host else host}:{port}/"


def bind(host: str, port: int) -> list[socket.socket]:
    """Reserve the port on every address of the host; nobody is let in yet.

    :raises InputError: it is in use, may not be used, or is not of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise InputError(
            f"There is no host {host!r} to listen on.", "Use 127.0.0.1, or 0.0.0.0 for all."
        ) from error
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, kind, protocol, _, where in dict.fromkeys(found):
            if is_loopback(host) and not is_loopback(str(where[0])):
                raise InputError(f"{host} is not this machine's own.", "Use 127.0.0.1.")
            # All addresses get one port, also where the system chooses it.
            chosen = port or (sockets[0].getsockname()[1] if sockets else 0)
            try:
                sockets.append(_bound(family, kind, protocol, (where[0], chosen, *where[2:])))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error  # "localhost" may have an address that this machine has not
        if missing is not None and not sockets:
            raise missing
    except BaseException as error:
        for one in sockets:
            one.close()
        if isinstance(error, OSError):
            raise _bind_error(host, port, error) from error
        raise
    return sockets


def _bound(family: int, kind: int, protocol: int, where: tuple[Any, ...]) -> socket.socket:
    one = socket.socket(family, kind, protocol)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # who reads nothing for so long is hung up on
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        one.bind(where)
        one.setblocking(False)
    except BaseException:
        one.close()
        raise
    return one


def _bind_error(host: str, port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError(
            f"Port {port} of {host} is in use.",
            "Is another `bunraku serve` running? End it, or choose another --port.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError(f"Port {port} may not be used by you.", "Choose one above 1023.")
    if error.errno == errno.EADDRNOTAVAIL:
        return InputError(
            f"{host} is not an address of this machine.", "Use 127.0.0.1, or 0.0.0.0 for all."
        )
    return InputError(f"{host}:{port} cannot be listened on: {error.strerror}.")


def _stop_event() -> asyncio.Event:
    """Set by the first signal to end; the next one does what it does by default."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    numbers = stop_signals()

    def on_signal() -> None:
        stop.set()
        for number in numbers:
            if number == HANGUP:  # a terminal that is closed may send several
                continue
            try:
                loop.remove_signal_handler(number)
            except NotImplementedError:
                signal.signal(number, signal.SIG_DFL)

    for number in numbers:
        try:
            loop.add_signal_handler(number, on_signal)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(on_signal))
    return stop
