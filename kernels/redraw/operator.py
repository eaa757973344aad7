"""Drawing a rectangle of a photo anew: its checks, and where its form is chosen.

numpy uint8 and float32     numba_cpu
torch on CUDA               triton_cuda, through torch_operator
torch elsewhere             reference, which is plain numpy

It runs for every frame and never in training, so that it is not differentiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_tensors, is_tensor, shape_text
from bunraku.kernels.redraw.terms import CHANNELS, Box
from bunraku.spec.arrays import Array, Picture

if TYPE_CHECKING:
    from torch import Tensor


@overload
def redraw(
    photo: Picture,
    field: Array,
    box: Box,
    out: Picture,
    origin: tuple[int, int],
    *,
    threads: int | None = None,
) -> None: ...
@overload
def redraw(
    photo: Tensor,
    field: Tensor,
    box: Box,
    out: Tensor,
    origin: tuple[int, int],
    *,
    threads: int | None = None,
) -> None: ...
def redraw(
    photo: Any,
    field: Any,
    box: Box,
    out: Any,
    origin: tuple[int, int],
    *,
    threads: int | None = None,
) -> None:
    """Draw a rectangle of the photo anew: skin, a layer over it, and a colour inside, mixed by
    weights. Both layers are the photo's own pixels from other places.

    The field may be coarser than the photo: it is taken linearly between its pixels, and the photo
    at its own resolution, so that the cost of making a field does not grow with the photo. What
    does not move is not written.

    Convention: pixel centres at integers; the field's pixels lie evenly in the box.

    :param photo: ``[H,W,3]`` uint8, at least 2 × 2; beyond it its border's pixels are read.
    :param field: ``[h,w,9]`` by ``terms.Channel``.
    :param box: left, top, width, height in the photo.
    :param out: ``[H2,W2,3]`` uint8, written to; not the photo. It holds the box; a tensor is
        contiguous.
    :param origin: x and y in the photo of its first pixel.
    :param threads: how many the array form uses; default: every core that is allowed.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other dtypes.
    """
    if len(field.shape) != 3 or field.shape[2] != CHANNELS or 0 in field.shape:
        raise ValueError(f"field must be [h,w,{CHANNELS}], not {shape_text(field)}")
    if photo.shape[2:] != (3,) or min(photo.shape[:2]) < 2:
        raise ValueError(f"photo must be [H,W,3] of at least 2 pixels, not {shape_text(photo)}")
    left, top, width, height = box
    x, y = left - origin[0], top - origin[1]
    if min(x, y) < 0 or x + width > out.shape[1] or y + height > out.shape[0]:
        raise ValueError(f"the box {box} is not inside of out, {shape_text(out)} at {origin}")
    if is_tensor(photo):
        from bunraku.kernels import torch_operators

        check_tensors("uint8", photo=photo, out=out)
        check_tensors("float32", field=field)
        if not out.is_contiguous():
            raise ValueError(f"out must be contiguous, {shape_text(out)}")
        torch_operators.redraw(photo, field, list(box), out, list(origin))
        return
    from bunraku.kernels.redraw import numba_cpu

    check_arrays(np.uint8, photo=photo, out=out)
    check_arrays(field=field)
    numba_cpu.redraw(photo, field, box, out, origin, threads=threads)
