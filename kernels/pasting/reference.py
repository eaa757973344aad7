"""The plain torch form of pasting: any device, and the yardstick. Not differentiable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bunraku.kernels.pasting.terms import JUMP, PREMULTIPLIED, TRACE, Box, inside

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
    detail: TensorDetail | None = None,
    mixed: bool = False,
) -> Tensor:
    """As ``bunraku.kernels.paste`` says; computed in float32, or float64 for such an image."""
    exact = torch.promote_types(image.dtype, torch.float32)
    x0, y0, x1, y1 = inside(box, tuple(plate.shape))
    result = plate.clone()
    if x0 == x1 or y0 == y1:
        return result
    if detail is None:
        nothing = image.new_zeros(1, 4, *image.shape[2:])
        detail = nothing[:, :1], nothing, nothing[:, :2]
    trust, warped, flow = (t[0].to(exact) for t in detail)
    colour = (warped[:3] / (warped[3:4] + PREMULTIPLIED)).clamp(0.0, 1.0)
    smooth = torch.cat([(image[0].to(exact) - trust * colour) * 255.0, trust, mask[0].to(exact)])
    left, top, side = box
    columns = torch.arange(x0, x1, device=plate.device)
    rows = torch.arange(y0, y1, device=plate.device)
    n = image.shape[3]
    places = _Places(rows - top, side, n), _Places(columns - left, side, n)
    values = _enlarged(smooth, places, None)  # [5,y,x]
    shifts = flow * (side / 2.0), JUMP * side / 2.0  # in photo pixels
    own = photo[y0:y1, x0:x1].to(exact)

    def read(shift: Tensor, share: Tensor) -> Tensor:
        # Within the window's part of the photo, as the warp stays within the window.
        x = _clamped(columns + shift[0] - x0, x1 - 1 - x0)
        y = _clamped(rows[:, None] + shift[1] - y0, y1 - 1 - y0)
        return torch.where(share > 0, share * _sampled(own, x, y), 0.0)

    told = read(_enlarged(shifts[0], places, shifts[1]), values[3, ..., None])
    if mixed:
        corners = [_corner(torch.cat([shifts[0], trust]), places, k) for k in range(4)]
        each = [read(corner[:2], (corner[2] * share)[..., None]) for corner, share in corners]
        torn = _torn(shifts[0], places, shifts[1])[..., None]
        told = torch.where(torn, torch.stack(each).sum(0), told)
    person = values[:3].permute(1, 2, 0) + told
    shown = values[4] * (fade[0].to(exact)[None, :] * fade[1].to(exact)[:, None])
    weight = shown[..., None]
    below = result[y0:y1, x0:x1]
    over = (below * (1.0 - weight) + person * weight + 0.5).clamp(0.0, 255.0).to(torch.uint8)
    result[y0:y1, x0:x1] = torch.where(weight >= TRACE, over, below)
    return result


class _Places:
    """Where the photo's rows, or columns, lie between those of the networks' window."""

    def __init__(self, pixels: Tensor, side: int, n: int) -> None:
        position = _clamped((pixels.float() + 0.5) * (n / side) - 0.5, n - 1)
        self.near = position.long().clamp(max=max(n - 2, 0))
        self.far = (self.near + 1).clamp(max=n - 1)
        self.weight = position - self.near


def _enlarged(planes: Tensor, places: tuple[_Places, _Places], jump: float | None) -> Tensor:
    """``[C,n,n]`` between rows, then between columns; beyond ``jump`` the nearer value."""
    for dimension, place in zip((1, 2), places, strict=True):
        planes = _enlarged_along(dimension, planes, place, jump)
    return planes


def _enlarged_along(dimension: int, planes: Tensor, place: _Places, jump: float | None) -> Tensor:
    near = planes.index_select(dimension, place.near)
    far = planes.index_select(dimension, place.far)
    weight = place.weight.to(planes.dtype)
    weight = weight[:, None] if dimension == 1 else weight
    mean = near + (far - near) * weight
    if jump is None:
        return mean
    nearest = torch.where(weight > 0.5, far, near)
    return torch.where((far - near).abs() > jump, nearest, mean)


def _corner(planes: Tensor, places: tuple[_Places, _Places], number: int) -> tuple[Tensor, Tensor]:
    """``[C,y,x]`` of one of the four pixels around each place, row by row, and its share."""
    down, right = places
    planes = planes.index_select(1, down.far if number > 1 else down.near)
    planes = planes.index_select(2, right.far if number % 2 else right.near)
    rows = down.weight if number > 1 else 1 - down.weight
    columns = right.weight if number % 2 else 1 - right.weight
    return planes, (rows[:, None] * columns).to(planes.dtype)


def _torn(planes: Tensor, places: tuple[_Places, _Places], jump: float) -> Tensor:
    """``[y,x]``: whether values jump between the four pixels around."""
    down, right = places
    above, below = (planes.index_select(1, at) for at in (down.near, down.far))
    torn = ((below - above).abs() > jump).any(0)
    torn = torn.index_select(1, right.near) | torn.index_select(1, right.far)
    line = _enlarged_along(1, planes, down, jump)
    across = (line.index_select(2, right.far) - line.index_select(2, right.near)).abs() > jump
    return torn | across.any(0)


def _sampled(photo: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """``[h,w,3]`` at the positions ``[y,x]``, bilinear."""
    height, width = photo.shape[:2]
    left, upper = x.long(), y.long()
    right, lower = (left + 1).clamp(max=width - 1), (upper + 1).clamp(max=height - 1)
    across, down = (x - left)[..., None], (y - upper)[..., None]
    above = photo[upper, left] * (1 - across) + photo[upper, right] * across
    below = photo[lower, left] * (1 - across) + photo[lower, right] * across
    return above * (1 - down) + below * down


def _clamped(position: Tensor, last: int) -> Tensor:
    """A position within [0, last]; NaN becomes 0."""
    return torch.where(position > 0, position, 0.0).clamp(max=last)
