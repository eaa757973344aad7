"""The generated person back into the photo, at the photo's own resolution.

The networks give a window of 256 pixels; the photo's window may have a thousand. Where the blend
engine trusts the warped photo, the photo itself is read along the flow at its own resolution, so
that its sharpness survives:

    out = up(image - trust * warped) + up(trust) * photo(own position + flow)

which is ``image`` where nothing is trusted and the photo's own pixel where all is.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import FLOAT, INDEX, clamped, kernel, read_only, share, written
from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.framing import Window

FADE = 0.03
"""Where the window ends inside the photo, the person fades out over this share of its side."""
FIELD = 8
"""Channels of the packed field: r, g, b, trust, flow x, flow y, mask, nothing."""
PREMULTIPLIED = 1e-3
"""Added to the warped mask before colours are divided by it, as the blend engine does."""
JUMP = 0.05
"""A flow that changes by more than this (in [-1, 1] units) from pixel to pixel has an edge there:
between an arm and the torso behind it a mean of both flows leads to a third place."""
TRACE = 1.0 / 512.0
"""A mask below this shows nothing in 8 bits."""


@numba.njit(inline="always")
def _mixed(below: Any, above: Any, weight: Any) -> Any:
    """One 8-bit value over another, rounded."""
    value = np.float32(below) * (np.float32(1.0) - weight) + above * weight + np.float32(0.5)
    return np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))


@kernel((read_only(3), read_only(2), read_only(2), read_only(3), read_only(3), FLOAT, written(3)))
def _pack_field(
    image: Any, mask: Any, trust: Any, warped: Any, flow: Any, scale: Any, out: Any
) -> None:
    """What each pixel of the networks' window contributes, side by side in memory.

    :param image: ``[3, n, n]`` RGB in [0, 1].
    :param mask: ``[n, n]``; :param trust: ``[n, n]``, the weight of ``warped`` in ``image``.
    :param warped: ``[4, n, n]``, colours times mask, and mask.
    :param flow: ``[2, n, n]`` in [-1, 1] units; multiplied by ``scale`` to photo pixels.
    :param out: ``[n, n, 8]``: r, g, b, trust, x, y, mask, nothing.
    """
    side = mask.shape[0]
    zero, one, levels = np.float32(0.0), np.float32(1.0), np.float32(255.0)
    for y in range(side):
        for x in range(side):
            t = trust[y, x]
            known = one / (warped[3, y, x] + np.float32(PREMULTIPLIED))
            for c in range(3):
                colour = min(max(warped[c, y, x] * known, zero), one)
                out[y, x, c] = (image[c, y, x] - t * colour) * levels
            out[y, x, 3] = t
            out[y, x, 4] = flow[0, y, x] * scale
            out[y, x, 5] = flow[1, y, x] * scale
            out[y, x, 6] = mask[y, x]
            out[y, x, 7] = zero


_PIXELS = numba.types.Array(numba.uint8, 3, "C")
_PHOTO = numba.types.Array(numba.uint8, 3, "C", readonly=True)
_BOX = numba.types.Array(numba.int64, 1, "C", readonly=True)


@numba.njit(inline="always")
def _between(near: Any, far: Any, weight: Any, jump: Any) -> Any:
    """A flow between two pixels: their mean by weight, or at an edge the nearer one's."""
    if abs(far - near) > jump:
        return far if weight > np.float32(0.5) else near
    return near + (far - near) * weight


