"""A z-buffer and what is read through it: their checks, and where their form is chosen.

numpy float32       numba_cpu
torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference, which is plain numpy

They run for every frame and never in training, so that they are not differentiable.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from bunraku.kernels.raster.terms import Raster, TensorRaster
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


@overload
def rasterise(
    vertices: Array,
    triangles: NDArray[np.int32],
    size: tuple[int, int],
    *,
    keep: NDArray[np.bool_] | None = None,
    cull: bool = False,
    tight: bool = False,
    part: tuple[int, int] | None = None,
) -> Raster: ...
@overload
def rasterise(
    vertices: Tensor,
    triangles: Tensor,
    size: tuple[int, int],
    *,
    keep: Tensor | None = None,
    cull: bool = False,
) -> TensorRaster: ...
def rasterise(
    vertices: Any,
    triangles: Any,
    size: tuple[int, int],
    *,
    keep: Any = None,
    cull: bool = False,
    tight: bool = False,
    part: tuple[int, int] | None = None,
) -> Any:
    """The nearest triangle of every pixel.

    A pixel belongs to all triangles that hold its centre, their edges included, so that two which
    share an edge leave no hole; of several at one depth the first one is seen. Depth and weights
    are linear in the picture, as in a view without perspective.

    Convention: x right and y down in pixels, pixel centres at integers, z away from the camera.

    :param vertices: ``[n,3]``, of any size; what lies outside the picture is clipped.
    :param triangles: ``[m,3]`` int32. Those without area, or with a coordinate that is not finite,
        are dropped. That corners are vertices is not looked for in tensors, which would wait for
        the GPU: who makes them sees to it.
    :param size: rows and columns.
    :param keep: ``[m]`` bool, which triangles there are; default: all.
    :param cull: drop triangles whose signed area ``(bx-ax)(cy-ay) - (by-ay)(cx-ax)`` is not
        positive: those whose corners run anticlockwise in the picture.
    :param tight: only the part of the picture that holds what is kept, at least a pixel; for
        meshes that fill little of it. Arrays alone.
    :param part: the first of the triangles that there are, and the one after the last; they keep
        their numbers. Default: all. Arrays alone.
    :raises ValueError: shapes that do not fit, or a corner that is no vertex.
    :raises TypeError: arrays of other types.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"there is no picture of {height} rows and {width} columns")
    if len(vertices.shape) != 2 or vertices.shape[1] != 3:
        raise ValueError(f"vertices must be [n,3], not {shape_text(vertices)}")
    if is_tensor(vertices):
        ends = 0, len(triangles)
        groups = rasterise_groups(vertices, triangles, ends, size, keep=keep, cull=cull)
        return TensorRaster(*(tensor[0] for tensor in vars(groups).values()))
    from bunraku.kernels.raster import numba_cpu

    check_arrays(vertices=vertices)
    first, end = (0, len(triangles)) if part is None else part
    if not 0 <= first <= end <= len(triangles):
        raise ValueError(
            f"part must be within the {len(triangles)} triangles, not {first} to {end}"
        )
    check_corners(triangles[first:end], len(vertices))
    if keep is None:
        keep = np.ones(len(triangles), np.bool_)
    check_arrays(np.bool_, keep=keep)
    check_shape("keep", keep, (len(triangles),))
    triangles, keep = triangles[first:end], keep[first:end]
    box = numba_cpu.box_of(vertices, triangles, keep, size) if tight else (0, 0, *size)
    made = _empty(*box)
    numba_cpu.rasterise(vertices, triangles, keep, cull, first, made)
    return made


def rasterise_groups(
    vertices: Tensor,
    triangles: Tensor,
    ends: Sequence[int],
    size: tuple[int, int],
    *,
    keep: Tensor | None = None,
    cull: bool = False,
) -> TensorRaster:
    """The same for each group of a mesh's triangles by itself; of tensors.

    :param ends: ``[g + 1]``, on the host: where each group's triangles begin, those of a group in a
        row, and the last one's end. They keep their numbers.
    :return: ``[g,h,w]``, and weights ``[g,h,w,2]``.
    :raises ValueError: shapes that do not fit, or groups that are not within the triangles.
    :raises TypeError: tensors of other types.
    """
    from bunraku.kernels import torch_operators

    check_tensors("float32", vertices=vertices)
    check_tensors("int32", triangles=triangles)
    check_triangles(triangles)
    if ends[0] < 0 or ends[-1] > len(triangles) or list(ends) != sorted(ends):
        raise ValueError(
            f"groups must end within the {len(triangles)} triangles, one after the other, "
            f"not at {list(ends)}"
        )
    if keep is not None:
        check_tensors("bool", keep=keep)
        check_shape("keep", keep, (len(triangles),))
    made = torch_operators.rasterise(vertices, triangles, list(ends), *size, keep, cull)
    return TensorRaster(*made)


def _empty(top: int, left: int, height: int, width: int) -> Raster:
    return Raster(
        np.empty((height, width), np.float32),
        np.empty((height, width), np.int32),
        np.empty((height, width, 2), np.float32),
        (top, left),
    )


@overload
def interpolate(raster: Raster, triangles: NDArray[np.int32], attributes: Array) -> Array: ...
@overload
def interpolate(raster: TensorRaster, triangles: Tensor, attributes: Tensor) -> Tensor: ...
def interpolate(raster: Any, triangles: Any, attributes: Any) -> Any:
    """What the vertices carry, at every pixel of a raster; 0 where there is no triangle.

    :param triangles: ``[m,3]`` int32, those of the raster, or others of the same number: a mesh
        may have corners of its own for each attribute.
    :param attributes: ``[n,k]``.
    :return: ``[h,w,k]``.
    :raises ValueError: shapes that do not fit, a corner without attributes, or a raster of other
        triangles. :raises TypeError: arrays of other types.
    """
    if len(attributes.shape) != 2:
        raise ValueError(f"attributes must be [n,k], not {shape_text(attributes)}")
    if isinstance(raster, TensorRaster):
        from bunraku.kernels import torch_operators

        check_tensors("float32", attributes=attributes)
        check_tensors("int32", triangles=triangles)
        check_triangles(triangles)
        return torch_operators.interpolate(raster.triangle, raster.bary, triangles, attributes)
    from bunraku.kernels.raster import numba_cpu

    check_arrays(attributes=attributes)
    check_corners(triangles, len(attributes))
    if raster.triangle.max() >= len(triangles):
        raise ValueError(
            f"the raster shows triangle {raster.triangle.max()}, but there are {len(triangles)}"
        )
    check_shape("the raster's bary", raster.bary, (*raster.triangle.shape, 2))
    out = np.empty((*raster.triangle.shape, attributes.shape[1]), np.float32)
    numba_cpu.interpolate(raster.triangle, raster.bary, triangles, attributes, out)
    return out
