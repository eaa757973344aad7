"""Reading a window of a frame: its checks, and where its form is chosen.

torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference

For tensors alone: OpenCV does it for arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bunraku.kernels.checks import check_shape, shape_text
from bunraku.kernels.i420.terms import picture_shape

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def read_window(
    frame: Tensor,
    matrix: Tensor,
    size: int,
    *,
    samples: int = 1,
    scale: float = 1 / 255,
    offset: float = 0.0,
    dtype: torch.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A square of a camera's frame, turned, shifted and scaled, as a network takes it.

    Convention: pixel centres at integers, in the frame and in the window; read between four pixels;
    beyond the frame all is black.

    :param frame: ``[H,W,3]`` uint8 RGB, or ``[3H/2,W]`` uint8 I420 (``kernels/i420/terms.py``).
    :param matrix: ``[2,3]`` float, takes (column, row, 1) of the window to (x, y) in the frame. A
        tensor where the frame is, so that a captured graph reads a new one for each frame.
    :param size: of the window, in pixels.
    :param samples: places along each side that a pixel of the window is the mean of; about as many
        as pixels of the frame fall on it.
    :param scale: what levels in [0, 255] are multiplied by.
    :param offset: added to that.
    :param dtype: of the result; default ``out``'s, or float32.
    :param out: what is written into, contiguous.
    :return: ``[1,3,size,size]``. Not differentiable.
    :raises ValueError: shapes that do not fit. :raises TypeError: a frame that is not uint8.
    """
    import torch

    from bunraku.kernels import torch_operators

    if len(frame.shape) == 2:
        picture_shape(frame)
    elif len(frame.shape) != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise ValueError(f"frame must be [H,W,3] or [3H/2,W], not {shape_text(frame)}")
    if frame.dtype != torch.uint8:
        raise TypeError(f"frame must be uint8, not {frame.dtype}")
    check_shape("matrix", matrix, (2, 3))
    if size < 1 or samples < 1:
        raise ValueError(f"there is no window of {size} pixels of {samples} samples")
    kind = dtype or (torch.float32 if out is None else out.dtype)
    told = frame, matrix, size, samples, scale, offset, kind
    made: Tensor = torch_operators.read_window_into(*told, out)
    return made
