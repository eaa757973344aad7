"""A clip that drives the photo."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from bunraku.errors import ClipError, SourceError
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.pacing import Pacer
from bunraku.stream.sources.reader import Reader


class Pace(StrEnum):
    """How fast a clip is read."""

    # Each frame at its time, as from a camera; late ones are dropped.
    OWN = "own"
    # As fast as the pipeline takes them; none is dropped.
    FAST = "fast"


class FileSource:
    """The frames of a clip, upright and all of one size; damage is survived and counted.

    A clip that loops goes on in time.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        pace: Pace = Pace.OWN,
        loop: bool = False,
        clock: Clock | None = None,
    ) -> None:
        # Absolute: FFmpeg takes "concat:a.mp4" for a protocol, and "/here/concat:a.mp4" for a file.
        self._path = Path(path).absolute()
        self._pace = pace
        self._loop = loop
        self._clock = clock or SystemClock()
        self._pacer = Pacer(self._clock)
        self._reader: Reader | None = None
        self._dropped = 0

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def waits(self) -> bool:
        return self._pace is Pace.FAST

    @property
    def missed(self) -> int:
        return self._dropped + (0 if self._reader is None else self._reader.missed)

    @property
    def notice(self) -> str | None:
        return None

    async def open(self) -> None:
        self._reader = Reader(lambda: ClipFeed(self._path, loop=self._loop), self.name)
        await self._reader.start()

    async def read(self) -> LiveFrame | None:
        while self._reader is not None:
            frame = await self._reader.take()
            if frame is None:
                return None
            if self._pace is Pace.OWN and not await self._due(frame, self._reader):
                self._dropped += 1
                continue
            frame.captured_s = self._clock.now()
            return frame
        return None

    async def _due(self, frame: LiveFrame, reader: Reader) -> bool:
        return await self._pacer.wait(frame.time_s, reader.upcoming_s)

    async def close(self) -> None:
        if self._reader is not None:
            await self._reader.close()


class ClipFeed:
    """The frames of a clip, from time 0; over and over if it loops."""

    live = False

    def __init__(self, path: Path, *, loop: bool) -> None:
        """:raises SourceError: it cannot be read."""
        self._path = path
        self._loop = loop
        self._unreadable = 0
        self._clip = _open(path)
        self._frames = self._read()

    @property
    def unreadable(self) -> int:
        """Frames that could not be decoded, in all rounds."""
        return self._unreadable + self._clip.unreadable

    def read(self) -> LiveFrame | None:
        try:
            return next(self._frames, None)
        except ClipError as exc:
            raise SourceError(exc.message, exc.hint) from exc

    def close(self) -> None:
        self._clip.close()

    def _read(self) -> Iterator[LiveFrame]:
        # What to add to the clip's pts so that time goes on from round to round.
        end_pts = 0
        while True:
            shift: int | None = None
            for frame in self._clip.frames():
                if shift is None:
                    shift = end_pts - frame.pts
                pts = frame.pts + shift
                end_pts = pts + _duration(frame, self._clip)
                yield LiveFrame(frame.image, pts, frame.time_base, 0.0)
            if not self._loop:
                return
            self._unreadable += self._clip.unreadable
            self._clip.close()
            self._clip.unreadable = 0
            self._clip = _open(self._path)


def _duration(frame: ClipFrame, clip: ClipReader) -> int:
    return frame.duration or max(1, round(1 / (clip.rate * frame.time_base)))


def _open(path: Path) -> ClipReader:
    try:
        return ClipReader(path)
    except ClipError as exc:
        raise SourceError(exc.message, exc.hint) from exc
