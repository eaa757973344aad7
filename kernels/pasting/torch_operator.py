"""``bunraku::paste``: pasting as an operator of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.pasting import reference
from bunraku.kernels.pasting.terms import Box
from bunraku.kernels.torch_forms import may_write, suits_triton

if TYPE_CHECKING:
    from bunraku.kernels.pasting.terms import TensorDetail


def paste(
    plate: Tensor,
    photo: Tensor,
    image: Tensor,
    mask: Tensor,
    box: Box,
    *,
    fade: tuple[Tensor, Tensor],
    detail: TensorDetail | None,
    mixed: bool,
    out: Tensor | None = None,
) -> Tensor:
    """As ``bunraku.kernels.paste`` says."""
    if out is not None and suits_triton(image) and may_write(out, plate):
        from bunraku.kernels.pasting import triton_cuda

        check_shape("out", out, tuple(plate.shape))
        return triton_cuda.paste(
            *(plate, photo, image, mask, box), fade=fade, detail=detail, mixed=mixed, out=out
        )
    rest = detail or (None, None, None)
    made = _paste(plate, photo, image, mask, list(box), *fade, *rest, mixed)
    result: Tensor = kept(made, out)
    return result


@torch.library.custom_op("bunraku::paste", mutates_args=())
def _paste(
    plate: Tensor,
    photo: Tensor,
    image: Tensor,
    mask: Tensor,
    box: Sequence[int],
    fade_x: Tensor,
    fade_y: Tensor,
    trust: Optional[Tensor],  # noqa: UP045 - torch reads the schema off these
    warped: Optional[Tensor],  # noqa: UP045
    flow: Optional[Tensor],  # noqa: UP045
    mixed: bool,
) -> Tensor:
    form: Any = reference
    if suits_triton(image):
        from bunraku.kernels.pasting import triton_cuda

        form = triton_cuda
    nothing = trust is None or warped is None or flow is None
    made: Tensor = form.paste(
        *(plate, photo, image, mask, (box[0], box[1], box[2])),
        fade=(fade_x, fade_y),
        detail=None if nothing else (trust, warped, flow),
        mixed=mixed,
    )
    return made


@_paste.register_fake
def _(plate: Tensor, *_: Any) -> Tensor:
    return plate.new_empty(plate.shape)
