"""IUV images as the frames of a clip, of a codec that keeps every value."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import av.error
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bunraku.errors import InputError
from bunraku.runtime.source.opening import film_stream, open_clip
from bunraku.runtime.source.place import Read


class IuvClip:
    """The frames of a clip, as RGB pictures by number.

    :raises InputError: it is no file, or not a clip, or has no frames, or its pixels are not RGB.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count: int | None = None
        self._last: tuple[int, NDArray[np.uint8]] | None = None
        self._broken: InputError | None = None
        self._frames = _decode(self._path)
        if self.read(0) is None:
            raise InputError(f"{path} holds no picture.", "Give a clip of IUV images.")

    def name(self, index: int) -> str:
        """How messages call a frame."""
        return f"Frame {index} of {self._path}"

    def read(self, index: int) -> NDArray[np.uint8] | None:
        """``[H, W, 3]`` RGB; None past the end. An earlier frame than the last reads anew.

        :raises InputError: the clip is damaged here.
        """
        if self._last is not None and index < self._last[0]:
            self.close()
        while self._last is None or self._last[0] < index:
            frame = self._next()
            done = 0 if self._last is None else self._last[0] + 1
            if frame is None:
                if self.count is None:
                    self.count = done
                return None
            self._last = done, self._rgb(frame)
        return self._last[1]

    def close(self) -> None:
        """Release the file; the next picture that is read opens it again, from the start."""
        self._frames.close()
        self._frames, self._last, self._broken = _decode(self._path), None, None

    def _next(self) -> VideoFrame | None:
        """The next frame. Past damage there is none, however often it is asked for."""
        if self._broken is not None:
            raise self._broken
        try:
            return next(self._frames, None)
        except InputError as exc:
            self._broken = exc
            raise

    def _rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        kept = frame.format
        if not kept.is_rgb or kept.has_palette or any(c.bits != 8 for c in kept.components):
            raise InputError(
                f"{self._path} keeps its pictures as {kept.name}, which blurs part numbers.",
                "Give PNG files, or a clip in FFV1 or H.264 RGB without loss "
                "(-c:v libx264rgb -qp 0).",
            )
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _decode(path: Path) -> Generator[VideoFrame]:
    """The frames; the file is open until the last of them, or until nobody wants them any more."""
    try:
        with open_clip(path, Read.IUV) as container:
            yield from container.decode(film_stream(container, path, Read.IUV))
    except av.error.FFmpegError as exc:
        raise InputError(f"{path} is damaged: {exc.strerror}.", "Copy or write it again.") from exc