@kernel((_PIXELS, _PHOTO, read_only(3), _BOX, read_only(1), read_only(1), FLOAT, INDEX, INDEX))
def _paste_rows(
    out: Any,
    photo: Any,
    field: Any,
    box: Any,
    fade_x: Any,
    fade_y: Any,
    jump: Any,
    first: Any,
    step: Any,
) -> None:
    """Blend every ``step``-th row of the window over ``out``, which holds the plate.

    :param field: ``[n, n, 8]`` of ``_pack_field``.
    :param box: left, top, side of the window, then x0, y0, x1, y1: its part inside the photo.
    :param fade_x: ``[x1 - x0]``, factor of the mask; :param fade_y: ``[y1 - y0]``.
    :param jump: in photo pixels; where the flow changes by more, there is an edge.
    """
    left, top, side, x0, y0, x1, y1 = box
    n = field.shape[0]
    ratio = np.float32(n) / np.float32(side)
    line = np.empty((n, FIELD), np.float32)
    half, one, last = np.float32(0.5), np.float32(1.0), np.float32(n - 1)
    for y in range(y0 + first, y1, step):
        v = clamped((np.float32(y - top) + half) * ratio - half, last)
        row = min(int(v), n - 2)
        fy = v - np.float32(row)
        shown = np.float32(0.0)
        for i in range(n):  # the field between its two rows, once for all columns
            for c in range(FIELD):
                line[i, c] = field[row, i, c] * (one - fy) + field[row + 1, i, c] * fy
            for c in range(4, 6):
                line[i, c] = _between(field[row, i, c], field[row + 1, i, c], fy, jump)
            shown = max(shown, line[i, 6])
        if shown < np.float32(TRACE):
            continue
        for x in range(x0, x1):
            u = clamped((np.float32(x - left) + half) * ratio - half, last)
            i = min(int(u), n - 2)
            fx = u - np.float32(i)
            gx = one - fx
            m = (line[i, 6] * gx + line[i + 1, 6] * fx) * (fade_x[x - x0] * fade_y[y - y0])
            if not m >= np.float32(TRACE):  # NaN shows nothing either
                continue
            red = line[i, 0] * gx + line[i + 1, 0] * fx
            green = line[i, 1] * gx + line[i + 1, 1] * fx
            blue = line[i, 2] * gx + line[i + 1, 2] * fx
            t = line[i, 3] * gx + line[i + 1, 3] * fx
            if t > np.float32(0.0):
                sx = np.float32(x) + _between(line[i, 4], line[i + 1, 4], fx, jump)
                sy = np.float32(y) + _between(line[i, 5], line[i + 1, 5], fx, jump)
                # Within the window's part of the photo, as the warp stays within the window.
                sx = clamped(sx - np.float32(x0), np.float32(x1 - 1 - x0))
                sy = clamped(sy - np.float32(y0), np.float32(y1 - 1 - y0))
                px, py = min(int(sx), x1 - x0 - 2), min(int(sy), y1 - y0 - 2)
                hx, hy = sx - np.float32(px), sy - np.float32(py)
                w00, w01 = t * (one - hx) * (one - hy), t * hx * (one - hy)
                w10, w11 = t * (one - hx) * hy, t * hx * hy
                px, py = px + x0, py + y0
                red += photo[py, px, 0] * w00 + photo[py, px + 1, 0] * w01
                red += photo[py + 1, px, 0] * w10 + photo[py + 1, px + 1, 0] * w11
                green += photo[py, px, 1] * w00 + photo[py, px + 1, 1] * w01
                green += photo[py + 1, px, 1] * w10 + photo[py + 1, px + 1, 1] * w11
                blue += photo[py, px, 2] * w00 + photo[py, px + 1, 2] * w01
                blue += photo[py + 1, px, 2] * w10 + photo[py + 1, px + 1, 2] * w11
            out[y, x, 0] = _mixed(out[y, x, 0], red, m)
            out[y, x, 1] = _mixed(out[y, x, 1], green, m)
            out[y, x, 2] = _mixed(out[y, x, 2], blue, m)


class Compositor:
    """Pastes one photo's person back, frame after frame.

    For several threads at once: sessions share the photos that all of them may choose.

    :param photo: HWC uint8; at least 2 × 2 pixels of it are inside the window.
    :param plate: the photo without the person, of the same shape.
    :param window: where the networks look, on whole pixels.
    :param size: side of the networks' window, in pixels.
    :param threads: how many threads to paste with; None for as many as the process may use.
    """

    def __init__(
        self, photo: Picture, plate: Picture, window: Window, size: int, threads: int | None = None
    ) -> None:
        self._photo = np.ascontiguousarray(photo)
        self._plate = np.ascontiguousarray(plate)
        left, top, side = window.box
        height, width = photo.shape[:2]
        x0, x1 = max(left, 0), min(left + side, width)
        y0, y1 = max(top, 0), min(top + side, height)
        self._box = np.array([left, top, side, x0, y0, x1, y1], np.int64)
        self._fade_x = _fade(left, side, width)[x0 - left : x1 - left]
        self._fade_y = _fade(top, side, height)[y0 - top : y1 - top]
        self._size = size
        self._none = np.zeros((size, size), np.float32)
        self._nowhere = np.zeros((4, size, size), np.float32)
        self._threads = threads

    def untouched(self) -> Picture:
        """The photo as it is; a new picture."""
        return self._photo.copy()

    def paste(
        self,
        image: Array,
        mask: Array,
        trust: Array | None = None,
        warped: Array | None = None,
        flow: Array | None = None,
    ) -> Picture:
        """The photo with the person as generated; a new picture.

        :param image: ``[1, 3, n, n]`` RGB in [0, 1], the person's colours.
        :param mask: ``[1, 1, n, n]`` in [0, 1].
        :param trust: ``[1, 1, n, n]``, the weight of ``warped`` in ``image``; with None the
            photo's own pixels are not used, and the person is as sharp as the window.
        :param warped: ``[1, 4, n, n]``, the photo's window times mask, and mask, along the flow.
        :param flow: ``[1, 2, n, n]`` in [-1, 1] units, the flow that ``warped`` was made with.
        """
        detailed = trust is not None and warped is not None and flow is not None
        field = np.empty((self._size, self._size, FIELD), np.float32)
        _pack_field(
            image[0],
            mask[0, 0],
            trust[0, 0] if detailed and trust is not None else self._none,
            warped[0] if detailed and warped is not None else self._nowhere,
            flow[0] if detailed and flow is not None else self._nowhere[:2],
            np.float32(self._box[2] / 2.0),
            field,
        )
        out = self._plate.copy()
        jump = np.float32(JUMP * self._box[2] / 2.0)
        shared = (out, self._photo, field, self._box, self._fade_x, self._fade_y, jump)
        rows = int(self._box[6] - self._box[4])
        share(lambda first, step: _paste_rows(*shared, first, step), rows, self._threads)
        return out


def _fade(start: int, side: int, size: int) -> Array:
    """``[side]``: 1, falling to 0 at each end of the window that lies inside the picture."""
    distance = np.arange(side, dtype=np.float32) + 0.5
    width = max(1.0, FADE * side)
    fade = np.ones(side, np.float32)
    if start > 0:
        fade = np.minimum(fade, distance / width)
    if start + side < size:
        fade = np.minimum(fade, distance[::-1] / width)
    return np.ascontiguousarray(fade)
