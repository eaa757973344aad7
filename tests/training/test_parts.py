from __future__ import annotations

import pytest
from tests.tiny import tiny_options
from torch import nn

from bunraku.networks.generator import Generator
from bunraku.training.parts import let_learn, modules_of
from bunraku.training.recipe import Part


@pytest.mark.parametrize("prior", [False, True])
def test_every_weight_is_in_one_part(prior: bool) -> None:
    generator = Generator(tiny_options(prior))
    held = [
        id(p) for part in Part for module in modules_of(generator, part)
        for p in module.parameters()
    ]  # fmt: skip
    assert sorted(held) == sorted(id(p) for p in generator.parameters())


def test_what_is_frozen_keeps_weights_and_statistics() -> None:
    generator = Generator(tiny_options(False))
    let_learn(generator, {Part.BLENDER})
    learning = {name.split(".")[0] for name, p in generator.named_parameters() if p.requires_grad}
    assert learning == {"blender"}
    modes = {
        name.split(".")[0]: module.training
        for name, module in generator.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }
    assert modes == {"motion_net": False, "warping": False, "texture": False, "blender": True}
    let_learn(generator, set(Part))
    assert all(p.requires_grad for p in generator.parameters())
    assert all(module.training for module in generator.modules())


def test_the_motion_encoder_ends_at_the_latents() -> None:
    generator = Generator(tiny_options(False))
    let_learn(generator, {Part.MOTION_ENCODER})
    names = {name.split(".")[1] for name, p in generator.named_parameters() if p.requires_grad}
    assert names == {
        *("stem_source", "stem_driving", "stem_end", "down4", "down8", "down16"),
        *("fc_alpha", "fc_rho"),
    }
