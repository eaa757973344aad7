"""What a step of the generator's training is given: sources and driving frames of some people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property

import torch
from torch import Tensor

from bunraku.networks.densepose import densepose_from_hard


@dataclass(frozen=True)
class GeneratorBatch:
    """B people with K driving frames each; driving tensors are [B · K, ...], person by person.

    IUV maps are kept hard (part, U, V; networks.densepose) and expanded when they are asked for.
    """

    source: Tensor
    """[B, 3, 256, 256] in [0, 1], with its background."""
    mask: Tensor
    """[B, 1, 256, 256]: the person, as good as a segmentation gives it."""
    source_iuv: Tensor
    """[B, 3, n, n]: what the networks are given; n of the generator's ``size``."""
    source_iuv_exact: Tensor
    """The exact one, for supervision."""
    driving_iuv: Tensor
    """[B · K, 3, n, n]."""
    driving_iuv_exact: Tensor
    head: Tensor
    """[B · K, 7]: the map of the head by its landmarks (drivers.landmarks.head); belief 0 where it
    is to be done without."""
    target: Tensor
    """The driving frame over its background, [B · K, 3, 256, 256]."""
    colour: Tensor
    """The person alone, premultiplied, [B · K, 3, 256, 256]."""
    alpha: Tensor
    """[B · K, 1, 256, 256]."""
    background: Tensor
    """[B · K, 3, 256, 256]."""

    @cached_property
    def source_densepose(self) -> Tensor:
        """P_s [B, 73, n, n]."""
        return densepose_from_hard(self.source_iuv)

    @cached_property
    def source_exact(self) -> Tensor:
        """The exact P_s."""
        return densepose_from_hard(self.source_iuv_exact)

    @cached_property
    def driving_densepose(self) -> Tensor:
        """P_d [B · K, 73, n, n]."""
        return densepose_from_hard(self.driving_iuv)

    @cached_property
    def driving_exact(self) -> Tensor:
        """The exact P_d."""
        return densepose_from_hard(self.driving_iuv_exact)

    def each(self, change: Callable[[Tensor], Tensor]) -> GeneratorBatch:
        """The batch with every tensor changed, as by a move to another device."""
        return GeneratorBatch(*(change(getattr(self, field.name)) for field in fields(self)))

    def pin_memory(self) -> GeneratorBatch:
        """The batch where a GPU copies from by itself; a DataLoader asks for it by this name."""
        return self.each(lambda tensor: tensor.pin_memory())


def collate(parts: list[GeneratorBatch]) -> GeneratorBatch:
    """Several people as one batch."""
    return GeneratorBatch(
        *(torch.cat([getattr(p, field.name) for p in parts]) for field in fields(GeneratorBatch))
    )
