"""Which modules of a generator are which part of a recipe; learning and freezing them."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn

from bunraku.networks.generator import Generator
from bunraku.training.recipe import Part

_ENCODER = (
    *("stem_source", "stem_driving", "stem_end", "down4", "down8", "down16"),
    *("fc_alpha", "fc_rho"),
)
"""Children of MotionNet up to its latents; the others decode."""


def modules_of(generator: Generator, part: Part) -> list[nn.Module]:
    """The modules of a part; together, the parts hold every weight once."""
    motion = dict(generator.motion_net.named_children())
    match part:
        case Part.MOTION_ENCODER:
            return [module for name, module in motion.items() if name in _ENCODER]
        case Part.MOTION_DECODER:
            return [module for name, module in motion.items() if name not in _ENCODER]
        case Part.WARPING:
            return [generator.warping]
        case Part.TEXTURE:
            heads = generator.texture_heads
            return [generator.texture] if heads is None else [generator.texture, heads]
        case Part.BLENDER:
            return [generator.blender]


def let_learn(generator: Generator, parts: Collection[Part]) -> None:
    """These parts learn; the others keep their weights and their statistics."""
    generator.train()
    for part in Part:
        for module in modules_of(generator, part):
            module.train(part in parts)
            module.requires_grad_(part in parts)
