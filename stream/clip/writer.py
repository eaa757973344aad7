"""Writing clips: a temporary neighbour of the target that becomes the target when it is whole."""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.error
from av.container import OutputContainer
from av.video.stream import VideoStream

from bunraku.errors import OutputError
from bunraku.runtime.source.local_file import ffmpeg_name
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.audio import AudioTrack
from bunraku.stream.core.encoding import add_video, even_size, i420_frame, size_of, to_i420
from bunraku.stream.core.output_path import check_file, denied, mode_of
from bunraku.stream.core.partial_file import PartialFile

SYNTHETIC_COMMENT = "synthetic: animated from a photo by Bunraku"

_FORMATS = {".m4v": "mp4", ".mkv": "matroska", ".mov": "mov", ".mp4": "mp4", ".webm": "webm"}
_H264 = {"preset": "veryfast", "crf": "18", "bf": "1", "refs": "1", "rc-lookahead": "5"}
# Each frame that x264 holds back is memory; of pictures as large as phones take, it holds none.
_LARGE_PIXELS = 2_500_000
_H264_LARGE = {**_H264, "bf": "0", "rc-lookahead": "0"}
_VP9 = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "24", "b": "0"}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class ClipWriter:
    """An H.264 (or, in WebM, VP9) file with the timing it is given, and a sound track if any.

    A context manager: leaving it puts the file in its place, leaving it with an exception leaves
    nothing behind. The file says in its metadata that it is synthetic.
    """

    def __init__(self, path: str | Path) -> None:
        """Reserve the place for the file.

        :param path: ends in .mp4, .m4v, .mov, .mkv or .webm; an existing file is replaced at the
            end.
        :raises OutputError: the ending is another, or nothing can be written there.
        """
        self.path = Path(path)
        self.frames = 0
        self._audio: AudioTrack | None = None
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._origin = Fraction(0)
        self._end = Fraction(0)
        self._target = writable_target(self.path, replaced=True)
        self._partial: PartialFile | None = None
        with self._mapped_errors():
            self._partial = PartialFile(self._target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None and self.frames:
            self.finish()
        else:
            self.discard()

    def carry(self, audio: AudioTrack) -> None:
        """Add a sound track, before anything is written; the writer closes it."""
        self._audio = audio

    def write(
        self,
        picture: Picture,
        pts: int,
        time_base: Fraction,
        *,
        duration: int = 0,
        rate: Fraction = Fraction(25),
        origin: Fraction = Fraction(0),
    ) -> None:
        """Append a picture.

        :param picture: ``[H,W,3]`` uint8 RGB or I420, every time of one size; odd sizes gain a row
            or a column, since H.264's 4:2:0 has none.
        :param pts: when it is shown, in ``time_base`` on the clip's clock; must increase.
        :param duration: how long, 0 where unknown.
        :param rate: frames a second, about; the first call's counts.
        :param origin: the second of the clip's clock at which the file starts; the first call's
            counts.
        :raises OutputError: the disk is full, or the file cannot be written any more.
        """
        with self._mapped_errors():
            if self._container is None:
                self._open(picture, time_base, rate, origin)
            assert self._container is not None
            assert self._stream is not None
            shown_at = pts - round(self._origin / time_base)
            frame = i420_frame(to_i420(picture), shown_at, time_base)
            frame.duration = duration
            self._mux_audio(shown_at * time_base)
            self._container.mux(self._stream.encode(frame))
            self._end = (shown_at + duration) * time_base
            self.frames += 1

    def finish(self, *, whole_audio: bool = False) -> None:
        """Complete the file and put it in its place; sound past the last picture is left out
        unless ``whole_audio``.

        :raises OutputError: the disk is full, or the file cannot be put there; nothing is left.
        """
        if self._container is None or self._stream is None:
            return
        try:
            with self._mapped_errors():
                self._mux_audio(None if whole_audio else self._end)
                self._container.mux(self._stream.encode(None))
                container, self._container = self._container, None
                container.close()
                assert self._partial is not None
                self._partial.keep()
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind, unless the file is already in its place."""
        container, self._container = self._container, None
        with contextlib.suppress(av.error.FFmpegError, OSError):
            if container is not None:
                container.close()
        if self._audio is not None:
            self._audio.close()
        if self._partial is not None:
            self._partial.discard()

    def _open(
        self, picture: Picture, time_base: Fraction, rate: Fraction, origin: Fraction
    ) -> None:
        suffix = self._target.suffix.lower()
        fast_start = {"movflags": "+faststart"} if _FORMATS[suffix] in ("mp4", "mov") else {}
        assert self._partial is not None
        name = ffmpeg_name(self._partial.path)
        container = av.open(name, "w", format=_FORMATS[suffix], options=fast_start)
        self._container = container
        self._origin = origin
        container.metadata["comment"] = SYNTHETIC_COMMENT
        width, height = size_of(picture)
        encoder, options = "libx264", _H264_LARGE if width * height > _LARGE_PIXELS else _H264
        if suffix == ".webm":
            encoder, options = "libvpx-vp9", _VP9
        self._stream = add_video(
            container,
            encoder,
            even_size(width, height),
            rate=rate,
            time_base=time_base,
            options=options,
        )
        if self._audio is not None:
            self._audio.attach(container, origin)

    def _mux_audio(self, until: Fraction | None) -> None:
        if self._audio is not None and self._container is not None:
            for packet in self._audio.packets(until):
                try:
                    self._container.mux(packet)
                except ValueError:  # what PyAV raises on packets, in contrast to disks
                    self._audio.give_up()

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError) as exc:
            self.discard()
            raise output_error(self.path, exc) from exc


def writable_target(path: Path, *, replaced: bool = False) -> Path:
    """Return where a file of this name would be put, links followed, so that a link stays one.

    :param replaced: one that is there already is replaced by another, not written into.
    :raises OutputError: as far as can be told beforehand, nothing can be written there.
    """
    if path.suffix.lower() not in _FORMATS:
        endings = ", ".join(sorted(_FORMATS))
        raise OutputError(f"{path} has no ending of a clip.", f"Use one of {endings}.")
    target = check_file(path, replaced=replaced)
    found = mode_of(path)
    if found and not stat.S_ISREG(found):
        raise OutputError(f"{path} is not a regular file.", "Name a file.")
    return target


def output_error(path: Path, exc: Exception, *, kept: str = "nothing was kept") -> OutputError:
    """What the user should know of an error in writing: what is wrong, and what is left."""
    number = getattr(exc, "errno", None)
    if number in _DISK_FULL:
        return OutputError(
            f"The disk of {path} is full; {kept}.",
            "Free some space or write to another disk.",
        )
    if number in _REFUSED:
        return denied(path)
    return OutputError.of(path, exc)
