"""Addresses of streams: which are opened, and how they are named without their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bunraku.errors import SourceError

# What FFmpeg may open for each scheme, also when a server sends it elsewhere: never a file.
PROTOCOLS = {
    "rtsp": "rtsp,rtp,rtcp,srtp,udp,tcp",
    "rtsps": "rtsps,rtp,rtcp,srtp,udp,tcp,tls",
    "http": "http,https,httpproxy,tcp,tls,crypto",
    "https": "http,https,httpproxy,tcp,tls,crypto",
    "udp": "udp,rtp",
    "srt": "srt,udp",
}
SCHEMES = frozenset(PROTOCOLS)

_PORTLESS = frozenset({"rtsp", "rtsps", "http", "https"})
# Cameras take passwords in the path too: /user=admin&password=1234&channel=1
_TELLING = re.compile(r"[=@&;%]")


@dataclass(frozen=True)
class StreamAddress:
    """Where a stream is. ``url`` may hold secrets; ``name`` does not, nor does its repr."""

    url: str
    scheme: str
    name: str

    def __repr__(self) -> str:
        return f"StreamAddress({self.name})"

    @classmethod
    def parse(cls, url: str) -> StreamAddress:
        """Check an address.

        :raises SourceError: it is malformed, or of a scheme that is not opened.
        """
        scheme = url.partition(":")[0].lower()
        if scheme not in SCHEMES:
            raise SourceError(
                f"A stream cannot be opened by {scheme!r}."
                if scheme != url and scheme.isalnum()
                else "That is not the address of a stream.",
                f"Give a URL that begins with {', '.join(f'{s}://' for s in sorted(SCHEMES))}.",
            )
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _malformed(scheme) from None
        if any(ch.isspace() or not ch.isprintable() for ch in url):
            raise _malformed(scheme)
        # A "/" in a password ends the host too early; what was its end then stands in the path.
        cut_short = parts.username is None and "@" in parts.path
        if cut_short or not url[len(scheme) :].startswith("://"):
            raise _malformed(scheme)
        # udp://@:1234 listens on all addresses.
        if (not host and scheme not in ("udp", "srt")) or (not port and scheme not in _PORTLESS):
            raise _malformed(scheme)
        place = f"[{host}]" if host and ":" in host else host or ""
        place += f":{port}" if port else ""
        path = "/…" if _TELLING.search(parts.path) else parts.path.rstrip("/")
        # FFmpeg knows its protocols by small letters alone.
        return cls(scheme + url[len(scheme) :], scheme, f"{scheme}://{place}{path}")


def _malformed(scheme: str) -> SourceError:
    return SourceError(
        f"That is not a {scheme} address.",
        f"It looks like {scheme}://host{'' if scheme in _PORTLESS else ':port'}/…; special "
        "characters in a password are written as %40 for @ and %2F for /.",
    )
