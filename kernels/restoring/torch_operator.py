"""``bunraku::restore``: restoring as an operator of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bunraku.kernels.restoring import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::restore", mutates_args=("picture",))
def restore(picture: Tensor, photo: Tensor, share: Tensor, box: Sequence[int]) -> None:
    """As ``bunraku.kernels.restore`` says."""
    left, top, side = box
    if suits_triton(share):
        from bunraku.kernels.restoring import triton_cuda

        triton_cuda.restore(picture, photo, share, (left, top, side))
        return
    made = picture.cpu().numpy()  # of a tensor on a processor its own memory
    reference.restore(made, photo.cpu().numpy(), share.cpu().numpy(), (left, top, side))
    if picture.device.type != "cpu":
        picture.copy_(torch.from_numpy(made))


@restore.register_fake
def _(picture: Tensor, photo: Tensor, share: Tensor, box: Sequence[int]) -> None:  # noqa: ARG001
    return None
