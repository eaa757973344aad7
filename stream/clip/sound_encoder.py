"""Sound, encoded as containers take it: AAC, or Opus in WebM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from bunraku.stream.clip.sound_child import Samples, Wanted

_OPUS_RATE_HZ = 48_000
_AAC_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
_BITRATE = {True: 64_000, False: 128_000}


@dataclass(frozen=True)
class SoundEncoding:
    """How sound is encoded."""

    # FFmpeg's names of the encoder and of its samples.
    encoder: str
    sample_format: str
    # Samples of a block; only the last may be shorter.
    block_size: int
    rate_hz: int
    mono: bool

    def wanted(self, stream: int) -> Wanted:
        """What a track of a clip has to be brought to first."""
        return Wanted(stream, self.rate_hz, self.mono)

    def add_to(self, output: OutputContainer) -> AudioStream:
        """Add a stream for it to a file.

        :raises av.error.FFmpegError, ValueError: FFmpeg refuses.
        """
        stream = cast(AudioStream, output.add_stream(self.encoder, rate=self.rate_hz))
        context = stream.codec_context
        context.layout = self._layout
        context.format = self.sample_format
        context.bit_rate = _BITRATE[self.mono]
        context.open()
        return stream

    def encode(
        self, stream: AudioStream, blocks: Iterable[tuple[int, Samples]]
    ) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
        """Encode blocks of float32 samples, ``[N,C]``, each with its time in samples.

        :returns: packets, each with the second at which it starts.
        :raises av.error.FFmpegError, ValueError: it cannot be encoded.
        """
        for time, samples in blocks:
            frame = AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", self._layout)
            frame.sample_rate = self.rate_hz
            frame.pts, frame.time_base = time, Fraction(1, self.rate_hz)
            yield from _timed(stream.encode(frame))
        yield from _timed(stream.encode(None))

    @property
    def _layout(self) -> str:
        return "mono" if self.mono else "stereo"


def sound_encoding(suffix: str, rate_hz: int, *, mono: bool) -> SoundEncoding:
    """Choose the encoding for a file that ends in ``suffix``, of sound that has ``rate_hz``."""
    if suffix == ".webm":
        return SoundEncoding("libopus", "flt", 960, _OPUS_RATE_HZ, mono)
    rate_hz = rate_hz if rate_hz in _AAC_RATES_HZ else _OPUS_RATE_HZ
    return SoundEncoding("aac", "fltp", 1024, rate_hz, mono)


def _timed(
    packets: Iterable[Packet[AudioStream]],
) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
    for packet in packets:
        if packet.pts is not None:
            yield packet.pts * packet.time_base, packet
