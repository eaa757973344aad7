"""The backs of a photo's trunk and head: what their fronts show at the sides, and above, goes on.

What lies in the middle of the front, a neckline, an open jacket, a print, is not repeated there.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.mask import fineness
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, SHOULDERS

SIDE, INWARDS_PX = 0.24, 6
"""How much of the front's width is folded round each side, and how far within the outline that
begins, in the networks' pixels: at the edge it is in shade, or beside an arm the arm's."""
SEAM = 0.2
"""How softly both sides meet in the middle, in widths."""
SAMPLES = 8
"""Of each side and row, by which it is told what is usual there,"""
NEAR = 0.12
"""over so much of the back's height above and below."""
UNUSUAL, PLAIN = 3.0, 0.15
"""What differs by more than so many times the usual difference, and so much in the sum of its
colours, is none of the cloth."""
LIGHT = 0.9
"""How bright a back is beside the front, which is turned to the light."""
STRAND_PX, EDGE_PX = 5, 1
"""How much of a strand must be seen to go on, and what of its ends does not, likewise."""
EVEN_PX = 5
"""Over how much an outline is evened out, likewise."""
SPECK_PX = 3
"""What of a trunk is not broader lies beside its arms, likewise."""
AROUND_PX = 12
"""How far beyond what is seen of it a back is read, likewise."""


def back_of(points: Vectors, front: Array, trunk: NDArray[np.bool_]) -> Array:
    """The plane ``[n, n, 3]`` of the trunk's back, read at the same places as the front's.

    :param points: ``[33 or more, 3]``, the photo's landmarks.
    :param front: ``[n, n, 3]``, clothes alone. :param trunk: ``[n, n]``: its pixels, hair aside.
    """
    fine = fineness(len(front))
    trunk = _in_one_piece(trunk, round(SPECK_PX * fine))
    if not trunk.any():
        return front
    part = _around(trunk, round(AROUND_PX * fine))
    down = points[HIPS].mean(0) - points[SHOULDERS].mean(0)
    if abs(down[0]) > abs(down[1]):  # of who lies
        turned = np.ascontiguousarray(front[part].swapaxes(0, 1))
        back = _folded(turned, trunk[part].T, fine).swapaxes(0, 1)
    else:
        back = _folded(np.ascontiguousarray(front[part]), trunk[part], fine)
    result = front.copy()
    result[part] = LIGHT * back
    return result


def _folded(front: Array, trunk: NDArray[np.bool_], fine: float) -> Array:
    """A picture ``[h, w, 3]`` of which each row is made of its trunk's two ends, to and fro."""
    rows = np.flatnonzero(trunk.any(1))
    told = np.arange(len(front))
    ends = trunk.argmax(1), trunk.shape[1] - 1 - trunk[:, ::-1].argmax(1)
    left, right = (
        np.interp(told, rows, _evened(side[rows], fine)).astype(np.float32)[:, None]
        for side in ends
    )
    width = np.maximum(right - left, 1.0)
    margin = np.minimum(np.float32(INWARDS_PX * fine), 0.5 * SIDE * width)
    band = np.maximum(SIDE * width - margin, 1.0)
    x = np.arange(front.shape[1], dtype=np.float32)[None]
    first, second = (
        _read(front, start + way * (margin + _to_and_fro(way * (x - start) - margin, band)))
        for start, way in ((left, 1.0), (right, -1.0))
    )
    share = np.clip(((x - left) / width - 0.5) / SEAM + 0.5, 0.0, 1.0)[..., None]
    seen = margin + band * np.linspace(0.0, 1.0, SAMPLES, dtype=np.float32)
    samples = _read(front, np.concatenate([left + seen, right - seen], 1))
    return _usual(first + share * (second - first), samples, len(rows))


