"""The plain torch form of I420: any device, and the yardstick. Not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.i420.terms import (
    OF_CHROMA,
    OF_Y,
    U_OF_RGB,
    V_OF_RGB,
    Y_OF_RGB,
    picture_shape,
    shape_of,
)


def to_i420(picture: Tensor) -> Tensor:
    """As ``bunraku.kernels.to_i420`` says."""
    rows, width = shape_of(*picture.shape[:2])
    height = rows // 3 * 2
    aside, below = width - picture.shape[1], height - picture.shape[0]
    colours = torch.cat([picture, picture[-below:]]) if below else picture
    colours = (torch.cat([colours, colours[:, -aside:]], 1) if aside else colours).float()
    means = colours.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
    planes = [_weighed(colours, Y_OF_RGB, 16.0)]
    planes += [_weighed(means, weights, 128.0) for weights in (U_OF_RGB, V_OF_RGB)]
    return torch.cat([plane.flatten() for plane in planes]).reshape(rows, width)


def colours_of(frame: Tensor) -> Tensor:
    """``[H,W,3]`` float32 in [0, 255], not rounded: colours of an I420 frame. Four pixels share a
    level of U and V."""
    height, width = picture_shape(frame)
    flat = frame.float().flatten()
    y = (flat[: height * width].reshape(height, width) - 16.0) * OF_Y
    u, v = (
        plane.reshape(height // 2, width // 2).repeat_interleave(2, 0).repeat_interleave(2, 1)
        for plane in (flat[height * width :] - 128.0).chunk(2)
    )
    return torch.stack([y + a * u + b * v for a, b in OF_CHROMA], -1).clamp(0.0, 255.0)


def _weighed(colours: Tensor, weights: tuple[float, float, float], zero: float) -> Tensor:
    red, green, blue = colours.unbind(-1)
    level = red * weights[0] + green * weights[1] + blue * weights[2]
    return (level + (zero + 0.5)).to(torch.uint8)
