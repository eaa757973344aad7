from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.densepose import densepose_from_iuv, one_hot_maps
from bunraku.networks.motion import MotionNet
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.prior import flow_from_prior

Figure = Callable[..., Tensor]
Stirred = Callable[[nn.Module], nn.Module]


def test_shapes_and_ranges(tiny: GeneratorOptions, figure: Figure) -> None:
    net = MotionNet(tiny).eval()
    densepose = densepose_from_iuv(figure())
    source = net.encode_source(torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32), densepose)
    motion = net(source, densepose, torch.rand(1, 6, 32, 32) if tiny.prior else None)
    assert source.shape == (1, tiny.motion[0], 16, 16)
    for flow, occlusion, n in zip(motion.flow, motion.occlusion, (8, 16, 32), strict=True):
        assert flow.shape == (1, 2, n, n)
        assert occlusion.shape == (1, 1, n, n)
        assert 0.0 < float(occlusion.min()) <= float(occlusion.max()) < 1.0
    assert motion.alpha.shape == (1, 24 * tiny.atlas_channels)
    assert motion.rho.shape == (1, tiny.densepose_channels)


def test_first_layer_in_two_is_one_convolution(
    tiny_paper: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    net = MotionNet(tiny_paper)
    stirred(net)
    image, mask = torch.rand(2, 3, 32, 32), torch.rand(2, 1, 32, 32)
    source, driving = (densepose_from_iuv(figure(dx=dx)).expand(2, -1, -1, -1) for dx in (0, 3))
    parts = net.stem_source(
        torch.cat([image * 2.0 - 1.0, mask, *one_hot_maps(source)], 1)
    ) + net.stem_driving(torch.cat(one_hot_maps(driving), 1))

    one = nn.Conv2d(3 + 1 + 72 + 72, tiny_paper.motion[0], 3, 2, 1)
    with torch.no_grad():
        one.weight.copy_(torch.cat([net.stem_source.weight, net.stem_driving.weight], 1))
        assert one.bias is not None
        assert net.stem_source.bias is not None
        one.bias.copy_(net.stem_source.bias)
    whole = torch.cat([image * 2.0 - 1.0, mask, *one_hot_maps(source), *one_hot_maps(driving)], 1)
    torch.testing.assert_close(parts, one(whole), atol=1e-5, rtol=1e-5)

    # And that sum is all that the rest of the network sees of either.
    seen: list[Tensor] = []
    net.stem_end.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    net(net.encode_source(image, mask, source), driving, None)
    torch.testing.assert_close(seen[0], one(whole), atol=1e-5, rtol=1e-5)


def test_untrained_flow_is_the_prior(tiny_live: GeneratorOptions, figure: Figure) -> None:
    net = MotionNet(tiny_live).eval()
    densepose = densepose_from_iuv(figure())
    prior = torch.rand(1, 6, 32, 32) * (1.0 - densepose[:, :1])
    source = net.encode_source(torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32), densepose)
    motion = net(source, densepose, prior)
    base, _ = flow_from_prior(prior)
    assert float((motion.flow[2] - base).abs().max()) < 0.02
    assert torch.allclose(motion.flow[0], nn.functional.avg_pool2d(base, 4), atol=0.02)


def test_with_the_prior_it_must_be_given(tiny_live: GeneratorOptions, figure: Figure) -> None:
    net = MotionNet(tiny_live).eval()
    with pytest.raises(AssertionError, match="sampled at P_d"):
        net(torch.zeros(1, 8, 16, 16), densepose_from_iuv(figure()), None)
