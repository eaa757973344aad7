"""Pasting: its checks, and where its form is chosen.

numpy uint8 and float32         numba_cpu
torch on CUDA, up to float32    triton_cuda, through torch_operator
torch elsewhere, or float64     reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_out, check_shape, kept, shape_text
from bunraku.kernels.pasting.terms import Box, Detail, Fade, inside
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.tensors import WARPED_CHANNELS

if TYPE_CHECKING:
    from torch import Tensor

    from bunraku.kernels.pasting.terms import TensorDetail


@overload
def paste(
    plate: Picture,
    photo: Picture,
    image: Array,
    mask: Array,
    box: Box,
    *,
    fade: Fade,
    detail: Detail | None = None,
    mixed: bool = False,
    threads: int | None = None,
    out: Picture | None = None,
) -> Picture: ...
@overload
def paste(
    plate: Tensor,
    photo: Tensor,
    image: Tensor,
    mask: Tensor,
    box: Box,
    *,
    fade: tuple[Tensor, Tensor],
    detail: TensorDetail | None = None,
    mixed: bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def paste(
    plate: Any,
    photo: Any,
    image: Any,
    mask: Any,
    box: Box,
    *,
    fade: tuple[Any, Any],
    detail: tuple[Any, Any, Any] | None = None,
    mixed: bool = False,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """The plate with the person as generated over it.

    The networks give a window of 256 pixels; the photo's window may have a thousand. Where the
    blend engine trusts the warped photo, the photo itself is read along the flow at its own
    resolution, so that its sharpness survives::

        up(image - trust * warped) + up(trust) * photo(own position + flow)

    which is ``image`` where nothing is trusted and the photo's own pixel where all is. Between
    pixels whose flows differ by more than ``JUMP`` the nearer one's flow is taken, or with
    ``mixed`` the photo is read along each, and what is read is mixed: an edge is then as soft as a
    pixel of the window, without steps.

    Convention: window and photo have pixel centres at ``(i + 0.5) / size``; flow is a displacement
    (x, y) in the window's [-1, 1] units; positions outside of the window's part of the photo take
    the border's pixel.

    :param plate: ``[H,W,3]`` uint8 RGB, the photo without the person.
    :param photo: ``[H,W,3]`` uint8 RGB.
    :param image: ``[1,3,n,n]`` RGB in [0, 1], the person's colours.
    :param mask: ``[1,1,n,n]`` in [0, 1]; where it is NaN or less than ``TRACE``, the plate stays.
    :param box: left, top and side of the window in the photo, in whole pixels; it may reach beyond
        the photo.
    :param fade: factors of the mask in [0, 1], ``[x1 - x0]`` per column and ``[y1 - y0]`` per row
        of the window's part inside the photo.
    :param detail: trust ``[1,1,n,n]``, the weight of the warped photo in ``image``; the
        warped photo ``[1,5,n,n]`` (``spec.tensors.WARPED_CHANNELS``); and the flow along which it
        is warped, ``[1,2,n,n]``. With None the person is as sharp as the window.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :param out: where the picture is written, ``[H,W,3]`` contiguous; it may be the plate.
    :return: ``[H,W,3]`` uint8, a new picture; not differentiable.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays of other dtypes.
    """
    _check(plate, photo, image, mask, box, fade, detail)
    if isinstance(plate, np.ndarray):
        from bunraku.kernels.pasting import numba_cpu

        names = ("image", "mask", "fade_x", "fade_y", "trust", "warped", "flow")
        tensors = (image, mask, *fade, *(detail or ()))
        check_arrays(np.uint8, plate=plate, photo=photo)
        check_arrays(**dict(zip(names, tensors, strict=False)))
        check_out(out, plate.shape, np.uint8)
        return numba_cpu.paste(
            *(plate, photo, image, mask, box),
            fade=fade,
            detail=detail,
            mixed=mixed,
            threads=threads,
            out=out,
        )
    from bunraku.kernels import torch_operators

    given = plate, photo, image, mask, box
    if torch_operators.takes(plate):
        return torch_operators.paste(*given, fade=fade, detail=detail, mixed=mixed, out=out)
    from bunraku.kernels.pasting import reference

    return kept(reference.paste(*given, fade=fade, detail=detail, mixed=mixed), out)


def _check(
    plate: Any,
    photo: Any,
    image: Any,
    mask: Any,
    box: Box,
    fade: tuple[Any, Any],
    detail: tuple[Any, Any, Any] | None,
) -> None:
    """Raise ValueError unless the shapes are those that :func:`paste` names."""
    if len(plate.shape) != 3 or plate.shape[2] != 3:
        raise ValueError(f"plate must be [H,W,3], not {shape_text(plate)}")
    check_shape("photo", photo, tuple(plate.shape))
    if len(image.shape) != 4 or image.shape[3] < 1:
        raise ValueError(f"image must be [1,3,n,n], not {shape_text(image)}")
    n = image.shape[3]
    check_shape("image", image, (1, 3, n, n))
    check_shape("mask", mask, (1, 1, n, n))
    if box[2] < 1:
        raise ValueError(f"the window's side must be 1 or more, not {box[2]}")
    x0, y0, x1, y1 = inside(box, plate.shape)
    check_shape("fade_x", fade[0], (x1 - x0,))
    check_shape("fade_y", fade[1], (y1 - y0,))
    if detail is None:
        return
    trust, warped, flow = detail
    check_shape("trust", trust, (1, 1, n, n))
    check_shape("warped", warped, (1, WARPED_CHANNELS, n, n))
    check_shape("flow", flow, (1, 2, n, n))
