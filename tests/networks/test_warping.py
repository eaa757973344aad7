from __future__ import annotations

import torch
from torch import Tensor

from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.warping import WarpingNet


def features(net: WarpingNet) -> tuple[Tensor, Tensor, Tensor]:
    return net.encode(torch.rand(2, 3, 32, 32), torch.rand(2, 1, 32, 32))


def test_shapes(tiny: GeneratorOptions) -> None:
    net = WarpingNet(tiny).eval()
    z = features(net)
    assert [tuple(t.shape) for t in z] == [(2, 12, 8, 8), (2, 8, 16, 16), (2, 4, 32, 32)]
    occlusion = tuple(torch.rand(2, 1, n, n) for n in (8, 16, 32))
    z_app, head = net.decode(z, (occlusion[0], occlusion[1], occlusion[2]))
    assert z_app.shape == (2, 4, 32, 32)
    assert head.shape == (2, 4, 32, 32)


def test_where_nothing_is_occluded_the_finest_features_pass(tiny_paper: GeneratorOptions) -> None:
    """Eq. 3: decoded · (1 − o) + Warp(z, f) · o."""
    net = WarpingNet(tiny_paper).eval()
    z = features(net)
    ones = torch.ones(2, 1, 8, 8), torch.ones(2, 1, 16, 16), torch.ones(2, 1, 32, 32)
    z_app, _ = net.decode(z, ones)
    assert torch.equal(z_app, z[2])
    z_app, _ = net.decode((z[0], z[1], torch.zeros_like(z[2])), (ones[0], ones[1], ones[2] * 0.0))
    assert not torch.allclose(z_app, z[2])
