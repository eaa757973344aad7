"""A clip's frames at the rate at which they are looked at, whatever the clip is kept as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import ClipError, PhotoError
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipReader
from bunraku.training.prepare.layouts import pictures_of

PICTURES_FPS = 25.0
"""Rate of clips that are kept as pictures: they do not say theirs."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame that is looked at."""

    picture: Picture
    """``[H, W, 3]`` uint8 RGB."""
    index: int
    """In the clip, from 0."""
    time_s: float


class Frames:
    """The frames of a clip, at most so many a second; iterate once, then ask for ``notes``.

    Args:
        path: a film, or a folder of pictures.
        rate_fps: neighbours nearer to each other than this are left out.
    """

    def __init__(self, path: Path, rate_fps: float) -> None:
        self._path = path
        self._step_s = 1.0 / rate_fps
        self._unreadable = 0
        self._damage: str | None = None
        self._resized = 0
        self._loss_s: tuple[float, float] | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in their order.

        Raises:
            ClipError: it is no clip, or not one frame of it can be read.
        """
        return self._pictures() if self._path.is_dir() else self._film()

    @property
    def notes(self) -> list[str]:
        """What is to be said of the frames that were read, a few words each."""
        found = []
        if self._unreadable:
            found.append(f"{self._unreadable} unreadable")
        if self._damage is not None:
            found.append(f"it is damaged: {self._damage}")
        if self._resized:
            found.append(f"{self._resized} of another size, scaled")
        if self._loss_s is not None:
            read_s, whole_s = self._loss_s
            found.append(f"it ends early: {read_s:.1f} s of {whole_s:.1f} s could be read")
        return found

    def _film(self) -> Iterator[Frame]:
        next_s = -float("inf")
        with ClipReader(self._path) as reader:
            for frame in reader.frames():
                if frame.time_s >= next_s and not frame.flawed:
                    next_s = _next(next_s, frame.time_s, self._step_s)
                    yield Frame(frame.image, frame.index, frame.time_s)
            self._damage, self._resized = reader.damage, reader.resized
            self._loss_s = reader.loss_s

    def _pictures(self) -> Iterator[Frame]:
        try:
            paths = pictures_of(self._path)
        except OSError as exc:
            raise ClipError(f"{self._path} cannot be opened: {exc.strerror}.") from exc
        next_s, read = -float("inf"), 0
        for index, path in enumerate(paths):
            time_s = index / PICTURES_FPS
            if time_s < next_s:
                continue
            next_s = _next(next_s, time_s, self._step_s)
            try:
                picture = read_photo(path)
            except PhotoError:
                self._unreadable += 1
                continue
            read += 1
            yield Frame(picture, index, time_s)
        if read == 0:
            raise ClipError(
                f"{self._path} holds no picture that can be read.",
                "Check its pictures, or copy them again.",
            )


def _next(due_s: float, time_s: float, step_s: float) -> float:
    """When the next frame is due: in step, but never in arrears after a gap."""
    # A thousandth: clips at the very rate must not lose frames to rounding.
    step_s *= 0.999
    return due_s + step_s if time_s < due_s + step_s else time_s + step_s
