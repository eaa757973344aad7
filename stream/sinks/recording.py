"""A recording: a video file that can be played at any moment, however the program ends."""

from __future__ import annotations

import contextlib
import logging
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import av
import av.error

from bunraku.stream.clip.writer import output_error, writable_target
from bunraku.stream.core.encoding import to_i420
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.disk import DiskFile
from bunraku.stream.sinks.fixed_size import OutputTimeline, SizeFitter
from bunraku.stream.sinks.muxer import RECORDED_H264, RECORDED_VP9, LiveMuxer
from bunraku.stream.sinks.threaded import ThreadedSink

log = logging.getLogger(__name__)

# Every frame is a fragment, written at once; at the end the file becomes an ordinary MP4.
_MP4 = ("mp4", {"movflags": "+hybrid_fragmented+frag_every_frame", "flush_packets": "1"})
# A cluster, too, reaches the disk only when it is over.
_CLUSTERS = {"cluster_time_limit": "1", "flush_packets": "1"}
# Large enough that a frame reaches the disk at one go.
_BUFFER_BYTES = 1 << 20
_CONTAINERS = {
    ".m4v": _MP4,
    ".mkv": ("matroska", _CLUSTERS),
    ".mov": ("mov", _MP4[1]),
    ".mp4": _MP4,
    ".webm": ("webm", _CLUSTERS),
}


class Timing(StrEnum):
    """Whose time a recording has."""

    CAPTURE = "capture"
    """The pipeline's clock at capture: as it happened."""
    SOURCE = "source"
    """The source's own: for a clip that is worked on faster or slower than it plays."""


class FileSink(ThreadedSink):
    """Records to .mp4, .m4v, .mov (H.264), .mkv (H.264) or .webm (VP9).

    At any moment all but the last frame or two are on the disk, in a file that plays even if the
    process is killed. It says in its metadata that it is synthetic.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rate: float = 30.0,
        timing: Timing = Timing.CAPTURE,
        max_bytes: int | None = None,
        max_s: float | None = None,
    ) -> None:
        """Choose the file; an older one is replaced when the first frame comes.

        :param rate: frames a second, about; each frame keeps its own time.
        :param max_bytes: when the file has reached this size, it is closed.
        :param max_s: as soon as it lasts this long, likewise.
        :raises OutputError: the ending is another, or there is no such folder.
        """
        self.path = Path(path)
        self.frames = 0
        self._target = writable_target(self.path)
        self._rate = Fraction(rate).limit_denominator(1001)
        self._frame_ms = max(1, round(1000 / rate))
        self._timing = timing
        self._max_bytes, self._max_s = max_bytes, max_s
        super().__init__(f"recording {self.path.name}")
        self._fitter, self._timeline = SizeFitter(), OutputTimeline(self._frame_ms)
        self._disk: DiskFile | None = None
        self._muxer: LiveMuxer | None = None
        self._ended: str | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def keeps_all(self) -> bool:
        return True

    @property
    def takes_i420(self) -> bool:
        return True

    @property
    def seconds(self) -> float:
        """How long the recording is."""
        return (self._timeline.last_ms + self._frame_ms) / 1000 if self.frames else 0.0

    @property
    def bytes_written(self) -> int:
        """How large it is."""
        return 0 if self._disk is None else self._disk.size

    def _open(self) -> None:
        try:
            self._disk = DiskFile(self._target)
        except OSError as exc:
            raise output_error(self.path, exc) from exc

    def _write(self, frame: LiveFrame) -> None:
        """In the worker's thread."""
        if self._ended is not None or self._disk is None:
            raise SinkClosed(self._ended or f"{self.path} is not open.")
        picture = self._fitter.fit(frame.shown_to_encoder())
        time_s = frame.captured_s if self._timing is Timing.CAPTURE else frame.time_s
        try:
            if self._muxer is None:
                self._muxer = self._start(self._disk)
            self._muxer.write(to_i420(picture), self._timeline.at_ms(time_s))
        except (av.error.FFmpegError, OSError) as exc:
            if self._disk.error is None and self.frames:
                raise  # this frame cannot be encoded; the next one may
            raise self._end(exc) from exc
        self._disk.mark()
        self.frames += 1
        if self._max_bytes is not None and self._disk.size >= self._max_bytes:
            self._finish()
            self._ended = f"{self.path} is as large as a recording may be."
        if self._max_s is not None and self.seconds >= self._max_s:
            self._finish()
            self._ended = f"{self.path} is as long as a recording may be."
        if self._ended is not None:
            raise SinkClosed(self._ended)

    def _start(self, disk: DiskFile) -> LiveMuxer:
        disk.start()
        suffix = self._target.suffix.lower()
        name, options = _CONTAINERS[suffix]
        container = av.open(disk, "w", format=name, options=options, buffer_size=_BUFFER_BYTES)
        encoding = RECORDED_VP9 if suffix == ".webm" else RECORDED_H264
        assert self._fitter.size is not None
        return LiveMuxer(container, self._fitter.size, encoding, rate=self._rate)

    def _end(self, exc: Exception) -> SinkClosed:
        """Give up, keeping what is on the disk."""
        kept = "what was recorded until then is kept" if self.frames else "nothing was kept"
        self._ended = str(output_error(self.path, exc, kept=kept))
        self._finish()
        return SinkClosed(self._ended)

    def _finish(self) -> None:
        disk, self._muxer, muxer = self._disk, None, self._muxer
        if disk is None:
            return
        try:
            if muxer is not None and disk.error is None:
                muxer.finish()
        except (av.error.FFmpegError, OSError) as exc:
            log.warning("%s", output_error(self.path, exc, kept="its last second may be missing"))
        finally:
            with contextlib.suppress(OSError):
                disk.close()
