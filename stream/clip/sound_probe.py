"""Which sound of a clip can be carried, and how; runs in the process of ``sound_child``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from bunraku.runtime.source.local_file import open_file
from bunraku.stream.clip.sound_copy import can_be_copied
from bunraku.stream.clip.sound_decoding import Silence, decode, demux, time_of, track

_MP4_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
_PCM_CODECS = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_s16be"})
_MKV_CODECS = _MP4_CODECS | {"dts", "mp2", "pcm_f32le", "pcm_s16le", "pcm_s24le", "vorbis"}

# What plays in each container without being encoded again.
_COPIED_INTO = {
    ".m4v": ("mp4", _MP4_CODECS),
    ".mkv": ("matroska", _MKV_CODECS),
    ".mov": ("mov", (_MP4_CODECS - {"flac", "opus"}) | _PCM_CODECS),
    ".mp4": ("mp4", _MP4_CODECS),
    ".webm": ("webm", frozenset({"opus", "vorbis"})),
}
# Their files can tell players to hide the run-up of a decoder.
_EDIT_LISTS = frozenset({"mp4", "mov"})
# No longer than this is what a decoder needs to get going; what is hidden beyond is hidden on
# purpose, and may not even be in the file.
_RUN_UP = Fraction(1, 10)
# They tell once for all what their sound is; elsewhere it may change at any packet.
_ONE_HEADER = ("mov", "matroska")
_FAILURES = 1000
_OPUS_DELAY = slice(10, 12)


@dataclass(frozen=True)
class Sound:
    """What was found of the first track that can be decoded."""

    # Its number among all streams of the file.
    stream: int
    # Whether its packets may stand in the other file as they are.
    copied: bool
    rate_hz: int
    mono: bool
    # Seconds on the clip's clock, as a fraction: where what may be heard begins.
    heard_from: str
    # Whether anything is hidden before that.
    hidden: bool


def find_sound(path: str, suffix: str, until_s: float | None = None) -> Sound | None:
    """Look for the first track that can be decoded.

    :param suffix: of the file that it is carried into (".mp4").
    :param until_s: seconds on the clip's clock after which it is not looked at; None for all of it.
    :raises av.error.FFmpegError, OSError: the file cannot be read.
    """
    with open_file(path) as container:
        tracks = [stream.index for stream in container.streams.audio if stream.codec_context]
    for index in tracks:
        with open_file(path) as container:
            sound = _examine(container, track(container, index), path, suffix, until_s)
        if sound is not None:
            return sound
    return None


@dataclass(frozen=True)
class _Start:
    """The first frame that is heard, and those of its packet that follow."""

    frame: AudioFrame
    following: list[AudioFrame]
    heard_from: Fraction
    # How long what is hidden before it lasts, in seconds.
    hidden: Fraction


def _examine(
    container: InputContainer, stream: AudioStream, path: str, suffix: str, until_s: float | None
) -> Sound | None:
    packets = demux(stream)
    start = _start(packets)
    if start is None:
        return None
    copied = (
        _may_be_copied(container, stream, suffix, start.hidden)
        and (container.format.name.startswith(_ONE_HEADER) or _is_steady(start, packets, until_s))
        and can_be_copied(path, stream.index, _COPIED_INTO[suffix][0], until_s)
    )
    return Sound(
        stream=stream.index,
        copied=copied,
        rate_hz=start.frame.sample_rate,
        mono=start.frame.layout.nb_channels == 1,
        heard_from=str(start.heard_from),
        hidden=start.hidden > 0,
    )


def _start(packets: Iterator[Packet[AudioStream]]) -> _Start | None:
    began: Fraction | None = None
    marked = False
    damaged = 0
    for packet in packets:
        if began is None and packet.pts is not None:
            began = packet.pts * packet.time_base
        hidden = packet.is_discard or packet.has_sidedata("skip_samples")
        marked |= hidden
        frames = decode(packet)
        if frames:
            heard_from = time_of(frames[0])
            if began is None or heard_from is None:
                return _Start(frames[0], frames[1:], began or Fraction(0), Fraction(0))
            before = heard_from - began if marked else Fraction(0)
            return _Start(frames[0], frames[1:], heard_from, before)
        damaged += not hidden
        if damaged > _FAILURES:
            break
    return None


def _is_steady(
    start: _Start, packets: Iterator[Packet[AudioStream]], until_s: float | None
) -> bool:
    """Whether codec, rate and channels stay what they are at the start."""
    silence = Silence()
    for frame in itertools.chain(start.following, _decoded(packets, silence)):
        if _form(frame) != _form(start.frame):
            return False
        if until_s is not None and (time_of(frame) or 0) > until_s:
            break
    return not silence.broken


def _decoded(packets: Iterable[Packet[AudioStream]], silence: Silence) -> Iterator[AudioFrame]:
    for packet in packets:
        frames = decode(packet)
        silence.watch(packet, frames)
        yield from frames


def _form(frame: AudioFrame) -> tuple[int, str]:
    return frame.sample_rate, frame.layout.name


def _may_be_copied(
    container: InputContainer, stream: AudioStream, suffix: str, hidden: Fraction
) -> bool:
    """Whether copying shows nothing that the clip hides, and keeps its timing."""
    target, codecs = _COPIED_INTO[suffix]
    codec = stream.codec_context.codec.canonical_name
    if codec not in codecs or container.format.name == "avi":  # AVI's times are guesses
        return False
    flags = [entry.is_discard for entry in stream.index_entries]
    if hidden > _RUN_UP or any(later > before for before, later in itertools.pairwise(flags)):
        return False
    if hidden > 0 and target not in _EDIT_LISTS:
        # Opus says itself how long its run-up is, in every container.
        delay = (stream.codec_context.extradata or b"")[_OPUS_DELAY]
        known = Fraction(int.from_bytes(delay, "little"), 48_000)
        return codec == "opus" and abs(hidden - known) < Fraction(1, 500)
    return True
