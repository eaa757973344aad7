"""Restoring: its checks, and where its form is chosen.

numpy uint8 and float32     numba_cpu
torch on CUDA               triton_cuda, through torch_operator
torch elsewhere             reference, which is plain numpy

It runs for every frame and never in training, so that it is not differentiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import (
    check_arrays,
    check_out,
    check_shape,
    check_tensors,
    is_tensor,
    shape_text,
)
from bunraku.kernels.pasting.terms import Box
from bunraku.spec.arrays import Array, Picture

if TYPE_CHECKING:
    from torch import Tensor


@overload
def restore(
    picture: Picture, photo: Picture, share: Array, box: Box, *, threads: int | None = None
) -> None: ...
@overload
def restore(
    picture: Tensor, photo: Tensor, share: Tensor, box: Box, *, threads: int | None = None
) -> None: ...
def restore(picture: Any, photo: Any, share: Any, box: Box, *, threads: int | None = None) -> None:
    """Show a photo in place of a picture of it, by a share that a map of the window tells.

    Convention: as of ``paste``: window and photo have pixel centres at ``(i + 0.5) / size``, and
    the map is read between its pixels.

    :param picture: ``[H,W,3]`` uint8, contiguous; changed where the share is ``TRACE`` or more.
    :param photo: ``[H,W,3]`` uint8.
    :param share: ``[n,n]`` in [0, 1], at least 2 × 2.
    :param box: left, top and side of the window in the photo, in whole pixels; it may reach beyond
        the photo.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other types.
    """
    if len(picture.shape) != 3 or picture.shape[2] != 3:
        raise ValueError(f"picture must be [H,W,3], not {shape_text(picture)}")
    check_shape("photo", photo, tuple(picture.shape))
    if len(share.shape) != 2 or share.shape[0] != share.shape[1] or share.shape[0] < 2:
        raise ValueError(f"share must be [n,n] of 2 or more, not {shape_text(share)}")
    if box[2] < 1:
        raise ValueError(f"the window's side must be 1 or more, not {box[2]}")
    if is_tensor(picture):
        from bunraku.kernels import torch_operators

        check_tensors("uint8", picture=picture, photo=photo)
        check_tensors("float32", share=share)
        if not picture.is_contiguous():
            raise ValueError(f"picture must be contiguous, {shape_text(picture)}")
        torch_operators.restore(picture, photo, share, list(box))
        return
    from bunraku.kernels.restoring import numba_cpu

    check_arrays(np.uint8, picture=picture, photo=photo)
    check_arrays(share=share)
    check_out(picture, picture.shape, np.uint8)
    numba_cpu.restore(picture, photo, share, box, threads)
