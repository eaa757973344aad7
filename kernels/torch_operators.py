"""The two gathers as opaque nodes of a traced graph, ``bunraku::sample_texture`` and so on.

Tracing normally writes out the reference, which any exporter knows. Within ``opaque()`` it writes
one node for each call instead, for exporters that give that node a form of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from bunraku.kernels.texture import reference as texture
from bunraku.kernels.warp import reference as warp

OPAQUE = ContextVar("OPAQUE", default=False)
"""Whether the public operators hand tensors to those of this module; set by :func:`opaque`."""


@torch.library.custom_op("bunraku::sample_texture", mutates_args=())
def sample_texture(atlas: Tensor, parts: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """As ``bunraku.kernels.sample_texture`` says; not differentiable."""
    return texture.sample_texture(atlas, parts, u, v)


@sample_texture.register_fake
def _(atlas: Tensor, parts: Tensor, *_: Tensor) -> Tensor:
    return atlas.new_empty(parts.shape[0], atlas.shape[2], *parts.shape[2:])


@torch.library.custom_op("bunraku::warp_occlude", mutates_args=())
def warp_occlude(features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor:
    """As ``bunraku.kernels.warp_occlude`` says; not differentiable."""
    return warp.warp_occlude(features, flow, occlusion)


@warp_occlude.register_fake
def _(features: Tensor, flow: Tensor, *_: Tensor) -> Tensor:
    return features.new_empty(flow.shape[0], features.shape[1], *flow.shape[2:])


@contextmanager
def opaque() -> Iterator[None]:
    """Within the block, the public gathers become opaque nodes for tensors."""
    token = OPAQUE.set(True)
    try:
        yield
    finally:
        OPAQUE.reset(token)
