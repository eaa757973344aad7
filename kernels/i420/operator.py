"""A picture as I420: its checks, and where its form is chosen.

torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference

For tensors alone: OpenCV does it for arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bunraku.kernels.checks import shape_text

if TYPE_CHECKING:
    from torch import Tensor


def to_i420(picture: Tensor) -> Tensor:
    """A picture as the planes that a video encoder takes (``terms``), where the picture is.

    :param picture: ``[H,W,3]`` uint8 RGB; a last odd row or column is repeated.
    :return: ``[3H/2,W]`` uint8, of H and W made even; U and V are of the mean of their four pixels.
        Not differentiable.
    :raises ValueError: shapes that do not fit. :raises TypeError: it is not uint8.
    """
    import torch

    from bunraku.kernels import torch_operators

    if len(picture.shape) != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ValueError(f"picture must be [H,W,3], not {shape_text(picture)}")
    if picture.dtype != torch.uint8:
        raise TypeError(f"picture must be uint8, not {picture.dtype}")
    made: Tensor = torch_operators.to_i420(picture)
    return made
