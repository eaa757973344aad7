"""What streaks leave of a mesh: its checks, and where its form is chosen.

numpy float32       numba_cpu

It runs for every frame and never in training, so that it has no tensor form; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, check_shape, shape_text
from bunraku.spec.arrays import Array


def unstreaked(
    moved: Array, triangles: NDArray[np.int32], unstretched: Array, streaks: Array
) -> Array:
    """How much there is to show at each vertex of a mesh that is moved.

    It is the mean of what the triangles around the vertex have to show: all of it up to where one
    is drawn out to a streak along its longest direction, nothing from where it is all streak.

    :param moved: ``[v,3]``, where the vertices are now; z counts for nothing.
    :param triangles: ``[t,3]`` int32.
    :param unstretched: ``[t,2,2]``: what takes each triangle's first two edges, as columns and
        before it was moved, to the axes.
    :param streaks: ``[t,2]``: how often its own length each may be drawn out until it fades, and
        until it is gone, which is more.
    :return: ``[v]`` in [0, 1]; 0 at a vertex without triangles.
    :raises ValueError: shapes that do not fit, or a corner that is no vertex.
    :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.streaks import numba_cpu

    check_arrays(moved=moved, unstretched=unstretched, streaks=streaks)
    check_arrays(np.int32, triangles=triangles)
    if moved.ndim != 2 or moved.shape[1] != 3:
        raise ValueError(f"moved must be [v,3], not {shape_text(moved)}")
    if triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError(f"triangles must be [t,3], not {shape_text(triangles)}")
    count = len(triangles)
    check_shape("unstretched", unstretched, (count, 2, 2))
    check_shape("streaks", streaks, (count, 2))
    if count and not 0 <= triangles.min() <= triangles.max() < len(moved):
        raise ValueError(
            f"triangles must have corners 0 to {len(moved) - 1}, "
            f"not {triangles.min()} to {triangles.max()}"
        )
    return numba_cpu.unstreaked(moved, triangles, unstretched, streaks)
