"""A clip's sound, carried into another file: copied where the container takes it, else encoded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import cast

import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from bunraku.runtime.source.local_file import ffmpeg_name, open_file
from bunraku.stream.clip.sound_copy import packets_to_copy
from bunraku.stream.clip.sound_encoder import sound_encoding
from bunraku.stream.clip.sound_probe import Sound
from bunraku.stream.clip.sound_process import SoundBroken, SoundProcess, SoundStopped
from bunraku.stream.clip.sound_timeline import blocks


class AudioMode(StrEnum):
    """What became of a clip's sound."""

    NONE = "none"
    COPIED = "copied"
    ENCODED = "encoded"
    LEFT_OUT = "left out"
    """There is some, but none of it is in the file."""
    FAILED = "failed"
    """A part of it is missing."""


class AudioTrack:
    """The first sound track of a clip that can be decoded, read beside the pictures.

    Call :meth:`attach` before anything is written, then :meth:`packets` with growing times. Faults
    in the sound never end a recording: what is left of the track is dropped and told by
    :attr:`mode` and :attr:`note`. The sound is looked at, and decoded, in a process of its own.
    """

    def __init__(
        self,
        path: str | Path,
        suffix: str,
        *,
        until_s: float | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Open the sound of ``path`` for an output file that ends in ``suffix`` (".mp4").

        :param until_s: seconds on the clip's clock after which none is needed; None for all of it.
        :param should_stop: asked while the sound is waited for, which then is left out.
        """
        self._until_s = until_s
        self._should_stop = should_stop
        self._mode = AudioMode.NONE
        self._reason = ""
        self._carried = False
        self._container: InputContainer | None = None
        self._process: SoundProcess | None = None
        self._output: AudioStream | None = None
        self._pending: Iterator[tuple[Fraction, Packet[AudioStream]]] = iter(())
        self._held: tuple[Fraction, Packet[AudioStream]] | None = None
        self._suffix = suffix
        name = ffmpeg_name(path)
        try:
            self._container = open_file(path)
            if self._container.streams.audio:
                self._leave_out("it cannot be decoded")
                self._process = SoundProcess(name, suffix, until_s)
        except (av.error.FFmpegError, OSError):
            self._leave_out("it cannot be read")

    @property
    def mode(self) -> AudioMode:
        """What became of the sound so far."""
        if self._mode in (AudioMode.NONE, AudioMode.LEFT_OUT) or self._carried:
            return self._mode
        return AudioMode.LEFT_OUT

    @property
    def note(self) -> str | None:
        """What there is to say about it, if anything."""
        if self.mode is AudioMode.LEFT_OUT:
            return f"the clip's sound is left out: {self._reason}"
        if self.mode is AudioMode.FAILED:
            return "the clip's sound could not be carried over completely"
        return None

    def attach(self, output: OutputContainer, origin: Fraction) -> None:
        """Add the track to a file, unless there is nothing to carry.

        :param origin: the clip's time, in seconds, that becomes 0.
        """
        if self._process is None:
            return
        try:
            sound = self._process.find(self._should_stop)
            if sound is None:
                return
            self._reason = "there is none in this part of the clip"
            # A run-up that does not come before 0 would be heard.
            if sound.copied and not (sound.hidden and Fraction(sound.heard_from) > origin):
                self._copy(output, sound, origin)
            else:
                self._encode(output, sound, origin)
        except SoundStopped:
            self._leave_out("the run was stopped before it was looked at")
        except (av.error.FFmpegError, OSError, ValueError, SoundBroken):
            self._leave_out("it cannot be decoded")
            self._pending = iter(())

    def packets(self, until: Fraction | None) -> Iterator[Packet[AudioStream]]:
        """Yield what starts before ``until`` seconds of the output; all the rest with None."""
        while True:
            try:
                self._held = self._held or next(self._pending, None)
            except (av.error.FFmpegError, OSError, ValueError, SoundBroken):
                self._mode, self._reason = AudioMode.FAILED, "it cannot be decoded"
            if self._process is not None and self._process.missed:
                self._mode, self._reason = AudioMode.FAILED, "it cannot be decoded"
            if self._held is None or (until is not None and self._held[0] >= until):
                return
            packet = self._held[1]
            packet.stream = cast(AudioStream, self._output)
            self._held = None
            self._carried = True
            yield packet

    def give_up(self) -> None:
        """Leave out the rest of the track."""
        self._mode, self._reason = AudioMode.FAILED, "the file does not take it"
        self._pending, self._held = iter(()), None

    def close(self) -> None:
        """Release the file."""
        self._pending, self._held = iter(()), None
        if self._container is not None:
            self._container.close()
            self._container = None
        self._end_process()

    def _leave_out(self, reason: str) -> None:
        self._mode, self._reason = AudioMode.LEFT_OUT, reason

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def _copy(self, output: OutputContainer, sound: Sound, origin: Fraction) -> None:
        self._end_process()
        assert self._container is not None
        stream = cast(AudioStream, self._container.streams[sound.stream])
        self._pending = self._copied(stream, origin)
        self._held = next(self._pending, None)
        if self._held is not None:
            self._output = output.add_stream_from_template(stream)
            self._mode = AudioMode.COPIED

    def _copied(
        self, stream: AudioStream, origin: Fraction
    ) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
        shift = round(origin / cast(Fraction, stream.time_base))
        for packet in packets_to_copy(stream):
            assert packet.pts is not None
            assert packet.dts is not None
            if self._until_s is not None and packet.pts * packet.time_base > self._until_s:
                raise SoundBroken  # what follows has not been looked at
            packet.pts -= shift
            packet.dts -= shift
            # A little before 0 is the decoder's run-up, which the container marks as such.
            if shift and packet.pts + (packet.duration or 0) <= 0:
                continue
            yield packet.pts * packet.time_base, packet

    def _encode(self, output: OutputContainer, sound: Sound, origin: Fraction) -> None:
        assert self._process is not None
        encoding = sound_encoding(self._suffix, sound.rate_hz, mono=sound.mono)
        pieces = self._process.pieces(encoding.wanted(sound.stream))
        start = round(origin * encoding.rate_hz)
        sounding = blocks(pieces, start, encoding.rate_hz, encoding.block_size)
        first = next(sounding, None)
        if first is not None:
            self._output = encoding.add_to(output)
            self._pending = encoding.encode(self._output, itertools.chain([first], sounding))
            self._mode = AudioMode.ENCODED
