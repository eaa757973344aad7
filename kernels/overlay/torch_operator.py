"""``bunraku::overlay``: overlaying as an operator of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.overlay import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op(
    "bunraku::overlay", mutates_args=("image", "mask", "trust", "warped", "flow")
)
def overlay(
    image: Tensor,
    mask: Tensor,
    trust: Tensor,
    warped: Tensor,
    flow: Tensor,
    patch: Tensor,
    corner: Sequence[int],
) -> None:
    """As ``bunraku.kernels.overlay`` says."""
    top, left = corner
    person = image, mask, trust, warped, flow
    if suits_triton(image):
        from bunraku.kernels.overlay import triton_cuda

        triton_cuda.overlay(*person, patch, (top, left))
        return
    made = [planes.cpu().numpy() for planes in person]  # on a processor their own memory
    form: Any = reference.overlay
    form(*made, patch.cpu().numpy(), (top, left))
    if image.device.type != "cpu":
        for planes, changed in zip(person, made, strict=True):
            planes.copy_(torch.from_numpy(changed))


@overlay.register_fake
def _(
    image: Tensor,  # noqa: ARG001
    mask: Tensor,  # noqa: ARG001
    trust: Tensor,  # noqa: ARG001
    warped: Tensor,  # noqa: ARG001
    flow: Tensor,  # noqa: ARG001
    patch: Tensor,  # noqa: ARG001
    corner: Sequence[int],  # noqa: ARG001
) -> None:
    return None
