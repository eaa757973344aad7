"""What a server is asked for, and what one user of it may use."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from dataclasses import dataclass, field, fields
from pathlib import Path

from yarl import URL

from bunraku.errors import InputError
from bunraku.runtime.options import FACE
from bunraku.runtime.parts import ALL_PARTS, Parts
from bunraku.runtime.source.photo import MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS
from bunraku.stream.rtc.options import PeerOptions

LOCAL_NAME = "localhost"
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:/]+):(\d+)")

SHORTEST_TOKEN = 16
"""Characters of a token that guards a server which others can reach."""

_SELF_SIGNED = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 "
    "-keyout key.pem -out cert.pem -subj /CN=bunraku"
)
_MAKE_TOKEN = 'python3 -c "import secrets; print(secrets.token_urlsafe())" > token.txt'


@dataclass(frozen=True)
class Limits:
    """What one server, one session and one request may use.

    :raises InputError: one is not above 0.
    """

    # Browsers that stream at once; each needs the engines' time.
    sessions: int = 4
    # Sessions in all: open pages, pages that may come back, scripts.
    connections: int = 32
    # A session ends after this time, streaming or not.
    session_s: float = 3600.0
    # A session without a stream ends after this time without a word from its user, and a script's
    # session after this time without a request.
    idle_s: float = 300.0
    # How long photos outlive a lost WebSocket, for a browser that comes back.
    grace_s: float = 30.0
    # The first message must have come by then.
    hello_s: float = 5.0
    # The browser is asked for a sign of life so often,
    heartbeat_s: float = 1.0
    # gives its place up to another after so long a silence,
    silent_s: float = 1.8
    # and is taken to be gone after so long a one.
    dead_s: float = 6.0
    # A stream without a picture from the camera for so long gives its place up.
    stalled_s: float = 30.0

    photo_bytes: int = 15 * 2**20
    photo_pixels: int = 40_000_000
    # Photos are scaled down to this longer side: no stream shows more.
    photo_side_px: int = 1280
    # Photos that one session may hold at once.
    photos: int = 9
    # Photos that one session, or one address without a session, may send in a minute.
    uploads_per_minute: int = 30
    # Photos being received at once, by all users together.
    uploads_at_once: int = 8
    # Of these, by one session, or by one address without a session.
    uploads_at_once_each: int = 2
    # A photo must have arrived by then.
    upload_s: float = 60.0

    # A message over the WebSocket, an offer above all.
    message_bytes: int = 256 * 2**10
    messages_per_second: int = 50
    # Attempts to start a stream, by one session.
    offers_per_minute: int = 12
    # Wrong tokens from one address before it has to wait.
    wrong_tokens_per_minute: int = 10
    # WebSockets that have not said hello yet, in all and from one address.
    knocking: int = 64
    knocking_each: int = 8

    recording_bytes: int = 256 * 2**20
    recording_s: float = 600.0
    # Recordings that a session keeps for download, and their bytes together; the oldest goes first.
    recordings: int = 4
    recordings_bytes: int = 512 * 2**20
    # Bytes of all sessions' recordings; of the session that has most, the oldest goes first.
    all_recordings_bytes: int = 2 * 2**30

    def __post_init__(self) -> None:
        for item in fields(self):
            if not getattr(self, item.name) > 0:
                raise InputError(f"The limit {item.name} must be above 0.")
        if self.photo_bytes > MAX_PHOTO_BYTES or self.photo_pixels > MAX_PHOTO_PIXELS:
            raise InputError(
                f"Photos above {MAX_PHOTO_BYTES // 2**20} MiB or {MAX_PHOTO_PIXELS // 10**6} "
                "megapixels cannot be read.",
                "Lower the limits of photos.",
            )


@dataclass(frozen=True)
class Tls:
    """A certificate with its chain, and its key without a password; PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class ServerOptions:
    """Where the server listens, who may come in, and what it offers."""

    host: str = "127.0.0.1"
    # 0: the system chooses one.
    port: int = 8090
    # Asked of everybody who wants more than the page itself. Kept out of repr: no log shows it.
    token: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    # Addresses of pages that may talk to the server beside its own, as a proxy in front makes them.
    origins: tuple[str, ...] = ()
    # Photos that every session is offered.
    photos: tuple[Path, ...] = ()
    # What the browser's camera is asked for.
    size: tuple[int, int] = (640, 480)
    rate: float = 30.0
    # Only the square around the person is sent, not the whole photo.
    window_only: bool = False
    # How strongly photos' faces follow until a visitor says otherwise; None: no face ever does.
    face: float | None = FACE
    # Which parts of photos' people follow until then.
    parts: Parts = ALL_PARTS
    peer: PeerOptions = field(default_factory=PeerOptions)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """:raises InputError: ``host`` is neither a name nor an address."""
        object.__setattr__(self, "host", parse_host(self.host))

    def check(self) -> None:
        """Check what makes a server safe, before anything is loaded.

        :raises InputError: it would listen beyond this machine without TLS or a token, or a value
            is not one; the text says how to do better.
        """
        if not 0 <= self.port <= 65535:
            raise InputError(f"{self.port} is not a port.", "Choose one from 1024 to 65535.")
        if min(self.size) < 16 or not 1 <= self.rate <= 240:
            raise InputError("The camera's size or rate is out of range.", "Try 640x480 and 30.")
        if max(self.size) > self.peer.max_side_px or self.rate > self.peer.max_rate:
            raise InputError(
                "Cameras are asked for more than is taken.",
                "Raise --max-side, or lower --size or --rate.",
            )
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise InputError("The token has characters that no header can carry.", "Use ASCII.")
        if self.token is not None and (not self.token or self.token != self.token.strip()):
            raise InputError("The token is empty or has blanks around it.", _new_token())
        for origin in self.origins:
            parse_origin(origin)
        local = is_loopback(self.host)
        if not local and self.tls is None:
            raise InputError(
                f"Listening on {self.host} needs TLS: browsers give no camera to a page on plain "
                "http.",
                f"Make a certificate, `{_SELF_SIGNED}`, and give --tls-cert cert.pem "
                "--tls-key key.pem; or stay on 127.0.0.1 behind an SSH tunnel or an HTTPS proxy.",
            )
        if local and all(is_loopback(parse_origin(o).host or "") for o in self.origins):
            return
        what = f"Listening on {self.host}" if not local else "An --origin beyond this machine"
        if self.token is None:
            raise InputError(f"{what} needs a token.", _new_token())
        if len(self.token) < SHORTEST_TOKEN:
            raise InputError(
                f"{what} needs a token of at least {SHORTEST_TOKEN} characters.", _new_token()
            )

    @property
    def scheme(self) -> str:
        """Of the server's own addresses."""
        return "http" if self.tls is None else "https"


