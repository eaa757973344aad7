"""Reading clips: any container and codec that PyAV reads, upright, with their own timing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bunraku.errors import ClipError
from bunraku.runtime.source.opening import film_stream, open_clip
from bunraku.runtime.source.place import Read, path_of
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.damage import past_damage
from bunraku.stream.clip.extent import Extent
from bunraku.stream.clip.flaws import Flaws
from bunraku.stream.clip.timeline import AnyPacket, ClipTimeline
from bunraku.stream.clip.times import FrameTimes
from bunraku.stream.core.frame import to_rgb
from bunraku.stream.core.orientation import as_shown, fit
from bunraku.stream.core.tolerance import STREAMED

# How far the start of a clip may be slower than its mean rate.
_RATES_VARY = 3
_SLACK_S = 10.0


@dataclass(frozen=True)
class ClipFrame:
    """One frame of a clip.

    ``image`` is ``[H,W,3]`` uint8 RGB, upright, with square pixels, every frame of one size.
    ``pts`` counts ``time_base`` seconds on the clip's clock (see
    :class:`~bunraku.stream.clip.timeline.ClipTimeline`) and strictly increases; ``duration`` is in
    the same unit, 0 where the clip does not say. ``flawed``: parts of it were made up, as the clip
    is damaged there.
    """

    image: Picture
    index: int
    pts: int
    duration: int
    time_base: Fraction
    flawed: bool = False

    @property
    def time_s(self) -> float:
        """Seconds on the clip's clock."""
        return float(self.pts * self.time_base)


class ClipReader:
    """The film of a file (:mod:`~bunraku.runtime.source.film`), in the memory of a few frames.

    Damage is survived: parts that cannot be decoded are counted in :attr:`unreadable`, what it
    costs besides in :attr:`flaws`, and the clip ends where nothing more can be read.
    """

    def __init__(self, path: str | Path) -> None:
        """Open the clip.

        :raises ClipError: it is missing, an address, a folder, a pipe, a device, not a clip, or has
            no film in it.
        """
        self.path = path_of(path, Read.CLIP)
        self.unreadable = 0
        self.flaws = Flaws()
        self.decoded = 0
        self.resized = 0
        self._ended = False
        self._size: tuple[int, int] | None = None
        self._container = open_clip(self.path)
        try:
            self._stream = film_stream(self._container, self.path)
        except ClipError:
            self._container.close()
            raise
        # Frame threads decode ahead and lose good frames when a later one fails.
        self._stream.thread_type = "SLICE"
        self._timeline = ClipTimeline(self._container)
        self._times = FrameTimes(self._container, self._stream)
        self._extent = Extent(self._container, self._stream)
        # Frames a second, about, and the unit of their times.
        self.rate = self._times.rate
        self.time_base = self._times.time_base
        # How many frames the container's length suggests.
        self.expected_frames = _expected_frames(self._container, self._stream, self.rate)

    @property
    def counted_frames(self) -> int | None:
        """How many frames the container says that there are; None where it does not count them."""
        return int(self._stream.frames) or None

    def surely_over_s(self, frames: int) -> float:
        """A second of the clip's clock before which so many frames are over, even if rates vary."""
        start_s = (self._container.start_time or 0) / av.time_base
        return start_s + _RATES_VARY * float(frames / self.rate) + _SLACK_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._container.close()

    @property
    def start_s(self) -> Fraction | None:
        """Where the clip's clock starts, in seconds, as far as it is known."""
        start: int | None = self._container.start_time
        if start is None:
            return None
        told, first_s = Fraction(start, av.time_base), self._timeline.first_s
        # Of files joined end to end, FFmpeg may tell the start of a later one.
        return told if first_s - told <= STREAMED.ahead_s else Fraction(first_s)

    @property
    def damage(self) -> str | None:
        """What is damaged of what was read: "2 frames are missing"; None where nothing is."""
        return self.flaws.words(self.unreadable)

    @property
    def loss_s(self) -> tuple[float, float] | None:
        """How many seconds of how many could be read, if the clip was read to its end and that came
        clearly before the announced one; else None."""
        return self._extent.loss() if self._ended else None

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[ClipFrame]:
        """Yield the frames ``start`` up to, not including, ``stop``, counted from 0.

        :raises ClipError: not one frame of the clip can be decoded, or ``start`` is past its end.
        """
        for frame in self._decode():
            index = self.decoded
            self.decoded += 1
            pts, duration = self._times.stamp(frame)
            step_s = 1 / float(self.rate)
            length_s = float(duration * self.time_base) or step_s
            self._extent.decoded(float(pts * self.time_base) + length_s, step_s)
            flawed = bool(frame.is_corrupt)
            self.flaws.decoded(self._times.told_s(frame), step_s, flawed=flawed)
            if index >= start:
                image = self._upright(frame)
                yield ClipFrame(image, index, pts, duration, self.time_base, flawed)
            if stop is not None and index + 1 >= stop:
                return
        self._ended = True
        if self.decoded == 0:
            raise ClipError(
                f"{self.path} holds no frame that can be decoded.",
                "Check that it plays elsewhere, or export it again.",
            )
        if self.decoded <= start:
            raise ClipError(
                f"{self.path} has {self.decoded} frames, numbered from 0; frame {start} is past "
                "its end.",
                "Ask for earlier frames.",
            )

    def _decode(self) -> Iterator[VideoFrame]:
        for packet in self._timeline.follow(self._packets()):
            self._extent.to_decode(packet)
            if packet.stream.index != self._stream.index:
                continue
            self.flaws.read(packet)
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self._count_damage()

    def _packets(self) -> Iterator[AnyPacket]:
        """Yield all packets, past damage as far as the container can, and a last flush."""
        for packet in past_damage(self._container, self._stream, self._count_damage):
            self._extent.read(packet)
            yield packet

    def _count_damage(self) -> None:
        self.unreadable += 1
        self.flaws.failed()

    def _upright(self, frame: VideoFrame) -> Picture:
        image = to_rgb(as_shown(frame, self._stream.sample_aspect_ratio))
        size = (image.shape[1], image.shape[0])
        if self._size is None:
            self._size = size
        elif size != self._size:
            self.resized += 1
            image = fit(image, *self._size)
        return image


def _expected_frames(container: InputContainer, stream: VideoStream, rate: Fraction) -> int | None:
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * rate) or None
    if stream.frames:
        return int(stream.frames)
    if container.duration is not None:
        return round(container.duration * rate / av.time_base) or None
    return None
