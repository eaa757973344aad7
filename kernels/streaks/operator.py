"""What streaks and tears leave of a mesh: their checks, and where their form is chosen.

numpy float32       numba_cpu
torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference, which is plain numpy

They run for every frame and never in training, so that they are not differentiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import (
    check_arrays,
    check_corners,
    check_shape,
    check_tensors,
    check_triangles,
    is_tensor,
    shape_text,
)
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


@overload
def unstreaked(
    moved: Array, triangles: NDArray[np.int32], unstretched: Array, streaks: Array
) -> Array: ...
@overload
def unstreaked(
    moved: Tensor, triangles: Tensor, unstretched: Tensor, streaks: Tensor
) -> Tensor: ...
def unstreaked(moved: Any, triangles: Any, unstretched: Any, streaks: Any) -> Any:
    """How much there is to show at each vertex of a mesh that is moved.

    It is the mean of what the triangles around the vertex have to show: all of it up to where one
    is drawn out to a streak along its longest direction, nothing from where it is all streak.

    :param moved: ``[v,3]``, where the vertices are now; z counts for nothing.
    :param triangles: ``[m,3]`` int32. That corners are vertices is not looked for in tensors, which
        would wait for the GPU: there those that are none count for nothing.
    :param unstretched: ``[m,2,2]``: what takes each triangle's first two edges, as columns and
        before it was moved, to the axes.
    :param streaks: ``[m,2]``: how often its own length each may be drawn out until it fades, and
        until it is gone, which is more.
    :return: ``[v]`` in [0, 1]; 0 at a vertex without triangles.
    :raises ValueError: shapes that do not fit, or a corner that is no vertex.
    :raises TypeError: arrays of other types.
    """
    _check_mesh(moved, triangles)
    check_shape("unstretched", unstretched, (len(triangles), 2, 2))
    check_shape("streaks", streaks, (len(triangles), 2))
    if is_tensor(moved):
        from bunraku.kernels import torch_operators

        check_tensors("float32", unstretched=unstretched, streaks=streaks)
        return torch_operators.unstreaked(moved, triangles, unstretched, streaks)
    from bunraku.kernels.streaks import numba_cpu

    check_arrays(unstretched=unstretched, streaks=streaks)
    return numba_cpu.unstreaked(moved, triangles, unstretched, streaks)


@overload
def untorn(moved: Array, triangles: NDArray[np.int32], limits: Array) -> NDArray[np.bool_]: ...
@overload
def untorn(moved: Tensor, triangles: Tensor, limits: Tensor) -> Tensor: ...
def untorn(moved: Any, triangles: Any, limits: Any) -> Any:
    """Which triangles of a mesh that is moved are not pulled apart.

    :param moved: ``[v,3]``, where the vertices are now; z counts for nothing.
    :param triangles: ``[m,3]`` int32, as ``unstreaked`` takes them.
    :param limits: ``[m,3]``: the square of the length up to which an edge holds, from each corner
        to the next; infinite where it always does.
    :return: ``[m]`` bool.
    :raises ValueError: shapes that do not fit, or a corner that is no vertex.
    :raises TypeError: arrays of other types.
    """
    _check_mesh(moved, triangles)
    check_shape("limits", limits, (len(triangles), 3))
    if is_tensor(moved):
        from bunraku.kernels import torch_operators

        check_tensors("float32", limits=limits)
        return torch_operators.untorn(moved, triangles, limits)
    from bunraku.kernels.streaks import numba_cpu

    check_arrays(limits=limits)
    return numba_cpu.untorn(moved, triangles, limits)


def _check_mesh(moved: Any, triangles: Any) -> None:
    """Raise unless these are vertices, and triangles whose corners are among them."""
    if len(moved.shape) != 2 or moved.shape[1] != 3:
        raise ValueError(f"moved must be [v,3], not {shape_text(moved)}")
    if is_tensor(moved):
        check_triangles(triangles)
        check_tensors("float32", moved=moved)
        check_tensors("int32", triangles=triangles)
        return
    check_arrays(moved=moved)
    check_corners(triangles, len(moved))
