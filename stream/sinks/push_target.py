"""Where a push goes: which addresses are allowed, and how each is sent to.

Addresses carry stream keys, so nothing here tells more of one than its scheme and host.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bunraku.errors import OutputError
from bunraku.stream.core.output_path import check_folder

_HLS = {
    "hls_time": "1",
    "hls_list_size": "6",
    "hls_flags": "delete_segments+independent_segments",
}
# An Ethernet packet holds seven of MPEG-TS.
_UDP_PACKET_BYTES = 1316
# By scheme: FFmpeg's format and its options, and whether the address must name a port.
_SCHEMES: dict[str, tuple[str, dict[str, str], bool]] = {
    "rtmp": ("flv", {"flvflags": "no_duration_filesize"}, False),
    "rtmps": ("flv", {"flvflags": "no_duration_filesize"}, False),
    "rtsp": ("rtsp", {"rtsp_transport": "tcp"}, False),
    "rtsps": ("rtsp", {"rtsp_transport": "tcp"}, False),
    "srt": ("mpegts", {}, True),
    "udp": ("mpegts", {}, True),
    "http": ("hls", {**_HLS, "method": "PUT"}, False),
    "https": ("hls", {**_HLS, "method": "PUT"}, False),
}
_PACKED_NOW = {"flush_packets": "1", "muxdelay": "0"}


@dataclass(frozen=True)
class PushTarget:
    """An address that may be pushed to."""

    # What FFmpeg opens; a secret, as it may hold a stream key.
    address: str = field(repr=False)
    # FFmpeg's name of the container.
    format: str
    options: dict[str, str]
    # What people may be told: "rtmp://live.example.org", or the name of a local playlist.
    shown: str
    # To be looked up before the start; None for a local folder.
    host: str | None = None

    @classmethod
    def parse(cls, address: str) -> PushTarget:
        """Read an rtmp, rtmps, rtsp, rtsps, srt or udp address, or an HLS playlist: http, https or
        a file, its name ending in .m3u8.

        :raises OutputError: it is none of these, or is incomplete.
        """
        if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", address):  # one letter is a Windows drive
            return cls._playlist(Path(address))
        parts, port = _split(address)
        scheme, host = parts.scheme.lower(), parts.hostname
        if scheme not in _SCHEMES:
            raise OutputError(
                f"Nothing can be pushed to {scheme!r} addresses.",
                f"Use one of {', '.join(_SCHEMES)}, or a file ending in .m3u8.",
            )
        name, options, needs_port = _SCHEMES[scheme]
        form = f"{scheme}://HOST{':PORT' if needs_port else ''}/..."
        if not host or (needs_port and port is None):
            raise OutputError("The address to push to is incomplete.", f"Write it as {form}.")
        if name == "hls" and not parts.path.endswith(".m3u8"):
            raise OutputError(
                f"{scheme}://{host} is pushed to as HLS.", "Let the address end in .m3u8."
            )
        if scheme == "udp" and "pkt_size=" not in parts.query:
            packets = f"pkt_size={_UDP_PACKET_BYTES}"
            parts = parts._replace(query=f"{parts.query}&{packets}".lstrip("&"))
            address = parts.geturl()
        bracketed = f"[{host}]" if ":" in host else host
        shown = f"{scheme}://{bracketed}"
        if port is not None and "@" not in parts.path:  # else it may be of a password with a "/"
            shown += f":{port}"
        return cls(address, name, {**_PACKED_NOW, **options}, shown, host)

    @classmethod
    def _playlist(cls, path: Path) -> PushTarget:
        if path.suffix.lower() != ".m3u8":
            raise OutputError(
                "The place to push to is neither an address nor an HLS playlist.",
                "Write rtmp://HOST/..., or name a file ending in .m3u8.",
            )
        check_folder(path.parent)
        return cls(os.path.realpath(path), "hls", dict(_HLS), path.name)


def _split(address: str) -> tuple[SplitResult, int | None]:
    try:
        if re.search(r"[\x00-\x20\x7f]", address):
            raise ValueError
        parts = urlsplit(address)
        return parts, parts.port
    except ValueError:
        raise OutputError("The address to push to is malformed.") from None
