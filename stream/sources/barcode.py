"""A frame's number as a row of bright and dark cells, readable after encoding and scaling.

Layout: 24 cells of equal width side by side along the upper edge, a sixteenth of the picture's
height (at least 8 pixels) high. Cell 0 is bright and cell 1 dark: they tell the two levels. Cells
2 to 17 are the bits of the number, the lowest first. Cells 18 to 23 are the bits of
``(7 * number + 3) mod 61``, the lowest first: one or two wrong bits of the number are noticed.
"""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Picture

CELLS = 24
NUMBER_BITS = 16
MAX_NUMBER = (1 << NUMBER_BITS) - 1

_BRIGHT, _DARK = 235, 20
# Less between bright and dark than this is no code but some picture.
_LEAST_CONTRAST = 60


def code_height(height: int) -> int:
    """How many rows the code takes of a picture so high."""
    return min(height, max(8, height // 16))


def draw_code(picture: Picture, number: int) -> None:
    """Write ``number`` (modulo 65536) over the upper edge of ``picture``, ``[H,W,3]`` or ``[H,W]``.

    :raises ValueError: the picture is narrower than one pixel a cell.
    """
    width = picture.shape[1]
    if width < CELLS:
        raise ValueError(f"a code needs {CELLS} pixels of width, not {width}")
    levels = np.where(_bits(number & MAX_NUMBER), _BRIGHT, _DARK).astype(np.uint8)
    row = levels[np.arange(width) * CELLS // width]
    strip = picture[: code_height(picture.shape[0])]
    strip[:] = row[:, None] if picture.ndim == 3 else row


def read_code(picture: Picture) -> int | None:
    """Read the number from ``picture``, ``[H,W,3]`` or ``[H,W]`` uint8; None: it has none."""
    width = picture.shape[1]
    if width < CELLS or picture.shape[0] < 4:
        return None
    rows = code_height(picture.shape[0])
    strip = picture[rows // 4 : max(rows // 4 + 1, rows * 3 // 4)].astype(np.float64)
    row = strip.mean(axis=(0, 2) if strip.ndim == 3 else 0)
    # The inner half of each cell: its edges mix with the neighbours'.
    inner = np.array([[0.25], [0.75]]) + np.arange(CELLS)
    starts, stops = np.rint(inner * width / CELLS).astype(int)
    spans = zip(starts, np.maximum(stops, starts + 1), strict=True)
    levels = np.array([row[start:stop].mean() for start, stop in spans])
    if levels[0] - levels[1] < _LEAST_CONTRAST:
        return None
    bits = levels > (levels[0] + levels[1]) / 2
    number = int(bits[2 : 2 + NUMBER_BITS] @ (1 << np.arange(NUMBER_BITS)))
    return number if np.array_equal(bits, _bits(number)) else None


def _bits(number: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    check = (7 * number + 3) % 61
    whole = 1 | number << 2 | check << (2 + NUMBER_BITS)
    return np.array([whole >> i & 1 for i in range(CELLS)], np.bool_)
