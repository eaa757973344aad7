"""Composing layers: its checks, and where its form is chosen.

numpy float32       numba_cpu

It runs for every frame and never in training, so that it has no tensor form; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bunraku.kernels.checks import check_arrays, check_shape, shape_text
from bunraku.kernels.layers.terms import BodyMesh, Composed, PhotoMesh
from bunraku.kernels.raster.operator import Raster


def compose(
    sheets: Sequence[Raster], photo: PhotoMesh, raster: Raster, body: BodyMesh, behind: float
) -> Composed:
    """The person of a photo whose mesh has moved, over the body that has moved with it.

    Down through a pixel, the nearest first, each group of bones shows as much as its own pixels of
    the photo fill, of what those before it have left: so a limb's soft edge shows the trunk behind
    it, and the two sides of a cut are whole together. The body comes after the groups that lie
    before it, and before those that it hides. ``trust``, ``warped`` and ``flow`` are of the group
    that shows most; the others have their share in ``image``. An outline of the photo that comes to
    lie amid the body is no outline any more, and fades into it.

    Convention: x right and y down in pixels of the window, pixel centres at integers, depths grow
    away from the camera.

    :param sheets: g rasters of ``photo``'s triangles, a group of bones each.
    :param raster: of ``body``'s triangles.
    :param behind: how far behind the body's surface the photo's may lie and still hide it.
    :raises ValueError: shapes that do not fit, or a raster that shows other triangles or reaches
        out of the window. :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.layers import numba_cpu

    n = _check_photo(photo, len(sheets))
    check_arrays(place=body.place, mix=body.mix, planes=body.planes)
    check_arrays(np.int32, triangles=body.triangles, plane=body.plane)
    check_shape("the body's plane", body.plane, (len(body.triangles), 2))
    check_shape("the body's mix", body.mix, (len(body.place),))
    check_shape("the body's planes", body.planes, (len(body.planes), n, n, 3))
    if body.plane.size and not 0 <= body.plane.min() <= body.plane.max() < len(body.planes):
        raise ValueError(f"the body's plane must be 0 to {len(body.planes) - 1}")
    for sheet in sheets:
        _check_raster(sheet, len(photo.triangles), n)
    _check_raster(raster, len(body.triangles), n)
    return numba_cpu.compose(sheets, photo, raster, body, behind)


def _check_photo(photo: PhotoMesh, groups: int) -> int:
    check_arrays(place=photo.place, picture=photo.picture, rim=photo.rim)
    check_arrays(core=photo.core, members=photo.members, share=photo.share)
    check_arrays(np.int32, triangles=photo.triangles)
    check_arrays(np.bool_, cut=photo.cut)
    if photo.picture.ndim != 3 or len(photo.picture) < 2:
        raise ValueError(f"the picture must be [n,n,4], not {shape_text(photo.picture)}")
    n = len(photo.picture)
    check_shape("the picture", photo.picture, (n, n, 4))
    check_shape("the rim", photo.rim, (n, n))
    check_shape("the core", photo.core, (n, n))
    check_shape("the members", photo.members, (groups, n, n))
    check_shape("cut", photo.cut, (len(photo.triangles),))
    check_shape("the share", photo.share, (len(photo.place),))
    return n


def _check_raster(raster: Raster, triangles: int, n: int) -> None:
    if raster.triangle.max() >= triangles:
        raise ValueError(
            f"the raster shows triangle {raster.triangle.max()}, but there are {triangles}"
        )
    (top, left), (height, width) = raster.origin, raster.triangle.shape
    if top < 0 or left < 0 or top + height > n or left + width > n:
        raise ValueError(f"the raster reaches out of the window of {n} pixels")
