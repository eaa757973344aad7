"""A stream from the network that drives the photo: RTSP, HTTP, UDP, SRT."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum

import av
import av.error
from av.container import InputContainer

from bunraku.errors import SourceError
from bunraku.runtime.source.film import film_of
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.sources.address import PROTOCOLS, SCHEMES, StreamAddress
from bunraku.stream.sources.av_feed import AvFeed
from bunraku.stream.sources.reconnect import ReconnectingSource, Retry

__all__ = ["SCHEMES", "Transport", "UrlOptions", "UrlSource"]

# Served in pieces of seconds: newest-wins would show one frame of each.
_IN_PIECES = frozenset({"hls", "dash"})
# Their containers count frames instead of telling times.
_UNTIMED = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe", "image2", "h264", "hevc"})


class Transport(StrEnum):
    """What carries an RTSP stream."""

    # Nothing is lost, and it passes through firewalls.
    TCP = "tcp"
    # A little less delay; lost packets damage pictures.
    UDP = "udp"


@dataclass(frozen=True)
class UrlOptions:
    """How a stream is opened and kept."""

    # Of RTSP.
    transport: Transport = Transport.TCP
    # The server must answer, and show what it has, within this time.
    open_timeout_s: float = 10.0
    # Without any data for so long, the connection is lost.
    read_timeout_s: float = 5.0
    # Without a picture for so long, it is lost too; longer than streams go without a key frame.
    frame_timeout_s: float = 15.0
    # How it is regained.
    retry: Retry = field(default_factory=Retry)


class UrlSource(ReconnectingSource):
    """The newest frame of a stream, regained when it is lost.

    A clip on a web server, and what comes in pieces (HLS), is played at its own pace instead.
    Neither the name nor any error holds a password.
    """

    def __init__(
        self,
        url: str,
        *,
        options: UrlOptions | None = None,
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """:raises SourceError: the URL is malformed, or of a scheme that is not opened."""
        address = StreamAddress.parse(url)
        chosen = options or UrlOptions()
        ticking = clock or SystemClock()
        super().__init__(
            lambda: connect(address, chosen, ticking),
            name=address.name,
            retry=chosen.retry,
            frame_timeout_s=chosen.frame_timeout_s,
            clock=ticking,
            chance=chance,
        )


def connect(address: StreamAddress, options: UrlOptions, clock: Clock) -> AvFeed:
    """Open a stream; blocks.

    :raises SourceError: it cannot be opened; the text says why, without secrets.
    """
    container = _open(address, options)
    form = set(container.format.name.split(","))
    pieces = bool(form & _IN_PIECES)
    # Of one film in several sizes, the first is the one that the server recommends.
    film = next(iter(container.streams.video), None) if pieces else film_of(container)
    if film is None:
        container.close()
        raise SourceError(f"{address.name} has no video.", "Choose a stream with pictures in it.")
    # A recording has an end that is known.
    live = container.duration is None and not pieces
    return AvFeed(container, film, clock, live=live, timed=not form & _UNTIMED)


def _open(address: StreamAddress, options: UrlOptions) -> InputContainer:
    try:
        return av.open(
            address.url,
            "r",
            options=ffmpeg_options(address, options),
            timeout=(options.open_timeout_s, options.read_timeout_s),
            metadata_errors="ignore",
        )
    except (av.error.FFmpegError, OSError, ValueError) as exc:
        failure = exc
    # Outside of the handler and without a cause: PyAV's error has the URL in its text.
    raise refusal(failure, address, options.open_timeout_s)


def ffmpeg_options(address: StreamAddress, options: UrlOptions) -> dict[str, str]:
    """FFmpeg's options for the least delay that still opens reliably."""
    chosen = {
        "protocol_whitelist": PROTOCOLS[address.scheme],
        "flags": "low_delay",
        # Enough to see which streams there are. What was read for that is kept: the first key frame
        # is in it, and the reader drains it faster than it came.
        "probesize": "500000",
        "analyzeduration": "500000",
    }
    if address.scheme in ("rtsp", "rtsps"):
        chosen["rtsp_transport"] = options.transport.value
        chosen["allowed_media_types"] = "video"
        # Packets that come out of order are waited for so long, in µs; over TCP there are none.
        chosen["max_delay"] = "0" if options.transport is Transport.TCP else "100000"
    elif address.scheme == "udp":
        # A burst that does not fit costs its frames, not the stream.
        chosen["overrun_nonfatal"] = "1"
    return chosen


def refusal(failure: Exception, address: StreamAddress, open_timeout_s: float) -> SourceError:
    """What to tell of a stream that could not be opened."""
    name = address.name
    for kind, message, hint in _REFUSALS:
        if isinstance(failure, kind):
            return SourceError(message.format(name=name, seconds=f"{open_timeout_s:g}"), hint)
    if isinstance(failure, av.error.ProtocolNotFoundError):
        scheme = address.scheme.upper()
        return SourceError(
            f"This build of PyAV cannot read {scheme}.",
            "Relay it: ffmpeg -i URL -c copy -f mpegts udp://127.0.0.1:1234, and read that.",
        )
    reason = getattr(failure, "strerror", None) or type(failure).__name__
    return SourceError(f"{name} cannot be opened: {reason}.", "Check the address and the network.")


_CREDENTIALS = "Put them into the URL: scheme://name:password@host/…"
_REFUSALS: tuple[tuple[type[Exception], str, str], ...] = (
    (av.error.HTTPUnauthorizedError, "{name} wants a name and a password.", _CREDENTIALS),
    (av.error.HTTPForbiddenError, "{name} refuses access.", "Check the name and the password."),
    (av.error.HTTPNotFoundError, "{name} does not exist on that server.", "Check the path."),
    (av.error.HTTPError, "The server of {name} reports an error.", "Look into its log."),
    (
        ConnectionRefusedError,
        "{name} refuses the connection.",
        "Check the port, and that the server runs.",
    ),
    (
        av.error.ExitError,
        "{name} did not answer within {seconds} s.",
        "Check the address and the network, and that it sends.",
    ),
    (TimeoutError, "{name} did not answer.", "Check the address and the network."),
    (av.error.InvalidDataError, "{name} sends no video that can be read.", "Check the path."),
)
