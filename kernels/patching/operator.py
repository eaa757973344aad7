"""Patching: its checks, and where its form is chosen.

numpy float32       numba_cpu

It runs for every frame and never in training. On a GPU torch's own operators do it; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

from bunraku.kernels.checks import check_arrays, check_out, check_shape, shape_text
from bunraku.kernels.pasting.terms import Box
from bunraku.kernels.patching.terms import Looked, Rectangle
from bunraku.spec.arrays import Array


def look_for(flow: Array, box: Box, patch: Rectangle, size: tuple[int, int]) -> Looked:
    """Where the pixels of a window read a rectangle of the photo that a flow takes them to.

    :param flow: ``[1,2,n,n]`` in [-1, 1] units of the window.
    :param box: left, top and side of the window in the photo, in whole pixels.
    :param patch: the rectangle.
    :param size: rows and columns of a smaller picture of it.
    :return: of the least part of the window that holds all that read it or one pixel of that
        picture beside it, and two pixels around; one pixel if none do.
    :raises ValueError: shapes that do not fit. :raises TypeError: an array of another type.
    """
    from bunraku.kernels.patching import numba_cpu

    check_arrays(flow=flow)
    if flow.ndim != 4:
        raise ValueError(f"flow must be [1,2,n,n], not {shape_text(flow)}")
    check_shape("flow", flow, (1, 2, flow.shape[3], flow.shape[3]))
    if min(*size, box[2], patch.width, patch.height) < 1:
        raise ValueError(f"a picture of {size} of {patch} in {box} has no pixels")
    return numba_cpu.look_for(flow, box, patch, size)


def show_through(
    image: Array, trust: Array, warped: Array, share: Array, corner: tuple[int, int]
) -> None:
    """Show what is read from the photo in place of what is painted, in place.

    :param image: ``[1,3,n,n]`` and :param trust: ``[1,1,n,n]``, contiguous; see ``paste``.
    :param warped: ``[1,5,n,n]``, likewise: where its weight is less than 1 something lies before
        what is read, and no more of that than this is shown.
    :param share: ``[h,w]`` in [0, 1], how far; :param corner: row and column of its first pixel.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.patching import numba_cpu

    check_arrays(image=image, trust=trust, warped=warped, share=share)
    if image.ndim != 4 or share.ndim != 2:
        raise ValueError(
            f"image must be [1,3,n,n] and share [h,w], not {shape_text(image)}, {shape_text(share)}"
        )
    n = image.shape[3]
    check_out(image, (1, 3, n, n))
    check_out(trust, (1, 1, n, n))
    check_shape("warped", warped, (1, 5, n, n))
    if min(corner) < 0 or max(corner[0] + share.shape[0], corner[1] + share.shape[1]) > n:
        raise ValueError(f"a part {shape_text(share)} at {corner} is not inside of {n} pixels")
    numba_cpu.show_through(image, trust, warped, share, corner)