def _new_token() -> str:
    return f"Make one, `{_MAKE_TOKEN}`, and give --token-file token.txt"


def parse_origin(text: str) -> URL:
    """An origin as browsers write it, in small letters.

    :raises InputError: it is not of the form ``https://host`` or ``https://host:port``.
    """
    try:
        url = URL(text)
        host, origin = url.host, url.origin()
    except ValueError:
        host = origin = None
    if not host or origin is None or url.scheme not in ("http", "https") or url.path not in "/":
        raise InputError(f'"{text}" is not an origin.', "Write it as in https://example.org:8443")
    return origin


def parse_host(text: str) -> str:
    """A host to listen on: a name, or an address, which may stand in brackets as in a URL.

    :return: without the brackets.
    :raises InputError: it is neither, or there is more about it.
    """
    host = text.strip()
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    with contextlib.suppress(ValueError):
        ipaddress.IPv6Address(bare)
        return bare
    if host and not set(host) & set(":/[]"):
        return host
    with_port = _WITH_PORT.fullmatch(host)
    raise InputError(
        f'"{text}" is not a host to listen on.',
        f"Give --host {with_port[1]} --port {with_port[2]}"
        if with_port
        else "Give its name or address alone, as in 127.0.0.1 or ::1; 0.0.0.0 is all.",
    )


def is_loopback(host: str) -> bool:
    """Whether a host to listen on, or that of an origin, is this machine's own for sure."""
    if host.casefold() == LOCAL_NAME or host.casefold().endswith(f".{LOCAL_NAME}"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def own_names() -> frozenset[str]:
    """The names under which this machine is reached: its own, and that in the local network."""
    name = socket.gethostname().casefold()
    short = name.partition(".")[0]
    return frozenset({LOCAL_NAME, name, short, f"{short}.local", f"{short}.lan"} - {""})
