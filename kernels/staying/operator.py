"""Staying: its checks, and where its form is chosen.

numpy float32       numba_cpu

It runs for every frame and never in training. On a GPU torch's own operators do it; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, check_shape, shape_text
from bunraku.spec.arrays import Array


def strayed(
    flow: Array,
    trust: Array,
    mask: Array,
    owner: NDArray[np.int64],
    near: Array,
    corner: tuple[int, int],
) -> Array:
    """How far a person's pixels have moved since the photo, around that person.

    :param flow: ``[1,2,n,n]`` in [-1, 1] units; :param trust: ``[1,1,n,n]``, how much of a pixel
        it tells of; :param mask: ``[1,1,n,n]``, how much of it the person fills.
    :param owner: ``[h,w]`` int64: for each pixel of a part of the window, whose move counts there,
        as a flat index in that part.
    :param near: ``[h,w]``, a factor.
    :param corner: row and column of the part's first pixel; all of it is inside.
    :return: ``[h,w]`` in pixels of the window, at most ``FAR_PX`` but for the factor.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.staying import numba_cpu

    check_arrays(flow=flow, trust=trust, mask=mask, near=near)
    check_arrays(np.int64, owner=owner)
    if mask.ndim != 4 or mask.shape[2] != mask.shape[3]:
        raise ValueError(f"mask must be [1,1,n,n], not {shape_text(mask)}")
    n = mask.shape[3]
    check_shape("mask", mask, (1, 1, n, n))
    check_shape("trust", trust, (1, 1, n, n))
    check_shape("flow", flow, (1, 2, n, n))
    check_shape("near", near, owner.shape)
    _check_part(owner.shape, corner, n)
    if owner.size and owner.view(np.uint64).max() >= owner.size:
        raise ValueError(f"owner must be 0 to {owner.size - 1}")
    return numba_cpu.strayed(flow, trust, mask, owner, near, corner)


def still_share(
    moved: Array,
    weight: Array,
    slack: Array,
    steep: Array,
    share: Array,
    corner: tuple[int, int],
    n: int,
) -> Array:
    """How much of the photo is to be shown around a person who has moved so far.

    :param moved: ``[h,w]`` of ``strayed``, its means; :param weight: ``[h,w]``, their factors.
    :param slack: ``[h,w]``: from which move on there is nothing of the photo.
    :param steep: ``[h,w]``: how much more of it for each pixel less.
    :param share: ``[h,w]`` in [0, 1]: how much at most.
    :param corner: as of ``strayed``. :param n: the window's pixels.
    :return: ``[n,n]`` in [0, 1], 0 beside the part.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.staying import numba_cpu

    check_arrays(moved=moved, weight=weight, slack=slack, steep=steep, share=share)
    if moved.ndim != 2:
        raise ValueError(f"moved must be [h,w], not {shape_text(moved)}")
    for name, array in (("weight", weight), ("slack", slack), ("steep", steep), ("share", share)):
        check_shape(name, array, moved.shape)
    _check_part(moved.shape, corner, n)
    return numba_cpu.still_share(moved, weight, slack, steep, share, corner, n)


def _check_part(shape: tuple[int, ...], corner: tuple[int, int], n: int) -> None:
    if len(shape) != 2 or min(corner) < 0 or max(corner[0] + shape[0], corner[1] + shape[1]) > n:
        raise ValueError(f"a part {list(shape)} at {corner} is not inside of {n} pixels")
