"""Contact sheets: what an evaluation looks like, beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bunraku.spec.arrays import Picture

HEADING_PX = 18
LABEL_GREY = 235
EMPTY_GREY = 40


def tile(picture: Picture | None, side: int) -> Picture:
    """A picture inside a square of ``side`` pixels, keeping its shape; grey for none."""
    out = np.full((side, side, 3), EMPTY_GREY, np.uint8)
    if picture is None:
        return out
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    if scale >= 2.0:
        method = cv2.INTER_NEAREST
    small = cv2.resize(picture, size, interpolation=method)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def contact_sheet(
    rows: Sequence[Sequence[Picture | None]],
    headings: Sequence[str] = (),
    names: Sequence[str] = (),
    side: int = 256,
) -> Picture:
    """Tiles in rows under headings.

    Args:
        rows: pictures of any size; short rows are filled up with grey.
        headings: one a column, or none.
        names: one a row, written into its first tile, or none.
        side: of a tile, in pixels.
    """
    columns = max(len(headings), *(len(row) for row in rows))
    lines = []
    if headings:
        line = np.full((HEADING_PX, columns * side, 3), EMPTY_GREY, np.uint8)
        for i, heading in enumerate(headings):
            _write(line[:, i * side : (i + 1) * side], heading)
        lines.append(line)
    for i, row in enumerate(rows):
        tiles = [tile(picture, side) for picture in row]
        tiles += [tile(None, side)] * (columns - len(row))
        line = np.concatenate(tiles, 1)
        if i < len(names):
            _write(line[:HEADING_PX, :side], names[i])
        lines.append(line)
    return np.concatenate(lines)


def save_sheet(path: Path, sheet: Picture) -> Path:
    """Write a sheet as a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path, quality=90)
    return path


def _write(area: Picture, text: str) -> None:
    area[:HEADING_PX] = EMPTY_GREY
    place = (4, HEADING_PX - 5)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.42
    cv2.putText(area, text, place, font, scale, (LABEL_GREY,) * 3, 1, cv2.LINE_AA)
