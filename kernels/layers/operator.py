"""Composing layers: its checks, and where its form is chosen.

numpy float32       numba_cpu
torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference, which is plain numpy

It runs for every frame and never in training, so that it is not differentiable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_shape, check_tensors, is_tensor, shape_text
from bunraku.kernels.layers.terms import (
    BodyMesh,
    Composed,
    PhotoMesh,
    TensorBodyMesh,
    TensorComposed,
    TensorPhotoMesh,
)
from bunraku.kernels.raster.terms import Raster, TensorRaster

if TYPE_CHECKING:
    from torch import Tensor


@overload
def compose(
    sheets: Sequence[Raster],
    photo: PhotoMesh,
    raster: Raster,
    body: BodyMesh,
    behind: float,
    *,
    threads: int | None = None,
) -> Composed: ...
@overload
def compose(
    sheets: Sequence[TensorRaster] | TensorRaster,
    photo: TensorPhotoMesh,
    raster: TensorRaster,
    body: TensorBodyMesh,
    behind: float,
    *,
    out: Tensor | None = None,
) -> TensorComposed: ...
def compose(
    sheets: Any,
    photo: Any,
    raster: Any,
    body: Any,
    behind: float,
    *,
    out: Any = None,
    threads: int | None = None,
) -> Any:
    """The person of a photo whose mesh has moved, over the body that has moved with it.

    Down through a pixel, the nearest first, each group of bones shows as much as its own pixels of
    the photo fill, of what those before it have left: so a limb's soft edge shows the trunk behind
    it, and the two sides of a cut are whole together. The body comes after the groups that lie
    before it, and before those that it hides. ``trust``, ``warped`` and ``flow`` are of the group
    that shows most; the others have their share in ``image``. An outline of the photo that comes to
    lie amid the body is no outline any more, and fades into it.

    Convention: x right and y down in pixels of the window, pixel centres at integers, depths grow
    away from the camera.

    :param sheets: g rasters of ``photo``'s triangles, a group of bones each. Those of tensors are
        of all the window, or all of them one of groups; and that triangles and planes exist is not
        looked for in tensors, which would wait for the GPU: what does not is not shown.
    :param raster: of ``body``'s triangles.
    :param behind: how far behind the body's surface the photo's may lie and still hide it.
    :param out: ``[1,12,n,n]``, what is given is written into it. Tensors alone.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :raises ValueError: shapes that do not fit, or a raster that shows other triangles or reaches
        out of the window. :raises TypeError: arrays of other types.
    """
    piled = isinstance(sheets, TensorRaster)
    groups = len(sheets.triangle) if piled else len(sheets)
    n = _check_shapes(photo, body, groups)
    if is_tensor(photo.picture):
        from bunraku.kernels import torch_operators

        _check_types(photo, body, check_tensors, ("float32", "int32", "bool"))
        for whole in (*([] if piled else sheets), raster):
            _check_whole(whole, (n, n))
        if piled:
            _check_whole(sheets, (groups, n, n))
        return torch_operators.compose(sheets, photo, raster, body, behind, out)
    from bunraku.kernels.layers import numba_cpu

    _check_types(photo, body, check_arrays, (np.float32, np.int32, np.bool_))
    if body.plane.size and not 0 <= body.plane.min() <= body.plane.max() < len(body.planes):
        raise ValueError(f"the body's plane must be 0 to {len(body.planes) - 1}")
    for sheet in sheets:
        _check_raster(sheet, len(photo.triangles), n)
    _check_raster(raster, len(body.triangles), n)
    return numba_cpu.compose(sheets, photo, raster, body, behind, threads)


def _check_whole(raster: TensorRaster, shape: tuple[int, ...]) -> None:
    """Raise unless a raster of tensors is of all the window, and of these groups."""
    check_tensors("float32", depth=raster.depth, bary=raster.bary)
    check_tensors("int32", triangle=raster.triangle)
    check_shape("a raster's triangle", raster.triangle, shape)


def _check_types(photo: Any, body: Any, check: Any, kinds: tuple[Any, Any, Any]) -> None:
    real, integer, flag = kinds
    check(real, place=photo.place, picture=photo.picture, rim=photo.rim)
    check(real, core=photo.core, members=photo.members, share=photo.share)
    check(integer, triangles=photo.triangles)
    check(flag, cut=photo.cut)
    check(real, place=body.place, mix=body.mix, planes=body.planes)
    check(integer, triangles=body.triangles, plane=body.plane)


def _check_shapes(photo: Any, body: Any, groups: int) -> int:
    """Raise ValueError unless the shapes fit; the side of the window."""
    if len(photo.picture.shape) != 3 or len(photo.picture) < 2:
        raise ValueError(f"the picture must be [n,n,4], not {shape_text(photo.picture)}")
    n = len(photo.picture)
    check_shape("the picture", photo.picture, (n, n, 4))
    check_shape("the rim", photo.rim, (n, n))
    check_shape("the core", photo.core, (n, n))
    check_shape("the members", photo.members, (groups, n, n))
    check_shape("cut", photo.cut, (len(photo.triangles),))
    check_shape("the share", photo.share, (len(photo.place),))
    check_shape("the body's plane", body.plane, (len(body.triangles), 2))
    check_shape("the body's mix", body.mix, (len(body.place),))
    check_shape("the body's planes", body.planes, (len(body.planes), n, n, 3))
    return n


def _check_raster(raster: Raster, triangles: int, n: int) -> None:
    if raster.triangle.max() >= triangles:
        raise ValueError(
            f"the raster shows triangle {raster.triangle.max()}, but there are {triangles}"
        )
    (top, left), (height, width) = raster.origin, raster.triangle.shape
    if top < 0 or left < 0 or top + height > n or left + width > n:
        raise ValueError(f"the raster reaches out of the window of {n} pixels")
