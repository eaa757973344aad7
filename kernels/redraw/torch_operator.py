"""``bunraku::redraw``: drawing a rectangle anew as an operator of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bunraku.kernels.redraw import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::redraw", mutates_args=("out",))
def redraw(
    photo: Tensor, field: Tensor, box: Sequence[int], out: Tensor, origin: Sequence[int]
) -> None:
    """As ``bunraku.kernels.redraw`` says."""
    left, top, width, height = box
    x, y = origin
    if suits_triton(field):
        from bunraku.kernels.redraw import triton_cuda

        triton_cuda.redraw(photo, field, (left, top, width, height), out, (x, y))
        return
    drawn = out.cpu().numpy()  # of a tensor on a processor its own memory
    given = photo.cpu().numpy(), field.cpu().numpy()
    reference.redraw(*given, (left, top, width, height), drawn, (x, y))
    if out.device.type != "cpu":
        out.copy_(torch.from_numpy(drawn))


@redraw.register_fake
def _(
    photo: Tensor,  # noqa: ARG001
    field: Tensor,  # noqa: ARG001
    box: Sequence[int],  # noqa: ARG001
    out: Tensor,  # noqa: ARG001
    origin: Sequence[int],  # noqa: ARG001
) -> None:
    return None
