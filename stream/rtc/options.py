"""What one browser connection may use: codec, bitrates, sizes, ways through firewalls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from bunraku.errors import InputError


class Codec(StrEnum):
    """Which video codec both directions use."""

    AUTO = "auto"
    """H.264 where an NVIDIA GPU encodes it, else the browser's first choice of those both know."""

    VP8 = "vp8"
    H264 = "h264"


@dataclass(frozen=True)
class IceServer:
    """A STUN or TURN server, which helps where no direct way leads to the browser.

    :raises InputError: an address is not of the form ``stun:host:port`` or ``turn:host:port``.
    """

    urls: tuple[str, ...]
    username: str | None = None
    # Kept out of repr, so that no log shows it.
    credential: str | None = None

    def __post_init__(self) -> None:
        for url in self.urls:
            try:
                parse_stun_turn_uri(url)
            except ValueError as exc:
                raise InputError(
                    f'"{url}" is not the address of an ICE server.',
                    "Write stun:host:port, turn:host:port or turns:host:port.",
                ) from exc

    def __repr__(self) -> str:
        return f"IceServer({', '.join(self.urls)})"

    def to_aiortc(self) -> RTCIceServer:
        """The same in aiortc's words."""
        return RTCIceServer(
            urls=list(self.urls), username=self.username, credential=self.credential
        )


@dataclass(frozen=True)
class PeerOptions:
    """How one connection to a browser is made.

    :raises InputError: a number is out of range.
    """

    codec: Codec = Codec.AUTO

    # Bitrates of the picture sent to the browser; the browser's own follows the first and the last.
    start_kbps: int = 1500
    min_kbps: int = 300
    max_kbps: int = 4000

    max_side_px: int = 1280
    """Larger pictures from the browser are refused, larger results made smaller."""

    max_rate: float = 60.0
    """Frames a second taken from the browser; what comes above is dropped."""

    ice_servers: tuple[IceServer, ...] = ()
    """None by default: nobody else learns of the connection."""

    addresses: tuple[str, ...] = ()
    """The IP addresses of this machine that are offered; all of them if empty."""

    connect_timeout_s: float = 15.0
    """A connection that is not up by then has failed."""

    silence_timeout_s: float = 10.0
    """A connection over which nothing has come for so long has failed."""

    def __post_init__(self) -> None:
        if not 0 < self.min_kbps <= self.start_kbps <= self.max_kbps:
            raise InputError(
                f"Bitrates of {self.min_kbps}, {self.start_kbps} and {self.max_kbps} kbit/s do not "
                "rise.",
                "Give the least, the first and the largest in this order.",
            )
        for name in ("max_side_px", "max_rate", "connect_timeout_s", "silence_timeout_s"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be above 0, not {getattr(self, name)}.")
