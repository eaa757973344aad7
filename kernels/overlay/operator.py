"""Overlaying: its checks, and where its form is chosen.

numpy float32       reference, which is plain numpy
torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference

It runs for every frame and never in training, so that it is not differentiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from bunraku.kernels.checks import check_arrays, check_shape, check_tensors, is_tensor, shape_text
from bunraku.kernels.layers.terms import OUT
from bunraku.kernels.overlay.terms import PAINTED, PICTURED
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor

_NAMES = ("image", "mask", "trust", "warped", "flow")


@overload
def overlay(
    image: Array,
    mask: Array,
    trust: Array,
    warped: Array,
    flow: Array,
    patch: Array,
    corner: tuple[int, int],
) -> None: ...
@overload
def overlay(
    image: Tensor,
    mask: Tensor,
    trust: Tensor,
    warped: Tensor,
    flow: Tensor,
    patch: Tensor,
    corner: tuple[int, int],
) -> None: ...
def overlay(
    image: Any,
    mask: Any,
    trust: Any,
    warped: Any,
    flow: Any,
    patch: Any,
    corner: tuple[int, int],
) -> None:
    """Lay a small picture on a person as ``compose`` gives it, in place.

    Where it is painted, that much less of the person's image is the photo's, and of ``warped`` with
    its weight is left: what is read there may not show through. Where it is what the photo shows
    elsewhere, and covers more than ``MOST`` of what is there, that is read instead.

    :param image: ``[1,3,n,n]``; :param mask: ``[1,1,n,n]``; :param trust: ``[1,1,n,n]``;
    :param warped: ``[1,5,n,n]``; :param flow: ``[1,2,n,n]``: see ``Composed``. Tensors are
        contiguous.
    :param patch: ``[5,h,w]`` of what is painted or ``[7,h,w]`` of what the photo shows, by
        ``terms.Plane``.
    :param corner: row and column of its first pixel; all of it is inside.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    person = (image, mask, trust, warped, flow)
    if len(image.shape) != 4:
        raise ValueError(f"image must be [1,3,n,n], not {shape_text(image)}")
    n = image.shape[3]
    for name, planes, count in zip(_NAMES, person, OUT, strict=True):
        check_shape(name, planes, (1, count, n, n))
    if len(patch.shape) != 3 or patch.shape[0] not in (PAINTED, PICTURED):
        raise ValueError(
            f"patch must be [{PAINTED},h,w] or [{PICTURED},h,w], not {shape_text(patch)}"
        )
    (top, left), (height, width) = corner, patch.shape[1:]
    if min(corner) < 0 or top + height > n or left + width > n:
        raise ValueError(f"the patch {shape_text(patch)} at {corner} is not inside of {n} pixels")
    if is_tensor(image):
        from bunraku.kernels import torch_operators

        check_tensors("float32", **dict(zip(_NAMES, person, strict=True)), patch=patch)
        for name, planes in zip(_NAMES, person, strict=True):
            if not planes.is_contiguous():
                raise ValueError(f"{name} must be contiguous, {shape_text(planes)}")
        torch_operators.overlay(*person, patch, list(corner))
        return
    from bunraku.kernels.overlay import reference

    check_arrays(**dict(zip(_NAMES, person, strict=True)), patch=patch)
    reference.overlay(*person, patch, corner)
