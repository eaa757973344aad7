"""Who may talk to the server: the token, and which pages and names may lead to it."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math

from aiohttp import web
from yarl import URL

from bunraku.errors import InputError
from bunraku.stream.core.clock import Clock
from bunraku.stream.server.options import (
    SHORTEST_TOKEN,
    ServerOptions,
    own_names,
    parse_origin,
)
from bunraku.stream.server.protocol import LONGEST_SECRET, ApiError, ErrorCode
from bunraku.stream.server.rate_limit import MINUTE_S, RateLimits
from bunraku.stream.server.tls import names_of

_WHERE = "Start the server with --origin for each further address under which the page is opened."


class AccessControl:
    """Checks every request before anything else is done with it.

    Host: only addresses and names of this machine, those of the certificate and of ``origins``
    pass, so that no foreign name can be made to point here (DNS rebinding). Origin: only the page
    of the very address that is asked, and ``origins``. Token: in constant time, and not over and
    over.
    """

    def __init__(self, options: ServerOptions, clock: Clock) -> None:
        """:raises InputError: an origin or the certificate cannot be read."""
        self._token = None if options.token is None else _digest(options.token)
        # Such a token is let in however many wrong ones came from its address: behind a proxy all
        # visitors share one, and guessing on is hopeless.
        self._unguessable = len(options.token or "") >= SHORTEST_TOKEN
        origins = [parse_origin(text) for text in options.origins]
        self._origins = frozenset(_parts(origin) for origin in origins)
        self._names = own_names() | {options.host.casefold()}
        self._names |= {(origin.host or "").casefold() for origin in origins}
        self._certified = frozenset[str]() if options.tls is None else names_of(options.tls.cert)
        self._wrong = RateLimits(options.limits.wrong_tokens_per_minute, MINUTE_S, clock)

    def check_host(self, request: web.BaseRequest) -> None:
        """:raises ApiError: 403: the request names a host that is not this one."""
        values = request.headers.getall("Host", [])
        host = _host_of(values[0]) if len(values) == 1 else None
        if host is None or not self._knows(host):
            raise ApiError(403, ErrorCode.FORBIDDEN, "This server has another name.", _WHERE)

    def check_origin(self, request: web.BaseRequest) -> None:
        """:raises ApiError: 403: a page of another origin sent the request."""
        origins = request.headers.getall("Origin", [])
        site = request.headers.get("Sec-Fetch-Site", "none")
        if not origins:
            # Scripts send neither; browsers leave the origin out of their own page's GET.
            allowed = site in ("none", "same-origin")
        else:
            own = f"{request.scheme}://{request.headers['Host']}"
            allowed = len(origins) == 1 and self._welcomes(origins[0], own)
        if not allowed:
            raise ApiError(403, ErrorCode.FORBIDDEN, "Another page may not ask this.", _WHERE)

    def check_bearer(self, request: web.BaseRequest) -> None:
        """:raises ApiError: 401: the token is missing or wrong; 429: it was wrong too often."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip() if scheme.casefold() == "bearer" else None
        self.check_token(given, request.remote)

    def check_token(self, token: str | None, remote: str | None) -> None:
        """Check a token wherever it stood.

        :param remote: the address it came from.
        :raises ApiError: as ``check_bearer``. A right token passes even then, if it is a long one.
        """
        if self._token is None or (self._unguessable and self._is_right(token)):
            return
        if not token:  # no guess: whoever has the right one must be asked for it
            raise ApiError(401, ErrorCode.UNAUTHORIZED, "This server asks for a token.", _ASK)
        address = remote or "unknown"
        wait_s = self._wrong.wait_s(address)
        if wait_s > 0.0:
            raise ApiError(
                429,
                ErrorCode.TOO_MANY_REQUESTS,
                "The token was wrong too often.",
                f"Try again in {math.ceil(wait_s)} seconds.",
                retry_s=wait_s,
            )
        if not self._is_right(token):
            self._wrong.of(address).count()
            raise ApiError(401, ErrorCode.UNAUTHORIZED, "The token is wrong.", _ASK)

    def _is_right(self, token: str | None) -> bool:
        if self._token is None or not token or len(token) > LONGEST_SECRET:
            return False
        return hmac.compare_digest(_digest(token), self._token)

    def _welcomes(self, origin: str, own: str) -> bool:
        try:
            parts = _parts(parse_origin(origin))
            return parts in self._origins or parts == _parts(parse_origin(own))
        except InputError:
            return False

    def _knows(self, host: str) -> bool:
        if host in self._names or _certifies(self._certified, host):
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True  # an address cannot be rebound


_ASK = "Ask whoever runs the server for it."


def _digest(token: str) -> bytes:
    """Of one length whatever the token's, so that comparing tells nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _host_of(header: str) -> str | None:
    """The name or address in a Host header, in small letters and without brackets."""
    if not header or any(c in header for c in "/@?#\\ ,"):
        return None
    try:
        host = URL(f"http://{header}").host
    except ValueError:
        return None
    return host.casefold().rstrip(".") if host else None


def _parts(origin: URL) -> tuple[str, str, int]:
    """What makes an origin; the scheme's own port may be written or not."""
    return origin.scheme, (origin.host or "").casefold(), origin.port or 0


def _certifies(names: frozenset[str], host: str) -> bool:
    _, _, domain = host.partition(".")
    return host in names or f"*.{domain}" in names
