"""Contact sheets and films: what an evaluation looks like, beside its numbers.

Both say in their metadata that they are synthetic, as all that Bunraku makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bunraku.errors import OutputError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT, ClipWriter
from bunraku.training.folders import make_folder

HEADING_PX = 18
LABEL_GREY = 235
EMPTY_GREY = 40
LARGEST_TILE_PX = 1024
"""Tiles of real pictures are at 1:1 up to this side."""
LARGEST_FILM_PX = 4096
"""Width from which players refuse a film."""
DEFAULT_RATE = Fraction(25)
"""Frames a second of a film whose clip does not say."""


def tile(picture: Picture | None, side: int, height: int | None = None) -> Picture:
    """A picture inside a square of ``side`` pixels, or a box ``side`` wide and ``height`` tall,
    keeping its shape; grey for none.
    """
    tall = side if height is None else height
    out = np.full((tall, side, 3), EMPTY_GREY, np.uint8)
    if picture is None:
        return out
    scale = min(side / picture.shape[1], tall / picture.shape[0])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    if scale >= 2.0:
        method = cv2.INTER_NEAREST
    small = cv2.resize(picture, size, interpolation=method)
    top, left = (tall - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def contact_sheet(
    rows: Sequence[Sequence[Picture | None]],
    headings: Sequence[str] = (),
    names: Sequence[str] = (),
    side: int = 256,
    height: int | None = None,
) -> Picture:
    """Tiles in rows under headings.

    Args:
        rows: pictures of any size; short rows are filled up with grey.
        headings: one a column, or none.
        names: one a row, written into its first tile, or none.
        side: width of a tile, in pixels.
        height: of a tile; None for squares.
    """
    columns = max(len(headings), *(len(row) for row in rows))
    lines = []
    if headings:
        line = np.full((HEADING_PX, columns * side, 3), EMPTY_GREY, np.uint8)
        for i, heading in enumerate(headings):
            _write(line[:, i * side : (i + 1) * side], heading)
        lines.append(line)
    for i, row in enumerate(rows):
        tiles = [tile(picture, side, height) for picture in row]
        tiles += [tile(None, side, height)] * (columns - len(row))
        line = np.concatenate(tiles, 1)
        if i < len(names):
            _write(line[:HEADING_PX, :side], names[i])
        lines.append(line)
    return np.concatenate(lines)


def save_sheet(path: Path, sheet: Picture) -> Path:
    """Write a sheet, as a JPEG or a PNG by the path's ending.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".png":
            told = PngInfo()
            told.add_text("Comment", SYNTHETIC_COMMENT)
            Image.fromarray(sheet).save(path, pnginfo=told)
        else:
            Image.fromarray(sheet).save(path, quality=90, comment=SYNTHETIC_COMMENT)
    except OSError as exc:
        raise OutputError(
            f"The contact sheet {path} cannot be written: {exc.strerror or exc}.",
            "Choose another folder.",
        ) from exc
    return path


def tile_size(picture: Picture, columns: int) -> tuple[int, int]:
    """Width and height of tiles at which this picture is at 1:1, as far as they are not too large.

    Args:
        picture: what is shown.
        columns: how many such tiles stand side by side.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, LARGEST_TILE_PX / max(height, width), LARGEST_FILM_PX / columns / width)
    return max(1, int(width * scale)), max(1, int(height * scale))


class Film:
    """Pictures side by side under headings, as one WebM film: they cannot get out of step.

    A context manager; a film that is left with an exception is not kept.
    """

    def __init__(self, path: Path, headings: Sequence[str], size: tuple[int, int]) -> None:
        """Reserve the place for the file.

        Args:
            path: ends in .webm, which every browser plays.
            headings: one a column.
            size: width and height of a tile, in pixels.

        Raises:
            OutputError: nothing can be written there.
        """
        make_folder(path.parent)
        self._headings, self._size = headings, size
        self._writer = ClipWriter(path)
        self._origin: Fraction | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._writer.__exit__(kind, error, trace)

    def write(self, row: Sequence[Picture], frame: ClipFrame) -> None:
        """Append what was made of a clip's frame, at that frame's time; raises OutputError."""
        time = frame.pts * frame.time_base
        self._origin = time if self._origin is None else self._origin
        length = frame.duration * frame.time_base
        self._writer.write(
            contact_sheet([row], self._headings, (), *self._size),
            frame.pts,
            frame.time_base,
            duration=frame.duration,
            # More frames a second than the clock can tell apart are refused.
            rate=1 / length if length else min(DEFAULT_RATE, 1 / frame.time_base),
            origin=self._origin,
        )


def _write(area: Picture, text: str) -> None:
    area[:HEADING_PX] = EMPTY_GREY
    place = (4, HEADING_PX - 5)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.42
    cv2.putText(area, text, place, font, scale, (LABEL_GREY,) * 3, 1, cv2.LINE_AA)
