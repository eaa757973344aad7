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

from bunraku.kernels.texture.torch_operator import sample_texture
from bunraku.kernels.warp.torch_operator import warp_occlude, warp_occlude_scales

__all__ = [
    "opaque",
    "sample_texture",
    "takes",
    "takes_together",
    "warp_occlude",
    "warp_occlude_scales",
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


def takes(tensor: Tensor) -> bool:
    """Whether a public operator hands such tensors to those of this module."""
    return _opaque.get() or takes_together(tensor)


def takes_together(tensor: Tensor) -> bool:
    """Whether it hands several scales over at once: exporters know the node of one alone."""
    exported = torch.compiler.is_exporting() or _opaque.get()
    return tensor.device.type == "cuda" and not exported
