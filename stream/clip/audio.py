"""A clip's sound, carried into another file: copied where the container takes it, else encoded."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from bunraku.stream.clip.timeline import DEMUXER_OPTIONS, packets_of

_MP4_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
_PCM_CODECS = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_s16be"})
_MKV_CODECS = _MP4_CODECS | {"dts", "mp2", "pcm_f32le", "pcm_s16le", "pcm_s24le", "vorbis"}

# What plays in each container without being encoded again.
_COPIED_INTO = {
    ".m4v": _MP4_CODECS,
    ".mkv": _MKV_CODECS,
    ".mov": (_MP4_CODECS - {"flac", "opus"}) | _PCM_CODECS,
    ".mp4": _MP4_CODECS,
    ".webm": frozenset({"opus", "vorbis"}),
}
_OPUS_RATE_HZ = 48_000
_AAC_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})


class AudioMode(StrEnum):
    """What became of a clip's sound."""

    NONE = "none"
    COPIED = "copied"
    ENCODED = "encoded"
    FAILED = "failed"


class AudioTrack:
    """The first sound track of a clip, read beside the pictures through a file handle of its own.

    Call :meth:`attach` before anything is written, then :meth:`packets` with growing times. Faults
    in the sound never end a recording: what is left of the track is dropped and told by
    :attr:`mode`.
    """

    def __init__(self, path: str | Path, suffix: str) -> None:
        """Open the sound of ``path`` for an output file that ends in ``suffix`` (".mp4")."""
        self.mode = AudioMode.NONE
        self._container: InputContainer | None = None
        self._encoder: AudioStream | None = None
        self._resampler: AudioResampler | None = None
        self._output: AudioStream | None = None
        self._pending: Iterator[tuple[Fraction, Packet[AudioStream]]] | None = None
        self._held: tuple[Fraction, Packet[AudioStream]] | None = None
        self._suffix = suffix
        try:
            self._container = av.open(
                str(path), mode="r", options=DEMUXER_OPTIONS, metadata_errors="ignore"
            )
        except (av.error.FFmpegError, OSError):
            self.mode = AudioMode.FAILED
            return
        if self._container.streams.audio:
            self._stream = self._container.streams.audio[0]
            copied = self._stream.codec_context.name in _COPIED_INTO[suffix]
            self.mode = AudioMode.COPIED if copied else AudioMode.ENCODED

    def attach(self, output: OutputContainer, origin: Fraction) -> None:
        """Add the track to a file; ``origin`` is the clip's time, in seconds, that becomes 0."""
        try:
            if self.mode is AudioMode.COPIED:
                self._output = output.add_stream_from_template(self._stream)
                self._pending = self._copied(origin)
            elif self.mode is AudioMode.ENCODED:
                self._output = self._add_encoder(output)
                self._pending = self._encoded(origin)
        except (av.error.FFmpegError, ValueError):
            self.mode = AudioMode.FAILED

    def packets(self, until: Fraction | None) -> Iterator[Packet[AudioStream]]:
        """Yield what starts before ``until`` seconds of the output; all the rest with None."""
        while self._pending is not None:
            if self._held is None:
                try:
                    self._held = next(self._pending, None)
                except (av.error.FFmpegError, ValueError):
                    self.mode = AudioMode.FAILED
                if self._held is None:
                    self._pending = None
                    return
            if until is not None and self._held[0] >= until:
                return
            packet = self._held[1]
            self._held = None
            yield packet

    def give_up(self) -> None:
        """Leave out the rest of the track."""
        self.mode = AudioMode.FAILED
        self._pending = self._held = None

    def close(self) -> None:
        """Release the file."""
        self._pending = self._held = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _demux(self) -> Iterator[Packet[AudioStream]]:
        assert self._container is not None
        return packets_of(self._container, self._stream)

    def _copied(self, origin: Fraction) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
        shift = round(origin / cast(Fraction, self._stream.time_base))
        last: int | None = None
        for packet in self._demux():
            if packet.dts is None or packet.pts is None or packet.is_corrupt:
                continue
            if last is not None and packet.dts <= last:
                continue  # containers take no packet that goes back
            last = packet.dts
            packet.pts -= shift
            packet.dts -= shift
            # A little before 0 is the decoder's run-up, which the container marks as such.
            if shift and packet.pts + (packet.duration or 0) <= 0:
                continue
            time = packet.pts * packet.time_base
            packet.stream = cast(AudioStream, self._output)
            yield time, packet

    def _add_encoder(self, output: OutputContainer) -> AudioStream:
        source = self._stream.codec_context
        rate = source.sample_rate if source.sample_rate in _AAC_RATES_HZ else _OPUS_RATE_HZ
        layout = "mono" if source.layout.nb_channels == 1 else "stereo"
        opus = self._suffix == ".webm"
        encoder = (
            output.add_stream("libopus", rate=_OPUS_RATE_HZ)
            if opus
            else output.add_stream("aac", rate=rate)
        )
        encoder.codec_context.layout = layout
        encoder.codec_context.format = "flt" if opus else "fltp"
        encoder.codec_context.bit_rate = 64_000 if layout == "mono" else 128_000
        encoder.codec_context.open()
        self._resampler = AudioResampler(
            format=encoder.codec_context.format,
            layout=layout,
            rate=encoder.codec_context.sample_rate,
            frame_size=encoder.codec_context.frame_size or None,
        )
        return encoder

    def _encoded(self, origin: Fraction) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
        encoder = cast(AudioStream, self._output)
        for frame in self._resampled(origin):
            for packet in encoder.encode(frame):
                if packet.pts is not None:
                    yield packet.pts * packet.time_base, packet

    def _resampled(self, origin: Fraction) -> Iterator[AudioFrame | None]:
        assert self._resampler is not None
        for packet in self._demux():
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue  # a gap in the sound
            for frame in frames:
                if frame.pts is None or frame.time_base is None:
                    continue
                frame.pts -= round(origin / frame.time_base)
                if frame.pts < 0:
                    continue
                yield from self._resampler.resample(frame)
        yield from self._resampler.resample(None)
        yield None
