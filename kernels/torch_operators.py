"""The operators of a frame as torch's own, ``bunraku::sample_texture`` and so on.

Tensors on a GPU take this way, so that a compiled or captured graph holds one node for each call
and gradients come from the kernels as well. Tracing for export normally writes out the reference,
which any exporter knows; within ``opaque()`` it writes one node for each call instead, for
exporters that give that node a form of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from bunraku.kernels.enlarge.torch_operator import enlarge_flow, enlarge_flow_into
from bunraku.kernels.head.torch_operator import guide_head, guide_head_into
from bunraku.kernels.i420.torch_operator import to_i420
from bunraku.kernels.layers.torch_operator import compose
from bunraku.kernels.overlay.torch_operator import overlay
from bunraku.kernels.pasting.torch_operator import paste
from bunraku.kernels.raster.torch_operator import interpolate, rasterise
from bunraku.kernels.redraw.torch_operator import redraw
from bunraku.kernels.restoring.torch_operator import restore
from bunraku.kernels.skin.torch_operator import skin
from bunraku.kernels.streaks.torch_operator import unstreaked, untorn
from bunraku.kernels.texture.torch_operator import sample_texture, sample_texture_into
from bunraku.kernels.warp.torch_operator import (
    warp_occlude,
    warp_occlude_into,
    warp_occlude_scales,
    warp_occlude_scales_into,
)
from bunraku.kernels.window.torch_operator import read_window, read_window_into

__all__ = [
    "compose",
    "enlarge_flow",
    "enlarge_flow_into",
    "guide_head",
    "guide_head_into",
    "interpolate",
    "opaque",
    "overlay",
    "paste",
    "rasterise",
    "read_window",
    "read_window_into",
    "redraw",
    "restore",
    "sample_texture",
    "sample_texture_into",
    "skin",
    "takes",
    "takes_gather",
    "to_i420",
    "unstreaked",
    "untorn",
    "warp_occlude",
    "warp_occlude_into",
    "warp_occlude_scales",
    "warp_occlude_scales_into",
]

_opaque = ContextVar("_opaque", default=False)


@contextmanager
def opaque() -> Iterator[None]:
    """Within the block, the public gathers become opaque nodes for tensors."""
    token = _opaque.set(True)
    try:
        yield
    finally:
        _opaque.reset(token)


def takes_gather(tensor: Tensor) -> bool:
    """Whether one of the two gathers hands such tensors to its operator of this module."""
    return _opaque.get() or takes(tensor)


def takes(tensor: Tensor) -> bool:
    """Whether another public operator does: exporters have no form of their own for those."""
    exported = torch.compiler.is_exporting() or _opaque.get()
    return tensor.device.type == "cuda" and not exported
