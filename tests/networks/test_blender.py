from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.blender import LOOSE, BlenderNet
from bunraku.networks.presets import GeneratorOptions


def test_shapes_and_ranges(tiny: GeneratorOptions) -> None:
    net = BlenderNet(tiny).eval()
    blend = net(
        torch.rand(2, 4, 32, 32),
        torch.rand(2, 4, 32, 32),
        torch.rand(2, 3, 32, 32),
        torch.rand(2, 2, 32, 32) if tiny.prior else None,
        torch.rand(2, 5, 64, 64) if tiny.prior else None,
    )
    assert blend.image.shape == blend.synthesis.shape == (2, 3, 64, 64)
    for map_ in (blend.mask, blend.trust):
        assert map_.shape == (2, 1, 64, 64)
        assert 0.0 <= float(map_.min()) <= float(map_.max()) <= 1.0
    assert bool(blend.trust.any()) == tiny.prior


def test_without_super_resolution(tiny_paper: GeneratorOptions) -> None:
    net = BlenderNet(replace(tiny_paper, window=32)).eval()
    blend = net(torch.rand(1, 4, 32, 32), torch.rand(1, 4, 32, 32), torch.rand(1, 3, 32, 32))
    assert blend.image.shape == (1, 3, 32, 32)


@pytest.mark.parametrize(("logit", "trusted"), [(20.0, True), (-20.0, False)])
def test_trust_decides_between_photo_and_paint(
    tiny_live: GeneratorOptions, logit: float, trusted: bool
) -> None:
    net = BlenderNet(tiny_live).eval()
    nn.init.zeros_(net.leave.weight)
    assert net.leave.bias is not None
    nn.init.zeros_(net.leave.bias)
    with torch.no_grad():
        # Five maps of 2 × 2 sub-pixels: r, g, b, mask, trust.
        net.leave.bias[16:20] = logit
    z_geo = torch.full((1, 4, 32, 32), 0.25)
    warped = torch.cat([torch.full((1, 3, 64, 64), 0.8), torch.ones(1, 2, 64, 64)], 1)
    blank = torch.zeros(1, 4, 32, 32)
    blend = net(z_geo, blank, blank[:, :3], blank[:, :2], warped)
    assert torch.allclose(blend.synthesis, torch.full_like(blend.synthesis, 0.25), atol=1e-5)
    want = 0.8 if trusted else 0.25
    assert torch.allclose(blend.image, torch.full_like(blend.image, want), atol=2e-3)


def test_mask_starts_from_the_warped_mask(tiny_live: GeneratorOptions) -> None:
    net = BlenderNet(tiny_live).eval()
    nn.init.zeros_(net.leave.weight)
    assert net.leave.bias is not None
    nn.init.zeros_(net.leave.bias)
    warped = torch.zeros(1, 5, 64, 64)
    warped[..., :32] = 1.0
    blank: Tensor = torch.zeros(1, 4, 32, 32)
    mask = net(blank, blank, blank[:, :3], blank[:, :2], warped).mask
    assert float(mask[..., :32].min()) > 0.9
    assert float(mask[..., 32:].max()) < 0.1


def test_where_the_prior_is_sure_nobody_is_wider_than_in_the_photo(
    tiny_live: GeneratorOptions,
) -> None:
    net = BlenderNet(tiny_live).eval()
    assert net.leave.bias is not None
    nn.init.zeros_(net.leave.weight)
    nn.init.zeros_(net.leave.bias)
    with torch.no_grad():
        net.leave.bias[12:16] = 20.0  # the mask wants to be everywhere
    blank: Tensor = torch.zeros(1, 4, 32, 32)
    guide = torch.ones(1, 2, 32, 32)
    guide[:, 1, :, 16:] = 0.5
    warped = torch.zeros(1, 5, 64, 64)
    mask = net(blank, blank, blank[:, :3], guide, warped).mask
    assert float(mask[..., :30].max()) < 1e-6
    assert float(mask[..., 34:].min()) > 0.9


def test_what_hung_loose_in_the_photo_is_favoured(tiny_live: GeneratorOptions) -> None:
    net = BlenderNet(tiny_live).eval()
    blank: Tensor = torch.zeros(1, 4, 32, 32)
    warped = torch.ones(1, 5, 64, 64)
    loose = net(blank, blank, blank[:, :3], blank[:, :2], warped).mask_logit
    warped[:, 4] = 0.0
    tight = net(blank, blank, blank[:, :3], blank[:, :2], warped).mask_logit
    assert torch.allclose(loose - tight, torch.full_like(loose, LOOSE), atol=1e-4)