def _usual(back: Array, samples: Array, height: int) -> Array:
    """A back without what few of its samples show, as cords and the ends of a print.

    :param samples: ``[h, k, 3]`` of each row. :param height: how many rows count.
    """
    size = 2 * round(NEAR * height) + 1
    main = _median(np.median(samples, 1), size)[:, None]
    apart = np.median(np.abs(samples - main).sum(-1), 1)
    far = UNUSUAL * _median(apart, size)[:, None] + PLAIN
    own = back - main
    keep = np.clip(2.0 - np.abs(own).sum(-1) / far, 0.0, 1.0)[..., None]
    return np.asarray(main + keep * own, np.float32)


def gone_down(hair: Array, known: NDArray[np.bool_]) -> Array:
    """The plane ``[n, n, 3]`` of hair with its grain going on below what is seen of it: for the
    back of the head.

    :param hair: ``[n, n, 3]``, which goes on smoothly. :param known: ``[n, n]``: where it is seen.
    """
    fine = fineness(len(hair))
    part = _around(known, round(AROUND_PX * fine))
    part = slice(part[0].start, part[0].stop + part[1].stop - part[1].start), part[1]
    seen, plane = known[part], hair[part]
    first, row = seen.argmax(0), np.arange(len(seen), dtype=np.float32)[:, None]
    ended = ~seen & (row > first)
    last = np.where(ended.any(0), ended.argmax(0), len(seen)) - 1
    columns = np.flatnonzero(seen.any(0) & (last - first >= STRAND_PX * fine))
    if not len(columns):
        return hair
    told = np.arange(seen.shape[1]).clip(columns[0], columns[-1])
    margin = EDGE_PX * fine
    start, end = (
        (np.interp(told, columns, _evened(side[columns], fine)) + inwards).astype(np.float32)
        for side, inwards in ((first, margin), (last, -margin))
    )
    y = start + _to_and_fro(row - start, np.maximum(end - start, 1.0))
    x = np.broadcast_to(told.astype(np.float32), y.shape)
    grain = cv2.remap(np.ascontiguousarray(plane), x, y, cv2.INTER_LINEAR)
    result = hair.copy()
    result[part] = np.where((row > end)[..., None], grain, plane)
    return result


def _in_one_piece(region: NDArray[np.bool_], px: int) -> NDArray[np.bool_]:
    """The largest piece of a region, without specks and what is not broader than so much."""
    square = np.ones((px + 1,) * 2, np.uint8)
    broad = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, square)
    _, label, stats, _ = cv2.connectedComponentsWithStats(broad)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return np.asarray(label == 1 + sizes.argmax()) if len(sizes) else np.zeros_like(region)


def _around(region: NDArray[np.bool_], px: int) -> tuple[slice, slice]:
    """Rows and columns of a region and so many pixels around."""
    rows, columns = (np.flatnonzero(region.any(axis)) for axis in (1, 0))
    return (
        slice(max(int(rows[0]) - px, 0), int(rows[-1]) + px + 1),
        slice(max(int(columns[0]) - px, 0), int(columns[-1]) + px + 1),
    )


def _to_and_fro(far: Array, band: Array) -> Array:
    """Distances folded into [0, band]."""
    return np.asarray(band - np.abs(np.maximum(far, 0.0) % (2.0 * band) - band), np.float32)


def _read(picture: Array, x: Array) -> Array:
    """``[h, k, 3]``: of each row the pixels at x ``[h, k]``."""
    y = np.broadcast_to(np.arange(len(x), dtype=np.float32)[:, None], x.shape)
    read = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read, np.float32)


def _evened(side: NDArray[np.intp], fine: float) -> Array:
    """Without steps of a few rows: they would be torn through the whole back."""
    return _median(side.astype(np.float32), 2 * round(EVEN_PX * fine / 2) + 1)


def _median(values: Array, size: int) -> Array:
    """Of so many rows around each, ``[n, ...]``."""
    beyond = ((size // 2,) * 2, *((0, 0),) * (values.ndim - 1))
    around = np.pad(values, beyond, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, size, 0)
    return np.asarray(np.median(windows, -1), np.float32)
