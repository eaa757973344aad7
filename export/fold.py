"""Batch normalisation folded into the convolutions before it: the same network with fewer steps."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Module = TypeVar("Module", bound=nn.Module)


def frozen(module: Module) -> Module:
    """A copy for inference in float32 on the CPU; the module itself stays as it is."""
    return copy.deepcopy(module).float().cpu().eval().requires_grad_(False)


def folded(module: Module) -> Module:
    """A frozen copy with every pair of convolution and normalisation made one convolution.

    Pairs are found within ``nn.Sequential``; a normalisation that follows something else stays.
    """
    result = frozen(module)
    for part in result.modules():
        if isinstance(part, nn.Sequential):
            _fold_pairs(part)
    return result


def _fold_pairs(sequence: nn.Sequential) -> None:
    for index in range(len(sequence) - 1):
        first, second = sequence[index], sequence[index + 1]
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            sequence[index] = fuse_conv_bn_eval(first, second)
            sequence[index + 1] = nn.Identity()
