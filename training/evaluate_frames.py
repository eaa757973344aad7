"""The clips and photos of an evaluation: which files, and which of their frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from bunraku.errors import InputError
from bunraku.stream.clip.reader import ClipFrame, ClipReader

CROSS_FRAMES = 3
"""Frames of a clip that each photo is driven by."""

T = TypeVar("T")


def files(path: Path, is_one: Callable[[Path], bool], what: str) -> list[Path]:
    """A file, or those of a folder that are called so, in order.

    Raises:
        InputError: there are none, or nothing is at the path.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{path} does not exist.", f"Check the path of the {what}s.")
    found = sorted(p for p in path.glob("*") if is_one(p) and not p.is_dir())
    if not found:
        raise InputError(f"There is no {what} in {path}.", "Name a file, or a folder with some.")
    return found


def short_names(paths: Sequence[Path]) -> list[str]:
    """What the files are called in tables: without the ending, unless two would be the same."""
    stems = [path.stem for path in paths]
    return [path.stem if stems.count(path.stem) == 1 else path.name for path in paths]


class Spaced(Generic[T]):
    """Keeps about ``count`` things, evenly spaced, of a row whose length is not known."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._stride = 1
        self._seen = 0
        self._kept: list[T] = []

    def offer(self, thing: T) -> None:
        """The row's next."""
        if self._seen % self._stride == 0:
            self._kept.append(thing)
            if len(self._kept) > 2 * self._count:
                self._kept = self._kept[::2]
                self._stride *= 2
        self._seen += 1

    def chosen(self) -> list[T]:
        """At most ``count``, the first among them."""
        last = len(self._kept) - 1
        steps = min(self._count, len(self._kept))
        return [self._kept[round(i * last / max(steps - 1, 1))] for i in range(steps)]


def clip_frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
    """The clip's first ``limit`` frames."""
    with ClipReader(path) as reader:
        yield from reader.frames(0, limit)


def clip_sample(path: Path) -> list[ClipFrame]:
    """Some frames of a clip, evenly spaced, the first among them."""
    kept: Spaced[ClipFrame] = Spaced(CROSS_FRAMES)
    for frame in clip_frames(path, None):
        kept.offer(frame)
    return kept.chosen()
