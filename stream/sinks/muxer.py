"""Live pictures into a container: each is encoded at once and none is held back."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from av.container import OutputContainer
from av.video.frame import PictureType

from bunraku.spec.arrays import Picture
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.stream.core.encoding import add_video, i420_frame

MS = Fraction(1, 1000)

# Without tune=zerolatency x264 holds back as many frames as it has threads.
_H264 = {"preset": "superfast", "tune": "zerolatency", "bf": "0", "forced-idr": "1", "g": "600"}
_VP9 = {
    "deadline": "realtime",
    "cpu-used": "8",
    "row-mt": "1",
    "tile-columns": "2",
    "lag-in-frames": "0",
    "g": "600",
}


@dataclass(frozen=True)
class Encoding:
    """What an encoder is told."""

    # FFmpeg's name of the encoder.
    encoder: str
    options: dict[str, str] = field(default_factory=dict)
    # Between pictures from which a player can start.
    key_every_ms: int = 2000


RECORDED_H264 = Encoding("libx264", {**_H264, "crf": "20"})
RECORDED_VP9 = Encoding("libvpx-vp9", {**_VP9, "crf": "28", "b": "0"})


def pushed_h264(bitrate_kbps: int) -> Encoding:
    """H.264 whose rate stays close to ``bitrate_kbps`` within any half second of the nominal frame
    rate; with half as many frames it is half of that.

    x264's "force-cfr=0" would share it out by the pictures' times, but holds a picture back.
    """
    rate, buffer = f"{bitrate_kbps}k", f"{max(1, bitrate_kbps // 2)}k"
    limits = {"b": rate, "maxrate": rate, "bufsize": buffer}
    return Encoding("libx264", {**_H264, **limits}, key_every_ms=1000)


class LiveMuxer:
    """Encodes pictures of one size into a container, and marks it as synthetic."""

    def __init__(
        self,
        container: OutputContainer,
        size: tuple[int, int],
        encoding: Encoding,
        *,
        rate: Fraction = Fraction(30),
    ) -> None:
        """:param size: (width, height), even.
        :param rate: frames a second, about.
        """
        container.metadata["comment"] = SYNTHETIC_COMMENT
        self._container = container
        self._stream = add_video(
            container, encoding.encoder, size, rate=rate, time_base=MS, options=encoding.options
        )
        self._key_every_ms = encoding.key_every_ms
        self._next_key_ms = 0

    def write(self, planes: Picture, time_ms: int) -> None:
        """Append a picture.

        :param planes: ``[H*3/2,W]`` uint8, I420.
        :param time_ms: later than the one before.
        :raises av.error.FFmpegError, OSError: it cannot be encoded, or not be written.
        """
        frame = i420_frame(planes, time_ms, MS)
        if time_ms >= self._next_key_ms:
            frame.pict_type = PictureType.I
            self._next_key_ms = time_ms + self._key_every_ms
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Complete the container and close it.

        :raises av.error.FFmpegError, OSError: it cannot be written.
        """
        self._container.mux(self._stream.encode(None))
        self._container.close()
