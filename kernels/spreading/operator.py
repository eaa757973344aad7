"""Spreading and relaxing inside a mask: their checks, and where their form is chosen.

numpy               numba_cpu

They run once for a photo and never in training, so that they have no tensor form; their yardstick,
``reference``, is plain numpy and Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, check_shape, shape_text
from bunraku.spec.arrays import Array


def spread(inside: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Array]:
    """For each pixel of a mask, the nearest known pixel that is reached without leaving the mask.

    Steps lead to the eight neighbours. How far a known pixel is, is the farthest that one gets
    from it on the way: their distance where the way is open, and more where the mask makes a way
    around. As each pixel asks only what its neighbours found, a known pixel that is nearer by a
    small fraction of a pixel may be overlooked. Of equally near ones the first in reading order
    is taken.

    :param inside: ``[h,w]`` bool, the mask.
    :param known: ``[h,w]`` bool; what lies outside the mask counts for nothing.
    :return: ``[h,w]`` int64, the flat index of that pixel, -1 outside the mask and where none is
        reached; and ``[h,w]`` float32, how far it is in pixels, +inf where there is none.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.spreading import numba_cpu

    check_arrays(np.bool_, inside=inside, known=known)
    if inside.ndim != 2:
        raise ValueError(f"inside must be [h,w], not {shape_text(inside)}")
    check_shape("known", known, inside.shape)
    return numba_cpu.spread(inside, known)


def relax(
    weights: Array,
    inside: NDArray[np.bool_],
    label: NDArray[Any],
    depth: Array,
    neighbours: NDArray[np.bool_],
    tolerance: float,
    steps: int,
) -> tuple[Array, Array]:
    """Weights and depth smoothed inside a mask, but not across what does not belong together.

    At every step each pixel becomes the mean of itself and those of its four neighbours that are
    in the mask, whose label may touch its own, and whose depth differs from its own, as both are
    at that step, by less than the tolerance. All pixels change at once.

    :param weights: ``[h,w,k]``.
    :param inside: ``[h,w]`` bool, the mask; outside it nothing is read or changed.
    :param label: ``[h,w]`` integers; in the mask 0 to l-1.
    :param depth: ``[h,w]``.
    :param neighbours: ``[l,l]`` bool, whether a pixel of the first label reads one of the second.
    :param tolerance: of depths, in their unit.
    :param steps: how many times.
    :return: new arrays, ``[h,w,k]`` and ``[h,w]``.
    :raises ValueError: shapes or labels that do not fit. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.spreading import numba_cpu

    check_arrays(weights=weights, depth=depth)
    check_arrays(np.bool_, inside=inside, neighbours=neighbours)
    if weights.ndim != 3:
        raise ValueError(f"weights must be [h,w,k], not {shape_text(weights)}")
    height, width = weights.shape[:2]
    check_shape("inside", inside, (height, width))
    check_shape("label", label, (height, width))
    check_shape("depth", depth, (height, width))
    count = len(neighbours)
    check_shape("neighbours", neighbours, (count, count))
    if not np.issubdtype(label.dtype, np.integer):
        raise TypeError(f"label must be integers, not {label.dtype}")
    labels = label[inside]
    if labels.size and not 0 <= labels.min() <= labels.max() < count:
        raise ValueError(f"labels must be 0 to {count - 1}, not {labels.min()} to {labels.max()}")
    return numba_cpu.relax(weights, inside, label, depth, neighbours, tolerance, steps)
